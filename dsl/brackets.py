"""Brackets that do not pair up: which one is wrong, and what the text was meant to be.

A plain count notices a missing ``}`` at the end of the file, hundreds of lines too late. People
and the formatter indent, so the lines tell where a block was meant to end: a line that is not
indented further than the line that opened a block does not belong to that block. Where indentation
explains more mistakes than a count needs, it is not to be trusted, and the count decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.scanner import VALUE_FOLLOWS, Lexeme
from inferc.dsl.source import SourceFile, Span
from inferc.dsl.syntax_diagnostics import mismatched, unclosed, unmatched, unopened

CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}
OPENERS: Final = {closer: opener for opener, closer in CLOSERS.items()}

_STATEMENT_WORDS: Final = frozenset(["import", "param", "let", "for", "if", "assert", "else"])
_WRAP_WORDS: Final = frozenset({"because", "until", "confidence"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A text whose brackets pair up, and what had to be changed for it."""

    lexemes: tuple[Lexeme, ...]
    diagnostics: tuple[Diagnostic, ...]


def are_paired(lexemes: Iterable[Lexeme]) -> bool:
    """Return whether every bracket has its partner."""
    waiting: list[str] = []
    for lexeme in lexemes:
        if lexeme.kind == "open":
            waiting.append(CLOSERS[lexeme.text])
        elif lexeme.kind == "close" and (not waiting or waiting.pop() != lexeme.text):
            return False
    return not waiting


def repair(source: SourceFile, lexemes: Sequence[Lexeme]) -> Repaired:
    """Return ``lexemes`` with brackets added and taken away until they pair up."""
    if are_paired(lexemes):
        return Repaired(lexemes=tuple(lexemes), diagnostics=())
    counted = _Counting(source, lexemes).run()
    indented = _Indentation(source, lexemes).run()
    trusted = len(indented.diagnostics) <= len(counted.diagnostics) + 1
    return indented if trusted and are_paired(indented.lexemes) else counted


@dataclass(slots=True)
class _Open:
    """A bracket that waits for its partner."""

    index: int
    text: str
    line: "_Line"
    last: bool
    """Whether nothing follows it on its line."""


@dataclass(frozen=True, slots=True)
class _Line:
    """The tokens ``first`` up to, not including, ``behind`` of one line."""

    number: int
    first: int
    behind: int
    indent: int


