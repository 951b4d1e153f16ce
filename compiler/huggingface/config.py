"""A configuration while it is read: what is asked of it, what it answered, what it lacks."""

from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from inferc.compiler.huggingface.document import Members, Value
from inferc.dsl import Span

PARTS = ("text_config", "llm_config", "language_config")
"""Where models that also see or hear keep the configuration of their language model."""

Plain: TypeAlias = int | bool | str
LARGEST = 10**9
"""No dimension of a model comes near it."""
MOST_LAYERS = 10_000


@dataclass(frozen=True, slots=True)
class Fact:
    """A value for a field of an `llm` block, and where the configuration says so."""

    value: Plain
    span: Span


@dataclass(frozen=True, slots=True)
class Mistake:
    """A member whose value is of another kind than is expected."""

    name: str
    expected: str
    span: Span


class Config:
    """The members of one configuration.

    What is asked for and absent is kept in ``missing``, what is there and makes no sense in
    ``mistakes``: the answer is then a number that does no harm, and the caller reports all at once.
    """

    def __init__(self, members: Members, whole: Span) -> None:
        self.members = members
        self.whole = whole
        self.missing: dict[str, None] = {}
        self.mistakes: list[Mistake] = []

    def has(self, name: str) -> bool:
        """Return whether there is a value other than null."""
        return self.members.values.get(name) is not None

    def span(self, name: str) -> Span:
        """Return where ``name`` is written, or where the model is named."""
        spans = self.members.spans
        return spans.get(name) or spans.get("model_type") or self.whole

    def part(self, name: str) -> Members | None:
        """Return an object inside, or None."""
        value = self.members.values.get(name)
        return value if isinstance(value, Members) else None

    def text(self, name: str) -> str:
        """Return a text, or nothing."""
        value = self.members.values.get(name)
        return value if isinstance(value, str) else ""

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a truth value."""
        value = self.members.values.get(name)
        return value if isinstance(value, bool) else default

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list; empty where there is none."""
        value = self.members.values.get(name)
        if not isinstance(value, tuple):
            return ()
        return tuple(item for item in value if isinstance(item, str))

    def counts(self, name: str) -> tuple[int, ...]:
        """Return the whole numbers of a list, 0 for anything else; empty where there is none."""
        value = self.members.values.get(name)
        if not isinstance(value, tuple):
            return ()
        return tuple(item if whole_number(item) else 0 for item in value)

    def named(self, *names: str) -> str:
        """Return the first of ``names`` that has a value, or else the first of all."""
        return next((name for name in names if self.has(name)), names[0])

    def count(self, *names: str, high: int = LARGEST) -> int:
        """Return the whole number under one of ``names``; it must be there and positive."""
        name = self.named(*names)
        if not self.has(name):
            self.missing[name] = None
            return 1
        return self._checked(name, low=1, high=high)

    def count_or(self, default: int, *names: str) -> int:
        """Return the whole number under one of ``names``, or ``default``."""
        name = self.named(*names)
        return self._checked(name, low=0, high=LARGEST) if self.has(name) else default

    def _checked(self, name: str, *, low: int, high: int) -> int:
        value = self.members.values[name]
        if whole_number(value) and low <= value <= high:
            return value
        expected = f"a whole number from {low} to {high}"
        if all(mistake.name != name for mistake in self.mistakes):
            self.mistakes.append(Mistake(name, expected, self.span(name)))
        return 1


def whole_number(value: Value) -> TypeGuard[int]:
    """Return whether a value is a whole number that some model could have."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
