"""The examples on the pages of the diagnostics provoke what the pages are about."""

import re
from pathlib import Path

import pytest
from support.front import resolve_text
from support.repository import ROOT

PACKAGES = ROOT / "compiler"
PAGES = sorted(
    path for package in ("load", "resolve") for path in (PACKAGES / package).glob("pages/INF*.md")
)
EXAMPLE = re.compile(r"## Example\n```infer\n(.*?)```", re.DOTALL)
BY_HAND = {"INF126", "INF128", "INF702", "INF704", "INF709"}
"""Codes whose example is a command line, or several files."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_example_provokes_the_code(path: Path) -> None:
    found = EXAMPLE.search(path.read_text(encoding="utf-8"))
    if found is None:
        assert path.stem in BY_HAND
        return
    text = found.group(1)
    codes = [item.code for item in resolve_text(text, {"t.infer": text}).diagnostics]
    assert path.stem in codes
    assert len(codes) <= 3
