"""How wide text is on a terminal, and how to show it there."""

import unicodedata
from dataclasses import dataclass
from typing import Final

TAB: Final = 4
ELLIPSIS: Final = "…"
_WIDE: Final = frozenset({"W", "F"})
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def width_of(text: str) -> int:
    """Return the columns that ``text``, which has no tabs, takes."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as it can be printed; ``columns[i]`` is the column, from 0, of its character i."""

    text: str
    columns: tuple[int, ...]
    """One more than there are characters: the last is the column behind the line."""


def shown(line: str) -> Shown:
    """Return ``line`` with tabs as blanks and what cannot be printed as its code."""
    pieces: list[str] = []
    columns: list[int] = []
    column = 0
    for char in line:
        columns.append(column)
        piece = _printed(char, column)
        pieces.append(piece)
        column += width_of(piece)
    columns.append(column)
    return Shown("".join(pieces), tuple(columns))


def _printed(char: str, column: int) -> str:
    if char == "\t":
        return " " * (TAB - column % TAB)
    if unicodedata.category(char) in _INVISIBLE:
        return f"<U+{ord(char):04X}>"
    return char


def crop(text: str, start: int, width: int) -> str:
    """Return the columns ``start`` to ``start + width`` of ``text``, with marks where it is cut."""
    cells: list[str] = []
    column = 0
    for char in text:
        if start <= column < start + width:
            cells.append(char)
        column += _char_width(char)
    inside = "".join(cells)
    if column > start + width and inside:
        inside = inside[: -len(ELLIPSIS)] + ELLIPSIS
    if start > 0 and inside:
        inside = ELLIPSIS + inside[len(ELLIPSIS) :]
    return inside
