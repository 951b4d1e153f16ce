"""Tokens for those who look at a broken text: what the grammar would see, and what it would not.

The grammar decides what a correct file is. The scanner never fails, keeps comments and ends of
lines, and knows a little about mistakes: a string that does not end, a character that fits nowhere.
"""

import re
from typing import Final, NamedTuple

from inferc.dsl.source import SourceFile, Span
from inferc.dsl.syntax import Comment

LONG_TEXT: Final = r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"""'
SHORT_TEXT: Final = r'"(?!"")(?:[^"\\\n]|\\[^\n])*"'
COMMENT: Final = r"\#[^\n]*|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/"
FOLLOWING_WORDS: Final = frozenset(
    "because until confidence else over at per where and or not in for if as from".split()  # noqa: SIM905
)
"""Words that go on with a statement, and are no units behind a number."""

VALUE_FOLLOWS: Final = frozenset(
    "= += -= == != < > <= >= ( [ , : ? + - * / . .. and or in not".split()  # noqa: SIM905
)
"""What a value, and so a record, may stand behind."""

_NOT_A_UNIT: Final = rf"(?!(?:{'|'.join(sorted(FOLLOWING_WORDS))})\b)"
_TOKEN: Final = re.compile(
    rf"""(?P<newline>\r?\n)
      | (?P<blank>[ \t]+)
      | (?P<text>{LONG_TEXT}|{SHORT_TEXT})
      | (?P<comment>{COMMENT})
      | (?P<name>p[0-9]{{1,2}}\.[0-9]+(?=[ ]*=|[ ]+[A-Za-z_])|[A-Za-z_][A-Za-z0-9_]*)
      | (?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?![0-9]))
      | (?P<number>\$?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?
          (?:[kMGT]?[ ]{_NOT_A_UNIT}[A-Za-z][A-Za-z0-9]*(?![A-Za-z0-9_(\[])
            |%|[A-Za-z][A-Za-z0-9_]*)?(?:/[A-Za-z]+)*)
      | (?P<open>[({{\[])
      | (?P<close>[)}}\]])
      | (?P<unfinished>\"\"\"(?![^\n]*")[\s\S]*|/\*[\s\S]*|"[^\n]*)
      | (?P<operator>->|<=|>=|==|!=|\+=|-=|\.\.|[=<>+\-*/.,:?|@])
      | (?P<separator>;)
      | (?P<bad>[\s\S])""",
    re.VERBOSE,
)
NEVER: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]|\r(?!\n)"
)
"""What may not even stand in a comment: control characters, halves of characters, and marks that
make a text read otherwise than it is."""
_SURVEY: Final = re.compile(
    rf"(?P<text>{LONG_TEXT}|{SHORT_TEXT})|(?P<comment>{COMMENT})|(?P<open>[(\[{{])|(?P<close>[)\]}}])"
)


class Lexeme(NamedTuple):
    """A token; ``kind`` is the name of a group above. ``line`` counts from 1."""

    kind: str
    text: str
    start: int
    end: int
    line: int


class Survey(NamedTuple):
    """What one look over a text tells."""

    comments: tuple[Comment, ...]
    too_deep: int | None
    """The offset of the first bracket nested deeper than allowed."""


def scan(source: SourceFile, start: int = 0, end: int | None = None) -> list[Lexeme]:
    """Return the tokens of ``source`` in order, without blanks and comments."""
    lexemes: list[Lexeme] = []
    line = source.position(start)[0]
    if start == 0 and source.text.startswith("\ufeff"):
        start = 1
    for found in _TOKEN.finditer(source.text, start, len(source.text) if end is None else end):
        kind = found.lastgroup or "bad"
        text = found.group()
        if kind not in {"blank", "comment"}:
            lexemes.append(Lexeme(kind, text, found.start(), found.end(), line))
        line += text.count("\n")
    return lexemes


def survey(source: SourceFile, *, limit: int) -> Survey:
    """Return the comments of ``source``, and where brackets nest deeper than ``limit``."""
    comments: list[Comment] = []
    depth = 0
    too_deep = None
    for found in _SURVEY.finditer(source.text):
        match found.lastgroup:
            case "comment":
                comments.append(_comment(source, found))
            case "open":
                depth += 1
                if depth > limit and too_deep is None:
                    too_deep = found.start()
            case "close":
                depth = max(0, depth - 1)
            case _:
                pass
    return Survey(tuple(comments), too_deep)


def _comment(source: SourceFile, found: re.Match[str]) -> Comment:
    written = found.group().rstrip("\r")
    start = found.start()
    line_start = source.text.rfind("\n", 0, start) + 1
    return Comment(
        span=Span(source, start, start + len(written)),
        text=written,
        own_line=not source.text[line_start:start].strip(" \t\ufeff"),
    )
