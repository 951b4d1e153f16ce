"""What stands in a literal: numbers with their units, and strings with what is inserted in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from inferc.dsl.syntax import Expression

MAX_DIGITS: Final = 100
"""Digits that a number may have when written out: exact arithmetic with more takes its time."""

_NUMBER: Final = re.compile(r"[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SCALED: Final = re.compile(r"(?P<scale>[kMGT]) (?P<unit>\S+)")
_SCALED_MONEY: Final = re.compile(r"(?P<scale>[kM]?)(?P<per>.*)")
_PIECE: Final = re.compile(
    r"""(?P<escape>\\(?:u\{[0-9a-fA-F]{1,6}\}|[\s\S]))
      | \$\{(?P<inner>[^{}"]*)\}
      | (?P<open>\$\{)""",
    re.VERBOSE,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


def number_of(text: str) -> tuple[Decimal | None, int]:
    """Return the number at the start of ``text`` and its length; None if it is out of range."""
    found = _NUMBER.match(text)
    written = found.group() if found is not None else "0"
    mantissa, _, exponent = written.replace("_", "").replace("E", "e").partition("e")
    small = len(exponent) <= len(str(MAX_DIGITS)) + 1 and abs(int(exponent or "0")) <= MAX_DIGITS
    if not small or len(mantissa) > MAX_DIGITS:
        return None, len(written)
    return Decimal(written.replace("_", "")), len(written)


def split_unit(text: str) -> tuple[str, str]:
    """Return scale and unit of what stands behind a number: ``k req/s`` and `` ms`` and ``GiB``."""
    scaled = _SCALED.match(text)
    if scaled is not None:
        return scaled["scale"], scaled["unit"]
    return "", text.strip()


def split_price(text: str) -> tuple[str, str]:
    """Return scale and divisor of what stands behind an amount: ``k/mo`` is ``k`` and ``/mo``."""
    found = _SCALED_MONEY.match(text)
    return (found["scale"], found["per"]) if found is not None else ("", text)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a string; ``start`` and ``end`` count from the opening quote.

    ``kind`` is ``text``, ``expression``, ``escape`` (an unknown one) or ``open`` (a ``${`` that
    never ends); ``text`` is the text meant, or for the last three the text written.
    """

    kind: str
    text: str
    start: int
    end: int


def split_text(written: str) -> Iterator[Piece]:
    """Return the parts of the string ``written``, quotes included."""
    quotes = 3 if written.startswith('"""') and len(written) >= 6 else 1  # noqa: PLR2004
    end = len(written) - quotes
    at = quotes
    for found in _PIECE.finditer(written, quotes, end):
        if found.start() > at:
            yield Piece("text", written[at : found.start()], at, found.start())
        yield _special(found)
        at = found.end()
    if at < end:
        yield Piece("text", written[at:end], at, end)


def _special(found: re.Match[str]) -> Piece:
    if found["inner"] is not None:
        return Piece("expression", found["inner"], found.start("inner"), found.end("inner"))
    if found["open"] is not None:
        return Piece("open", found["open"], found.start(), found.end())
    meant = _unescape(found["escape"][1:])
    if meant is None:
        return Piece("escape", found["escape"], found.start(), found.end())
    return Piece("text", meant, found.start(), found.end())


def _unescape(escape: str) -> str | None:
    """Return the character that ``escape`` (without its backslash) stands for, if any."""
    if escape.startswith("u{"):
        code = int(escape[2:-1], 16)
        surrogate = 0xD800 <= code <= 0xDFFF  # noqa: PLR2004
        return chr(code) if code <= 0x10FFFF and not surrogate else None  # noqa: PLR2004
    return _ESCAPES.get(escape)


def dedent(parts: Sequence[str | Expression]) -> tuple[str | Expression, ...]:
    """Return the parts of a long string without the layout that its place in the file gave it.

    If the text starts on a line of its own, that first line end goes, and from every line the
    blanks that all of them have, the line of the closing quotes included.
    """
    first = parts[0] if parts else None
    if not isinstance(first, str) or not first.startswith("\n"):
        return tuple(parts)
    lines = "".join(part if isinstance(part, str) else "x" for part in parts).split("\n")[1:]
    margins = [len(line) - len(line.lstrip(" \t")) for line in lines[:-1] if line.strip()]
    closing = lines[-1]
    margins.append(len(closing) - len(closing.lstrip(" \t")))
    margin = re.compile(rf"\n[ \t]{{0,{min(margins)}}}")
    cut = [margin.sub("\n", part) if isinstance(part, str) else part for part in parts]
    head = cut[0]
    return (head[1:] if isinstance(head, str) else head, *cut[1:])
