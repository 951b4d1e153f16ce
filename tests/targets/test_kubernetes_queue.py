"""Quotas of Kueue and claims of accelerators, where the options ask for them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from support import topologies, workloads
from support.kubernetes import (
    crd_folder,
    custom_problems,
    errors,
    is_native,
    native_problems,
    objects,
)

from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import Manifest, cluster_objects

Document = dict[str, Any]

QUEUED = {"queue": "gpus"}
CLAIMED = {"dra": True}
SINCE_CLAIMS = ("1.34", "1.37")


SHAPES = {
    "alone": topologies.support_chat,
    "group": topologies.pipelined,
    "split": workloads.split,
    "several": topologies.two_services,
}


def named(manifests: tuple[Manifest, ...], kind: str) -> list[Document]:
    return [json.loads(json.dumps(one.document())) for one in manifests if one.kind == kind]


@pytest.mark.parametrize("options", [QUEUED, CLAIMED], ids=["queue", "claims"])
@pytest.mark.parametrize(
    "name",
    [
        "alone",
        *(pytest.param(one, marks=pytest.mark.slow) for one in sorted(SHAPES) if one != "alone"),
    ],
)
def test_what_is_emitted_is_taken(name: str, options: dict):
    topology, folder = SHAPES[name](), crd_folder()
    manifests = objects(topology, **options)
    assert check(manifests, topology, options) == ()
    for one in (*manifests, *cluster_objects(topology, options)):
        document = one.document()
        if is_native(document):
            for version in SINCE_CLAIMS:
                assert native_problems(document, version) == []
        elif folder is not None:
            assert custom_problems(document, folder) == [], one.id


# ---- the queue ----------------------------------------------------------------------------------


def test_the_workloads_are_queued_and_nothing_else():
    label = "kueue.x-k8s.io/queue-name"
    for name in ("alone", "group", "several"):
        topology = SHAPES[name]()
        queued = [one.kind for one in objects(topology, **QUEUED) if label in one.labels]
        assert set(queued) <= {"Deployment", "LeaderWorkerSet"}
        assert len(queued) == len(topology.services)
    (roles,) = named(objects(workloads.split(), **QUEUED), "DisaggregatedSet")
    for role in roles["spec"]["roles"]:
        assert role["metadata"]["labels"] == {label: "gpus"}


def test_the_quota_admits_what_was_planned_and_one_more_of_each():
    topology = topologies.two_services()
    own = cluster_objects(topology, QUEUED)
    (queue,) = named(own, "ClusterQueue")
    (group,) = queue["spec"]["resourceGroups"]
    (flavor,) = group["flavors"]
    quotas = {item["name"]: item["nominalQuota"] for item in flavor["resources"]}
    assert sorted(quotas) == group["coveredResources"]
    gpus = sum(
        plan.configuration.accelerators_per_replica
        * (max(plan.autoscale.max_replicas, plan.configuration.replicas) + 1)
        for plan in topology.services
    )
    assert quotas["nvidia.com/gpu"] == str(gpus)
    asked = {
        key
        for one in objects(topology, **QUEUED)
        if one.kind == "Deployment"
        for key in json.loads(json.dumps(one.body))["spec"]["template"]["spec"]["containers"][0][
            "resources"
        ]["requests"]
    }
    assert asked <= set(quotas)


def test_queue_and_flavors_find_each_other_and_the_nodes():
    own = cluster_objects(topologies.support_chat(), QUEUED)
    (local,) = named(objects(topologies.support_chat(), **QUEUED), "LocalQueue")
    (queue,) = named(own, "ClusterQueue")
    (flavor,) = named(own, "ResourceFlavor")
    assert local["spec"]["clusterQueue"] == queue["metadata"]["name"]
    assert queue["metadata"]["name"].startswith("support-chat-")
    assert queue["spec"]["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "support-chat"
    }
    product = "nvidia.com/gpu.product"
    assert flavor["spec"]["nodeLabels"] == {product: "NVIDIA-A100-SXM4-80GB"}


def test_without_the_option_nothing_is_queued():
    text = str([one.document() for one in objects(topologies.support_chat())])
    assert "kueue" not in text


# ---- claims -------------------------------------------------------------------------------------


def pods(document: Document) -> list[Document]:
    """Return every pod's spec in ``document``."""
    if isinstance(document, dict):
        own = [document] if "containers" in document else []
        return own + [spec for value in document.values() for spec in pods(value)]
    return [s for item in document for s in pods(item)] if isinstance(document, list) else []


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_pods_claim_what_they_would_have_asked_for(name: str):
    counted = {
        spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"]
        for one in objects(SHAPES[name]())
        if one.kind in {"Deployment", "LeaderWorkerSet", "DisaggregatedSet"}
        for spec in pods(json.loads(json.dumps(one.body)))
        if spec["containers"][0]["name"] == "engine"
    }
    manifests = objects(SHAPES[name](), **CLAIMED)
    assert "nvidia.com/gpu" not in str(
        [one.document()["spec"] for one in manifests if one.kind == "Deployment"]
    ).replace("nvidia.com/gpu.product", "").replace("'key': 'nvidia.com/gpu'", "")
    claimed = set()
    for template in named(manifests, "ResourceClaimTemplate"):
        (request,) = template["spec"]["spec"]["devices"]["requests"]
        assert request["exactly"]["deviceClassName"] == "gpu.nvidia.com"
        assert "constraints" not in template["spec"]["spec"]["devices"]
        claimed.add(str(request["exactly"]["count"]))
    assert claimed == counted


