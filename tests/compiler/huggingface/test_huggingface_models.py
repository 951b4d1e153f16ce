"""Configurations become the models that the catalog and their makers describe."""

from dataclasses import fields

import pytest
from support import configs, configs_mixed
from support.configs import Json, model_of

from inferc.compiler.model import LanguageModel
from inferc.compiler.model.catalog import language_model_at

NAMES = {"id", "title", "repository", "revision", "parameters", "span"}
SHAPE = [item.name for item in fields(LanguageModel) if item.name not in NAMES]

SAME = [
    (configs.LLAMA_3_1_8B, "models.meta.llama_3_1_8b_instruct"),
    (configs.MIXTRAL_8X7B, "models.mistral.mixtral_8x7b_instruct"),
    (configs.MISTRAL_7B, "models.mistral.mistral_7b_v0_1"),
    (configs.QWEN2_7B, "models.qwen.qwen2_7b_instruct"),
    (configs.QWEN2_57B_A14B, "models.qwen.qwen2_57b_a14b_instruct"),
    (configs.QWEN3_30B_A3B, "models.qwen.qwen3_30b_a3b"),
    (configs.QWEN3_NEXT, "models.qwen.qwen3_next_80b_a3b_instruct"),
    (configs.QWEN3_5_35B_A3B, "models.qwen.qwen3_5_35b_a3b"),
    (configs.DEEPSEEK_V3, "models.deepseek.deepseek_v3"),
    (configs.DEEPSEEK_V2_LITE, "models.deepseek.deepseek_v2_lite"),
    (configs.GPT_OSS_20B, "models.openai.gpt_oss_20b"),
    (configs.FALCON_7B, "models.falcon.falcon_7b"),
    (configs.GPT_J_6B, "models.gpt_j_6b"),
    (configs.BLOOM_7B1, "models.bloom_7b1"),
    (configs.OPT_6_7B, "models.opt_6_7b"),
    (configs.DECILM_7B, "models.decilm_7b"),
    (configs_mixed.NEMOTRON_H_56B, "models.nvidia.nemotron_h_56b"),
    (configs_mixed.NEMOTRON_3_NANO, "models.nvidia.nemotron_3_nano_30b_a3b"),
    (configs_mixed.GEMMA_2_9B, "models.google.gemma_2_9b_it"),
    (configs_mixed.GEMMA_3_4B, "models.google.gemma_3_4b_it"),
    (configs_mixed.JAMBA_1_5_MINI, "models.ai21.jamba_1_5_mini"),
    (configs_mixed.MINIMAX_TEXT_01, "models.minimax.minimax_text_01"),
    (configs_mixed.GLM_4_5_AIR, "models.zhipu.glm_4_5_air"),
    (configs_mixed.CHATGLM_9B, "models.zhipu.glm_4_9b_chat"),
    (configs_mixed.PHI_3_5_MOE, "models.microsoft.phi_3_5_moe_instruct"),
    (configs_mixed.STARCODER2_15B, "models.bigcode.starcoder2_15b"),
]


def named(value: object) -> str:
    """Return what a case is called."""
    return str(value["model_type"]) if isinstance(value, dict) else str(value)


UNSAID = {"models.qwen.qwen3_next_80b_a3b_instruct": {"prediction_layers"}}
"""What the entry knows from elsewhere."""


@pytest.mark.parametrize(("config", "path"), SAME, ids=named)
def test_a_configuration_and_its_entry_describe_one_model(config: Json, path: str) -> None:
    read, entry = model_of(config), language_model_at(path)
    assert entry is not None
    differing = {name for name in SHAPE if getattr(read, name) != getattr(entry, name)}
    assert differing == UNSAID.get(path, set())
    assert read.parameters.value == pytest.approx(entry.parameters.value, rel=0.015)


