"""Networks in the graph: every replica has its accelerator, its part of one or its turn."""

import pytest
from support.network_plans import A100, compilation, program, service

from inferc.compiler.plan.networks.packing import Spot
from inferc.compiler.topology import NodeKind, Topology, render_json
from inferc.compiler.topology.networks import table_of

LLM = "cat.models.meta.llama_3_1_8b_instruct"
CHAT = service("chat", LLM, load="rate = 5 req/s", sla="p95 ttft <= 2s")
RERANK = service("rerank", "cat.networks.baai.bge_reranker_v2_m3", load="rate = 90 req/s")
TURNS = service(
    "tag",
    "cat.networks.google.vit_base_patch16_224",
    load="rate = 50 req/s",
    sla="prefer p95 latency <= 1s",
    more="share = time_slice(4)",
)


def topology(*services: str, pool: str = f"nodes = 1; gpu = {A100}") -> Topology:
    """Return the checked topology of these services."""
    step = compilation(program(*services, pool=pool)).topologies
    assert step.value, [item.message for item in step.diagnostics]
    return step.value[0]


# services, pool
SCENES = [
    ((service(),), f"nodes = 1; gpu = {A100}"),
    ((service(), CHAT), f"nodes = 1; gpu = {A100}"),
    ((service(), RERANK), f"nodes = 1; gpu = {A100}; partition = mig"),
    ((service(), CHAT, TURNS), "nodes = 4; gpu = 4 * cat.gpu.nvidia.a100_80gb_sxm"),
    ((service(), CHAT), "nodes in 1..6; gpu = 4 * cat.gpu.nvidia.a100_80gb_sxm"),
]


@pytest.mark.parametrize(("services", "pool"), SCENES, ids=range(len(SCENES)))
def test_every_replica_has_a_seat_of_its_own(services: tuple[str, ...], pool: str) -> None:
    graph = topology(*services, pool=pool)
    seats = [edge.target for edge in graph.edges if edge.attributes.get("role") == "runs_on"]
    wanted = sum(
        plan.configuration.replicas * plan.configuration.accelerators_per_replica
        for plan in graph.planned
    )
    assert len(seats) == len(set(seats)) == wanted
    known = {node.id for node in graph.nodes if node.kind is NodeKind.GPU}
    assert set(seats) <= known


def test_parts_lie_where_the_hardware_allows_them() -> None:
    graph = topology(service(), RERANK, pool=f"nodes = 1; gpu = {A100}; partition = mig")
    table = table_of(graph.networks[0], graph.networks[0].place)
    assert table is not None
    gpus: dict[int, set[int]] = {}
    for node in graph.nodes:
        if "part" in node.attributes:
            name, _, start = str(node.attributes["part"]).partition("-at-")
            spot = Spot(int(start), name)
            profile = table.profile(spot.profile)
            assert profile is not None
            assert spot.start in profile.starts
            slices = set(range(spot.start, spot.start + profile.memory_slices))
            taken = gpus.setdefault(int(node.attributes["index"]), set())
            assert not taken & slices
            taken |= slices
    assert gpus


def test_the_digest_knows_the_decisions_about_networks() -> None:
    one, other = topology(service()), topology(service(more="max_batch_size = 2"))
    assert one.digest != other.digest
    assert '"max_batch_size": 2' in render_json(other)
