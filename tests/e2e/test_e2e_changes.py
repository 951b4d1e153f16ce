"""A changed file on a cluster that runs what it was: rollouts, what stays, what is left over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import cluster_checks, cluster_deploy, cluster_plans
from support.cluster import Cluster
from support.cluster_deploy import Deployed
from support.cluster_plans import Tree
from support.cluster_watch import filmed

CHAT = """
  service chat {
    model = cat.models.meta.llama_3_1_8b_instruct
    on    = dc.gpu
    load { rate = 2 req/s; peak = 1.5x; prompt_tokens = 500 tok; output_tokens = 100 tok }
    sla { p95 ttft <= 2s }
  }
  pin { chat.replicas = 3 because "the test counts them" }
"""
TAGGER = """
  service tagger {
    model = cat.models.qwen.qwen2_5_7b_instruct
    on    = dc.gpu
    load { rate = 1 req/s; peak = 1.5x; prompt_tokens = 500 tok; output_tokens = 50 tok }
    sla { p95 ttft <= 2s }
  }
  pin { tagger.replicas = 1 because "the test counts them" }
"""
TOPOLOGY = """
infer 1
import std.catalog as cat

{doc}topology {name} {{
  cluster dc {{
    platform = kubernetes
    pool gpu {{ nodes = 1; gpu = {gpus} * cat.gpu.nvidia.a100_80gb_sxm }}
  }}
{services}
  pin {{ chat.max_num_seqs = {streams} because "the test changes it" }}
}}
"""
SELECTOR = "app.kubernetes.io/name=chat,app.kubernetes.io/component=engine"


def compiled(
    folder: Path,
    name: str,
    *,
    gpus: int = 8,
    streams: int = 64,
    services: str = CHAT + TAGGER,
    doc: str = "",
) -> Tree:
    """Return the tree of the topology, as one would compile it in place of the last one."""
    source = folder / f"{name}.infer"
    text = TOPOLOGY.format(name=name, gpus=gpus, streams=streams, services=services, doc=doc)
    source.write_text(text, "utf-8")
    (tree,) = cluster_plans.write_trees(source, folder / "out")
    return tree


@pytest.fixture(scope="module", params=[("roomy", 8), ("full", 4)], ids=lambda it: str(it[0]))
def running(
    cluster: Cluster, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployed, Path]]:
    """Yield the first plan on a node that has room for one more replica, and on one without."""
    name, gpus = request.param
    folder = tmp_path_factory.mktemp(name)
    tree = compiled(folder, name, gpus=gpus)
    with cluster_deploy.deployed(cluster, tree) as found:
        found.wait_for(cluster_plans.wanted(tree.topology))
        yield found, folder


def gpus_of(running: Deployed) -> int:
    return running.tree.topology.services[0].service.place.per_node


def test_a_change_of_words_restarts_nothing(running: tuple[Deployed, Path]) -> None:
    found, folder = running
    before = {pod["metadata"]["uid"] for pod in found.seen().serving}
    tree = compiled(
        folder,
        found.tree.topology.name,
        gpus=gpus_of(found),
        services=CHAT.replace("ttft <= 2s", "ttft <= 1900ms") + TAGGER,
        doc="/// What it is for, in other words.\n",
    )
    assert tree.topology.digest != found.tree.topology.digest
    changed = [line for line in found.cluster.apply(tree.folder) if not line.endswith(" unchanged")]
    assert any(line.startswith("deployment.apps/chat ") for line in changed)
    found.wait_for(cluster_plans.wanted(tree.topology))
    assert {pod["metadata"]["uid"] for pod in found.seen().serving} == before


def test_a_changed_plan_rolls_out_as_its_strategy_says(running: tuple[Deployed, Path]) -> None:
    found, folder = running
    gpus = gpus_of(found)
    tree = compiled(folder, found.tree.topology.name, gpus=gpus, streams=32)
    wanted = cluster_plans.wanted(tree.topology)
    (replicas,) = (one.replicas for one in wanted if one.name == "chat")
    with filmed(found.cluster, found.namespace, SELECTOR) as film:
        found.cluster.apply(tree.folder)
        found.cluster.kubectl(
            *("rollout", "status", "deployment/chat", "-n", found.namespace, "--timeout=120s")
        )
        found.wait_for(wanted)
    assert len(film.names) == 2 * replicas, "each replica was replaced once"
    if gpus > replicas + 1:
        assert min(film.ready) == replicas, "a new replica answers before an old one ends"
        assert max(film.living) == replicas + 1
    else:
        assert max(film.living) == replicas, "there is no room for one more"
        assert min(film.ready) == replicas - 1


def test_a_service_that_is_gone_from_the_file_is_listed_and_its_volume_kept(
    running: tuple[Deployed, Path],
) -> None:
    found, folder = running
    name = found.tree.topology.name
    tree = compiled(folder, name, gpus=gpus_of(found), services=CHAT)
    applied = found.cluster.apply(tree.folder)
    assert not any("tagger" in line for line in applied)

    listed = found.cluster.run(tree.folder / "orphans.sh")
    assert (listed.code, listed.err) == (1, "")
    left = [line.split()[1] for line in listed.out.splitlines() if line.startswith("left ")]
    gone = {item["metadata"]["name"] for item in found.documents if "tagger" in str(item)}
    [volume] = [name for name in gone if name.startswith("tagger-weights-")]
    assert {one.partition("/")[2] for one in left} >= gone - {volume}
    assert f"volume   persistentvolumeclaim/{volume}" in listed.out.splitlines()
    assert found.cluster.exists("deployment", "tagger", found.namespace), "it only lists"

    commands = [
        line.split() for line in listed.out.splitlines() if line.strip().startswith("kubectl")
    ]
    harmless, with_data = commands
    assert with_data[-1] == f"persistentvolumeclaim/{volume}"
    found.cluster.kubectl(*harmless[1:])
    found.wait_for(cluster_plans.wanted(tree.topology))
    claim = found.cluster.one("persistentvolumeclaim", volume, found.namespace)
    assert claim["status"]["phase"] == "Bound", "nothing but its own command deletes a volume"
    assert cluster_checks.pods_of(found.seen(), "tagger") == []

    found.cluster.kubectl(*with_data[1:])
    again = found.cluster.run(tree.folder / "orphans.sh")
    assert "tagger" not in again.out
