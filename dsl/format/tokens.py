"""The source of a module as tokens, told apart by the syntax tree.

The tree says where literals and names stand, so nothing here knows how a unit or a string is
spelled: what lies between them is only punctuation, keywords, comments and blanks.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import TypeGuard

from inferc.dsl import syntax

_GAP = re.compile(
    r"(?P<blank>[ \t\f\r\ufeff]+)|(?P<newline>\n)|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<mark>->|\.\.|<=|>=|==|!=|\+=|-=|[][{}(),;:=<>+\-*/?.@|])"
)


class Kind(Enum):
    """What a token is."""

    NAME = auto()
    LITERAL = auto()
    KEYWORD = auto()
    MARK = auto()
    COMMENT = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token and how many line ends stand between it and the one before."""

    kind: Kind
    text: str
    start: int
    newlines: int


@dataclass(frozen=True, slots=True)
class Source:
    """The tokens of a file with what the tree knows about them, by their place in ``tokens``."""

    tokens: tuple[Token, ...]
    statements: dict[int, syntax.AnyStatement]
    """The statement that begins with a token."""
    records: frozenset[int]
    """The opening braces of records."""
    type_brackets: frozenset[int]
    """The opening brackets of list types."""


def read(module: syntax.Module) -> Source:
    """Return the tokens of ``module``."""
    nodes = list(_walk(module.statements))
    tokens = _tokenize(module, nodes)
    code = [index for index, token in enumerate(tokens) if token.kind is not Kind.COMMENT]
    starts = [tokens[index].start for index in code]

    def first(offset: int, text: str = "") -> int:
        """Return the first token of code at or behind ``offset``, reading ``text`` if given."""
        place = bisect_left(starts, offset)
        while text and tokens[code[place]].text != text:
            place += 1
        return code[place]

    statements: dict[int, syntax.AnyStatement] = {}
    for node in nodes:
        if isinstance(node, syntax.AnyStatement):
            places = [node.span.start, *(item.span.start for item in node.decorators)]
            statements[first(min(places))] = node
    return Source(
        tokens=tuple(tokens),
        statements={
            index: node
            for index, node in statements.items()
            if not (isinstance(node, syntax.If) and _follows_else(tokens, index))
        },
        records=frozenset(
            first(node.span.start, "{") for node in nodes if isinstance(node, syntax.Record)
        ),
        type_brackets=frozenset(_type_brackets(nodes, tokens)),
    )


def _follows_else(tokens: list[Token], index: int) -> bool:
    """Return whether the token is the ``if`` of an ``else if``."""
    before = next((item for item in tokens[index - 1 :: -1] if item.kind is not Kind.COMMENT), None)
    return index > 0 and before is not None and before.text == "else"


def _type_brackets(nodes: list[syntax.Node], tokens: list[Token]) -> Iterator[int]:
    """Yield the opening brackets inside the types of parameters."""
    spans = [node.span for node in nodes if isinstance(node, syntax.TypeExpr)]
    for index, token in enumerate(tokens):
        if token.text == "[" and any(span.start <= token.start < span.end for span in spans):
            yield index


def _walk(roots: tuple[syntax.AnyStatement, ...]) -> Iterator[syntax.Node]:
    """Yield every node; without recursion, since chains of operators may be very deep."""
    waiting: list[object] = [roots]
    while waiting:
        item = waiting.pop()
        if _is_tuple(item):
            waiting.extend(item)
        elif isinstance(item, syntax.Node):
            yield item
            waiting.extend(getattr(item, field.name) for field in fields(item))


def _is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple)


def _leaves(module: syntax.Module, nodes: list[syntax.Node]) -> list[tuple[int, int, Kind]]:
    """Return start, end and kind of what the tree and the list of comments name, in order."""
    found = [(item.span.start, item.span.end, Kind.COMMENT) for item in module.comments]
    for node in nodes:
        match node:
            case syntax.Identifier():
                found.append((node.span.start, node.span.end, Kind.NAME))
            case syntax.NameRef():
                start = node.span.start
                found.append((start, start + len(node.name), Kind.NAME))
            case syntax.Import():
                found.append((node.module_span.start, node.module_span.end, Kind.NAME))
            case (
                syntax.Number()
                | syntax.QuantityLiteral()
                | syntax.MoneyLiteral()
                | syntax.DateLiteral()
                | syntax.Text()
            ):
                found.append((node.span.start, node.span.end, Kind.LITERAL))
            case _:
                pass
    return sorted(found, key=lambda leaf: (leaf[0], -leaf[1]))


def _tokenize(module: syntax.Module, nodes: list[syntax.Node]) -> list[Token]:
    """Return the tokens, comments among them."""
    text = module.source.text
    tokens: list[Token] = []
    place = newlines = 0
    for start, end, kind in _leaves(module, nodes):
        if start < place:  # inside a string
            continue
        newlines = _gap(text, place, start, newlines, tokens)
        body = text[start:end]
        if kind is Kind.COMMENT:
            body = body.replace("\r\n", "\n").rstrip()
        tokens.append(Token(kind, body, start, newlines))
        place, newlines = end, 0
    _gap(text, place, len(text), newlines, tokens)
    return tokens


def _gap(text: str, place: int, end: int, newlines: int, tokens: list[Token]) -> int:
    """Append the tokens between two leaves; return the line ends behind the last of them."""
    while place < end:
        found = _GAP.match(text, place, end)
        if found is None:
            message = f"no token of the language at offset {place}"
            raise ValueError(message)
        if found.lastgroup == "newline":
            newlines += 1
        elif found.lastgroup != "blank":
            kind = Kind.KEYWORD if found.lastgroup == "word" else Kind.MARK
            tokens.append(Token(kind, found.group(), place, newlines))
            newlines = 0
        place = found.end()
    return newlines
