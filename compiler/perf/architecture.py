"""The shape of a language model: parameters, bytes of weights, FLOP of a token, its cache.

Source of the counts: Vaswani et al., Attention Is All You Need (2017); Shazeer, GLU Variants
Improve Transformer (2020); Ainslie et al., GQA (2023); Jiang et al., Mixtral of Experts (2024);
DeepSeek-AI, DeepSeek-V2 (2024) for latent attention; Beltagy et al., Longformer (2020) for sliding
windows; Dao and Gu, Mamba-2 (2024) for states.
"""

from math import ceil

from inferc.compiler.model import LanguageModel
from inferc.compiler.perf.formats import (
    ACTIVATION_BYTES,
    BYTES_PER_PARAMETER,
    EXPERTS_ONLY,
    WIDE_BYTES,
)

FLOP_PER_MULTIPLY_ADD = 2.0

STATE_FLOP_PER_ELEMENT = 6.0
"""Decay, update and read-out of one number of a state: three multiply-adds a token (Dao and Gu,
Mamba-2, 2024, section 6)."""


def expert_layers(model: LanguageModel) -> int:
    """Return how many layers hold a mixture of experts."""
    return model.all_mlp_layers - model.dense_layers if model.experts else 0


def dense_mlp_layers(model: LanguageModel) -> int:
    """Return how many layers hold a dense MLP."""
    return model.all_mlp_layers - expert_layers(model)


def full_attention_layers(model: LanguageModel) -> int:
    """Return how many layers look at the whole context."""
    return model.attention_layers - model.window_layers


def embedding_parameters(model: LanguageModel) -> float:
    """Return the parameters of the input embedding and, unless tied, of the output head."""
    tables = 1 if model.tied_embeddings else 2
    return float(tables * model.vocabulary * model.hidden)


def attention_parameters(model: LanguageModel) -> float:
    """Return the parameters of the projections of one layer's attention.

    Latent attention compresses queries and keys-with-values to a low rank and expands them again.

    Source: Ainslie et al., GQA (2023); DeepSeek-AI, DeepSeek-V2 (2024), section 2.1.
    """
    if not model.kv_lora_rank:
        query = model.hidden * model.heads * model.head_dim
        key_and_value = 2 * model.hidden * model.kv_heads * model.head_dim
        return float((3 if model.attention_gate else 2) * query + key_and_value)
    query_dim = model.heads * (model.qk_nope_head_dim + model.qk_rope_head_dim)
    rank = model.q_lora_rank
    query = rank * (model.hidden + query_dim) if rank else model.hidden * query_dim
    compress = model.hidden * (model.kv_lora_rank + model.qk_rope_head_dim)
    expand = model.kv_lora_rank * model.heads * (model.qk_nope_head_dim + model.v_head_dim)
    return float(query + compress + expand + model.heads * model.v_head_dim * model.hidden)


def expert_parameters(model: LanguageModel) -> float:
    """Return the parameters of one routed expert of one layer."""
    return float(model.mlp_matrices * model.hidden * model.intermediate) if model.experts else 0.0


def dense_mlp_parameters(model: LanguageModel) -> float:
    """Return the parameters of one dense MLP."""
    width = model.dense_intermediate if model.experts else model.intermediate
    return float(model.mlp_matrices * model.hidden * width)


def shared_parameters(model: LanguageModel) -> float:
    """Return what every token visits in a layer of experts: the shared experts and the router."""
    shared = model.mlp_matrices * model.hidden * model.shared_intermediate
    return float(shared + model.hidden * model.experts)


def layer_parameters(model: LanguageModel) -> float:
    """Return the parameters of all layers together, experts included."""
    routed = expert_layers(model) * model.experts * expert_parameters(model)
    return always_parameters(model) + routed


def always_parameters(model: LanguageModel) -> float:
    """Return the parameters in layers that every token passes through: all but routed experts."""
    return (
        model.attention_layers * attention_parameters(model)
        + float(model.state_layers * model.state_parameters)
        + dense_mlp_layers(model) * dense_mlp_parameters(model)
        + expert_layers(model) * shared_parameters(model)
    )


def wide_parameters(model: LanguageModel, precision: str) -> float:
    """Return the parameters in layers that ``precision`` leaves in 16 bits."""
    return always_parameters(model) if precision in EXPERTS_ONLY else 0.0


def other_parameters(model: LanguageModel) -> float:
    """Return what the published total holds beside layers and embeddings: norms, a vision tower."""
    counted = layer_parameters(model) + embedding_parameters(model)
    return max(0.0, model.parameters.value - counted)


