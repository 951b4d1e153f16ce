"""Values of the chart ``vllm-stack``: the plan in the chart's own words, around its traps.

The chart turns prefix caching off unless it is told otherwise, lets rollouts double the pods, sets
no limit of memory unless one is stated, takes a list of triggers of KEDA for a mistake, and drops
its autoscaler where ``raySpec`` stands at all. What it cannot say goes into ``extraObjects``, of
which it makes templates.

Source: vLLM production stack, helm/values.yaml and templates of release 0.1.12.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from inferc.targets.base import Data
from inferc.targets.charts import untemplated
from inferc.targets.kubernetes.objects import (
    Layout,
    Manifest,
    arguments,
    disruption,
    network,
    pods,
    scaling,
    workload,
)
from inferc.targets.kubernetes.objects.deployed import STARTUP_PERIOD_S, gibibytes
from inferc.targets.kubernetes.objects.nodes import node_labels
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.vllm_stack.names import names

OF_THE_CHART: Final[Mapping[str, str]] = {
    "max_model_len": "maxModelLen",
    "max_num_seqs": "maxNumSeqs",
    "dtype": "dtype",
    "tensor_parallel": "tensorParallelSize",
    "gpu_memory_utilization": "gpuMemoryUtilization",
}
"""Planned values that the chart has a key for; the others go in as arguments."""
SAID_ELSEWHERE: Final = frozenset({"port"})
WHOLE: Final = frozenset({"maxModelLen", "maxNumSeqs", "tensorParallelSize"})

ROUTER: Final = "lmcache/lmstack-router"
WRITABLE: Final = "/tmp/inferc"  # noqa: S108 - of the container
"""Where the engine keeps what it compiles; the image's own folders belong to root."""
PORT_NAME: Final = "container-port"
"""The name that the chart gives the engine's port."""
PROBE_TIMEOUT_S: Final = 5


def chart_values(layout: Layout, router_tag: str) -> dict[str, Data]:
    """Return the values of the release."""
    return {
        "servingEngineSpec": _engines(layout),
        "routerSpec": _router(layout, router_tag),
        "extraObjects": [untemplated(one.document()) for one in extra_objects(layout)],
    }


def _engines(layout: Layout) -> dict[str, Data]:
    servings = layout.servings
    first = servings[0]
    return {
        # Null takes the chart's own labels away, which call everything a test.
        "labels": {
            "environment": None,
            "release": None,
            "app.kubernetes.io/part-of": first.selector["app.kubernetes.io/part-of"],
        },
        "runtimeClassName": "",
        "imagePullPolicy": "IfNotPresent",
        "containerPort": first.engine.port,
        "servicePort": 80,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": _rollout(servings)},
        **_probes(servings),
        "securityContext": pods.pod_security(),
        "containerSecurityContext": {
            "runAsNonRoot": True,
            **pods.container_security(read_only_root=False),
        },
        "serviceMonitor": {
            "enabled": True,
            "interval": "15s",
            "scrapeTimeout": "10s",
            "additionalLabels": {"release": layout.settings["release_label"]},
        },
        "modelSpec": [_model(layout, serving) for serving in servings],
    }


def _rollout(servings: Sequence[Serving]) -> dict[str, Data]:
    """Return how pods are replaced: the chart has one answer for all models."""
    if all(one.can_surge for one in servings):
        return {"maxSurge": 1, "maxUnavailable": 0}
    return {"maxSurge": 0, "maxUnavailable": 1}


