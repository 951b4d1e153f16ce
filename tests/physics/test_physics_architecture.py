"""Parameters, bytes and FLOP against published figures."""

import pytest
from support import designs
from support.machines import LLAMA_3_8B, LLAMA_3_405B, MIXTRAL_8X7B, MIXTRAL_8X22B

from inferc.compiler.model import LanguageModel
from inferc.compiler.perf.architecture import (
    active_parameters,
    attention_parameters,
    embedding_parameters,
    experts_touched,
    kv_bytes_per_tok,
    layer_parameters,
    prefill_flop,
    weights_bytes,
)

GIB = 1024**3

PARAMETERS = [
    # Dubey et al., The Llama 3 Herd of Models (2024), table 3; counts of the checkpoints
    (LLAMA_3_8B, 8_030_261_248),
    (designs.LLAMA_3_70B, 70_553_706_496),
    (LLAMA_3_405B, 405_853_388_800),
    # Jiang et al., Mixtral of Experts (2024); Mistral AI, Mixtral 8x22B (2024)
    (MIXTRAL_8X7B, 46_702_792_704),
    (MIXTRAL_8X22B, 140_630_071_296),
    # Zhang et al., TinyLlama (2024)
    (designs.TINYLLAMA_1_1B, 1_100_048_384),
]


@pytest.mark.parametrize(("model", "published"), PARAMETERS, ids=lambda v: getattr(v, "title", ""))
def test_the_shape_adds_up_to_the_published_parameters(
    model: LanguageModel, published: int
) -> None:
    gated_mlp = 3 * model.hidden * model.intermediate * max(1, model.experts)
    router = model.hidden * model.experts
    norms = 2 * model.hidden
    layers = model.layers * (attention_parameters(model) + gated_mlp + router + norms)
    assert layers + embedding_parameters(model) + model.hidden == published
    assert layer_parameters(model) == layers - model.layers * norms


KV_BYTES = [
    # the usual arithmetic: 2 * layers * KV heads * head dimension * 2 bytes
    (LLAMA_3_8B, 131_072),  # 128 KiB
    (designs.LLAMA_3_70B, 327_680),  # 320 KiB
    (LLAMA_3_405B, 516_096),  # 504 KiB
    (MIXTRAL_8X7B, 131_072),
    (designs.TINYLLAMA_1_1B, 22_528),
]


@pytest.mark.parametrize(("model", "expected"), KV_BYTES, ids=lambda v: getattr(v, "title", ""))
def test_kv_cache_of_a_token(model: LanguageModel, expected: float) -> None:
    assert kv_bytes_per_tok(model) == expected


WEIGHTS = [
    # start-up logs of vLLM, "Model loading took … GiB"
    (designs.LLAMA_3_70B, "int8", 67.7229),  # vLLM pull request 12569, w8a8
    (LLAMA_3_8B, "int4", 5.3473),  # GPTQ 4 bit, groups of 128
    (LLAMA_3_8B, "fp16", 14.9595),  # 8.03e9 parameters of two bytes
    (designs.LLAMA_3_70B, "fp16", 131.4166),
]


@pytest.mark.parametrize(("model", "precision", "logged_gib"), WEIGHTS)
def test_weights_are_what_engines_log(
    model: LanguageModel, precision: str, logged_gib: float
) -> None:
    assert weights_bytes(model, precision) / GIB == pytest.approx(logged_gib, rel=0.005)


def test_active_parameters_of_mixtures() -> None:
    # Jiang et al. (2024): 13B active of 47B; Mistral AI (2024): 39B active of 141B
    assert active_parameters(MIXTRAL_8X7B) == pytest.approx(12.9e9, rel=0.01)
    assert active_parameters(MIXTRAL_8X22B) == pytest.approx(39.2e9, rel=0.01)
    # a dense model: all but the norms, 80 layers of two and the last one
    norms = (2 * 80 + 1) * designs.LLAMA_3_70B.hidden
    assert active_parameters(designs.LLAMA_3_70B) + norms == designs.LLAMA_3_70B.parameters.value


@pytest.mark.parametrize(("tokens", "touched"), [(0, 0.0), (1, 2.0), (2, 3.5), (1000, 8.0)])
def test_experts_touched(tokens: float, touched: float) -> None:
    # 8 experts, 2 a token: by hand 8 * (1 - 0.75^n)
    assert experts_touched(8, 2, tokens) == pytest.approx(touched)


def test_prefill_is_two_flop_per_parameter_and_token() -> None:
    # Kaplan et al., Scaling Laws (2020): 2 N a token, embeddings apart; attention is 1 % here
    model = designs.LLAMA_3_70B
    without_tables = model.parameters.value - embedding_parameters(model)
    assert prefill_flop(model, 500) == pytest.approx(2 * without_tables * 500, rel=0.02)
    assert prefill_flop(model, 8000) > 1.05 * 2 * without_tables * 8000
