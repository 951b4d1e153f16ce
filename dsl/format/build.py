"""Turn the tokens of a file into a document: brackets, elements, comments and blanks."""

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import takewhile

from inferc.dsl import syntax
from inferc.dsl.format.docs import (
    HARD,
    Clauses,
    Doc,
    Element,
    Note,
    Part,
    Sequence,
    Style,
    is_forced,
    is_line_comment,
)
from inferc.dsl.format.tokens import Kind, Source, Token

_WRAPPING = frozenset({"because", "until", "confidence", "else"})
_CLOSERS = frozenset(")]}")

_FILE = Style(joint="; ", blank_lines=True)
_BODY = Style(joint="; ", pad=" ", blank_lines=True)
_RECORD = Style(joint=", ", pad=" ", blank_lines=True)
_NAMES = Style(joint=", ", pad=" ", end=",")
_ITEMS = Style(joint=", ", end=",")
_COMPREHENSION = Style(joint=" ")
_PLAIN = Style()

_SEPARATORS = {_FILE: ";", _BODY: ";", _RECORD: ",;", _NAMES: ",;", _ITEMS: ","}
_STATEMENTS = (_FILE, _BODY)
_LINE_SEPARATED = (_RECORD, _NAMES)


class _Role(Enum):
    """What a piece is to its neighbours."""

    OPERAND = auto()
    LITERAL = auto()
    KEYWORD = auto()
    MARK = auto()
    """Blanks on both sides."""
    TIGHT = auto()
    """No blank before it."""
    PREFIX = auto()
    """No blank behind it."""
    JOINER = auto()
    """No blank on either side."""
    SUFFIX = auto()
    """The brackets of a call or an index."""
    BODY = auto()
    COMMENT = auto()


_MARKS = {".": _Role.JOINER, "..": _Role.JOINER, "@": _Role.PREFIX}
_OPERANDS = (_Role.OPERAND, _Role.LITERAL, _Role.SUFFIX)


@dataclass(slots=True)
class _Piece:
    """A token or a bracket within an element."""

    role: _Role
    part: Part
    line_before: bool = False
    line_after: bool = False


@dataclass(slots=True)
class _Frame:
    """An open bracket, or the file."""

    style: Style
    opener: str = ""
    elements: list[Element] = field(default_factory=list[Element])
    notes: list[str] = field(default_factory=list[str])
    pieces: list[_Piece] = field(default_factory=list[_Piece])
    statement: syntax.AnyStatement | None = None
    blank_before: bool = False
    lines: bool = False
    """Whether the source has a line end where it keeps the bracket open."""
    ternaries: int = 0
    commented: bool = False
    """Whether a bracket within the open element has a comment."""
    decorator: bool = False
    """Whether the last piece belongs to a decorator."""

    def last(self) -> _Piece | None:
        """Return the last piece of the open element that is no comment."""
        return next((item for item in reversed(self.pieces) if item.role != _Role.COMMENT), None)


def build(source: Source) -> Sequence:
    """Return the document of a whole file."""
    return _Builder(source).build()