def test_the_readme_asks_for_a_cluster_that_has_claims():
    files = {
        a.path: a.content.decode()
        for a in TARGET.emit(topologies.support_chat(), CLAIMED).artifacts
    }
    assert "| 1.34 | 1.34 | everything |" in files["README.md"]
    assert "kubectl get deviceclass gpu.nvidia.com" in files["preflight.sh"]


def test_a_queue_counts_no_claims():
    assert errors(topologies.support_chat(), {**QUEUED, **CLAIMED}) == ["INF623"]


# ---- broken variants ----------------------------------------------------------------------------


def changed(manifests: tuple[Manifest, ...], kind: str, **changes: object) -> tuple[Manifest, ...]:
    return tuple(replace(one, **changes) if one.kind == kind else one for one in manifests)


def messages(manifests: tuple[Manifest, ...], options: dict) -> str:
    found = check(manifests, topologies.support_chat(), options)
    return " ".join(f"{item.code} {item.message}" for item in found)


@pytest.mark.parametrize(
    ("options", "kind", "changes", "expected"),
    [
        (
            QUEUED,
            "LocalQueue",
            {"name": "others"},
            "INF691 Deployment/chat: there is no L",
        ),
        (
            QUEUED,
            "LocalQueue",
            {"body": {"spec": {"clusterQueue": "others"}}},
            "there is no ClusterQueue `others`",
        ),
        (CLAIMED, "ResourceClaimTemplate", {"name": "other"}, "no ResourceClaimTemplate"),
        (
            CLAIMED,
            "ResourceClaimTemplate",
            {"body": {"spec": {"spec": {"devices": {"requests": []}}}}},
            "INF692 Deployment/chat: its pods have 0 accelerators",
        ),
    ],
)
def test_what_leads_nowhere_is_found(options: dict, kind: str, changes: dict, expected: str):
    manifests = changed(objects(topologies.support_chat(), **options), kind, **changes)
    assert expected in messages(manifests, options)


def test_a_class_of_priority_that_nobody_makes_is_found():
    manifests = objects(topologies.support_chat(), priority_class="gold")
    assert "there is no PriorityClass `gold`" in messages(manifests, {})
    assert messages(manifests, {"priority_class": "gold"}) == ""
