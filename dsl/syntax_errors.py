"""From "the parser stopped here" to a sentence that helps: known mistakes before the plain one.

Each of :data:`MISTAKES` looks at one stop and says what it is, or nothing; the first one to say
something wins. Terminals are named in the user's words here and nowhere else.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from inferc.dsl.diagnostics import Diagnostic, Edit, Fix
from inferc.dsl.pieces import Excerpt
from inferc.dsl.scanner import VALUE_FOLLOWS, Lexeme
from inferc.dsl.source import Span
from inferc.dsl.suggestions import nearest
from inferc.dsl.syntax_diagnostics import (
    chained_comparison,
    hyphen_in_name,
    misplaced_percentile,
    missing_operator,
    missing_value,
    not_a_percentile,
    reserved_word,
    spaced_unit,
    unexpected,
)

STATEMENT_WORDS: Final = tuple(
    "assert else for forbid if import infer let param prefer remove require".split()  # noqa: SIM905
)
CLAUSE_WORDS: Final = frozenset(
    "at because confidence else over per until where".split()  # noqa: SIM905
)
COMPARISONS: Final = frozenset(["<", "<=", ">", ">=", "==", "!="])
TERMINAL_WORDS: Final = {
    "AS": "`as`",
    "EXTENDS": "`extends`",
    "FROM": "`from`",
    "IN": "`in`",
    "AT": "`at`",
    "BECAUSE": "`because`",
    "CONFIDENCE": "`confidence`",
    "ELSE": "`else`",
    "OVER": "`over`",
    "PER": "`per`",
    "UNTIL": "`until`",
    "WHERE": "`where`",
    "IF": "`if`",
}
"""Terminals that are one word."""

_PERCENTILE: Final = re.compile(r"p[0-9]{1,2}(\.[0-9]+)?")
_NEARLY_PERCENTILE: Final = re.compile(r"[pP][0-9]+(\.[0-9]+)?")


class Unfit(Protocol):
    """What the parser says when it stops."""

    start: int
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the parser stopped in a statement.

    ``found`` is None at the end of the statement; ``before`` and ``after`` are the tokens around.
    ``expected`` has the names of the terminals that could have followed.
    """

    within: Span
    lexemes: Sequence[Lexeme]
    index: int
    expected: frozenset[str]

    @property
    def found(self) -> Lexeme | None:
        """The token that does not fit; None at the end of the statement or of a line in it."""
        if self.index >= len(self.lexemes) or self.lexemes[self.index].kind == "newline":
            return None
        return self.lexemes[self.index]

    @property
    def before(self) -> Lexeme | None:
        """The token in front of it."""
        behind = (item for item in reversed(self.lexemes[: self.index]) if item.kind != "newline")
        return next(behind, None)

    @property
    def after(self) -> Lexeme | None:
        """The token behind it."""
        return self.lexemes[self.index + 1] if self.index + 1 < len(self.lexemes) else None

    @property
    def span(self) -> Span:
        """The token that does not fit, or the place behind the last one that does."""
        if self.found is not None:
            return self.span_of(self.found)
        end = self.before.end if self.before is not None else self.within.start
        return Span(self.within.source, end, end)

    def span_of(self, first: Lexeme, last: Lexeme | None = None) -> Span:
        """Return the place from ``first`` to ``last``."""
        return Span(self.within.source, first.start, (last or first).end)

    def takes(self, *terminals: str) -> bool:
        """Return whether one of ``terminals`` could have followed."""
        return any(terminal in self.expected for terminal in terminals)


def explain(within: Span, text: Excerpt, unparsable: Unfit) -> Diagnostic:
    """Return what is wrong with ``text``, the statement or insertion that lies ``within``."""
    at_end = unparsable.start >= len(text.text) or not text.lexemes
    index = len(text.lexemes) if at_end else text.index_at(unparsable.start)
    stop = Stop(within, text.lexemes, index, unparsable.expected)
    for mistake in MISTAKES:
        found = mistake(stop)
        if found is not None:
            return found
    return _plain(stop)


# ---- known mistakes --------------------------------------------------------------------------


