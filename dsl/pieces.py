"""A broken text as a tree of statements, so that each can be parsed on its own."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from inferc.dsl.scanner import VALUE_FOLLOWS, Lexeme

_WRAP_WORDS: Final = frozenset({"because", "until", "confidence", "else"})


@dataclass(slots=True)
class Piece:
    """One statement: its own tokens, and the statements of its bodies.

    ``bodies[n]`` belongs between the tokens ``cuts[n] - 1``, a ``{``, and ``cuts[n]``, its ``}``.
    """

    lexemes: list[Lexeme] = field(default_factory=list[Lexeme])
    bodies: list[list["Piece"]] = field(default_factory=list["list[Piece]"])
    cuts: list[int] = field(default_factory=list[int])

    @property
    def first_line(self) -> int:
        """The line on which the statement starts."""
        return self.lexemes[0].line


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The text of a piece without its bodies, and where its parts come from."""

    text: str
    starts: tuple[int, ...]
    """Offsets in ``text`` at which its tokens start."""
    lexemes: tuple[Lexeme, ...]

    def index_at(self, offset: int) -> int:
        """Return the number of the token at ``offset`` of the text, or behind it."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def place(self, offset: int) -> int:
        """Return the offset in the source file of ``offset`` in the text."""
        index = self.index_at(offset)
        lexeme = self.lexemes[index]
        return min(lexeme.start + offset - self.starts[index], lexeme.end)


def split(lexemes: Sequence[Lexeme]) -> list[Piece]:
    """Return the statements of ``lexemes``, whose brackets must pair up."""
    return _Splitter(lexemes).run()


class _Splitter:
    """Walks over tokens; open bodies and brackets are on stacks, so that depth costs nothing."""

    def __init__(self, lexemes: Sequence[Lexeme]) -> None:
        self.lexemes = lexemes
        self.body: list[Piece] = []
        self.piece: Piece | None = None
        self.outer: list[tuple[list[Piece], Piece]] = []
        self.groups: list[str] = []

    def run(self) -> list[Piece]:
        for index, lexeme in enumerate(self.lexemes):
            match lexeme.kind:
                case "newline":
                    self._newline(index, lexeme)
                case "separator":
                    self._separator(lexeme)
                case "open":
                    self._open(lexeme)
                case "close":
                    self._close(lexeme)
                case _:
                    self._take(lexeme)
        while self.outer:  # cannot happen to text whose brackets pair up
            self.body, self.piece = self.outer.pop()
        return self.body

    def _take(self, lexeme: Lexeme) -> None:
        if self.piece is None:
            self.piece = Piece()
            self.body.append(self.piece)
        self.piece.lexemes.append(lexeme)

    def _newline(self, index: int, lexeme: Lexeme) -> None:
        if self.groups:
            if self.groups[-1] == "{":
                self._take(lexeme)
        elif self.piece is None or self.piece.lexemes[-1].kind == "newline":
            return  # between statements, or on a blank line inside one
        elif self._goes_on(index):
            self._take(lexeme)
        else:
            self.piece = None

    def _goes_on(self, index: int) -> bool:
        """Return whether the statement goes on behind the end of line ``index``."""
        if self.piece is not None and _is_decoration(self.piece.lexemes):
            return True
        after = index + 1
        while after < len(self.lexemes) and self.lexemes[after].kind == "newline":
            after += 1
        if after == len(self.lexemes):
            return False
        following = self.lexemes[after].text
        if following in _WRAP_WORDS:  # as in the grammar: `confidence = high` is a field
            return [item.text for item in self.lexemes[after + 1 : after + 2]] != ["="]
        return following == "{" and self._is_head()

    def _is_head(self) -> bool:
        """Return whether the statement can only be a block whose ``{`` is on the next line."""
        if self.piece is None or self.piece.bodies:
            return False
        return all(item.text != "=" and item.kind != "number" for item in self.piece.lexemes)

    def _separator(self, lexeme: Lexeme) -> None:
        if self.groups:
            self._take(lexeme)
        else:
            self.piece = None

    def _open(self, lexeme: Lexeme) -> None:
        in_group = bool(self.groups)
        self._take(lexeme)
        piece = self.piece
        if piece is None:
            return
        if lexeme.text != "{" or in_group or _is_record(piece.lexemes):
            self.groups.append(lexeme.text)
            return
        self.outer.append((self.body, piece))
        self.body = []
        piece.bodies.append(self.body)
        piece.cuts.append(len(piece.lexemes))
        self.piece = None

    def _close(self, lexeme: Lexeme) -> None:
        if self.groups:
            self.groups.pop()
        elif lexeme.text == "}" and self.outer:
            self.body, self.piece = self.outer.pop()
        self._take(lexeme)


def _is_record(lexemes: Sequence[Lexeme]) -> bool:
    """Return whether the ``{`` at the end of ``lexemes`` starts a value and not a body."""
    if len(lexemes) < 2:  # noqa: PLR2004
        return False
    before = lexemes[-2].text
    if before in {"in", "not", "and", "or"} and len(lexemes) == 2:  # noqa: PLR2004
        return False
    return before in VALUE_FOLLOWS or (lexemes[0].text == "import" and before != "import")


def _is_decoration(lexemes: Sequence[Lexeme]) -> bool:
    """Return whether ``lexemes`` are decorators and nothing else yet, as the last one tells."""
    if lexemes[0].text != "@":
        return False
    at = len(lexemes) - 1
    while at > 0 and lexemes[at].text != "@":
        at -= 1
    tail = [lexeme for lexeme in lexemes[at + 1 :] if lexeme.kind != "newline"]
    at = 0
    while at < len(tail) and (tail[at].kind == "name" or tail[at].text == "."):
        if tail[at].kind == "name" and at > 0 and tail[at - 1].text != ".":
            return False
        at += 1
    if at < len(tail) and tail[at].text == "(":
        at = _behind_group(tail, at)
    return at == len(tail)


def _behind_group(lexemes: Sequence[Lexeme], at: int) -> int:
    depth = 0
    while at < len(lexemes):
        depth += (lexemes[at].kind == "open") - (lexemes[at].kind == "close")
        at += 1
        if depth == 0:
            break
    return at


def excerpt(piece: Piece) -> Excerpt:
    """Return the text of ``piece`` with its bodies empty and without its comments."""
    texts: list[str] = []
    starts: list[int] = []
    length = 0
    cuts = set(piece.cuts)
    for index, lexeme in enumerate(piece.lexemes):
        if index > 0 and index not in cuts and lexeme.start > piece.lexemes[index - 1].end:
            texts.append(" ")
            length += 1
        starts.append(length)
        texts.append(lexeme.text)
        length += len(lexeme.text)
    return Excerpt(text="".join(texts), starts=tuple(starts), lexemes=tuple(piece.lexemes))
