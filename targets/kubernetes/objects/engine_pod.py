"""The pod of an engine: alone, or one of the group that a replica on several nodes is."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final, NamedTuple

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import arguments, claims, pods, storage
from inferc.targets.kubernetes.objects.deployed import (
    ENDPOINT_REMOVAL_S,
    PORT_NAME,
    STARTUP_PERIOD_S,
    gibibytes,
)
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import (
    CACHE_GIB,
    ENGINE_PORT_NAME,
    TMP_GIB,
    Serving,
)

PROBE_TIMEOUT_S: Final = 5
"""The default of one second restarts an engine that is only busy."""

WAIT_SCRIPT: Final = 'until test -f "$DIRECTORY/$MARKER"; do sleep 5; done\n'
WAIT_FOR_LEADER: Final = 'until getent hosts "$LWS_LEADER_ADDRESS" > /dev/null; do sleep 2; done\n'
"""A name that is not known yet would end the engine, and with it the whole group."""

LEADER_ADDRESS: Final = "$(LWS_LEADER_ADDRESS)"
WORKER_INDEX: Final = "$(LWS_WORKER_INDEX)"
"""What the LeaderWorkerSet tells every container. Source: LeaderWorkerSet 0.10, pod_utils.go."""


class Member(Enum):
    """Which pod of a replica."""

    ALONE = "alone"
    LEADER = "leader"
    """Of a group: it answers requests, and is what everything outside sees of the replica."""
    WORKER = "worker"


class More(NamedTuple):
    """What a pod has beside what every engine's has."""

    labels: Mapping[str, str] = {}
    arguments: tuple[str, ...] = ()
    environment: tuple[Data, ...] = ()
    before: tuple[Data, ...] = ()
    """Containers that start before the engine."""


NOTHING: Final = More()


def template(
    serving: Serving, release: Release, member: Member = Member.ALONE, more: More = NOTHING
) -> dict[str, Data]:
    """Return the template of the pod."""
    labels: dict[str, Data] = {**_labels(serving, member), **more.labels}
    return {"metadata": {"labels": labels}, "spec": _pod(serving, release, member, more)}


def _labels(serving: Serving, member: Member) -> dict[str, str]:
    component = serving.selector["app.kubernetes.io/component"]
    if member is Member.WORKER:
        component = f"{component}-worker"
    return {**serving.labels_of(component), **(serving.group_label if serving.talks else {})}


def _pod(serving: Serving, release: Release, member: Member, more: More) -> dict[str, Data]:
    return {
        **pods.identity(serving),
        **pods.placement(serving),
        **(_spread(serving) if member is Member.ALONE else {}),
        **claims.of_pod(serving, serving.in_role),
        "terminationGracePeriodSeconds": serving.grace_s,
        "securityContext": pods.pod_security(),
        "initContainers": [_waiter(serving, member), *more.before],
        "containers": [_engine(serving, release, member, more)],
        "volumes": _volumes(serving),
    }


def _spread(serving: Serving) -> dict[str, Data]:
    """Return the wish that replicas are on different nodes."""
    if serving.place.nodes.value <= 1:
        return {}
    constraint: dict[str, Data] = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": serving.selector},
    }
    return {"topologySpreadConstraints": [constraint]}


def _waiter(serving: Serving, member: Member) -> dict[str, Data]:
    """Return what holds the engine back until the weights are there, since it may not fetch."""
    resources: dict[str, Data] = {"cpu": "50m", "memory": "64Mi"}
    script = WAIT_SCRIPT + (WAIT_FOR_LEADER if member is Member.WORKER else "")
    return {
        "name": "wait-for-weights",
        "image": pods.image(serving),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-ceu", script],
        "env": pods.environment(
            (("DIRECTORY", storage.directory(serving)), ("MARKER", storage.MARKER))
        ),
        "resources": {"requests": resources, "limits": {"memory": "64Mi"}},
        "securityContext": pods.container_security(read_only_root=True),
        "volumeMounts": [{"name": "weights", "mountPath": storage.MOUNT, "readOnly": True}],
    }


