"""Break a document into lines of at most 100 columns.

A bracket is laid out flat if it fits and nothing in it forces a line end, else with one element a
line. Whether something fits depends on the column and on the text up to the next place where a
line may end, never on the source, so a formatted text is formatted to itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from inferc.dsl.format.docs import (
    HARD,
    Clauses,
    Doc,
    Element,
    Hard,
    Note,
    Part,
    Sequence,
    is_forced,
    is_line_comment,
)

WIDTH = 100
INDENT = 2


@dataclass(slots=True)
class _Task:
    """A part that still has to be written, and how."""

    part: Part
    indent: int
    flat: bool = False


@dataclass(slots=True)
class _Writer:
    """The text so far; blanks at the end of a line are never written."""

    chunks: list[str] = field(default_factory=list[str])
    column: int = 0
    pending: int = 0

    def write(self, text: str) -> None:
        """Append ``text``, behind the indentation if it is the first of its line."""
        if not text:
            return
        if self.pending:
            self.chunks.append(" " * self.pending)
            self.pending = 0
        self.chunks.append(text)
        head, newline, tail = text.rpartition("\n")
        self.column = len(tail) if newline else self.column + len(head) + len(tail)

    def end_line(self, indent: int) -> None:
        """Begin a line."""
        if self.chunks:
            self.chunks.append("\n")
        self.column = self.pending = indent


def render(file: Sequence) -> str:
    """Return the text of a whole file."""
    writer = _Writer()
    tasks = [_Task(part, 0) for part in reversed(_rows(file, 0))]
    while tasks:
        task = tasks.pop()
        match task.part:
            case Hard():
                writer.end_line(task.indent)
            case Note():
                gap = "  " if is_line_comment(task.part.text) else " "
                writer.write(f"{gap}{task.part.text}")
            case Sequence():
                _lay_out_sequence(task.part, task, writer.column, tasks)
            case Clauses():
                _lay_out_clauses(task.part, task, writer.column, tasks)
            case _:
                writer.write(task.part)
    text = "".join(writer.chunks)
    return f"{text}\n" if text else ""


def _push(tasks: list[_Task], parts: Iterable[Part], indent: int, *, flat: bool = False) -> None:
    tasks.extend(_Task(part, indent, flat) for part in reversed(tuple(parts)))


def _lay_out_sequence(part: Sequence, task: _Task, column: int, tasks: list[_Task]) -> None:
    """Lay out a bracket flat or with one element a line."""
    if task.flat or _fits(column, (part,), tasks):
        _push(tasks, _flat(part), task.indent, flat=True)
        return
    inner = task.indent + INDENT
    _push(tasks, (HARD, part.closer), task.indent)
    _push(
        tasks,
        (part.opener, *(Note(text) for text in part.notes), *_rows(part, inner)),
        inner,
    )


def _lay_out_clauses(part: Clauses, task: _Task, column: int, tasks: list[_Task]) -> None:
    """Lay out clauses behind the value, or on lines of their own where they do not fit there.

    Where the value itself takes several lines, they are tried behind its last one.
    """
    if task.flat or _fits(column, (part,), tasks):
        _push(tasks, _flat(part), task.indent, flat=True)
        return
    value_fits = _fits(column, part.value, [])
    if value_fits or part.forced:
        for clause in reversed(part.clauses):
            _push(tasks, (HARD, *clause), task.indent + INDENT)
    else:
        tasks.append(_Task(Clauses((), part.clauses, forced=False), task.indent))
    _push(tasks, part.value, task.indent, flat=value_fits)


def _flat(part: Sequence | Clauses) -> Doc:
    """Return the parts of ``part`` on one line."""
    if isinstance(part, Clauses):
        return (*part.value, *(item for clause in part.clauses for item in (" ", *clause)))
    if not part.elements:
        return (part.opener, part.closer)
    parts: list[Part] = [part.opener, part.style.pad]
    for number, element in enumerate(part.elements):
        if number:
            parts.append(part.style.joint)
        parts.extend(element.doc)
        parts.extend(f" {note}" for note in element.notes)
    return (*parts, part.style.pad, part.closer)


def _texts(doc: Doc) -> Iterator[str]:
    """Yield the strings of ``doc`` laid out flat."""
    waiting = list(reversed(doc))
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, Sequence | Clauses):
            waiting.extend(reversed(_flat(part)))


def _rest(tasks: list[_Task]) -> Iterator[str]:
    """Yield the strings of what follows, up to the next place where a line may end."""
    waiting = [(task.part, task.flat) for task in tasks[-1:]]
    depth = len(tasks) - 1
    while waiting:
        part, flat = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, Sequence) and not flat and part.elements:
            yield part.opener
            return
        elif isinstance(part, Clauses) and not flat:
            return
        elif isinstance(part, Sequence | Clauses):
            waiting.extend((item, True) for item in reversed(_flat(part)))
        elif part is HARD:
            return
        while not waiting and depth > 0:
            depth -= 1
            waiting.append((tasks[depth].part, tasks[depth].flat))


def _fits(column: int, doc: Doc, tasks: list[_Task]) -> bool:
    """Return whether ``doc`` fits flat behind ``column``, with what must stand behind it."""
    if is_forced(doc):
        return False
    for texts in (_texts(doc), _rest(tasks)):
        for text in texts:
            head, newline, _ = text.partition("\n")
            column += len(head)
            if column > WIDTH:
                return False
            if newline:
                return True
    return True


def _width(doc: Doc) -> int | None:
    """Return the columns that ``doc`` takes on one line; None if it needs several."""
    if is_forced(doc):
        return None
    width = 0
    for text in _texts(doc):
        width += len(text)
        if "\n" in text or width > WIDTH:
            return None
    return width


def _rows(part: Sequence, indent: int) -> Doc:
    """Return the elements of ``part`` with one on a line, equals signs aligned."""
    pads, ends = _pads(part.elements, indent), _ends(part)
    parts: list[Part] = []
    for number, element in enumerate(part.elements):
        if number or part.opener:
            parts.append(HARD)
        if element.blank_before and part.style.blank_lines:
            parts.append(HARD)
        parts.extend(element.doc[: element.head])
        parts.append(" " * pads.get(number, 0))
        parts.extend(element.doc[element.head :])
        parts.append(ends[number])
        parts.extend(Note(text) for text in element.notes)
    return tuple(parts)


def _ends(part: Sequence) -> list[str]:
    """Return for each element what ends it where it has its own line."""
    ends: list[str] = []
    guarded = False
    for element in reversed(part.elements):
        if element.comment:
            ends.append("")
        else:
            ends.append(part.style.end or (part.style.joint.rstrip() if guarded else ""))
            guarded = element.guarded
    return ends[::-1]


def _pads(elements: tuple[Element, ...], indent: int) -> dict[int, int]:
    """Return for elements, by place, how many blanks align their equals sign with their run's."""
    pads: dict[int, int] = {}
    run: dict[int, tuple[int, int]] = {}
    for number, element in enumerate((*elements, Element(()))):
        width = _width(element.doc) if element.field else None
        single = width is not None and indent + width <= WIDTH
        if element.blank_before or not (single or element.comment):
            pads.update(_aligned(run, indent))
            run = {}
        if single and width is not None and element.head:
            run[number] = (_width(element.doc[: element.head]) or 0, width)
    return pads


def _aligned(run: dict[int, tuple[int, int]], indent: int) -> dict[int, int]:
    """Return the blanks for a run of heads and whole widths; none if a line became too long."""
    target = max((head for head, _ in run.values()), default=0)
    if any(indent + width + target - head > WIDTH for head, width in run.values()):
        return {}
    return {number: target - head for number, (head, _) in run.items()}
