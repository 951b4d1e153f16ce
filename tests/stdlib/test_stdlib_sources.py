"""Every number of the catalog has a source and a date."""

import re
from datetime import date

import pytest
from support.catalog import ENTRIES, KINDS, blocks, module, numbers, source_of

from inferc.dsl import SourceFile, parse
from inferc.dsl.syntax import Block, Identifier

TRACEABLE = re.compile(
    r"https://\S+|docs/accuracy\.md|arXiv:\d{4}\.\d{5}|^Definition |^Estimate|^Assumed"
)
OLDEST = date(2015, 1, 1)


@pytest.mark.parametrize("path", ENTRIES)
def test_an_entry_is_one_block_called_like_its_file(path: str) -> None:
    (block,) = blocks(path)
    folder, name = path.split(".")[1], path.rpartition(".")[2]
    (label,) = block.labels
    assert isinstance(label, Identifier)
    assert label.text == name
    assert block.kind.text == KINDS[folder]


@pytest.mark.parametrize("path", ENTRIES)
def test_every_number_has_a_source_and_a_date(path: str) -> None:
    (block,) = blocks(path)
    found = list(numbers(block))
    assert found or block.extends
    for field, source in found:
        assert source is not None, f"{path}: {field} has no source"
        text, day = source
        assert TRACEABLE.search(text), f"{path}: {field}: {text} leads nowhere"
        assert date.fromisoformat(day) >= OLDEST, f"{path}: {field}: {day}"


@pytest.mark.parametrize("path", ENTRIES)
def test_no_source_is_dated_ahead_of_the_release(path: str) -> None:
    (block,) = blocks(path)
    days = [source[1] for _, source in numbers(block) if source]
    assert all(day <= "2026-12-31" for day in days)


def test_the_check_notices_a_number_without_a_source() -> None:
    text = (
        'gpu g {\n  memory = 1 GiB\n  @source("https://y", as_of = 2020-01-01)\n  power = 5W\n}\n'
    )
    parsed = parse(SourceFile("g.infer", text))
    (block,) = [item for item in parsed.module.statements if isinstance(item, Block)]
    assert dict(numbers(block)) == {"memory": None, "power": ("https://y", "2020-01-01")}


@pytest.mark.parametrize("path", [path for path in ENTRIES if ".link." not in path])
def test_ranges_and_assumptions_are_explained(path: str) -> None:
    """An entry whose numbers are ranges says in its doc comment where the ends come from."""
    (block,) = blocks(path)
    if "between(" in module(path).source.text:
        assert len(block.doc.split()) > 15
    source = source_of(block.decorators)
    if source and source[0].startswith(("Assumed", "Estimate")):
        assert block.doc
