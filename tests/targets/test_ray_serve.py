"""Ray clusters that serve: what the CRD takes, what Serve is told, and room for every replica."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from support import crds, deployables, topologies

from inferc.targets.kubernetes.objects.layout import layout_of
from inferc.targets.ray_serve import cluster
from inferc.targets.ray_serve import emitter as ray
from inferc.targets.ray_serve.emitter import TARGET as RAY

DEPLOYABLE = ("support_chat", "with_idle", "fleet", "small_replicas", "two_services", "parts")
OWN_IMAGE = {"ray_image": "registry.example/ray:1.2.3", "ray_version": "2.60.0"}


def services(name: str, **options: Any) -> list[dict[str, Any]]:
    emitted = deployables.emit(RAY, deployables.shape(name), options)
    return [one for one in deployables.objects(emitted) if one["kind"] == "RayService"]


def service(name: str = "fleet", **options: Any) -> dict[str, Any]:
    (found,) = services(name, **options)
    return found


def config(document: dict[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(document["spec"]["serveConfigV2"])
    return loaded


def group(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = document["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    return dict(found)


def pods(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    head = document["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]["spec"]
    return {"head": head, "worker": group(document)["template"]["spec"]}


@pytest.mark.slow  # the definitions have megabytes
@pytest.mark.parametrize("name", DEPLOYABLE)
def test_the_objects_meet_their_schemas_and_rules(name: str):
    folder = deployables.folder_or_skip()
    documents = deployables.objects(deployables.emit(RAY, deployables.shape(name)))
    assert deployables.problems(documents, folder) == []


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("rayClusterConfig", "workerGroupSpecs", 0, "maxReplica"), 2, "maxReplica"),
        (("rayClusterConfig", "autoscalerOptions", "upscalingMode"), "Quick", "Quick"),
        (("serveConfigV2",), {"applications": []}, "serveConfigV2"),
    ],
)
def test_a_broken_object_is_caught(path: tuple[Any, ...], value: Any, word: str):
    folder = deployables.folder_or_skip()
    document = copy.deepcopy(service())
    place = document["spec"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert word in " ".join(crds.problems(document, folder))


@pytest.mark.parametrize("name", DEPLOYABLE)
@pytest.mark.parametrize("scaler", ["keda", "none"])
def test_there_are_workers_for_as_many_replicas_as_serve_may_want(name: str, scaler: str):
    for document in services(name, scaler=scaler):
        (model,) = config(document)["applications"][0]["args"]["llm_configs"]
        engine, deployment = model["engine_kwargs"], model["deployment_config"]
        scaled = deployment.get("autoscaling_config", {})
        most = scaled.get("max_replicas") or deployment["num_replicas"]
        least = scaled.get("min_replicas") or deployment["num_replicas"]
        need = engine["tensor_parallel_size"] * engine["pipeline_parallel_size"]
        workers = group(document)
        gpus = int(workers["rayStartParams"]["num-gpus"])
        assert workers["maxReplicas"] * gpus >= most * need
        assert workers["minReplicas"] * gpus >= least * need
        assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
        limits = pods(document)["worker"]["containers"][0]["resources"]["limits"]
        part = "nvidia.com/mig-2g.20gb" if name == "parts" else "nvidia.com/gpu"
        assert limits[part] == str(gpus)
        assert document["spec"]["rayClusterConfig"]["enableInTreeAutoscaling"] is bool(scaled)


def test_too_few_workers_are_a_fault(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "workers", lambda _: (1, 1))
    emitted = RAY.emit(topologies.fleet(4), {})
    assert emitted.artifacts == ()
    (fault,) = (one for one in emitted.diagnostics if one.code == "INF634")
    assert "8 replicas take 32 accelerators, and its workers have 4" in fault.message


def test_the_engine_gets_the_planned_arguments_as_python_has_them():
    (model,) = config(service())["applications"][0]["args"]["llm_configs"]
    assert model["engine_kwargs"] == {
        "tensor_parallel_size": 4,
        "pipeline_parallel_size": 1,
        "max_model_len": 4096,
        "max_num_seqs": 256,
        "max_num_batched_tokens": 2048,
        "gpu_memory_utilization": 0.9,
        "dtype": "float16",
    }
    source = model["model_loading_config"]["model_source"]
    assert source.startswith("/models/")
    assert model["model_loading_config"]["model_id"] == "llama"


def test_every_pod_is_restricted():
    document = service()
    for spec in pods(document).values():
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    beside = document["spec"]["rayClusterConfig"]["autoscalerOptions"]["securityContext"]
    assert beside["allowPrivilegeEscalation"] is False
    assert beside["capabilities"] == {"drop": ["ALL"]}


def test_only_the_head_of_a_cluster_that_scales_has_a_token():
    field = "automountServiceAccountToken"
    assert {name: pod[field] for name, pod in pods(service()).items()} == {
        "head": True,
        "worker": False,
    }
    assert pods(service(scaler="none"))["head"][field] is False


def test_volumes_fit_the_limits_of_disk_and_memory():
    for spec in pods(service()).values():
        (container,) = spec["containers"]
        limits = container["resources"]["limits"]
        sizes: dict[str, int] = {"": 0, "Memory": 0}
        for volume in spec["volumes"]:
            if "emptyDir" in volume:
                size = int(volume["emptyDir"]["sizeLimit"].removesuffix("Gi"))
                sizes[volume["emptyDir"].get("medium", "")] += size
        assert sizes[""] <= int(limits["ephemeral-storage"].removesuffix("Gi"))
        assert sizes["Memory"] < int(limits["memory"].removesuffix("Gi"))
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted <= {volume["name"] for volume in spec["volumes"]}


def test_the_object_store_fits_the_shared_memory():
    document = service()
    cluster_spec = document["spec"]["rayClusterConfig"]
    for start, spec in (
        (cluster_spec["headGroupSpec"]["rayStartParams"], pods(document)["head"]),
        (group(document)["rayStartParams"], pods(document)["worker"]),
    ):
        (shm,) = [volume for volume in spec["volumes"] if volume["name"] == "shm"]
        room = int(shm["emptyDir"]["sizeLimit"].removesuffix("Gi")) * 1024**3
        assert 75 * 1024**2 <= int(start["object-store-memory"]) < room


def test_a_cluster_is_replaced_only_where_there_is_room_for_two():
    assert service("fleet")["spec"]["upgradeStrategy"] == {"type": "None"}
    roomy = topologies.fleet(4)
    (plan,) = roomy.services
    small = replace(plan, autoscale=replace(plan.autoscale, max_replicas=4))
    shape = replace(plan.configuration, replicas=2)
    less = replace(roomy, services=(replace(small, configuration=shape),))
    emitted = deployables.emit(RAY, less)
    document = deployables.one(deployables.objects(emitted), "RayService")
    assert document["spec"]["upgradeStrategy"] == {"type": "NewCluster"}


def test_the_pods_of_a_cluster_may_talk_on_every_port_and_the_operator_to_the_head():
    documents = deployables.objects(deployables.emit(RAY, topologies.fleet(4)))
    policies = {
        one["metadata"]["name"]: one["spec"] for one in documents if "Policy" in one["kind"]
    }
    labels = {"inferc.dev/service": "chat", "inferc.dev/topology": "support-chat"}
    among = policies["chat-ray"]
    everyone = [{"podSelector": {"matchLabels": labels}}]
    assert among["podSelector"] == {"matchLabels": labels}
    assert {"from": everyone} in among["ingress"]
    assert among["egress"] == [{"to": everyone}]
    assert "kuberay-operator" in json.dumps(among["ingress"])
    assert "chat-ray-autoscaler" in policies
    fixed = deployables.objects(deployables.emit(RAY, topologies.fleet(4), {"scaler": "none"}))
    assert "chat-ray-autoscaler" not in {one["metadata"]["name"] for one in fixed}


def test_the_address_reaches_pods_whose_proxy_answers():
    documents = deployables.objects(deployables.emit(RAY, topologies.fleet(4)))
    selector = deployables.one(documents, "Service")["spec"]["selector"]
    assert selector["ray.io/serve"] == "true"
    names = {one["name"] for one in pods(service())["worker"]["containers"][0]["ports"]}
    assert deployables.one(documents, "Service")["spec"]["ports"][0]["targetPort"] in names
    monitor = deployables.one(documents, "PodMonitor")["spec"]["podMetricsEndpoints"][0]
    assert monitor["port"] in names


def test_no_budget_counts_pods_of_what_cannot_be_scaled():
    """The server knows no number of replicas of a RayCluster, and would refuse every eviction."""
    documents = deployables.objects(deployables.emit(RAY, topologies.fleet(4)))
    assert "PodDisruptionBudget" not in {one["kind"] for one in documents}


def test_nothing_names_series_that_ray_has_not():
    files = deployables.texts(deployables.emit(RAY, topologies.fleet(4)))
    assert "vllm:" not in "".join(text for path, text in files.items() if path.endswith(".yaml"))


# ---- images --------------------------------------------------------------------------------------


def test_the_image_of_ray_brings_its_own_engine_and_that_is_said():
    emitted = deployables.emit(RAY, topologies.fleet(4))
    (warning,) = [one for one in emitted.diagnostics if one.code == "INF632"]
    assert warning.severity.value == "warning"
    assert "rayproject/ray-llm:2.52.0-py311-cu128" in warning.message


def test_an_image_of_ones_own_is_taken_as_it_is():
    emitted = deployables.emit(RAY, topologies.fleet(4), OWN_IMAGE)
    assert not [one for one in emitted.diagnostics if one.code == "INF632"]
    document = deployables.one(deployables.objects(emitted), "RayService")
    images = {
        container["image"]
        for spec in pods(document).values()
        for container in (*spec["containers"], *spec.get("initContainers", ()))
    }
    assert images == {OWN_IMAGE["ray_image"]}
    assert document["spec"]["rayClusterConfig"]["rayVersion"] == "2.60.0"


def test_an_engine_that_no_image_brings_is_refused():
    base = topologies.fleet(4)
    (plan,) = base.services
    (engine,) = plan.service.engines
    newer = replace(engine, version="0.33.0", image="vllm/vllm-openai:v0.33.0")
    other = replace(
        base, services=(replace(plan, service=replace(plan.service, engines=(newer,))),)
    )
    assert deployables.refused(RAY, other) == "INF631"
    assert deployables.emit(RAY, other, OWN_IMAGE).artifacts


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("on_sglang", {}, "INF601"),
        ("one_board", {}, "INF601"),
        ("fleet", {"ray_image": "registry.example/ray:1"}, "INF633"),
        ("fleet", {"ray_version": "latest"}, "INF603"),
        ("fleet", {"operator_namespace": "A B"}, "INF603"),
        ("fleet", {"ray": "2.52.0"}, "INF602"),
    ],
)
def test_what_cannot_be_served_is_refused(name: str, options: dict[str, str], code: str):
    assert deployables.refused(RAY, deployables.shape(name), options) == code


def test_a_replica_on_two_nodes_is_two_workers():
    topology = deployables.shape("pipelined")
    emitted = RAY.emit(topology, {})
    if not emitted.artifacts:
        assert {one.code for one in emitted.diagnostics} >= {"INF604"}
        return
    (serving,) = layout_of(topology, {}).servings
    document = deployables.one(deployables.objects(emitted), "RayService")
    workers = group(document)
    assert workers["maxReplicas"] == 2 * serving.replicas
    assert workers["rayStartParams"]["num-gpus"] == "8"


def test_the_readme_says_what_ray_decides():
    files = deployables.texts(deployables.emit(RAY, topologies.fleet(4)))
    assert "KubeRay" in files["README.md"]
    assert "KEDA" not in files["README.md"]
    assert "kubectl get crd rayservices.ray.io" in files["preflight.sh"]
    assert "scaledobjects" not in files["preflight.sh"]


def test_the_same_topology_gives_the_same_bytes():
    first, second = (ray.TARGET.emit(topologies.two_services(), {}) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("option", ["dra", "queue", "rdma"])
def test_options_that_another_controller_would_have_to_know_are_refused(option: str):
    options = {option: "gpus" if option != "dra" else True}
    assert deployables.refused(RAY, topologies.support_chat(), options) == "INF603"


def test_prompts_that_are_computed_apart_are_refused():
    assert deployables.refused(RAY, topologies.disaggregated()) == "INF601"


def test_a_hostile_name_stays_a_name_in_the_nested_file():
    hostile = 'a: {b}\n- "c" # d\u2028${x} {{ y }} 模型'
    base = topologies.fleet(4)
    (plan,) = base.services
    named = replace(plan, service=replace(plan.service, model_name=hostile))
    emitted = deployables.emit(RAY, replace(base, services=(named,)))
    document = deployables.one(deployables.objects(emitted), "RayService")
    (model,) = config(document)["applications"][0]["args"]["llm_configs"]
    assert model["model_loading_config"]["model_id"] == hostile


def test_the_readme_has_the_cluster_s_own_objects_applied_first():
    files = deployables.texts(deployables.emit(RAY, deployables.shape("fleet")))
    assert "kind: PriorityClass" in files["cluster/10-cluster.yaml"]
    lines = files["README.md"].splitlines()
    own = next(n for n, line in enumerate(lines) if line.startswith("kubectl apply -k cluster "))
    assert own < lines.index("kubectl apply -k .")
