"""Each check of a topology finds the fault that it is for, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support import designs, topologies

from inferc.compiler import topology
from inferc.compiler.plan import Verdict
from inferc.compiler.topology import EdgeKind, GraphEdge, GraphNode, NodeKind, Topology, check


def with_nodes(graph: Topology, *nodes: GraphNode) -> Topology:
    return replace(graph, nodes=(*graph.nodes, *nodes))


def with_edges(graph: Topology, *edges: GraphEdge) -> Topology:
    return replace(graph, edges=(*graph.edges, *edges))


def without(graph: Topology, keep: Callable[[GraphEdge], bool]) -> Topology:
    return replace(graph, edges=tuple(edge for edge in graph.edges if not keep(edge)))


def runs_on(replica: str, gpu: str) -> GraphEdge:
    return GraphEdge(source=replica, target=gpu, kind=EdgeKind.PLACEMENT, attributes={"stage": 0})


def a_doubled_id(graph: Topology) -> Topology:
    return with_nodes(graph, graph.nodes[0])


def an_edge_to_nowhere(graph: Topology) -> Topology:
    return with_edges(graph, replace(graph.edges[0], target="nowhere"))


def an_edge_from_nowhere(graph: Topology) -> Topology:
    return with_edges(graph, replace(graph.edges[0], source="nowhere"))


def a_node_on_its_own(graph: Topology) -> Topology:
    lone = GraphNode(id="lone", kind=NodeKind.HOST, title="lone", attributes={})
    return with_nodes(graph, lone)


def a_router_that_nobody_asks(graph: Topology) -> Topology:
    idle = GraphNode(id="spare", kind=NodeKind.ROUTER, title="spare", attributes={})
    scraped = GraphEdge(source="spare", target="metrics", kind=EdgeKind.METRICS, attributes={})
    return with_edges(with_nodes(graph, idle), scraped)


def a_request_lost_at_the_router(graph: Topology) -> Topology:
    return with_rate(graph, "router", 1.0)


def a_replica_without_its_share(graph: Topology) -> Topology:
    return with_rate(graph, "chat/replica-1", 1.0)


def with_rate(graph: Topology, target: str, rate_per_s: float) -> Topology:
    edges = tuple(
        replace(edge, rate_per_s=rate_per_s)
        if edge.target == target and edge.kind is EdgeKind.TRAFFIC
        else edge
        for edge in graph.edges
    )
    return replace(graph, edges=edges)


def all_rates_halved(graph: Topology) -> Topology:
    edges = tuple(
        edge if edge.rate_per_s is None else replace(edge, rate_per_s=edge.rate_per_s / 2)
        for edge in graph.edges
    )
    return replace(graph, edges=edges)


def two_replicas_on_one_accelerator(graph: Topology) -> Topology:
    moved = without(graph, lambda e: e.source == "chat/replica-1" and e.attributes.get("rank") == 0)
    return with_edges(moved, runs_on("chat/replica-1", "dc1.gpu/node-0/gpu-0"))


def a_replica_without_an_accelerator(graph: Topology) -> Topology:
    return without(graph, lambda e: e.source == "chat/replica-1" and "rank" in e.attributes)


def one_accelerator_too_few(graph: Topology) -> Topology:
    return without(graph, lambda e: e.source == "chat/replica-1" and e.attributes.get("rank") == 3)


def a_refused_design(graph: Topology) -> Topology:
    return replace(graph, verdict=Verdict.INFEASIBLE)


FAULTS = [
    (a_doubled_id, ["INF910"]),
    (an_edge_to_nowhere, ["INF911"]),
    (an_edge_from_nowhere, ["INF911"]),
    (a_node_on_its_own, ["INF912"]),
    (a_router_that_nobody_asks, ["INF912"]),
    (a_request_lost_at_the_router, ["INF913"]),
    (a_replica_without_its_share, ["INF913"]),
    (all_rates_halved, ["INF913"]),
    (two_replicas_on_one_accelerator, ["INF914"]),
    (a_replica_without_an_accelerator, ["INF915"]),
    (one_accelerator_too_few, ["INF915"]),
    (a_refused_design, ["INF916"]),
]


@pytest.mark.parametrize(
    ("damage", "codes"), FAULTS, ids=lambda value: getattr(value, "__name__", "")
)
def test_each_fault_is_found(damage: Callable[[Topology], Topology], codes: list[str]) -> None:
    found = check(damage(topologies.support_chat()))
    assert sorted({item.code for item in found}) == codes


@pytest.mark.parametrize("name", topologies.every())
def test_a_topology_as_built_has_no_fault(name: str) -> None:
    assert check(topologies.every()[name]) == ()


def test_a_plan_that_asks_for_too_much_is_reported_with_its_numbers() -> None:
    design = designs.support_chat()
    plan = topologies.plan_of(design, topologies.configuration(replicas=3))
    notes = {note for item in topology.build(design, plan).diagnostics for note in item.notes}
    assert (
        "the plan asks for 3 replicas on 4 accelerators each, 2 are placed so; the place has "
        "8 accelerators" in notes
    )


def test_every_fault_is_said_to_be_the_compilers_own() -> None:
    for damage, _ in FAULTS:
        for item in check(damage(topologies.support_chat())):
            assert "fault of the compiler" in item.help
            assert item.span is None