PUBLISHED = [
    # total parameters as the makers or the repositories state them, vision towers included
    (configs_mixed.NEMOTRON_H_56B, 56.3e9),
    (configs_mixed.NEMOTRON_3_NANO, 31.6e9),
    (configs_mixed.LLAMA_4_MAVERICK, 400.7e9),
    (configs_mixed.GEMMA_2_9B, 9_241_705_984),
    (configs_mixed.GEMMA_3_4B, 4_300_079_472),
    (configs_mixed.JAMBA_1_5_MINI, 51_570_323_328),
    (configs_mixed.MINIMAX_TEXT_01, 456e9),
    (configs_mixed.GLM_4_5_AIR, 106.9e9),
    (configs_mixed.COMMAND_R7B, 8_027_902_464),
    (configs_mixed.CHATGLM_9B, 9_399_951_360),
    (configs_mixed.PHI_3_5_MOE, 41.9e9),
    (configs_mixed.STARCODER2_15B, 15_957_889_024),
]


@pytest.mark.parametrize(("config", "published"), PUBLISHED, ids=named)
def test_the_layers_of_a_configuration_hold_what_was_published(
    config: Json, published: float
) -> None:
    assert model_of(config).parameters.value == pytest.approx(published, rel=0.005)


def test_layers_of_one_purpose() -> None:
    model = model_of(configs_mixed.NEMOTRON_H_56B)
    assert (model.state_layers, model.attention_layers, model.all_mlp_layers) == (54, 10, 54)
    assert model.mlp_matrices == 2
    # 256 heads of 64 x 256 states, and three steps of a convolution over 16384 + 2 x 8 x 256
    assert model.state_elements == 256 * 64 * 256 + 3 * (16384 + 4096)


def test_layers_of_one_purpose_with_experts() -> None:
    model = model_of(configs_mixed.NEMOTRON_3_NANO)
    assert (model.state_layers, model.attention_layers, model.all_mlp_layers) == (23, 6, 23)
    assert (model.experts, model.experts_per_token, model.dense_layers) == (128, 6, 0)
    assert model.shared_intermediate == 3712
    listed = [{"M": "mamba", "*": "attention", "E": "moe"}[sign] for sign in _pattern()]
    named = dict(configs_mixed.NEMOTRON_3_NANO, layers_block_type=listed)
    del named["hybrid_override_pattern"]
    assert model_of(named).state_layers == 23


def _pattern() -> str:
    return str(configs_mixed.NEMOTRON_3_NANO["hybrid_override_pattern"])


def test_chunked_attention_and_every_second_layer_dense() -> None:
    model = model_of(configs_mixed.LLAMA_4_MAVERICK)
    assert (model.window_layers, model.window_tok) == (36, 8192)
    assert (model.dense_layers, model.dense_intermediate) == (24, 16384)
    assert model.shared_intermediate == 8192


def test_windows_by_pattern() -> None:
    assert model_of(configs_mixed.GEMMA_2_9B).window_layers == 21
    assert model_of(configs_mixed.GEMMA_3_4B).window_layers == 29
    short = dict(configs_mixed.COMMAND_R7B, max_position_embeddings=132096)
    assert model_of(short).window_layers == 24
    renamed = {"_" * (key == "sliding_window_pattern") + key: item for key, item in short.items()}
    assert model_of(renamed | {"_sliding_window_pattern": 2}).window_layers == 16
    assert model_of(configs_mixed.STARCODER2_15B).window_layers == 40


def test_a_window_as_long_as_the_context_is_none() -> None:
    model = model_of(configs_mixed.PHI_3_5_MOE)
    assert (model.window_layers, model.window_tok) == (0, 0)


def test_what_a_window_says_where_it_is_switched_on() -> None:
    used = dict(configs.QWEN2_7B, use_sliding_window=True, sliding_window=4096)
    assert model_of(used).window_layers == 0
    lower = dict(used, max_window_layers=21)
    assert model_of(lower).window_layers == 7


