"""What the topology of a plan holds."""

from collections import Counter
from dataclasses import replace

import pytest
from support import designs, plans, topologies
from support.repository import ROOT

from inferc import api
from inferc.compiler import topology
from inferc.compiler.topology import EdgeKind, GraphNode, NodeKind, Topology, render_text


def of_kind(graph: Topology, kind: NodeKind) -> list[GraphNode]:
    return [node for node in graph.nodes if node.kind is kind]


# name, replicas, accelerators of all places, accelerators in use, hosts
SHAPES = [
    ("support_chat", 2, 8, 8, 1),
    ("with_idle", 1, 8, 4, 1),
    ("pipelined", 1, 16, 16, 2),
    ("small_replicas", 8, 8, 8, 1),
    ("fleet", 8, 32, 32, 4),
    ("two_services", 4, 8, 7, 1),
    ("one_board", 1, 1, 1, 1),
]


@pytest.mark.parametrize(("name", "replicas", "gpus", "used", "hosts"), SHAPES)
def test_counts(name: str, replicas: int, gpus: int, used: int, hosts: int) -> None:
    graph = topologies.every()[name]
    assert len(of_kind(graph, NodeKind.REPLICA)) == replicas
    assert len(of_kind(graph, NodeKind.GPU)) == gpus
    assert sum(bool(node.attributes["used"]) for node in of_kind(graph, NodeKind.GPU)) == used
    assert len(of_kind(graph, NodeKind.HOST)) == hosts
    assert len(of_kind(graph, NodeKind.SERVICE)) == len(graph.services)


def test_the_way_of_a_request() -> None:
    graph = topologies.support_chat()
    ways = [(e.source, e.target, e.rate_per_s) for e in graph.edges if e.kind is EdgeKind.TRAFFIC]
    rate = 1000 / 60
    assert ways == [
        ("client", "gateway", rate),
        ("gateway", "router", rate),
        ("router", "chat/service", rate),
        ("chat/service", "chat/replica-0", rate / 2),
        ("chat/service", "chat/replica-1", rate / 2),
    ]


def test_the_peak_stands_beside_the_mean() -> None:
    graph = topologies.support_chat()
    load = graph.services[0].service.load
    edge = next(edge for edge in graph.edges if edge.target == "gateway")
    expected = load.rate_per_s.value * load.peak.value
    assert edge.attributes["peak_rate_per_s"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("example", "door", "router"),
    [
        ("sagemaker-endpoint", "Amazon SageMaker real-time endpoint", "endpoints"),
        ("support-chat", "gateway", "router"),
    ],
)
def test_a_managed_platform_is_its_own_door(example: str, door: str, router: str) -> None:
    (graph,) = api.draw(ROOT / "examples" / example / "topology.infer").topologies
    titles = {node.id: node.title for node in graph.nodes}
    assert (titles["gateway"], titles["router"]) == (door, router)


def test_services_share_gateway_and_router_and_split_at_the_router() -> None:
    graph = topologies.two_services()
    rates = {e.target: e.rate_per_s for e in graph.edges if e.source == "router"}
    assert list(rates) == ["chat/service", "tagger/service"]
    total = next(e.rate_per_s for e in graph.edges if e.source == "client")
    assert total == pytest.approx(sum(rate or 0.0 for rate in rates.values()))


def test_only_traffic_has_a_rate() -> None:
    for graph in topologies.every().values():
        assert all((e.rate_per_s is not None) is (e.kind is EdgeKind.TRAFFIC) for e in graph.edges)


def test_idle_accelerators_belong_to_their_host_and_nobody_else() -> None:
    graph = topologies.with_idle()
    idle = [node.id for node in of_kind(graph, NodeKind.GPU) if not node.attributes["used"]]
    assert idle == [f"dc1.gpu/node-0/gpu-{index}" for index in range(4, 8)]
    users = {edge.source for edge in graph.edges if edge.target in idle}
    assert users == {"dc1.gpu/node-0"}


def test_a_pipeline_numbers_its_stages_and_ranks() -> None:
    graph = topologies.pipelined()
    placed = [
        (e.attributes["stage"], e.attributes["rank"], e.target)
        for e in graph.edges
        if e.source == "chat/replica-0" and e.kind is EdgeKind.PLACEMENT
    ]
    expected = [(s, r, f"dc1.gpu/node-{s}/gpu-{r}") for s in range(2) for r in range(8)]
    assert placed == expected


