"""Replicas of two kinds: some compute prompts and hand their KV cache to others, which answer.

A DisaggregatedSet rolls both out together, in the planned ratio. Requests come to a replica that
answers, at a proxy in its pod; the endpoint picker has named the replica that computes the prompt
in a header, and the proxy asks that one first. The engines hand the cache over among themselves.

Source: llm-d, guide on disaggregation of prefill and decode (``modelserver/gpu/vllm/base``);
llm-d-router 0.10, ``docs/disaggregation.md``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import monitoring, pods
from inferc.targets.kubernetes.objects.deployed import PORT_NAME
from inferc.targets.kubernetes.objects.engine_pod import Member, More, template
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.queue import queue_label
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.workload import annotations_of, rollout
from inferc.targets.versions import HANDOVER_PROXY_IMAGE

PREFILL: Final = "prefill"
DECODE: Final = "decode"
ROLE_LABEL: Final = "llm-d.ai/role"
"""What the endpoint picker's filters for prefill and decode look at."""

ENGINE_PORT: Final = 8200
"""Where the engine listens behind the proxy; the proxy's own default."""
PROXY_FLAGS: Final = frozenset({"--port", "--kv-connector", "--secure-proxy", "--vllm-port"})
"""Flags of the proxy in use. Source: llm-d-router, ``pkg/sidecar/proxy/options.go``."""
KV_ROLES: Final[Mapping[str, str]] = {PREFILL: "kv_producer", DECODE: "kv_consumer"}
"""By role. Source: vLLM 0.33, ``NixlConnector``, which deprecates one role for both."""
KEEP_ALIVE_S: Final = 120
"""Longer than the proxy keeps an idle connection, which is 90 s."""


def roles(serving: Serving) -> Mapping[str, Serving]:
    """Return the replicas of each kind as if they were a service of their own."""
    before = serving.shape.prefill
    if before is None:
        return {}
    plan = serving.plan
    behind = replace(serving.engine, port=port_behind(serving))
    answering = replace(plan, configuration=replace(serving.shape, prefill=None))
    return {
        PREFILL: replace(serving, plan=replace(plan, configuration=before), in_role=PREFILL),
        DECODE: replace(serving, plan=answering, engine=behind, in_role=DECODE),
    }


def of_prompts(serving: Serving) -> tuple[Serving, ...]:
    """Return the replicas that compute prompts, if there are any of their own."""
    part = roles(serving).get(PREFILL)
    return () if part is None else (part,)


def port_behind(serving: Serving) -> int:
    """Return where an engine listens behind its proxy, which has the port of requests."""
    return ENGINE_PORT if serving.engine.port != ENGINE_PORT else ENGINE_PORT + 1


def disaggregated_set(serving: Serving, release: Release) -> Manifest:
    """Return the replicas of both kinds."""
    queued: dict[str, Data] = {**queue_label(serving)}
    parts: list[Data] = [
        {
            "name": name,
            **({"metadata": {"labels": queued}} if queued else {}),
            "spec": _group(serving, part, release),
        }
        for name, part in roles(serving).items()
    ]
    kind = serving.workload_kind
    return Manifest(
        api_version=api_version(kind),
        kind=kind,
        name=serving.workload_name,
        namespace=serving.namespace,
        concern="workload",
        labels=serving.labels,
        annotations=annotations_of(serving),
        body={"spec": {"slices": 1, "roles": parts}},
    )


def _group(serving: Serving, part: Serving, release: Release) -> dict[str, Data]:
    """Return the replicas of one kind, as a LeaderWorkerSet has them."""
    more = _handing_over(serving, part)
    pod = {"workerTemplate": template(part, release, more=more)}
    if part.is_group:
        behind = more._replace(labels={}, before=())
        pod = {
            "leaderTemplate": template(part, release, Member.LEADER, more),
            "workerTemplate": template(part, release, Member.WORKER, behind),
        }
    return {
        "replicas": part.shape.replicas,
        "startupPolicy": "LeaderCreated",
        "networkConfig": {"subdomainPolicy": "Shared"},
        # What the server would fill in is said: a list that differs is sent again by each apply.
        "rolloutStrategy": {
            "type": "RollingUpdate",
            "rollingUpdateConfiguration": {**rollout(part), "partition": 0},
        },
        "leaderWorkerTemplate": {
            "size": part.pods_per_replica,
            "restartPolicy": "RecreateGroupOnPodRestart",
            **pod,
        },
    }


