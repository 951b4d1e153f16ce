"""What the compiler has to say about a file: data only, rendered elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from inferc.dsl.source import Span


class Severity(Enum):
    """How bad it is. Only an error stops the next phase."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that matters, with what it has to do with the problem."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of ``span`` by ``text``; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend the problem; ``safe`` when they cannot change the meaning otherwise."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding.

    ``code`` is ``INF`` and three digits and never changes its meaning; ``slug`` names it for
    people.
    ``message`` is one plain sentence in the user's words, ``notes`` carry the numbers, ``help`` is
    the one thing to do. Each code has a page ``pages/<code>.md`` beside the code that raises it.
    """

    code: str
    slug: str
    message: str
    span: Span | None
    severity: Severity = Severity.ERROR
    label: str = ""
    """What to write under the carets of ``span``."""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Return whether one of ``diagnostics`` is an error."""
    return any(item.severity is Severity.ERROR for item in diagnostics)
