"""The way of a request: from clients to the replicas, with rates, SLA and autoscaling."""

from collections.abc import Iterator

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.wording.amounts import plural
from inferc.targets.diagram import words
from inferc.targets.diagram.scene import Box, Edge, Group, Kind, Line, Root, Scene
from inferc.targets.diagram.views import common
from inferc.targets.diagram.views.common import MOST_IN_FULL

VIEW = "request"


def scene(topology: Topology, view: str = VIEW) -> Scene:
    """Return the scene; many services stand in a frame for each place, a few lines each."""
    front = list(common.front_boxes(topology))
    full = len(topology.planned) <= MOST_IN_FULL
    items: list[Root] = [*front]
    if full:
        for plan in topology.planned:
            items += [common.service_box(plan, topology), *_pools(plan)]
        known = [item.id for item in items if isinstance(item, Box)]
        edges = [*common.traffic(topology, known)]
        edges += [edge for plan in topology.planned for edge in _to_pools(plan, topology)]
    else:
        items += _frames(topology)
        edges = [*common.traffic(topology, [box.id for box in front]), *_to_frames(topology)]
    return common.picture(topology, view, items, edges)


def _pools(plan: words.Planned) -> Iterator[Box]:
    """Yield the replicas of a service as one box, of disaggregated serving as two."""
    scale = tuple(line for line in words.scaling(plan) if line)
    for role, count, lines in words.pools(plan):
        yield Box(
            id=_pool_id(plan, role),
            title=plural(count, f"{role} replica".strip()),
            lines=(*lines, *(scale if role != "prefill" else ())),
            kind=Kind.REPLICA,
        )


def _pool_id(plan: words.Planned, role: str) -> str:
    return f"pool {role} {plan.service.name}"


def _to_pools(plan: words.Planned, topology: Topology) -> Iterator[Edge]:
    """Yield what comes to the replicas of a service."""
    source = common.service_id(plan, topology)
    disaggregated = isinstance(plan, ServicePlan) and plan.configuration.prefill is not None
    first = _pool_id(plan, "prefill" if disaggregated else "")
    each = f"{words.share(plan, prefill=disaggregated)} each"
    yield Edge(source=source, target=first, line=Line.LIVE, label=each)
    if disaggregated:
        decode = _pool_id(plan, "decode")
        label = words.rate(words.mean_rate(plan))
        yield Edge(source=first, target=decode, line=Line.HANDOVER, label=label)


def _frame_id(place: str) -> str:
    return f"place {place}"


def _frames(topology: Topology) -> Iterator[Group]:
    """Yield the services of each place in one frame."""
    for path, plans in common.by_place(topology).items():
        yield Group(
            id=_frame_id(path),
            title=words.shorten(path),
            lines=(words.place(plans), plural(len(plans), "service")),
            items=tuple(common.service_box(plan, topology, full=False) for plan in plans),
            columns=common.columns_for(len(plans)),
        )


def _to_frames(topology: Topology) -> Iterator[Edge]:
    """Yield what comes to each place, from wherever its services are asked."""
    place_of = {
        common.service_id(plan, topology): plan.service.place.path for plan in topology.planned
    }
    rates: dict[tuple[str, str, Line], float] = {}
    for edge in topology.edges:
        if edge.target in place_of and edge.rate_per_s is not None:
            key = (edge.source, place_of[edge.target], common.line_of(edge))
            rates[key] = rates.get(key, 0.0) + edge.rate_per_s
    for (source, place, line), rate in rates.items():
        yield Edge(source=source, target=_frame_id(place), line=line, label=words.rate(rate))