class _Builder:
    """Reads tokens from left to right; open brackets lie on a stack, so depth is no recursion."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens = source.tokens
        self._frames = [_Frame(_FILE)]
        self._next_code = _next_code(source.tokens)

    def build(self) -> Sequence:
        """Return the document."""
        for index, token in enumerate(self._tokens):
            frame = self._frames[-1]
            self._note_lines(frame, token)
            if token.kind is Kind.COMMENT:
                self._comment(index, frame)
            elif _is_mark(token, _SEPARATORS.get(frame.style, "")):
                _finish(frame)
                if frame.style in _STATEMENTS and _has_doc(frame.elements):
                    frame.elements.append(Element((token.text,), comment=True))
            elif _is_mark(token, _CLOSERS):
                self._close(token)
            else:
                self._code(index, frame)
        file = self._frames[-1]
        _finish(file)
        return Sequence("", "", _FILE, _sort_imports(file.elements), forced=True)

    def _note_lines(self, frame: _Frame, token: Token) -> None:
        """Remember a line end that keeps a bracket open."""
        if frame.style in (_BODY, _RECORD):
            frame.lines |= token.newlines > 0 or "\n" in token.text
        elif not (frame.pieces or frame.elements or frame.notes):
            frame.lines |= token.newlines > 0

    # ---- code ----------------------------------------------------------------------------------

    def _code(self, index: int, frame: _Frame) -> None:
        """Take a token that is no comment, separator or closing bracket."""
        token = self._tokens[index]
        if frame.style in _STATEMENTS and index in self._source.statements:
            _finish_code(frame)
            frame.statement = self._source.statements[index]
        elif (frame.style in _LINE_SEPARATED and token.newlines) or (
            frame.style is _COMPREHENSION and token.kind is Kind.KEYWORD and token.text == "if"
        ):
            _finish_code(frame)
        if _is_mark(token, "([{"):
            role, style = self._bracket(index, frame)
            _add(frame, token, _Piece(role, ""))
            self._frames.append(_Frame(style, token.text))
            return
        role = self._role(index, frame)
        _add(frame, token, _Piece(role, token.text))
        if frame.style is _COMPREHENSION and role is _Role.TIGHT:
            _finish(frame)

    def _role(self, index: int, frame: _Frame) -> _Role:
        """Return what a token that is no bracket is to its neighbours."""
        token = self._tokens[index]
        last = frame.last()
        joined = last is not None and last.role in (_Role.PREFIX, _Role.JOINER)
        match token.kind, token.text:
            case Kind.NAME, _:
                role = _Role.OPERAND
            case Kind.LITERAL, text:
                role = _Role.OPERAND if text.startswith('"') else _Role.LITERAL
            case Kind.KEYWORD, _:
                role = _Role.OPERAND if joined and frame.decorator else _Role.KEYWORD
            case _, "+" | "-" if last is None or last.role not in _OPERANDS:
                role = _Role.PREFIX
            case _, "?":
                role = self._question(index, frame)
            case _, ":":
                role = _colon(frame)
            case _:
                role = _MARKS.get(token.text, _Role.MARK)
        return role

    def _question(self, index: int, frame: _Frame) -> _Role:
        """Tell the question mark of a ternary, behind which an operand follows, from a type's."""
        place = self._next_code[index]
        if place is None or place in self._source.statements:
            return _Role.TIGHT
        token = self._tokens[place]
        operand = token.kind in (Kind.NAME, Kind.LITERAL) or token.text == "not"
        if not operand and not _is_mark(token, "([{+-"):
            return _Role.TIGHT
        frame.ternaries += 1
        return _Role.MARK

    def _bracket(self, index: int, frame: _Frame) -> tuple[_Role, Style]:
        """Return what an opening bracket is to its neighbours, and how it is laid out."""
        last = frame.last()
        suffix = last is not None and last.role in _OPERANDS
        match self._tokens[index].text:
            case "{" if index in self._source.records:
                found = _Role.OPERAND, _RECORD
            case "{" if isinstance(frame.statement, syntax.Import):
                found = _Role.OPERAND, _NAMES
            case "{":
                found = _Role.BODY, _BODY
            case "(":
                found = (_Role.SUFFIX, _ITEMS) if suffix else (_Role.OPERAND, _PLAIN)
            case _ if suffix:
                found = _Role.SUFFIX, _PLAIN
            case _ if index in self._source.type_brackets:
                found = _Role.OPERAND, _PLAIN
            case _:
                found = _Role.OPERAND, _COMPREHENSION if self._loops(index) else _ITEMS
        return found

    def _loops(self, index: int) -> bool:
        """Return whether the bracket is that of a comprehension."""
        place = self._next_code[index]
        token = None if place is None else self._tokens[place]
        return token is not None and token.kind is Kind.KEYWORD and token.text == "for"

    def _close(self, token: Token) -> None:
        """Finish the innermost bracket and put it into the piece that waits for it."""
        frame = self._frames.pop()
        _finish(frame)
        elements = tuple(frame.elements)
        several = len(elements) > 1
        inner = any(is_forced(item.doc) or (item.comment and several) for item in elements)
        self._frames[-1].pieces[-1].part = Sequence(
            frame.opener,
            token.text,
            frame.style,
            elements,
            tuple(frame.notes),
            forced=bool(frame.notes) or (bool(elements) and (frame.lines or inner)),
        )

    # ---- comments ------------------------------------------------------------------------------

    def _comment(self, index: int, frame: _Frame) -> None:
        """Attach a comment to the element it stands in or behind, or make it an element."""
        token = self._tokens[index]
        own_line = token.newlines > 0 or index == 0
        for outer in self._frames[:-1]:
            outer.commented = True
        if self._leads(index, frame):
            _finish_code(frame)
            _add(frame, token, _Piece(_Role.COMMENT, token.text))
        elif not self._between_elements(index, frame):
            _add(frame, token, _comment_piece(token, own_line=own_line))
        elif own_line or not (frame.pieces or frame.elements or _is_note(token, frame)):
            _finish(frame)
            frame.lines |= own_line
            blank = token.newlines > 1 and _keeps_blank(frame)
            frame.elements.append(Element((token.text,), comment=True, blank_before=blank))
        else:
            _finish(frame)
            _attach(frame, token)

    def _between_elements(self, index: int, frame: _Frame) -> bool:
        """Return whether no part of the open element follows the comment."""
        if frame.style not in _SEPARATORS:
            own_line = self._tokens[index].newlines > 0
            return not frame.pieces and not own_line and is_line_comment(self._tokens[index].text)
        place = self._next_code[index]
        if frame.last() is None or place is None:
            return True
        token = self._tokens[place]
        if _is_mark(token, _CLOSERS) or _is_mark(token, _SEPARATORS[frame.style]):
            return True
        if frame.style in _LINE_SEPARATED:
            return any(item.newlines for item in self._tokens[index : place + 1])
        return frame.style in _STATEMENTS and place in self._source.statements

    def _leads(self, index: int, frame: _Frame) -> bool:
        """Return whether an element begins on the line of the comment, behind it."""
        place = self._next_code[index]
        if place is None or frame.style not in _SEPARATORS:
            return False
        if any(item.newlines for item in self._tokens[index + 1 : place + 1]):
            return False
        token = self._tokens[place]
        if _is_mark(token, _CLOSERS) or _is_mark(token, _SEPARATORS[frame.style]):
            return False
        return self._between_elements(index, frame)


