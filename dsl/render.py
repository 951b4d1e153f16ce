"""Diagnostics for people: the lines of the file with carets under them, as rustc shows them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from inferc.dsl.columns import crop, shown
from inferc.dsl.diagnostics import Diagnostic, Fix, Severity
from inferc.dsl.source import SourceFile, Span

_OFF: Final = "\x1b[0m"
_BOLD: Final = "\x1b[1m"
_FRAME: Final = "\x1b[1;34m"
_SECONDARY: Final = "\x1b[1;34m"
_ADDED: Final = "\x1b[32m"
_SEVERITY: Final = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: "\x1b[1;36m",
}
_SMALLEST_WIDTH: Final = 40
_SHOWN_GAP: Final = 1
"""So many unmarked lines between two marked ones are shown; more are left out."""


def render(diagnostics: Iterable[Diagnostic], *, color: bool, width: int = 100) -> str:
    """Return ``diagnostics`` as text for a terminal ``width`` columns wide, the counts at the end.

    They are sorted by file and place, and none is shown twice. Without any the text is empty.
    """
    items = in_order(diagnostics)
    if not items:
        return ""
    page = _Page(color=color, width=max(width, _SMALLEST_WIDTH))
    for item in items:
        page.add(item)
    page.line(page.paint(_BOLD, count(items)))
    return "\n".join(page.lines) + "\n"


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return ``diagnostics`` sorted by file, place and code, each once."""
    unique = {_key(item): item for item in reversed(list(diagnostics))}
    return tuple(unique[key] for key in sorted(unique))


def _key(item: Diagnostic) -> tuple[str, int, int, str, str]:
    if item.span is None:
        return ("", 0, 0, item.code, item.message)
    return (item.span.source.path, item.span.start, item.span.end, item.code, item.message)


