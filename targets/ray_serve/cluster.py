"""A RayService: the cluster of one service, its head and its workers.

A worker is the pod of the Kubernetes target with Ray instead of the engine in it, so that it has
the same accelerators, memory, volumes and place. KubeRay starts Ray in it, and probes it.

Source: KubeRay 1.7, ``pod.go``, ``rayservice_controller.go`` and its CRDs.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from inferc.compiler.units import from_unit
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest, pods
from inferc.targets.kubernetes.objects.deployed import PORT_NAME, gibibytes
from inferc.targets.kubernetes.objects.engine_pod import template
from inferc.targets.kubernetes.objects.manifest import api_version
from inferc.targets.kubernetes.objects.pods import container_security
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import CACHE_GIB, Serving
from inferc.targets.kubernetes.variants import Inner, pod_labels
from inferc.targets.ray_serve import serve_config

KIND: Final = "RayService"
HEAD: Final = "ray-head"
WORKER: Final = "ray-worker"
GROUP: Final = "workers"

USER_ID: Final = 1000
GROUP_ID: Final = 100
"""Of the account ``ray``, which owns Python in the images. Source: Ray, docker/base-deps."""

HEAD_CPUS: Final = 2
HEAD_GIB: Final = 8
"""Source: Ray's guide to sizing, which asks for 8 GB and more of the head of a small cluster."""
TMP_GIB: Final = 10
"""Ray's logs, and objects that spill; the kubelet ends a pod that writes more."""
HEAD_SHM_GIB: Final = 1
STORE_OF_SHM: Final = 0.5
"""Ray's object store in the shared memory, which it would take to be larger; NCCL has the rest."""
AUTOSCALER_CPU: Final = "500m"
AUTOSCALER_MEMORY: Final = "512Mi"
"""Source: KubeRay, defaults of the autoscaler's container."""
IDLE_S: Final = 60
SERVE_PORT: Final = 8000
METRICS_PORT: Final = 8080
METRICS_NAME: Final = "metrics"
PORTS: Final = {"gcs-server": 6379, "dashboard": 8265, "client": 10001}

OF_THE_ENGINE: Final = frozenset(
    {"startupProbe", "readinessProbe", "livenessProbe", "lifecycle", "command", "args", "ports"}
)
"""What the engine's container has and Ray's has not: KubeRay brings its own."""


def service(
    serving: Serving, release: Release, *, image: str, version: str
) -> tuple[Manifest, tuple[Inner, Inner]]:
    """Return the RayService, and the pods that it becomes."""
    head = _head(serving, image)
    worker = _worker(serving, release, image)
    scaled = bool(serving.scaler)
    autoscaler: dict[str, Data] = {"autoscalerOptions": _autoscaler()} if scaled else {}
    cluster: dict[str, Data] = {
        "rayVersion": version,
        "enableInTreeAutoscaling": scaled,
        **autoscaler,
        "headGroupSpec": {
            "rayStartParams": {
                "dashboard-host": "0.0.0.0",  # noqa: S104 - of the pod
                "num-cpus": "0",
                "object-store-memory": _store(HEAD_SHM_GIB),
            },
            "template": {"metadata": {"labels": _labels(serving)}, "spec": head},
        },
        "workerGroupSpecs": [_group(serving, worker)],
    }
    spec: dict[str, Data] = {
        "serveConfigV2": serve_config.text(serving),
        "excludeHeadPodFromServeSvc": True,
        "upgradeStrategy": {"type": upgrade(serving)},
        "rayClusterConfig": cluster,
    }
    manifest = Manifest(
        api_version=api_version(KIND),
        kind=KIND,
        name=serving.name,
        namespace=serving.namespace,
        concern="workload",
        labels=serving.labels,
        annotations={"inferc.dev/plan-digest": serving.topology.digest},
        body={"spec": spec},
    )
    # The autoscaler beside the head asks the API server; nothing else may.
    shut = {**head, "automountServiceAccountToken": False}
    labels = _labels(serving)
    return manifest, (
        Inner(owner=manifest, spec=shut, labels=labels),
        Inner(owner=manifest, spec=worker, labels=labels),
    )


def workers(serving: Serving) -> tuple[int, int]:
    """Return how many pods of workers there are at least, and at most."""
    each = serving.pods_per_replica
    if not serving.scaler:
        return serving.replicas * each, serving.replicas * each
    return serve_config.least_replicas(serving) * each, serving.max_replicas * each


def upgrade(serving: Serving) -> str:
    """Return how a change replaces the cluster: beside the old one only where both have room."""
    most = max(serving.max_replicas, serving.replicas) * serving.replica_gpus
    return "NewCluster" if 2 * most <= serving.place.accelerators else "None"


