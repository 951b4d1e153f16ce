"""Parsing in tests: texts, trees as text, and single mistakes made on purpose."""

from collections.abc import Iterator
from dataclasses import dataclass

from support.repository import ROOT

from inferc.dsl import Diagnostic, SourceFile, parse
from inferc.dsl.front import Parsed
from inferc.dsl.scanner import Lexeme, scan
from inferc.dsl.text import dump

SAMPLES = sorted((ROOT / "tests" / "dsl" / "samples").glob("*.infer"))
EXAMPLES = sorted((ROOT / "examples").glob("*/topology.infer"))

DELIMITERS = ("{", "}", "(", ")", "[", "]")
OTHERS = ("=", "<=", "foo", "5ms", "->", ",", "for", '"', "%", "é", "+", "@", ":")


def parse_text(text: str) -> Parsed:
    return parse(SourceFile("x.infer", text))


def tree_of(text: str) -> str:
    """Return the tree of a correct text."""
    parsed = parse_text(text)
    assert parsed.diagnostics == ()
    return dump(parsed.module).rstrip("\n")


def found(text: str) -> list[tuple[str, int, int]]:
    """Return code, line and column of everything wrong with ``text``."""
    return [(item.code, *place(item)) for item in parse_text(text).diagnostics]


def place(diagnostic: Diagnostic) -> tuple[int, int]:
    assert diagnostic.span is not None
    return diagnostic.span.line, diagnostic.span.column


@dataclass(frozen=True)
class Mutation:
    """A text with one mistake in it, and where that is."""

    name: str
    text: str
    line: int
    is_delimiter: bool

    def lines(self) -> list[int]:
        """Return the lines in which something is found wrong."""
        return [place(item)[0] for item in parse_text(self.text).diagnostics]

    def is_right(self, lines: list[int]) -> bool:
        """Return whether the mistake is reported at ``lines``: there, and at most once more.

        For a delimiter the neighbouring lines are right too, for a line that stands there twice
        either of them.
        """
        slack = 1 if self.is_delimiter or self.name == "twice" else 0
        return len(lines) <= 2 and abs(lines[0] - self.line) <= slack


def mutations(text: str) -> Iterator[Mutation]:
    """Yield ``text`` with each token and each line deleted, doubled, replaced and added to."""
    for token in scan(SourceFile("x.infer", text)):
        if token.kind != "newline":
            yield from _of_token(text, token)
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        brackets = any(sign in line for sign in DELIMITERS)
        following = lines[index + 1] if index + 1 < len(lines) else ""
        changed = {
            "gone": [],
            "twice": [line, line],
            "joined": [f"{line} {following}"],
        }
        for name, new in changed.items():
            rest = lines[index + (2 if name == "joined" else 1) :]
            yield Mutation(name, "\n".join([*lines[:index], *new, *rest]), index + 1, brackets)


def _of_token(text: str, token: Lexeme) -> Iterator[Mutation]:
    before, behind = text[: token.start], text[token.end :]
    delimiter = token.kind in {"open", "close"}
    yield Mutation("delete", before + behind, token.line, delimiter)
    yield Mutation("double", f"{before}{token.text} {token.text}{behind}", token.line, delimiter)
    for sign in (*DELIMITERS, *OTHERS):
        bracket = sign in DELIMITERS
        added = f"{before}{token.text} {sign} {behind}"
        yield Mutation(f"add {sign}", added, token.line, bracket)
        if sign != token.text:
            replaced = f"{before}{sign}{behind}"
            yield Mutation(f"put {sign}", replaced, token.line, bracket or delimiter)
