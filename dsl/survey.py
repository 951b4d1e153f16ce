"""One look over a whole text: comments, how deep brackets nest, and what may never stand there."""

import re
from typing import Final, NamedTuple

from inferc.dsl.source import SourceFile, Span
from inferc.dsl.syntax import Comment

LONG_TEXT: Final = r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"""'
SHORT_TEXT: Final = r'"(?!"")(?:[^"\\\n]|\\[^\n])*"'
COMMENT: Final = r"\#[^\n]*|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/"
NEVER: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]|\r(?!\n)"
)
"""What may not even stand in a comment: control characters, halves of characters, and marks that
make a text read otherwise than it is."""
_SURVEY: Final = re.compile(
    rf"(?P<text>{LONG_TEXT}|{SHORT_TEXT})|(?P<comment>{COMMENT})|(?P<open>[(\[{{])|(?P<close>[)\]}}])"
)


class Survey(NamedTuple):
    """What one look over a text tells."""

    comments: tuple[Comment, ...]
    too_deep: int | None
    """The offset of the first bracket nested deeper than allowed."""


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
