"""A plan as JSON for other programs: base units, named by the suffix of each key."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from inferc.compiler.plan import (
    Assumption,
    Autoscale,
    Choice,
    Cold,
    Estimate,
    Margin,
    Plan,
    Schedule,
    ServicePlan,
    Verdict,
)
from inferc.compiler.topology import Json
from inferc.compiler.wording.amounts import line_suffix
from inferc.compiler.wording.verdicts import decides, headline
from inferc.dsl import Span
from inferc.report import refusal, serving_choices
from inferc.report.cost_json import cost_data
from inferc.report.fitted import fitted_number
from inferc.report.refusal import finite
from inferc.versions import FORMAT_VERSION

if TYPE_CHECKING:
    from inferc.compiler.trial import Verification


def to_data(plan: Plan, verifications: "Iterable[Verification]" = ()) -> dict[str, Json]:
    """Return ``plan`` as plain values; of an infeasible one, the refusal.

    A service that was verified says how it fared.
    """
    if plan.verdict is Verdict.INFEASIBLE:
        return refusal.to_data(plan)
    return {
        "format_version": FORMAT_VERSION,
        "topology": plan.topology,
        "verdict": plan.verdict.value,
        "summary": headline(plan),
        "services": [
            {**_service(item), **_verification(item, verifications)} for item in plan.services
        ],
        **_networks(plan),
    }


def _verification(plan: ServicePlan, verifications: "Iterable[Verification]") -> Mapping[str, Json]:
    from inferc.report.verification import to_data as verification_data

    found = next((item for item in verifications if item.plan is plan), None)
    return {} if found is None else {"verification": verification_data(found)}


def _service(plan: ServicePlan) -> Mapping[str, Json]:
    service, shape = plan.service, plan.configuration
    return {
        "name": service.name,
        "verdict": plan.verdict.value,
        "model": service.model.id,
        "place": service.place.path,
        "accelerator": service.place.accelerator.id,
        "accelerators": service.place.accelerators,
        "nodes": int(service.place.nodes.value),
        "instance": service.place.instance or None,
        "market": service.place.market,
        "configuration": {
            "engine": shape.engine,
            "precision": shape.precision,
            "tensor_parallel": shape.tensor_parallel,
            "pipeline_parallel": shape.pipeline_parallel,
            "replicas": shape.replicas,
            "accelerators": shape.accelerators,
            "max_num_seqs": shape.max_num_seqs,
            "max_num_batched_tokens": shape.max_num_batched_tokens,
            "max_model_len": plan.max_model_len,
            "gpu_memory_utilization": plan.gpu_memory_utilization,
            **serving_choices.to_data(shape),
        },
        "autoscale": _autoscale(plan.autoscale),
        "cold": None if plan.cold is None else _cold(plan.cold),
        "estimate": _estimate(plan.estimate),
        "calibration": _calibration(plan),
        "basis": plan.basis or None,
        "margins": [_margin(item) for item in plan.margins],
        "assumptions": [_assumption(item) for item in plan.assumptions],
        "envelope": [
            {
                "prompt_mean_tok": row.prompt_mean_tok,
                "output_mean_tok": row.output_mean_tok,
                "holds_up_to_peak": finite(row.holds_up_to_peak),
            }
            for row in plan.envelope
        ],
        "choices": [_choice(item) for item in plan.choices],
        "candidates": plan.candidates,
        "same_as": plan.same_as or None,
        "load_time_s": finite(plan.load_time_s),
        "weights_bytes": plan.weights_bytes,
        "price_usd_per_s": plan.price_usd_per_s,
        "cost": cost_data(plan.cost),
    }


def _autoscale(scale: Autoscale) -> Mapping[str, Json]:
    return {
        "min_replicas": scale.min_replicas,
        "max_replicas": scale.max_replicas,
        "signal": scale.signal,
        "threshold": scale.threshold,
        "scale_up_stabilisation_s": scale.scale_up_stabilisation_s,
        "scale_down_stabilisation_s": scale.scale_down_stabilisation_s,
        "reason": scale.reason,
        "rollout": scale.rollout or None,
        "rollout_reason": scale.rollout_reason or None,
        "schedule": _schedule(scale.schedule),
    }


def _cold(cold: Cold) -> Mapping[str, Json]:
    """Return how long a start takes, and who waits for one."""
    return {
        "start_s": cold.start_s,
        "low_s": cold.low_s,
        "high_s": cold.high_s,
        "parts_s": dict(cold.parts),
        "sleeps": cold.sleeps,
        "sleeps_after_s": cold.sleep_s if cold.sleeps else None,
        "cold_share": cold.share,
        "warm_replicas": cold.warm,
        "warm_window": cold.window or None,
        "holds_up_to_s": cold.holds_up_to_s,
        "reason": cold.reason or None,
    }


def _schedule(schedule: Schedule | None) -> Mapping[str, Json] | None:
    """Return the hours in which more replicas are there; null where nobody knows them."""
    if schedule is None:
        return None
    return {
        "replicas": schedule.replicas,
        "start": schedule.start,
        "end": schedule.end,
        "zone": schedule.zone,
    }


def _estimate(estimate: Estimate) -> Mapping[str, Json]:
    memory = estimate.memory
    return {
        "ttft_s": {name: finite(value) for name, value in estimate.ttft_s.items()},
        "itl_s": {name: finite(value) for name, value in estimate.itl_s.items()},
        "tpot_s": finite(estimate.tpot_s),
        "e2e_s": finite(estimate.e2e_s),
        "utilisation": finite(estimate.utilisation),
        "concurrency": finite(estimate.concurrency),
        "capacity_req_per_s": finite(estimate.capacity_per_s),
        "compute_share": finite(estimate.compute_share),
        "memory": {
            "total_bytes": memory.total_bytes,
            "usable_bytes": memory.usable_bytes,
            "weights_bytes": memory.weights_bytes,
            "activation_bytes": memory.activation_bytes,
            "runtime_bytes": memory.runtime_bytes,
            "kv_cache_bytes": memory.kv_cache_bytes,
            "kv_cache_tok": memory.kv_cache_tok,
        },
    }


def _calibration(plan: ServicePlan) -> Mapping[str, Json] | None:
    """Return what the coefficients of the engine were fitted to; null where none was."""
    number = fitted_number(plan)
    return None if number is None else {"source": number.source, "as_of": number.as_of}


def _networks(plan: Plan) -> Mapping[str, Json]:
    """Return the plans of networks; nothing where there are none."""
    if not plan.networks:
        return {}
    from inferc.report.network_plan import network_data

    found = [
        network_data(
            item,
            autoscale=_autoscale(item.autoscale),
            margins=[_margin(margin) for margin in item.margins],
            assumptions=[_assumption(unknown) for unknown in item.assumptions],
            choices=[_choice(choice) for choice in item.choices],
        )
        for item in plan.networks
    ]
    return {"networks": found}


def _margin(margin: Margin) -> Mapping[str, Json]:
    line = margin.objective
    suffix = line_suffix(line)
    return {
        "metric": line.metric,
        "percentile": line.percentile,
        "operator": line.operator,
        f"limit{suffix}": line.limit.value,
        f"predicted{suffix}": finite(margin.predicted),
        f"low{suffix}": None if margin.low is None else finite(margin.low),
        f"high{suffix}": None if margin.high is None else finite(margin.high),
        "sure": margin.sure,
        "ratio": finite(margin.ratio),
        "hard": line.hard,
        "condition": line.condition or None,
        "at": _place(line.span),
    }


def _assumption(item: Assumption) -> Mapping[str, Json]:
    unknown = item.unknown
    return {
        "path": unknown.path,
        "value": unknown.typical,
        "low": unknown.low,
        "high": unknown.high,
        "unit": unknown.unit,
        "origin": unknown.origin.value,
        "confidence": unknown.confidence.value,
        "because": unknown.because,
        "source": unknown.source,
        "at": _place(unknown.span),
        "decides": decides(item),
        "holds_up_to": None if item.holds_up_to is None else finite(item.holds_up_to),
        "searched_up_to": finite(item.searched_up_to),
        "flips": [
            {"at": point.at, "below": point.below.value, "above": point.above.value}
            for point in sorted(item.flips, key=lambda point: point.at)
        ],
    }


def _choice(choice: Choice) -> Mapping[str, Json]:
    return {
        "path": choice.path,
        "value": choice.value,
        "owner": choice.owner,
        "reason": choice.reason,
        "alternatives": [
            {
                "value": loser.value,
                "reason": loser.reason,
                "ratio": None if loser.ratio is None else finite(loser.ratio),
            }
            for loser in choice.alternatives
        ],
    }


def _place(span: Span | None) -> Mapping[str, Json] | None:
    """Return where something is written; the file is named as it was on the command line."""
    if span is None:
        return None
    return {"file": span.source.path, "line": span.line, "column": span.column}
