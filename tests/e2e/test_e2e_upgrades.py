"""A file in which one thing was changed: the server takes what comes of it over what runs."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from support import cluster_deploy, cluster_plans
from support.cluster import Cluster
from support.cluster_plans import Tree

TOPOLOGY = """
infer 1
import std.catalog as cat

topology {name} {{
  {engine}
  cluster dc {{
    platform = kubernetes
    {cluster}
    pool gpu {{ nodes = {nodes}; gpu = 8 * cat.gpu.nvidia.{gpu} }}
  }}
  service chat {{
    model = cat.models.{model}
    on    = dc.gpu
    load {{ rate = 2 req/s; peak = 1.5x; prompt_tokens = 500 tok; output_tokens = 100 tok }}
    sla {{ p95 ttft <= 5s }}
  }}
  {rest}
  emit kubernetes {{ {options} }}
}}
"""
USUAL = {
    "engine": "",
    "cluster": "",
    "nodes": "2",
    "gpu": "a100_80gb_sxm",
    "model": "meta.llama_3_1_8b_instruct",
    "rest": "",
    "options": "",
}
LARGE = {"model": "meta.llama_3_3_70b_instruct"}
NEXT = (
    'engine vllm extends cat.engine.vllm { version = "0.33.0"; image = "vllm/vllm-openai:v0.33.0" }'
)
TWO_NODES = {"rest": "pin { chat.tensor_parallel = 8; chat.pipeline_parallel = 2 }"}
GATEWAY = 'gateway edge { host = "a.example"; tls = secret("t"); auth = none }; edge -> chat {}'

Fields = Mapping[str, str]
CHANGES: dict[str, tuple[Fields, Fields]] = {
    "a smaller model": (LARGE, {}),
    "a larger model": ({}, LARGE),
    "one node": ({}, {"nodes": "1"}),
    "two nodes": ({"nodes": "1"}, {}),
    "class of storage": ({}, {"cluster": 'storage_class = "fast"'}),
    "release of the engine": ({}, {"engine": NEXT}),
    "another engine": (
        {"rest": "pin { chat.engine = vllm }"},
        {"rest": "pin { chat.engine = sglang }"},
    ),
    "replicas on two nodes": ({}, TWO_NODES),
    "replicas on one node": (TWO_NODES, {}),
    "accelerator": ({}, {"gpu": "h100_80gb_sxm"}),
    "a gateway": ({}, {"rest": GATEWAY}),
    "no gateway": ({"rest": GATEWAY}, {}),
    "registry": ({}, {"cluster": 'image_registry = "registry.example"'}),
    "mirror of the hub": ({}, {"options": 'hub = "https://hub.example"'}),
    "scaler": ({}, {"options": 'scaler = "hpa"'}),
    "claims of devices": ({}, {"options": "dra = true"}),
}


FIXED = {"options": 'scaler = "none"', "rest": "pin { chat.replicas = 3 }"}
FORGET = "sed -i /^..replicas:/d"
"""An editor that deletes the number of replicas from a Deployment."""


def compiled(folder: Path, name: str, fields: Fields) -> Tree:
    folder.mkdir()
    source = folder / "one.infer"
    source.write_text(TOPOLOGY.format(name=name, **{**USUAL, **fields}), "utf-8")
    (tree,) = cluster_plans.write_trees(source, folder / "out")
    return tree


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_applied_over_what_runs(
    cluster: Cluster, tmp_path: Path, change: str
) -> None:
    before, after = CHANGES[change]
    name = f"up_{list(CHANGES).index(change)}"
    first = compiled(tmp_path / "before", name, before)
    then = compiled(tmp_path / "after", name, after)
    with cluster_deploy.deployed(cluster, first) as running:
        applied = cluster.apply(then.folder)  # fails with what the server refuses
        assert any(not line.endswith(" unchanged") for line in applied)
        held = cluster.run(then.folder / "orphans.sh")
        assert held.code in {0, 1}, held.err
        for item in running.documents:
            if item["kind"] == "PersistentVolumeClaim":
                claim = item["metadata"]["name"]
                assert cluster.exists("persistentvolumeclaim", claim, running.namespace)


@pytest.mark.parametrize(("prepared", "left"), [(True, 3), (False, 1)])
def test_a_number_that_was_fixed_is_kept_as_the_readme_says(
    cluster: Cluster, tmp_path: Path, prepared: bool, left: int
) -> None:
    first = compiled(tmp_path / "before", f"up_to_{left}", FIXED)
    then = compiled(tmp_path / "after", f"up_to_{left}", {})
    with cluster_deploy.deployed(cluster, first) as running:
        said = "apply edit-last-applied deployment/chat"
        assert f"kubectl -n {running.namespace} {said}`" in (then.folder / "README.md").read_text()
        if prepared:
            edit = ("-n", running.namespace, *said.split())
            done = cluster.run("env", f"KUBE_EDITOR={FORGET}", cluster.programs["kubectl"], *edit)
            assert done.code == 0, done.err
        cluster.apply(then.folder)
        chat = cluster.one("deployment", "chat", running.namespace)
        assert chat["spec"]["replicas"] == left