def _probes(servings: Sequence[Serving]) -> dict[str, Data]:
    """Return the probes: the engine downloads before it starts, and the slowest counts for all."""
    patience = max(
        one.startup_failures + -(-one.download_s // STARTUP_PERIOD_S) for one in servings
    )
    engine = servings[0].engine

    def probe(path: str, period_s: int, failures: int) -> dict[str, Data]:
        return {
            "initialDelaySeconds": 0,
            "periodSeconds": period_s,
            "timeoutSeconds": PROBE_TIMEOUT_S,
            "failureThreshold": failures,
            "httpGet": {"path": path, "port": engine.port},
        }

    return {
        "startupProbe": probe(engine.health_path, STARTUP_PERIOD_S, patience),
        "livenessProbe": probe(engine.health_path, 10, 6),
        "readinessProbe": probe(engine.ready_path, 5, 3),
    }


def _model(layout: Layout, serving: Serving) -> dict[str, Data]:
    repository, tag = image_of(serving)
    claim: dict[str, Data] = {
        "pvcStorage": gibibytes(serving.storage_gib),
        "pvcAccessMode": [serving.access_mode],
    }
    if layout.settings["storage_class"]:
        claim["storageClass"] = layout.settings["storage_class"]
    return {
        "name": names(layout, serving).model,
        "repository": repository,
        "tag": tag,
        **({"imagePullSecret": serving.pull_secret} if serving.pull_secret else {}),
        "serviceAccountName": serving.name,
        "modelURL": serving.repository,
        # An autoscaler that owns the number would be undone by each upgrade.
        **({} if serving.scaler else {"replicaCount": serving.replicas}),
        "requestCPU": serving.cpus,
        "requestMemory": gibibytes(serving.memory_gib),
        "limitMemory": gibibytes(serving.memory_gib),
        "requestGPU": serving.gpus,
        "requestGPUType": serving.gpu_resource,
        **claim,
        "shmSize": gibibytes(serving.shm_gib),
        "vllmConfig": _engine_values(serving),
        "env": _environment(serving),
        **_place(serving),
    }


def image_of(serving: Serving) -> tuple[str, str]:
    """Return the image as the chart has it, in two parts with a colon between; or empty parts."""
    image = pods.image(serving)
    folder, slash, last = image.rpartition("/")
    name, colon, tag = last.rpartition(":")
    return (folder + slash + name, tag) if colon else ("", "")


def _engine_values(serving: Serving) -> dict[str, Data]:
    engine = serving.engine
    made: dict[str, Data] = {
        "enablePrefixCaching": engine.prefix_caching,
        "enableChunkedPrefill": engine.chunked_prefill,
    }
    rest: list[str] = [f"--revision={serving.revision}"] if serving.revision else []
    for name, value in arguments.planned_values(serving).items():
        key = OF_THE_CHART.get(name)
        if name in SAID_ELSEWHERE:
            continue
        if key is not None and value is not None:
            made[key] = _number(key, value)
            continue
        flag = arguments.flag_of(engine, name)
        rest.append(flag if value is None else f"{flag}={value}")
    return {**made, "extraArgs": rest}


def _number(key: str, value: str) -> Data:
    if key in WHOLE:
        return int(value)
    return float(value) if key == "gpuMemoryUtilization" else value


def _environment(serving: Serving) -> list[Data]:
    token: dict[str, Data] = {
        "name": serving.choices.hf_token_secret,
        "key": "token",
        "optional": True,
    }
    return [
        *pods.environment(
            (
                ("HOME", WRITABLE),
                ("USER", "inferc"),
                ("XDG_CACHE_HOME", f"{WRITABLE}/xdg"),
                ("XDG_CONFIG_HOME", f"{WRITABLE}/config"),
                ("TORCHINDUCTOR_CACHE_DIR", f"{WRITABLE}/inductor"),
                ("TRITON_CACHE_DIR", f"{WRITABLE}/triton"),
                ("VLLM_CACHE_ROOT", f"{WRITABLE}/vllm"),
                ("VLLM_NO_USAGE_STATS", "1"),
                ("HF_HUB_DISABLE_TELEMETRY", "1"),
            )
        ),
        # By the chart's own key it would not be optional, and open weights need none.
        {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": token}},
    ]


def _place(serving: Serving) -> dict[str, Data]:
    """Return what puts the pods onto the pool's nodes."""
    placed = pods.placement(serving)
    fields: dict[str, Data] = {"tolerations": placed["tolerations"], "tolerationsPolicy": "append"}
    labels = node_labels(serving.place)
    if labels:
        matches: list[Data] = [
            {"key": key, "operator": "In", "values": [value]} for key, value in labels.items()
        ]
        fields["nodeSelectorTerms"] = [{"matchExpressions": matches}]
    return fields


def _router(layout: Layout, tag: str) -> dict[str, Data]:
    if not tag:
        return {"enableRouter": False}
    registry = layout.settings["image_registry"].rstrip("/")
    secret = layout.servings[0].pull_secret
    return {
        "enableRouter": True,
        "repository": f"{registry}/{ROUTER}" if registry else ROUTER,
        "tag": tag,
        "imagePullPolicy": "IfNotPresent",
        **({"imagePullSecrets": [{"name": secret}]} if secret else {}),
        "serviceDiscovery": "k8s",
        "routingLogic": "roundrobin",
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
        },
        "labels": {"environment": None, "release": None, "app.kubernetes.io/component": "router"},
        "securityContext": {**pods.pod_security()},
        "containerSecurityContext": {
            "runAsNonRoot": True,
            **pods.container_security(read_only_root=False),
        },
    }


# ---- what the chart has no key for ---------------------------------------------------------------


def extra_objects(layout: Layout) -> Iterator[Manifest]:
    """Yield accounts, fences, autoscalers and budgets of the pods that the chart makes."""
    for serving in layout.servings:
        own = names(layout, serving)
        yield workload.account(serving)
        yield _fence(serving, own.labels)
        for one in (*scaling.scaler(serving), *disruption.budget(serving)):
            spec = one.body["spec"]
            body = dict(spec) if isinstance(spec, Mapping) else {}
            if "scaleTargetRef" in body:
                target: dict[str, Data] = {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": own.deployment,
                }
                body["scaleTargetRef"] = target
                body["triggers"] = _triggers(serving, body.get("triggers"))
            else:
                body["selector"] = {"matchLabels": own.labels}
            yield replace(one, body={"spec": body})


def _triggers(serving: Serving, planned: Data) -> Data:
    """Return the triggers, the query by what the chart's own monitor calls the engine."""
    if isinstance(planned, str) or not isinstance(planned, Sequence):
        return planned
    return [
        {**one, "metadata": {**_mapping(one.get("metadata")), "query": query(serving)}}
        if isinstance(one, Mapping) and one.get("type") == "prometheus"
        else one
        for one in planned
    ]


def _mapping(value: Data) -> Mapping[str, Data]:
    return value if isinstance(value, Mapping) else {}


def query(serving: Serving) -> str:
    """Return the load of all replicas: the engine labels its series with the model's name."""
    name = json.dumps(serving.plan.service.model_name, ensure_ascii=False)
    selected = f'{scaling.series(serving)}{{namespace="{serving.namespace}",model_name={name}}}'
    if serving.plan.autoscale.signal in scaling.COUNTED:
        selected = f"rate({selected}[{scaling.RATE_WINDOW}])"
    return f"sum({selected})"


def _fence(serving: Serving, labels: Mapping[str, str]) -> Manifest:
    """Return what an engine may do: answer, and fetch its weights, which the chart has it do."""
    answers, fetches = network.engine(serving), network.prefetch(serving)
    ours, theirs = _mapping(answers.body["spec"]), _mapping(fetches.body["spec"])
    same_namespace: dict[str, Data] = {"podSelector": {}}
    ingress = [
        {**rule, "from": [*_rows(rule.get("from")), same_namespace], "ports": _ports(serving)}
        for rule in _rows(ours.get("ingress"))
    ]
    spec: dict[str, Data] = {
        **ours,
        "podSelector": {"matchLabels": dict(labels)},
        "ingress": ingress,
        "egress": theirs["egress"],
    }
    return replace(answers, body={"spec": spec})


def _ports(serving: Serving) -> list[Data]:
    return [{"port": serving.engine.port, "protocol": "TCP"}]


def _rows(value: Data) -> tuple[Mapping[str, Data], ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(row for row in value if isinstance(row, Mapping))
