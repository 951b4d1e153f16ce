"""The format that weights are published in, as quantisers write it down."""

import pytest
from support.configs import LLAMA_3_1_8B, Json, model_of, read


def compressed(weights: Json, *, activations: Json | None = None, form: str = "") -> Json:
    group = {"targets": ["Linear"], "weights": weights, "input_activations": activations}
    return {
        "quant_method": "compressed-tensors",
        "format": form,
        "config_groups": {"group_0": group},
    }


INT8 = {"num_bits": 8, "type": "int"}
INT4 = {"num_bits": 4, "type": "int", "group_size": 128}
FP8 = {"num_bits": 8, "type": "float"}
FP4 = {"num_bits": 4, "type": "float", "group_size": 16}

INSIDE = [
    ({"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}, "fp8"),
    ({"quant_method": "fbgemm_fp8", "activation_scale_ub": 1200.0}, "fp8"),
    ({"quant_method": "mxfp4"}, "mxfp4"),
    ({"quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemm"}, "int4"),
    ({"quant_method": "gptq", "bits": 4, "desc_act": False}, "int4"),
    ({"quant_method": "gptq", "bits": 8, "desc_act": False}, "w8a16"),
    ({"bits": 4, "group_size": 128}, "int4"),
    ({"quant_method": "auto-round", "bits": 4}, "int4"),
    ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "int4"),
    ({"quant_method": "bitsandbytes", "_load_in_8bit": True}, "int8"),
    (compressed(INT8, activations=INT8), "int8"),
    (compressed(INT8), "w8a16"),
    (compressed(INT4), "int4"),
    (compressed(INT4, activations=INT8), "int4"),
    (compressed(FP8, activations=FP8), "fp8"),
    (compressed(FP4, activations=FP4, form="nvfp4-pack-quantized"), "nvfp4"),
    (compressed(FP4, form="mxfp4-pack-quantized"), "mxfp4"),
    ({"quant_method": "modelopt", "quant_algo": "NVFP4", "config_groups": {}}, "nvfp4"),
    ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8"),
    ({"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp4"}}}, "mxfp4"),
    ({"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp8_e4m3"}}}, "fp8"),
]


@pytest.mark.parametrize(("said", "published"), INSIDE)
def test_what_a_quantiser_wrote_into_the_configuration(said: Json, published: str) -> None:
    assert model_of(dict(LLAMA_3_1_8B, quantization_config=said)).published == published
    assert model_of(dict(LLAMA_3_1_8B, compression_config=said)).published == published


def test_where_matrices_differ_those_of_the_mlp_decide() -> None:
    layers = {
        "model.layers.0.self_attn.q_proj": {"quant_algo": "FP8"},
        "model.layers.0.self_attn.k_proj": {"quant_algo": "FP8"},
        "model.layers.0.self_attn.v_proj": {"quant_algo": "FP8"},
        "model.layers.0.mlp.experts": {"quant_algo": "W4A16_NVFP4"},
    }
    said = {
        "quant_algo": "MIXED_PRECISION",
        "quant_method": "modelopt",
        "quantized_layers": layers,
    }
    assert model_of(dict(LLAMA_3_1_8B, quantization_config=said)).published == "nvfp4"


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ({"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}, "fp8"),
        ({"quantization": {"quant_algo": "NVFP4", "group_size": 16}}, "nvfp4"),
        ({"quantization": {"quant_algo": "W4A16_AWQ"}}, "int4"),
        ({"bits": 4, "group_size": 128, "damp_percent": 0.01}, "int4"),
        ({"bits": 8, "group_size": 128}, "w8a16"),
    ],
)
def test_what_a_quantiser_wrote_beside_it(said: Json, published: str) -> None:
    assert model_of(LLAMA_3_1_8B, quantization=said).published == published


def test_the_configuration_wins_over_the_file_beside_it() -> None:
    config = dict(LLAMA_3_1_8B, quantization_config={"quant_method": "fp8"})
    beside = {"quantization": {"quant_algo": "NVFP4"}}
    assert model_of(config, quantization=beside).published == "fp8"


@pytest.mark.parametrize(
    ("name", "published"),
    [("bfloat16", "bf16"), ("float16", "fp16"), ("float32", "fp32"), (None, "")],
)
def test_the_type_that_a_model_was_trained_in(name: str | None, published: str) -> None:
    assert model_of(dict(LLAMA_3_1_8B, torch_dtype=name)).published == published
    newer = dict(LLAMA_3_1_8B, torch_dtype=None, dtype=name)
    assert model_of(newer).published == published


@pytest.mark.parametrize(
    "said",
    [
        {"quant_method": "hqq", "nbits": 4},
        {"quant_method": "gptq", "bits": 3},
        {"quant_method": "gptq"},
        {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"},
        {"quant_method": "quark"},
        {"quant_method": "compressed-tensors", "config_groups": {}},
        {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": 4}}},
        compressed({"num_bits": 2, "type": "int"}),
        {"quant_method": 4},
        {},
    ],
)
def test_a_format_that_nobody_knows_is_named(said: Json) -> None:
    model, (item,) = read(dict(LLAMA_3_1_8B, quantization_config=said))
    assert model is None
    assert item.code == "INF195"
    assert item.span is not None
    assert '"quantization_config"' in item.span.text
    assert "dtype" in item.help
