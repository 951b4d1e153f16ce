"""What belongs to the whole cluster: apart, named so that nothing collides, and referred to."""

from dataclasses import replace

import pytest
import yaml
from support import topologies
from support.kubernetes import EACH_VERSION, native_problems, objects, pod

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import cluster_objects


def wished_for(topology: Topology) -> Topology:
    """Return ``topology`` with an SLA that is only a wish."""
    (plan,) = topology.services
    lines = tuple(replace(line, hard=False) for line in plan.service.objectives)
    return replace(
        topology, services=(replace(plan, service=replace(plan.service, objectives=lines)),)
    )


def classes(topology: Topology, **options: str | bool) -> dict[str, dict]:
    return {
        one.name: one.document()
        for one in cluster_objects(topology, options)
        if one.kind == "PriorityClass"
    }


def test_promised_services_go_before_those_with_wishes():
    promised = classes(topologies.support_chat())
    wished = classes(wished_for(topologies.support_chat()))
    assert list(promised) == ["support-chat-sla"]
    assert list(wished) == ["support-chat-best-effort"]
    assert promised["support-chat-sla"]["value"] > wished["support-chat-best-effort"]["value"] > 0
    assert pod(topologies.support_chat())["priorityClassName"] == "support-chat-sla"


def test_the_same_file_in_two_namespaces_has_classes_of_two_names():
    names = [set(classes(topologies.support_chat(), namespace=name)) for name in ("dev", "prod")]
    assert names == [{"dev-sla"}, {"prod-sla"}]


@pytest.mark.parametrize(("stated", "expected"), [("gold", "gold"), ("none", None)])
def test_a_class_that_is_there_is_taken(stated: str, expected: str | None):
    assert classes(topologies.support_chat(), priority_class=stated) == {}
    assert (
        pod(topologies.support_chat(), priority_class=stated).get("priorityClassName") == expected
    )


@pytest.mark.parametrize("version", EACH_VERSION)
def test_a_cluster_takes_its_objects(version: str):
    for one in cluster_objects(topologies.support_chat(), {}):
        assert native_problems(one.document(), version) == []


def test_the_main_tree_never_names_the_clusters_own():
    files = {
        a.path: a.content.decode() for a in TARGET.emit(topologies.support_chat(), {}).artifacts
    }
    listed = yaml.safe_load(files["kustomization.yaml"])["resources"]
    own = yaml.safe_load(files["cluster/kustomization.yaml"])["resources"]
    assert not any("cluster" in path for path in listed)
    assert own == ["10-cluster.yaml"]
    assert "kubectl apply -k cluster" in files["README.md"]
    assert "kubectl get priorityclass support-chat-sla" in files["preflight.sh"]


def test_the_namespace_takes_the_accelerators_of_its_pools_and_of_pods_that_end():
    (quota,) = (one for one in objects(topologies.fleet(4)) if one.kind == "ResourceQuota")
    assert quota.body["spec"] == {"hard": {"requests.nvidia.com/gpu": "40"}}, "and a lost node"
    (quota,) = (one for one in objects(topologies.pipelined()) if one.kind == "ResourceQuota")
    assert quota.body["spec"] == {"hard": {"requests.nvidia.com/gpu": "32"}}, "and a whole replica"
    kinds = {one.kind for one in objects(topologies.fleet(4), create_namespace=False)}
    assert "ResourceQuota" not in kinds