def _reserved(stop: Stop) -> Diagnostic | None:
    found, before = stop.found, stop.before
    if found is not None and found.text in {"in", "not"} and not stop.takes(found.text.upper()):
        return reserved_word(span=stop.span, role="is an operator")
    first = stop.index == 1 or (stop.index > 1 and stop.lexemes[stop.index - 2].kind == "newline")
    if before is None or found is None or not first:
        return None
    signs = {"=", "+=", "-=", ".", "{", *COMPARISONS}
    if before.text in STATEMENT_WORDS and found.text in signs:
        return reserved_word(span=stop.span_of(before), role="starts a statement of its own")
    return None


def _hyphen(stop: Stop) -> Diagnostic | None:
    found, before, after = stop.found, stop.before, stop.after
    if found is None or before is None or after is None or found.text != "-":
        return None
    touching = before.end == found.start and found.end == after.start
    if not touching or before.kind != "name" or after.kind not in {"name", "number"}:
        return None
    if stop.takes("ADD"):
        return None
    last = stop.index + 1
    while last + 2 < len(stop.lexemes) and _joined(stop.lexemes[last : last + 3]):
        last += 2
    return hyphen_in_name(span=stop.span_of(before, stop.lexemes[last]))


def _joined(lexemes: Sequence[Lexeme]) -> bool:
    left, sign, right = lexemes
    touching = left.end == sign.start and sign.end == right.start
    return touching and sign.text == "-" and right.kind in {"name", "number"}


def _percentile(stop: Stop) -> Diagnostic | None:
    found, before = stop.found, stop.before
    if found is not None and _PERCENTILE.fullmatch(found.text):
        help_text = f"write it before its metric: `{found.text} ttft <= 500ms`"
        return misplaced_percentile(span=stop.span, help_text=help_text)
    if found is None or before is None or not stop.lexemes:
        return None
    if found.text in COMPARISONS and stop.index > 1 and _PERCENTILE.fullmatch(before.text):
        metric = stop.lexemes[stop.index - 2].text
        help_text = f"write `{before.text} {metric} {found.text} …`"
        return misplaced_percentile(span=stop.span_of(before), help_text=help_text)
    if _NEARLY_PERCENTILE.fullmatch(before.text) and found.kind == "name":
        return _before_a_name(stop.span_of(before), found.text)
    head = next((item for item in stop.lexemes if item.text not in STATEMENT_WORDS), before)
    if found.text in COMPARISONS and _NEARLY_PERCENTILE.fullmatch(head.text):
        return not_a_percentile(span=stop.span_of(head))
    return None


def _before_a_name(span: Span, name: str) -> Diagnostic:
    """Report what looks like a percentile of ``name`` where none can stand."""
    if not _PERCENTILE.fullmatch(span.text):
        return not_a_percentile(span=span)
    help_text = f"it stands first: `{span.text} {name}`, in the block that holds it"
    return misplaced_percentile(span=span, help_text=help_text)


def _bounded_by_equals(stop: Stop) -> Diagnostic | None:
    found = stop.found
    if found is None or found.text != "=" or not stop.takes("CMP") or stop.takes("ADD"):
        return None
    return unexpected(
        span=stop.span,
        found="`=`",
        expected="a comparison such as `<=`",
        help_text="a percentile is bounded, not given: `p95 ttft <= 500ms`",
    )


def _colon(stop: Stop) -> Diagnostic | None:
    found = stop.found
    if found is None or found.text != ":" or not stop.takes("EQUAL"):
        return None
    plain = unexpected(span=stop.span, found="`:`", expected="`=`", help_text="write ` =` for `:`")
    return _with_fix(plain, "write `=`", " =")


def _brace_on_new_line(stop: Stop) -> Diagnostic | None:
    items = [item for item in stop.lexemes[stop.index :] if item.kind != "newline"]
    if stop.found is not None or not items or items[0].text != "{" or not stop.takes("LBRACE"):
        return None
    return unexpected(
        span=stop.span,
        found="the end of the line",
        expected="`{`",
        help_text="put the `{` on the line of what it opens",
    )


def _arrow(stop: Stop) -> Diagnostic | None:
    if stop.found is None or stop.found.text != "->":
        return None
    help_text = "traffic goes from one thing to another: `edge -> chat { weight = 95% }`"
    return unexpected(span=stop.span, found="`->`", expected="", help_text=help_text)


