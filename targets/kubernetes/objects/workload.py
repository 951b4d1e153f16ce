"""The engine: Deployment, Service, account."""

from collections.abc import Iterator

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import arguments, pods, storage
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import (
    ENDPOINT_REMOVAL_S,
    STARTUP_PERIOD_S,
    Serving,
    gibibytes,
)

PORT_NAME = "http"
SERVICE_PORT = 80
CACHE_GIB = 10
TMP_GIB = 2
PROBE_TIMEOUT_S = 5
"""The default of one second restarts an engine that is only busy."""

WAIT_SCRIPT = 'until test -f "$DIRECTORY/$MARKER"; do sleep 5; done\n'


def account(serving: Serving) -> Manifest:
    """Return an account that may do nothing."""
    return Manifest(
        api_version=api_version("ServiceAccount"),
        kind="ServiceAccount",
        name=serving.name,
        namespace=serving.namespace,
        concern="namespace",
        labels=serving.labels,
        body={"automountServiceAccountToken": False},
    )


def service(serving: Serving) -> Manifest:
    """Return the address that a gateway sends to."""
    port: dict[str, Data] = {
        "name": PORT_NAME,
        "port": SERVICE_PORT,
        "targetPort": PORT_NAME,
        "protocol": "TCP",
    }
    return Manifest(
        api_version=api_version("Service"),
        kind="Service",
        name=serving.name,
        namespace=serving.namespace,
        concern="workload",
        labels=serving.labels,
        body={"spec": {"selector": serving.selector, "ports": [port]}},
    )


def deployment(serving: Serving, release: Release) -> Manifest:
    """Return the replicas. Their number is left out where something scales them."""
    fixed: dict[str, Data] = {} if serving.scaler else {"replicas": serving.replicas}
    spec: dict[str, Data] = {
        **fixed,
        "revisionHistoryLimit": 5,
        "progressDeadlineSeconds": serving.progress_s,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": _rollout(serving)},
        "selector": {"matchLabels": serving.selector},
        "template": {
            "metadata": {"labels": serving.labels},
            "spec": _pod(serving, release),
        },
    }
    return Manifest(
        api_version=api_version("Deployment"),
        kind="Deployment",
        name=serving.name,
        namespace=serving.namespace,
        concern="workload",
        labels=serving.labels,
        annotations=_annotations(serving),
        body={"spec": spec},
    )


def _rollout(serving: Serving) -> dict[str, Data]:
    """Return how pods are replaced: first the new one only where there is room for it."""
    if serving.can_surge:
        return {"maxSurge": 1, "maxUnavailable": 0}
    return {"maxSurge": 0, "maxUnavailable": 1}


def _annotations(serving: Serving) -> dict[str, str]:
    """Return what the object was made from; on the pods it would restart them."""
    lines = (objective.span.text for objective in serving.plan.service.objectives)
    sla = ", ".join(" ".join(line.split()) for line in lines if line.strip())
    notes = {"inferc.dev/plan-digest": serving.topology.digest}
    return {**notes, "inferc.dev/sla": sla} if sla else notes


def _pod(serving: Serving, release: Release) -> dict[str, Data]:
    spread: dict[str, Data] = {}
    if serving.place.nodes.value > 1:
        constraint: dict[str, Data] = {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": serving.selector},
        }
        spread["topologySpreadConstraints"] = [constraint]
    return {
        **pods.identity(serving),
        **pods.placement(serving),
        **spread,
        "terminationGracePeriodSeconds": serving.grace_s,
        "securityContext": pods.pod_security(),
        "initContainers": [_waiter(serving)],
        "containers": [_engine(serving, release)],
        "volumes": _volumes(serving),
    }