def _handing_over(serving: Serving, part: Serving) -> More:
    """Return what it takes to hand the cache over, or to be handed it."""
    return More(
        labels={**part.pool_label, ROLE_LABEL: part.in_role},
        arguments=(f"--kv-transfer-config={transfer(part)}",),
        environment=(
            {**pods.own_address(), "name": "VLLM_NIXL_SIDE_CHANNEL_HOST"},
            {"name": "VLLM_HTTP_TIMEOUT_KEEP_ALIVE", "value": str(KEEP_ALIVE_S)},
        ),
        before=(_proxy(serving),) if part.in_role == DECODE else (),
    )


def transfer(part: Serving) -> str:
    """Return how an engine hands its cache over; a prompt whose cache is lost is computed again."""
    return json.dumps(
        {
            "kv_connector": "NixlConnector",
            "kv_role": KV_ROLES[part.in_role],
            "kv_load_failure_policy": "recompute",
        },
        separators=(",", ":"),
    )


def _proxy(serving: Serving) -> dict[str, Data]:
    """Return what stands before an engine that answers; it ends after the engine."""
    port = serving.engine.port
    bounded: dict[str, Data] = {"memory": "512Mi", "ephemeral-storage": "64Mi"}
    arguments = {
        "--port": str(port),
        "--vllm-port": str(port_behind(serving)),
        "--kv-connector": "nixlv2",
        "--secure-proxy": "false",
    }
    return {
        "name": "handover",
        "image": pods.mirrored(HANDOVER_PROXY_IMAGE, serving.settings["image_registry"]),
        "imagePullPolicy": "IfNotPresent",
        "restartPolicy": "Always",
        "args": [f"{flag}={value}" for flag, value in arguments.items()],
        "ports": [{"name": PORT_NAME, "containerPort": port, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "500m", **bounded}, "limits": bounded},
        "securityContext": pods.container_security(read_only_root=True),
    }


def prefill_monitor(serving: Serving) -> Iterator[Manifest]:
    """Yield the scrape of the replicas that compute prompts.

    They have a ``job`` of their own: a prompt that is handed over is a request in both kinds, and
    must not count twice.
    """
    for part in of_prompts(serving):
        yield replace(monitoring.pod_monitor(part), name=serving.named(PREFILL))


def picker_plugins() -> tuple[list[Data], list[Data]]:
    """Return the picker's plugins and profiles for replicas of two kinds.

    Each prompt is handed over. It goes to the replica with the most of it in its cache, or with the
    shortest queue; the answer to the one with the fewest requests.

    Source: llm-d, ``guides/pd-disaggregation/router``; llm-d-router 0.10.
    """
    weights = {"prefix-cache-scorer": 3, "queue-scorer": 2}
    decider: dict[str, Data] = {"deciders": {"prefill": "always-disagg-pd-decider"}}
    scorers: list[Data] = [{"type": name} for name in weights]
    weighed: list[Data] = [
        {"pluginRef": name, "weight": weight} for name, weight in weights.items()
    ]
    plugins: list[Data] = [
        {"type": "always-disagg-pd-decider"},
        {"type": "disagg-profile-handler", "parameters": decider},
        {"type": "prefill-filter"},
        {"type": "decode-filter"},
        *scorers,
        {"type": "active-request-scorer"},
        {"type": "max-score-picker"},
    ]
    prompts: list[Data] = [
        {"pluginRef": "prefill-filter"},
        *weighed,
        {"pluginRef": "max-score-picker"},
    ]
    answers: list[Data] = [
        {"pluginRef": "decode-filter"},
        {"pluginRef": "active-request-scorer", "weight": 1},
        {"pluginRef": "max-score-picker"},
    ]
    return plugins, [
        {"name": PREFILL, "plugins": prompts},
        {"name": DECODE, "plugins": answers},
    ]
