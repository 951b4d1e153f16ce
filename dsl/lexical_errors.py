"""Characters and strings that no grammar could make sense of."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.scanner import Lexeme
from inferc.dsl.source import SourceFile, Span
from inferc.dsl.survey import NEVER
from inferc.dsl.syntax_diagnostics import (
    invalid_character,
    nested_quotes,
    spaced_unit,
    unterminated,
)

_HABITS: Final = {
    "'": ('"', 'texts stand between double quotes: `"text"`'),
    "&": ("and", "the word for it is `and`"),
    "!": ("not", "the word for it is `not`"),
    "\u201c": ('"', "write a straight quote"),
    "\u201d": ('"', "write a straight quote"),
    "\u2018": ('"', "write a straight double quote"),
    "\u2019": ('"', "write a straight double quote"),
    "\u00a0": (" ", "write a plain blank"),
    "\u2192": ("->", "write `->`"),
    "\u2264": ("<=", "write `<=`"),
    "\u2265": (">=", "write `>=`"),
    "\u00d7": ("*", "write `*`"),
    "\u2013": ("-", "write a plain minus sign"),
    "\u2212": ("-", "write a plain minus sign"),
    "^": ("", "there is no power operator"),
    "%": ("", "a percentage is a number with `%` right behind it: `5%`"),
}
_ASCII_END: Final = 0x7F


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexical:
    """The tokens that the next steps work with, and what is wrong with single ones.

    ``hides_rest`` tells that a text or comment without an end has swallowed the rest of the file.
    """

    lexemes: tuple[Lexeme, ...]
    diagnostics: tuple[Diagnostic, ...]
    hides_rest: bool


def find_forbidden(source: SourceFile) -> Iterator[Diagnostic]:
    """Return the characters of ``source`` that may stand nowhere, one for each line."""
    line = 0
    for found in NEVER.finditer(source.text):
        span = Span(source, found.start(), found.end())
        if span.line != line:
            line = span.line
            yield invalid_character(span=span, name=_named(found.group()), help_text="delete it")


def find_lexical_errors(source: SourceFile, lexemes: Sequence[Lexeme]) -> Lexical:
    """Return ``lexemes`` with broken texts as texts, and what is wrong with them."""
    kept: list[Lexeme] = []
    diagnostics: list[Diagnostic] = []
    hides_rest = False
    for index, lexeme in enumerate(lexemes):
        if lexeme.kind == "bad":
            before = lexemes[index - 1] if index else None
            diagnostics.append(_bad(source, lexeme, before))
        elif lexeme.kind == "unfinished":
            diagnostics.append(_unfinished(source, lexeme))
            hides_rest = hides_rest or lexeme.end == len(source.text)
            kept.append(lexeme)
        else:
            if lexeme.kind == "text" and _has_open_insertion(lexeme.text):
                diagnostics.append(_open_insertion(source, lexeme))
            kept.append(lexeme)
    return Lexical(lexemes=tuple(kept), diagnostics=tuple(diagnostics), hides_rest=hides_rest)


def _bad(source: SourceFile, lexeme: Lexeme, before: Lexeme | None) -> Diagnostic:
    span = Span(source, lexeme.start, lexeme.end)
    if lexeme.text == "%" and before is not None and before.kind == "number":
        number = Span(source, before.start, lexeme.end)
        return spaced_unit(span=number, joined=f"{before.text}%")
    text, help_text = _HABITS.get(lexeme.text, ("", ""))
    if not help_text and lexeme.text.isalpha():
        help_text = "names are made of a-z, A-Z, 0-9 and `_`"
    return invalid_character(
        span=span, name=_named(lexeme.text), help_text=help_text or "delete it", text=text
    )


def _named(char: str) -> str:
    """Return ``char`` as a message can show it."""
    code = f"U+{ord(char):04X}"
    if char.isprintable() and ord(char) < _ASCII_END:
        return f"`{char}`"
    name = unicodedata.name(char, "a character without a name").lower()
    return f"`{char}` ({code}, {name})" if char.isprintable() else f"{code} ({name})"


def _unfinished(source: SourceFile, lexeme: Lexeme) -> Diagnostic:
    comment = lexeme.text.startswith("/*")
    end = "*/" if comment else '"""' if lexeme.text.startswith('"""') else '"'
    first_line = lexeme.text.partition("\n")[0].rstrip()
    span = Span(source, lexeme.start, lexeme.start + len(first_line))
    return unterminated(span=span, what="comment" if comment else "text", end=end)


def _has_open_insertion(text: str) -> bool:
    if "${" not in text:
        return False
    return re.search(r"(?<!\\)\$\{[^}]*$", text[:-1]) is not None


def _open_insertion(source: SourceFile, lexeme: Lexeme) -> Diagnostic:
    at = lexeme.start + lexeme.text.rindex("${")
    return nested_quotes(
        span=Span(source, at, at + 2), text_span=Span(source, lexeme.start, lexeme.end)
    )