def test_the_autoscaler_reads_metrics_and_scales_its_own_service() -> None:
    graph = topologies.two_services()
    for name in ("chat", "tagger"):
        around = {
            (e.source, e.target, e.kind)
            for e in graph.edges
            if f"{name}/autoscaler" in (e.source, e.target)
        }
        assert around == {
            ("metrics", f"{name}/autoscaler", EdgeKind.METRICS),
            (f"{name}/autoscaler", f"{name}/service", EdgeKind.CONTROL),
        }


def test_every_replica_loads_weights_and_is_scraped() -> None:
    for graph in topologies.every().values():
        kinds = Counter(
            (edge.kind, end)
            for edge in graph.edges
            for end in (edge.source, edge.target)
            if edge.kind in (EdgeKind.WEIGHTS, EdgeKind.METRICS)
        )
        for replica in of_kind(graph, NodeKind.REPLICA):
            assert kinds[(EdgeKind.WEIGHTS, replica.id)] == 1
            assert kinds[(EdgeKind.METRICS, replica.id)] == 1


def test_names_with_slashes_cannot_take_the_ids_of_others() -> None:
    base = designs.support_chat()
    chat = base.services[0]
    names = ("a", "a/replica-0", "a%2Freplica-0")
    services = tuple(replace(chat, name=name) for name in names)
    shape = topologies.configuration(tensor_parallel=1, replicas=2)
    graph = topologies.topology_of(replace(base, services=services), shape, shape, shape)
    ids = [node.id for node in graph.nodes]
    assert len(ids) == len(set(ids))


def test_emissions_and_doc_are_handed_on() -> None:
    graph = topologies.support_chat(namespace="llm")
    assert [item.target for item in graph.emissions] == ["kubernetes"]
    assert graph.doc == designs.support_chat().doc


def test_a_refusal_has_no_topology() -> None:
    outcome = topology.build(designs.impossible_pi(), plans.impossible_pi_plan())
    assert [item.code for item in outcome.diagnostics] == ["INF916"]


def test_the_same_plan_gives_the_same_topology() -> None:
    assert topologies.two_services() == topologies.two_services()


GOLDEN = """\
topology hobby conditional {digest}
nodes
  client client rate_per_s=0.000277778 peak_rate_per_s=0.000416667
  gateway gateway rate_per_s=0.000277778 peak_rate_per_s=0.000416667
  router router rate_per_s=0.000277778 peak_rate_per_s=0.000416667 services=1
  metrics metrics
  service chat/service api=openai_chat model='TinyLlama 1.1B Chat v1.0' engine=llama_cpp \
precision=int4 tensor_parallel=1 pipeline_parallel=1 replicas=1 place=pi rate_per_s=0.000277778 \
peak_rate_per_s=0.000416667
  replica chat/replica-0 service=chat index=0 tensor_parallel=1 pipeline_parallel=1 \
rate_per_s=0.000277778
  autoscaler chat/autoscaler service=chat min_replicas=1 max_replicas=1 signal=waiting threshold=2
  weights chat/weights service=chat repository='TinyLlama/TinyLlama-1.1B-Chat-v1.0' \
precision=int4 bytes=1.411e+11
  host pi/node-0 place=pi platform='' index=0 accelerator_kind=board \
accelerator='Raspberry Pi 4 Model B 4GB' accelerators=1
  gpu pi/node-0/gpu-0 place=pi node=0 index=0 link_domain=0 memory_bytes=4.29497e+09 used=yes \
service=chat replica=0
edges
  client -> gateway rate_per_s=0.000277778 peak_rate_per_s=0.000416667
  gateway -> router rate_per_s=0.000277778 peak_rate_per_s=0.000416667
  router -> chat/service rate_per_s=0.000277778 peak_rate_per_s=0.000416667
  chat/service -> chat/replica-0 rate_per_s=0.000277778 peak_rate_per_s=0.000416667
  chat/replica-0 on pi/node-0/gpu-0 role=runs_on stage=0 rank=0
  chat/replica-0 <- chat/weights role=loads
  chat/replica-0 ~> metrics role=scraped_by
  metrics ~> chat/autoscaler role=waiting
  chat/autoscaler => chat/service role=scales
  chat/service on pi/node-0 role=may_run_on
  pi/node-0 on pi/node-0/gpu-0 role=holds
"""


def test_the_text_of_a_small_topology() -> None:
    graph = topologies.one_board()
    assert render_text(graph) == GOLDEN.format(digest=graph.digest)
