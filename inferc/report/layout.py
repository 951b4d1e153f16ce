"""Lines, columns and colours of reports for people."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 100
"""Running text is wrapped here, as the formatter wraps files."""

BAR = 24
"""Characters of the longest bar."""

CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """ANSI colours, or none: never the only carrier of a meaning."""

    on: bool

    def __call__(self, text: str, *styles: str) -> str:
        """Return ``text`` in ``styles``, or as it is where colour is off."""
        if not self.on or not styles or not text:
            return text
        codes = ";".join(CODES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"


Cell: TypeAlias = str | tuple[str, str]
"""A text, or a text and its style: padding stays unpainted."""

PLAIN = Paint(on=False)


def heading(text: str, paint: Paint) -> str:
    """Return the title of a part of a report."""
    return "  " + paint(text, "bold")


def table(
    rows: Iterable[Sequence[Cell]],
    paint: Paint = PLAIN,
    *,
    indent: int = 2,
    right: Sequence[int] = (),
) -> list[str]:
    """Return ``rows`` as lines with aligned columns.

    Columns numbered in ``right`` are aligned at their right edge. Empty columns vanish.
    """
    cells = [[(c, "") if isinstance(c, str) else c for c in row] for row in rows]
    if not cells:
        return []
    widths = [max(len(row[column][0]) for row in cells) for column in range(len(cells[0]))]
    lines: list[str] = []
    for row in cells:
        parts: list[str] = []
        for column, ((text, style), width) in enumerate(zip(row, widths, strict=True)):
            gap = " " * (width - len(text))
            painted = paint(text, style) if style else text
            if width:
                parts.append(gap + painted if column in right else painted + gap)
        lines.append(" " * indent + "  ".join(parts).rstrip())
    return lines


def wrap(text: str, *, indent: int, first: str = "") -> list[str]:
    """Return ``text`` wrapped at the report's width, ``first`` before its first line."""
    return textwrap.wrap(
        text,
        width=WIDTH,
        initial_indent=first or " " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
