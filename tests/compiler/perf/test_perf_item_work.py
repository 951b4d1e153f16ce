"""What networks compute, read and hold, counted from dimensions: against published figures."""

import pytest

from inferc.compiler.model.catalog import item_model_at, paths
from inferc.compiler.model.items import ItemModel, NetworkModule
from inferc.compiler.perf.item_work import (
    attention_flop,
    flop_per_item,
    layer_parameters,
    matrix_flop,
    passes_of,
    sized,
    tokens_of,
    work,
)

NETWORKS = paths("networks")
WORD_PIECES, SENTENCE_PIECES = 30522, 250002


def network(path: str) -> ItemModel:
    found = item_model_at(f"networks.{path}")
    assert found is not None, path
    return found


def module(model: ItemModel, name: str) -> NetworkModule:
    return next(item for item in model.modules if item.name == name)


# model, tokens, FLOP in billions, where the figure is published
PUBLISHED_FLOP = [
    ("google.bert_large_uncased", 384, 246.93, "OpenVINO Open Model Zoo, bert-large: 246.93 GOps"),
    ("google.bert_base_uncased", 128, 22.5, "Jiao et al., TinyBERT (2020), table 1, 128 tokens"),
    ("google.vit_base_patch16_224", None, 2 * 17.58, "timm: 17.58 GMAC"),
    ("google.vit_large_patch14_224", None, 2 * 81.08, "timm, vit_large_patch14_224: 81.08 GMAC"),
    ("microsoft.resnet_50", None, 2 * 4.11, "timm: 4.11 GMAC"),
    ("google.efficientnet_b0", None, 2 * 0.40, "timm: 0.40 GMAC"),
]


@pytest.mark.parametrize(("path", "tokens", "giga", "source"), PUBLISHED_FLOP)
def test_flop_of_an_item_are_as_published(
    path: str, tokens: float | None, giga: float, source: str
) -> None:
    found = flop_per_item(sized(network(path), tokens=tokens))
    assert found == pytest.approx(giga * 1e9, rel=0.02), source


# part of a model, multiply-adds in billions without attention's pairs, and its source
KIM = "Kim et al., BK-SDM, arXiv:2305.15798, table 1"
PUBLISHED_PARTS = [
    ("stability.stable_diffusion_1_5", "unet", 338.7, KIM),
    ("stability.stable_diffusion_1_5", "decoder", 1239.9, KIM),
    ("stability.stable_diffusion_1_5", "text", 6.5, KIM),
    ("openai.clip_vit_large_patch14", "text", 6.5, KIM),
]


@pytest.mark.parametrize(("path", "name", "giga", "source"), PUBLISHED_PARTS)
def test_multiply_adds_of_a_part_are_as_published(
    path: str, name: str, giga: float, source: str
) -> None:
    model = network(path)
    part = module(model, name)
    found = matrix_flop(part, tokens_of(model, part)) / 2
    assert found == pytest.approx(giga * 1e9, rel=0.02), source


def bert_parameters(part: NetworkModule, vocabulary: int, positions: int, types: int) -> float:
    """Return every weight of an encoder of this kind: embeddings, layers, biases, norms, pooler."""
    hidden, wide = part.hidden, part.intermediate
    embeddings = (vocabulary + positions + types + 2) * hidden
    biases_and_norms = 4 * hidden + wide + hidden + 4 * hidden
    layers = part.layers * (layer_parameters(part) + biases_and_norms)
    return embeddings + layers + hidden * hidden + hidden


ENCODERS = [
    # model, vocabulary, positions, token types, what its head has on top
    ("baai.bge_small_en_v1_5", WORD_PIECES, 512, 2, 0),
    ("baai.bge_base_en_v1_5", WORD_PIECES, 512, 2, 0),
    ("baai.bge_large_en_v1_5", WORD_PIECES, 512, 2, 0),
    ("baai.bge_m3", SENTENCE_PIECES, 8194, 1, 0),
    ("intfloat.e5_base_v2", WORD_PIECES, 512, 2, 0),
    ("intfloat.e5_large_v2", WORD_PIECES, 512, 2, 0),
    ("intfloat.multilingual_e5_large", SENTENCE_PIECES, 514, 1, 0),
    ("sentence_transformers.all_minilm_l6_v2", WORD_PIECES, 512, 2, 0),
    ("baai.bge_reranker_base", SENTENCE_PIECES, 514, 1, 768 + 1),
    ("baai.bge_reranker_large", SENTENCE_PIECES, 514, 1, 1024 + 1),
    ("baai.bge_reranker_v2_m3", SENTENCE_PIECES, 8194, 1, 1024 + 1),
    ("google.bert_base_uncased", WORD_PIECES, 512, 2, 0),
    ("google.bert_large_uncased", WORD_PIECES, 512, 2, 0),
]


