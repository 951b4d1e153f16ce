"""One configuration as JSON for other programs: base units, named by the suffix of each key."""

from collections.abc import Iterable, Mapping

from inferc.compiler.estimation import Breakdown, Figures, Fit, Kind
from inferc.compiler.topology import Json
from inferc.dsl import Diagnostic
from inferc.report.estimate_sources import Fact, facts_of
from inferc.report.refusal import finite
from inferc.versions import FORMAT_VERSION

AMOUNTS = {
    Kind.RATE: "rate_req_per_s",
    Kind.CONCURRENCY: "concurrency",
    Kind.BATCH: "batch",
}

LATENCIES = (("ttft", "ttft_s"), ("itl", "itl_s"), ("tpot", "tpot_s"), ("e2e", "e2e_s"))
"""Metrics with percentiles: as intervals name them, and as keys do."""


def to_data(
    figures: Figures, *, capacity_per_s: float | None, breakdowns: Iterable[Breakdown] = ()
) -> dict[str, Json]:
    """Return the figures of one configuration as plain values.

    Each figure is an object with ``value`` and, where an interval is known, ``low80`` and
    ``high80``; a time of a queue without end is null.
    """
    rates = {
        "requests_per_s": figures.requests_per_s,
        "output_tok_per_s": figures.output_tok_per_s,
        "total_tok_per_s": figures.total_tok_per_s,
    }
    found: dict[str, Json] = {
        "format_version": FORMAT_VERSION,
        "stable": figures.stable,
        "configuration": configuration(figures),
        "load": load(figures),
        **{
            key: {
                name: _figure(figures, metric, value)
                for name, value in getattr(figures, key).items()
            }
            for metric, key in LATENCIES
        },
        **{key: _figure(figures, "throughput", value) for key, value in rates.items()},
        "capacity_req_per_s": None if capacity_per_s is None else finite(capacity_per_s),
        "utilisation": finite(figures.utilisation),
        "bottleneck": figures.bottleneck,
        "sequences": finite(figures.sequences),
        "waiting": finite(figures.waiting),
        "memory": memory(figures.memory),
        "provenance": {
            "basis": figures.basis.value,
            "calibration": figures.setup.calibration.name,
            "assumed": [*figures.setup.assumed, *figures.notes],
            "facts": [_fact(item) for item in facts_of(figures.setup)],
        },
    }
    steps = [_breakdown(item) for item in breakdowns]
    return {**found, "steps": steps} if steps else found


def refusal(diagnostics: Iterable[Diagnostic], memory_of: Fit | None) -> dict[str, Json]:
    """Return why there are no figures, with the memory of a configuration that does not fit."""
    return {
        "error": "; ".join(item.message for item in diagnostics),
        "format_version": FORMAT_VERSION,
        "memory": None if memory_of is None else memory(memory_of),
    }


def configuration(figures: Figures) -> Mapping[str, Json]:
    """Return what runs where."""
    setup, layout, operating = figures.setup, figures.setup.layout, figures.setup.operating
    return {
        "model": setup.model.id,
        "accelerator": setup.place.accelerator.id,
        "accelerators": setup.accelerators,
        "accelerators_per_node": setup.place.per_node,
        "engine": setup.engine.id,
        "engine_version": setup.engine.version,
        "precision": layout.precision,
        "kv_precision": layout.kv_precision,
        "tensor_parallel": layout.tensor_parallel,
        "pipeline_parallel": layout.pipeline_parallel,
        "expert_parallel": layout.expert_parallel,
        "attention_data_parallel": layout.attention_data_parallel,
        "replicas": setup.replicas,
        "scheduling": operating.scheduling,
        "chunked_prefill": operating.chunked_prefill,
        "max_num_seqs": operating.max_num_seqs,
        "max_num_batched_tokens": operating.max_num_batched_tokens,
        "memory_share": operating.memory_share,
        "memory_share_of": operating.memory_share_of,
        "kv_admission": operating.kv_admission,
        "kv_block_tok": operating.kv_block_tok,
    }


def load(figures: Figures) -> Mapping[str, Json]:
    """Return how requests come."""
    wanted = figures.load
    return {
        "kind": wanted.kind.value,
        AMOUNTS[wanted.kind]: wanted.amount,
        "prompt_tok": wanted.prompt_tok,
        "output_tok": wanted.output_tok,
        "prompt_p95_over_mean": wanted.prompt_p95_over_mean,
        "output_p95_over_mean": wanted.output_p95_over_mean,
    }


def memory(found: Fit) -> Mapping[str, Json]:
    """Return the memory of one accelerator, and what fits into it."""
    return {
        "total_bytes": found.total_bytes,
        "usable_bytes": found.usable_bytes,
        "weights_bytes": found.weights_bytes,
        "activation_bytes": found.activation_bytes,
        "runtime_bytes": found.runtime_bytes,
        "kv_cache_bytes": found.kv_cache_bytes,
        "state_bytes_per_sequence": found.state_bytes,
        "kv_cache_tok": found.kv_cache_tok,
        "sequences_at_mean_length": found.sequences_mean,
        "sequences_at_full_length": found.sequences_full,
        "sequences_at_longest_context": found.sequences_longest,
        "longest_context_tok": found.longest_context_tok,
        "model_bytes": found.model_bytes,
        "load_s": dict(found.load_s),
        "disk_bytes": found.disk_bytes,
        "host_memory_bytes": found.host_bytes,
        "shared_memory_bytes": found.shared_bytes,
    }


def _figure(figures: Figures, metric: str, value: float) -> Json:
    shown: dict[str, Json] = {"value": finite(value)}
    ends = figures.between(metric, value) if figures.stable else None
    return {**shown, "low80": ends[0], "high80": ends[1]} if ends else shown


def _fact(fact: Fact) -> Mapping[str, Json]:
    return {
        "name": fact.name,
        "value": fact.value,
        "unit": fact.unit,
        "source": fact.source,
        "as_of": fact.as_of,
    }


def _breakdown(found: Breakdown) -> Mapping[str, Json]:
    return {
        "step": found.title,
        "tokens": found.tokens,
        "sequences": found.sequences,
        "context_tok": found.context_tok,
        "total_s": found.total_s,
        "parts": [
            {"name": name, "time_s": value, "share": value / found.total_s}
            for name, value in found.parts.items()
        ],
    }
