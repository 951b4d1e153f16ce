"""Texts and places in them."""

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """One text with the path it is shown under.

    Two source files are equal only if they are the same object, so that spans compare quickly.
    """

    path: str
    text: str
    line_starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the offsets at which lines start."""
        starts = [0]
        starts.extend(index + 1 for index, char in enumerate(self.text) if char == "\n")
        object.__setattr__(self, "line_starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of ``offset``, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of line ``number`` (from 1) without its line end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """The characters ``start`` up to, not including, ``end`` of a source file."""

    source: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line, from 1, on which the span starts."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column, from 1, in which the span starts."""
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        """The characters covered."""
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        """Return ``path:line:column``, the form that editors and terminals link."""
        line, column = self.source.position(self.start)
        return f"{self.source.path}:{line}:{column}"
