"""What one accelerator holds, and what is left for the KV cache."""

from math import ceil, floor, inf

from inferc.compiler.model import Accelerator, Engine, LanguageModel
from inferc.compiler.perf.architecture import (
    attention_parameters,
    cached_elements_per_shard,
    embedding_parameters,
    expert_layers,
    expert_parameters,
    full_attention_layers,
    kv_heads_per_shard,
    state_bytes,
    weights_bytes,
)
from inferc.compiler.perf.coefficients import coefficient
from inferc.compiler.perf.formats import (
    ACTIVATION_BYTES,
    BYTES_PER_PARAMETER,
    EXPERTS_ONLY,
    KV_BYTES,
    WIDE_BYTES,
)
from inferc.compiler.perf.values import Memory

LOGIT_COPIES = 3.0
"""The sampler holds 32-bit logits, their sorted copy and the probabilities (vLLM, ``Sampler``)."""

LOGIT_BYTES = 4.0

MOST_SAMPLED = 256
"""Sequences whose logits an engine sets memory aside for, however many it may run."""


def shard_weights_bytes(
    model: LanguageModel,
    precision: str,
    tensor_parallel: int,
    pipeline_parallel: int,
    *,
    expert_parallel: int = 1,
    attention_data_parallel: int = 1,
) -> float:
    """Return the weights on the accelerator of a replica that holds most.

    Layers are dealt out to stages, matrices cut into shards; KV projections are kept whole heads at
    least, so they stop shrinking at one head; a first or last stage has an embedding or the head,
    a single stage both. With expert parallelism experts are dealt out whole; each group that
    attends on its own has all of the attention.

    Source: Shoeybi et al., Megatron-LM (2019); Huang et al., GPipe (2019); Lepikhin et al., GShard
    (2020); SGLang, DP attention for DeepSeek (2024).
    """
    per_parameter = BYTES_PER_PARAMETER[precision]
    table_bytes = embedding_parameters(model) * max(per_parameter, WIDE_BYTES)
    in_layers = weights_bytes(model, precision) - table_bytes
    experts_bytes = expert_layers(model) * model.experts * expert_parameters(model) * per_parameter
    attention = WIDE_BYTES if precision in EXPERTS_ONLY else per_parameter
    attention_bytes = model.attention_layers * attention_parameters(model) * attention
    held_bytes = (
        (in_layers - experts_bytes - attention_bytes) / tensor_parallel
        + experts_bytes * _largest_share(model.experts, expert_parallel, tensor_parallel)
        + attention_bytes * attention_data_parallel / tensor_parallel
    )
    kept_heads = 0.0
    if not model.kv_lora_rank:
        shards = max(1, tensor_parallel // attention_data_parallel)
        kept_heads = kv_heads_per_shard(model, shards) - model.kv_heads / shards
    held_bytes += (
        model.attention_layers * 2.0 * model.hidden * kept_heads * model.head_dim * attention
    )
    of_stage = ceil(model.layers / pipeline_parallel) / model.layers
    tables = 1.0 if pipeline_parallel == 1 or model.tied_embeddings else 0.5
    return held_bytes * of_stage + tables * table_bytes / tensor_parallel


def _largest_share(experts: int, expert_parallel: int, tensor_parallel: int) -> float:
    """Return the share of all experts on the accelerator that holds most of them."""
    if not experts or expert_parallel <= 1:
        return 1.0 / tensor_parallel
    pieces = max(1, tensor_parallel // expert_parallel)
    return ceil(experts / expert_parallel) / experts / pieces


def activation_bytes(
    model: LanguageModel, tensor_parallel: int, batched_tok: float, sequences: float
) -> float:
    """Return the largest working memory of a step.

    The widest moment is inside the MLP (residual, normed input, gate, up, their product, output) or
    in the sampler (logits of every sequence), whichever is larger.

    Source: the layer's definition (Touvron et al., LLaMA, 2023); vLLM's profile run does the same.
    """
    width = model.intermediate * max(1, model.experts_per_token) + model.shared_intermediate
    width = max(width, model.dense_intermediate)
    in_layer = batched_tok * (3.0 * model.hidden + 3.0 * width / tensor_parallel) * ACTIVATION_BYTES
    in_sampler = sequences * model.vocabulary * LOGIT_BYTES * LOGIT_COPIES
    return max(in_layer, in_sampler)


def kv_bytes_per_tok_and_shard(
    model: LanguageModel,
    tensor_parallel: int,
    pipeline_parallel: int,
    *,
    kv_precision: str = "fp16",
    context_tok: float = 0.0,
) -> float:
    """Return the KV cache of one token on one accelerator.

    With ``context_tok``, of a token of a sequence of that length on average: windows cap what their
    layers keep, and a state counts by its share. Without, of a token within every window.
    """
    per_layer = cached_elements_per_shard(model, tensor_parallel) * KV_BYTES[kv_precision]
    of_stage = ceil(model.layers / pipeline_parallel) / model.layers
    if context_tok <= 0.0:
        return per_layer * model.attention_layers * of_stage
    kept = min(1.0, model.window_tok / context_tok)
    layers = full_attention_layers(model) + model.window_layers * kept
    state = state_bytes(model) / tensor_parallel / context_tok
    return (per_layer * layers + state) * of_stage


def kv_cache_tok(kv_cache_bytes: float, kv_tok_bytes: float, block_tok: float) -> float:
    """Return how many tokens fit, in whole blocks; without end where a token takes nothing.

    Source: Kwon et al., PagedAttention (2023).
    """
    if kv_tok_bytes <= 0.0:
        return inf if kv_cache_bytes > 0.0 else 0.0
    return max(0.0, floor(kv_cache_bytes / (kv_tok_bytes * block_tok)) * block_tok)


def longest_sequence_tok(
    model: LanguageModel,
    tensor_parallel: int,
    pipeline_parallel: int,
    kv_cache_bytes: float,
    *,
    kv_precision: str = "fp16",
) -> float:
    """Return the longest context of one sequence that has the KV cache to itself.

    States and windows take a constant once they are full; what is left goes to layers that look at
    the whole context. Without such layers there is no limit.

    Source: :func:`kv_bytes_per_tok_and_shard`, solved for the length.
    """
    of_stage = ceil(model.layers / pipeline_parallel) / model.layers
    per_layer = cached_elements_per_shard(model, tensor_parallel) * KV_BYTES[kv_precision]
    left_bytes = kv_cache_bytes / of_stage - state_bytes(model) / tensor_parallel
    if left_bytes <= 0.0:
        return 0.0
    within_tok = left_bytes / (per_layer * model.attention_layers) if per_layer else inf
    if within_tok <= model.window_tok or not model.window_layers:
        return within_tok if model.attention_layers else inf
    full = full_attention_layers(model)
    windows_bytes = per_layer * model.window_layers * model.window_tok
    return (left_bytes - windows_bytes) / (per_layer * full) if full else inf


def can_shard(model: LanguageModel, tensor_parallel: int, pipeline_parallel: int) -> bool:
    """Return whether heads and layers can be dealt out so.

    Source: vLLM's configuration checks: the heads must divide; KV heads divide or are repeated.
    """
    heads_fit = model.heads % tensor_parallel == 0
    kv_heads = 1 if model.kv_lora_rank else model.kv_heads
    kv_fits = kv_heads % tensor_parallel == 0 or tensor_parallel % kv_heads == 0
    return heads_fit and kv_fits and pipeline_parallel <= model.layers


def share_of_all(
    accelerator: Accelerator,
    engine: Engine,
    free_share: float,
    *,
    weights: float,
    activation: float,
) -> float:
    """Return the share of all memory that an engine takes with ``free_share`` of what is left.

    Left by weights, working memory and runtime; the engine takes those, too.

    Source: TensorRT-LLM, ``free_gpu_memory_fraction``; LMDeploy, ``cache_max_entry_count``.
    """
    held = weights + activation + coefficient("runtime_bytes", engine, accelerator)
    taken = held / accelerator.memory_bytes.value
    return taken + free_share * (1.0 - taken) if taken < 1.0 else 1.0


def memory_of(
    accelerator: Accelerator,
    engine: Engine,
    *,
    share: float,
    weights: float,
    activation: float,
    kv_tok_bytes: float,
) -> Memory:
    """Return how the memory of one accelerator is spent, of which the engine may take ``share``."""
    total_bytes = accelerator.memory_bytes.value
    usable_bytes = total_bytes * share
    runtime_bytes = coefficient("runtime_bytes", engine, accelerator)
    block_tok = coefficient("kv_block_tok", engine, accelerator)
    left_bytes = usable_bytes - weights - activation - runtime_bytes
    return Memory(
        total_bytes=total_bytes,
        usable_bytes=usable_bytes,
        weights_bytes=weights,
        activation_bytes=activation,
        runtime_bytes=runtime_bytes,
        kv_cache_bytes=left_bytes,
        kv_cache_tok=kv_cache_tok(left_bytes, kv_tok_bytes, block_tok),
    )