@pytest.mark.parametrize(("path", "vocabulary", "positions", "types", "head"), ENCODERS)
def test_dimensions_hold_as_many_weights_as_are_published(
    path: str, vocabulary: int, positions: int, types: int, head: int
) -> None:
    model = network(path)
    counted = bert_parameters(model.modules[0], vocabulary, positions, types) + head
    assert counted == pytest.approx(model.parameters.value, rel=1e-5)


def test_e5_mistral_is_mistral_without_its_output_head() -> None:
    model = network("intfloat.e5_mistral_7b_instruct")
    part = model.modules[0]
    norms = part.layers * 2 * part.hidden + part.hidden
    counted = 32000 * part.hidden + part.layers * layer_parameters(part) + norms
    assert counted == model.parameters.value
    assert layer_parameters(part) * part.layers == part.parameters.value


@pytest.mark.parametrize(
    ("name", "millions"),
    [("tiny", 39), ("small", 244), ("large_v3", 1550), ("large_v3_turbo", 809)],
)
def test_whisper_holds_as_many_weights_as_its_paper_says(name: str, millions: float) -> None:
    model = network(f"openai.whisper_{name}")
    assert model.parameters.value == pytest.approx(millions * 1e6, rel=0.04)
    read = module(model, "encoder").parameters.value + module(model, "decoder").parameters.value
    cross = module(model, "cross_keys").parameters.value
    assert read + cross == pytest.approx(model.parameters.value, rel=0.04)


def test_the_blocks_of_flux_hold_what_a_token_passes() -> None:
    """19 double and 38 single layers, each 12 h^2 for a token; the double ones hold it twice."""
    part = module(network("black_forest_labs.flux_1_dev"), "transformer")
    assert layer_parameters(part) == 12 * 3072**2
    for_both = (57 + 19) * layer_parameters(part)
    modulation = 3072 * 3072 * (19 * 12 + 38 * 3)
    assert for_both + modulation == pytest.approx(part.parameters.value, rel=0.02)


@pytest.mark.parametrize("path", NETWORKS)
def test_parts_hold_no_more_than_the_whole(path: str) -> None:
    model = network(path.removeprefix("networks."))
    assert model.modules
    assert sum(part.parameters.value for part in model.modules) <= model.parameters.value * 1.01
    for part in model.modules:
        assert passes_of(model, part) > 0
        found = work(model, part, "fp16")
        assert found.kernels >= 1
        assert found.live_bytes > 0
        assert matrix_flop(part, tokens_of(model, part)) > 0


@pytest.mark.parametrize("path", NETWORKS)
def test_narrower_weights_are_fewer_bytes(path: str) -> None:
    model = network(path.removeprefix("networks."))
    for part in model.modules:
        wide, narrow = work(model, part, "fp16"), work(model, part, "int8")
        assert narrow.weights_bytes == wide.weights_bytes / 2
        assert narrow.lookup_bytes == wide.lookup_bytes / 2
        assert narrow.matrix_flop == wide.matrix_flop


def test_attention_grows_with_the_square_of_the_length() -> None:
    model = network("baai.bge_m3")
    part = model.modules[0]
    assert attention_flop(part, 2048) == pytest.approx(16 * attention_flop(part, 512))
    assert matrix_flop(part, 2048) == pytest.approx(4 * matrix_flop(part, 512))
    assert attention_flop(part, 8192) > 0.8 * matrix_flop(part, 8192)


def test_guidance_takes_two_passes_a_step() -> None:
    model = sized(network("stability.stable_diffusion_xl_base_1_0"), steps=20)
    assert passes_of(model, module(model, "unet")) == 40
    assert passes_of(model, module(model, "decoder")) == 1


def test_a_pair_of_dlrm_reads_rows_and_no_tables() -> None:
    model = network("mlcommons.dlrm_v1")
    found = work(model, module(model, "tables"), "fp16")
    assert found.weights_bytes == 0
    assert found.lookup_bytes == 26 * 128 * 2
