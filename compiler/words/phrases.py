"""Free text as clauses, and what a rule finds in one of them."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from inferc.dsl import SourceFile, Span

TAKEN = "\x00"
"""Stands where a rule has read already: no pattern of another rule matches it."""

LONGEST = 400
"""Characters of a clause."""

_SAME = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{HYPHEN}": "-",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": ";",
        "\N{MINUS SIGN}": "-",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{LESS-THAN OR EQUAL TO}": "<",
        "\N{GREATER-THAN OR EQUAL TO}": ">",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{MICRO SIGN}": "u",
        "\N{GREEK SMALL LETTER MU}": "u",
        "\N{BULLET}": ";",
        "\t": " ",
    }
)
"""One character for another, so that a place in the one text is the same place in the other."""

_ABBREVIATIONS = re.compile(r"\b(?:e\.g|i\.e|approx|incl|vs|etc|max|min|avg|no)\.(?=[\s,])")
_LIST_ITEM = re.compile(r"(?m)^[ ]*-(?=[^\s-])")
"""A dash at the head of a line: of a list where several lines have one, else a sign."""
_TAG = re.compile(r"(?<=[a-z0-9]):(?=\d+(?:\.\d+)?b(?![a-z0-9]))")
"""In names with a tag: ``llama3.1:8b``."""
_SENTENCE = re.compile(r"[.!?](?=\s|$)|[;\r\n\v\f\x85\u2028\u2029]+")
_COMMA = re.compile(r",(?!\d{3}(?!\d))|,(?<!\d,)|\bbut\b|\bhowever\b|\bwhile\b|\bwhereas\b")
"""Where a clause ends; not between the digits of 1,000,000."""


class Clause(NamedTuple):
    """A stretch of one of the descriptions."""

    source: SourceFile
    start: int
    text: str
    """In lower case, with one sign where people have several; as long as what it was made of."""
    sentence: int
    """Clauses of one sentence have the same number."""


class Found(NamedTuple):
    """What a rule read in the text of a clause, from ``start`` to ``end``."""

    topic: str
    start: int
    end: int
    word: str = ""
    """What was read, in the words of the language: ``fp16``, a path of the catalog."""
    low: Fraction | None = None
    """The number that was read, or the lower end of a range."""
    high: Fraction | None = None
    how: str = ""
    """What the number is: ``p99``, ``mean``, ``up_to``, ``per_node``."""
    more: tuple[tuple[str, str], ...] = ()
    """What else was said in the same breath."""


class Reading(NamedTuple):
    """What was understood, and the words that it comes from."""

    topic: str
    word: str
    low: Fraction | None
    high: Fraction | None
    how: str
    more: tuple[tuple[str, str], ...]
    negated: bool
    group: int
    """Readings with the same number are alternatives: ``A100 or H100``; 0 for one that stands
    alone."""
    span: Span

    @property
    def phrase(self) -> str:
        """The words, as they were written, on one line."""
        return one_line(self.span.text)

    def said(self, name: str) -> str:
        """Return what was said of ``name`` in the same breath; empty where nothing was."""
        return next((value for key, value in self.more if key == name), "")


def clauses(source: SourceFile, first_sentence: int) -> Iterator[Clause]:
    """Yield the clauses of a description, in its order."""
    text = _plain(source.text)
    number = first_sentence
    for start, end in _pieces(text, 0, len(text), _SENTENCE):
        for left, right in _pieces(text, start, end, _COMMA):
            for first, last in _chopped(text, left, right):
                yield Clause(source, first, text[first:last], number)
        number += 1


def masked(text: str, found: Iterable[Found]) -> str:
    """Return ``text`` with what was found made unreadable."""
    letters = list(text)
    for item in found:
        letters[item.start : item.end] = TAKEN * (item.end - item.start)
    return "".join(letters)


def one_line(text: str) -> str:
    """Return ``text`` without line ends and other signs that nobody sees."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _plain(text: str) -> str:
    """Return ``text`` in lower case, character by character."""
    lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text.translate(_SAME))
    lowered = _TAG.sub("-", lowered)
    if len(_LIST_ITEM.findall(lowered)) > 1:
        lowered = _LIST_ITEM.sub(lambda match: " " * len(match.group()), lowered)
    return _ABBREVIATIONS.sub(lambda match: match.group()[:-1] + " ", lowered)


def _chopped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a clause, cut at blanks where it is longer than people write them.

    Patterns take more than twice the time for twice the text.
    """
    while end - start > LONGEST:
        blank = text.rfind(" ", start + 1, start + LONGEST)
        cut = blank if blank > 0 else start + LONGEST
        yield start, cut
        start = cut
    yield start, end


def _pieces(text: str, start: int, end: int, border: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the stretches between borders that hold something."""
    left = start
    for match in border.finditer(text, start, end):
        if text[left : match.start()].strip():
            yield left, match.start()
        left = match.end()
    if text[left:end].strip():
        yield left, end
