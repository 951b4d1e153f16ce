"""Emitted objects meet the schemas of the API server, of KEDA and of the Prometheus operator."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml
from support import kubernetes, topologies
from support.kubernetes import (
    EACH_VERSION,
    VERSIONS,
    crd_folder,
    custom_problems,
    native_problems,
    objects,
    one,
)

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.versions import KUBERNETES

SCALERS = ("keda", "hpa", "none")
DEPLOYABLE = tuple(
    name for name, topology in topologies.every().items() if not kubernetes.errors(topology, {})
)


@pytest.fixture(scope="module")
def crds() -> Path:
    folder = crd_folder()
    if folder is None:
        pytest.skip(f"set {kubernetes.CRD_FOLDER_VARIABLE} to a folder with CRDs")
    return folder


@cache
def every() -> Mapping[str, Topology]:
    return topologies.every()


def topology(name: str) -> Topology:
    return every()[name]


def test_most_shapes_can_be_deployed():
    assert set(DEPLOYABLE) == {
        "support_chat",
        "with_idle",
        "small_replicas",
        "fleet",
        "on_sglang",
        "pipelined",
        "two_services",
    }


@cache
def native(*names: str) -> tuple[dict, ...]:
    """Return the different objects of Kubernetes' own kinds in some topologies."""
    found = {
        json.dumps(document): document
        for name in names
        for scaler in SCALERS
        for document in map(Manifest.document, objects(topology(name), scaler=scaler))
        if kubernetes.is_native(document)
    }
    return tuple(found.values())


@pytest.mark.parametrize("version", EACH_VERSION)
def test_native_objects_are_valid_in_strict_mode(version: str):
    documents = native("support_chat")
    kinds = {document["kind"] for document in documents}
    assert kinds == {
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Job",
        "Namespace",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "PodDisruptionBudget",
        "ResourceQuota",
        "Service",
        "ServiceAccount",
    }
    assert [problem for one in documents for problem in native_problems(one, version)] == []


def test_the_objects_of_every_shape_are_valid():
    documents = native(*DEPLOYABLE)
    assert len(documents) > len(native("support_chat"))
    assert [p for one in documents for p in native_problems(one, KUBERNETES.version)] == []


BROKEN_NATIVE = (
    ("Deployment", ("spec", "template", "spec", "containers", 0, "startupProb"), {}),
    ("Deployment", ("spec", "template", "spec", "containers", 0, "env", 0, "value"), 1),
    ("Deployment", ("spec", "progressDeadlineSeconds"), "3600s"),
    ("Job", ("spec", "template", "spec", "restartPolic"), "OnFailure"),
    ("PersistentVolumeClaim", ("spec", "accessModes"), "ReadWriteOnce"),
    ("PodDisruptionBudget", ("spec", "unhealthyPodEvictionPolicie"), "AlwaysAllow"),
    ("Service", ("spec", "ports", 0, "port"), "http"),
)


def set_at(document: dict, path: tuple, value: object) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


@pytest.mark.parametrize(("kind", "path", "value"), BROKEN_NATIVE)
def test_a_broken_native_object_is_caught(kind: str, path: tuple, value: object):
    document = one(objects(topologies.support_chat()), kind)
    set_at(document, path, value)
    assert native_problems(document, VERSIONS[-1])


def custom(manifests: tuple[Manifest, ...]) -> list[dict]:
    documents = (manifest.document() for manifest in manifests)
    return [document for document in documents if not kubernetes.is_native(document)]


@pytest.mark.parametrize("name", DEPLOYABLE)
def test_custom_objects_meet_their_crds(name: str, crds: Path):
    documents = custom(objects(topology(name)))
    assert {document["kind"] for document in documents} >= {"PodMonitor"}
    for document in documents:
        assert custom_problems(document, crds) == []
        if document["kind"] == "ScaledObject":
            assert kubernetes.trigger_problems(document, crds) == []


BROKEN_CUSTOM = (
    ("ScaledObject", ("spec", "triggers"), {"type": "prometheus"}),
    ("ScaledObject", ("spec", "minReplicas"), 1),
    ("ScaledObject", ("spec", "fallback", "behavior"), "sometimes"),
    ("ScaledObject", ("spec", "maxReplicaCount"), "2"),
    ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "interval"), "15 seconds"),
    ("PodMonitor", ("spec", "podMetricEndpoints"), []),
)


@pytest.mark.parametrize(("kind", "path", "value"), BROKEN_CUSTOM)
def test_a_broken_custom_object_is_caught(kind: str, path: tuple, value: object, crds: Path):
    document = one(objects(topologies.support_chat()), kind)
    set_at(document, path, value)
    assert custom_problems(document, crds)


BROKEN_TRIGGERS = (
    ("metricName", "waiting"),
    ("threshold", 2),
    ("query", None),
)


@pytest.mark.parametrize(("name", "value"), BROKEN_TRIGGERS)
def test_a_broken_trigger_is_caught(name: str, value: object, crds: Path):
    document = one(objects(topologies.support_chat()), "ScaledObject")
    metadata = document["spec"]["triggers"][0]["metadata"]
    metadata.pop(name, None)
    if value is not None:
        metadata[name] = value
    assert kubernetes.trigger_problems(document, crds)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.parametrize("scaler", SCALERS)
def test_kustomize_builds_the_tree(scaler: str, tmp_path: Path):
    topology = topologies.two_services()
    kubernetes.write_tree(tmp_path, TARGET.emit(topology, {"scaler": scaler}).artifacts)
    built = subprocess.run(
        ["kubectl", "kustomize", str(tmp_path)],  # noqa: S607 - whichever is on the path
        capture_output=True,
        check=True,
        text=True,
    )
    documents = list(yaml.safe_load_all(built.stdout))
    ours = [manifest.document() for manifest in objects(topology, scaler=scaler)]

    def key(document: dict) -> tuple:
        return document["kind"], document["metadata"]["name"]

    assert sorted(map(key, documents)) == sorted(map(key, ours))
    assert sorted(documents, key=key) == sorted(ours, key=key)
