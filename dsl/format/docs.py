"""What a text is made of before its lines are broken.

A document is a tuple of parts: plain strings, :data:`HARD` line ends, comments that end a line
(:class:`Note`), bracketed sequences (:class:`Sequence`) and wrapping clauses (:class:`Clauses`).
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Hard(Enum):
    """A line end that is always there."""

    LINE = "\n"


HARD = Hard.LINE


@dataclass(frozen=True, slots=True)
class Note:
    """A comment that ends a line. It never makes the line too long."""

    text: str


@dataclass(frozen=True, slots=True)
class Clauses:
    """A value and the clauses that go to lines of their own where they do not fit behind it."""

    value: "Doc"
    clauses: tuple["Doc", ...]
    forced: bool
    """Whether the line ends before the clauses in any case."""


@dataclass(frozen=True, slots=True)
class Element:
    """One statement, pair, item or own-line comment of a sequence."""

    doc: "Doc"
    head: int = 0
    """How many parts of ``doc`` stand before an equals sign that is aligned; 0: none is."""
    field: bool = False
    """Whether it is a field: a run of single-line fields has its equals signs aligned."""
    comment: bool = False
    notes: tuple[str, ...] = ()
    """Comments behind it."""
    blank_before: bool = False
    guarded: bool = False
    """Whether its first word would go on with the statement before it but for a separator."""
    sort_key: tuple[bool, str] | None = None
    """Where an import goes within its run."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of bracket is laid out."""

    joint: str = ""
    """What stands between elements on one line."""
    end: str = ""
    """What ends every element on a line of its own."""
    pad: str = ""
    """What stands inside the brackets on one line."""
    blank_lines: bool = False
    """Whether single blank lines are kept."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Elements between two brackets; the file itself has empty ones."""

    opener: str
    closer: str
    style: Style
    elements: tuple[Element, ...]
    notes: tuple[str, ...] = ()
    """Comments behind the opening bracket."""
    forced: bool = False
    """Whether every element goes to a line of its own in any case."""


Part: TypeAlias = str | Hard | Note | Clauses | Sequence
Doc: TypeAlias = tuple[Part, ...]


def is_line_comment(text: str) -> bool:
    """Return whether a comment goes on to the end of its line."""
    return not text.startswith("/*")


def is_forced(doc: Doc) -> bool:
    """Return whether ``doc`` cannot stand on one line."""
    return any(
        part is HARD
        or isinstance(part, Note)
        or (isinstance(part, Sequence) and part.forced)
        or (
            isinstance(part, Clauses)
            and (part.forced or any(is_forced(item) for item in (part.value, *part.clauses)))
        )
        for part in doc
    )
