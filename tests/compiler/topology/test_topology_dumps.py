"""The topology for other programs: networkx, JSON, text, digest."""

import json
from dataclasses import replace

import networkx as nx
import pytest
from support import designs, plans, topologies

from inferc.compiler.perf.values import Speculation
from inferc.compiler.topology import Topology, decision_digest, render_json, render_text, to_data
from inferc.compiler.topology.graph import to_networkx
from inferc.dsl.source import SourceFile, Span


@pytest.mark.parametrize("name", topologies.every())
def test_networkx_reads_the_json_back(name: str) -> None:
    graph = topologies.every()[name]
    read = nx.node_link_graph(json.loads(render_json(graph)), edges="edges")
    expected = to_networkx(graph)
    assert dict(read.nodes(data=True)) == dict(expected.nodes(data=True))
    assert read.adj == expected.adj
    assert read.graph["digest"] == graph.digest


def test_attributes_never_hide_what_a_node_or_edge_is() -> None:
    for graph in topologies.every().values():
        for node in graph.nodes:
            assert not {"id", "kind", "title"} & node.attributes.keys()
        for edge in graph.edges:
            assert not {"source", "target", "kind", "rate_per_s"} & edge.attributes.keys()


def test_no_two_edges_join_the_same_nodes_in_the_same_direction() -> None:
    for graph in topologies.every().values():
        ends = [(edge.source, edge.target) for edge in graph.edges]
        assert len(ends) == len(set(ends))


def test_the_json_says_what_was_decided() -> None:
    data = json.loads(render_json(topologies.support_chat()))
    assert data["format_version"] == "1.0"
    (service,) = data["graph"]["services"]
    shape = plans.CONFIGURATION
    assert service["service"] == "chat"
    assert service["tensor_parallel"] == shape.tensor_parallel
    assert service["autoscale"]["max_replicas"] == shape.replicas


def test_dumps_are_the_same_every_time() -> None:
    first, second = topologies.two_services(), topologies.two_services()
    assert render_json(first) == render_json(second)
    assert render_text(first) == render_text(second)
    assert to_data(first) == to_data(second)


def moved_to(path: str) -> Topology:
    """Return the first example as if it were written in another file, further down."""
    source = SourceFile(path, "\n" * 40)
    design = designs.support_chat()
    service = replace(design.services[0], span=Span(source, 20, 20))
    moved = replace(design, services=(service,), span=Span(source, 0, 40), doc="another text")
    return topologies.topology_of(moved, topologies.configuration())


def test_the_digest_knows_nothing_of_files() -> None:
    assert moved_to("/elsewhere/other.infer").digest == topologies.support_chat().digest


def test_the_digest_knows_nothing_of_estimates() -> None:
    graph = topologies.support_chat()
    slower = replace(plans.ESTIMATE, tpot_s=1.0)
    again = tuple(replace(plan, estimate=slower, load_time_s=1.0) for plan in graph.services)
    assert decision_digest(again, graph.edges) == graph.digest


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "sglang"},
        {"precision": "fp8"},
        {"tensor_parallel": 2},
        {"replicas": 1},
        {"max_num_seqs": 64},
        {"max_num_batched_tokens": 8192},
        {"kv_precision": "fp8"},
        {"expert_parallel": 4},
        {"attention_data_parallel": 4},
        {"speculation": Speculation(kind="ngram", tokens=3, accepted=1.2)},
        {"routing": "prefix_aware"},
        {"replicas": 1, "prefill": topologies.configuration(replicas=1)},
    ],
    ids=lambda change: list(change)[-1],
)
def test_every_decision_changes_the_digest(change: dict[str, object]) -> None:
    changed = topologies.topology_of(designs.support_chat(), topologies.configuration(**change))
    assert changed.digest != topologies.support_chat().digest


def test_what_computes_prompts_is_part_of_the_digest() -> None:
    digests = {
        topologies.disaggregated(**change).digest
        for change in ({}, {"tensor": 2}, {"prefill": 1}, {"max_num_seqs": 64})
    }
    assert len(digests) == 4


def test_the_digest_is_a_sha256() -> None:
    digest = topologies.support_chat().digest
    assert len(digest) == 64
    assert int(digest, 16) >= 0
