"""Of disaggregated serving, both kinds of replicas are in the graph, each on its accelerators."""

from collections import Counter
from dataclasses import replace

import pytest
from support import designs, plans, topologies

from inferc.compiler import topology
from inferc.compiler.topology import EdgeKind, NodeKind, Topology, check
from inferc.compiler.topology.text import render


def replicas(graph: Topology) -> dict[str, object]:
    return {
        node.id: node.attributes.get("role")
        for node in graph.nodes
        if node.kind is NodeKind.REPLICA
    }


def gpus(graph: Topology) -> Counter[str]:
    return Counter(
        edge.source
        for edge in graph.edges
        if edge.kind is EdgeKind.PLACEMENT and edge.attributes["role"] == "runs_on"
    )


# prefill replicas, decode replicas, nodes, tensor parallelism of prefill
SIZES = [(2, 1, 2, 4), (1, 1, 1, 4), (4, 1, 2, 2), (3, 4, 4, 4), (8, 2, 2, 1), (1, 2, 2, 8)]


@pytest.mark.parametrize(("prefill", "decode", "nodes", "tensor"), SIZES)
def test_both_kinds_are_there(prefill: int, decode: int, nodes: int, tensor: int) -> None:
    graph = topologies.disaggregated(prefill, decode, nodes, tensor=tensor)
    assert replicas(graph) == {
        **{f"chat/prefill-{index}": "prefill" for index in range(prefill)},
        **{f"chat/replica-{index}": "decode" for index in range(decode)},
    }
    assert gpus(graph) == {
        **{f"chat/prefill-{index}": tensor for index in range(prefill)},
        **{f"chat/replica-{index}": 4 for index in range(decode)},
    }
    used = [
        n.attributes["role"] for n in graph.nodes if n.kind is NodeKind.GPU and n.attributes["used"]
    ]
    assert Counter(used) == {"prefill": prefill * tensor, "decode": decode * 4}


def test_a_request_goes_from_prompts_to_answers() -> None:
    graph = topologies.disaggregated(2, 4, 3)
    flows = {
        (edge.source, edge.target): (edge.rate_per_s, edge.attributes.get("role"))
        for edge in graph.edges
        if edge.kind is EdgeKind.TRAFFIC
    }
    load = graph.services[0].service.load.rate_per_s.value
    for index in range(2):
        assert flows["chat/service", f"chat/prefill-{index}"] == (load / 2, None)
        assert flows[f"chat/prefill-{index}", "chat/decode"] == (load / 2, "kv_cache")
    for index in range(4):
        assert flows["chat/decode", f"chat/replica-{index}"] == (load / 4, None)
        assert ("chat/service", f"chat/replica-{index}") not in flows


def test_without_it_the_graph_has_no_pools() -> None:
    text = render(topologies.support_chat())
    assert "pool" not in text
    assert "prefill" not in text
    assert "decode" not in text


def test_too_little_room_for_prompts_is_a_fault() -> None:
    design = designs.support_chat()
    shape = topologies.configuration(replicas=1, prefill=topologies.configuration(replicas=2))
    plan = plans.plan_of(design.name, plans.service_plan(design.services[0], shape))
    found = topology.build(design, plan).diagnostics
    assert [item.code for item in found] == ["INF913", "INF913", "INF915"]
    assert "chat" in found[-1].message


def test_a_prefill_replica_that_goes_nowhere_is_found() -> None:
    graph = topologies.disaggregated()
    kept = tuple(edge for edge in graph.edges if edge.attributes.get("role") != "kv_cache")
    codes = {item.code for item in check(replace(graph, edges=kept))}
    assert codes == {"INF912", "INF913"}