def test_attention_of_a_hybrid_is_gated() -> None:
    assert model_of(configs.QWEN3_NEXT).attention_gate
    assert not model_of(configs.LLAMA_3_1_8B).attention_gate


def test_dense_layers_in_any_way_of_saying_so() -> None:
    base = configs.QWEN3_30B_A3B
    assert model_of(base).dense_layers == 0
    assert model_of(dict(base, mlp_only_layers=[0, 1, 2])).dense_layers == 3
    assert model_of(dict(base, decoder_sparse_step=2)).dense_layers == 24
    assert model_of(dict(base, decoder_sparse_step=2)).dense_intermediate == 6144
    assert model_of(configs_mixed.JAMBA_1_5_MINI).dense_layers == 16
    assert model_of(configs_mixed.JAMBA_1_5_MINI).attention_layers == 4


def test_dense_layers_as_a_list_of_flags() -> None:
    listed = dict(configs_mixed.GLM_4_5_AIR, moe_layer_freq=[*[0] * 3, *[1] * 43])
    assert model_of(listed).dense_layers == 3


def test_layers_that_a_search_chose() -> None:
    attention = {"n_heads_in_group": 8, "no_op": False}
    blocks = [
        {"attention": attention, "ffn": {"ffn_mult": 5.25, "no_op": False}},
        {"attention": {"no_op": True}, "ffn": {"ffn_mult": 2.625, "no_op": False}},
        {"attention": attention, "ffn": {"no_op": True}},
    ]
    model = model_of(
        {
            "block_configs": blocks,
            "hidden_size": 8192,
            "max_position_embeddings": 131072,
            "model_type": "nemotron-nas",
            "num_attention_heads": 64,
            "num_hidden_layers": 3,
            "torch_dtype": "bfloat16",
            "vocab_size": 128256,
        }
    )
    assert (model.attention_layers, model.all_mlp_layers) == (2, 2)
    assert (model.kv_heads, model.head_dim) == (8, 128)
    assert model.intermediate == (28672 + 14336) / 2


def test_lightning_attention() -> None:
    model = model_of(configs_mixed.MINIMAX_TEXT_01)
    assert (model.state_layers, model.attention_layers) == (70, 10)
    assert model.state_elements == 64 * 128 * 128


# ---- what lies beside a configuration ----------------------------------------------------------


def test_the_index_counts_the_weights() -> None:
    index = {"metadata": {"total_size": 16_060_522_496}, "weight_map": {"lm_head.weight": "a"}}
    assert model_of(configs.LLAMA_3_1_8B, index=index).parameters.value == 8_030_261_248
    assert model_of(configs.LLAMA_3_1_8B).parameters.value == 8_030_261_248


def test_the_index_of_a_newer_release_says_how_many() -> None:
    metadata = {"total_parameters": 8_030_261_248, "total_size": 1}
    model = model_of(configs.LLAMA_3_1_8B, index={"weight_map": {}, "metadata": metadata})
    assert model.parameters.value == 8_030_261_248


def test_the_total_of_an_index_is_found_behind_thousands_of_names() -> None:
    names = {f"model.layers.{layer}.weight": "model-1.safetensors" for layer in range(9000)}
    index = {"weight_map": names, "metadata": {"total_size": 16_060_522_496}}
    assert model_of(configs.LLAMA_3_1_8B, index=index).parameters.value == 8_030_261_248


def test_bytes_of_quantised_weights_are_no_count() -> None:
    """Scales and layers in 16 bits are among them: the layers are counted."""
    index = {"metadata": {"total_size": 688_586_727_753}}
    assert model_of(configs.DEEPSEEK_V3, index=index).parameters.value == pytest.approx(
        671.03e9, rel=1e-4
    )


@pytest.mark.parametrize("text", ["", "{", '{"metadata": {"total_size": "many"}}', "[]"])
def test_an_index_that_says_nothing_is_passed_over(text: str) -> None:
    assert model_of(configs.LLAMA_3_1_8B, index=text).parameters.value == 8_030_261_248
