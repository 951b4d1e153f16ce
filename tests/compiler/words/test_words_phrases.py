"""Phrase by phrase: what people write, and the lines of the file that it becomes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.words import read, statements

from inferc import api
from inferc.dsl import Severity, SourceFile

NO_ENGINE = {"INF153"}
"""Hardware for which the catalog has no engine yet: the words are right all the same."""


def _phrases() -> Iterator[tuple[str, str, list[str]]]:
    part = ""
    for line in Path(__file__).with_name("phrases.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            part = line.strip("[]")
        elif line and not line.startswith("#"):
            phrase, _, expected = line.partition(" => ")
            yield part, phrase, expected.split("; ")


PHRASES = list(_phrases())


@pytest.mark.parametrize(("part", "phrase", "expected"), PHRASES, ids=[row[1] for row in PHRASES])
def test_a_phrase_becomes_these_lines(part: str, phrase: str, expected: list[str]) -> None:
    words = read(**{part: phrase})

    lines = statements(words.text)
    for statement in expected:
        if statement.startswith("!"):
            assert not [line for line in lines if line.startswith(statement[1:])]
        else:
            assert statement in lines
    assert not words.not_understood


def test_there_are_enough_phrases_to_mean_something() -> None:
    assert len(PHRASES) >= 120


@pytest.mark.parametrize("part", ["model", "workload", "hardware"])
def test_every_file_is_one_that_the_compiler_takes(part: str) -> None:
    """All of them in one file, each as a topology of its own: facts are then read once."""
    head = "infer 1\nimport std.catalog as cat\n"
    texts = [read(**{where: phrase}).text for where, phrase, _ in PHRASES if where == part]
    bodies = [
        text.removeprefix(head).replace("topology design", f"topology design_{number}")
        for number, text in enumerate(texts)
    ]
    checked = api.check(SourceFile("all.infer", head + "\n".join(bodies)))
    errors = [item for item in checked.diagnostics if item.severity is Severity.ERROR]
    assert [item.message for item in errors if item.code not in NO_ENGINE] == []
