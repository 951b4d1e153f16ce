"""What a configuration holds in memory, and how much of what then fits."""

from dataclasses import replace

from inferc.compiler.estimation.values import Fit, Load, Setup
from inferc.compiler.perf.architecture import state_bytes, weights_bytes
from inferc.compiler.perf.coefficients import coefficient
from inferc.compiler.perf.memory import (
    activation_bytes,
    kv_bytes_per_tok_and_shard,
    kv_cache_tok,
    memory_of,
    shard_weights_bytes,
)


def mean_context_tok(load: Load) -> float:
    """Return the tokens of a sequence in the middle of its answer."""
    return load.prompt_tok + load.output_tok / 2.0


def fit(setup: Setup, load: Load) -> Fit:
    """Return how the memory of one accelerator of ``setup`` is spent under ``load``."""
    model, layout = setup.model, setup.layout
    accelerator, engine = setup.place.accelerator, setup.engine
    context_tok = mean_context_tok(load)
    operating = setup.operating
    of_free = operating.memory_share_of == "free"
    memory = memory_of(
        accelerator,
        engine,
        share=1.0 if of_free else operating.memory_share,
        weights=shard_weights_bytes(
            model, layout.precision, layout.tensor_parallel, layout.pipeline_parallel
        ),
        activation=activation_bytes(
            model, layout.tensor_parallel, operating.max_num_batched_tokens, operating.max_num_seqs
        ),
        kv_tok_bytes=1.0,
    )
    groups = layout.attention_data_parallel
    per_tok_bytes = _kv_bytes(setup, context_tok) / context_tok
    share = operating.memory_share if of_free and memory.kv_cache_bytes > 0.0 else 1.0
    left_bytes = memory.kv_cache_bytes * share
    unused_bytes = memory.kv_cache_bytes - left_bytes
    block_tok = float(operating.kv_block_tok)
    tokens = kv_cache_tok(left_bytes, per_tok_bytes, block_tok) * groups
    if operating.kv_cache_tok and left_bytes > 0.0:
        tokens = float(operating.kv_cache_tok)
    cache_bytes = tokens / groups * per_tok_bytes

    def sequences(of_tok: float) -> float:
        return groups * cache_bytes / _kv_bytes(setup, of_tok)

    loading = coefficient("load_bytes_per_s", engine, accelerator)
    model_bytes = weights_bytes(model, layout.precision)
    return Fit(
        total_bytes=memory.total_bytes,
        usable_bytes=memory.usable_bytes - unused_bytes,
        weights_bytes=memory.weights_bytes,
        activation_bytes=memory.activation_bytes,
        runtime_bytes=memory.runtime_bytes,
        kv_cache_bytes=left_bytes,
        state_bytes=state_bytes(model) / layout.tensor_parallel * groups,
        kv_cache_tok=tokens,
        sequences_mean=sequences(context_tok),
        sequences_full=sequences(load.prompt_tok + load.output_tok),
        sequences_longest=sequences(float(model.context)),
        longest_context_tok=_longest_context_tok(setup, cache_bytes),
        load_s=coefficient("start_s", engine, accelerator) + model_bytes / loading,
        model_bytes=model_bytes,
    )


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


def _longest_context_tok(setup: Setup, cache_bytes: float) -> float:
    """Return the longest context of one sequence alone, by bisection: what it keeps only grows."""
    low, high = 0, setup.model.context
    if _kv_bytes(setup, float(high)) <= cache_bytes:
        return float(high)
    while high - low > 1:
        middle = (low + high) // 2
        if _kv_bytes(setup, float(middle)) <= cache_bytes:
            low = middle
        else:
            high = middle
    return float(low)
