"""Every kind of architecture against what its makers publish."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.model import LanguageModel
from inferc.compiler.model.catalog import language_model_at
from inferc.compiler.perf.architecture import (
    active_parameters,
    decode_flop_per_tok,
    decode_pair_flop,
    embedding_parameters,
    kv_bytes,
    kv_bytes_per_tok,
    layer_parameters,
    pair_flop,
    prefill_flop,
    read_once_bytes,
    shared_parameters,
    state_bytes,
    weights_bytes,
    window_pairs,
)

GIB = 1024.0**3


def model_at(path: str) -> LanguageModel:
    """Return a model of the catalog."""
    model = language_model_at(f"models.{path}")
    assert model is not None
    return model


PARAMETERS = [
    # total and active parameters as published; makers count no table of input embeddings as active
    # DeepSeek-AI, DeepSeek-V2 (2024); DeepSeek-V3 (2024), table 1 and section 4.2
    ("deepseek.deepseek_v2", 236e9, 21e9),
    ("deepseek.deepseek_v2_lite", 15.7e9, 2.4e9),
    ("deepseek.deepseek_v3", 671e9, 37e9),
    # Moonshot AI, Kimi K2 (2025), table 2
    ("moonshot.kimi_k2_instruct", 1.03e12, 32.6e9),
    # OpenAI, gpt-oss model card (2025), table 1
    ("openai.gpt_oss_120b", 116.83e9, 5.13e9),
    ("openai.gpt_oss_20b", 20.91e9, 3.61e9),
    # Qwen, Qwen3 technical report (2025), section 2; model cards of Qwen3-Next and Qwen3.5
    ("qwen.qwen3_30b_a3b", 30.5e9, 3.0e9),
    ("qwen.qwen3_235b_a22b", 235e9, 22e9),
    ("qwen.qwen3_next_80b_a3b_instruct", 80e9, 3.5e9),
    ("qwen.qwen3_5_397b_a17b", 397e9, 17e9),
    # Mistral AI (2024)
    ("mistral.mixtral_8x7b_instruct", 46.7e9, 12.9e9),
    ("mistral.mixtral_8x22b_instruct", 141e9, 39e9),
    # NVIDIA, Nemotron 3 Nano (2025): 31.6B, 3.2B active without embeddings
    ("nvidia.nemotron_3_nano_30b_a3b", 31.6e9, 3.2e9),
    # MiniMax, MiniMax-01 (2025)
    ("minimax.minimax_text_01", 456e9, 45.9e9),
    # Zhipu AI, GLM-4.5 (2025)
    ("zhipu.glm_4_5", 355e9, 32e9),
    ("zhipu.glm_4_5_air", 106e9, 12e9),
    # Meta, model card of Llama 4 (2025)
    ("meta.llama_4_scout_17b_16e_instruct", 109e9, 17e9),
    ("meta.llama_4_maverick_17b_128e_instruct", 400e9, 17e9),
]


@pytest.mark.parametrize(("path", "total", "active"), PARAMETERS, ids=str)
def test_shapes_add_up_to_what_is_published(path: str, total: float, active: float) -> None:
    model = model_at(path)
    counted = layer_parameters(model) + embedding_parameters(model)
    assert counted == pytest.approx(total, rel=0.012)  # Llama 4: without its vision tower
    inputs = 0 if model.tied_embeddings else model.vocabulary * model.hidden
    assert active_parameters(model) - inputs == pytest.approx(active, rel=0.08)


CACHE = [
    # Zhao et al., Insights into DeepSeek-V3 (ISCA 2025), table 1: KV cache of a token in 16 bits
    ("deepseek.deepseek_v3", 70_272),
    ("qwen.qwen2_5_72b_instruct", 327_680),
    ("meta.llama_3_1_405b_instruct", 516_096),
]


@pytest.mark.parametrize(("path", "published"), CACHE, ids=str)
def test_the_cache_of_a_token_is_as_large_as_published(path: str, published: int) -> None:
    assert kv_bytes_per_tok(model_at(path)) == published
    assert kv_bytes(model_at(path), 1000.0) == 1000 * published


def test_latent_attention_computes_more_to_read_less() -> None:
    """DeepSeek-V3 decodes in the latent space: 2 x 512 + 64 wide for 128 heads, and not 320."""
    model = model_at("deepseek.deepseek_v3")
    assert pair_flop(model) == 2 * 128 * (128 + 64 + 128)
    assert decode_pair_flop(model) == 2 * 128 * (2 * 512 + 64)


def test_sliding_windows_cap_what_their_layers_keep_and_see() -> None:
    """Gemma 3 27B: ten of 62 layers see all, 52 see 1,024 tokens; by hand."""
    model = model_at("google.gemma_3_27b_it")
    per_layer = 2 * 16 * 128 * 2
    assert kv_bytes(model, 1024.0) == 62 * per_layer * 1024
    assert kv_bytes(model, 131_072.0) == per_layer * (10 * 131_072 + 52 * 1024)
    # Gemma 3 technical report (2025), figure 6: windows save more than four fifths at 128k
    assert kv_bytes(model, 131_072.0) < 0.2 * 131_072 * kv_bytes_per_tok(model)
    short, long = decode_flop_per_tok(model, 8_192.0), decode_flop_per_tok(model, 65_536.0)
    assert long - short == pytest.approx((65_536 - 8_192) * 10 * pair_flop(model))


@settings(max_examples=100, deadline=None)
@given(
    done=st.integers(0, 3000), chunk=st.integers(1, 3000), window=st.sampled_from([128, 1024, 4096])
)
def test_pairs_through_a_window_are_those_counted_one_by_one(
    done: int, chunk: int, window: int
) -> None:
    counted = sum(min(position, window) for position in range(done, done + chunk))
    assert window_pairs(done, chunk, window) == pytest.approx(counted, abs=chunk)


def test_states_are_constant_whatever_the_context() -> None:
    """Nemotron 3 Nano: 23 Mamba-2 layers keep a state, six attend with two KV heads."""
    model = model_at("nvidia.nemotron_3_nano_30b_a3b")
    assert model.attention_layers == 6
    assert kv_bytes_per_tok(model) == 6 * 2 * 2 * 128 * 2
    assert state_bytes(model) == 23 * 542_720 * 2
    assert kv_bytes(model, 5000.0) == 5000 * kv_bytes_per_tok(model) + state_bytes(model)


def test_shared_experts_are_visited_by_every_token() -> None:
    """DeepSeek-V3: one shared expert of 2,048 and a router over 256 beside eight routed ones."""
    model = model_at("deepseek.deepseek_v3")
    assert shared_parameters(model) == 3 * 7168 * 2048 + 7168 * 256


CHECKPOINTS = [
    # OpenAI, gpt-oss model card (2025), table 1: only the experts are in mxfp4
    ("openai.gpt_oss_120b", 60.8 * GIB),
    ("openai.gpt_oss_20b", 12.8 * GIB),
]


@pytest.mark.parametrize(("path", "published"), CHECKPOINTS, ids=str)
def test_only_the_experts_are_in_four_bits(path: str, published: float) -> None:
    assert weights_bytes(model_at(path), "mxfp4") == pytest.approx(published, rel=0.01)


def test_prompts_of_a_mixture_cost_what_is_active() -> None:
    """Two FLOP for each active parameter and token; a short prompt, so attention hardly counts."""
    model = model_at("qwen.qwen3_30b_a3b")
    tables = embedding_parameters(model)
    flop = prefill_flop(model, 200.0)
    assert flop == pytest.approx(2 * (active_parameters(model) - tables) * 200, rel=0.05)


PATHS = st.sampled_from(sorted({path for path, *_ in PARAMETERS} | {"google.gemma_3_27b_it"}))


@settings(max_examples=100, deadline=None)
@given(path=PATHS, precision=st.sampled_from(["bf16", "fp8", "int4", "nvfp4", "mxfp4"]))
def test_one_token_never_reads_more_than_all(path: str, precision: str) -> None:
    model = model_at(path)
    assert 0.0 < read_once_bytes(model, precision) <= weights_bytes(model, precision)
    assert weights_bytes(model, precision) <= weights_bytes(model, "bf16") * (1 + 1e-9)


@settings(max_examples=100, deadline=None)
@given(path=PATHS, context=st.floats(1, 1e5), more=st.floats(1, 10))
def test_more_context_is_never_less_work(path: str, context: float, more: float) -> None:
    model = model_at(path)
    assert decode_flop_per_tok(model, context) <= decode_flop_per_tok(model, context * more)
    assert prefill_flop(model, context) <= prefill_flop(model, context * more)
    assert kv_bytes(model, context) <= kv_bytes(model, context * more)
