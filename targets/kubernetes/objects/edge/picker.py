"""The endpoint picker of a service: it looks at every replica, and picks one for each request.

The picker is llm-d-router's; its flags, ports, plugins and rights are those of release 0.10, read
in its charts (``config/charts/routerlib``) and in ``pkg/epp/server/options.go``.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from inferc.targets import to_yaml
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import pods, split
from inferc.targets.kubernetes.objects.deployed import Deployed, gibibytes
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import digest
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.ways import PICKABLE, PREFIX_AWARE
from inferc.targets.versions import ENDPOINT_PICKER_IMAGE

COMPONENT: Final = "picker"
CONFIG_FILE: Final = "picker.yaml"
CONFIG_FOLDER: Final = "/config"
PICKS_PORT: Final = 9002
HEALTH_PORT: Final = 9003
METRICS_PORT: Final = 9090
HEALTH_SERVICE: Final = "inference-extension"
"""What the picker's health is asked for where there is one of it."""

FLAGS: Final = frozenset(
    {
        "config-file",
        "enable-pprof",
        "grpc-health-port",
        "grpc-port",
        "ha-enable-leader-election",
        "metrics-endpoint-auth",
        "metrics-port",
        "pool-group",
        "pool-name",
        "pool-namespace",
        "secure-serving",
        "tracing",
        "zap-encoder",
    }
)
"""Flags of the picker that are known to exist."""

WEIGHTS: Final[Mapping[str, Mapping[str, int]]] = {
    PREFIX_AWARE: {
        "queue-scorer": 2,
        "kv-cache-utilization-scorer": 2,
        "prefix-cache-scorer": 3,
    },
    "least_outstanding": {"active-request-scorer": 1},
}
"""What counts how much, by routing. Of ``prefix_aware`` these are the chart's own weights."""

CPU_BASE: Final = 0.5
CPU_PER_REPLICA: Final = 7.5 / 100
CPU_PER_TOKEN_RATE: Final = 0.5 / 100_000
"""Cores: to scrape each replica, and for each token of prompts a second.

Source: llm-d-router, ``docs/operations.md``: 7.5 cores idle with 100 replicas; 46.5 with 98.8
requests a second of 100,000 tokens.
"""
MEMORY_BASE_GIB: Final = 1.0
MEMORY_PER_OUTPUT_RATE_GIB: Final = 12.5 / (50 * 5000)
"""For each token of answers a second. Source: the same page, 12.54 GiB at 50 requests a second with
5,000 tokens each."""
LIMIT_OVER_REQUEST: Final = 2
"""Of memory: what is held follows the requests under way, and those come in bursts."""


def pool_name(serving: Deployed) -> str:
    """Return the name of the pool of a service's replicas."""
    return serving.name


def objective_name(serving: Deployed) -> str:
    """Return the name of the objective that its requests have."""
    return serving.name


def cpus(serving: Serving) -> int:
    """Return the cores that a picker asks for: whole ones, from the rate of the busiest stretch."""
    load = serving.plan.service.load
    peak_per_s = load.rate_per_s.value * load.peak.value
    tokens_per_s = peak_per_s * load.prompt.mean_tok.value
    need = CPU_BASE + CPU_PER_REPLICA * serving.max_replicas + CPU_PER_TOKEN_RATE * tokens_per_s
    return max(1, math.ceil(need))


def memory_gib(serving: Serving) -> int:
    """Return the memory that a picker asks for."""
    load = serving.plan.service.load
    peak_per_s = load.rate_per_s.value * load.peak.value
    tokens_per_s = peak_per_s * load.output.mean_tok.value
    return math.ceil(MEMORY_BASE_GIB + MEMORY_PER_OUTPUT_RATE_GIB * tokens_per_s)


def picker_objects(serving: Serving, routing: str) -> Iterator[Manifest]:
    """Yield the pool of a service, its objective, and the picker with its rights."""
    config = configuration(serving, routing)
    yield _pool(serving)
    yield _objective(serving)
    yield _account(serving)
    yield from _rights(serving)
    yield _config_map(serving, config)
    yield _service(serving)
    yield _deployment(serving, config)
    yield _monitor(serving)


def selector(serving: Serving) -> dict[str, str]:
    """Return the labels that select the picker of a service."""
    return {**serving.selector, "app.kubernetes.io/component": COMPONENT}