def experts_touched(experts: int, per_token: int, tokens: float) -> float:
    """Return how many of ``experts`` a step with ``tokens`` tokens reads, on average.

    Each token picks ``k`` of ``E`` experts, so one expert is left out by all of ``n`` tokens with
    probability ``(1 - k/E)^n``: ``E (1 - (1 - k/E)^n)``.

    Source: linearity of expectation; even routing (Fedus et al., Switch Transformers, 2021).
    Holds for: routing without strong preferences.
    """
    left_out: float = max(0.0, 1.0 - per_token / experts) ** tokens
    return experts * (1.0 - left_out)


def active_parameters(model: LanguageModel) -> float:
    """Return the parameters that one token passes through, embeddings included."""
    routed = expert_layers(model) * model.experts_per_token * expert_parameters(model)
    return always_parameters(model) + routed + embedding_parameters(model)


def weights_bytes(model: LanguageModel, precision: str) -> float:
    """Return the size of the whole model.

    Quantised checkpoints leave the embedding, the output head and what is not a layer's matrix in
    16 bits.

    Source: layer counts above; vLLM's log for Llama 3.1 70B in int8 says 67.7 GiB, this 67.7 GiB.
    """
    per_parameter = BYTES_PER_PARAMETER[precision]
    wide = wide_parameters(model, precision)
    narrow_bytes = (layer_parameters(model) - wide) * per_parameter
    rest = embedding_parameters(model) + other_parameters(model)
    return narrow_bytes + wide * WIDE_BYTES + rest * max(per_parameter, WIDE_BYTES)


def read_once_bytes(model: LanguageModel, precision: str) -> float:
    """Return the bytes of weights that one token needs: no idle expert, one row of embeddings."""
    per_parameter = BYTES_PER_PARAMETER[precision]
    wide = wide_parameters(model, precision)
    routed = expert_layers(model) * model.experts_per_token * expert_parameters(model)
    narrow_bytes = (always_parameters(model) - wide + routed) * per_parameter
    head = float(model.vocabulary * model.hidden)
    return narrow_bytes + wide * WIDE_BYTES + head * max(per_parameter, WIDE_BYTES)


def cached_elements_per_tok(model: LanguageModel) -> float:
    """Return the numbers that one layer of attention keeps of one token.

    A key and a value for each KV head; latent attention keeps the compressed pair and the part of
    the key that carries the position.

    Source: Kwon et al., PagedAttention (2023); DeepSeek-AI, DeepSeek-V2 (2024), section 2.1.
    """
    if model.kv_lora_rank:
        return float(model.kv_lora_rank + model.qk_rope_head_dim)
    return 2.0 * model.kv_heads * model.head_dim


def kv_bytes(model: LanguageModel, context_tok: float, kv_entry_bytes: float = 2.0) -> float:
    """Return the KV cache and state of one sequence of ``context_tok`` tokens, in all layers.

    Windowed layers keep the window, layers with a state a constant.

    Source: the layers' definitions, see the top of this file.
    """
    per_layer = cached_elements_per_tok(model) * kv_entry_bytes
    full = full_attention_layers(model) * per_layer * context_tok
    windowed = model.window_layers * per_layer * min(context_tok, float(model.window_tok))
    return full + windowed + state_bytes(model)


def kv_bytes_per_tok(model: LanguageModel) -> float:
    """Return the KV cache of one token in all layers, within every window."""
    return model.attention_layers * cached_elements_per_tok(model) * ACTIVATION_BYTES


def state_bytes(model: LanguageModel) -> float:
    """Return the states of one sequence in all layers that have one."""
    return float(model.state_layers * model.state_elements) * ACTIVATION_BYTES


def kv_heads_per_shard(model: LanguageModel, tensor_parallel: int) -> int:
    """Return how many KV heads one of ``tensor_parallel`` shards holds: at least one.

    Source: Shoeybi et al., Megatron-LM (2019), split by heads; with more shards than KV heads each
    KV head is kept on several shards, and the one latent pair of DeepSeek-V2 on all.
    """
    return 1 if model.kv_lora_rank else ceil(model.kv_heads / tensor_parallel)


def cached_elements_per_shard(model: LanguageModel, tensor_parallel: int) -> float:
    """Return the numbers that one shard of one layer of attention keeps of one token."""
    if model.kv_lora_rank:
        return cached_elements_per_tok(model)
    return 2.0 * kv_heads_per_shard(model, tensor_parallel) * model.head_dim


