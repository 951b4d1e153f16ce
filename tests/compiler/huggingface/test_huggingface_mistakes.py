"""Configurations that cannot be read say what is missing, in their own terms and place."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.configs import DEEPSEEK_V3, LLAMA_3_1_8B, QWEN3_NEXT, Json, read, source
from support.configs_mixed import NEMOTRON_3_NANO

from inferc.compiler.huggingface import FAMILIES
from inferc.compiler.huggingface.document import MAX_DEPTH, Members, NotJsonError, parse
from inferc.compiler.model import model_from_config
from inferc.dsl import Diagnostic, SourceFile


def only(config: Json | str) -> Diagnostic:
    model, (item,) = read(config)
    assert model is None
    assert item.span is not None
    assert item.span.source.path == "config.json"
    assert item.help
    return item


def test_everything_that_is_missing_is_named_at_once() -> None:
    config = dict(LLAMA_3_1_8B)
    del config["num_hidden_layers"], config["vocab_size"]
    item = only(config)
    assert item.code == "INF193"
    assert "`num_hidden_layers`, `vocab_size`" in item.message
    assert item.span is not None
    assert item.span.text == '"model_type": "llama"'


@pytest.mark.parametrize("name", ["kv_lora_rank", "v_head_dim", "n_routed_experts", "hidden_size"])
def test_a_family_asks_for_what_it_needs(name: str) -> None:
    config = {key: value for key, value in DEEPSEEK_V3.items() if key != name}
    item = only(config)
    asked = "num_local_experts" if name == "n_routed_experts" else name
    assert (item.code, f"`{asked}`" in item.message) == ("INF193", True)


def test_a_part_that_is_null_is_missing() -> None:
    assert only(dict(LLAMA_3_1_8B, hidden_size=None)).code == "INF193"


@pytest.mark.parametrize("value", ["32", 32.5, 0, -1, True, [32], {"n": 32}, 10**30])
def test_a_value_that_is_no_count_is_shown_where_it_stands(value: object) -> None:
    item = only(dict(LLAMA_3_1_8B, num_hidden_layers=value))
    assert item.code == "INF194"
    assert item.span is not None
    assert item.span.text.startswith('"num_hidden_layers"')


def test_an_unknown_architecture_gets_the_closest_known() -> None:
    item = only(dict(LLAMA_3_1_8B, model_type="lama"))
    assert item.code == "INF192"
    assert "`llama`" in item.label
    assert "`llm` block" in item.help


def test_a_file_without_an_architecture() -> None:
    item = only({"hidden_size": 4096})
    assert (item.code, "hidden_size" in item.notes[0]) == ("INF192", True)
    diffusion = only({"_class_name": "FluxTransformer2DModel", "num_layers": 19})
    assert diffusion.code == "INF192"


@pytest.mark.parametrize("name", ["bert", "xlm-roberta", "whisper", "clip", "t5"])
def test_other_networks_are_named_for_what_they_are(name: str) -> None:
    item = only({"model_type": name, "num_hidden_layers": 12})
    assert item.code == "INF196"
    assert name in item.message


def test_a_twist_that_no_field_can_say() -> None:
    item = only(dict(NEMOTRON_3_NANO, moe_latent_size=1024))
    assert item.code == "INF197"
    assert item.span is not None
    assert item.span.text == '"moe_latent_size": 1024'


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 0),
        ("<html>", 0),
        ("[]", 0),
        ("null", 0),
        ('{"a": 1,}', 8),
        ('{"a": 1 "b": 2}', 8),
        ('{"a": 1', 7),
        ('{"a": 01}', 7),
        ('{"a": tru}', 6),
        ('{"a": "\\x"}', 6),
        ('{"a": 1} 2', 9),
        ("{'a': 1}", 1),
        ('{"a": ' + "1" * 5000 + "}", 6),
        ('{"a": ' + "[" * 500, 6 + MAX_DEPTH),
    ],
)
def test_what_is_no_json_is_shown_where_it_ends(text: str, place: int) -> None:
    item = only(text)
    assert item.code == "INF191"
    assert item.span is not None
    assert item.span.start == place


def test_places_reach_from_a_name_to_the_end_of_its_value() -> None:
    text = '{ "a" : {"b": [1, 2.5, null]} , "c": "\\u00e9" }'
    found = parse(SourceFile("c.json", text))
    assert isinstance(found, Members)
    assert found.spans["a"].text == '"a" : {"b": [1, 2.5, null]}'
    inside = found.values["a"]
    assert isinstance(inside, Members)
    assert inside.spans["b"].text == '"b": [1, 2.5, null]'
    assert inside.values["b"] == (1, 2.5, None)
    assert found.values["c"] == "é"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def plain(value: object) -> object:
    """Return a parsed value as Python's own reader would."""
    if isinstance(value, Members):
        return {name: plain(item) for name, item in value.values.items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


@settings(deadline=None)
@given(JSON, st.sampled_from([None, 0, 2]))
def test_any_json_is_read_as_python_reads_it(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    found = plain(parse(SourceFile("c.json", text)))
    assert json.dumps(found) == json.dumps(json.loads(text))


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    places: list[int] = []
    try:
        parse(SourceFile("c.json", text))
    except NotJsonError as error:
        places.append(error.place)
    assert all(0 <= place <= len(text) for place in places)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(FAMILIES)),
    st.dictionaries(st.sampled_from(sorted({*DEEPSEEK_V3, *QWEN3_NEXT, *NEMOTRON_3_NANO})), JSON),
)
def test_no_configuration_ends_in_a_traceback(name: str, members: Json) -> None:
    model, found = read({**members, "model_type": name})
    assert (model is None) is any(item.severity.value == "error" for item in found)


def test_the_order_of_members_does_not_matter() -> None:
    shuffled = list(QWEN3_NEXT.items())
    random.Random(7).shuffle(shuffled)
    first, _ = read(dict(QWEN3_NEXT))
    second, _ = read(dict(shuffled))
    assert first is not None
    assert second is not None
    assert (first.state_parameters, first.heads) == (second.state_parameters, second.heads)


def test_a_broken_file_beside_the_configuration_is_shown() -> None:
    beside = SourceFile("hf_quant_config.json", "{")
    _, (item,) = model_from_config(source(LLAMA_3_1_8B), quantization=beside, name="ours")
    assert item.code == "INF191"
    assert item.span is not None
    assert item.span.source is beside
