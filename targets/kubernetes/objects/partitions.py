"""How accelerators are cut up or take turns: what those who own the cluster configure for it.

The GPU operator reads both from ConfigMaps in its own namespace, and each node says by a label
which entry holds for it. One ClusterPolicy names one ConfigMap of each kind.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from inferc.compiler.model import Place
from inferc.compiler.plan.networks.packing import layouts_for
from inferc.compiler.topology import table_of
from inferc.targets import to_yaml
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.concerns import CLUSTER
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.network_serving import NetworkServing
from inferc.targets.kubernetes.objects.nodes import node_labels

MIG_LABEL: Final = "nvidia.com/mig.config"
PLUGIN_LABEL: Final = "nvidia.com/device-plugin.config"
ALL_WHOLE: Final = "all-disabled"
"""The entry of nodes whose accelerators are whole; the operator takes it where nobody says."""
PLAIN: Final = "plain"

Cut = tuple[tuple[tuple[str, int], ...], ...]
"""Of each accelerator of a node, in order: profiles with how many parts; none for a whole one."""


class Nodes(NamedTuple):
    """Nodes of a pool that are configured alike."""

    place: Place
    entry: str
    """What the label says."""
    number: int
    """How many nodes get it; 0 for all of the pool."""
    cut: Cut = ()
    sharers: int = 1

    @property
    def label(self) -> str:
        """The label with its value."""
        return f"{MIG_LABEL if self.cut else PLUGIN_LABEL}={self.entry}"

    @property
    def selector(self) -> str:
        """The labels that find the nodes of the pool."""
        return ",".join(f"{name}={value}" for name, value in node_labels(self.place).items())


def cut_nodes(layout: Layout) -> tuple[Nodes, ...]:
    """Return how the nodes of each pool are cut into parts, as the plan has packed them.

    From the last node on, as the topology places them: language models keep whole nodes.
    """
    found = list(_all_alike(layout))
    for path, servings in _by_place(layout, "mig").items():
        place, table = servings[0].place, table_of(servings[0].plan, servings[0].place)
        if table is None:
            continue
        counts: Counter[str] = Counter()
        for serving in servings:
            counts[serving.plan.configuration.profile] += _most(serving)
        gpus = [
            tuple(sorted(Counter(spot.profile for spot in spots).items()))
            for spots in layouts_for(table, counts)
        ]
        nodes = [gpus[at : at + place.per_node] for at in range(0, len(gpus), place.per_node)]
        cuts = Counter(
            tuple(reversed([*node, *([()] * (place.per_node - len(node)))])) for node in nodes
        )
        for number, (cut, count) in enumerate(sorted(cuts.items())):
            entry = dns_label(f"{layout.namespace}-{path.replace('.', '-')}", str(number))
            found.append(Nodes(place=place, entry=entry, number=count, cut=cut))
    return tuple(found)


def _all_alike(layout: Layout) -> Iterator[Nodes]:
    """Yield the pools that are all cut into parts of one size, for language models."""
    places = {one.place.path: one for one in layout.servings if one.profile}
    for path, serving in sorted(places.items()):
        place = serving.place
        cut: Cut = tuple(((serving.profile, place.slices),) for _ in range(_wholes(place)))
        entry = dns_label(f"{layout.namespace}-{path.replace('.', '-')}", "0")
        nodes = max(int(place.nodes.value), place.most_nodes)
        yield Nodes(place=place, entry=entry, number=nodes, cut=cut)


def _wholes(place: Place) -> int:
    """Return how many accelerators a node has, whatever they are cut into."""
    return place.per_node // place.slices


def turning_nodes(layout: Layout) -> tuple[Nodes, ...]:
    """Return the pools whose accelerators take turns, with how many replicas share one."""
    found: list[Nodes] = []
    for path, servings in _by_place(layout, "time_slice").items():
        sharers = max(one.plan.configuration.sharers for one in servings)
        entry = dns_label(f"{layout.namespace}-{path.replace('.', '-')}", "shared")
        found.append(Nodes(place=servings[0].place, entry=entry, number=0, sharers=sharers))
    return tuple(found)


def _by_place(layout: Layout, mode: str) -> Mapping[str, list[NetworkServing]]:
    found: dict[str, list[NetworkServing]] = {}
    for serving in layout.networks:
        if serving.plan.configuration.share == mode:
            found.setdefault(serving.place.path, []).append(serving)
    return {path: found[path] for path in sorted(found)}


def _most(serving: NetworkServing) -> int:
    """Return the most replicas there ever are: a part is cut before one asks for it."""
    return max(serving.max_replicas, serving.replicas)


def config_maps(layout: Layout) -> Iterator[Manifest]:
    """Yield what the GPU operator is told, in its own namespace."""
    cut, turning = cut_nodes(layout), turning_nodes(layout)
    if cut:
        yield _config_map(layout, "mig", {"config.yaml": to_yaml.dump(_mig(cut))})
    if turning:
        data = {PLAIN: to_yaml.dump({"version": "v1"})}
        data |= {nodes.entry: to_yaml.dump(_time_slicing(nodes)) for nodes in turning}
        yield _config_map(layout, "device-plugin", data)


def map_name(layout: Layout, about: str) -> str:
    """Return the name of a ConfigMap of this topology in the operator's namespace."""
    return dns_label(layout.namespace, about)


def _config_map(layout: Layout, about: str, data: Mapping[str, Data]) -> Manifest:
    return Manifest(
        api_version=api_version("ConfigMap"),
        kind="ConfigMap",
        name=map_name(layout, about),
        namespace=layout.choices.gpu_operator_namespace,
        concern=CLUSTER,
        labels=layout.labels,
        body={"data": data},
    )


def _mig(nodes: tuple[Nodes, ...]) -> dict[str, Data]:
    """Return the layouts as the MIG manager reads them.

    Source: GPU operator 26.7, ``assets/state-mig-manager/0400_configmap.yaml``.
    """
    configs: dict[str, Data] = {ALL_WHOLE: [{"devices": "all", "mig-enabled": False}]}
    for one in nodes:
        configs[one.entry] = [_device(index, parts) for index, parts in enumerate(one.cut)]
    return {"version": "v1", "mig-configs": configs}


def _device(index: int, parts: tuple[tuple[str, int], ...]) -> dict[str, Data]:
    device: dict[str, Data] = {"devices": [index], "mig-enabled": bool(parts)}
    return {**device, "mig-devices": dict(parts)} if parts else device


def _time_slicing(nodes: Nodes) -> dict[str, Data]:
    """Return what the device plugin of such a node is told.

    Source: k8s-device-plugin, README, shared access to GPUs. A resource of another name cannot be
    had by mistake, and to ask for two turns gives no more than one.
    """
    shared: dict[str, Data] = {"name": "nvidia.com/gpu", "replicas": nodes.sharers}
    slicing: dict[str, Data] = {
        "renameByDefault": True,
        "failRequestsGreaterThanOne": True,
        "resources": [shared],
    }
    return {"version": "v1", "sharing": {"timeSlicing": slicing}}


def operator_values(layout: Layout) -> Mapping[str, Data]:
    """Return values for the chart of the GPU operator, by which its ClusterPolicy is made."""
    values: dict[str, Data] = {}
    if cut_nodes(layout):
        values["mig"] = {"strategy": "mixed"}
        values["migManager"] = {
            "config": {"create": False, "name": map_name(layout, "mig"), "default": ALL_WHOLE}
        }
    if turning_nodes(layout):
        values["devicePlugin"] = {
            "config": {
                "create": False,
                "name": map_name(layout, "device-plugin"),
                "default": PLAIN,
            }
        }
    return values
