"""Language models of the catalog: their layers hold what was published, their facts agree."""

from collections import Counter

import pytest
from support.catalog import blocks

from inferc import stdlib
from inferc.compiler.model import LanguageModel, find_model
from inferc.compiler.model.catalog import language_model_at
from inferc.compiler.model.models import language_model
from inferc.compiler.model.parameters import derived_parameters
from inferc.compiler.model.soundness import problems
from inferc.compiler.provenance import Origin
from inferc.compiler.resolve import catalog_blocks
from inferc.dsl.syntax import Assign, ListExpr, Number, Text

MODELS = [path.removeprefix("catalog.") for path in stdlib.all_entries("catalog.models")]

NAMED_AFTER = {
    "models.aquila_7b": 7.3e9,
    "models.deepseek.deepseek_v3_2": 671e9,
    "models.internlm_20b": 20e9,
    "models.minimax.minimax_m1_80k": 456e9,
    "models.minimax.minimax_m2": 230e9,
    "models.minimax.minimax_m2_5": 230e9,
    "models.minimax.minimax_text_01": 456e9,
    "models.moonshot.kimi_k2_5": 1.03e12,
    "models.moonshot.kimi_k2_instruct": 1.03e12,
    "models.nvidia.nemotron_3_nano_30b_a3b": 31.6e9,
    "models.nvidia.nemotron_4_340b_instruct": 340e9,
    "models.nvidia.nemotron_h_56b": 56e9,
    "models.nvidia.nemotron_h_8b": 8.1e9,
    "models.qwen.qwen3_5_122b_a10b": 122e9,
    "models.qwen.qwen3_5_27b": 27e9,
    "models.qwen.qwen3_5_35b_a3b": 35e9,
    "models.qwen.qwen3_5_397b_a17b": 397e9,
    "models.xai.grok_1": 314e9,
    "models.zhipu.glm_4_5": 355e9,
    "models.zhipu.glm_4_5_air": 106e9,
    "models.zhipu.glm_4_6": 355e9,
    "models.zhipu.glm_5": 744e9,
}
"""What the makers say where the entry states no count of the checkpoint: its layers are counted."""

ACTIVE = {
    # parameters that a token passes through, as the makers say
    "models.mistral.mixtral_8x7b_instruct": 12.9e9,
    "models.qwen.qwen3_30b_a3b": 3.3e9,
    "models.qwen.qwen3_235b_a22b": 22e9,
    "models.qwen.qwen3_coder_480b_a35b_instruct": 35e9,
    "models.qwen.qwen2_57b_a14b_instruct": 14e9,
    "models.deepseek.deepseek_v2": 21e9,
    "models.deepseek.deepseek_v3": 37e9,
    "models.openai.gpt_oss_20b": 3.61e9,
    "models.openai.gpt_oss_120b": 5.13e9,
    "models.meta.llama_4_scout_17b_16e_instruct": 17e9,
    "models.meta.llama_4_maverick_17b_128e_instruct": 17e9,
    "models.moonshot.kimi_k2_instruct": 32e9,
    "models.zhipu.glm_4_5": 32e9,
    "models.zhipu.glm_4_5_air": 12e9,
    "models.zhipu.glm_5": 40e9,
    "models.microsoft.phi_3_5_moe_instruct": 6.6e9,
    "models.minimax.minimax_text_01": 45.9e9,
    "models.minimax.minimax_m2": 10e9,
    "models.ai21.jamba_1_5_mini": 12e9,
    "models.databricks.dbrx_instruct": 36e9,
    "models.nvidia.nemotron_3_nano_30b_a3b": 3.6e9,
    "models.qwen.qwen3_5_397b_a17b": 17e9,
    "models.qwen.qwen3_next_80b_a3b_instruct": 3.9e9,
}

UNCOUNTED_TABLES = {
    "models.minimax.minimax_m2": 2,
    "models.minimax.minimax_text_01": 2,
    "models.openai.gpt_oss_120b": 1,
    "models.openai.gpt_oss_20b": 1,
    "models.zhipu.glm_4_5": 2,
    "models.zhipu.glm_4_5_air": 2,
}
"""Of embedding and output head, how many tables the maker leaves out of the active parameters."""


def stated(path: str) -> dict[str, object]:
    """Return the fields of an entry as they are written."""
    (block,) = blocks(f"catalog.{path}")
    return {item.target.text: item.value for item in block.body if isinstance(item, Assign)}


