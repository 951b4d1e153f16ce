"""A fingerprint of what was decided."""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from inferc.compiler.plan import SIXTEEN_BIT, Autoscale, Configuration, Schedule, ServicePlan
from inferc.compiler.topology.graph_types import EdgeKind, GraphEdge

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan

DEFAULT_ROUTING = "round_robin"

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


def decision_digest(
    plans: "Iterable[ServicePlan | NetworkPlan]", edges: Iterable[GraphEdge]
) -> str:
    """Return the SHA-256 of the decisions, as 64 hexadecimal digits.

    Only what would be deployed counts: no estimate, no path of a file, no place in one. So a
    better model that decides the same keeps the digest, and so does a renamed file.
    """
    facts: Json = {
        "services": [decisions(plan) for plan in plans],
        "placement": sorted([e.source, e.target] for e in edges if e.kind is EdgeKind.PLACEMENT),
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode("ascii")).hexdigest()


def _schedule(schedule: Schedule | None) -> Mapping[str, Json]:
    """Return the busy hours, where there are some."""
    if schedule is None:
        return {}
    hours: Json = [schedule.replicas, schedule.start, schedule.end, schedule.zone]
    return {"schedule": hours}


def decisions(plan: "ServicePlan | NetworkPlan") -> Mapping[str, Json]:
    """Return what was decided for one service, as plain values."""
    if isinstance(plan, ServicePlan):
        return _of_language_model(plan)
    shape = plan.configuration
    return {
        **_common(plan),
        "share": shape.share,
        "profile": shape.profile,
        "sharers": shape.sharers,
        "replicas": shape.replicas,
        "max_batch_size": shape.max_batch_size,
        "max_queue_delay_s": shape.max_queue_delay_s,
        "autoscale": _autoscale(plan.autoscale),
    }


def _common(plan: "ServicePlan | NetworkPlan") -> Mapping[str, Json]:
    """Return what is decided for models of every kind."""
    service = plan.service
    return {
        "service": service.name,
        "model": service.model.id,
        "place": service.place.path,
        "accelerator": service.place.accelerator.id,
        "engine": plan.configuration.engine,
        "precision": plan.configuration.precision,
    }


def _autoscale(scale: Autoscale) -> Mapping[str, Json]:
    return {
        "min_replicas": scale.min_replicas,
        "max_replicas": scale.max_replicas,
        "signal": scale.signal,
        "threshold": scale.threshold,
        "scale_up_stabilisation_s": scale.scale_up_stabilisation_s,
        "scale_down_stabilisation_s": scale.scale_down_stabilisation_s,
        **_schedule(scale.schedule),
    }


def _of_language_model(plan: ServicePlan) -> Mapping[str, Json]:
    shape = plan.configuration
    return {
        **_common(plan),
        "tensor_parallel": shape.tensor_parallel,
        "pipeline_parallel": shape.pipeline_parallel,
        "replicas": shape.replicas,
        "max_num_seqs": shape.max_num_seqs,
        "max_num_batched_tokens": shape.max_num_batched_tokens,
        "max_model_len": plan.max_model_len,
        "gpu_memory_utilization": plan.gpu_memory_utilization,
        **_beyond_the_usual(shape),
        "autoscale": _autoscale(plan.autoscale),
    }


def _beyond_the_usual(shape: Configuration) -> Mapping[str, Json]:
    """Return the decisions of which most plans have none."""
    found: dict[str, Json] = {}
    if shape.kv_precision not in SIXTEEN_BIT:
        found["kv_precision"] = shape.kv_precision
    if shape.expert_parallel > 1:
        found["expert_parallel"] = shape.expert_parallel
    if shape.attention_data_parallel > 1:
        found["attention_data_parallel"] = shape.attention_data_parallel
    if shape.speculation is not None:
        found["speculation"] = shape.speculation.kind
        found["speculative_tokens"] = shape.speculation.tokens
    if shape.routing != DEFAULT_ROUTING:
        found["routing"] = shape.routing
    if shape.prefill is not None:
        found["prefill"] = {
            "tensor_parallel": shape.prefill.tensor_parallel,
            "pipeline_parallel": shape.prefill.pipeline_parallel,
            "replicas": shape.prefill.replicas,
            "max_num_seqs": shape.prefill.max_num_seqs,
            "max_num_batched_tokens": shape.prefill.max_num_batched_tokens,
            **_beyond_the_usual(shape.prefill),
        }
    return found
