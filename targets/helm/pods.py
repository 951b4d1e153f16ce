"""Pods: their images, arguments, resources and places as values."""

from collections.abc import Callable, Mapping, Sequence

from inferc.targets.base import Data
from inferc.targets.helm import shapes
from inferc.targets.helm.context import Chart
from inferc.targets.helm.digests import digest
from inferc.targets.helm.gotext import quoted
from inferc.targets.helm.images import parts
from inferc.targets.helm.scope import RUNS_ONCE, Scope, Tree

Walk = Callable[[Data], Data]

SHAPING = (
    "imageRegistry",
    "imagePullSecrets",
    "hfToken",
    "extraLabels",
    "nodeSelector",
    "tolerations",
)
SHAPING_SERVICE = ("image", "labels", "nodeSelector", "tolerations")
"""Values of the chart, and of a service, that a Job's pods are made from."""

PLACES: Mapping[str, tuple[shapes.Schema, str, str, str]] = {
    "nodeSelector": (
        shapes.SELECTOR,
        "Labels of the nodes that it runs on",
        "merge (dict) .Values.nodeSelector",
        "fromJson",
    ),
    "tolerations": (
        shapes.TOLERATIONS,
        "Taints of the nodes that it runs on",
        "concat .Values.tolerations",
        "fromJsonArray",
    ),
}
"""What puts a pod onto nodes: schema, words, how both sources are joined, how one is spelled."""


def pod(chart: Chart, scope: Scope, spec: Tree, walk: Walk) -> dict[str, Data]:
    """Return the ``spec`` of a pod with marks where values go."""
    made: dict[str, Data] = {}
    for key, value in spec.items():
        if key in {"containers", "initContainers"} and isinstance(value, Sequence):
            made.update(_early(chart, scope, spec, made))
            rows = [row for row in value if isinstance(row, Mapping)]
            made[key] = [_container(chart, scope, row, walk, main=_main(spec)) for row in rows]
        elif key in {*PLACES, "imagePullSecrets"}:
            made.update(_early(chart, scope, spec, made))
        else:
            made[key] = walk(value)
    return made


def _main(spec: Tree) -> str:
    """Return the name of the container that the pod is there for."""
    containers = spec.get("containers")
    rows = containers if isinstance(containers, Sequence) else ()
    return next((str(row["name"]) for row in rows if isinstance(row, Mapping)), "")


def _early(chart: Chart, scope: Scope, spec: Tree, made: Tree) -> dict[str, Data]:
    """Return where the pod runs, and what pulls its images, unless they are ``made`` already."""
    if "tolerations" in made:
        return {}
    words: dict[str, Data] = {
        key: chart.marks.optional(_place(chart, scope, key, spec.get(key))) for key in PLACES
    }
    return {"imagePullSecrets": chart.marks.optional(".Values.imagePullSecrets"), **words}


def _place(chart: Chart, scope: Scope, key: str, planned: Data) -> str:
    """Return the expression of a place: the service's own, with the installer's."""
    schema, about, joined, spelled = PLACES[key]
    empty: Data = {} if key == "nodeSelector" else []
    wanted = empty if planned is None else planned
    if scope.service and chart.knob(scope.path(key), wanted, schema, about) == wanted:
        return f"({joined} $service.{key})"
    if not wanted:
        return f".Values.{key}"
    import json

    return f"({joined} ({spelled} {quoted(json.dumps(wanted))}))"


def _container(
    chart: Chart, scope: Scope, container: Tree, walk: Walk, *, main: str
) -> dict[str, Data]:
    made: dict[str, Data] = {}
    is_main = container.get("name") == main and bool(scope.pod)
    for key, value in container.items():
        match key:
            case "image" if isinstance(value, str):
                made[key] = _image(chart, scope, value)
            case "args" if is_main and scope.manifest.kind not in RUNS_ONCE:
                made[key] = _arguments(chart, scope, value)
            case "resources" if is_main and isinstance(value, Mapping):
                fixed = "" if scope.serving is None else scope.serving.gpu_resource
                schema = shapes.resources(value, fixed)
                about = "What a pod asks for, and may use at most"
                chart.knob(scope.path(scope.pod, "resources"), value, schema, about)
                made[key] = chart.marks.block(f"{scope.variable}.resources")
            case _:
                made[key] = walk(value)
    return made


def _image(chart: Chart, scope: Scope, image: str) -> Data:
    """Return the mark of an image: the service's own, or another one from the same registry."""
    values = parts(image).values()
    expression = f"(dict {' '.join(f'{quoted(k)} {quoted(v)}' for k, v in values.items())})"
    if scope.service:
        own = {
            name: chart.knob(scope.path("image", name), values[name], schema, about)
            for name, (schema, about) in shapes.IMAGE.items()
        }
        expression = "$service.image" if own == values else expression
    return chart.marks.inline(
        f'include "{chart.name}.image" (list .Values.imageRegistry {expression}) | quote'
    )


def _arguments(chart: Chart, scope: Scope, planned: Data) -> Data:
    """Return the mark of the engine's arguments: the planned ones, then the installer's."""
    about = "Arguments of the engine, as planned; replacing one means repeating all"
    chart.knob(scope.path(scope.pod, "args"), planned, shapes.TEXTS, about)
    more = "Arguments after those: of two that say the same thing the last one holds"
    chart.knob(scope.path(scope.pod, "extraArgs"), [], shapes.TEXTS, more)
    return chart.marks.block(f"(concat {scope.variable}.args {scope.variable}.extraArgs)")


def job_digest(chart: Chart, scope: Scope, planned: str) -> str:
    """Return the end of a Job's name: ``planned``, or another one where its values are others."""
    shaping: list[Data] = [chart.planned((key,)) for key in SHAPING]
    shaping += [chart.planned(scope.path(key)) for key in SHAPING_SERVICE]
    shaping.append(chart.planned(scope.path(scope.pod)))
    names = [f".Values.{key}" for key in SHAPING]
    names += [f"$service.{key}" for key in SHAPING_SERVICE]
    everything = f"(list {' '.join((*names, scope.variable))})"
    return chart.marks.inline(
        f'include "{chart.name}.digest" (list "{planned}" "{digest(shaping)}" {everything})'
    )