def count(diagnostics: Sequence[Diagnostic]) -> str:
    """Return how many there are of each kind: ``2 errors, 1 warning``."""
    parts: list[str] = []
    for severity in Severity:
        number = sum(item.severity is severity for item in diagnostics)
        if number:
            parts.append(f"{number} {severity.value}{'s' if number > 1 else ''}")
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Characters to underline; ``start`` and ``end`` are offsets in the line."""

    line: int
    start: int
    end: int
    text: str
    primary: bool


class _Page:
    """Collects the lines to print."""

    def __init__(self, *, color: bool, width: int) -> None:
        self.color = color
        self.width = width
        self.lines: list[str] = []
        self.gutter = 1

    def paint(self, code: str, text: str) -> str:
        return f"{code}{text}{_OFF}" if self.color and text else text

    def line(self, text: str) -> None:
        self.lines.append(text.rstrip())

    def framed(self, sign: str, text: str = "", number: str = "") -> None:
        """Add a line with a line number, or none, and ``sign`` in front of ``text``."""
        self.line(f"{self.paint(_FRAME, f'{number:>{self.gutter}} {sign}')} {text}")

    def add(self, item: Diagnostic) -> None:
        """Add one diagnostic and an empty line."""
        color = _SEVERITY[item.severity]
        title = self.paint(color, f"{item.severity.value}[{item.code}] {item.slug}")
        self.line(f"{title}{self.paint(_BOLD, f': {item.message}')}")
        self.gutter = _gutter(item)
        if item.span is not None:
            self._places(item, item.span, color)
        for note in item.notes:
            self._remark("note", note)
        if item.help:
            self._remark("help", item.help)
        for fix in item.fixes:
            self._fix(fix)
        self.line("")

    def _remark(self, kind: str, text: str) -> None:
        first, *rest = text.split("\n")
        self.framed("=", f"{self.paint(_BOLD, f'{kind}:')} {first}")
        for line in rest:
            self.line(" " * (self.gutter + len(kind) + 5) + line)

    def _fix(self, fix: Fix) -> None:
        """Add what a fix does, and the line that it leads to where it changes only one."""
        self._remark("fix", fix.title if fix.safe else f"{fix.title} (look at it first)")
        mended = _mended(fix)
        if mended is not None:
            text = crop(shown(mended.strip()).text, 0, self.width - self.gutter - 10)
            self.line(" " * (self.gutter + 8) + self.paint(_ADDED, f"+ {text}"))

    # ---- places ------------------------------------------------------------------------------

    def _places(self, item: Diagnostic, span: Span, color: str) -> None:
        marks = {span.source: [_mark(span, item.label, primary=True)]}
        for label in item.labels:
            marks.setdefault(label.span.source, []).append(
                _mark(label.span, label.message, primary=False)
            )
        for source, of_source in marks.items():
            first = span if source is span.source else None
            place = str(first) if first is not None else f"{source.path}:{of_source[0].line}"
            arrow = "-->" if first is not None else ":::"
            self.line(f"{' ' * self.gutter}{self.paint(_FRAME, arrow)} {place}")
            self.framed("|")
            self._snippet(source, of_source, color)
        if item.notes or item.help or item.fixes:
            self.framed("|")

    def _snippet(self, source: SourceFile, marks: list[_Mark], color: str) -> None:
        previous = 0
        for number in sorted({mark.line for mark in marks}):
            if previous and number - previous > _SHOWN_GAP + 1:
                self.line(self.paint(_FRAME, "..."))
            elif previous:
                for between in range(previous + 1, number):
                    self._unmarked(source, between)
            on_line = [mark for mark in marks if mark.line == number]
            self._marked(source.line(number), on_line, color)
            previous = number

    def _unmarked(self, source: SourceFile, number: int) -> None:
        text = crop(shown(source.line(number)).text, 0, self._room)
        self.framed("|", text, number=str(number))

    @property
    def _room(self) -> int:
        return self.width - self.gutter - 3

    def _marked(self, line: str, marks: list[_Mark], color: str) -> None:
        """Add ``line`` and under it a row for each mark, the rightmost first."""
        view = shown(line)
        leftmost = min(view.columns[mark.start] for mark in marks)
        window = 0
        if view.columns[-1] > self._room:
            window = max(0, min(leftmost - self._room // 3, view.columns[-1] + 1 - self._room))
        self.framed("|", crop(view.text, window, self._room), number=str(marks[0].line))
        for mark in sorted(marks, key=lambda mark: (-mark.start, not mark.primary)):
            start, end = view.columns[mark.start], view.columns[mark.end]
            blank = max(0, start - window)
            length = max(1, min(end, window + self._room) - max(start, window))
            code = color if mark.primary else _SECONDARY
            sign = "^" if mark.primary else "-"
            self.framed(
                "|", " " * blank + self.paint(code, f"{sign * length} {mark.text}".rstrip())
            )


def _mark(span: Span, text: str, *, primary: bool) -> _Mark:
    """Return the part of ``span`` that lies on its first line."""
    line, column = span.source.position(span.start)
    length = len(span.source.line(line))
    start = min(column - 1, length)
    end = min(start + max(span.end - span.start, 0), length)
    last, _ = span.source.position(max(span.start, span.end - 1))
    if last > line:
        text = f"{text} (to line {last})".lstrip()
    return _Mark(line, start, end, text, primary)


def _gutter(item: Diagnostic) -> int:
    """Return the width of the largest line number to be shown."""
    spans: Iterator[Span] = (label.span for label in item.labels)
    numbers = [span.line for span in spans]
    if item.span is not None:
        numbers.append(item.span.line)
    return len(str(max(numbers, default=1)))


def _mended(fix: Fix) -> str | None:
    """Return the line that ``fix`` makes, if it changes one line of one file."""
    lines = {(edit.span.source, edit.span.line) for edit in fix.edits}
    if len(lines) != 1 or any("\n" in edit.text + edit.span.text for edit in fix.edits):
        return None
    ((source, number),) = lines
    text = source.line(number)
    origin = source.line_starts[number - 1]
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start - origin] + edit.text + text[edit.span.end - origin :]
    return text
