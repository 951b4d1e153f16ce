"""Reading a broken text: what is wrong with it, once each, and what of it is right.

Brackets are paired first, by indentation where that helps. The text is then cut into statements,
and each is parsed by the same grammar on its own: an error cannot spread beyond its statement, and
the work stays in proportion to the text.
"""

from dataclasses import dataclass, field
from typing import Final

from inferc.dsl.brackets import repair
from inferc.dsl.cst import Branch, Child, Leaf, from_the_leaves_up, leaf_end, leaf_start
from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.lexical_errors import find_lexical_errors
from inferc.dsl.parser import Unparsable, parse_tree
from inferc.dsl.pieces import Excerpt, Piece, excerpt, split
from inferc.dsl.scanner import scan
from inferc.dsl.source import SourceFile, Span
from inferc.dsl.syntax_diagnostics import assigned_block, too_many_errors
from inferc.dsl.syntax_errors import explain

MAX_ERRORS: Final = 50


@dataclass(slots=True)
class Recovered:
    """What could be read, and what is wrong.

    ``tree`` has the statements that make sense where they stand; ``orphans`` those inside a block
    that does not, which are checked but belong nowhere.
    """

    tree: Branch
    orphans: Branch
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])


def recover(source: SourceFile) -> Recovered:
    """Return what can be made of ``source``, which does not fit the grammar."""
    return _Recovery(source).run()


class _Recovery:
    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.found = Recovered(Branch("start", []), Branch("start", []))
        self.broken_lines: set[int] = set()
        self.open_bodies: list[tuple[Branch, Child]] = []

    def run(self) -> Recovered:
        lexical = find_lexical_errors(self.source, scan(self.source))
        for diagnostic in lexical.diagnostics:
            self.report(diagnostic)
        repaired = repair(self.source, lexical.lexemes)
        hidden = lexical.hides_rest
        for diagnostic in repaired.diagnostics:
            if not hidden:
                self.report(diagnostic)
        self.parse_all(split(repaired.lexemes))
        return self.found

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep ``diagnostic`` unless its line is known to be broken already."""
        span = diagnostic.span
        line = span.line if span is not None else 0
        if line in self.broken_lines:
            return
        self.broken_lines.add(line)
        if len(self.found.diagnostics) < MAX_ERRORS:
            self.found.diagnostics.append(diagnostic)
        elif len(self.found.diagnostics) == MAX_ERRORS and span is not None:
            self.found.diagnostics.append(too_many_errors(span=span, limit=MAX_ERRORS))

    @property
    def is_full(self) -> bool:
        return len(self.found.diagnostics) > MAX_ERRORS

    def parse_all(self, pieces: list[Piece]) -> None:
        """Parse ``pieces`` and everything in them; nesting is unwound on a list."""
        pending = [(piece, self.found.tree) for piece in reversed(pieces)]
        while pending and not self.is_full:
            piece, home = pending.pop()
            homes = self.parse(piece, home)
            for inner, body in reversed(list(zip(piece.bodies, homes, strict=True))):
                pending.extend((child, body) for child in reversed(inner))
        for body, closer in self.open_bodies:
            body.children.append(closer)

    def parse(self, piece: Piece, home: Branch) -> list[Branch]:
        """Parse ``piece`` into ``home``; return where the statements of its bodies belong."""
        text = excerpt(piece)
        try:
            tree = parse_tree(text.text)
        except Unparsable as stop:
            if not self.is_excused(piece):
                within = Span(self.source, piece.lexemes[0].start, piece.lexemes[-1].end)
                self.report(_assigned_block(within, text) or explain(within, text, stop))
            return [self.found.orphans for _ in piece.bodies]
        _relocate(tree, text)
        home.children.extend(tree.branches())
        bodies = [branch for branch in from_the_leaves_up(tree) if branch.rule == "body"]
        self.open_bodies.extend((body, body.children.pop()) for body in bodies)
        if len(bodies) != len(piece.bodies):  # a record that looks like a body
            return [self.found.orphans for _ in piece.bodies]
        return bodies

    def is_excused(self, piece: Piece) -> bool:
        """Return whether what is wrong with ``piece`` was said already."""
        return any(lexeme.line in self.broken_lines for lexeme in piece.lexemes)


def _assigned_block(within: Span, text: Excerpt) -> Diagnostic | None:
    """Report the sign in ``service = {`` if without it the statement is a block."""
    lexemes = text.lexemes
    at = next((index for index, lexeme in enumerate(lexemes) if lexeme.text == "{"), 0)
    if at < 2 or lexemes[at - 1].kind != "operator":  # noqa: PLR2004
        return None
    start = text.starts[at - 1]
    without = text.text[:start] + text.text[start:].replace(lexemes[at - 1].text, " ", 1)
    try:
        parse_tree(without)
    except Unparsable:
        return None
    sign = Span(within.source, lexemes[at - 1].start, lexemes[at - 1].end)
    return assigned_block(span=sign)


def _relocate(tree: Branch, text: Excerpt) -> None:
    """Move the tokens of ``tree``, parsed from ``text``, to where they stand in the file."""
    for branch in from_the_leaves_up(tree):
        for leaf in branch.leaves():
            _move(leaf, text)


def _move(leaf: Leaf, text: Excerpt) -> None:
    start, end = leaf_start(leaf), leaf_end(leaf)
    leaf.start_pos = text.place(start)
    leaf.end_pos = (
        max(text.place(start), text.place(end - 1) + 1) if end > start else text.place(end)
    )