def matrix_flop_per_tok(model: LanguageModel) -> float:
    """Return the FLOP of one token in the matrices of all layers, without the output head."""
    routed = expert_layers(model) * model.experts_per_token * expert_parameters(model)
    return FLOP_PER_MULTIPLY_ADD * (always_parameters(model) + routed)


def head_flop_per_tok(model: LanguageModel) -> float:
    """Return the FLOP of the output head for one token that is sampled."""
    return FLOP_PER_MULTIPLY_ADD * model.vocabulary * model.hidden


def pair_flop(model: LanguageModel) -> float:
    """Return the FLOP of one layer for one prompt token looking at one earlier token.

    One multiply-add a head dimension for the score and one for the weighted sum.
    """
    if model.kv_lora_rank:
        score = model.qk_nope_head_dim + model.qk_rope_head_dim
        return FLOP_PER_MULTIPLY_ADD * model.heads * (score + model.v_head_dim)
    return 2.0 * FLOP_PER_MULTIPLY_ADD * model.heads * model.head_dim


def decode_pair_flop(model: LanguageModel) -> float:
    """Return the same for a token of an answer.

    Latent attention stays in the latent space then, where a score is as wide as the compressed
    pair: the expansion is absorbed into the projections.

    Source: DeepSeek-AI, DeepSeek-V2 (2024), section 2.1 and appendix C.
    """
    if model.kv_lora_rank:
        width = 2 * model.kv_lora_rank + model.qk_rope_head_dim
        return FLOP_PER_MULTIPLY_ADD * model.heads * width
    return pair_flop(model)


def prefill_flop(model: LanguageModel, prompt_tok: float) -> float:
    """Return the FLOP between a prompt of ``prompt_tok`` tokens and its first answer token.

    All matrices for each token, each token looking at those before it, and the output head once.

    Source: the counts above. Holds for: a prompt of which no part is cached.
    """
    full = prompt_tok * prompt_tok / 2.0
    windowed = window_pairs(0.0, prompt_tok, float(model.window_tok))
    pairs = full_attention_layers(model) * full + model.window_layers * windowed
    return (
        prompt_tok * matrix_flop_per_tok(model)
        + pairs * pair_flop(model)
        + head_flop_per_tok(model)
    )


def window_pairs(done_tok: float, chunk_tok: float, window_tok: float) -> float:
    """Return how many earlier tokens a chunk of a prompt looks at through a window.

    The chunk follows ``done_tok`` tokens of its prompt; each token sees those before it, at most
    ``window_tok`` of them.

    Source: integral of ``min(position, window)`` over the chunk.
    """
    growing = min(chunk_tok, max(0.0, window_tok - done_tok))
    return growing * (done_tok + growing / 2.0) + (chunk_tok - growing) * window_tok


def decode_flop_per_tok(model: LanguageModel, context_tok: float) -> float:
    """Return the FLOP of one answer token that looks at ``context_tok`` earlier tokens.

    The fewest of them: latent attention may expand the cache instead of staying in it.
    """
    per_pair = min(decode_pair_flop(model), pair_flop(model))
    seen = full_attention_layers(model) * context_tok
    seen += model.window_layers * min(context_tok, float(model.window_tok))
    return matrix_flop_per_tok(model) + seen * per_pair + head_flop_per_tok(model)


def activation_elements_per_tok(model: LanguageModel, tensor_parallel: int) -> float:
    """Return how many activations one token of one layer reads and writes beside the matrices.

    Two norms with their residuals read and write the hidden state twice each and the matrices read
    and write it once each (12); queries, keys, values and the attention's answer are written and
    read (2 each); gate and up are written and read, their product written and read (6). For each
    expert that a token visits its hidden state is gathered, and what comes back is written and
    added up in 32 bits (6).

    Source: the layer's definition (Touvron et al., LLaMA, 2023). Holds for: kernels fused as in
    FlashAttention and fused add-norm.
    """
    shared = 12.0 * model.hidden
    heads = 2.0 * (2 * model.heads + 2 * model.kv_heads) * model.head_dim
    width = model.intermediate * max(1, model.experts_per_token) + model.shared_intermediate
    share_of_experts = expert_layers(model) / model.layers
    visits = 6.0 * model.hidden * model.experts_per_token * share_of_experts
    return shared + visits + (heads + 6.0 * width) / tensor_parallel