def _labels(serving: Serving) -> dict[str, str]:
    return pod_labels(serving)


def _group(serving: Serving, worker: Mapping[str, Data]) -> dict[str, Data]:
    least, most = workers(serving)
    first = min(most, max(least, serving.replicas * serving.pods_per_replica))
    return {
        "groupName": GROUP,
        "replicas": first,
        "minReplicas": least,
        "maxReplicas": most,
        "numOfHosts": 1,
        "rayStartParams": {
            "num-cpus": str(serving.cpus),
            "num-gpus": str(serving.gpus),
            "object-store-memory": _store(serving.shm_gib),
        },
        "template": {"metadata": {"labels": _labels(serving)}, "spec": worker},
    }


def _store(shm_gib: int) -> str:
    return str(int(from_unit(shm_gib * STORE_OF_SHM, "GiB")))


def _security() -> dict[str, Data]:
    return {**pods.pod_security(), "runAsUser": USER_ID, "runAsGroup": GROUP_ID}


def _worker(serving: Serving, release: Release, image: str) -> dict[str, Data]:
    """Return the pod of the Kubernetes target, with Ray in it."""
    planned = template(serving, release)["spec"]
    pod = dict(planned) if isinstance(planned, Mapping) else {}
    ports: list[Data] = [
        {"name": PORT_NAME, "containerPort": SERVE_PORT, "protocol": "TCP"},
        {"name": METRICS_NAME, "containerPort": METRICS_PORT, "protocol": "TCP"},
    ]
    pod["containers"] = [
        {
            **{key: value for key, value in row.items() if key not in OF_THE_ENGINE},
            "name": WORKER,
            "image": image,
            "resources": _with_room(row.get("resources")),
            "ports": ports,
            "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "ray stop"]}}},
        }
        for row in _rows(pod.get("containers"))
    ]
    pod["initContainers"] = [{**row, "image": image} for row in _rows(pod.get("initContainers"))]
    pod["volumes"] = [_roomy(row) for row in _rows(pod.get("volumes"))]
    pod["securityContext"] = _security()
    pod.pop("topologySpreadConstraints", None)
    return pod


def _with_room(resources: Data) -> Data:
    """Return the resources of a worker, with the disk that Ray's sessions take."""
    if not isinstance(resources, Mapping):
        return resources
    disk = gibibytes(CACHE_GIB + TMP_GIB)
    return {
        kind: {**amounts, "ephemeral-storage": disk} if isinstance(amounts, Mapping) else amounts
        for kind, amounts in resources.items()
    }


def _roomy(volume: Mapping[str, Data]) -> Data:
    """Return a volume, that of Ray's sessions larger."""
    if volume.get("name") != "tmp":
        return volume
    return {"name": "tmp", "emptyDir": {"sizeLimit": gibibytes(TMP_GIB)}}


def _rows(value: Data) -> tuple[Mapping[str, Data], ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(row for row in value if isinstance(row, Mapping))


def _head(serving: Serving, image: str) -> dict[str, Data]:
    """Return the pod that runs the cluster, and no replica; only the autoscaler has a token."""
    bounded: dict[str, Data] = {
        "memory": gibibytes(HEAD_GIB),
        "ephemeral-storage": gibibytes(TMP_GIB),
    }
    ports: list[Data] = [
        {"name": name, "containerPort": number, "protocol": "TCP"}
        for name, number in {**PORTS, METRICS_NAME: METRICS_PORT}.items()
    ]
    container: dict[str, Data] = {
        "name": HEAD,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": ports,
        "env": pods.environment((("HOME", "/tmp"), ("RAY_USAGE_STATS_ENABLED", "0"))),  # noqa: S108
        "resources": {"requests": {"cpu": str(HEAD_CPUS), **bounded}, "limits": bounded},
        "securityContext": container_security(read_only_root=False),
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - of the container
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108
        ],
    }
    return {
        **pods.identity(serving),
        "automountServiceAccountToken": bool(serving.scaler),
        "securityContext": _security(),
        "containers": [container],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": gibibytes(TMP_GIB)}},
            {
                "name": "shm",
                "emptyDir": {"medium": "Memory", "sizeLimit": gibibytes(HEAD_SHM_GIB)},
            },
        ],
    }


def _autoscaler() -> dict[str, Data]:
    """Return the container beside the head that asks for workers."""
    bounded: dict[str, Data] = {"cpu": AUTOSCALER_CPU, "memory": AUTOSCALER_MEMORY}
    return {
        "upscalingMode": "Default",
        "idleTimeoutSeconds": IDLE_S,
        "resources": {"requests": bounded, "limits": bounded},
        "securityContext": container_security(read_only_root=False),
    }