def configuration(serving: Serving, routing: str) -> str:
    """Return the picker's file: what it looks at, and what counts how much."""
    weights = WEIGHTS[routing]
    metrics: dict[str, Data] = {
        "type": "metrics-data-source",
        "parameters": {"scheme": "http", "path": "/metrics"},
    }
    extractor: dict[str, Data] = {"type": "core-metrics-extractor"}
    engine = PICKABLE[serving.engine.name]
    if engine != "vllm":  # which is what it expects
        extractor["parameters"] = {"defaultEngine": engine}
    scorers: list[dict[str, Data]] = [{"type": name} for name in weights]
    scores: list[dict[str, Data]] = [
        {"pluginRef": name, "weight": weight} for name, weight in weights.items()
    ]
    plugins: list[Data] = [
        *scorers,
        metrics,
        extractor,
        {"type": "max-score-picker"},
        {"type": "single-profile-handler"},
    ]
    chosen: list[Data] = [*scores, {"pluginRef": "max-score-picker"}]
    profiles: list[Data] = [{"name": "default", "plugins": chosen}]
    if serving.is_split:
        of_two, profiles = split.picker_plugins()
        plugins = [metrics, extractor, *of_two]
    document: dict[str, Data] = {
        "apiVersion": "llm-d.ai/v1alpha1",
        "kind": "EndpointPickerConfig",
        "plugins": plugins,
        "schedulingProfiles": profiles,
    }
    return to_yaml.dump(document)


def _pool(serving: Serving) -> Manifest:
    labels: dict[str, Data] = dict(serving.pool_selector)
    reference: dict[str, Data] = {
        "kind": "Service",
        "name": serving.named(COMPONENT),
        "port": {"number": PICKS_PORT},
        # Without a picker any replica is better than none.
        "failureMode": "FailOpen",
    }
    spec: dict[str, Data] = {
        "selector": {"matchLabels": labels},
        "targetPorts": [{"number": serving.engine.port}],
        "endpointPickerRef": reference,
    }
    return _manifest(serving, "InferencePool", pool_name(serving), {"spec": spec})


def priority(serving: Serving) -> int:
    """Return which requests wait when not all can be served: those that promise nothing go last."""
    service = serving.plan.service
    if service.goal == "throughput":
        return -1
    return 1 if any(line.hard for line in service.objectives) else 0


def _objective(serving: Serving) -> Manifest:
    reference: dict[str, Data] = {
        "group": "inference.networking.k8s.io",
        "kind": "InferencePool",
        "name": pool_name(serving),
    }
    spec: dict[str, Data] = {"priority": priority(serving), "poolRef": reference}
    return _manifest(serving, "InferenceObjective", objective_name(serving), {"spec": spec})


def _account(serving: Serving) -> Manifest:
    return _manifest(
        serving,
        "ServiceAccount",
        serving.named(COMPONENT),
        {"automountServiceAccountToken": False},
        concern="namespace",
    )


def _rights(serving: Serving) -> Iterator[Manifest]:
    """Yield what a picker may do: look at pods, pools and objectives of its namespace."""
    name = serving.named(COMPONENT)
    reading: list[Data] = ["get", "list", "watch"]
    rules: list[Data] = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": reading},
        {
            "apiGroups": ["inference.networking.k8s.io"],
            "resources": ["inferencepools"],
            "verbs": reading,
        },
        {
            "apiGroups": ["llm-d.ai"],
            "resources": ["inferenceobjectives", "inferencemodelrewrites"],
            "verbs": reading,
        },
    ]
    yield _manifest(serving, "Role", name, {"rules": rules}, concern="namespace")
    subject: dict[str, Data] = {
        "kind": "ServiceAccount",
        "name": name,
        "namespace": serving.namespace,
    }
    role: dict[str, Data] = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    body: dict[str, Data] = {"subjects": [subject], "roleRef": role}
    yield _manifest(serving, "RoleBinding", name, body, concern="namespace")


def _config_map(serving: Serving, config: str) -> Manifest:
    return _manifest(
        serving, "ConfigMap", serving.named(COMPONENT), {"data": {CONFIG_FILE: config}}
    )


def _service(serving: Serving) -> Manifest:
    ports: list[Data] = [
        {"name": "grpc", "port": PICKS_PORT, "targetPort": "grpc", "protocol": "TCP"},
    ]
    labels: dict[str, Data] = dict(selector(serving))
    spec: dict[str, Data] = {"selector": labels, "ports": ports}
    return _manifest(serving, "Service", serving.named(COMPONENT), {"spec": spec})


