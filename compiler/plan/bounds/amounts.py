"""Numbers that know how they were worked out, so that anybody can work them out again.

An :class:`Amount` is computed with ``+ - * /``, :func:`least` and :func:`most`, and writes the same
arithmetic down as it goes: what decides a bound and what its certificate prints cannot differ.
The text is in this grammar, and operators of one rank are taken from left to right::

    sum     = product (("+" | "-") product)*
    product = factor (("*" | "/") factor)*
    factor  = number | symbol | "(" sum ")" | ("min" | "max") "(" sum ("," sum)* ")"
"""

from collections.abc import Iterator
from typing import NamedTuple

from inferc.compiler.plan.decisions import Step
from inferc.compiler.provenance import Origin, Sourced
from inferc.dsl.source import Span

SUM, PRODUCT, FACTOR = 1, 2, 3
"""How tightly an expression holds together."""


class Amount:
    """A number with its arithmetic over named numbers; ``step`` is set where it has a name."""

    __slots__ = ("parts", "rank", "step", "text", "value")

    def __init__(
        self,
        value: float,
        text: str,
        rank: int = FACTOR,
        parts: tuple["Amount", ...] = (),
        step: Step | None = None,
    ) -> None:
        self.value = value
        self.text = text
        self.rank = rank
        self.parts = parts
        """The named numbers in it; of a named number, those that it is made of."""
        self.step = step

    def __add__(self, other: "Amount | float") -> "Amount":
        """Return the sum."""
        right = _amount(other)
        return _joined(self.value + right.value, self, " + ", right)

    def __sub__(self, other: "Amount | float") -> "Amount":
        """Return the difference."""
        right = _amount(other)
        return _joined(self.value - right.value, self, " - ", right)

    def __mul__(self, other: "Amount | float") -> "Amount":
        """Return the product."""
        right = _amount(other)
        return _joined(self.value * right.value, self, " * ", right, PRODUCT)

    def __truediv__(self, other: "Amount | float") -> "Amount":
        """Return the quotient."""
        right = _amount(other)
        return _joined(self.value / right.value, self, " / ", right, PRODUCT)

    def __rmul__(self, other: float) -> "Amount":
        """Return the product with a plain number in front."""
        return _amount(other) * self


def _amount(value: "Amount | float") -> Amount:
    """Return a plain number as an amount."""
    if isinstance(value, Amount):
        return value
    text = str(int(value)) if value == int(value) else repr(float(value))
    return Amount(float(value), text)


def _joined(value: float, left: Amount, sign: str, right: Amount, rank: int = SUM) -> Amount:
    before = left.text if left.rank >= rank else f"({left.text})"
    behind = right.text if right.rank > rank else f"({right.text})"
    return Amount(value, f"{before}{sign}{behind}", rank, _named(left) + _named(right))


def _named(amount: Amount) -> tuple[Amount, ...]:
    """Return the named numbers that an expression holds: itself, where it has a name."""
    return amount.parts if amount.step is None else (amount,)


def least(*amounts: Amount | float) -> Amount:
    """Return the smallest of ``amounts``."""
    items = [_amount(item) for item in amounts]
    return _called("min", min(item.value for item in items), items)


def most(*amounts: Amount | float) -> Amount:
    """Return the largest of ``amounts``."""
    items = [_amount(item) for item in amounts]
    return _called("max", max(item.value for item in items), items)


def _called(name: str, value: float, items: list[Amount]) -> Amount:
    text = f"{name}({', '.join(item.text for item in items)})"
    return Amount(value, text, FACTOR, tuple(part for item in items for part in _named(item)))


class Whence(NamedTuple):
    """Where a number comes from that is not worked out."""

    origin: Origin | None
    """None for what holds by definition, or by a paper."""
    source: str = ""
    span: Span | None = None


def looked_up(number: Sourced[float]) -> Whence:
    """Return where a number is from, with the day of its source."""
    source = ", ".join(part for part in (number.source, number.as_of) if part)
    return Whence(number.origin, source, number.span)


def stated(symbol: str, value: float, unit: str, words: str, whence: Whence) -> Amount:
    """Return a number that is not worked out."""
    step = Step(
        symbol=symbol,
        expression="",
        value=value,
        unit=unit,
        words=words,
        origin="definition" if whence.origin is None else whence.origin.value,
        source=whence.source,
        span=whence.span,
    )
    return Amount(value, symbol, step=step)


def defined(symbol: str, value: float, unit: str, words: str, source: str) -> Amount:
    """Return a number that holds by definition, or by the paper ``source``."""
    return stated(symbol, value, unit, words, Whence(None, source))


def let(symbol: str, amount: Amount, unit: str, words: str, source: str = "") -> Amount:
    """Return ``amount`` under a name of its own; ``source`` is that of the formula."""
    step = Step(
        symbol=symbol,
        expression=amount.text,
        value=amount.value,
        unit=unit,
        words=words,
        origin="derived",
        source=source,
        span=None,
    )
    return Amount(amount.value, symbol, parts=_named(amount), step=step)


def steps_of(*amounts: Amount) -> tuple[Step, ...]:
    """Return every step that ``amounts`` rest on, each once, those first that others use."""
    seen: dict[str, Step] = {}
    for amount in amounts:
        for step in _steps(amount, seen):
            seen[step.symbol] = step
    return tuple(seen.values())


def _steps(amount: Amount, seen: dict[str, Step]) -> Iterator[Step]:
    if amount.step is not None and amount.step.symbol in seen:
        return
    for part in amount.parts:
        yield from _steps(part, seen)
    if amount.step is not None:
        yield amount.step
