"""A program that makes its own EKS cluster: the nodes of the plan, and what the objects need."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import designs, pulumi, topologies
from support.pulumi_monitor import Stack

from inferc.compiler.topology import Topology
from inferc.targets.base import Emitted, Options
from inferc.targets.kubernetes.objects import layout_of
from inferc.targets.kubernetes.objects.nodes import node_labels
from inferc.targets.kubernetes.objects.pods import placement
from inferc.targets.pulumi.emitter import TARGET as PULUMI
from inferc.targets.versions import PULUMI_CHARTS

EKS: Options = {"cluster": "eks"}


def in_aws(base: Topology | None = None, **place: Any) -> Topology:
    """Return a topology on instances of AWS."""
    base = base or topologies.two_services()
    there = {"cloud": "aws", "instance_type": "p4de.24xlarge", "market": "on_demand", **place}
    plans = tuple(
        replace(plan, service=replace(plan.service, place=replace(plan.service.place, **there)))
        for plan in base.services
    )
    return replace(base, services=plans)


def emit(topology: Topology, options: Options = EKS) -> Emitted:
    return PULUMI.emit(topology, options)


def cluster(topology: Topology, options: Options = EKS) -> dict[str, Any]:
    texts = {one.path: one.content for one in emit(topology, options).artifacts}
    found: dict[str, Any] = json.loads(texts["cluster.json"])
    return found


def test_a_pool_is_a_node_group() -> None:
    system, pool = cluster(in_aws(nodes=designs.given(3.0), most_nodes=7))["pools"]
    assert system["name"] == "system"
    assert pool == {
        "name": "dc1-gpu",
        "instance_type": "p4de.24xlarge",
        "capacity_type": "ON_DEMAND",
        "ami_type": "AL2023_x86_64_NVIDIA",
        "disk_gib": 228,
        "least_nodes": 1,
        "nodes": 3,
        "most_nodes": 7,
        "labels": {"inferc.dev/pool": "dc1-gpu"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    }


def test_pods_find_the_nodes_of_the_group() -> None:
    """They tolerate the taint, and ask for labels that EKS and the GPU operator give."""
    topology = in_aws()
    pool = cluster(topology)["pools"][1]
    for one in layout_of(topology, {}).deployed:
        fields = placement(one)
        keys = {item["key"] for item in fields["tolerations"]}  # type: ignore[union-attr,index,call-overload]
        assert {taint["key"] for taint in pool["taints"]} <= keys
        labels = node_labels(one.place)
        assert labels["node.kubernetes.io/instance-type"] == pool["instance_type"]


@pytest.mark.parametrize(
    ("place", "field", "expected"),
    [
        ({"market": "spot"}, "capacity_type", "SPOT"),
        ({"market": "reserved"}, "capacity_type", "ON_DEMAND"),
        ({"instance_type": "p6e-gb200.36xlarge"}, "ami_type", "AL2023_ARM_64_NVIDIA"),
    ],
)
def test_how_nodes_are_had(place: Mapping[str, Any], field: str, expected: str) -> None:
    assert cluster(in_aws(**place))["pools"][1][field] == expected


def test_several_nodes_share_a_file_system_and_one_has_a_disk() -> None:
    alone, many = cluster(in_aws()), cluster(in_aws(nodes=designs.given(2.0)))
    assert alone["volume_class"]["provisioner"] == "ebs.csi.aws.com"
    assert many["volume_class"]["provisioner"] == "efs.csi.aws.com"
    assert many["volume_class"]["parameters"]["uid"] == "10001"


def test_what_is_installed_is_what_the_objects_need() -> None:
    def names(options: Options) -> list[str]:
        return [chart["name"] for chart in cluster(in_aws(), {**EKS, **options})["charts"]]

    shared = ["cluster-autoscaler", "gpu-operator", "kube-prometheus-stack"]
    assert names({"scaler": "none"}) == shared
    assert names({}) == sorted([*shared, "keda"])
    for chart in cluster(in_aws())["charts"]:
        assert chart["version"][-1].isdigit()
        assert chart["repository"].startswith(("https://", "oci://"))


def test_a_chart_for_one_version_of_kubernetes_is_for_that_of_the_cluster() -> None:
    """The autoscaler runs the scheduler of its own version to foretell what the cluster's does."""
    version = cluster(in_aws())["version"]
    bound = [chart for chart in PULUMI_CHARTS.values() if chart.runs_on]
    assert [chart.name for chart in bound] == ["cluster-autoscaler"]
    assert {chart.runs_on for chart in bound} == {version}


