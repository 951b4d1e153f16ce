"""What the objects say follows from the plan."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support import designs, topologies
from support.kubernetes import engine, objects, one, pod, with_service, with_settings

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.objects import CONCERNS, build_objects, refuse

if TYPE_CHECKING:
    from inferc.compiler.model import Engine


def with_plan(topology: Topology, **changes: object) -> Topology:
    """Return ``topology`` with fields of the plan of its only service changed."""
    (plan,) = topology.services
    return replace(topology, services=(replace(plan, **changes),))


def with_autoscale(topology: Topology, **changes: object) -> Topology:
    (plan,) = topology.services
    return with_plan(topology, autoscale=replace(plan.autoscale, **changes))


def kinds(topology: Topology, **options: str | bool) -> list[str]:
    return [manifest.kind for manifest in objects(topology, **options)]


def test_objects_come_in_the_order_in_which_they_can_be_applied():
    manifests = objects(topologies.two_services())
    order = [CONCERNS.index(manifest.concern) for manifest in manifests]
    assert order == sorted(order)
    assert manifests[0].kind == "Namespace"


def test_a_topology_has_one_of_each_object_for_each_service():
    assert sorted(kinds(topologies.support_chat())) == [
        "ConfigMap",
        "Deployment",
        "Job",
        "Namespace",
        "NetworkPolicy",
        "NetworkPolicy",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "PodDisruptionBudget",
        "PodMonitor",
        "PrometheusRule",
        "ResourceQuota",
        "ScaledObject",
        "Service",
        "ServiceAccount",
    ]
    two = kinds(topologies.two_services())
    assert (two.count("Deployment"), two.count("Namespace")) == (2, 1)


def test_the_engine_gets_the_planned_values_as_arguments():
    assert engine(topologies.support_chat())["args"] == [
        "/models/meta-llama-meta-llama-3-70b-instruct-0a98d844-87a16b76",
        "--served-model-name=llama",
        "--port=8000",
        "--tensor-parallel-size=4",
        "--pipeline-parallel-size=1",
        "--max-model-len=4096",
        "--max-num-seqs=256",
        "--max-num-batched-tokens=2048",
        "--gpu-memory-utilization=0.9",
        "--dtype=float16",
    ]
    assert engine(topologies.support_chat())["command"] == ["vllm", "serve"]


def test_another_engine_is_started_by_its_own_command():
    manifests = objects(topologies.with_engine("sglang"))
    container = engine(topologies.with_engine("sglang"))
    assert container["command"] == ["python3", "-m", "sglang.launch_server"]
    assert container["args"] == [
        "--model-path=/models/meta-llama-meta-llama-3-70b-instruct-0a98d844-87a16b76",
        "--served-model-name=llama",
        "--port=30000",
        "--tensor-parallel-size=4",
        "--pipeline-parallel-size=1",
        "--context-length=4096",
        "--max-running-requests=256",
        "--chunked-prefill-size=2048",
        "--mem-fraction-static=0.9",
        "--dtype=float16",
        "--host=0.0.0.0",
        "--enable-metrics",
    ]
    assert container["ports"][0]["containerPort"] == 30000
    (scaler,) = [one for one in manifests if one.kind == "ScaledObject"]
    assert "sglang:num_queue_reqs" in str(scaler.body)


def test_accelerators_of_amd_are_served_by_the_image_that_is_built_for_them() -> None:
    from support.repository import ROOT

    from inferc import api

    (topology,) = api.draw(ROOT / "docs/probes/08-amd.infer").topologies
    assert refuse(topology, {}) == ()
    (workload,) = [one for one in build_objects(topology, {}) if one.kind == "Deployment"]
    text = str(workload.body)
    assert "rocm/vllm:" in text
    assert "'amd.com/gpu': '1'" in text
    assert "nvidia" not in text


@pytest.mark.parametrize("name", ["tensorrt_llm", "tgi", "lmdeploy", "deepspeed_mii"])
def test_an_engine_whose_flags_nobody_checked_is_refused(name: str):
    assert "INF605" in {item.code for item in refuse(topologies.with_engine(name), {})}


@pytest.mark.parametrize(
    ("precision", "repository", "expected"),
    [
        ("fp16", "a/b", {"--dtype=float16"}),
        ("bf16", "a/b", {"--dtype=bfloat16"}),
        ("fp8", "a/b", {"--quantization=fp8"}),
        ("fp8", "a/b-FP8", set()),
        ("int4", "a/b-int4", set()),
    ],
)
def test_the_precision_decides_how_weights_are_loaded(
    precision: str, repository: str, expected: set[str]
):
    base = topologies.support_chat()
    (plan,) = base.services
    topology = with_plan(base, configuration=replace(plan.configuration, precision=precision))
    topology = with_service(topology, model=replace(plan.service.model, repository=repository))
    args = engine(topology)["args"]
    assert {a for a in args if a.startswith(("--dtype", "--quantization"))} == expected


@pytest.mark.parametrize("tensor", [1, 2, 4, 8])
def test_resources_follow_the_size_of_a_replica(tensor: int):
    shape = topologies.configuration(tensor_parallel=tensor, replicas=1)
    topology = topologies.topology_of(designs.support_chat(), shape)
    resources = engine(topology)["resources"]
    assert resources["requests"]["nvidia.com/gpu"] == str(tensor)
    assert resources["limits"]["nvidia.com/gpu"] == str(tensor)
    assert resources["requests"]["memory"] == resources["limits"]["memory"]
    assert resources["requests"]["cpu"] == str(2 * (2 + tensor))
    assert "cpu" not in resources["limits"]


def test_a_pipeline_inside_one_node_takes_the_accelerators_of_all_stages():
    shape = topologies.configuration(tensor_parallel=4, pipeline_parallel=2, replicas=1)
    container = engine(topologies.topology_of(designs.support_chat(), shape))
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "8"
    assert {"--tensor-parallel-size=4", "--pipeline-parallel-size=2"} <= set(container["args"])


@pytest.mark.parametrize(
    ("load_s", "weights_bytes", "probes"),
    [
        (1.0, 1e9, 30),
        (200.0, 1e9, 30),
        (201.0, 1e9, 31),
        (1000.0, 1e9, 150),
        (100.0, 64e9, 62),
        (200.0, 141.1e9, 133),
    ],
)
def test_the_start_up_budget_is_enough_for_a_slow_volume(
    load_s: float, weights_bytes: float, probes: int
):
    """One and a half of what is planned, and never less than a disk of 125 MB/s takes."""
    topology = with_plan(topologies.support_chat(), load_time_s=load_s, weights_bytes=weights_bytes)
    probe = engine(topology)["startupProbe"]
    assert (probe["periodSeconds"], probe["failureThreshold"]) == (10, probes)
    deployment = one(objects(topology), "Deployment")
    assert deployment["spec"]["progressDeadlineSeconds"] > 10 * probes


def test_a_pod_stays_until_a_long_answer_is_done():
    base = topologies.support_chat()
    (plan,) = base.services
    topology = with_plan(base, estimate=replace(plan.estimate, e2e_s=100.0))
    spec = pod(topology)
    wait_s = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    tail = plan.service.load.output.p95_over_mean.value
    assert tail > 1
    assert wait_s == 15 + math.ceil(100.0 * tail)
    assert spec["terminationGracePeriodSeconds"] > wait_s


def test_an_engine_that_drains_itself_is_told_how_long_it_may():
    base = topologies.support_chat()
    (plan,) = base.services
    engines = (replace(plan.service.engines[0], version="0.33.0"),)
    topology = with_service(base, engines=engines)
    spec = pod(topology)
    (container,) = spec["containers"]
    (flag,) = (word for word in container["args"] if word.startswith("--shutdown-timeout="))
    drain_s = int(flag.partition("=")[2])
    wait_s = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert wait_s < pod(base)["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > wait_s + drain_s
    assert check(objects(topology), topology, {}) == ()


# ---- replicas -------------------------------------------------------------------------------


def test_a_scaler_owns_the_number_of_replicas():
    for scaler, kind in (("keda", "ScaledObject"), ("hpa", "HorizontalPodAutoscaler")):
        manifests = objects(topologies.support_chat(), scaler=scaler)
        assert "replicas" not in one(manifests, "Deployment")["spec"]
        assert one(manifests, kind)["spec"]["scaleTargetRef"]["name"] == "chat"
        both = {"ScaledObject", "HorizontalPodAutoscaler"} & {m.kind for m in manifests}
        assert both == {kind}


@pytest.mark.parametrize("least", [2, 3])
def test_without_a_range_the_number_of_replicas_is_fixed(least: int):
    topology = with_autoscale(topologies.support_chat(), min_replicas=least, max_replicas=2)
    manifests = objects(topology)
    assert one(manifests, "Deployment")["spec"]["replicas"] == 2
    assert "ScaledObject" not in {manifest.kind for manifest in manifests}


def test_without_a_scaler_there_are_replicas_for_the_peak():
    manifests = objects(topologies.support_chat(), scaler="none")
    assert one(manifests, "Deployment")["spec"]["replicas"] == 2


def test_an_engine_cannot_be_woken_by_its_own_metrics():
    topology = with_autoscale(topologies.support_chat(), min_replicas=0)
    assert one(objects(topology), "ScaledObject")["spec"]["minReplicaCount"] == 1


def test_the_scaling_query_selects_namespace_and_pods():
    trigger = one(objects(topologies.support_chat()), "ScaledObject")["spec"]["triggers"][0]
    assert trigger["metadata"] == {
        "serverAddress": "http://prometheus-operated.monitoring.svc:9090",
        "query": 'sum(vllm:num_requests_waiting{namespace="support-chat",job="support-chat/chat"})',
        "threshold": "2",
        "ignoreNullValues": "false",
    }


def test_a_rate_is_that_of_a_counter():
    topology = with_autoscale(topologies.support_chat(), signal="rate", threshold=1.5)
    metadata = one(objects(topology), "ScaledObject")["spec"]["triggers"][0]["metadata"]
    counted = 'vllm:request_success_total{namespace="support-chat",job="support-chat/chat"}'
    assert metadata["query"] == f"sum(rate({counted}[1m]))"
    assert metadata["threshold"] == "1.5"
    (metric,) = one(objects(topology, scaler="hpa"), "HorizontalPodAutoscaler")["spec"]["metrics"]
    assert metric["pods"]["metric"]["name"] == "vllm_request_success_per_second"


def test_scaling_down_waits_longer_than_a_replica_takes_to_come_back():
    for load_s, window_s in ((10.0, 600), (900.5, 901), (9000.0, 3600)):
        topology = with_plan(topologies.support_chat(), load_time_s=load_s)
        spec = one(objects(topology), "ScaledObject")["spec"]
        behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        assert behavior["scaleDown"]["stabilizationWindowSeconds"] == window_s


def test_a_single_replica_has_no_disruption_budget():
    assert "PodDisruptionBudget" not in kinds(topologies.with_idle())
    assert "PodDisruptionBudget" in kinds(topologies.support_chat())


@pytest.mark.parametrize(
    ("topology", "surge"),
    [
        (topologies.support_chat(), 0),  # 8 of 8 accelerators
        (topologies.with_idle(), 1),  # 4 of 8
        (topologies.two_services(), 0),  # 4 + 3 of 8 leave no room for another 4
        (topologies.small_replicas(), 0),
    ],
)
def test_a_rollout_adds_a_replica_first_only_where_there_is_room(topology: Topology, surge: int):
    deployments = [m.document() for m in objects(topology) if m.kind == "Deployment"]
    chat = next(d for d in deployments if d["metadata"]["name"] == "chat")
    strategy = chat["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": surge, "maxUnavailable": 1 - surge}


@pytest.mark.parametrize(
    ("nodes", "tensor", "replicas", "surge"),
    [
        (3, 6, 3, 0),  # six idle, two on each node
        (2, 4, 2, 1),  # packed or spread, one node has four idle
        (2, 4, 3, 1),
        (2, 4, 4, 0),
        (2, 8, 1, 1),
        (4, 2, 15, 1),
        (4, 2, 16, 0),
        (3, 3, 4, 1),  # twelve taken: at most two nodes have both of their places taken
        (3, 3, 6, 0),  # two on each node leave two accelerators, and another takes three
    ],
)
def test_there_is_room_only_if_there_is_wherever_the_others_are(
    nodes: int, tensor: int, replicas: int, surge: int
):
    base = designs.support_chat()
    service = replace(base.services[0], place=designs.a100_node(nodes=float(nodes)))
    shape = topologies.configuration(tensor_parallel=tensor, replicas=replicas)
    topology = topologies.topology_of(replace(base, services=(service,)), shape)
    strategy = one(objects(topology), "Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert strategy["maxSurge"] == surge


# ---- placement, addresses -------------------------------------------------------------------


def test_pods_go_to_the_pool_that_was_planned():
    for spec in (
        pod(topologies.support_chat()),
        one(objects(topologies.support_chat()), "Job")["spec"]["template"]["spec"],
    ):
        assert spec["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}
        assert spec["tolerations"] == [
            {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
        ]


def test_replicas_are_spread_only_where_there_are_several_nodes():
    assert "topologySpreadConstraints" not in pod(topologies.support_chat())
    (constraint,) = pod(topologies.fleet(2))["topologySpreadConstraints"]
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"


def test_the_owner_of_the_cluster_has_the_last_word():
    topology = with_settings(
        topologies.support_chat(),
        storage_class="fast",
        access_mode="read_write_many",
        prometheus="http://prom.example:9090",
        release_label="ours",
        image_registry="mirror.example:5000/hub/",
        gateway_namespace="edge",
    )
    manifests = objects(topology, image_pull_secret="pull", monitoring_namespace="watch")  # noqa: S106
    claim = one(manifests, "PersistentVolumeClaim")["spec"]
    assert (claim["storageClassName"], claim["accessModes"]) == ("fast", ["ReadWriteMany"])
    trigger = one(manifests, "ScaledObject")["spec"]["triggers"][0]
    assert trigger["metadata"]["serverAddress"] == "http://prom.example:9090"
    assert one(manifests, "PodMonitor")["metadata"]["labels"]["release"] == "ours"
    spec = one(manifests, "Deployment")["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == f"mirror.example:5000/hub/{designs.vllm().image}"
    assert spec["imagePullSecrets"] == [{"name": "pull"}]
    (ingress,) = next(m for m in manifests if m.name == "chat-engine").document()["spec"]["ingress"]
    namespaces = [
        item["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for item in ingress["from"]
    ]
    assert namespaces == ["edge", "watch"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("vllm/vllm-openai:v1", "mirror/vllm/vllm-openai:v1"),
        ("ghcr.io/a/b:1", "mirror/a/b:1"),
        ("localhost/a:1", "mirror/a:1"),
        ("host:5000/a/b:1", "mirror/a/b:1"),
        ("engine:1", "mirror/engine:1"),
    ],
)
def test_an_image_is_found_in_the_mirror(image: str, expected: str):
    base = topologies.support_chat()
    engines: tuple[Engine, ...] = base.services[0].service.engines
    topology = with_service(base, engines=(replace(engines[0], image=image),))
    assert engine(with_settings(topology, image_registry="mirror"))["image"] == expected
    assert engine(topology)["image"] == image


def test_the_namespace_is_the_options_the_clusters_or_the_topologys():
    base = topologies.support_chat()
    place = base.services[0].service.place
    stated = replace(place, cluster=replace(place.cluster, namespace="llm"))

    def spaces(topology: Topology, **options: str | bool) -> set[str]:
        found = {manifest.namespace for manifest in objects(topology, **options)}
        return found - {""}

    assert spaces(base) == {"support-chat"}
    assert spaces(with_service(base, place=stated)) == {"llm"}
    assert spaces(with_service(base, place=stated), namespace="other") == {"other"}


def test_a_namespace_of_somebody_else_is_not_touched():
    assert "Namespace" not in kinds(topologies.support_chat(), create_namespace=False)


def test_nothing_may_talk_but_for_what_is_needed():
    policies = {
        m.name: m.document()["spec"]
        for m in objects(topologies.support_chat())
        if m.kind == "NetworkPolicy"
    }
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ports = {
        name: sorted({p["port"] for rule in spec.get("egress", []) for p in rule["ports"]})
        for name, spec in policies.items()
    }
    assert ports == {"deny-all": [], "chat-engine": [53], "chat-prefetch": [53, 443]}
    assert "ingress" not in policies["chat-prefetch"]
    (names,) = policies["chat-engine"]["egress"]
    assert {"ipBlock": {"cidr": "169.254.20.10/32"}} in names["to"]  # of a cache on the node


def test_probes_of_nodes_are_let_in_where_their_addresses_are_known():
    manifests = objects(topologies.support_chat(), node_cidr="10.0.0.0/16")
    (rule,) = next(m for m in manifests if m.name == "chat-engine").document()["spec"]["ingress"]
    assert {"ipBlock": {"cidr": "10.0.0.0/16"}} in rule["from"]


def test_another_name_of_the_plan_restarts_no_pod():
    """A digest, or a text of the SLA, is noted on the Deployment and not on its pods."""
    base = topologies.support_chat()
    first, second = (
        one(build_objects(replace(base, digest=digest), {}), "Deployment") for digest in ("a", "b")
    )
    assert first["metadata"]["annotations"] != second["metadata"]["annotations"]
    assert first["spec"] == second["spec"]


def test_the_same_topology_gives_the_same_objects():
    assert objects(topologies.support_chat()) == objects(topologies.support_chat())