def _has_doc(elements: list[Element]) -> bool:
    """Return whether the comments at the end of ``elements`` would document what follows them."""
    comments = takewhile(lambda item: item.comment and item.doc != (";",), reversed(elements))
    return any(str(item.doc[0]).startswith("///") for item in comments)


def _next_code(tokens: tuple[Token, ...]) -> list[int | None]:
    """Return for every token the place of the next one that is no comment."""
    places: list[int | None] = [None] * len(tokens)
    place: int | None = None
    for index in range(len(tokens) - 1, -1, -1):
        places[index] = place
        if tokens[index].kind is not Kind.COMMENT:
            place = index
    return places


def _is_mark(token: Token, marks: str | frozenset[str]) -> bool:
    return token.kind is Kind.MARK and token.text in marks


def _colon(frame: _Frame) -> _Role:
    """Tell the colon of a ternary from that of a type or a comprehension."""
    if frame.ternaries:
        frame.ternaries -= 1
        return _Role.MARK
    return _Role.TIGHT


def _keeps_blank(frame: _Frame) -> bool:
    """Return whether a blank line before the next element is kept: not at the top of a file."""
    return frame.style.blank_lines and (frame.style is not _FILE or bool(frame.elements))


def _comment_piece(token: Token, *, own_line: bool) -> _Piece:
    """Return a comment within an element: one to the end of the line keeps its line end."""
    if not is_line_comment(token.text):
        return _Piece(_Role.COMMENT, token.text)
    part = token.text if own_line else Note(token.text)
    return _Piece(_Role.COMMENT, part, line_before=own_line, line_after=True)


def _is_note(token: Token, frame: _Frame) -> bool:
    """Return whether a comment before any element stays on the line of the opening bracket."""
    return bool(frame.opener) and is_line_comment(token.text)


def _attach(frame: _Frame, token: Token) -> None:
    """Put a comment behind the last element, or behind the bracket if there is none."""
    frame.lines |= is_line_comment(token.text)
    if not frame.elements:
        frame.notes.append(token.text)
        return
    last = frame.elements[-1]
    before = last.notes or (last.doc if last.comment else ())
    if before and isinstance(before[-1], str) and is_line_comment(before[-1]):
        frame.elements.append(Element((token.text,), comment=True))
    else:
        frame.elements[-1] = replace(last, notes=(*last.notes, token.text))


def _add(frame: _Frame, token: Token, piece: _Piece) -> None:
    """Append a piece to the open element."""
    if not frame.pieces:
        frame.blank_before = token.newlines > 1 and _keeps_blank(frame)
    if piece.role is not _Role.COMMENT:
        last = frame.last()
        joined = last is not None and last.role in (_Role.PREFIX, _Role.JOINER)
        if frame.decorator and not (joined or piece.role in (_Role.JOINER, _Role.SUFFIX)):
            frame.decorator = False
            piece.line_before = True
        frame.decorator |= piece.part == "@"
    frame.pieces.append(piece)