def _swallowed_name(stop: Stop) -> Diagnostic | None:
    """Find ``a = 1 b = 2``, where ``1 b`` was read as a quantity."""
    found, before = stop.found, stop.before
    if found is None or before is None or found.text != "=" or before.kind != "number":
        return None
    number, _, name = before.text.rpartition(" ")
    if not number or not name.isidentifier():
        return None
    return missing_operator(
        span=Span(stop.within.source, before.end - len(name), before.end),
        before=number,
        found=f"`{name}`",
        expected="`,`" if stop.takes("COMMA") else "`;` or a new line",
    )


def _torn_unit(stop: Stop) -> Diagnostic | None:
    found, before = stop.found, stop.before
    if found is None or before is None or before.kind != "number":
        return None
    torn = re.fullmatch(r"(.*[0-9])([kMGT]?) ?([kMGT])", before.text)
    if found.kind != "name" or torn is None or found.line != before.line:
        return None
    joined = f"{torn[1]}{torn[2]}{torn[3]} {found.text}"
    return spaced_unit(span=stop.span_of(before, found), joined=joined)


def _chained(stop: Stop) -> Diagnostic | None:
    found = stop.found
    if found is None or found.text not in {*COMPARISONS, "in"}:
        return None
    earlier = any(item.text in COMPARISONS for item in stop.lexemes[: stop.index])
    if earlier and stop.takes("AND") and not stop.takes("CMP"):
        return chained_comparison(span=stop.span)
    return None


def _missing_value(stop: Stop) -> Diagnostic | None:
    found, before = stop.found, stop.before
    if before is None:
        return None
    needs = _needed_behind(stop, before)
    ends = found is None or found.kind in {"close", "separator"} or found.text == ","
    if not needs or not ends:
        return None
    place = Span(stop.within.source, before.end, before.end)
    if found is not None and (found.line == before.line or found.text == ","):
        place = stop.span
    return missing_value(span=place, behind=stop.span_of(before), expected=needs)


def _needed_behind(stop: Stop, before: Lexeme) -> str:
    """Return what must follow ``before``, if something must."""
    takes_value = before.text in VALUE_FOLLOWS - {"(", "[", "."}
    takes_name = before.text in {"import", "remove", "->", ".", "as", "from", "@"}
    words = {*CLAUSE_WORDS, "if", "for", "assert", "let", "param"}
    if takes_value or takes_name or before.text in words:
        return _wanted(stop.expected)
    return ""


def _side_by_side(stop: Stop) -> Diagnostic | None:
    found, before = stop.found, stop.before
    if found is None or before is None or found.kind not in {"name", "number", "text", "date"}:
        return None
    if before.kind not in {"name", "number", "text", "date", "close"}:
        return None
    if found.kind == "name" and _close_word(stop, found):
        return None
    if stop.takes("EQUAL", "CMP") and not stop.takes("AND"):
        expected = "`=` or a comparison" if stop.takes("CMP") else "`=`"
    elif stop.takes("COMMA"):
        expected = "`,`"
    elif stop.takes("ADD"):
        expected = "an operator"
    else:
        return None
    span = stop.span
    if expected == "`,`" and found.line > before.line:
        span = Span(span.source, before.end, before.end)
    return missing_operator(
        span=span,
        before=_shown(before.text),
        found=f"`{_shown(found.text)}`",
        expected=expected,
    )


def _clause_for_value(stop: Stop) -> Diagnostic | None:
    """Find a value missing before a clause, whose word was then read as a name."""
    items = [item for item in stop.lexemes[: stop.index] if item.kind != "newline"][-2:]
    if len(items) < 2 or items[1].text not in CLAUSE_WORDS or stop.found is None:  # noqa: PLR2004
        return None
    sign = items[0]
    if sign.text not in VALUE_FOLLOWS - {"."} or stop.found.kind not in {"text", "date", "name"}:
        return None
    place = Span(stop.within.source, sign.end, sign.end)
    return missing_value(span=place, behind=stop.span_of(sign), expected="a value")


def _argument_on_new_line(stop: Stop) -> Diagnostic | None:
    """Find the line above unfinished when ``name =`` on a new line cannot follow it."""
    names = [item for item in stop.lexemes[: stop.index] if item.kind != "newline"][-2:]
    if stop.found is None or stop.found.text != "=" or len(names) < 2:  # noqa: PLR2004
        return None
    above, name = names
    if name.kind != "name" or name.line == above.line or stop.found.line != name.line:
        return None
    place = Span(stop.within.source, above.end, above.end)
    if above.kind == "operator":
        return missing_value(span=place, behind=stop.span_of(above), expected="a value")
    return missing_operator(
        span=place, before=_shown(above.text), found=f"`{name.text}`", expected="`,`"
    )