@pytest.mark.parametrize(
    ("topology", "options", "code", "words"),
    [
        (topologies.two_services(), EKS, "INF661", "cannot have the nodes of service `chat`"),
        (in_aws(), {"cluster": "gke"}, "INF660", "cannot make a cluster `gke`"),
        (in_aws(), {**EKS, "scaler": "hpa"}, "INF662", "lacks what the objects need"),
        (in_aws(), {**EKS, "create_namespace": False}, "INF663", "has no namespace yet"),
    ],
)
def test_refusals(topology: Topology, options: Options, code: str, words: str) -> None:
    emitted = emit(topology, options)
    assert emitted.artifacts == ()
    found = [item for item in emitted.diagnostics if item.code == code]
    assert words in found[0].message


def test_an_existing_cluster_needs_nothing_of_aws() -> None:
    for options in ({}, {"cluster": "existing"}):
        paths = {one.path for one in emit(topologies.two_services(), options).artifacts}
        assert "components/eks.py" not in paths
        assert "cluster.json" not in paths


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [1.0, 3.0])
def test_its_own_tests_pass(nodes: float, tmp_path: Path) -> None:
    pulumi.write(emit(in_aws(nodes=designs.given(nodes))).artifacts, tmp_path)
    done = pulumi.own_tests(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Ran 23 tests" in done.stderr


@pytest.mark.slow
def test_it_is_formatted_and_typed(tmp_path: Path) -> None:
    folder = pulumi.write(emit(in_aws(nodes=designs.given(3.0))).artifacts, tmp_path)
    assert pulumi.lint(folder) == ""
    assert pulumi.typed(folder) == ""


@pytest.mark.slow
def test_the_cluster_comes_before_what_is_on_it(tmp_path: Path) -> None:
    """As the engine sees it: by its dependencies, which it may follow side by side."""
    folder = pulumi.write(emit(in_aws(nodes=designs.given(3.0))).artifacts, tmp_path)
    stack = Stack(
        project="support-chat",
        known={
            "aws:eks/cluster:Cluster": {
                "endpoint": "https://eks.example",
                "certificateAuthority": {"data": "Q0E="},
                "vpcConfig": {"clusterSecurityGroupId": "sg-0123"},
            }
        },
        default_providers=("aws:",),
    )
    stack.raw = {
        "aws:region": "eu-central-1",
        "support-chat:vpcId": "vpc-0123",
        "support-chat:privateSubnetIds": '["subnet-a", "subnet-b"]',
    }
    outcome = stack.up(folder)
    space = outcome.resource("Namespace", "support-chat")
    needed = {outcome.resources[urn].type for urn in outcome.needed_by(space.urn)}
    assert {
        "aws:eks/nodeGroup:NodeGroup",
        "aws:eks/addon:Addon",
        "aws:efs/mountTarget:MountTarget",
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:storage.k8s.io/v1:StorageClass",
    } <= needed
    [group] = [
        one
        for one in outcome.resources.values()
        if one.type == "aws:eks/nodeGroup:NodeGroup" and one.name == "dc1-gpu"
    ]
    assert group.ignored == ("scalingConfig.desiredSize",)
    assert group.inputs["instanceTypes"] == ["p4de.24xlarge"]
    assert "aws:iam/rolePolicyAttachment:RolePolicyAttachment" in {
        outcome.resources[urn].type for urn in outcome.needed_by(group.urn)
    }
    assert set(stack.up(folder).counts) == {"same"}
