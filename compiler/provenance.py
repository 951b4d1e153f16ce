"""Where a number comes from."""

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from inferc.dsl.source import Span

T = TypeVar("T")


class Origin(Enum):
    """The four origins of a number."""

    GIVEN = "given"
    """Written in a block of the user's file."""
    CATALOG = "catalog"
    """A fact with a source and a date."""
    ASSUMED = "assumed"
    """An ``assume`` line: value, reason, confidence."""
    DEFAULTED = "defaulted"
    """Nobody said; the catalog's range for that quantity, planned at its typical value."""


class Confidence(Enum):
    """How far the writer of an ``assume`` line trusts it. ``HIGH`` counts as given."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced(Generic[T]):
    """A value with its origin.

    ``low`` and ``high`` are the ends of the range in which the truth may lie; equal to ``value``
    where nothing is uncertain. ``text`` is the value as people write it, with its unit.
    """

    value: T
    low: T
    high: T
    origin: Origin
    text: str = ""
    span: Span | None = None
    """Where it is written: the user's file, or the catalog's."""
    source: str = ""
    """The publication a catalog fact comes from."""
    as_of: str = ""
    """The day, or month, of the source: ``2026-11-21``."""
    because: str = ""
    confidence: Confidence = Confidence.HIGH
    writers: tuple[Span, ...] = ()
    """Every statement that wrote it, the one that won last; empty for what nobody wrote."""


def exactly(
    value: T,
    origin: Origin = Origin.GIVEN,
    *,
    text: str = "",
    span: Span | None = None,
    source: str = "",
    as_of: str = "",
) -> Sourced[T]:
    """Return ``value`` as a sourced value without a range."""
    return Sourced(
        value=value,
        low=value,
        high=value,
        origin=origin,
        text=text,
        span=span,
        source=source,
        as_of=as_of,
    )