MISTAKES: Final[Sequence[Callable[[Stop], Diagnostic | None]]] = (
    _reserved,
    _hyphen,
    _percentile,
    _argument_on_new_line,
    _clause_for_value,
    _bounded_by_equals,
    _colon,
    _brace_on_new_line,
    _arrow,
    _swallowed_name,
    _torn_unit,
    _chained,
    _missing_value,
    _side_by_side,
)


# ---- the plain message -----------------------------------------------------------------------


def _plain(stop: Stop) -> Diagnostic:
    """Return what was found and what could have been there, with the nearest known word."""
    found = stop.found
    shown = f"`{_shown(found.text)}`" if found is not None else "the end of the line"
    close = _close_word(stop, found) if found is not None and found.kind == "name" else ""
    if close:
        plain = unexpected(
            span=stop.span, found=shown, expected=f"`{close}`", help_text=f"did you mean `{close}`?"
        )
        return _with_fix(plain, f"write `{close}`", close)
    first = stop.lexemes[0] if stop.lexemes else None
    named = first is not None and first.kind == "name"
    guess = nearest(first.text, STATEMENT_WORDS) if first is not None and named else ""
    help_text = f"did you mean `{guess}`?" if guess else ""
    return unexpected(
        span=stop.span, found=shown, expected=_in_words(stop.expected), help_text=help_text
    )


def _with_fix(diagnostic: Diagnostic, title: str, text: str) -> Diagnostic:
    from dataclasses import replace

    if diagnostic.span is None:
        return diagnostic
    return replace(diagnostic, fixes=(Fix(title, (Edit(diagnostic.span, text),)),))


def _close_word(stop: Stop, found: Lexeme) -> str:
    """Return the word of the language that ``found`` is probably meant to be."""
    words = [
        terminal.lower()
        for terminal in sorted(stop.expected)
        if terminal in TERMINAL_WORDS or terminal in {"AND", "OR", "NOT"}
    ]
    return nearest(found.text, words)


def _shown(text: str) -> str:
    """Return ``text`` as it fits into a line of a message."""
    first, *rest = text.splitlines() or [""]
    printable = "".join(char if char.isprintable() else "\ufffd" for char in first)
    return f"{printable[:37]}…" if len(first) > 40 or rest else printable  # noqa: PLR2004


def _wanted(expected: frozenset[str]) -> str:
    """Return the one thing that must come next."""
    if expected >= {"NUMBER", "NAME"}:
        return "a value"
    if "NUMBER" in expected:
        return "a number"
    if "DATE" in expected and "NUMBER" not in expected:
        return "a date such as 2026-12-31"
    if "LONG_STRING" in expected:
        return "a text in quotes"
    if expected >= {"NAME", "STRING"}:
        return "a name or a text in quotes"
    return "a name" if "NAME" in expected else ""


def _in_words(expected: frozenset[str]) -> str:
    """Return ``expected`` as a short list in the user's words."""
    words = list(_words(expected))
    if not words:
        return ""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _words(expected: frozenset[str]) -> Iterable[str]:
    value = expected >= {"NUMBER", "NAME"}
    ends = bool(expected & {"_NL", "SEMICOLON", "$END"})
    operators = bool(expected & {"ADD", "MUL", "AND"})
    if "INFER" in expected or "IMPORT" in expected:
        yield "a statement"
        return
    if value:
        yield "a value"
        return
    yield from _signs(expected)
    if expected >= {"LBRACE", "NAME"} or expected >= {"EQUAL", "CMP"}:
        return  # labels and bases can stand there too, but are seldom what is missing
    if wanted := _wanted(expected):
        yield wanted
    if operators:
        yield "an operator"
    if ends:
        yield "the end of the line"
    else:
        keywords = (TERMINAL_WORDS[name] for name in sorted(expected & TERMINAL_WORDS.keys()))
        yield from ([] if operators else keywords)


_SIGNS: Final = {
    "RPAR": "`)`",
    "RSQB": "`]`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "ARROW": "`->`",
}


def _signs(expected: frozenset[str]) -> Iterable[str]:
    for terminal, sign in _SIGNS.items():
        if terminal in expected:
            yield sign
    if "CMP" in expected and "ADD" not in expected:
        yield "a comparison"