def _finish_code(frame: _Frame) -> None:
    """End the open element unless it has nothing but comments, which lead the next one."""
    if frame.last() is not None:
        _finish(frame)


def _finish(frame: _Frame) -> None:
    """Turn the pieces of the open element into an element."""
    pieces = frame.pieces
    if not pieces:
        return
    statement = frame.statement if frame.style in _STATEMENTS else None
    is_pair = frame.style is _RECORD
    aligned = is_pair or (isinstance(statement, syntax.Assign) and statement.operator == "=")
    equals = next((place for place, item in enumerate(pieces) if item.part == "="), 0)
    head = _glued(pieces[:equals]) if aligned and equals else ()
    gap = _glue(pieces[equals - 1], pieces[equals]) if head else ()
    rest = pieces[equals:] if head else pieces
    wraps = _wraps(rest) if frame.style in _STATEMENTS else []
    plain = not frame.commented and all(item.role is not _Role.COMMENT for item in pieces)
    sort_key = None
    if isinstance(statement, syntax.Import) and plain and not statement.decorators:
        sort_key = (statement.quoted, statement.module)
    frame.elements.append(
        Element(
            (*head, *gap, *_with_clauses(rest, wraps)),
            head=len(head) + len(gap),
            field=is_pair or isinstance(statement, syntax.Assign | syntax.Constraint),
            blank_before=frame.blank_before,
            guarded=pieces[0].role is _Role.OPERAND and pieces[0].part in _WRAPPING,
            sort_key=sort_key,
        )
    )
    frame.pieces = []
    frame.ternaries = 0
    frame.commented = frame.decorator = False


def _wraps(pieces: list[_Piece]) -> list[int]:
    """Return the places of the clauses that may begin a line."""
    found: list[int] = []
    role: _Role | None = None
    for place, piece in enumerate(pieces):
        clause = piece.role is _Role.KEYWORD and piece.part in _WRAPPING
        if clause and role not in (None, _Role.BODY):
            found.append(place)
        role = role if piece.role is _Role.COMMENT else piece.role
    return found


def _with_clauses(pieces: list[_Piece], wraps: list[int]) -> Doc:
    """Return the document of ``pieces``, of which those at ``wraps`` begin wrapping clauses."""
    if not wraps:
        return _glued(pieces)
    parts = [
        pieces[start:end] for start, end in zip([0, *wraps], [*wraps, len(pieces)], strict=True)
    ]
    forced = any(part[-1].line_after for part in parts[:-1])
    value, *clauses = (_glued(part) for part in parts)
    return (Clauses(value, tuple(clauses), forced=forced),)


def _glued(pieces: list[_Piece]) -> Doc:
    """Return the parts of ``pieces`` with the blanks and line ends between them."""
    parts: list[Part] = []
    for place, piece in enumerate(pieces):
        if place:
            parts.extend(_glue(pieces[place - 1], piece))
        parts.append(piece.part)
    return tuple(parts)


def _glue(before: _Piece, piece: _Piece) -> Doc:
    """Return what stands between two pieces."""
    if before.line_after or piece.line_before:
        return (HARD,)
    if isinstance(piece.part, Note):
        return ()
    if before.role is _Role.LITERAL and (piece.role is _Role.SUFFIX or piece.part == "."):
        return (" ",)  # `5ms(x)` and `5ms.x` would be read as other literals
    if before.role in (_Role.PREFIX, _Role.JOINER) and piece.role is not _Role.COMMENT:
        return ()
    if piece.role in (_Role.TIGHT, _Role.JOINER, _Role.SUFFIX):
        return ()
    return (" ",)


def _sort_imports(elements: list[Element]) -> tuple[Element, ...]:
    """Sort every run of imports.

    A blank line, a comment or any other statement ends a run, so that nothing moves across it.
    """
    done: list[Element] = []
    run: list[Element] = []
    for place, element in enumerate(elements):
        movable = element.sort_key is not None and not element.notes
        if movable and place:
            commented = elements[place - 1].comment and not element.blank_before
            movable = not (commented or _has_doc(elements[:place]))
        if element.blank_before or not movable:
            done.extend(_sorted(run))
            run = []
        (run if movable else done).append(element)
    return (*done, *_sorted(run))


def _sorted(run: list[Element]) -> list[Element]:
    """Return ``run`` in order; the blank line before it stays before it."""
    ordered = sorted(run, key=lambda item: item.sort_key or (False, ""))
    return [
        replace(item, blank_before=bool(place == 0 and run[0].blank_before))
        for place, item in enumerate(ordered)
    ]