def count(path: str, field: str) -> float:
    value = stated(path).get(field)
    return float(value.value) if isinstance(value, Number) else 0.0


def model(path: str) -> LanguageModel:
    found = language_model_at(path)
    assert found is not None
    return found


def test_the_catalog_has_the_families_that_people_serve() -> None:
    assert len(MODELS) >= 150


@pytest.mark.parametrize("path", MODELS)
def test_the_layers_hold_what_was_published(path: str) -> None:
    found = model(path)
    published = NAMED_AFTER.get(path, count(path, "parameters"))
    layers = derived_parameters(found) + count(path, "other_parameters")
    assert layers == pytest.approx(published, rel=0.02)
    assert found.parameters.value == pytest.approx(published, rel=0.02)
    assert ("parameters" in stated(path)) is (path not in NAMED_AFTER)


@pytest.mark.parametrize("path", MODELS)
def test_the_facts_agree(path: str) -> None:
    found = model(path)
    assert found.parameters.origin is Origin.CATALOG
    assert found.parameters.source
    assert found.title
    assert found.repository.count("/") == 1
    assert found.published
    assert len(found.revision) in {0, 40}
    assert found.heads % found.kv_heads == 0
    assert found.window_layers <= found.attention_layers <= found.layers
    assert bool(found.window_tok) is bool(found.window_layers)
    assert found.state_layers + found.attention_layers <= found.layers
    assert bool(found.state_elements) is bool(found.state_layers)
    assert found.experts_per_token <= found.experts
    assert bool(found.dense_layers) is bool(found.dense_intermediate)
    assert found.context >= 2048


def test_the_compiler_has_nothing_to_say_about_any_entry() -> None:
    found = catalog_blocks(MODELS)
    said = [
        (path, item.code, item.message)
        for path, block in found.items()
        for item in problems(language_model(block), block)
    ]
    assert said == []
    assert sorted(found) == sorted(MODELS)


@pytest.mark.parametrize(("path", "active"), ACTIVE.items())
def test_a_mixture_computes_with_as_many_parameters_as_its_maker_says(
    path: str, active: float
) -> None:
    found = model(path)
    expert = found.mlp_matrices * found.hidden * found.intermediate
    layers = found.all_mlp_layers - found.dense_layers
    idle = layers * (found.experts - found.experts_per_token) * expert
    idle += UNCOUNTED_TABLES.get(path, 0) * found.vocabulary * found.hidden
    assert derived_parameters(found) - idle == pytest.approx(active, rel=0.05)


KV_BYTES = [
    # bytes of keys and values of one token in 16 bits, by hand from the published shapes
    ("models.meta.llama_2_7b", 524_288),  # 32 layers x 32 heads x 128 x 2 x 2
    ("models.meta.llama_2_70b", 327_680),  # GQA of 8: vLLM's documentation has 320 KiB
    ("models.qwen.qwen3_32b", 262_144),
    ("models.deepseek.deepseek_v3", 70_272),  # 61 layers x (512 + 64) x 2 bytes
    ("models.falcon.falcon_7b", 8_192),  # one KV head
    ("models.qwen.qwen3_5_9b", 32_768),  # 8 of 32 layers have a cache
]


@pytest.mark.parametrize(("path", "expected"), KV_BYTES)
def test_the_cache_of_a_token(path: str, expected: int) -> None:
    found = model(path)
    elements = 2 * found.kv_heads * found.head_dim
    if found.kv_lora_rank:
        elements = found.kv_lora_rank + found.qk_rope_head_dim
    assert found.attention_layers * elements * 2 == expected


def names(path: str) -> list[str]:
    """Return repository and aliases of an entry."""
    fields = stated(path)
    aliases = fields.get("aliases")
    texts = aliases.items if isinstance(aliases, ListExpr) else ()
    return [str(text.parts[0]) for text in (fields["repository"], *texts) if isinstance(text, Text)]


def test_no_name_leads_to_two_entries() -> None:
    counted = Counter(name.lower() for path in MODELS for name in names(path))
    assert [name for name, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("path", MODELS)
def test_every_name_leads_to_its_entry(path: str) -> None:
    assert [find_model(name) for name in names(path)] == [path] * len(names(path))
