"""Hosts, the replicas on them, and how many alike there are.

Where there are more equal replicas than people count at a glance, one stands for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from inferc.compiler.topology import EdgeKind, GraphNode, NodeKind, Topology

MOST_DRAWN = 4
"""Equal replicas drawn one by one; more of them are drawn as one."""


class Seat(NamedTuple):
    """An accelerator, or a part of one."""

    number: int
    """Of the accelerator on its host."""
    part: str
    """``2g.20gb-at-0``; empty for a whole accelerator."""
    memory_bytes: float


class Row(NamedTuple):
    """Accelerators of one pipeline stage in one link domain."""

    stage: int
    domain: int
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one replica, or several alike, has on one host; idle accelerators without a service."""

    service: str
    role: str
    """Of disaggregated serving, ``prefill`` or ``decode``; empty else."""
    replicas: tuple[int, ...]
    rows: tuple[Row, ...]
    number: int
    """Of the replica, counted over all services; it picks the colour."""

    @property
    def shape(self) -> tuple[object, ...]:
        """What makes two parts alike: service and role, stages, accelerators of each."""
        rows = tuple(
            (row.stage, [(seat.part.partition("-")[0], seat.memory_bytes) for seat in row.seats])
            for row in self.rows
        )
        return self.service, self.role, repr(rows)

    @property
    def owners(self) -> tuple[tuple[str, str, int], ...]:
        """The replicas, each by service, role and index."""
        return tuple((self.service, self.role, index) for index in self.replicas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host with what runs on it."""

    place: str
    index: int
    kind: str
    """Of its accelerators: ``gpu`` or ``board``."""
    accelerator: str
    accelerators: int
    domains: int
    """Link domains among them."""
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
    def replicas(self) -> frozenset[tuple[str, str, int]]:
        """The replicas on these hosts."""
        return frozenset(owner for h in self.hosts for p in h.parts for owner in p.owners)


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


def _numbers(topology: Topology) -> Mapping[tuple[str, str, int], int]:
    """Return the number of every replica, counted over all services."""
    replicas = [node for node in topology.nodes if node.kind is NodeKind.REPLICA]
    return {_owner(node, "index"): number for number, node in enumerate(replicas)}


def _owner(node: GraphNode, index: str) -> tuple[str, str, int]:
    """Return a replica by service, role and index."""
    of = node.attributes
    return str(of["service"]), str(of.get("role", "")), int(of[index])


def _host(node: GraphNode, gpus: Sequence[GraphNode], parts: Iterable[Part]) -> Host:
    return Host(
        place=str(node.attributes["place"]),
        index=int(node.attributes["index"]),
        kind=str(node.attributes["accelerator_kind"]),
        accelerator=str(node.attributes["accelerator"]),
        accelerators=int(node.attributes["accelerators"]),
        domains=len({gpu.attributes["link_domain"] for gpu in gpus}),
        parts=tuple(parts),
    )


def _parts(
    gpus: Iterable[GraphNode],
    stages: Mapping[str, int],
    numbers: Mapping[tuple[str, str, int], int],
) -> Iterator[Part]:
    """Yield the parts of a host in the order of their first accelerator, idle ones last."""
    owned: dict[tuple[str, str, int], dict[tuple[int, int], list[Seat]]] = {}
    idle: dict[tuple[int, int], list[Seat]] = {}
    for gpu in gpus:
        of = gpu.attributes
        seat = Seat(int(of["index"]), str(of.get("part", "")), float(of["memory_bytes"]))
        rows = owned.setdefault(_owner(gpu, "replica"), {}) if of["used"] else idle
        rows.setdefault((stages.get(gpu.id, 0), int(of["link_domain"])), []).append(seat)
    for owner, rows in owned.items():
        service, role, replica = owner
        yield Part(
            service=service,
            role=role,
            replicas=(replica,),
            rows=_rows(rows),
            number=numbers[owner],
        )
    if idle:
        yield Part(service="", role="", replicas=(), rows=_rows(idle), number=0)


def _rows(rows: Mapping[tuple[int, int], Sequence[Seat]]) -> tuple[Row, ...]:
    return tuple(Row(stage, domain, tuple(rows[stage, domain])) for stage, domain in sorted(rows))


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
    member: dict[tuple[str, str, int], int] = {}
    for host in hosts:
        replicas = [owner for part in host.parts for owner in part.owners]
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
        replicas = frozenset[tuple[str, str, int]]().union(*(unit.replicas for unit in equal))
        if len(equal) > 1 and (len(replicas) > MOST_DRAWN or not replicas):
            indices = tuple(index for unit in equal for index in unit.indices)
            yield replace(equal[0], indices=indices, count=len(equal))
        else:
            yield from equal
