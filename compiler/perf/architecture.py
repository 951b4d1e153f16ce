"""The shape of a decoder-only transformer: parameters, bytes of weights, FLOP of a token.

Source of the counts: Vaswani et al., Attention Is All You Need (2017); Shazeer, GLU Variants
Improve Transformer (2020); Ainslie et al., GQA (2023); Jiang et al., Mixtral of Experts (2024).
"""

from collections.abc import Mapping
from math import ceil

from inferc.compiler.model import Accelerator, LanguageModel

ACTIVATION_BYTES = 2.0
"""Of one activation, and of one entry of the KV cache: engines keep both in 16 bits unless told."""

FLOP_PER_MULTIPLY_ADD = 2.0

BYTES_PER_PARAMETER: Mapping[str, float] = {
    "fp32": 4.0,
    "fp16": 2.0,
    "bf16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    "int4": 0.5 + (2.0 + 0.5) / 128.0,
}
"""Of a matrix in a layer. fp8 and int8 have one scale a channel, too few to count; int4 has a
16-bit scale and a 4-bit zero point for each group of 128 (Lin et al., AWQ, 2023; Frantar et al.,
GPTQ, 2022)."""

COMPUTE_DTYPES: Mapping[str, tuple[str, ...]] = {
    "fp32": ("fp32",),
    "fp16": ("fp16", "bf16", "fp32"),
    "bf16": ("bf16", "fp16", "fp32"),
    "fp8": ("fp8", "fp16", "bf16", "fp32"),
    "int8": ("int8", "fp16", "bf16", "fp32"),
    "int4": ("fp16", "bf16", "fp32"),
}
"""The units that multiply weights of a format, best first: without hardware for it the weights are
widened to the next format that there is; int4 always is (Lin et al., AWQ, 2023)."""


def compute_dtype(accelerator: Accelerator, precision: str) -> str | None:
    """Return the format in which ``accelerator`` multiplies weights of ``precision``, or None."""
    known = accelerator.flop_per_s
    return next((dtype for dtype in COMPUTE_DTYPES.get(precision, ()) if dtype in known), None)


def peak_flop_per_s(accelerator: Accelerator, precision: str) -> float:
    """Return the dense peak for weights of ``precision``; 0 where the device cannot do it."""
    dtype = compute_dtype(accelerator, precision)
    return accelerator.flop_per_s[dtype].value if dtype else 0.0


def embedding_parameters(model: LanguageModel) -> float:
    """Return the parameters of the input embedding and, unless tied, of the output head."""
    tables = 1 if model.tied_embeddings else 2
    return float(tables * model.vocabulary * model.hidden)


def attention_parameters(model: LanguageModel) -> float:
    """Return the parameters of the four projections of one layer's attention."""
    query_and_output = 2 * model.hidden * model.heads * model.head_dim
    key_and_value = 2 * model.hidden * model.kv_heads * model.head_dim
    return float(query_and_output + key_and_value)


def mlp_parameters(model: LanguageModel) -> float:
    """Return the parameters of one layer's MLP, all experts together.

    What is left of the published total: so plain and gated MLPs need no flag of their own.
    """
    in_layers = model.parameters.value - embedding_parameters(model)
    return max(0.0, in_layers / model.layers - attention_parameters(model))


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
    mlp = mlp_parameters(model)
    idle = mlp * (1.0 - model.experts_per_token / model.experts) if model.experts else 0.0
    return model.parameters.value - model.layers * idle


def weights_bytes(model: LanguageModel, precision: str) -> float:
    """Return the size of the whole model.

    Quantised checkpoints leave the embedding and the output head in 16 bits.

    Source: layer counts above; vLLM's log for Llama 3.1 70B in int8 says 67.7 GiB, this 67.7 GiB.
    """
    embedding = embedding_parameters(model)
    in_layers = max(0.0, model.parameters.value - embedding)
    per_layer_parameter = BYTES_PER_PARAMETER[precision]
    return in_layers * per_layer_parameter + embedding * max(per_layer_parameter, 2.0)


def kv_bytes_per_tok(model: LanguageModel) -> float:
    """Return the KV cache of one token in all layers: keys and values of every KV head."""
    return 2.0 * model.layers * model.kv_heads * model.head_dim * ACTIVATION_BYTES


def kv_heads_per_shard(model: LanguageModel, tensor_parallel: int) -> int:
    """Return how many KV heads one of ``tensor_parallel`` shards holds: at least one.

    Source: Shoeybi et al., Megatron-LM (2019), split by heads; with more shards than KV heads each
    KV head is kept on several shards.
    """
    return ceil(model.kv_heads / tensor_parallel)


def matrix_flop_per_tok(model: LanguageModel) -> float:
    """Return the FLOP of one token in the matrices of all layers, without the output head."""
    mlp = mlp_parameters(model)
    used = mlp * model.experts_per_token / model.experts if model.experts else mlp
    return FLOP_PER_MULTIPLY_ADD * model.layers * (attention_parameters(model) + used)


def head_flop_per_tok(model: LanguageModel) -> float:
    """Return the FLOP of the output head for one token that is sampled."""
    return FLOP_PER_MULTIPLY_ADD * model.vocabulary * model.hidden


def attention_flop_per_pair(model: LanguageModel) -> float:
    """Return the FLOP for one query token looking at one earlier token, in all layers.

    One multiply-add a head dimension for the score and one for the weighted sum.
    """
    return 2.0 * FLOP_PER_MULTIPLY_ADD * model.layers * model.heads * model.head_dim


def prefill_flop(model: LanguageModel, prompt_tok: float) -> float:
    """Return the FLOP between a prompt of ``prompt_tok`` tokens and its first answer token.

    All matrices for each token, each token looking at those before it, and the output head once.

    Source: the counts above. Holds for: a prompt of which no part is cached.
    """
    pairs = prompt_tok * prompt_tok / 2.0
    return (
        prompt_tok * matrix_flop_per_tok(model)
        + pairs * attention_flop_per_pair(model)
        + head_flop_per_tok(model)
    )


def decode_flop_per_tok(model: LanguageModel, context_tok: float) -> float:
    """Return the FLOP of one answer token that looks at ``context_tok`` earlier tokens."""
    return (
        matrix_flop_per_tok(model)
        + context_tok * attention_flop_per_pair(model)
        + head_flop_per_tok(model)
    )


def activation_elements_per_tok(model: LanguageModel, tensor_parallel: int) -> float:
    """Return how many activations one token of one layer reads and writes beside the matrices.

    Two norms with their residuals read and write the hidden state twice each and the matrices read
    and write it once each (12); queries, keys, values and the attention's answer are written and
    read (2 each); gate and up are written and read, their product written and read (6).

    Source: the layer's definition (Touvron et al., LLaMA, 2023). Holds for: kernels fused as in
    FlashAttention and fused add-norm.
    """
    shared = 12.0 * model.hidden
    heads = 2.0 * (2 * model.heads + 2 * model.kv_heads) * model.head_dim
    width = model.intermediate * max(1, model.experts_per_token)
    return shared + (heads + 6.0 * width) / tensor_parallel
