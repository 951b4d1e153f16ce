"""Services of KServe: what the CRDs take, and the pods of the Kubernetes target in them."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from support import crds, deployables, topologies
from support.kubernetes import objects as kubernetes_objects

from inferc.targets.kserve.emitter import TARGET as KSERVE

KINDS = {"llm": "LLMInferenceService", "inference_service": "InferenceService"}
DEPLOYABLE = ("support_chat", "with_idle", "fleet", "two_services", "on_sglang", "parts")


def service(name: str, kind: str, **options: Any) -> dict[str, Any]:
    emitted = deployables.emit(KSERVE, deployables.shape(name), {"kind": kind, **options})
    return deployables.one(deployables.objects(emitted), KINDS[kind])


def pod_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = document["spec"]
    return spec.get("template") or spec["predictor"]


@pytest.mark.slow  # the definitions have megabytes
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DEPLOYABLE)
def test_the_objects_meet_their_schemas_and_rules(name: str, kind: str):
    folder = deployables.folder_or_skip()
    emitted = deployables.emit(KSERVE, deployables.shape(name), {"kind": kind})
    documents = deployables.objects(emitted)
    assert KINDS[kind] in {one["kind"] for one in documents}
    assert deployables.problems(documents, folder) == []


BROKEN = (
    ("llm", ("replicas",), 2, "mutually exclusive"),
    ("llm", ("scaling", "minReplicas"), 9, "minReplicas cannot exceed maxReplicas"),
    ("llm", ("parallelism", "tensr"), 4, "tensr"),
    (
        "llm",
        ("scaling", "keda", "advanced"),
        {"horizontalPodAutoscalerConfig": {"name": "x"}},
        "keda",
    ),
    ("inference_service", ("predictor", "minReplcas"), 1, "minReplcas"),
    ("inference_service", ("predictor", "scaleMetric"), "queue", "queue"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "path", "value", "word"), BROKEN)
def test_a_broken_object_is_caught(kind: str, path: tuple[str, ...], value: Any, word: str):
    folder = deployables.folder_or_skip()
    document = copy.deepcopy(service("fleet", kind))
    place = document["spec"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert word in " ".join(crds.problems(document, folder))


@pytest.mark.parametrize("kind", KINDS)
def test_the_pod_is_that_of_the_kubernetes_target(kind: str):
    planned = deployables.one(
        [one.document() for one in kubernetes_objects(topologies.fleet(4))], "Deployment"
    )["spec"]["template"]["spec"]
    pod = pod_of(service("fleet", kind))
    (theirs,), (ours,) = planned["containers"], pod["containers"]
    for field in ("image", "args", "env", "resources", "volumeMounts", "lifecycle"):
        assert ours[field] == json.loads(json.dumps(theirs[field])), field
    for field in ("initContainers", "volumes", "nodeSelector", "tolerations", "securityContext"):
        assert pod[field] == json.loads(json.dumps(planned[field])), field


def test_replicas_are_fixed_or_scaled_and_never_both():
    fixed = service("fleet", "llm", scaler="none")["spec"]
    scaled = service("fleet", "llm")["spec"]
    assert fixed["replicas"] == 8
    assert "scaling" not in fixed
    assert (scaled["scaling"]["minReplicas"], scaled["scaling"]["maxReplicas"]) == (1, 8)
    assert "replicas" not in scaled
    fixed = service("fleet", "inference_service", scaler="none")
    assert fixed["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "none"
    assert fixed["spec"]["predictor"]["minReplicas"] == 8
    assert "autoScaling" not in fixed["spec"]["predictor"]


def test_the_query_and_the_threshold_are_those_of_the_plan():
    keda = service("fleet", "llm")["spec"]["scaling"]["keda"]["triggers"][0]["metadata"]
    metric = service("fleet", "inference_service")["spec"]["predictor"]["autoScaling"]["metrics"][0]
    assert metric["external"]["metric"]["query"] == keda["query"]
    assert metric["external"]["target"]["averageValue"] == keda["threshold"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_container_is_restricted_whatever_a_preset_says(kind: str):
    for container in pod_of(service("fleet", kind))["containers"]:
        security = container["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"]["scheme"] == "HTTP"


@pytest.mark.parametrize("kind", KINDS)
def test_what_selects_the_pods_knows_their_labels(kind: str):
    emitted = deployables.emit(KSERVE, topologies.fleet(4), {"kind": kind})
    documents = deployables.objects(emitted)
    spec = deployables.one(documents, KINDS[kind])["spec"]
    labels = spec.get("labels") or spec["predictor"]["labels"]
    assert all(not key.startswith("app.kubernetes.io/") for key in labels)
    assert deployables.one(documents, "Service")["spec"]["selector"] == labels
    monitor = deployables.one(documents, "PodMonitor")["spec"]["selector"]["matchLabels"]
    assert monitor == labels
    fences = [
        one["spec"]["podSelector"].get("matchLabels")
        for one in documents
        if one["kind"] == "NetworkPolicy"
    ]
    assert labels in fences


def test_a_drain_takes_one_replica_at_a_time():
    emitted = deployables.emit(KSERVE, topologies.fleet(4))
    documents = deployables.objects(emitted)
    (made,) = (one for one in documents if one["kind"] == "LLMInferenceService")
    (budget,) = (one for one in documents if one["kind"] == "PodDisruptionBudget")
    selector = budget["spec"]["selector"]["matchLabels"]
    assert selector.items() <= made["spec"]["labels"].items()
    assert budget["spec"]["maxUnavailable"] == 1


def test_nothing_that_kserve_makes_is_emitted_beside_it():
    emitted = deployables.emit(KSERVE, topologies.fleet(4))
    kinds = {one["kind"] for one in deployables.objects(emitted)}
    assert not kinds & {"Deployment", "ScaledObject"}
    assert {"Job", "PersistentVolumeClaim", "Namespace", "NetworkPolicy"} <= kinds


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("pipelined", {}, "INF601"),
        ("one_board", {}, "INF601"),
        ("fleet", {"scaler": "hpa"}, "INF601"),
        ("fleet", {"kind": "deployment"}, "INF603"),
        ("fleet", {"kin": "llm"}, "INF602"),
    ],
)
def test_what_cannot_be_served_is_refused(name: str, options: dict[str, str], code: str):
    assert deployables.refused(KSERVE, deployables.shape(name), options) == code


def test_the_readme_and_the_preflight_name_kserve():
    files = deployables.texts(deployables.emit(KSERVE, topologies.fleet(4)))
    assert "KServe" in files["README.md"]
    assert "wait --for=condition=Ready llminferenceservice/chat" in files["README.md"]
    assert "kubectl get crd llminferenceservices.serving.kserve.io" in files["preflight.sh"]


def test_the_readme_has_the_cluster_s_own_objects_applied_first():
    """Without its PriorityClass no pod is admitted."""
    files = deployables.texts(deployables.emit(KSERVE, topologies.fleet(4)))
    assert "kind: PriorityClass" in files["cluster/10-cluster.yaml"]
    lines = files["README.md"].splitlines()
    own = next(n for n, line in enumerate(lines) if line.startswith("kubectl apply -k cluster "))
    assert lines[own].endswith(": PriorityClass")
    assert own < lines.index("kubectl apply -k .")


def test_the_same_topology_gives_the_same_bytes():
    first, second = (KSERVE.emit(topologies.two_services(), {}) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("option", ["dra", "queue", "rdma"])
def test_options_that_another_controller_would_have_to_know_are_refused(option: str):
    options = {option: "gpus" if option != "dra" else True}
    assert deployables.refused(KSERVE, topologies.support_chat(), options) == "INF603"


def test_prompts_that_are_computed_apart_are_refused():
    assert deployables.refused(KSERVE, topologies.disaggregated()) == "INF601"


HOSTILE = '{{ .Spec }}" \n${x} $(y) 模型'


def test_a_text_that_kserve_would_run_is_refused_for_the_kind_that_is_a_template():
    base = topologies.fleet(4)
    (plan,) = base.services
    named = replace(plan, service=replace(plan.service, model_name=HOSTILE))
    topology = replace(base, services=(named,))
    assert deployables.refused(KSERVE, topology) == "INF636"
    emitted = deployables.emit(KSERVE, topology, {"kind": "inference_service"})
    document = deployables.one(deployables.objects(emitted), "InferenceService")
    arguments = document["spec"]["predictor"]["containers"][0]["args"]
    assert f"--served-model-name={HOSTILE.replace('$(', '$$(')}" in arguments
