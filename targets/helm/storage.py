"""Volumes: their size and class as values, and what keeps them when a release is taken down."""

from collections.abc import Mapping

from inferc.targets.base import Data
from inferc.targets.helm import shapes
from inferc.targets.helm.context import Chart
from inferc.targets.helm.gotext import Marks
from inferc.targets.helm.scope import COMPONENT, Scope, Tree

KEEP = """\
{{- if .Values.storage.keep }}
annotations:
  helm.sh/resource-policy: keep
{{- end }}"""

CLASS = """\
{{- with $service.%s.storageClassName }}
storageClassName: {{ . | quote }}
{{- end }}"""

WEIGHTS = "weights"


def kept(marks: Marks) -> dict[str, Data]:
    """Return what makes Helm leave a volume alone when it removes a release."""
    return marks.lines(KEEP)


def claim(chart: Chart, scope: Scope, spec: Tree) -> dict[str, Data]:
    """Return the ``spec`` of a claim with marks where values go."""
    resources = spec.get("resources")
    requests = resources.get("requests") if isinstance(resources, Mapping) else None
    name = _name(scope)
    if not scope.service or not isinstance(requests, Mapping):
        return dict(spec)
    storage = scope.path(name)
    modes, size = spec.get("accessModes"), requests.get("storage")
    known = chart.knobs.get((*storage, "size"))
    if known is not None and known.value != size:
        return dict(spec)
    of_class = spec.get("storageClassName", "")
    chart.knob((*storage, "size"), size, shapes.QUANTITY, "Size of the volume of weights")
    chart.knob((*storage, "accessModes"), modes, shapes.ACCESS_MODES, "Who may mount it")
    about = "Its class; empty: the cluster's default"
    chart.knob((*storage, "storageClassName"), of_class, shapes.SUBDOMAIN, about)
    return {
        **{key: value for key, value in spec.items() if key != "storageClassName"},
        **chart.marks.lines(CLASS % name),
        "accessModes": chart.marks.block(f"$service.{name}.accessModes"),
        "resources": {"requests": {"storage": chart.marks.inline(f"$service.{name}.size | quote")}},
    }


def _name(scope: Scope) -> str:
    component = scope.manifest.labels.get(COMPONENT, "")
    kept = "".join(part.capitalize() for part in component.split("-"))
    return "storage" if component in {"", WEIGHTS} else f"storage{kept}"
