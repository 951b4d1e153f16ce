"""A quick look over a text for what the grammar does not keep."""

import re
from typing import Final

from inferc.dsl.source import SourceFile, Span
from inferc.dsl.syntax import Comment

_SKELETON: Final = re.compile(
    r'''(?P<text>"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"""|"(?!"")(?:[^"\\\n]|\\[^\n])*")
      | (?P<comment>\#[^\n]*|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)''',
    re.VERBOSE,
)


def find_comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return every comment of ``source`` in order."""
    comments: list[Comment] = []
    for found in _SKELETON.finditer(source.text):
        if found["comment"] is None:
            continue
        written = found["comment"].rstrip("\r")
        start = found.start()
        line_start = source.text.rfind("\n", 0, start) + 1
        comments.append(
            Comment(
                span=Span(source, start, start + len(written)),
                text=written,
                own_line=not source.text[line_start:start].strip(" \t\ufeff"),
            )
        )
    return tuple(comments)
