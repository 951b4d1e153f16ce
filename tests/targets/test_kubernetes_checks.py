"""Each rule of the product's own checks catches an object that breaks it, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from support import topologies
from support.kubernetes import GONE, changed, errors, objects

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.checks import SLUGS, check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import Manifest

Objects = tuple[Manifest, ...]

ENGINE = ("spec", "template", "spec", "containers", 0)
POD = ("spec", "template", "spec")


@cache
def chat() -> Topology:
    return topologies.support_chat()


@cache
def fleet() -> Topology:
    return topologies.fleet(4)


def codes(manifests: Objects, topology: Topology) -> set[str]:
    return {item.code for item in check(manifests, topology, {})}


@pytest.mark.parametrize("scaler", ["keda", "hpa", "none"])
@pytest.mark.parametrize("name", sorted(topologies.every()))
def test_what_is_emitted_passes(name: str, scaler: str):
    topology = topologies.every()[name]
    options = {"scaler": scaler}
    if not errors(topology, options):
        assert check(objects(topology, **options), topology, options) == ()


MUTATIONS = (
    # names and labels
    ("INF690", "Deployment", (*POD, "containers", 0, "name"), "Engine_1"),
    ("INF690", "Deployment", (*POD, "containers", 0, "env", 0, "name"), "MY-HOME"),
    ("INF690", "Deployment", (*POD, "nodeSelector", "nvidia.com/gpu.product"), "A100 80GB"),
    ("INF690", "PodMonitor", ("spec", "selector", "matchLabels", "bad key"), "x"),
    ("INF690", "Deployment", (*POD, "volumes", "+"), {"name": "shm", "emptyDir": {}}),
    # references
    ("INF691", "Job", ("spec", "template", "spec", "containers", 0, "image"), "curl:latest"),
    ("INF691", "Deployment", (*POD, "initContainers", 0, "image"), "busybox"),
    ("INF691", "Deployment", (*POD, "priorityClassName"), "gold"),
    ("INF691", "Deployment", ("spec", "selector", "matchLabels", "tier"), "gold"),
    ("INF691", "Service", ("spec", "selector", "app.kubernetes.io/name"), "chit"),
    ("INF691", "Service", ("spec", "selector", "app.kubernetes.io/component"), GONE),
    ("INF691", "Service", ("spec", "ports", 0, "targetPort"), "web"),
    ("INF691", "PodDisruptionBudget", ("spec", "selector", "matchLabels"), {"app": "chat"}),
    ("INF691", "PodMonitor", ("spec", "podMetricsEndpoints", 0, "port"), "metrics"),
    ("INF691", "PodMonitor", ("spec", "selector", "matchLabels"), {}),
    ("INF691", "Deployment", (*POD, "volumes"), []),
    ("INF691", "Deployment", (*POD, "volumes", "+"), {"name": "more", "emptyDir": {}}),
    ("INF691", "Deployment", (*ENGINE, "volumeMounts", 0, "mountPath"), "/tmp"),  # noqa: S108
    ("INF691", "Deployment", (*ENGINE, "readinessProbe", "httpGet", "port"), "web"),
    ("INF691", "Deployment", (*ENGINE, "ports", 0, "name"), "web"),
    ("INF691", "Deployment", (*POD, "serviceAccountName"), "default"),
    ("INF691", "Job", (*POD, "volumes", 0, "persistentVolumeClaim", "claimName"), "weights"),
    ("INF691", "ScaledObject", ("spec", "scaleTargetRef", "name"), "chit"),
    ("INF691", "ScaledObject", ("spec", "scaleTargetRef", "apiVersion"), "apps/v1beta2"),
    (
        "INF691",
        "Job",
        (*POD, "containers", 0, "env", -1, "valueFrom", "secretKeyRef", "name"),
        "other",
    ),
    ("INF691", "Deployment", (*POD, "imagePullSecrets"), [{"name": "registry"}]),
    # accelerators
    ("INF692", "Deployment", (*ENGINE, "resources", "requests", "nvidia.com/gpu"), "2"),
    ("INF692", "Deployment", (*ENGINE, "resources", "limits", "nvidia.com/gpu"), GONE),
    (
        "INF692",
        "Deployment",
        (*ENGINE, "resources"),
        {
            "requests": {"nvidia.com/gpu": "8"},
            "limits": {"nvidia.com/gpu": "8", "memory": "64Gi"},
        },
    ),
    # memory
    ("INF693", "Deployment", (*POD, "volumes", 1, "emptyDir", "sizeLimit"), "64Gi"),
    ("INF693", "Deployment", (*POD, "volumes", 1, "emptyDir", "sizeLimit"), GONE),
    ("INF693", "Deployment", (*ENGINE, "resources", "limits", "memory"), GONE),
    # times
    ("INF694", "Deployment", (*ENGINE, "startupProbe", "failureThreshold"), 28),
    ("INF694", "Deployment", (*ENGINE, "startupProbe", "periodSeconds"), 1),
    ("INF694", "Deployment", (*ENGINE, "livenessProbe", "timeoutSeconds"), GONE),
    ("INF694", "Deployment", ("spec", "progressDeadlineSeconds"), 300),
    ("INF694", "Deployment", (*POD, "terminationGracePeriodSeconds"), 30),
    ("INF694", "Deployment", (*ENGINE, "lifecycle"), {}),
    ("INF694", "Deployment", (*ENGINE, "lifecycle", "preStop", "sleep", "seconds"), 12),
    # storage
    (
        "INF695",
        "PersistentVolumeClaim",
        ("spec", "resources", "requests", "storage"),
        "131Gi",
    ),
    # scaling
    ("INF696", "Deployment", ("spec", "replicas"), 2),
    ("INF696", "ScaledObject", ("spec", "minReplicaCount"), 0),
    ("INF696", "ScaledObject", ("spec", "minReplicaCount"), 2),
    ("INF696", "ScaledObject", ("spec", "fallback"), GONE),
    (
        "INF696",
        "ScaledObject",
        ("spec", "triggers", 0, "metadata", "query"),
        'sum(vllm:num_requests_waiting{namespace="support-chat",job="x"}) or vector(0)',
    ),
    (
        "INF696",
        "ScaledObject",
        ("spec", "triggers", 0, "metadata", "query"),
        'sum(vllm:num_requests_waiting{model_name="llama"})',
    ),
    ("INF696", "ScaledObject", ("spec", "triggers", 0, "metadata", "ignoreNullValues"), "true"),
    ("INF696", "PodDisruptionBudget", ("spec", "maxUnavailable"), 0),
    ("INF696", "PodDisruptionBudget", ("spec", "minAvailable"), 2),
    # pod security
    ("INF697", "Deployment", (*POD, "hostNetwork"), True),
    ("INF697", "Deployment", (*POD, "hostIPC"), True),
    ("INF697", "Deployment", (*POD, "automountServiceAccountToken"), GONE),
    ("INF697", "Deployment", (*POD, "securityContext", "runAsNonRoot"), GONE),
    ("INF697", "Deployment", (*POD, "securityContext", "runAsUser"), 0),
    ("INF697", "Deployment", (*POD, "securityContext", "seccompProfile"), GONE),
    ("INF697", "Deployment", (*ENGINE, "securityContext"), GONE),
    ("INF697", "Deployment", (*ENGINE, "securityContext", "privileged"), True),
    ("INF697", "Deployment", (*ENGINE, "securityContext", "allowPrivilegeEscalation"), True),
    ("INF697", "Deployment", (*ENGINE, "securityContext", "capabilities", "drop"), []),
    ("INF697", "Deployment", (*ENGINE, "securityContext", "capabilities", "add"), ["IPC_LOCK"]),
    ("INF697", "Deployment", (*ENGINE, "ports", 0, "hostPort"), 8000),
    ("INF697", "Deployment", (*POD, "initContainers", 0, "securityContext"), {}),
    ("INF697", "Job", (*POD, "containers", 0, "securityContext"), {}),
    ("INF697", "Job", (*POD, "volumes", 1), {"name": "tmp", "hostPath": {"path": "/data"}}),
)


@pytest.mark.parametrize(
    ("code", "kind", "path", "value"),
    MUTATIONS,
    ids=[f"{code}-{kind}-{path[-1]}-{n}" for n, (code, kind, path, _) in enumerate(MUTATIONS)],
)
def test_a_broken_object_is_caught(code: str, kind: str, path: tuple, value: object):
    manifests = objects(chat())
    broken = changed(manifests, kind, path, value)
    assert broken != manifests
    assert code in codes(broken, chat())


def renamed(kind: str, name: str) -> Callable[[Objects], Objects]:
    return lambda all_: tuple(replace(o, name=name) if o.kind == kind else o for o in all_)


def without(kind: str) -> Callable[[Objects], Objects]:
    return lambda all_: tuple(one for one in all_ if one.kind != kind)


def twice(kind: str, name: str) -> Callable[[Objects], Objects]:
    return lambda all_: (*all_, *(replace(one, name=name) for one in all_ if one.kind == kind))


def labelled(kind: str, key: str, value: str) -> Callable[[Objects], Objects]:
    return lambda all_: tuple(
        replace(one, labels={**one.labels, key: value}) if one.kind == kind else one for one in all_
    )


WHOLE = (
    ("INF690", "upper case", renamed("Deployment", "Chat")),
    ("INF690", "too long", renamed("ServiceAccount", "a" * 64)),
    ("INF690", "digit first", renamed("Service", "1chat")),
    ("INF690", "same name", twice("PodMonitor", "chat")),
    ("INF690", "value too long", labelled("Service", "tier", "a" * 64)),
    ("INF690", "value with a space", labelled("Service", "tier", "a b")),
    ("INF690", "key with two slashes", labelled("Service", "a/b/c", "x")),
    ("INF691", "no account", without("ServiceAccount")),
    ("INF691", "no volume", without("PersistentVolumeClaim")),
    ("INF691", "no engine", without("Deployment")),
    ("INF691", "namespace last", lambda all_: (*all_[1:], all_[0])),
    ("INF691", "a second workload", twice("Deployment", "other")),
    ("INF696", "two scalers", twice("ScaledObject", "other")),
    ("INF696", "no scaler", without("ScaledObject")),
    ("INF698", "no engine", without("Deployment")),
)


@pytest.mark.parametrize(
    ("code", "change"), [(c, f) for c, _, f in WHOLE], ids=[n for _, n, _ in WHOLE]
)
def test_a_broken_set_of_objects_is_caught(code: str, change: Callable[[Objects], Objects]):
    assert code in codes(change(objects(chat())), chat())


def test_a_volume_for_one_node_is_caught_where_replicas_are_on_several():
    manifests = objects(fleet())
    assert codes(manifests, fleet()) == set()
    broken = changed(manifests, "PersistentVolumeClaim", ("spec", "accessModes"), ["ReadWriteOnce"])
    assert codes(broken, fleet()) == {"INF695"}


def test_a_budget_for_a_single_replica_is_caught():
    topology = topologies.with_idle()
    budget = [one for one in objects(chat()) if one.kind == "PodDisruptionBudget"]
    manifests = objects(topology)
    assert "PodDisruptionBudget" not in {one.kind for one in manifests}
    assert codes((*manifests, *budget), topology) == {"INF696"}


def test_an_engine_that_drains_itself_needs_time_behind_the_wait():
    (plan,) = chat().services
    engines = (replace(plan.service.engines[0], version="0.33.0"),)
    topology = replace(
        chat(), services=(replace(plan, service=replace(plan.service, engines=engines)),)
    )
    manifests = objects(topology)
    assert codes(manifests, topology) == set()
    path = (*POD, "terminationGracePeriodSeconds")
    assert codes(changed(manifests, "Deployment", path, 20), topology) == {"INF694"}


def test_a_pool_that_is_too_small_is_caught():
    (plan,) = chat().services
    greedy = replace(plan, autoscale=replace(plan.autoscale, max_replicas=3))
    topology = replace(chat(), services=(greedy,))
    (found,) = check(objects(topology), topology, {})
    assert found.code == "INF692"
    assert found.message == "dc1.gpu: it has 8 accelerators, and its services take 12"
    assert TARGET.emit(topology, {}).artifacts == ()


ELSEWHERE = {"INF648"}
"""What needs a gateway: ``test_kubernetes_edge_checks.py``."""


def test_every_code_is_provoked_here():
    assert {code for code, *_ in (*MUTATIONS, *WHOLE)} == set(SLUGS) - ELSEWHERE


def test_a_finding_says_what_and_where():
    broken = changed(objects(chat()), "Service", ("spec", "ports", 0, "targetPort"), "web")
    (found,) = check(broken, chat(), {})
    assert found.slug == "dangling-reference"
    assert found.message == "Service/chat: no selected pod has a port called `web`"
    assert "report" in found.help
