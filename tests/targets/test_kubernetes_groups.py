"""Replicas on several nodes: LeaderWorkerSets that start, are reached, scaled and fenced as one."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import topologies
from support.kubernetes import changed, crd_folder, custom_problems, errors, objects, one

from inferc.compiler.model.catalog import engine_at
from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects.groups import Taken, has_room, pods_of
from inferc.targets.kubernetes.objects.releases import RELEASES
from inferc.targets.kubernetes.objects.serving import GROUP_NAME_LIMIT

Document = dict[str, Any]

NETWORK = "InfiniBand NDR 400 Gbit/s"


def group(topology: Topology, **options: str | bool) -> Document:
    return one(objects(topology, **options), "LeaderWorkerSet")


def members(topology: Topology, **options: str | bool) -> tuple[Document, Document]:
    """Return the templates of the pod that leads and of those that work."""
    template = group(topology, **options)["spec"]["leaderWorkerTemplate"]
    return template["leaderTemplate"], template["workerTemplate"]


def engines(topology: Topology, **options: str | bool) -> tuple[Document, Document]:
    leader, worker = members(topology, **options)
    return leader["spec"]["containers"][0], worker["spec"]["containers"][0]


def with_plan(topology: Topology, **changes: object) -> Topology:
    (plan,) = topology.services
    return replace(topology, services=(replace(plan, **changes),))


def with_place(topology: Topology, **changes: object) -> Topology:
    (plan,) = topology.services
    place = replace(plan.service.place, **changes)
    return with_plan(topology, service=replace(plan.service, place=place))


def scaled(most: int = 3) -> Topology:
    """Return one to ``most`` replicas on two nodes each, of eight nodes."""
    (plan,) = topologies.pipelined().services
    nodes = replace(plan.service.place.nodes, value=8.0)
    autoscale = replace(plan.autoscale, min_replicas=1, max_replicas=most)
    return with_plan(with_place(topologies.pipelined(), nodes=nodes), autoscale=autoscale)


def on_sglang() -> Topology:
    engine = engine_at("engine.sglang")
    assert engine is not None
    (plan,) = topologies.pipelined().services
    service = replace(plan.service, engines=(engine,))
    shape = replace(plan.configuration, engine="sglang")
    return with_plan(topologies.pipelined(), service=service, configuration=shape)


def over_infiniband() -> Topology:
    (plan,) = topologies.pipelined().services
    network = replace(plan.service.place.network, id="link.infiniband_400g", title=NETWORK)
    return with_place(topologies.pipelined(), network=network)


# ---- how a replica is divided up ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("tensor", "pipeline", "per_node", "pods"),
    [
        (8, 1, 8, 1),
        (4, 2, 8, 1),
        (8, 2, 8, 2),  # a stage a node
        (16, 1, 8, 2),  # a stage spans two
        (4, 4, 8, 2),  # two stages a node
        (4, 3, 8, 3),  # not two pods of six, which would cut a stage
        (16, 2, 8, 4),
        (2, 3, 4, 3),
        (1, 5, 4, 5),
    ],
)
def test_a_replica_is_as_few_pods_as_hold_whole_stages(
    tensor: int, pipeline: int, per_node: int, pods: int
):
    assert pods_of(tensor, pipeline, per_node) == pods


@settings(deadline=None)
@given(st.sampled_from([1, 2, 4, 8, 16]), st.integers(1, 9), st.sampled_from([1, 2, 4, 8]))
def test_pods_are_alike_fit_a_node_and_cut_no_stage(tensor: int, pipeline: int, per_node: int):
    pods = pods_of(tensor, pipeline, per_node)
    assert tensor * pipeline % pods == 0
    assert tensor * pipeline // pods <= per_node
    assert pipeline % pods == 0 or (pods % pipeline == 0 and tensor % (pods // pipeline) == 0)


@settings(deadline=None)
@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from([1, 2, 4, 8]), st.integers(0, 6)), max_size=3),
    st.sampled_from([1, 2, 4, 8]),
    st.integers(1, 6),
)
def test_there_is_room_wherever_the_others_are(
    new_pods: int, others: list[tuple[int, int]], gpus: int, nodes: int
):
    taken = [Taken(size, count) for size, count in others]
    new = Taken(gpus, new_pods)
    if not has_room(new, taken, nodes=nodes, per_node=8):
        return
    # The worst that the others can do is to leave one accelerator too few on as many as they can.
    used = sum(one.gpus * one.pods for one in taken)
    step = math.gcd(gpus, *(one.gpus for one in taken))
    least = next(size for size in range(0, 9, step) if 8 - size < gpus)
    assert nodes - used // least >= new_pods


# ---- the set ------------------------------------------------------------------------------------


def test_a_group_has_a_pod_for_each_node_and_all_accelerators():
    template = group(topologies.pipelined())["spec"]["leaderWorkerTemplate"]
    assert template["size"] == 2
    assert template["restartPolicy"] == "RecreateGroupOnPodRestart"
    for engine in engines(topologies.pipelined()):
        resources = engine["resources"]
        assert resources["limits"]["nvidia.com/gpu"] == "8"
        assert resources["requests"]["nvidia.com/gpu"] == "8"


def test_vllm_is_told_who_leads_and_who_works():
    leader, worker = engines(topologies.pipelined())
    assert leader["args"][-3:] == ["--nnodes=2", "--node-rank=0", "--master-addr=$(POD_IP)"]
    assert worker["args"][-4:] == [
        "--nnodes=2",
        "--node-rank=$(LWS_WORKER_INDEX)",
        "--master-addr=$(LWS_LEADER_ADDRESS)",
        "--headless",
    ]
    assert leader["args"][:-3] == worker["args"][:-4]
    for flag in ("--tensor-parallel-size=8", "--pipeline-parallel-size=2"):
        assert flag in leader["args"]
    own = {item["name"]: item for item in leader["env"]}["POD_IP"]
    assert own["valueFrom"] == {"fieldRef": {"fieldPath": "status.podIP"}}


def test_sglang_is_told_who_leads_and_who_works():
    leader, worker = engines(on_sglang())
    assert leader["args"][-1] == "--dist-init-addr=$(POD_IP):20000"
    assert worker["args"][-1] == "--dist-init-addr=$(LWS_LEADER_ADDRESS):20000"
    assert "--enable-metrics" in leader["args"]


def test_releases_know_the_flags_of_groups():
    for release in RELEASES.values():
        group_flags = release.group
        if group_flags is None:
            continue
        asked = {group_flags.size_flag, group_flags.rank_flag, group_flags.address_flag}
        assert asked | set(group_flags.worker) <= release.flags


def test_only_the_leader_answers():
    leader, worker = engines(topologies.pipelined())
    assert leader["ports"][0]["name"] == "http"
    assert leader["startupProbe"]["httpGet"]["port"] == "http"
    assert not {"ports", "startupProbe", "readinessProbe", "livenessProbe"} & set(worker)
    manifests = objects(scaled())
    selector = one(manifests, "Service")["spec"]["selector"]
    labels = [item["metadata"]["labels"] for item in members(topologies.pipelined())]
    chosen = [selector.items() <= own.items() for own in labels]
    assert chosen == [True, False]


def test_a_worker_waits_until_its_leader_has_a_name():
    leader, worker = members(topologies.pipelined())
    scripts = [item["spec"]["initContainers"][0]["command"][-1] for item in (leader, worker)]
    assert ["LWS_LEADER_ADDRESS" in script for script in scripts] == [False, True]
    assert all("test -f" in script for script in scripts)


def test_a_worker_outlives_what_its_leader_still_answers():
    leader, worker = members(topologies.pipelined())
    waits = [
        item["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        for item in (leader, worker)
    ]
    assert waits[1] >= waits[0]
    assert worker["spec"]["terminationGracePeriodSeconds"] > waits[1]


def test_both_templates_meet_the_restricted_level():
    for template in members(topologies.pipelined()):
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["automountServiceAccountToken"] is False
        for container in (*spec["initContainers"], *spec["containers"]):
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_the_set_has_not_the_name_of_the_service():
    # The controller makes a headless Service called as the set, and leaves one alone that is there.
    manifests = objects(topologies.pipelined())
    assert one(manifests, "Service")["metadata"]["name"] == "chat"
    assert group(topologies.pipelined())["metadata"]["name"] == "chat-group"


@pytest.mark.parametrize("name", ["a" * 63, "x" * 200, "Ünïcode ☃" * 9, "a-" * 40])
def test_the_name_leaves_room_for_what_the_controller_appends(name: str):
    (plan,) = topologies.pipelined().services
    long = with_plan(topologies.pipelined(), service=replace(plan.service, name=name))
    assert len(group(long)["metadata"]["name"]) <= GROUP_NAME_LIMIT
    assert check(objects(long), long, {}) == ()


def test_pods_of_a_group_say_everything_to_each_other_and_only_to_them():
    manifests = objects(topologies.pipelined())
    (rule,) = (one for one in manifests if one.name == "chat-group" and one.kind == "NetworkPolicy")
    spec = json.loads(json.dumps(rule.body["spec"]))
    selector = spec["podSelector"]["matchLabels"]
    assert spec["ingress"] == [{"from": [{"podSelector": {"matchLabels": selector}}]}]
    assert "ports" not in spec["ingress"][0]
    assert {"to": [{"podSelector": {"matchLabels": selector}}]} in spec["egress"]
    for template in members(topologies.pipelined()):
        assert selector.items() <= template["metadata"]["labels"].items()


@pytest.mark.parametrize(("scaler", "kind"), [("keda", "ScaledObject"), ("hpa", None)])
def test_groups_are_scaled_by_their_scale_subresource(scaler: str, kind: str | None):
    manifests = objects(scaled(), scaler=scaler)
    target = one(manifests, kind or "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert target == {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "name": "chat-group",
    }
    assert "replicas" not in one(manifests, "LeaderWorkerSet")["spec"]


def test_a_drain_takes_one_group_at_a_time_by_whichever_pod():
    manifests = objects(scaled())
    selector = one(manifests, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    for template in members(scaled()):
        assert selector.items() <= template["metadata"]["labels"].items()


@pytest.mark.parametrize(("most", "surges"), [(3, True), (4, False)])
def test_a_rollout_surges_where_a_whole_group_fits_beside(most: int, surges: bool):
    rollout = group(scaled(most))["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]
    assert rollout == {"maxSurge": int(surges), "maxUnavailable": int(not surges)}


def test_a_group_can_have_a_domain_of_its_own():
    key = "leaderworkerset.sigs.k8s.io/exclusive-topology"
    domain = "topology.kubernetes.io/rack"
    annotations = group(topologies.pipelined(), exclusive_topology=domain)["metadata"]
    assert annotations["annotations"][key] == domain
    assert key not in group(topologies.pipelined())["metadata"]["annotations"]
    assert errors(topologies.pipelined(), {"exclusive_topology": "a b"}) == ["INF603"]


def test_data_parallel_groups_of_vllm_on_several_nodes_are_refused():
    (plan,) = topologies.pipelined().services
    shape = replace(plan.configuration, attention_data_parallel=4)
    assert errors(with_plan(topologies.pipelined(), configuration=shape), {}) == ["INF617"]


# ---- RDMA ---------------------------------------------------------------------------------------


def test_rdma_is_had_by_name_in_a_namespace_that_allows_it():
    options = {"rdma": "rdma/ib"}
    manifests = objects(over_infiniband(), **options)
    labels = one(manifests, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "privileged"
    assert labels["pod-security.kubernetes.io/warn"] == "restricted"
    for engine in engines(over_infiniband(), **options):
        assert engine["resources"]["limits"]["rdma/ib"] == "1"
        assert engine["resources"]["requests"]["rdma/ib"] == "1"
        assert engine["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["IPC_LOCK"]}
    assert check(manifests, over_infiniband(), options) == ()


def test_without_rdma_the_namespace_stays_restricted():
    manifests = objects(topologies.support_chat(), rdma="rdma/ib")
    labels = one(manifests, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "IPC_LOCK" not in str([item.document() for item in manifests])


def test_a_capability_in_a_restricted_namespace_is_found():
    manifests = objects(over_infiniband(), rdma="rdma/ib")
    restricted = tuple(
        replace(item, labels={**item.labels, "pod-security.kubernetes.io/enforce": "restricted"})
        if item.kind == "Namespace"
        else item
        for item in manifests
    )
    found = check(restricted, over_infiniband(), {"rdma": "rdma/ib"})
    assert {item.code for item in found} == {"INF697"}


# ---- checks and validators ----------------------------------------------------------------------


TEMPLATE = ("spec", "leaderWorkerTemplate")
WORKER = (*TEMPLATE, "workerTemplate")
ENGINE = ("spec", "containers", 0)
MUTATIONS = (
    ("INF692", (*TEMPLATE, "size"), 3),
    ("INF692", (*WORKER, *ENGINE, "resources", "limits", "nvidia.com/gpu"), "4"),
    ("INF691", (*WORKER, "spec", "volumes"), []),
    ("INF693", (*WORKER, *ENGINE, "resources", "limits", "memory"), "1Gi"),
    ("INF694", (*WORKER, *ENGINE, "lifecycle"), {}),
    ("INF694", (*TEMPLATE, "leaderTemplate", *ENGINE, "startupProbe", "failureThreshold"), 1),
    ("INF697", (*WORKER, "spec", "securityContext"), {}),
    ("INF697", (*WORKER, *ENGINE, "securityContext"), {}),
    ("INF691", (*WORKER, "metadata", "labels"), {}),
    ("INF691", (*TEMPLATE, "leaderTemplate", "metadata", "labels"), {}),
    ("INF696", ("spec", "replicas"), 2),
)


@pytest.mark.parametrize(("code", "path", "value"), MUTATIONS)
def test_a_broken_group_is_found(code: str, path: tuple, value: object):
    manifests = changed(objects(scaled()), "LeaderWorkerSet", path, value)
    assert code in {item.code for item in check(manifests, scaled(), {})}


def test_a_set_with_the_name_of_a_service_is_found():
    manifests = tuple(
        replace(item, name="chat") if item.kind == "LeaderWorkerSet" else item
        for item in objects(topologies.pipelined())
    )
    found = check(manifests, topologies.pipelined(), {})
    assert any("headless" in item.message for item in found)


@pytest.mark.parametrize("make", [topologies.pipelined, scaled, on_sglang])
def test_the_crd_takes_it(make):
    folder = crd_folder()
    if folder is None:
        pytest.skip("INFERC_CRD_SCHEMAS names no folder of CRDs")
    assert check(objects(make()), make(), {}) == ()
    assert custom_problems(group(make()), folder) == []


def test_the_crd_finds_what_is_wrong(tmp_path: Path):
    del tmp_path
    folder = crd_folder()
    if folder is None:
        pytest.skip("INFERC_CRD_SCHEMAS names no folder of CRDs")
    broken = group(topologies.pipelined())
    broken["spec"]["leaderWorkerTemplate"]["restartPolicy"] = "Always"
    assert custom_problems(broken, folder)


def test_the_readme_and_the_preflight_know_groups():
    files = {a.path: a.content.decode() for a in TARGET.emit(topologies.pipelined(), {}).artifacts}
    assert "wait --for=condition=Available leaderworkerset/chat-group" in files["README.md"]
    assert "https://lws.sigs.k8s.io" in files["README.md"]
    assert "leaderworkersets.leaderworkerset.x-k8s.io" in files["preflight.sh"]
