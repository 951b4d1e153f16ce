"""What a configuration holds in memory, and how much of what then fits."""

from dataclasses import replace

from inferc.compiler.estimation.values import Fit, Load, Setup
from inferc.compiler.perf.architecture import state_bytes, weights_bytes
from inferc.compiler.perf.coefficients import coefficient
from inferc.compiler.perf.loading import (
    STORAGE,
    disk_bytes,
    host_memory_bytes,
    load_s,
    shared_memory_bytes,
)
from inferc.compiler.perf.memory import (
    MOST_SAMPLED,
    activation_bytes,
    kv_bytes_per_tok_and_shard,
    kv_cache_tok,
    longest_sequence_tok,
    memory_of,
    shard_weights_bytes,
    share_of_all,
)
from inferc.compiler.perf.values import Memory

RESERVE = "reserved_bytes"
"""Default of engines whose share is of weights and KV cache alone: the rest lies beside it."""


def mean_context_tok(load: Load) -> float:
    """Return the tokens of a sequence in the middle of its answer."""
    return load.prompt_tok + load.output_tok / 2.0


def fit(setup: Setup, load: Load) -> Fit:
    """Return how the memory of one accelerator of ``setup`` is spent under ``load``."""
    model, layout, operating = setup.model, setup.layout, setup.operating
    accelerator, engine = setup.place.accelerator, setup.engine
    context_tok = mean_context_tok(load)
    memory = _memory(setup, load)
    groups = layout.attention_data_parallel
    per_tok_bytes = _kv_bytes(setup, context_tok) / context_tok
    block_tok = float(operating.kv_block_tok)
    tokens = kv_cache_tok(memory.kv_cache_bytes, per_tok_bytes, block_tok) * groups
    if operating.kv_cache_tok and memory.kv_cache_bytes > 0.0:
        tokens = float(operating.kv_cache_tok)
    cache_bytes = tokens / groups * per_tok_bytes

    def sequences(of_tok: float) -> float:
        return groups * cache_bytes / _kv_bytes(setup, of_tok)

    longest_tok = longest_sequence_tok(
        model,
        layout.tensor_parallel // groups,
        layout.pipeline_parallel,
        cache_bytes,
        kv_precision=layout.kv_precision,
    )
    start_s = coefficient("start_s", engine, accelerator)
    in_node = min(setup.accelerators_per_replica, setup.place.per_node)
    model_bytes = weights_bytes(model, layout.precision)
    return Fit(
        total_bytes=memory.total_bytes,
        usable_bytes=memory.usable_bytes,
        weights_bytes=memory.weights_bytes,
        activation_bytes=memory.activation_bytes,
        runtime_bytes=memory.runtime_bytes,
        kv_cache_bytes=memory.kv_cache_bytes,
        state_bytes=state_bytes(model) / layout.tensor_parallel * groups,
        kv_cache_tok=tokens,
        sequences_mean=sequences(context_tok),
        sequences_full=sequences(load.prompt_tok + load.output_tok),
        sequences_longest=sequences(float(model.context)),
        longest_context_tok=float(int(min(longest_tok, model.context))),
        model_bytes=model_bytes,
        load_s={tier: load_s(model_bytes, tier, start_s=start_s) for tier in STORAGE},
        disk_bytes=disk_bytes(model, layout.precision),
        host_bytes=host_memory_bytes(in_node),
        shared_bytes=shared_memory_bytes(in_node),
    )


def _memory(setup: Setup, load: Load) -> Memory:
    """Return the memory of one accelerator, with the engine's own meaning of its share."""
    model, layout, operating = setup.model, setup.layout, setup.operating
    accelerator, engine = setup.place.accelerator, setup.engine
    weights = shard_weights_bytes(
        model,
        layout.precision,
        layout.tensor_parallel,
        layout.pipeline_parallel,
        expert_parallel=layout.expert_parallel,
        attention_data_parallel=layout.attention_data_parallel,
    )
    activation = activation_bytes(
        model,
        layout.tensor_parallel,
        _largest_step_tok(setup, load),
        min(operating.max_num_seqs, MOST_SAMPLED),
    )
    share = operating.memory_share
    if operating.memory_share_of == "free":
        share = share_of_all(accelerator, engine, share, weights=weights, activation=activation)
    elif RESERVE in engine.defaults:
        runtime = coefficient("runtime_bytes", engine, accelerator)
        share = min(1.0, share + (activation + runtime) / accelerator.memory_bytes.value)
    return memory_of(
        accelerator,
        engine,
        share=share,
        weights=weights,
        activation=activation,
        kv_tok_bytes=1.0,
    )


def _largest_step_tok(setup: Setup, load: Load) -> float:
    """Return the tokens of a step that working memory is kept for.

    Where prompts are not split, the budget is that of the longest context; then it is enough to
    hold what the engine does by default, or the prompts that come.
    """
    operating = setup.operating
    budget = float(operating.max_num_batched_tokens)
    if operating.chunked_prefill:
        return budget
    usual = setup.engine.defaults.get("max_num_batched_tokens")
    return min(budget, max(usual.value if usual else 0.0, load.prompt_tok))


def smallest_tensor_parallel(setup: Setup, load: Load, degrees: tuple[int, ...]) -> int:
    """Return the least of ``degrees`` at which one request fits; 0 where none does."""
    for degree in degrees:
        wider = replace(setup, layout=replace(setup.layout, tensor_parallel=degree))
        if fits(fit(wider, load)):
            return degree
    return 0


def fits(found: Fit) -> bool:
    """Return whether the weights leave room for at least one request of the load."""
    return found.kv_cache_bytes > 0.0 and found.sequences_full >= 1.0


def _kv_bytes(setup: Setup, of_tok: float) -> float:
    """Return what one sequence of ``of_tok`` tokens keeps on one accelerator of its group.

    Windows cap what their layers keep, a state counts whatever the length.
    """
    layout = setup.layout
    per_tok_bytes = kv_bytes_per_tok_and_shard(
        setup.model,
        layout.tensor_parallel // layout.attention_data_parallel,
        layout.pipeline_parallel,
        kv_precision=layout.kv_precision,
        context_tok=of_tok,
    )
    return per_tok_bytes * of_tok
