"""The one door to lark: text to parse tree, by tables that are built with the package.

Import this module late: lark is loaded with it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from pkgutil import get_data
from typing import Any, Final

from lark import Lark, Token
from lark import __version__ as lark_version
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.grammar import Rule
from lark.lexer import TerminalDef

from inferc.dsl.cst import Branch

GRAMMAR_FILE: Final = "grammar.lark"
TABLES_FILE: Final = "grammar_tables.json"


class Unparsable(Exception):  # noqa: N818 - not an error of the program: the text does not fit
    """Where a text stops making sense, and what could have stood there.

    ``token`` is empty if no token fits the text at ``start``, and ``$END`` at the end of the text.
    """

    def __init__(self, *, start: int, token: str, expected: frozenset[str]) -> None:
        """Keep the place and the terminals that the grammar would have taken."""
        super().__init__(f"{token} at {start}")
        self.start = start
        self.token = token
        self.expected = expected


class FreeLines:
    """Drops the ends of lines inside ( ) and [ ]; between lexer and parser."""

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Return ``stream`` without the tokens that mean nothing where they stand."""
        open_brackets: list[str] = []
        for token in stream:
            match token.type:
                case "LPAR" | "LSQB" | "LBRACE":
                    open_brackets.append(token.type)
                case "RPAR" | "RSQB" | "RBRACE":
                    if open_brackets:
                        open_brackets.pop()
                case "_NL":
                    if open_brackets and open_brackets[-1] != "LBRACE":
                        continue
                case _:
                    pass
            yield token


def parse_tree(text: str, *, start: str = "start") -> Branch:
    """Return the parse tree of ``text`` for the rule ``start`` or ``interpolation``.

    Raises:
        Unparsable: The text does not fit the grammar.
    """
    lark: Any = _lark()  # its types are incomplete
    try:
        tree: object = lark.parse(text, start=start)
    except UnexpectedToken as stop:
        token: Any = stop.token
        at = len(text) if token.type == "$END" else int(token.start_pos)
        raise Unparsable(start=at, token=token.type, expected=_accepted(stop)) from None
    except UnexpectedCharacters as stop:
        at = int(getattr(stop, "pos_in_stream", 0))  # a base class declares it as None
        raise Unparsable(start=at, token="", expected=_accepted(stop)) from None
    if not isinstance(tree, Branch):
        raise TypeError(tree)
    return tree


def _accepted(stop: UnexpectedInput) -> frozenset[str]:
    """Return the terminals that the parser would really have gone on with."""
    interactive: Any = getattr(stop, "interactive_parser", None)
    return frozenset(interactive.accepts()) if interactive is not None else frozenset()


@cache
def _lark() -> Lark:
    """Return the parser, from the built tables if they were made for this grammar and this lark."""
    grammar = _resource(GRAMMAR_FILE)
    try:
        tables = _resource(TABLES_FILE)
    except FileNotFoundError:  # a checkout has none
        return from_grammar(grammar)
    return from_tables(tables, grammar) or from_grammar(grammar)


def _resource(name: str) -> str:
    """Return the text of a file of this package, without loading importlib.resources for it."""
    content = get_data("inferc.dsl", name)
    if content is None:
        raise FileNotFoundError(name)
    return content.decode()


def from_grammar(grammar: str) -> Lark:
    """Return a parser built from the text of the grammar, which takes a while."""
    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start=["start", "interpolation"],
        keep_all_tokens=True,
        maybe_placeholders=False,
        postlex=FreeLines(),
        tree_class=Branch,
    )


def from_tables(tables: str, grammar: str) -> Lark | None:
    """Return a parser from what :func:`to_tables` made; None if for another grammar or lark."""
    content: dict[str, Any] = json.loads(tables)
    if content["stamp"] != stamp(grammar):
        return None
    data, memo = content["data"], content["memo"]
    table = data["parser"]["parser"]
    names: dict[str, str] = table["tokens"]
    table["tokens"] = {int(number): name for number, name in names.items()}
    table["states"] = {
        int(state): {int(number): action for number, action in actions.items()}
        for state, actions in table["states"].items()
    }
    numbered = {int(number): item for number, item in memo.items()}
    load: Callable[..., Lark] = getattr(Lark, "_load_from_dict")  # noqa: B009 - has no types
    return load(data, numbered, postlex=FreeLines(), tree_class=Branch)


def to_tables(grammar: str) -> str:
    """Return the finished tables of ``grammar`` as JSON, stamped with what they were made from."""
    data: dict[str, Any]
    memo: Mapping[int, Any]
    from inferc.dsl.grammar_tables import settle

    lark: Any = from_grammar(grammar)
    data, memo = lark.memo_serialize([TerminalDef, Rule])
    plain = (str, int, list, dict, type(None))
    data["options"] = {
        name: value
        for name, value in data["options"].items()
        if isinstance(value, plain) and name not in {"postlex", "tree_class", "_plugins"}
    }
    settled, numbered = settle(data, memo)
    content = {"stamp": stamp(grammar), "data": settled, "memo": numbered}
    return json.dumps(content, separators=(",", ":"), sort_keys=True) + "\n"


def stamp(grammar: str) -> str:
    """Return what tables depend on: the release of lark and the grammar."""
    return f"lark {lark_version}, grammar {sha256(grammar.encode()).hexdigest()}"
