"""The emitted tree: files, README, the same bytes each time."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from support import topologies
from support.kubernetes import objects, with_settings, write_tree

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic
from inferc.targets import registry
from inferc.targets.base import Options
from inferc.targets.kubernetes.emitter import TARGET


def files(topology: Topology, options: Options | None = None) -> dict[str, str]:
    emitted = TARGET.emit(topology, options or {})
    assert not any(item.severity.value == "error" for item in emitted.diagnostics)
    return {artifact.path: artifact.content.decode() for artifact in emitted.artifacts}


def test_the_tree_has_a_file_for_each_concern():
    assert sorted(files(topologies.support_chat())) == [
        "10-namespace.yaml",
        "20-network.yaml",
        "30-storage.yaml",
        "40-workload.yaml",
        "50-scaling.yaml",
        "60-disruption.yaml",
        "70-monitoring.yaml",
        "80-rules.yaml",
        "README.md",
        "cluster/10-cluster.yaml",
        "cluster/kustomization.yaml",
        "kustomization.yaml",
        "monitoring/README.md",
        "monitoring/chat.rules.yaml",
        "monitoring/chat_test.yaml",
        "orphans.sh",
        "preflight.sh",
    ]


def test_a_concern_without_objects_has_no_file():
    tree = files(topologies.with_idle(), {"scaler": "none"})
    assert "50-scaling.yaml" not in tree
    assert "60-disruption.yaml" not in tree
    listed = yaml.safe_load(tree["kustomization.yaml"])["resources"]
    assert listed == sorted(path for path in tree if path[0].isdigit())


def test_each_file_says_what_it_is_and_from_which_plan():
    topology = topologies.support_chat()
    for path, text in files(topology).items():
        if path.endswith(".yaml"):
            head = text.splitlines()[:3]
            assert all(line.startswith("# ") for line in head)
            assert topology.digest in head[1]


def test_the_files_hold_all_objects_in_order():
    topology = topologies.two_services()
    tree = files(topology)
    read = [
        document
        for path in yaml.safe_load(tree["kustomization.yaml"])["resources"]
        for document in yaml.safe_load_all(tree[path])
    ]
    assert read == [manifest.document() for manifest in objects(topology)]


def test_the_same_topology_gives_the_same_bytes():
    first, second = (TARGET.emit(topologies.two_services(), {}) for _ in range(2))
    assert first == second


def test_the_readme_names_what_the_cluster_must_have():
    text = files(topologies.support_chat())["README.md"]
    for word in ("KEDA", "Prometheus operator", "NVIDIA GPU operator", "Kubernetes"):
        assert word in text
    assert "kubectl apply -k ." in text
    assert 'create secret generic hf-token --from-literal=token="$HF_TOKEN"' in text
    assert "nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB" in text
    assert "prometheus-operated.monitoring.svc" in text
    assert "Prometheus adapter" not in text


def test_the_readme_follows_the_options():
    options = {"scaler": "hpa", "image_pull_secret": "pull", "namespace": "llm"}
    tree = files(topologies.support_chat(), options)
    text = tree["README.md"]
    assert "KEDA" not in text
    assert "prometheus-adapter-values.yaml" in text
    assert "kubectl -n llm create secret docker-registry pull" in text
    rules = yaml.safe_load(tree["prometheus-adapter-values.yaml"])["rules"]["custom"]
    assert [rule["name"]["as"] for rule in rules] == ["vllm_num_requests_waiting"]
    assert "prometheus-adapter-values.yaml" not in tree["kustomization.yaml"]


def test_a_readme_without_a_hub_speaks_of_no_download_and_no_token():
    text = files(topologies.support_chat(), {"hub": "none"})["README.md"]
    assert "Nothing is downloaded" in text
    assert not [word for word in ("first start downloads", "hf-token", "HF_TOKEN") if word in text]


def test_every_secret_that_is_referred_to_is_in_the_readme():
    tree = files(topologies.support_chat(), {"image_pull_secret": "pull"})
    everything = "".join(text for path, text in tree.items() if path.endswith(".yaml"))
    named = set(re.findall(r"secretKeyRef:\s+name: (\S+)", everything))
    named |= set(re.findall(r"imagePullSecrets:\s+- name: (\S+)", everything))
    assert named == {"hf-token", "pull"}
    assert all(f"`{name}`" in tree["README.md"] for name in named)


def test_no_file_holds_anything_like_a_token():
    for text in files(topologies.support_chat()).values():
        assert not re.search(r"hf_[A-Za-z0-9]{20}|AKIA[A-Z0-9]{16}", text)


def test_the_readme_says_whom_the_policies_let_pods_ask_for_names() -> None:
    found = files(topologies.support_chat())
    policies = [one for one in yaml.safe_load_all(found["20-network.yaml"]) if one]
    asked = [
        peer
        for policy in policies
        for rule in policy["spec"].get("egress", ())
        if {port["port"] for port in rule.get("ports", ())} == {53}
        for peer in rule["to"]
        if "podSelector" in peer
    ]
    (label,) = {str(peer["podSelector"]["matchLabels"]) for peer in asked}
    assert label == "{'k8s-app': 'kube-dns'}"
    assert "`k8s-app=kube-dns` in `kube-system`" in found["README.md"]


# ---- the preflight script -----------------------------------------------------------------------


def run_preflight(
    folder: Path, options: Options, kubectl: str, topology: Topology | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the script with a ``kubectl`` that is a shell script of our own."""
    write_tree(folder, TARGET.emit(topology or topologies.two_services(), options).artifacts)
    tools = folder / "bin"
    tools.mkdir()
    (tools / "kubectl").write_text(f"#!/bin/sh\n{kubectl}\n")
    (tools / "kubectl").chmod(0o755)
    return subprocess.run(
        [str(folder / "preflight.sh")],
        capture_output=True,
        check=False,
        env={"PATH": f"{tools}:/usr/bin:/bin"},
        text=True,
    )