def arguments(serving: Serving) -> tuple[str, ...]:
    """Return the picker's command line."""
    flags = {
        "pool-group": "inference.networking.k8s.io",
        "pool-namespace": serving.namespace,
        "pool-name": pool_name(serving),
        "config-file": f"{CONFIG_FOLDER}/{CONFIG_FILE}",
        "grpc-port": str(PICKS_PORT),
        "grpc-health-port": str(HEALTH_PORT),
        "metrics-port": str(METRICS_PORT),
        # Who may ask is the network policy's business; to check tokens takes rights on the cluster.
        "metrics-endpoint-auth": "false",
        "enable-pprof": "false",
        "tracing": "false",
        "zap-encoder": "json",
    }
    return tuple(f"--{name}={value}" for name, value in flags.items())


def _deployment(serving: Serving, config: str) -> Manifest:
    """Return the picker. There is one: two would each know half of what the replicas hold."""
    labels: dict[str, Data] = dict(serving.labels_of(COMPONENT))
    annotations: dict[str, Data] = {"inferc.dev/config": digest(config)}
    selected: dict[str, Data] = dict(selector(serving))
    spec: dict[str, Data] = {
        "replicas": 1,
        "revisionHistoryLimit": 5,
        # An old picker that goes on beside the new one would see half of the requests.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": selected},
        "template": {
            "metadata": {"labels": labels, "annotations": annotations},
            "spec": _pod(serving),
        },
    }
    return _manifest(serving, "Deployment", serving.named(COMPONENT), {"spec": spec})


def _pod(serving: Serving) -> dict[str, Data]:
    volume: dict[str, Data] = {"name": "config", "configMap": {"name": serving.named(COMPONENT)}}
    fields: dict[str, Data] = {
        **pods.identity(serving),
        "serviceAccountName": serving.named(COMPONENT),
        # It watches pods and pools.
        "automountServiceAccountToken": True,
        # As long as the answers that it is still told of.
        "terminationGracePeriodSeconds": serving.grace_s,
        "securityContext": pods.pod_security(),
        "containers": [_container(serving)],
        "volumes": [volume],
    }
    return fields


def _container(serving: Serving) -> dict[str, Data]:
    memory = memory_gib(serving)
    probe: dict[str, Data] = {
        "grpc": {"port": HEALTH_PORT, "service": HEALTH_SERVICE},
        "periodSeconds": 10,
        "timeoutSeconds": 5,
    }
    space: dict[str, Data] = {"ephemeral-storage": "1Gi"}
    return {
        "name": COMPONENT,
        "image": pods.mirrored(ENDPOINT_PICKER_IMAGE, serving.settings["image_registry"]),
        "imagePullPolicy": "IfNotPresent",
        "args": [pods.literal(word) for word in arguments(serving)],
        "env": [
            {"name": "NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "ports": [
            {"name": "grpc", "containerPort": PICKS_PORT, "protocol": "TCP"},
            {"name": "grpc-health", "containerPort": HEALTH_PORT, "protocol": "TCP"},
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "resources": {
            "requests": {"cpu": str(cpus(serving)), "memory": gibibytes(memory), **space},
            "limits": {"memory": gibibytes(LIMIT_OVER_REQUEST * memory), **space},
        },
        "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 24},
        "readinessProbe": {**probe, "periodSeconds": 5, "failureThreshold": 3},
        "livenessProbe": {**probe, "failureThreshold": 6},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        "securityContext": pods.container_security(read_only_root=True),
        "volumeMounts": [{"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True}],
    }


def _monitor(serving: Serving) -> Manifest:
    """Return the scrape of the picker's own metrics."""
    labels: dict[str, Data] = dict(selector(serving))
    spec: dict[str, Data] = {
        "selector": {"matchLabels": labels},
        "podMetricsEndpoints": [{"port": "metrics", "path": "/metrics", "interval": "15s"}],
    }
    return Manifest(
        api_version=api_version("PodMonitor"),
        kind="PodMonitor",
        name=serving.named(COMPONENT),
        namespace=serving.namespace,
        concern="monitoring",
        labels={
            **serving.labels_of(COMPONENT),
            "release": serving.settings["release_label"],
        },
        body={"spec": spec},
    )


def _manifest(
    serving: Serving, kind: str, name: str, body: Mapping[str, Data], *, concern: str = "edge"
) -> Manifest:
    return Manifest(
        api_version=api_version(kind),
        kind=kind,
        name=name,
        namespace=serving.namespace,
        concern=concern,
        labels=serving.labels_of(COMPONENT),
        body=body,
    )
