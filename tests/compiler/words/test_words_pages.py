"""The pages of what is said about words: each example gives what its page is about."""

import re
import shlex
from pathlib import Path

import pytest
from support.repository import ROOT

from inferc.compiler.words import build

PAGES = sorted((ROOT / "compiler" / "words" / "pages").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_of_a_page_gives_its_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = re.findall(r"^inferc design (.*)$", text, re.MULTILINE)
    assert commands
    for command in commands:
        words = shlex.split(command)
        given = dict(zip(words[::2], words[1::2], strict=True))
        found = build(given["--model"], given["--workload"], given["--hardware"])
        assert page.stem in {item.code for item in found.diagnostics}
