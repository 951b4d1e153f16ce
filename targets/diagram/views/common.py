"""What several views show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from inferc.compiler.plan import ServicePlan, Verdict
from inferc.compiler.topology import EdgeKind, GraphEdge, GraphNode, NodeKind, Topology
from inferc.targets.diagram import words
from inferc.targets.diagram.hosts import Host, Part, Seat, Unit
from inferc.targets.diagram.scene import (
    Badge,
    Box,
    Edge,
    Group,
    Kind,
    Line,
    Root,
    Row,
    Scene,
    Tile,
    Tone,
)

TONES = {
    Verdict.FEASIBLE: Tone.GOOD,
    Verdict.CONDITIONAL: Tone.WARN,
    Verdict.INFEASIBLE: Tone.BAD,
}

FRONT = (NodeKind.CLIENT, NodeKind.GATEWAY, NodeKind.ROUTER)
"""What a request passes before it comes to a service."""

SERVED = {"canary": Line.CANARY, "shadow": Line.SHADOW}
"""How traffic is drawn that is not live, by what its edge says of itself."""

MOST_IN_FULL = 6
"""Services that are drawn with all lines of their SLA; of more, each is a few lines."""

SMALL_PART = 2
"""Accelerators of a part that has room beside another."""

MOST_IN_COLUMN = 3
"""Small parts of a host one below the other."""

WIDEST_COLUMN = 6
"""Services one below the other, where there are many."""


def picture(
    topology: Topology,
    view: str,
    items: Iterable[Root],
    edges: Iterable[Edge],
    *,
    facts: Sequence[str] = (),
) -> Scene:
    """Return a scene with the head that all pictures of a topology have."""
    verdict = topology.verdict
    return Scene(
        view=view,
        title=words.shorten(topology.name),
        badges=(Badge(name="", value="", verdict=verdict.value, tone=TONES[verdict]),),
        doc=words.shorten(topology.doc, 110),
        facts=tuple(facts) or words.facts(topology),
        items=tuple(items),
        edges=tuple(edges),
        label=words.description(topology, view),
    )


# ---- the way of a request --------------------------------------------------------------------


def front_boxes(topology: Topology) -> Iterator[Box]:
    """Yield what a request passes before it comes to a service."""
    for node in topology.nodes:
        if node.kind in FRONT:
            lines = words.client(node) if node.kind is NodeKind.CLIENT else words.told(node)
            kind = Kind.CLIENT if node.kind is NodeKind.CLIENT else Kind.PLAIN
            title = words.shorten(node.title)
            yield Box(id=node.id, title=title, lines=tuple(lines), kind=kind)


def traffic(topology: Topology, known: Iterable[str]) -> Iterator[Edge]:
    """Yield the requests between items that are drawn, each edge with its rate."""
    drawn = frozenset(known)
    for edge in topology.edges:
        if edge.kind is EdgeKind.TRAFFIC and {edge.source, edge.target} <= drawn:
            yield Edge(
                source=edge.source, target=edge.target, line=line_of(edge), label=label_of(edge)
            )


def line_of(edge: GraphEdge) -> Line:
    """Return how requests are drawn: live, unless their edge says otherwise."""
    if edge.attributes.get("role") == "kv_cache":
        return Line.HANDOVER
    return SERVED.get(str(edge.attributes.get("traffic", "")), Line.LIVE)


def label_of(edge: GraphEdge) -> str:
    """Return the rate of requests, with their share where that is stated."""
    share = edge.attributes.get("share")
    rate = words.rate(edge.rate_per_s or 0.0)
    return f"{words.percent_of(float(share))}, {rate}" if share is not None else rate


# ---- services --------------------------------------------------------------------------------


def service_id(plan: words.Planned, topology: Topology) -> str:
    """Return the id of the node of a service."""
    return node_of(topology, plan, NodeKind.SERVICE).id


def node_of(topology: Topology, plan: words.Planned, kind: NodeKind) -> GraphNode:
    """Return the node of ``kind`` that belongs to a service."""
    name = plan.service.name
    return next(
        node
        for node in topology.nodes
        if node.kind is kind and node.attributes.get("service", node.title) == name
    )


def service_box(
    plan: words.Planned, topology: Topology, *, full: bool = True, more: Sequence[str] = ()
) -> Box:
    """Return a service with its model, its shape and its SLA, or the tightest line of that.

    ``more`` is what else is said of it.
    """
    service = plan.service
    scale = words.scaling(plan)[0]
    lines = (words.shorten(service.model.title), words.shape(plan))
    return Box(
        id=service_id(plan, topology),
        title=words.shorten(service.name, 28),
        aside=words.shorten(service.api, 20) if full else words.rate(words.mean_rate(plan)),
        lines=(*lines, *more) if full else (f"{lines[0]} · {scale}",),
        badges=words.sla_lines(plan) if full else words.worst_line(plan),
        kind=Kind.SERVICE,
    )


def columns_for(count: int, longest: int = WIDEST_COLUMN) -> int:
    """Return in how many columns ``count`` items stand."""
    return max(1, -(-count // longest))


def by_place(topology: Topology) -> Mapping[str, list[words.Planned]]:
    """Return the plans of each place, in the order of the services."""
    found: dict[str, list[words.Planned]] = {}
    for plan in topology.planned:
        found.setdefault(plan.service.place.path, []).append(plan)
    return found


# ---- hosts -----------------------------------------------------------------------------------


def host_group(
    unit: Unit,
    host: Host,
    plans: Mapping[str, words.Planned],
    *,
    columns: int = 0,
    rates: bool = False,
) -> Group:
    """Return a host with what runs on it, with the rate of each replica if asked for."""
    alone = len(unit.hosts) == 1
    return Group(
        id=host_id(host),
        title=words.unit_title(unit) if alone else words.host_title(host),
        lines=(words.hardware(host.accelerators, host.accelerator),),
        items=tuple(
            part_box(part, number, host, plans, rates=rates)
            for number, part in enumerate(host.parts)
        ),
        columns=columns or _columns(host.parts),
        count=unit.count,
    )


def _columns(parts: Sequence[Part]) -> int:
    """Return in how many columns the parts of a host stand: small ones beside each other."""
    tiles = [sum(len(row.seats) for row in part.rows) for part in parts if part.service] or [0]
    return 2 if len(parts) > MOST_IN_COLUMN and max(tiles) <= SMALL_PART else 1


def host_id(host: Host) -> str:
    """Return the id of the group of a host."""
    return f"host {host.index} {host.place}"


def part_id(host: Host, number: int) -> str:
    """Return the id of the box of what runs on a host."""
    return f"part {number} {host_id(host)}"


def part_box(
    part: Part, number: int, host: Host, plans: Mapping[str, words.Planned], *, rates: bool = False
) -> Box:
    """Return what a replica has on a host: its name, and a tile for each accelerator."""
    note = _note(part, plans)
    if rates and part.service in plans:
        rate = words.share(plans[part.service], prefill=part.role == "prefill")
        each = f"{rate} each" if len(part.replicas) > 1 else rate
        note = " · ".join(one for one in (note, each) if one)
    return Box(
        id=part_id(host, number),
        title=words.part_title(part),
        aside=note,
        rows=tuple(_rows(part, host)),
        kind=Kind.REPLICA if part.service else Kind.IDLE,
        count=max(1, len(part.replicas)),
    )


def _note(part: Part, plans: Mapping[str, words.Planned]) -> str:
    """Return what stands beside the name of a replica: how it is laid out."""
    plan = plans.get(part.service)
    if plan is None:
        return ""
    if not isinstance(plan, ServicePlan):
        return "" if plan.configuration.part == "whole" else plan.configuration.part
    whole = plan.configuration
    shape = whole.prefill if part.role == "prefill" and whole.prefill else whole
    stages = {row.stage for row in part.rows}
    if shape.pipeline_parallel > 1 and len(stages) == 1:
        return f"TP {shape.tensor_parallel} · stage {min(stages)} of {shape.pipeline_parallel}"
    return words.parallel(shape) if shape.accelerators_per_replica > 1 else ""


def _rows(part: Part, host: Host) -> Iterator[Row]:
    """Yield the rows of tiles of a part: one for each stage, and for each link domain.

    Where nothing joins accelerators each is a domain of its own, which nobody wants to be told.
    """
    joined = 1 < host.domains < host.accelerators
    groups: dict[tuple[int, int], list[Seat]] = {}
    for row in part.rows:
        groups.setdefault((row.stage, row.domain if joined else 0), []).extend(row.seats)
    stages = {stage for stage, _ in groups}
    color = part.number if part.service else None
    for (stage, domain), seats in groups.items():
        names = [f"stage {stage}"] if len(stages) > 1 else []
        if joined:
            names.append(f"link domain {domain}")
        yield Row(
            title=", ".join(names),
            tiles=tuple(
                Tile(title=words.tile(host, seat), note=words.tile_note(seat), color=color)
                for seat in seats
            ),
        )


def plans_of(topology: Topology) -> Mapping[str, words.Planned]:
    """Return the plans by the name of their service."""
    return {plan.service.name: plan for plan in topology.planned}
