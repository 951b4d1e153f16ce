"""A cluster of one's own: the Kubernetes tree, and what stands beside it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import designs, topologies
from support.boxes import artifacts, codes, files
from support.kubernetes import native_problems

from inferc.compiler.provenance import exactly
from inferc.compiler.topology import Topology
from inferc.targets import registry
from inferc.targets.on_prem import gpu_operator
from inferc.targets.versions import KUBERNETES

REGISTRY = "mirror.example:5000/hub"
VALUES = "nvidia-gpu-operator/deployments/gpu-operator/values.yaml"


@cache
def two_nodes() -> Topology:
    base = designs.support_chat()
    service = replace(base.services[0], place=designs.a100_node(nodes=2.0))
    shape = topologies.configuration(replicas=3)
    return topologies.topology_of(replace(base, services=(service,)), shape)


def objects(found: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        document
        for path, text in found.items()
        if path[0].isdigit()
        for document in yaml.safe_load_all(text)
    ]


def one(found: Mapping[str, str], kind: str, name: str = "") -> dict[str, Any]:
    (document,) = (
        item
        for item in objects(found)
        if item["kind"] == kind and item["metadata"]["name"].startswith(name)
    )
    return document


def images(data: Any) -> set[str]:
    match data:
        case dict():
            own = {data["image"]} if isinstance(data.get("image"), str) else set()
            return own.union(*(images(value) for value in data.values()))
        case list():
            return set[str]().union(*map(images, data))
        case _:
            return set()


def test_it_has_the_whole_kubernetes_tree():
    own = {one.path: one.content for one in artifacts(two_nodes())}
    emitted = registry.load("kubernetes").emit(two_nodes(), {})
    tree = {item.path: item.content for item in emitted.artifacts}
    assert {path for path in tree if own.get(path) != tree[path]} == {"README.md"}
    assert {path for path in own if path.startswith("site/")} == {
        f"site/{name}"
        for name in ("README.md", "gpu-operator-values.yaml", "images.txt", "mirror.sh")
    } | {"site/models.txt"}


def test_options_of_kubernetes_go_through():
    found = files(two_nodes(), namespace="llm", scaler="hpa", form="kubernetes")
    assert one(found, "Deployment")["metadata"]["namespace"] == "llm"
    assert one(found, "HorizontalPodAutoscaler")
    assert codes(two_nodes(), scaler="cron") == ["INF603"]


def test_images_come_from_a_registry_of_one_s_own():
    found = files(two_nodes(), image_registry=REGISTRY)
    used = images(objects(found))
    assert used
    assert all(image.startswith(f"{REGISTRY}/") for image in used)
    listed = [line for line in found["site/images.txt"].splitlines() if line[0] != "#"]
    inside = {f"{REGISTRY}/{image.partition('/')[2]}" for image in listed}
    assert used <= inside, "what runs must be on the list"
    assert not any(image.startswith(REGISTRY) for image in listed)


def test_the_registry_of_the_cluster_is_used_and_mirrored_into():
    graph = two_nodes()
    plan = graph.services[0]
    cluster = plan.service.place.cluster
    assert cluster is not None
    settings = {**cluster.settings, "image_registry": exactly(REGISTRY, text=REGISTRY)}
    place = replace(plan.service.place, cluster=replace(cluster, settings=settings))
    own = replace(plan, service=replace(plan.service, place=place))
    found = files(replace(graph, services=(own,)))
    assert "docker.io/vllm/vllm-openai:v0.11.2" in found["site/images.txt"].splitlines()
    values = yaml.safe_load(found["site/gpu-operator-values.yaml"])
    assert values["toolkit"]["repository"] == f"{REGISTRY}/nvidia/k8s"


def test_without_internet_no_pod_may_reach_anything_outside():
    found = files(two_nodes(), air_gapped=True)
    for item in objects(found):
        if item["kind"] == "NetworkPolicy":
            rules = item["spec"].get("egress", [])
            peers = [peer for rule in rules for peer in rule.get("to", []) if "ipBlock" in peer]
            for peer in peers:
                assert ip_network(peer["ipBlock"]["cidr"]).is_link_local, item["metadata"]["name"]
            assert all(rule.get("to") for rule in rules), "a rule without an end leads anywhere"
    job = one(found, "Job")["spec"]["template"]["spec"]["containers"][0]
    assert "args" not in job
    assert "HF_TOKEN" not in {variable["name"] for variable in job["env"]}
    claim = one(found, "PersistentVolumeClaim")["metadata"]["name"]
    assert f"`{claim}`" in found["site/README.md"]
    steps = found["README.md"]
    assert steps.index("Begin with `site/README.md`") < steps.index("./preflight.sh")


def test_with_a_mirror_of_the_hub_only_private_addresses_are_reached():
    found = files(two_nodes(), air_gapped=True, hub="http://hub.lan:8080/")
    policy = one(found, "NetworkPolicy", "chat-prefetch")
    (rule,) = (rule for rule in policy["spec"]["egress"] if "ipBlock" in rule["to"][0])
    assert rule["ports"] == [{"port": 8080, "protocol": "TCP"}]
    assert "0.0.0.0/0" not in {peer["ipBlock"]["cidr"] for peer in rule["to"]}
    job = one(found, "Job")["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "HF_ENDPOINT", "value": "http://hub.lan:8080"} in job["env"]


@pytest.mark.parametrize("hub", ["ftp://x", "http://", "hub.lan", "http://a b", "http://x\n"])
def test_an_address_that_is_none_is_refused(hub: str):
    assert codes(two_nodes(), hub=hub) == ["INF603"]


def test_a_shared_folder_becomes_a_storage_class_that_the_volumes_have():
    found = files(two_nodes(), nfs="10.0.0.5:/srv/models")
    document = yaml.safe_load(found["site/storage-class.yaml"])
    assert native_problems(document, KUBERNETES.version) == []
    assert document["parameters"] == {"server": "10.0.0.5", "share": "/srv/models"}
    claim = one(found, "PersistentVolumeClaim")["spec"]
    assert claim["storageClassName"] == document["metadata"]["name"]
    assert claim["accessModes"] == ["ReadWriteMany"]


def test_addresses_become_a_pool_and_its_announcement():
    found = files(two_nodes(), addresses="10.0.0.40-10.0.0.50")
    pool, advertisement = yaml.safe_load_all(found["site/metallb.yaml"])
    assert pool["spec"]["addresses"] == ["10.0.0.40-10.0.0.50"]
    assert advertisement["spec"]["ipAddressPools"] == [pool["metadata"]["name"]]


@pytest.mark.parametrize(
    "options", [{"nfs": "/srv"}, {"nfs": "a:/x y"}, {"nfs": "a:/../x"}, {"addresses": "10.0.0.0"}]
)
def test_what_is_no_folder_and_no_range_is_refused(options: dict[str, str]):
    assert codes(two_nodes(), **options) == ["INF603"]


def chart() -> dict[str, Any]:
    folder = os.environ.get("INFERC_CRD_SCHEMAS")
    if not folder:
        pytest.skip("INFERC_CRD_SCHEMAS names no folder with the chart's values")
    found: dict[str, Any] = yaml.safe_load((Path(folder) / VALUES).read_text("utf-8"))
    return found


@pytest.mark.parametrize(("own", "driver"), [("", True), (REGISTRY, False), (REGISTRY, True)])
def test_the_chart_of_the_gpu_operator_has_every_value(own: str, driver: bool):
    def unknown(mine: Any, theirs: Any, path: str = "") -> list[str]:
        if not isinstance(mine, dict) or theirs == {}:
            return []  # what goes below an empty mapping is for the user to say
        return [
            found
            for key, value in mine.items()
            for found in (
                unknown(value, theirs[key], f"{path}.{key}") if key in theirs else [f"{path}.{key}"]
            )
        ]

    assert unknown(gpu_operator.values("prometheus", own, driver=driver), chart()) == []


def test_the_images_of_the_gpu_operator_are_those_of_its_chart():
    for path, repository, image, version in gpu_operator.IMAGES:
        node = chart()
        for key in path:
            node = node[key]
        assert (node["repository"], node["image"]) == (repository, image)
        assert node.get("version", version) == version


def test_a_device_cannot_be_had_as_a_cluster():
    from support.boxes import box

    assert codes(box(), form="kubernetes") == ["INF601"]


def test_the_mirror_script_does_what_the_lists_say(tmp_path: Path):
    """Run it with doubles of docker and of the hub's client that write down what they are told."""
    found = files(two_nodes())
    folder, log = tmp_path / "out", tmp_path / "log"
    for name in ("images.txt", "models.txt", "mirror.sh"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(found[f"site/{name}"], "utf-8")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name in ("docker", "hf"):
        double = bin_folder / name
        double.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >> {log}\n'
            'case "$1" in download) mkdir -p "$6" ;; esac\n',
            "utf-8",
        )
        double.chmod(0o755)
    environment = {"PATH": f"{bin_folder}:{os.environ['PATH']}"}
    for arguments in (["push", "reg:5000"], ["models", str(tmp_path / "models")]):
        subprocess.run(
            ["/bin/sh", folder / "mirror.sh", *arguments], check=True, env=environment, timeout=60
        )
    said = log.read_text("utf-8")
    assert "docker pull docker.io/vllm/vllm-openai:v0.11.2" in said
    assert "docker push reg:5000/vllm/vllm-openai:v0.11.2" in said
    assert "docker push reg:5000/nvidia/gpu-operator:v26.7.0" in said
    assert "hf download meta-llama/Meta-Llama-3-70B-Instruct --revision" in said
    assert list((tmp_path / "models").glob("*/.inferc-complete"))
