"""Everything at one glance: requests, services, and replicas on their accelerators."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from inferc.compiler.topology import NodeKind, Topology
from inferc.targets.diagram import hosts, words
from inferc.targets.diagram.hosts import Host, Part, Unit
from inferc.targets.diagram.scene import Box, Edge, Kind, Line, Root, Scene, Stack
from inferc.targets.diagram.views import common, request
from inferc.targets.diagram.views.common import MOST_IN_FULL

VIEW = "topology"

MOST_DETAILED = 2
"""Services with boxes for what scales and feeds them; of more, the service says so itself."""

MOST_LABELS = 4
"""Boxes on hosts to which the lines have labels: those of more would lie on each other."""

MOST_PARTS = 24
"""Boxes on hosts that one picture can hold beside the rest; more are left to the placement."""

Drawn = tuple[Unit, Host, Part, str]
"""A part that was drawn, where, and the id of its box."""


def scene(topology: Topology) -> Scene:
    """Return the scene; one that would be too large to be read at a glance has no accelerators."""
    units = hosts.build(topology)
    parts = sum(len(host.parts) for unit in units for host in unit.hosts)
    if len(topology.planned) > MOST_IN_FULL or parts > MOST_PARTS:
        return request.scene(topology, view=VIEW)
    detailed = len(topology.planned) <= MOST_DETAILED
    front = list(common.front_boxes(topology))
    column = list(_column(topology) if detailed else _services(topology))
    plans = common.plans_of(topology)
    rates = parts > MOST_LABELS
    items: list[Root] = [*front, Stack(items=tuple(column))]
    items += [
        common.host_group(unit, host, plans, columns=1, rates=rates)
        for unit in units
        for host in unit.hosts
    ]
    edges = [
        *common.traffic(topology, [box.id for box in (*front, *column)]),
        *_shares(topology, units, labels=not rates),
        *_stages(units),
        *(_supply(topology, units) if detailed else ()),
    ]
    return common.picture(topology, VIEW, items, edges)


def _services(topology: Topology) -> Iterator[Box]:
    """Yield services that say themselves what scales and feeds them."""
    for plan in topology.planned:
        scale = " on ".join(line for line in words.scaling(plan) if line)
        yield common.service_box(plan, topology, more=(scale, *words.weights(plan)))


def _column(topology: Topology) -> Iterator[Box]:
    """Yield services, what scales and feeds them, and the metrics, from top to bottom."""
    last = topology.planned[-1:]
    for plan in topology.planned:
        name = words.shorten(plan.service.name, 28)
        yield common.service_box(plan, topology)
        node = common.node_of(topology, plan, NodeKind.AUTOSCALER)
        lines = tuple(line for line in words.scaling(plan) if line)
        yield Box(id=node.id, title=f"{name} autoscaler", lines=lines)
        if plan in last:
            yield from (
                Box(id=node.id, title=node.title)
                for node in topology.nodes
                if node.kind is NodeKind.METRICS
            )
        node = common.node_of(topology, plan, NodeKind.WEIGHTS)
        yield Box(id=node.id, title=f"{name} weights", lines=words.weights(plan), kind=Kind.STORE)


def _drawn(units: Sequence[Unit]) -> Iterator[Drawn]:
    for unit in units:
        for host in unit.hosts:
            for number, part in enumerate(host.parts):
                yield unit, host, part, common.part_id(host, number)


def _shares(topology: Topology, units: Sequence[Unit], *, labels: bool) -> Iterator[Edge]:
    """Yield what comes to each replica, and what is handed from prompts to answers."""
    for plan in topology.planned:
        source = common.service_id(plan, topology)
        own = [item for item in _drawn(units) if item[2].service == plan.service.name]
        first = [item for item in own if any(row.stage == 0 for row in item[2].rows)]
        before = [item for item in first if item[2].role == "prefill"]
        share = words.share(plan, prefill=bool(before))
        for unit, _, part, box in before or first:
            each = " each" if len(part.replicas) * unit.count > 1 else ""
            label = f"{share}{each}" if labels else ""
            yield Edge(source=source, target=box, line=Line.LIVE, label=label)
        yield from _handed_over(
            [box for *_, box in before], [i for *_, p, i in first if p.role == "decode"]
        )


def _handed_over(prefill: Sequence[str], decode: Sequence[str]) -> Iterator[Edge]:
    """Yield where the KV cache goes: from each to each; said in words where that is too much."""
    if len(prefill) * len(decode) <= MOST_LABELS:
        for source in prefill:
            for target in decode:
                yield Edge(source=source, target=target, line=Line.HANDOVER)
    else:
        yield Edge(source=prefill[0], target=decode[0], line=Line.HANDOVER, label="each to each")


def _stages(units: Sequence[Unit]) -> Iterator[Edge]:
    """Yield what flows between the stages of a replica on different hosts."""
    for upper, lower in pairwise(_drawn(units)):
        same = upper[2].service and upper[2].owners == lower[2].owners
        if same and upper[1] is not lower[1]:
            yield Edge(source=upper[3], target=lower[3], line=Line.STAGES)


def _supply(topology: Topology, units: Sequence[Unit]) -> Iterator[Edge]:
    """Yield metrics, scaling and weights, drawn once for a host."""
    metrics = next(node.id for node in topology.nodes if node.kind is NodeKind.METRICS)
    used = {common.host_id(host): None for _, host, part, _ in _drawn(units) if part.service}
    for host in used:
        yield Edge(source=host, target=metrics, line=Line.METRICS)
    for plan in topology.planned:
        weights, scaler = (
            common.node_of(topology, plan, kind).id
            for kind in (NodeKind.WEIGHTS, NodeKind.AUTOSCALER)
        )
        yield Edge(source=metrics, target=scaler, line=Line.METRICS)
        yield Edge(source=scaler, target=common.service_id(plan, topology), line=Line.SCALING)
        name = plan.service.name
        own = {
            common.host_id(host): None for _, host, part, _ in _drawn(units) if part.service == name
        }
        for host in own:
            yield Edge(source=weights, target=host, line=Line.WEIGHTS)