def test_a_cluster_that_has_everything_passes(tmp_path: Path):
    answers = """\
case "$*" in
  *"-o name"*) echo node/a ;;
  *allocatable*) echo 8 ;;
  *"storageclass -o yaml"*) echo '    storageclass.kubernetes.io/is-default-class: "true"' ;;
  get*|"-n llm get"*) ;;
  *) exit 1 ;;
esac"""
    done = run_preflight(tmp_path, {"image_pull_secret": "pull", "namespace": "llm"}, answers)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(maxsplit=1) for line in done.stdout.splitlines()] == [
        ["ok", "Prometheus operator"],
        ["ok", "a default storage class"],
        ["ok", "nodes that offer nvidia.com/gpu"],
        ["ok", "1 nodes labelled nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB"],
        ["ok", "PriorityClass llm-sla"],
        ["ok", "namespace envoy-gateway-system"],
        ["ok", "namespace monitoring"],
        ["ok", "KEDA"],
        ["ok", "Secret pull"],
    ]


def test_nodes_of_two_pools_with_one_label_are_counted_together(tmp_path: Path):
    base = topologies.two_services()
    first, plan = base.services
    place = replace(plan.service.place, path="dc1.other")
    other = replace(plan, service=replace(plan.service, place=place))
    done = run_preflight(tmp_path, {}, "echo node/a", replace(base, services=(first, other)))
    found = [line for line in done.stdout.splitlines() if "labelled" in line]
    label = "nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB"
    assert found == [f"lacking  2 nodes labelled {label}"]


def test_a_cluster_that_has_nothing_lacks_everything(tmp_path: Path):
    done = run_preflight(tmp_path, {"scaler": "hpa"}, "exit 1")
    assert done.returncode == 1
    assert "lacking  custom metrics" in done.stdout
    assert "KEDA" not in done.stdout
    assert not [line for line in done.stdout.splitlines() if line.startswith("ok")]


@pytest.mark.parametrize(
    ("provisioner", "said"),
    [
        ("efs.csi.aws.com", "ok"),
        ("nfs.csi.k8s.io", "ok"),
        ("ebs.csi.aws.com", "lacking"),
        ("rook-ceph.rbd.csi.ceph.com", "lacking"),
        ("", "lacking"),
    ],
)
@pytest.mark.parametrize("name", ["", "fast"])
def test_a_class_of_disks_is_not_for_several_nodes(
    provisioner: str, said: str, name: str, tmp_path: Path
):
    """Else a claim stays Pending on the default class of every large cloud, without a word."""
    topology = with_settings(topologies.fleet(4), **({"storage_class": name} if name else {}))
    files = {one.path: one.content.decode() for one in TARGET.emit(topology, {}).artifacts}
    assert "ReadWriteMany" in files["30-storage.yaml"]
    assert "[A storage class with ReadWriteMany]" in files["README.md"]
    asked = f'*"get storageclass {name}"' if name else "*is-default-class*"
    answer = f'case "$*" in {asked}*) echo "{provisioner}" ;; esac'
    done = run_preflight(tmp_path, {}, answer, topology)
    (line,) = (one for one in done.stdout.splitlines() if "several nodes" in one)
    assert line.split()[0] == said


def test_a_claim_of_one_node_needs_no_such_class():
    files = {
        one.path: one.content.decode()
        for one in TARGET.emit(topologies.two_services(), {}).artifacts
    }
    assert "ReadWriteMany" not in "".join(files.values())


# ---- the registry ---------------------------------------------------------------------------


def test_targets_are_found_by_name():
    assert registry.load("kubernetes") is TARGET
    assert registry.find("kubernetes") is TARGET
    assert {"kubernetes", "helm", "pulumi", "diagram", "design-doc"} <= set(registry.names())


@pytest.mark.parametrize(("name", "nearest"), [("kubernets", "kubernetes"), ("xyz", "")])
def test_an_unknown_target_is_an_error_with_a_suggestion(name: str, nearest: str):
    found = registry.find(name)
    assert isinstance(found, Diagnostic)
    assert found.code == "INF600"
    assert found.help == (
        f"did you mean `{nearest}`?" if nearest else "choose one of these targets"
    )
    with pytest.raises(KeyError):
        registry.load(name)