def _waiter(serving: Serving) -> dict[str, Data]:
    """Return what holds the engine back until the weights are there, since it may not fetch."""
    resources: dict[str, Data] = {"cpu": "50m", "memory": "64Mi"}
    return {
        "name": "wait-for-weights",
        "image": pods.image(serving),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-ceu", WAIT_SCRIPT],
        "env": pods.environment(
            (("DIRECTORY", storage.directory(serving)), ("MARKER", storage.MARKER))
        ),
        "resources": {"requests": resources, "limits": {"memory": "64Mi"}},
        "securityContext": pods.container_security(read_only_root=True),
        "volumeMounts": [{"name": "weights", "mountPath": storage.MOUNT, "readOnly": True}],
    }


def _engine(serving: Serving, release: Release) -> dict[str, Data]:
    return {
        "name": "engine",
        "image": pods.image(serving),
        "imagePullPolicy": "IfNotPresent",
        "command": list(release.command),
        "args": [pods.literal(word) for word in _arguments(serving, release)],
        "ports": [{"name": PORT_NAME, "containerPort": serving.engine.port, "protocol": "TCP"}],
        "env": _environment(release),
        "resources": _resources(serving),
        **_probes(serving),
        "lifecycle": {"preStop": {"sleep": {"seconds": stop_wait_s(serving, release)}}},
        # The GPU's container hook writes to the root file system; "restricted" allows that.
        "securityContext": pods.container_security(read_only_root=False),
        "volumeMounts": [
            {"name": "weights", "mountPath": storage.MOUNT, "readOnly": True},
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - of the container
            {"name": "cache", "mountPath": "/cache"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def _arguments(serving: Serving, release: Release) -> Iterator[str]:
    """Yield what stands behind the command: the model's path, what was planned, the rest."""
    model = storage.directory(serving)
    yield f"{release.model_flag}={model}" if release.model_flag else model
    for flag, value in arguments.flags(serving, release):
        yield flag if value is None else f"{flag}={value}"
    yield from release.always


def stop_wait_s(serving: Serving, release: Release) -> int:
    """Return how long the preStop hook waits.

    Until no proxy sends any more; and where SIGTERM drops running requests, until they are done.
    """
    return ENDPOINT_REMOVAL_S + (0 if release.drain_flag else serving.drain_s)


def _environment(release: Release) -> list[Data]:
    return pods.environment(
        (
            ("HOME", "/cache"),
            ("USER", "inferc"),  # the account has no name in the image
            ("HF_HOME", "/cache/hf"),
            ("HF_HUB_OFFLINE", "1"),
            ("XDG_CACHE_HOME", "/cache/xdg"),
            ("XDG_CONFIG_HOME", "/cache/config"),
            *sorted(release.environment.items()),
        )
    )


def _resources(serving: Serving) -> dict[str, Data]:
    gpus = str(serving.gpus)
    bounded: dict[str, Data] = {
        "memory": gibibytes(serving.memory_gib),
        "ephemeral-storage": gibibytes(CACHE_GIB + TMP_GIB),
        serving.gpu_resource: gpus,
    }
    return {"requests": {"cpu": str(serving.cpus), **bounded}, "limits": bounded}


def _probes(serving: Serving) -> dict[str, Data]:
    def probe(path: str, period_s: int, failures: int) -> dict[str, Data]:
        return {
            "httpGet": {"path": path, "port": PORT_NAME},
            "periodSeconds": period_s,
            "timeoutSeconds": PROBE_TIMEOUT_S,
            "failureThreshold": failures,
        }

    health = serving.engine.health_path
    return {
        "startupProbe": probe(health, STARTUP_PERIOD_S, serving.startup_failures),
        "readinessProbe": probe(serving.engine.ready_path, 5, 3),
        "livenessProbe": probe(health, 10, 6),
    }


def _volumes(serving: Serving) -> list[Data]:
    # Not read-only here: some drivers would then attach the disk read-only, under the Job's feet.
    claim: dict[str, Data] = {"claimName": serving.named("weights")}
    return [
        {"name": "weights", "persistentVolumeClaim": claim},
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": gibibytes(serving.shm_gib)}},
        {"name": "cache", "emptyDir": {"sizeLimit": gibibytes(CACHE_GIB)}},
        {"name": "tmp", "emptyDir": {"sizeLimit": gibibytes(TMP_GIB)}},
    ]
