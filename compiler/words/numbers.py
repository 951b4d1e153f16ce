"""Numbers as people write them in a sentence: ``1,000,000``, ``20K``, ``half a million``."""

import re
from fractions import Fraction

from inferc.compiler.units import UnitProblem, unit_of
from inferc.compiler.units_table import SCALES

_LONG = 10**5
"""From here on the language's numbers are written in groups of three digits."""

_ONES = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty
"""
_NAMED = {word: Fraction(number) for number, word in enumerate(_ONES.split())} | {
    "single": Fraction(1),
    "a single": Fraction(1),
    "a pair of": Fraction(2),
    "a dozen": Fraction(12),
    "dozen": Fraction(12),
    "thirty": Fraction(30),
    "thirty-two": Fraction(32),
    "forty": Fraction(40),
    "fifty": Fraction(50),
    "sixty-four": Fraction(64),
    "a hundred": Fraction(100),
    "hundred": Fraction(100),
    "a thousand": Fraction(1000),
    "a million": Fraction(SCALES["M"]),
    "half a million": Fraction(SCALES["M"], 2),
    "half": Fraction(1, 2),
    "half a": Fraction(1, 2),
}
_SCALES = {
    "k": SCALES["k"],
    "thousand": SCALES["k"],
    "hundred": 100,
    "m": SCALES["M"],
    "mn": SCALES["M"],
    "million": SCALES["M"],
    "b": SCALES["G"],
    "bn": SCALES["G"],
    "billion": SCALES["G"],
}
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,15})(?:\.\d{1,9})?"
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_WORD = "|".join(sorted(_NAMED, key=len, reverse=True))

NUMBER = (
    rf"(?:(?<![\w.$])(?:{_DIGITS}(?:[ -]?(?:{_SCALE})(?![a-z0-9]))?"
    rf"|(?:{_WORD})(?:[ ](?:{_SCALE}))?(?![a-z0-9])))"
)
"""A pattern without groups, for lower case."""

RANGE_SIGN = r"\s*(?:-|to|and|\.\.)\s*"

_PARTS = re.compile(rf"({_DIGITS}|(?:{_WORD})(?![a-z]))(?:[ -]?({_SCALE})(?![a-z0-9]))?")


def number_of(text: str) -> Fraction:
    """Return what a text that :data:`NUMBER` matches means."""
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        raise AssertionError(text)
    digits, scale = parts.groups()
    value = _NAMED[digits] if digits in _NAMED else Fraction(digits.replace(",", ""))
    return value * _SCALES.get(scale or "", 1)


def range_of(low: str, high: str) -> tuple[Fraction, Fraction]:
    """Return a range in its order; ``1-2k`` is from one thousand."""
    first, second = number_of(low), number_of(high)
    scale = _PARTS.fullmatch(high.strip())
    if scale is not None and scale[2] and first < second and not _has_scale(low):
        first *= _SCALES[scale[2]]
        if first > second:
            first /= _SCALES[scale[2]]
    return min(first, second), max(first, second)


def _has_scale(text: str) -> bool:
    parts = _PARTS.fullmatch(text.strip())
    return parts is not None and bool(parts[2])


def written(value: Fraction) -> str:
    """Return a number as the language writes it: ``1_000_000``, ``0.5``."""
    if value.denominator == 1:
        return f"{value.numerator:_}" if abs(value) >= _LONG else str(value.numerator)
    text = f"{float(value):.6f}".rstrip("0").rstrip(".")
    return text or "0"


def unit(word: str) -> Fraction:
    """Return how much of its base unit a unit of the language is: seconds, bytes."""
    known = unit_of(word)
    if isinstance(known, UnitProblem):
        raise TypeError(word)
    return known[0]
