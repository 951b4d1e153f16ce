"""Checks on a topology: whatever fails here is a fault of an earlier step."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import fsum, isclose

from inferc.compiler.plan import ServicePlan, Verdict
from inferc.compiler.topology import diagnostics, graph
from inferc.compiler.topology.graph_types import EdgeKind, GraphEdge, NodeKind, Topology
from inferc.dsl import Diagnostic

PASSES_ON = (NodeKind.GATEWAY, NodeKind.ROUTER, NodeKind.SERVICE, NodeKind.POOL)
CARRIES_REQUESTS = (*PASSES_ON, NodeKind.REPLICA)
"""Kinds of node that a request passes, and so must reach."""

TOLERANCE = 1e-9
"""Rates are sums of a few floats: they agree to nearly the last digit or not at all."""


def check(topology: Topology) -> tuple[Diagnostic, ...]:
    """Return what is wrong with ``topology``; nothing, unless the compiler has a fault.

    Identity comes first: on a graph with doubled ids or loose ends the other checks say nothing.
    """
    if topology.verdict is Verdict.INFEASIBLE:
        verdict = topology.verdict.value
        return (diagnostics.refused_plan(topology=topology.name, verdict=verdict),)
    broken = (*_duplicates(topology), *_dangling(topology))
    if broken:
        return broken
    return (
        *_unreachable(topology),
        *_rates(topology),
        *_used_twice(topology),
        *_placement(topology),
    )


def _duplicates(topology: Topology) -> Iterator[Diagnostic]:
    for node, times in Counter(node.id for node in topology.nodes).items():
        if times > 1:
            yield diagnostics.duplicate_node(node=node, times=times)


def _dangling(topology: Topology) -> Iterator[Diagnostic]:
    known = {node.id for node in topology.nodes}
    for edge in topology.edges:
        for end in (edge.source, edge.target):
            if end not in known:
                yield diagnostics.dangling_edge(source=edge.source, target=edge.target, missing=end)


def _unreachable(topology: Topology) -> Iterator[Diagnostic]:
    """Requests reach what serves them; everything else hangs on to that."""
    roots = [node.id for node in topology.nodes if node.kind is NodeKind.CLIENT]
    root = roots[0] if roots else ""
    served = graph.reached(topology, root, (EdgeKind.TRAFFIC,))
    near = graph.attached(topology, served)
    for node in topology.nodes:
        if node.id not in (served if node.kind in CARRIES_REQUESTS else near):
            yield diagnostics.unreachable_node(node=node.id, kind=node.kind.value, root=root)


def _rates(topology: Topology) -> Iterator[Diagnostic]:
    """What comes into a node goes out of it; what comes into a service is its load."""
    into, out = _sums(topology.edges, "target"), _sums(topology.edges, "source")
    for node in topology.nodes:
        passes_on = node.kind in PASSES_ON or node.attributes.get("role") == "prefill"
        come, go = into.get(node.id, 0.0), out.get(node.id, 0.0)
        if passes_on and not isclose(come, go, rel_tol=TOLERANCE):
            yield diagnostics.rates_do_not_add_up(node=node.id, in_per_s=come, out_per_s=go)
    planned = topology.planned
    loads = {plan.service.name: plan.service.load.rate_per_s.value for plan in planned}
    for node in topology.nodes:
        load = loads.get(node.title) if node.kind is NodeKind.SERVICE else None
        come = into.get(node.id, 0.0)
        if load is not None and not isclose(come, load, rel_tol=TOLERANCE):
            yield diagnostics.rates_do_not_add_up(
                node=node.id, in_per_s=come, out_per_s=load, other="are its load"
            )


def _sums(edges: Iterable[GraphEdge], end: str) -> Mapping[str, float]:
    """Return the traffic at each node, summed over the edges whose ``end`` it is."""
    rates: dict[str, list[float]] = defaultdict(list)
    for edge in edges:
        if edge.kind is EdgeKind.TRAFFIC:
            node = edge.source if end == "source" else edge.target
            rates[node].append(edge.rate_per_s or 0.0)
    return {node: fsum(parts) for node, parts in rates.items()}


def _runs_on(topology: Topology) -> Iterator[GraphEdge]:
    """Yield the edges from replicas to the accelerators that they run on."""
    replicas = {node.id for node in topology.nodes if node.kind is NodeKind.REPLICA}
    for edge in topology.edges:
        if edge.kind is EdgeKind.PLACEMENT and edge.source in replicas:
            yield edge


def _used_twice(topology: Topology) -> Iterator[Diagnostic]:
    users: dict[str, list[str]] = defaultdict(list)
    for edge in _runs_on(topology):
        users[edge.target].append(edge.source)
    for gpu, names in users.items():
        if len(names) > 1:
            yield diagnostics.accelerator_used_twice(gpu=gpu, users=tuple(names))


def _placement(topology: Topology) -> Iterator[Diagnostic]:
    """Each replica of a service has as many accelerators as the plan asks for."""
    gpus = Counter(edge.source for edge in _runs_on(topology))
    found: dict[object, list[int]] = defaultdict(list)
    for node in topology.nodes:
        if node.kind is NodeKind.REPLICA:
            prefill = node.attributes.get("role") == "prefill"
            found[node.attributes.get("service"), prefill].append(gpus[node.id])
    for plan in topology.planned:
        name, whole = plan.service.name, plan.configuration
        before = plan.configuration.prefill if isinstance(plan, ServicePlan) else None
        for shape in (whole, *([before] if before else [])):
            width = shape.accelerators_per_replica
            placed = found[name, shape is not whole]
            if placed != [width] * shape.replicas:
                yield diagnostics.not_placed(
                    service=name,
                    need=shape.replicas,
                    width=width,
                    have=placed.count(width),
                    total=plan.service.place.accelerators,
                )
