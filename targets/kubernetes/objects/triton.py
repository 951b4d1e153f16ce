"""Triton with one model: its configuration from the plan, and the pods that run it."""

import json
from typing import Final

from inferc.compiler.units import to_unit
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import pods, workload
from inferc.targets.kubernetes.objects.deployed import (
    ENDPOINT_REMOVAL_S,
    PORT_NAME,
    STARTUP_PERIOD_S,
    gibibytes,
)
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import digest
from inferc.targets.kubernetes.objects.network_serving import (
    CPUS,
    DISK_GIB,
    METRICS_PORT_NAME,
    Format,
    NetworkServing,
)
from inferc.targets.monitoring import TRITON_FLAG

METRICS_PORT: Final = 8002
MODELS: Final = "/models"
REPOSITORY: Final = "/repository"
CONFIG_FOLDER: Final = "/config"
CONFIG_FILE: Final = "config.pbtxt"
TMP_GIB: Final = 2
PROBE_TIMEOUT_S: Final = 5

FLAGS: Final = frozenset(
    {"--model-repository", "--http-port", "--metrics-port", "--exit-timeout-secs"}
    | {"--metrics-config"}
)
"""Flags of ``tritonserver``. Source: Triton, ``src/command_line_parser.cc``."""

PREPARE_SCRIPT: Final = """\
until test -e "$MODELS/$MODEL/1/$MODEL_FILE"; do sleep 5; done
mkdir -p "$REPOSITORY/$MODEL"
cp "$CONFIG" "$REPOSITORY/$MODEL/config.pbtxt"
ln -sfn "$MODELS/$MODEL/1" "$REPOSITORY/$MODEL/1"
"""
"""Put the planned configuration beside the model's files, which are only read."""


def configuration(serving: NetworkServing, kind: Format) -> str:
    """Return ``config.pbtxt``: what was planned. Inputs and outputs Triton reads from the model.

    Source: Triton, model configuration, r25.06.
    """
    shape = serving.plan.configuration
    delay_us = round(to_unit(shape.max_queue_delay_s, "us"))
    return "\n".join(
        (
            f"name: {json.dumps(serving.name)}",
            f"backend: {json.dumps(kind.backend)}",
            f"max_batch_size: {shape.max_batch_size}",
            f"dynamic_batching {{ max_queue_delay_microseconds: {delay_us} }}",
            "instance_group [ { count: 1, kind: KIND_GPU } ]",
            "",
        )
    )


def config_map(serving: NetworkServing, kind: Format) -> Manifest:
    """Return the planned configuration as an object."""
    return Manifest(
        api_version=api_version("ConfigMap"),
        kind="ConfigMap",
        name=serving.named("triton"),
        namespace=serving.namespace,
        concern="workload",
        labels=serving.labels,
        body={"data": {CONFIG_FILE: configuration(serving, kind)}},
    )


def deployment(serving: NetworkServing, kind: Format) -> Manifest:
    """Return the replicas. A change of the configuration replaces the pods."""
    labels: dict[str, Data] = dict(serving.labels)
    template: dict[str, Data] = {
        "metadata": {
            "labels": labels,
            "annotations": {"inferc.dev/config": digest(configuration(serving, kind))},
        },
        "spec": _pod(serving, kind),
    }
    return workload.deployment(serving, template)


def _pod(serving: NetworkServing, kind: Format) -> dict[str, Data]:
    claim: dict[str, Data] = {"claimName": serving.choices.model_volume, "readOnly": True}
    return {
        **pods.identity(serving),
        **pods.placement(serving),
        "terminationGracePeriodSeconds": serving.grace_s,
        "securityContext": pods.pod_security(),
        "initContainers": [_preparer(serving, kind)],
        "containers": [_engine(serving)],
        "volumes": [
            {"name": "models", "persistentVolumeClaim": claim},
            {"name": "config", "configMap": {"name": serving.named("triton")}},
            {"name": "repository", "emptyDir": {"sizeLimit": "16Mi"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": gibibytes(TMP_GIB)}},
        ],
    }


def _preparer(serving: NetworkServing, kind: Format) -> dict[str, Data]:
    resources: dict[str, Data] = {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "64Mi"}
    limits: dict[str, Data] = {"memory": "64Mi", "ephemeral-storage": "64Mi"}
    return {
        "name": "prepare-model",
        "image": pods.image(serving),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-ceu", PREPARE_SCRIPT],
        "env": pods.environment(
            (
                ("MODELS", MODELS),
                ("MODEL", serving.name),
                ("MODEL_FILE", kind.file),
                ("CONFIG", f"{CONFIG_FOLDER}/{CONFIG_FILE}"),
                ("REPOSITORY", REPOSITORY),
            )
        ),
        "resources": {"requests": resources, "limits": limits},
        "securityContext": pods.container_security(read_only_root=True),
        "volumeMounts": [
            {"name": "models", "mountPath": MODELS, "readOnly": True},
            {"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True},
            {"name": "repository", "mountPath": REPOSITORY},
        ],
    }


def _engine(serving: NetworkServing) -> dict[str, Data]:
    ports: list[Data] = [
        {"name": PORT_NAME, "containerPort": serving.engine.port, "protocol": "TCP"},
        {"name": METRICS_PORT_NAME, "containerPort": METRICS_PORT, "protocol": "TCP"},
    ]
    arguments = {
        "--model-repository": REPOSITORY,
        "--http-port": str(serving.engine.port),
        "--metrics-port": str(METRICS_PORT),
        "--exit-timeout-secs": str(serving.drain_s),
        **dict([TRITON_FLAG]),  # without, no alert could tell about a percentile
    }
    bounded: dict[str, Data] = {
        "memory": gibibytes(serving.memory_gib),
        "ephemeral-storage": gibibytes(DISK_GIB),
        serving.gpu_resource: "1",
    }
    return {
        "name": "engine",
        "image": pods.image(serving),
        "imagePullPolicy": "IfNotPresent",
        "command": ["tritonserver"],
        "args": [pods.literal(f"{flag}={value}") for flag, value in arguments.items()],
        "ports": ports,
        "env": pods.environment((("HOME", "/tmp"),)),  # noqa: S108 - of the container
        "resources": {"requests": {"cpu": str(CPUS), **bounded}, "limits": bounded},
        **_probes(serving),
        "lifecycle": {"preStop": {"sleep": {"seconds": ENDPOINT_REMOVAL_S}}},
        # The GPU's container hook writes to the root file system; "restricted" allows that.
        "securityContext": pods.container_security(read_only_root=False),
        "volumeMounts": [
            {"name": "models", "mountPath": MODELS, "readOnly": True},
            {"name": "repository", "mountPath": REPOSITORY, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def _probes(serving: NetworkServing) -> dict[str, Data]:
    def probe(path: str, period_s: int, failures: int) -> dict[str, Data]:
        return {
            "httpGet": {"path": path, "port": PORT_NAME},
            "periodSeconds": period_s,
            "timeoutSeconds": PROBE_TIMEOUT_S,
            "failureThreshold": failures,
        }

    ready = serving.engine.ready_path
    return {
        "startupProbe": probe(ready, STARTUP_PERIOD_S, serving.startup_failures),
        "readinessProbe": probe(ready, 5, 3),
        "livenessProbe": probe(serving.engine.health_path, 10, 6),
    }
