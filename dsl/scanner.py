"""Tokens for those who look at a broken text: what the grammar would see, and what it would not.

The grammar decides what a correct file is. The scanner never fails, keeps comments and ends of
lines, and knows a little about mistakes: a string that does not end, a character that fits nowhere.
"""

import re
from typing import Final, NamedTuple

from inferc.dsl.source import SourceFile
from inferc.dsl.survey import COMMENT, LONG_TEXT, SHORT_TEXT

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


class Lexeme(NamedTuple):
    """A token; ``kind`` is the name of a group above. ``line`` counts from 1."""

    kind: str
    text: str
    start: int
    end: int
    line: int


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
