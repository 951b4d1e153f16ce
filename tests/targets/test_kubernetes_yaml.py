"""Whatever is in the data, the text is that data again, for any reader of YAML."""

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.targets import to_yaml

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(alphabet="\n #:-?&*!|>%@'\"{}[],\\\t$()~abcxyz019._", max_size=30),
)
DATA = st.recursive(
    st.one_of(TEXTS, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(TEXTS, DATA, max_size=5)

OTHERS = (
    *("yes", "No", "on", "OFF", "y", "N", "true", "False", "null", "~", "Null", ""),
    *("1", "-1", "+1", "0", "007", "0o17", "0x1F", "1_000", "1.", ".5", "1e3", "1E-3", "-.inf"),
    *(".nan", ".NaN", "2026-11-21", "2026-11-21T10:00:00Z", "12:30:45", "1:20", "=", "<<", "0b11"),
)
"""Strings that some version of YAML takes for something else."""


@given(DOCUMENTS)
@settings(deadline=None, max_examples=120)
def test_a_document_survives(document: dict):
    text = to_yaml.dump(document)
    assert yaml.safe_load(text) == document
    assert to_yaml.dump(document) == text


@given(st.lists(DOCUMENTS, min_size=1, max_size=3))
@settings(deadline=None, max_examples=40)
def test_a_stream_of_documents_survives(documents: list[dict]):
    assert list(yaml.safe_load_all(to_yaml.dump_all(documents))) == documents


@given(st.lists(TEXTS, max_size=4), DOCUMENTS)
@settings(deadline=None, max_examples=40)
def test_a_comment_never_ends_early(lines: list[str], document: dict):
    text = to_yaml.comment(lines)
    assert all(line.startswith("#") for line in text.splitlines())
    assert yaml.safe_load(text + to_yaml.dump(document)) == document


@pytest.mark.parametrize("value", OTHERS)
def test_a_string_that_looks_like_something_else_is_quoted(value: str):
    text = to_yaml.dump({"key": value, value: "value", "list": [value]})
    assert re.search(r"key: ['\"]", text), text
    assert re.search(r"- ['\"]", text), text
    assert yaml.safe_load(text) == {"key": value, value: "value", "list": [value]}


@pytest.mark.parametrize("value", ["chat", "100m", "15s", "8Gi", "v1.34", "apps/v1", "a: b", "#x"])
def test_other_strings_are_as_plain_as_they_can_be(value: str):
    quoted = ": " in value or value.startswith("#")
    assert ("'" in to_yaml.dump({"key": value})) == quoted


def test_keys_keep_their_order_and_nothing_is_shared():
    shared = {"b": 1, "a": [1]}
    text = to_yaml.dump({"z": shared, "q": shared, "x": [shared, shared]})
    assert "&" not in text
    assert "*" not in text
    assert text.startswith("z:\n  b: 1\n  a:\n    - 1\nq:\n")


def test_long_lines_are_not_wrapped_and_scripts_are_readable():
    text = to_yaml.dump({"long": "word " * 100 + "end", "script": "one\ntwo\n"})
    assert text.splitlines()[0].endswith("end")
    assert text.endswith("script: |\n  one\n  two\n")