def _engine(serving: Serving, release: Release, member: Member, more: More) -> dict[str, Data]:
    # Only the leader of a group answers requests, and it is healthy only if its workers are.
    answers = member is not Member.WORKER
    # Behind a proxy the engine has another port than that of requests, and another name for it.
    own = PORT_NAME if serving.in_role != "decode" else ENGINE_PORT_NAME
    port: dict[str, Data] = {"name": own, "containerPort": serving.engine.port}
    ports: dict[str, Data] = {"ports": [{**port, "protocol": "TCP"}]} if answers else {}
    return {
        "name": "engine",
        "image": pods.image(serving),
        "imagePullPolicy": "IfNotPresent",
        "command": list(release.command),
        "args": [
            *_arguments(serving, release, member),
            *(pods.literal(word) for word in more.arguments),
        ],
        **ports,
        "env": [*_environment(release, member), *more.environment],
        "resources": _resources(serving),
        **(_probes(serving, own) if answers else {}),
        "lifecycle": {"preStop": {"sleep": {"seconds": stop_wait_s(serving, release, member)}}},
        # The GPU's container hook writes to the root file system; "restricted" allows that.
        "securityContext": pods.container_security(
            read_only_root=False, locks_memory=bool(serving.rdma)
        ),
        "volumeMounts": [
            {"name": "weights", "mountPath": storage.MOUNT, "readOnly": True},
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - of the container
            {"name": "cache", "mountPath": "/cache"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def _arguments(serving: Serving, release: Release, member: Member) -> Iterator[str]:
    """Yield what stands behind the command: the model's path, what was planned, the rest."""
    model = storage.directory(serving)
    yield pods.literal(f"{release.model_flag}={model}" if release.model_flag else model)
    for flag, value in arguments.flags(serving, release):
        yield pods.literal(flag if value is None else f"{flag}={value}")
    yield from release.always
    if member is not Member.ALONE and release.group is not None:
        leads = member is Member.LEADER
        address = f"$({pods.ADDRESS})" if leads else LEADER_ADDRESS
        yield f"{release.group.size_flag}={serving.pods_per_replica}"
        yield f"{release.group.rank_flag}={0 if leads else WORKER_INDEX}"
        yield f"{release.group.address_flag}={address}{release.group.port}"
        yield from () if leads else release.group.worker


def stop_wait_s(serving: Serving, release: Release, member: Member = Member.ALONE) -> int:
    """Return how long the preStop hook waits.

    Until no proxy sends any more; and where SIGTERM drops running requests, until they are done. A
    worker is there until its leader has answered everything.
    """
    drains_itself = bool(release.drain_flag) and member is not Member.WORKER
    return ENDPOINT_REMOVAL_S + (0 if drains_itself else serving.drain_s)


def _environment(release: Release, member: Member) -> list[Data]:
    # The leader listens at its own address: some engines cannot bind to a name.
    own = [pods.own_address()] if member is Member.LEADER else []
    return [
        *own,
        *pods.environment(
            (
                ("HOME", "/cache"),
                ("USER", "inferc"),  # the account has no name in the image
                ("HF_HOME", "/cache/hf"),
                ("HF_HUB_OFFLINE", "1"),
                ("XDG_CACHE_HOME", "/cache/xdg"),
                ("XDG_CONFIG_HOME", "/cache/config"),
                *sorted(release.environment.items()),
            )
        ),
    ]


def _resources(serving: Serving) -> dict[str, Data]:
    gpus = str(serving.gpus)
    bounded: dict[str, Data] = {
        "memory": gibibytes(serving.memory_gib),
        "ephemeral-storage": gibibytes(CACHE_GIB + TMP_GIB),
        **({} if serving.claims else {serving.gpu_resource: gpus}),
        **({serving.rdma: "1"} if serving.rdma else {}),
    }
    return {
        "requests": {"cpu": str(serving.cpus), **bounded},
        "limits": bounded,
        **claims.of_container(serving),
    }


def _probes(serving: Serving, port: str) -> dict[str, Data]:
    def probe(path: str, period_s: int, failures: int) -> dict[str, Data]:
        return {
            "httpGet": {"path": path, "port": port},
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
    claim: dict[str, Data] = {"claimName": storage.claim_name(serving)}
    return [
        {"name": "weights", "persistentVolumeClaim": claim},
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": gibibytes(serving.shm_gib)}},
        {"name": "cache", "emptyDir": {"sizeLimit": gibibytes(CACHE_GIB)}},
        {"name": "tmp", "emptyDir": {"sizeLimit": gibibytes(TMP_GIB)}},
    ]
