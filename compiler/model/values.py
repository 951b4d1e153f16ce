"""Values of fields as floats and words."""

from inferc.compiler.provenance import Sourced, exactly
from inferc.compiler.resolve import (
    CallValue,
    FieldValue,
    ListValue,
    Multiple,
    RangeValue,
    Ref,
    ResolvedBlock,
    Value,
    Word,
)
from inferc.compiler.units import Quantity


class MissingFieldError(LookupError):
    """A block lacks a field without which it means nothing."""

    def __init__(self, block: ResolvedBlock, name: str) -> None:
        super().__init__(name)
        self.block = block
        self.name = name


class UnexpectedValueError(TypeError):
    """A value has another form than the schema allows for its field."""


def required(block: ResolvedBlock, name: str) -> FieldValue:
    """Return the field ``name`` of ``block``. Raises MissingFieldError."""
    found = block.fields.get(name)
    if found is None:
        raise MissingFieldError(block, name)
    return found


def amount(value: Value) -> float:
    """Return a quantity in base units; the typical one where there are several."""
    return ends(value)[1]


def ends(value: Value) -> tuple[float, float, float]:
    """Return the low, the typical and the high amount of a quantity, a range or a ``between``.

    The typical amount of a plain range is its middle.
    """
    match value:
        case Quantity():
            exact = float(value.value)
            return exact, exact, exact
        case RangeValue(low=low, high=high):
            bottom, top = sorted((amount(low), amount(high)))
            return bottom, (bottom + top) / 2, top
        case CallValue(name="between", arguments=arguments):
            bottom, top = sorted((amount(arguments["low"]), amount(arguments["high"])))
            typical = amount(arguments["typical"])
            return min(bottom, typical), typical, max(top, typical)
        case _:
            raise UnexpectedValueError(value)


def text_of(value: Value) -> str:
    """Return a quantity as it was written, the typical one where there are several."""
    match value:
        case CallValue(name="between", arguments=arguments):
            return text_of(arguments["typical"])
        case RangeValue(low=low, high=high):
            return f"{text_of(low)}..{text_of(high)}"
        case _:
            return str(value) if isinstance(value, Quantity) else word(value)


def word(value: Value) -> str:
    """Return a text, the word of an enumeration, or the path that a reference leads to."""
    match value:
        case Word(text=text) | Ref(target=text):
            return text
        case str():
            return value
        case _:
            raise UnexpectedValueError(value)


def option(value: Value) -> str | float | bool:
    """Return a value as targets take their options."""
    match value:
        case bool():
            return value
        case Quantity():
            return float(value.value)
        case _:
            return word(value)


def multiple(value: Value) -> tuple[int, str]:
    """Return count and path of ``8 * gpu``; of a plain reference, 1 and its path."""
    if isinstance(value, Multiple):
        return int(value.count.value), value.of.target
    return 1, word(value)


def number(block: ResolvedBlock, name: str) -> Sourced[float]:
    """Return a required quantity of ``block`` with its origin. Raises MissingFieldError."""
    return sourced(required(block, name))


def sourced(field: FieldValue) -> Sourced[float]:
    """Return a quantity with its origin; the ends of its range are those that were written."""
    low, typical, high = ends(field.value)
    return Sourced(
        value=typical,
        low=low,
        high=high,
        origin=field.origin,
        text=text_of(field.value),
        span=field.span,
        source=field.source,
        as_of=field.as_of,
        because=field.because,
        confidence=field.confidence,
        writers=field.writers,
    )


def count(block: ResolvedBlock, name: str) -> int:
    """Return a required whole number of ``block``. Raises MissingFieldError."""
    return int(amount(required(block, name).value))


def count_or(block: ResolvedBlock, name: str, default: int) -> int:
    """Return a whole number of ``block``, or ``default``."""
    found = block.fields.get(name)
    return default if found is None else int(amount(found.value))


def amount_or(block: ResolvedBlock, name: str, default: float) -> float:
    """Return a quantity of ``block``, or ``default``."""
    found = block.fields.get(name)
    return default if found is None else amount(found.value)


def text_or(block: ResolvedBlock, name: str, default: str = "") -> str:
    """Return a text or word of ``block``, or ``default``."""
    found = block.fields.get(name)
    return default if found is None else word(found.value)


def flag_or(block: ResolvedBlock, name: str, *, default: bool = False) -> bool:
    """Return a truth value of ``block``, or ``default``."""
    found = block.fields.get(name)
    return default if found is None else found.value is True


def words(block: ResolvedBlock, name: str) -> tuple[str, ...]:
    """Return a list of words of ``block``; empty where it is absent."""
    found = block.fields.get(name)
    if found is None:
        return ()
    if isinstance(found.value, ListValue):
        return tuple(word(item) for item in found.value.items)
    return (word(found.value),)


def setting(field: FieldValue) -> Sourced[str]:
    """Return a text with its origin."""
    return exactly(
        word(field.value),
        field.origin,
        text=field.text,
        span=field.span,
        source=field.source,
        as_of=field.as_of,
    )
