"""The files beside the objects: what to read, what to run first, values for others' charts.

A feature that writes a file of its own adds a function to :data:`EXTRA_FILES`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from inferc.targets import to_yaml
from inferc.targets.base import Artifact
from inferc.targets.heading import heading as header
from inferc.targets.kubernetes.adapter import adapter_values
from inferc.targets.kubernetes.objects import Layout, Manifest, cluster_objects, partitions
from inferc.targets.kubernetes.objects.watching import watched
from inferc.targets.kubernetes.orphans import ORPHANS_FILE, orphans
from inferc.targets.kubernetes.preflight import preflight
from inferc.targets.kubernetes.readme import readme
from inferc.targets.monitoring import files as monitoring_files

PREFLIGHT_FILE = "preflight.sh"
OPERATOR_FILE = "cluster/gpu-operator-values.yaml"
ADAPTER_FILE = "prometheus-adapter-values.yaml"

ExtraFiles: TypeAlias = Callable[[Layout, Sequence[Manifest]], Iterable[Artifact]]


def _readme(layout: Layout, manifests: Sequence[Manifest]) -> Iterator[Artifact]:
    del manifests
    adapter = ADAPTER_FILE if _has_adapter(layout) else ""
    own = cluster_objects(layout.topology, layout.options)
    text = readme(
        layout.topology,
        layout.servings,
        adapter_file=adapter,
        cluster_kinds=tuple(dict.fromkeys(one.kind for one in own)),
        networks=layout.networks,
        configured=_configured(layout),
    )
    yield Artifact(path="README.md", content=text.encode())


def _preflight(layout: Layout, manifests: Sequence[Manifest]) -> Iterator[Artifact]:
    del manifests
    head = header(layout.topology, "What the cluster lacks, if anything")
    text = preflight(layout.servings, header=head, networks=layout.networks)
    yield Artifact(path=PREFLIGHT_FILE, content=text.encode(), executable=True)


def _orphans(layout: Layout, manifests: Sequence[Manifest]) -> Iterator[Artifact]:
    own = cluster_objects(layout.topology, layout.options)
    text = orphans(
        (*manifests, *own),
        namespace=layout.namespace,
        labels=layout.labels,
        header=header(layout.topology, "What earlier plans have left in the cluster"),
    )
    yield Artifact(path=ORPHANS_FILE, content=text.encode(), executable=True)


def _configured(layout: Layout) -> list[Mapping[str, object]]:
    """Return the nodes that get a label, which says how their accelerators are shared."""
    nodes = (*partitions.cut_nodes(layout), *partitions.turning_nodes(layout))
    return [
        {
            "path": one.place.path,
            "count": one.number or "all",
            "label": one.label,
            "selector": one.selector,
        }
        for one in nodes
    ]


def _operator(layout: Layout, manifests: Sequence[Manifest]) -> Iterator[Artifact]:
    """Yield values for the GPU operator, where accelerators are shared."""
    del manifests
    values = partitions.operator_values(layout)
    if values:
        head = header(layout.topology, "Values for the chart of the GPU operator")
        yield Artifact(path=OPERATOR_FILE, content=(head + to_yaml.dump(values)).encode())


def _adapter(layout: Layout, manifests: Sequence[Manifest]) -> Iterator[Artifact]:
    del manifests
    if _has_adapter(layout):
        head = header(layout.topology, "Values for the chart of the Prometheus adapter")
        text = head + to_yaml.dump(adapter_values(layout.deployed))
        yield Artifact(path=ADAPTER_FILE, content=text.encode())


def _monitoring(layout: Layout, manifests: Sequence[Manifest]) -> Iterator[Artifact]:
    """Yield the rules as files, with their tests: promtool knows no objects of Kubernetes."""
    del manifests
    yield from monitoring_files(
        tuple(watched(serving) for serving in layout.deployed),
        delivered="The cluster gets the same rules as PrometheusRule objects, and the dashboards "
        "as ConfigMaps: Grafana's sidecar must look for them in all namespaces.",
    )


def _has_adapter(layout: Layout) -> bool:
    return any(serving.scaler == "hpa" for serving in layout.deployed)


EXTRA_FILES: Final[tuple[ExtraFiles, ...]] = (
    _readme,
    _preflight,
    _orphans,
    _adapter,
    _operator,
    _monitoring,
)
"""What makes the files beside the objects; none may take the path of another."""