class _Edits:
    """Changes to a list of tokens, and why."""

    def __init__(self, source: SourceFile, lexemes: Sequence[Lexeme]) -> None:
        self.source = source
        self.lexemes = lexemes
        self.stack: list[_Open] = []
        self.dropped: set[int] = set()
        self.replaced: dict[int, str] = {}
        self.added: dict[int, list[Lexeme]] = {}
        self.diagnostics: list[Diagnostic] = []
        self.reported: set[int] = set()

    def span(self, index: int) -> Span:
        return Span(self.source, self.lexemes[index].start, self.lexemes[index].end)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep ``diagnostic`` unless the same line has one already."""
        line = diagnostic.span.line if diagnostic.span is not None else 0
        if line not in self.reported:
            self.reported.add(line)
            self.diagnostics.append(diagnostic)

    def add(self, text: str, before: int, place: int) -> None:
        """Add the bracket ``text`` before token ``before``, at the offset ``place``."""
        kind = "open" if text in CLOSERS else "close"
        line = self.source.position(place)[0]
        self.added.setdefault(before, []).append(Lexeme(kind, text, place, place, line))

    def drop(self, index: int) -> None:
        """Take away token ``index`` as one too many."""
        self.dropped.add(index)
        self.report(unmatched(span=self.span(index), bracket=self.lexemes[index].text))

    def pair_off(self, index: int) -> None:
        """Read the closing bracket ``index`` as the one that the last open bracket needs."""
        opened = self.stack.pop()
        self.replaced[index] = CLOSERS[opened.text]
        self.report(mismatched(span=self.span(index), opener=self.span(opened.index)))

    def close(self, before: int, place: int) -> None:
        """Close the last open bracket at ``place``, where its partner is missing."""
        opened = self.stack.pop()
        self.add(CLOSERS[opened.text], before, place)
        self.report(
            unclosed(
                span=Span(self.source, place, place),
                opener=self.span(opened.index),
                closer=CLOSERS[opened.text],
            )
        )

    def result(self) -> Repaired:
        lexemes: list[Lexeme] = []
        for index, lexeme in enumerate(self.lexemes):
            lexemes.extend(self.added.get(index, ()))
            if index in self.replaced:
                lexemes.append(lexeme._replace(text=self.replaced[index]))
            elif index not in self.dropped:
                lexemes.append(lexeme)
        lexemes.extend(self.added.get(len(self.lexemes), ()))
        return Repaired(lexemes=tuple(lexemes), diagnostics=tuple(self.diagnostics))


class _Counting(_Edits):
    """Pairs brackets by counting alone."""

    def run(self) -> Repaired:
        for index, lexeme in enumerate(self.lexemes):
            if lexeme.kind == "open":
                line = _Line(lexeme.line, index, index, 0)
                self.stack.append(_Open(index, lexeme.text, line, last=False))
            elif lexeme.kind == "close":
                self._closer(index, lexeme)
        while self.stack:
            self._never_closed(len(self.lexemes), len(self.source.text))
        return self.result()

    def _closer(self, index: int, lexeme: Lexeme) -> None:
        opener = OPENERS[lexeme.text]
        if all(opened.text != opener for opened in self.stack):
            self.drop(index)
            return
        while self.stack[-1].text != opener:
            self._never_closed(index, lexeme.start)
        self.stack.pop()

    def _never_closed(self, before: int, place: int) -> None:
        opened = self.stack.pop()
        self.add(CLOSERS[opened.text], before, place)
        span = self.span(opened.index)
        self.report(unclosed(span=span, opener=span, closer=CLOSERS[opened.text]))


class _Indentation(_Edits):
    """Pairs brackets by what the lines say about the blocks."""

    def __init__(self, source: SourceFile, lexemes: Sequence[Lexeme]) -> None:
        super().__init__(source, lexemes)
        self.lines = list(_lines(source, lexemes))

    def run(self) -> Repaired:
        for position, line in enumerate(self.lines):
            self._start(position, line)
            open_ended = self._open_ended(line)
            for index in range(line.first, line.behind):
                lexeme = self.lexemes[index]
                if lexeme.kind == "open":
                    self._opener(index, line, open_ended)
                elif lexeme.kind == "close" and index > line.first:
                    self._closer(index, position)
        while self.stack:
            self.close(len(self.lexemes), len(self.source.text.rstrip()))
        return self.result()

    def _end(self, line: _Line) -> int:
        return self.lexemes[line.behind - 1].end

    def _text(self, index: int) -> str:
        return self.lexemes[index].text

    # ---- starts of lines ---------------------------------------------------------------------

    def _start(self, position: int, line: _Line) -> None:
        """Close what the indentation of ``line`` says is over; take a closing bracket there."""
        first = self.lexemes[line.first]
        if first.kind == "close":
            while self.stack and line.indent < self.stack[-1].line.indent:
                self._close_before(position)
            self._closer_first(position, line)
        elif first.text not in _WRAP_WORDS:
            while self.stack and line.indent <= self.stack[-1].line.indent:
                self._close_before(position)

    def _close_before(self, position: int) -> None:
        """Close the last open bracket behind the last line that is indented further."""
        line = self.lines[position]
        place = self._end(self.lines[position - 1])
        margin = self.stack[-1].line.indent
        at = place
        between = self.source.text[place : self.lexemes[line.first].start]
        for number, comment in enumerate(between.split("\n")[:-1]):
            text = comment.expandtabs(4).lstrip()
            if number and text.strip() and len(comment.expandtabs(4)) - len(text) > margin:
                place = at + len(comment.rstrip())
            at += len(comment) + 1
        self.close(self.lines[position - 1].behind, place)

    def _closer_first(self, position: int, line: _Line) -> None:
        closer = self._text(line.first)
        if not self.stack or line.indent > self.stack[-1].line.indent:
            self._closer_alone(position, line)
        elif CLOSERS[self.stack[-1].text] == closer:
            self.stack.pop()
        else:
            self.pair_off(line.first)

    def _closer_alone(self, position: int, line: _Line) -> None:
        """Find what the closing bracket closes: the run of lines that are indented further."""
        run = position
        while run > 0 and self.lines[run - 1].indent > line.indent:
            run -= 1
        if run == position or (run == 0 and self.lines[0].indent > line.indent):
            self._closer_in_group(line)
            return
        head = self.lines[run - 1]
        opener = OPENERS[self._text(line.first)]
        body = self.lines[run]
        closer_span = self.span(line.first)
        if head.indent == line.indent and self._is_head(head):
            before, place = head.behind, self._end(head)
        else:
            before, place = body.first, self.lexemes[body.first].start
        self.add(opener, before, place)
        missing = Span(self.source, place, place)
        self.report(unopened(span=missing, opener=opener, closer=closer_span))

    def _closer_in_group(self, line: _Line) -> None:
        """Take a closing bracket that starts a line inside brackets with a hanging indent."""
        fits = self.stack and CLOSERS[self.stack[-1].text] == self._text(line.first)
        if fits and not self.stack[-1].last:
            self.stack.pop()
        else:
            self.drop(line.first)

    def _is_head(self, line: _Line) -> bool:
        """Return whether ``line`` looks like the start of a block whose ``{`` is missing."""
        lexemes = self.lexemes[line.first : line.behind]
        if lexemes[0].text in {"import", "infer", "let", "param", "assert", "remove"}:
            return False
        if lexemes[0].text in {"for", "if"} or lexemes[-1].text in VALUE_FOLLOWS:
            return True
        if lexemes[-1].text == "}" or any(item.kind == "separator" for item in lexemes):
            return False
        return not any(item.text in {"=", "<=", ">=", "+=", "-="} for item in lexemes)

    # ---- inside lines ------------------------------------------------------------------------

    def _open_ended(self, line: _Line) -> list[int]:
        """Return the opening brackets of ``line`` that it does not close itself."""
        waiting: list[int] = []
        for index in range(line.first, line.behind):
            kind = self.lexemes[index].kind
            if kind == "open":
                waiting.append(index)
            elif kind == "close" and waiting:
                waiting.pop()
        return waiting

    def _opener(self, index: int, line: _Line, open_ended: list[int]) -> None:
        if index in open_ended:
            if self._is_stray(index, line, open_ended):
                self.drop(index)
                return
            if self._text(index) == "{" and self._text(index - 1) not in VALUE_FOLLOWS:
                self._end_groups(index, line)
        last = index == line.behind - 1
        self.stack.append(_Open(index, self._text(index), line, last))

    def _end_groups(self, index: int, line: _Line) -> None:
        """Close the ( and [ of ``line`` before the ``{`` at ``index``, which opens a block."""
        while self.stack and self.stack[-1].line is line and self.stack[-1].text != "{":
            self.close(index, self.lexemes[index - 1].end)

    def _is_stray(self, index: int, line: _Line, open_ended: list[int]) -> bool:
        """Return whether the open-ended bracket ``index`` of ``line`` can have no meaning there."""
        text = self._text(index)
        if text == "{":
            grouped = bool(self.stack) and self.stack[-1].text != "{"
            if index == line.first:
                return not grouped
            blocks = [item for item in open_ended if self._opens_block(item, line)]
            return index in blocks[:-1]
        return self._is_in_head(index, line)

    def _opens_block(self, index: int, line: _Line) -> bool:
        before = self._text(index - 1) if index > line.first else ""
        return self._text(index) == "{" and before not in VALUE_FOLLOWS

    def _is_in_head(self, index: int, line: _Line) -> bool:
        """Return whether ``index`` stands in the words in front of a block, an ``=`` or a bound."""
        if self.stack and self.stack[-1].text != "{":
            return False
        if self._text(line.first) in _STATEMENT_WORDS or self._text(line.first) == "@":
            return False
        before = self.lexemes[line.first : index]
        if any(item.text in VALUE_FOLLOWS and item.text not in {".", "-"} for item in before):
            return False
        if before and any(item.text in {"over", "at", "where"} for item in before[1:]):
            return False
        touching = bool(before) and before[-1].end == self.lexemes[index].start
        return not (self._text(index) == "[" and touching)

    def _closer(self, index: int, position: int) -> None:
        line = self.lines[position]
        closer = self._text(index)
        if not self.stack:
            self.drop(index)
        elif CLOSERS[self.stack[-1].text] == closer:
            if self._is_early(index, position):
                self.drop(index)
            else:
                self.stack.pop()
        elif self._opened_on(line, closer):
            while CLOSERS[self.stack[-1].text] != closer:
                self.close(index, self.lexemes[index - 1].end)
            self.stack.pop()
        elif self.stack[-1].line is line:
            self.pair_off(index)
        else:
            self.drop(index)

    def _opened_on(self, line: _Line, closer: str) -> bool:
        return any(item.line is line and CLOSERS[item.text] == closer for item in self.stack)

    def _is_early(self, index: int, position: int) -> bool:
        """Return whether the block that ``index`` would close goes on in the next line."""
        line = self.lines[position]
        opened = self.stack[-1]
        empty = opened.index + 1 == index == line.behind - 1
        ends_line = opened.last or (opened.line is line and empty)
        if not ends_line or position + 1 == len(self.lines):
            return False
        after = self.lines[position + 1]
        if self.lexemes[after.first].kind == "close":
            return after.indent == opened.line.indent and opened.line is not line
        return after.indent > opened.line.indent


def _lines(source: SourceFile, lexemes: Sequence[Lexeme]) -> Iterable[_Line]:
    """Return the lines with tokens on them."""
    first = 0
    for index in range(len(lexemes) + 1):
        if index < len(lexemes) and lexemes[index].kind != "newline":
            continue
        if index > first:
            start = lexemes[first]
            column = source.position(start.start)[1]
            margin = source.text[start.start - column + 1 : start.start]
            blank = margin[: len(margin) - len(margin.lstrip())]
            yield _Line(start.line, first, index, len(blank.expandtabs(4)))
        first = index + 1
