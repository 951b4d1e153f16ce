"""Targets that hand the engines to other controllers: what the real API server says of them.

The controllers are not here. What they would make of an object is made by the test, from the very
pods in it, so that Pod Security, the quota and the scheduler judge them.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import cluster_deploy, cluster_plans
from support.cluster import Cluster, ClusterError, Object
from support.cluster_plans import Tree

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "office-hours" / "topology.infer"
"""One service that follows its load: the objects say bounds, and rules of the server hold."""

CASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "kserve-llm": ("kserve", {"kind": "llm"}),
    "kserve-inference-service": ("kserve", {"kind": "inference_service"}),
    "ray-serve": ("ray-serve", {}),
    "llm-d": ("llm-d", {}),
}


def workload(owner: Object, part: str, replicas: int, template: Object) -> Object:
    """Return the Deployment that a controller would make of an object."""
    labels, pod = template["labels"], template["spec"]
    metadata = owner["metadata"]
    name = f"{metadata['name']}-{part}"
    chosen = {**labels, "inferc.test/workload": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": metadata["namespace"]},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": chosen},
            "template": {"metadata": {"labels": chosen}, "spec": pod},
        },
    }


POD_FIELDS = (
    *("serviceAccountName", "automountServiceAccountToken", "enableServiceLinks"),
    *("priorityClassName", "nodeSelector", "tolerations", "terminationGracePeriodSeconds"),
    *("securityContext", "initContainers", "containers", "volumes"),
)


def of_kserve(document: Object, replicas: int) -> list[Object]:
    """Return what KServe makes of a service."""
    spec = document["spec"]
    source = spec.get("template") or spec["predictor"]
    labels = spec.get("labels") or spec["predictor"]["labels"]
    pod = {key: deepcopy(source[key]) for key in POD_FIELDS if key in source}
    return [workload(document, "kserve", replicas, {"labels": labels, "spec": pod})]


def of_ray(document: Object, replicas: int) -> list[Object]:
    """Return what KubeRay makes of a service: a head, and the workers of each group."""
    cluster = document["spec"]["rayClusterConfig"]
    head = cluster["headGroupSpec"]["template"]
    of_head = {"labels": head["metadata"]["labels"], "spec": head["spec"]}
    made = [workload(document, "head", 1, of_head)]
    for group in cluster["workerGroupSpecs"]:
        assert group["minReplicas"] <= replicas <= group["maxReplicas"]
        template = group["template"]
        labels, pod = template["metadata"]["labels"], deepcopy(template["spec"])
        # Before the others it waits for the head, with the security context of Ray's container.
        waits = {**deepcopy(pod["containers"][0]), "name": "wait-gcs-ready"}
        for key in ("ports", "lifecycle", "resources"):
            waits.pop(key, None)
        pod["initContainers"].append(waits)
        made.append(workload(document, "workers", replicas, {"labels": labels, "spec": pod}))
    return made


def of_llm_d(running: cluster_deploy.Deployed, replicas: int) -> list[Object]:
    """Return what the chart of llm-d makes of the values of the only service."""
    (path,) = [
        path
        for path in (running.tree.folder / "values").glob("*.yaml")
        if not path.name.endswith("-router.yaml")
    ]
    values = yaml.safe_load(path.read_text("utf-8"))
    decode = values["decode"]
    pod = {key: decode[key] for key in POD_FIELDS if key in decode and key != "containers"}
    own = ("extraConfig", "modelCommand", "mountModelVolume")
    pod["containers"] = [
        {**{key: value for key, value in one.items() if key not in own}, **one["extraConfig"]}
        for one in decode["containers"]
    ]
    pod |= {"serviceAccountName": values["serviceAccountOverride"], **decode["extraConfig"]}
    owner = {"metadata": {"name": path.stem, "namespace": running.namespace}}
    template = {"labels": values["modelArtifacts"]["labels"], "spec": pod}
    return [workload(owner, "decode", replicas, template)]


MAKERS = {"LLMInferenceService": of_kserve, "InferenceService": of_kserve, "RayService": of_ray}


@pytest.fixture(scope="module", params=CASES)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    target, options = CASES[request.param]
    out = tmp_path_factory.mktemp("variants")
    (found,) = cluster_plans.write_trees(EXAMPLE, out, target, options)
    return found


@pytest.fixture(scope="module")
def running(cluster: Cluster, tree: Tree) -> Iterator[cluster_deploy.Deployed]:
    with cluster_deploy.deployed(cluster, tree) as found:
        cluster.tally.names.append(f"{tree.topology.name} by {tree.folder.name}")
        yield found


def test_the_server_takes_every_object(running: cluster_deploy.Deployed) -> None:
    assert len(running.dry_run) == len(running.documents)
    assert running.cluster.diff(running.tree.folder) == ""


def test_the_pods_that_a_controller_makes_are_admitted_and_run(
    running: cluster_deploy.Deployed,
) -> None:
    (plan,) = running.tree.topology.services
    replicas = plan.configuration.replicas
    made = [
        item
        for document in running.documents
        if document["kind"] in MAKERS
        for item in MAKERS[document["kind"]](document, replicas)
    ]
    made = made or of_llm_d(running, replicas)
    running.cluster.apply(made)
    wanted = {item["metadata"]["name"]: item["spec"]["replicas"] for item in made}
    running.cluster.wait("pods", lambda: lacking(running, wanted))
    (service,) = cluster_plans.of_kind(running.documents, "Service")
    chosen = service["spec"]["selector"]
    labels = [item["spec"]["template"]["metadata"]["labels"] for item in made]
    # What a controller adds once a pod answers is not in the template.
    known = {key: value for key, value in chosen.items() if key.startswith("inferc.dev/")}
    assert all(known.items() <= one.items() for one in labels)


def lacking(running: cluster_deploy.Deployed, wanted: Mapping[str, int]) -> str:
    """Return which Deployments lack pods, with the events that say why."""
    found = {
        one["metadata"]["name"]: one.get("status", {}).get("readyReplicas", 0)
        for one in running.cluster.get("deployment", running.namespace)
    }
    refused = [
        event["message"]
        for event in running.cluster.get("event", running.namespace)
        if event["reason"] == "FailedCreate"
    ]
    if refused:
        raise ClusterError("\n".join(refused))
    short = [f"{name}: {found.get(name, 0)} of {count}" for name, count in wanted.items()]
    return "" if all(found.get(name, 0) == count for name, count in wanted.items()) else str(short)


BROKEN: Sequence[tuple[str, tuple[Any, ...], Any, str]] = (
    ("kserve-llm", ("spec", "replicas"), 2, "mutually exclusive"),
    ("kserve-llm", ("spec", "parallelism", "tensr"), 4, "unknown field"),
    (
        "kserve-llm",
        ("spec", "scaling", "keda", "advanced", "horizontalPodAutoscalerConfig"),
        {"behavior": {}},
        "no such key: name",
    ),
    ("kserve-inference-service", ("spec", "predictor", "minReplcas"), 1, "unknown field"),
    ("ray-serve", ("spec", "rayClusterConfig", "workerGroups"), [], "unknown field"),
)


@pytest.mark.parametrize(("case", "path", "value", "word"), BROKEN)
def test_a_broken_object_is_refused(
    cluster: Cluster, tmp_path: Path, case: str, path: tuple[Any, ...], value: Any, word: str
) -> None:
    target, options = CASES[case]
    (tree,) = cluster_plans.write_trees(EXAMPLE, tmp_path, target, options)
    (document,) = [one for one in cluster.documents(tree.folder) if one["kind"] in MAKERS]
    document["metadata"]["namespace"] = "default"
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ClusterError, match=word):
        cluster.dry_run([document])
