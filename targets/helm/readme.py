"""What to do with the chart: a README beside it, and one inside it with its values."""

from collections.abc import Iterator, Mapping

from inferc.targets import to_yaml
from inferc.targets.base import Data
from inferc.targets.helm.context import Chart
from inferc.targets.helm.knobs import Branch, Knob
from inferc.targets.kubernetes.objects.prerequisites import components, secrets
from inferc.targets.render import render
from inferc.targets.versions import HELM, KUBERNETES

Row = Mapping[str, object]


def readme(chart: Chart, *, has_namespace: bool, has_cluster: bool) -> str:
    """Return the README of the output."""
    layout = chart.layout
    everyone = layout.deployed
    values = {
        "topology": layout.topology.name,
        "digest": layout.topology.digest,
        "release": chart.name,
        "kubernetes": KUBERNETES.version,
        "namespace": layout.namespace,
        "has_namespace": has_namespace,
        "has_cluster": has_cluster,
        "components": (*components(layout.servings, layout.networks), HELM),
        "secrets": secrets(everyone),
        "patience": f"{max(one.progress_s for one in everyone)}s",
    }
    return render("helm/README.md", values)


def chart_readme(chart: Chart, root: Branch) -> str:
    """Return the README inside the chart: a table of its values."""
    values = {
        "topology": chart.layout.topology.name,
        "digest": chart.layout.topology.digest,
        "rows": list(_rows("", root)),
    }
    return render("helm/CHART.md", values)


def _rows(path: str, node: Branch | Knob) -> Iterator[Row]:
    if isinstance(node, Knob):
        yield {"path": path, "about": node.about, "value": _short(node.value)}
        return
    for key, child in node.children.items():
        yield from _rows(f"{path}.{key}" if path else key, child)


def _short(value: Data) -> str:
    """Return a value in one line; empty where it takes more."""
    lines = to_yaml.dump({"value": value}).removeprefix("value:").strip().splitlines()
    return lines[0] if len(lines) == 1 else ""
