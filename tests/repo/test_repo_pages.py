"""Each diagnostic has a page, each page a diagnostic, and its example provokes it."""

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from support.repository import pages, shown, source_files, tree_of

from inferc import api
from inferc.pages import find_page, heading, page_paths, summary

CODE = re.compile(r"INF\d{3}")
HEADINGS = [
    "## What it means",
    "## Example",
    "## How to fix it",
    "## Why the compiler checks it",
]
OPTIONAL = "## Source"


@cache
def raised() -> Mapping[str, str]:
    """Return the codes in the product, with a place where each is raised."""
    return {
        node.value: f"{shown(path)}:{node.lineno}"
        for path in source_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
    }


def strings() -> set[str]:
    return {
        node.value
        for path in source_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


FAULTS = {"INF900"}
"""Printed by the last resort, which builds no diagnostic."""


def test_every_code_has_a_page() -> None:
    missing = {code: place for code, place in raised().items() if code not in page_paths()}
    assert missing == {}


def test_every_page_has_a_code() -> None:
    orphans = [shown(path) for path in pages() if path.stem not in {*raised(), *FAULTS}]
    assert orphans == []


def test_no_code_has_two_pages() -> None:
    assert len({path.stem for path in pages()}) == len(pages())


def test_the_slug_of_each_page_is_one_that_the_code_uses() -> None:
    known = strings()
    wrong = [
        shown(path)
        for path in pages()
        if path.stem not in FAULTS and heading(path.read_text(encoding="utf-8"))[1] not in known
    ]
    assert wrong == []


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_a_page_has_its_headings(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code, slug = heading(text)
    assert code == path.stem
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert [line for line in text.splitlines() if line.startswith("## ")] in (
        HEADINGS,
        [*HEADINGS, OPTIONAL],
    )
    assert summary(text)
    example = text.partition("## Example")[2].partition("## How to fix it")[0]
    assert "```infer" in example or "```text" in example


@pytest.mark.parametrize("path", pages()[::8], ids=lambda path: path.stem)
def test_explain_finds_a_page_by_code_and_by_slug(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert find_page(path.stem) == text
    assert find_page(path.stem.lower()) == text
    assert heading(find_page(heading(text)[1]) or "")[1] == heading(text)[1]


EXAMPLE = re.compile(r"^```infer\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONFIG = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""What stands beside the program as `config.json`."""


def examples(path: Path) -> list[str]:
    """Return the programs that a page says are wrong."""
    text = path.read_text(encoding="utf-8")
    return EXAMPLE.findall(text.partition("## Example")[2].partition("## How to fix it")[0])


def of_words(path: Path) -> bool:
    """Return whether a page is about words, which `tests/compiler/words` runs."""
    return path.parent.parent.name == "words"


@pytest.mark.parametrize("path", [path for path in pages() if examples(path)], ids=lambda p: p.stem)
def test_the_example_of_a_page_provokes_its_code(path: Path, tmp_path: Path) -> None:
    found: set[str] = set()
    for text in CONFIG.findall(path.read_text(encoding="utf-8")):
        (tmp_path / "config.json").write_text(text, encoding="utf-8")
    for text in examples(path):
        file = tmp_path / "t.infer"
        file.write_text(text, encoding="utf-8")
        found |= {item.code for item in api.compile(file).diagnostics}
    assert path.stem in found


def test_most_pages_have_a_program_that_is_run() -> None:
    """Mistakes of a program can be provoked by one, but for those of two files or the command."""
    of_programs = [path for path in pages() if path.stem[3] in "014" and not of_words(path)]
    assert len([path for path in of_programs if examples(path)]) >= 0.85 * len(of_programs)
