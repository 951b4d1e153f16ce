"""Models are found by the names that benchmarks and repositories give them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc import stdlib
from inferc.compiler.model import find_model

LLAMA_8B = "models.meta.llama_3_1_8b_instruct"
LLAMA_70B = "models.meta.llama_3_1_70b_instruct"

NAMES = {
    "aquila-7b": "models.aquila_7b",
    "bloom-7b1": "models.bloom_7b1",
    "decilm-7b": "models.decilm_7b",
    "deepseek-r1": "models.deepseek.deepseek_r1",
    "deepseek-v3.1": "models.deepseek.deepseek_v3_1",
    "falcon-180b": "models.falcon.falcon_180b",
    "gpt-j-6b": "models.gpt_j_6b",
    "llama-2-70b": "models.meta.llama_2_70b",
    "llama-2-7b": "models.meta.llama_2_7b",
    "llama-3-70b": "models.meta.llama_3_70b_instruct",
    "llama-3-8b": "models.meta.llama_3_8b_instruct",
    "llama-3.1-70b": LLAMA_70B,
    "llama-3.1-8b": LLAMA_8B,
    "llama-3.3-70b": "models.meta.llama_3_3_70b_instruct",
    "llama-7b": "models.meta.llama_7b",
    "mistral-7b": "models.mistral.mistral_7b_v0_1",
    "mixtral-8x22b": "models.mistral.mixtral_8x22b_instruct",
    "mixtral-8x7b": "models.mistral.mixtral_8x7b_instruct",
    "opt-6.7b": "models.opt_6_7b",
    "qwen3-235b-a22b": "models.qwen.qwen3_235b_a22b",
    "qwen3-32b": "models.qwen.qwen3_32b",
    "Llama-3.1-405B-FP8": "models.meta.llama_3_1_405b_instruct",
    "Meta-Llama/Llama-3.1-70B": LLAMA_70B,
    "NousResearch/Hermes-3-Llama-3.1-405B-FP8": "models.meta.llama_3_1_405b_instruct",
    "Qwen/Qwen2-0.5B-Instruct": "models.qwen.qwen2_0_5b_instruct",
    "Qwen/Qwen2-1.5B-Instruct": "models.qwen.qwen2_1_5b_instruct",
    "Qwen/Qwen2-57B-A14B-Instruct": "models.qwen.qwen2_57b_a14b_instruct",
    "Qwen/Qwen2-7B-Instruct": "models.qwen.qwen2_7b_instruct",
    "Qwen/Qwen2.5-0.5B-Instruct": "models.qwen.qwen2_5_0_5b_instruct",
    "Qwen/Qwen2.5-1.5B-Instruct": "models.qwen.qwen2_5_1_5b_instruct",
    "Qwen/Qwen2.5-3B-Instruct": "models.qwen.qwen2_5_3b_instruct",
    "Qwen/Qwen2.5-72B-Instruct": "models.qwen.qwen2_5_72b_instruct",
    "Qwen/Qwen2.5-7B-Instruct": "models.qwen.qwen2_5_7b_instruct",
    "Qwen/Qwen2.5-VL-72B-Instruct": "models.qwen.qwen2_5_vl_72b_instruct",
    "Qwen/Qwen3-0.6B": "models.qwen.qwen3_0_6b",
    "Qwen/Qwen3-1.7B": "models.qwen.qwen3_1_7b",
    "Qwen/Qwen3-235B-A22B": "models.qwen.qwen3_235b_a22b",
    "Qwen/Qwen3-235B-A22B-Instruct-2507": "models.qwen.qwen3_235b_a22b_instruct_2507",
    "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8": "models.qwen.qwen3_235b_a22b_instruct_2507",
    "Qwen/Qwen3-30B-A3B": "models.qwen.qwen3_30b_a3b",
    "Qwen/Qwen3-32B": "models.qwen.qwen3_32b",
    "Qwen/Qwen3-32B-AWQ": "models.qwen.qwen3_32b",
    "Qwen/Qwen3-32B-FP8": "models.qwen.qwen3_32b",
    "Qwen/Qwen3-4B": "models.qwen.qwen3_4b",
    "Qwen/Qwen3-8B": "models.qwen.qwen3_8b",
    "Qwen/Qwen3-8B-FP8": "models.qwen.qwen3_8b",
    "Qwen/Qwen3.5-9B": "models.qwen.qwen3_5_9b",
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8": LLAMA_8B,
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16": LLAMA_8B,
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a16": LLAMA_8B,
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8": LLAMA_8B,
    "deepseek-ai/DeepSeek-R1-Distill-Llama-8B": "models.deepseek.deepseek_r1_distill_llama_8b",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B": "models.deepseek.deepseek_r1_distill_qwen_1_5b",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B": "models.deepseek.deepseek_r1_distill_qwen_14b",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B": "models.deepseek.deepseek_r1_distill_qwen_7b",
    "internlm/internlm-20b": "models.internlm_20b",
    "llama2-13b (id not printed)": "models.meta.llama_2_13b",
    "llama2-70b (id not printed)": "models.meta.llama_2_70b",
    "meta-llama/Llama-2-13b-hf": "models.meta.llama_2_13b",
    "meta-llama/Llama-2-70b-hf": "models.meta.llama_2_70b",
    "meta-llama/Llama-2-7b-hf": "models.meta.llama_2_7b",
    "meta-llama/Llama-3.1-70B": LLAMA_70B,
    "meta-llama/Llama-3.1-70B-Instruct": LLAMA_70B,
    "meta-llama/Llama-3.1-8B": LLAMA_8B,
    "meta-llama/Llama-3.1-8B-Instruct": LLAMA_8B,
    "meta-llama/Meta-Llama-3-70B-Instruct": "models.meta.llama_3_70b_instruct",
    "meta-llama/Meta-Llama-3-8B-Instruct": "models.meta.llama_3_8b_instruct",
    "meta-llama/Meta-Llama-3.1-8B-Instruct": LLAMA_8B,
    "mistral-7b (id not printed)": "models.mistral.mistral_7b_v0_1",
    "mistralai/Devstral-2-123B-Instruct-2512": "models.mistral.devstral_2_123b_instruct",
    "mistralai/Mistral-7B-Instruct-v0.3": "models.mistral.mistral_7b_instruct_v0_3",
    "mistralai/Mixtral-8x7B-Instruct-v0.1": "models.mistral.mixtral_8x7b_instruct",
    "neuralmagic/Meta-Llama-3.1-70B-Instruct-FP8": LLAMA_70B,
    "neuralmagic/Meta-Llama-3.1-8B-FP8": LLAMA_8B,
    "openai/gpt-oss-120b": "models.openai.gpt_oss_120b",
    "zai-org/Glyph": "models.zhipu.glyph",
}
"""Names in published measurements, with the entries that describe what was measured."""

QUANTISED = [
    f"Qwen/{family}-{size}-Instruct{variant}"
    for family, sizes in (
        ("Qwen2", ("0.5B", "1.5B", "7B", "72B")),
        ("Qwen2.5", ("0.5B", "1.5B", "3B", "7B", "14B", "32B", "72B")),
    )
    for size in sizes
    for variant in ("", "-AWQ", "-GPTQ-Int4", "-GPTQ-Int8")
]


@pytest.mark.parametrize(("name", "path"), NAMES.items())
def test_a_published_name_finds_its_architecture(name: str, path: str) -> None:
    assert find_model(name) == path


@pytest.mark.parametrize("name", QUANTISED)
def test_a_quantised_repository_is_its_base(name: str) -> None:
    base, _, _ = name.partition("-Instruct")
    expected = base.removeprefix("Qwen/").lower().replace(".", "_").replace("-", "_")
    assert find_model(name) == f"models.qwen.{expected}_instruct"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("unsloth/Llama-3.1-8B-Instruct-bnb-4bit", LLAMA_8B),
        ("someone/Meta-Llama-3.1-70B-Instruct-NVFP4", LLAMA_70B),
        ("hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", LLAMA_8B),
        ("LLAMA3.1 8B", LLAMA_8B),
        ("Qwen3 14B", "models.qwen.qwen3_14b"),
        ("  openai/GPT-OSS-20B ", "models.openai.gpt_oss_20b"),
        ("models.qwen.qwen3_8b", "models.qwen.qwen3_8b"),
        ("nvidia/DeepSeek-R1-0528-FP4-v2", "models.deepseek.deepseek_r1"),
        ("mistralai/Mistral-Large-Instruct-2411", "models.mistral.mistral_large_123b_instruct"),
        ("gptj-99", "models.gpt_j_6b"),
        ("llama2-70b-99.9", "models.meta.llama_2_70b"),
        ("NousResearch/Hermes-3-Llama-3.1-8B", LLAMA_8B),
        ("nvidia/Llama-3.1-Nemotron-70B-Instruct-HF", None),
        ("NousResearch/Nous-Hermes-2-Yi-34B", "models.yi_34b"),
        ("someone/Fine-Mixtral-8x7B-DPO", "models.mistral.mixtral_8x7b_instruct"),
        ("someone/My-Qwen3-30B-A3B-Tuned", "models.qwen.qwen3_30b_a3b"),
    ],
)
def test_variants_and_spellings_that_no_entry_lists(name: str, path: str | None) -> None:
    assert find_model(name) == path


@pytest.mark.parametrize(
    "name", ["", "/", "7b", "fp8", "-Instruct", "gpt-4", "llama", "qwen3", "stable-diffusion-xl"]
)
def test_what_nobody_knows_is_nothing(name: str) -> None:
    assert find_model(name) is None


def test_sizes_and_generations_are_not_mixed_up() -> None:
    """A name that is cut short must not lead to a neighbour: 3-8B is not 3.1-8B, 7B not 70B."""
    assert find_model("Llama-3-8B-FP8") != find_model("Llama-3.1-8B-FP8")
    assert find_model("facebook/opt-1.3b") != find_model("facebook/opt-13b")
    assert find_model("Qwen1.5-4B-Chat") != find_model("Qwen1.5-14B-Chat")
    assert find_model("Qwen/Qwen2-7B-Instruct") != find_model("Qwen/Qwen2.5-7B-Instruct")


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_answered_with_an_entry_or_nothing(name: str) -> None:
    path = find_model(name)
    assert path is None or stdlib.read(f"catalog.{path}") is not None


def test_every_entry_is_found_by_its_own_names() -> None:
    for path in stdlib.all_entries("catalog.models"):
        entry = path.removeprefix("catalog.")
        assert find_model(entry) == entry
        assert find_model(entry.rpartition(".")[2]) == entry
