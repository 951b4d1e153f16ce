"""What is in the picture: hosts, the replicas on them, and how many alike there are.

The scene is the same for every form of picture. Where there are more equal replicas than people
count at a glance, one stands for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

from inferc.compiler.topology import EdgeKind, GraphNode, NodeKind, Topology

MOST_DRAWN = 4
"""Equal replicas drawn one by one; more of them are drawn as one."""

Row: TypeAlias = tuple[int, tuple[int, ...]]
"""A pipeline stage and the indices of its accelerators on one host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one replica, or several alike, has on one host; idle accelerators without a service."""

    service: str
    replicas: tuple[int, ...]
    rows: tuple[Row, ...]
    number: int
    """Of the replica, counted over all services; it picks the colour."""

    @property
    def shape(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        """What makes two parts alike: service, stages, accelerators of each."""
        return self.service, tuple((stage, len(gpus)) for stage, gpus in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host with what runs on it."""

    place: str
    index: int
    kind: str
    """Of its accelerators: ``gpu`` or ``board``."""
    accelerator: str
    accelerators: int
    memory_bytes: float
    parts: tuple[Part, ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """What makes two hosts alike."""
        return self.place, self.accelerator, tuple((p.shape, len(p.replicas)) for p in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Hosts that share replicas, usually one; it stands for ``count`` units alike."""

    hosts: tuple[Host, ...]
    indices: tuple[int, ...]
    """Of every host that it stands for."""
    count: int

    @property
    def replicas(self) -> frozenset[tuple[str, int]]:
        """The replicas on these hosts, as service and index."""
        return frozenset((p.service, r) for h in self.hosts for p in h.parts for r in p.replicas)


def build(topology: Topology) -> tuple[Unit, ...]:
    """Return the hosts of ``topology`` as they are drawn."""
    stages = {
        edge.target: int(edge.attributes.get("stage", 0))
        for edge in topology.edges
        if edge.kind is EdgeKind.PLACEMENT and "stage" in edge.attributes
    }
    gpus: dict[tuple[str, int], list[GraphNode]] = {}
    for node in topology.nodes:
        if node.kind is NodeKind.GPU:
            key = (str(node.attributes["place"]), int(node.attributes["node"]))
            gpus.setdefault(key, []).append(node)
    numbers = _numbers(topology)
    hosts: list[Host] = []
    for node in topology.nodes:
        if node.kind is NodeKind.HOST:
            key = (str(node.attributes["place"]), int(node.attributes["index"]))
            own = gpus.get(key, [])
            hosts.append(_host(node, own, _alike(_parts(own, stages, numbers))))
    return tuple(_collapse(_join(hosts)))


def _numbers(topology: Topology) -> Mapping[tuple[str, int], int]:
    """Return the number of every replica, counted over all services."""
    replicas = [node for node in topology.nodes if node.kind is NodeKind.REPLICA]
    return {
        (str(node.attributes["service"]), int(node.attributes["index"])): number
        for number, node in enumerate(replicas)
    }


def _host(node: GraphNode, gpus: Sequence[GraphNode], parts: Iterable[Part]) -> Host:
    return Host(
        place=str(node.attributes["place"]),
        index=int(node.attributes["index"]),
        kind=str(node.attributes["accelerator_kind"]),
        accelerator=str(node.attributes["accelerator"]),
        accelerators=int(node.attributes["accelerators"]),
        memory_bytes=float(gpus[0].attributes["memory_bytes"]) if gpus else 0.0,
        parts=tuple(parts),
    )


def _parts(
    gpus: Iterable[GraphNode],
    stages: Mapping[str, int],
    numbers: Mapping[tuple[str, int], int],
) -> Iterator[Part]:
    """Yield the parts of a host in the order of their first accelerator, idle ones last."""
    owned: dict[tuple[str, int], dict[int, list[int]]] = {}
    idle: list[int] = []
    for gpu in gpus:
        index = int(gpu.attributes["index"])
        if not gpu.attributes["used"]:
            idle.append(index)
            continue
        owner = (str(gpu.attributes["service"]), int(gpu.attributes["replica"]))
        owned.setdefault(owner, {}).setdefault(stages.get(gpu.id, 0), []).append(index)
    for (service, replica), rows in owned.items():
        shown = tuple((stage, tuple(indices)) for stage, indices in sorted(rows.items()))
        number = numbers[(service, replica)]
        yield Part(service=service, replicas=(replica,), rows=shown, number=number)
    if idle:
        yield Part(service="", replicas=(), rows=((0, tuple(idle)),), number=0)


def _alike(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield ``parts``, with one for each long run of equal ones."""
    for _, run in groupby(parts, lambda part: part.shape):
        equal = tuple(run)
        if len(equal) > MOST_DRAWN:
            yield replace(equal[0], replicas=tuple(r for part in equal for r in part.replicas))
        else:
            yield from equal


def _join(hosts: Iterable[Host]) -> Iterator[Unit]:
    """Yield the hosts in groups that share replicas, in the order of their first host."""
    groups: list[list[Host]] = []
    member: dict[tuple[str, int], int] = {}
    for host in hosts:
        replicas = [(part.service, index) for part in host.parts for index in part.replicas]
        known = sorted({member[replica] for replica in replicas if replica in member})
        group = known[0] if known else len(groups)
        if not known:
            groups.append([])
        groups[group].append(host)
        for other in known[1:]:
            groups[group] += groups[other]
            groups[other] = []
            member |= {replica: group for replica, at in member.items() if at == other}
        member |= dict.fromkeys(replicas, group)
    for together in groups:
        if together:
            hosts_of = tuple(sorted(together, key=lambda host: (host.place, host.index)))
            yield Unit(hosts=hosts_of, indices=tuple(host.index for host in hosts_of), count=1)


def _collapse(units: Iterable[Unit]) -> Iterator[Unit]:
    """Yield ``units``, with one for all that are equal where there are too many to draw."""
    alike: dict[tuple[object, ...], list[Unit]] = {}
    for unit in units:
        alike.setdefault(tuple(host.shape for host in unit.hosts), []).append(unit)
    for equal in alike.values():
        replicas = frozenset[tuple[str, int]]().union(*(unit.replicas for unit in equal))
        if len(equal) > 1 and (len(replicas) > MOST_DRAWN or not replicas):
            indices = tuple(index for unit in equal for index in unit.indices)
            yield replace(equal[0], indices=indices, count=len(equal))
        else:
            yield from equal
