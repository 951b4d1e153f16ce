"""Markdown: whatever a text holds, it ends up as text."""

import re
from collections.abc import Iterable, Sequence
from unicodedata import category

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

MEANS = re.compile(
    r"""
      [\\`*\[\]<>|~&$@]       # code, emphasis, links, HTML, cells, entities, formulas, addresses
    | (?<![^\W_])_ | _(?![^\W_])  # emphasis; inside a word it means nothing
    | :(?=//) | (?<=www)\.    # addresses that become links by themselves
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What means something wherever it stands in a line."""

BEGINS = re.compile(r"^(?:[#+\-=]|\d+(?=[.)]))")
"""What means something at the beginning of a line: headings, lists, rules."""


def plain(words: str) -> str:
    """Return ``words`` on one line, with a mark for each character that cannot be shown."""
    line = " ".join(words.split())
    return "".join(char if category(char)[0] != "C" else REPLACEMENT for char in line)


def text(words: str) -> str:
    """Return ``words`` so that no character of them means anything, on one line."""
    line = MEANS.sub(lambda found: f"\\{found[0]}", plain(words))
    begins = BEGINS.match(line)
    if begins is None:
        return line
    at = begins.end() if begins[0][0].isdigit() else 0
    return f"{line[:at]}\\{line[at:]}"


def bold(words: str) -> str:
    """Return ``words`` as text in bold; nothing stays nothing."""
    escaped = text(words)
    return f"**{escaped}**" if escaped else ""


def code(words: str) -> str:
    """Return ``words`` as code on one line, fit for a cell of a table; nothing stays nothing."""
    line = plain(words).replace("|", "\\|")
    if not line:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    room = " " if longest else ""
    return f"{fence}{room}{line}{room}{fence}"


def said(words: str) -> str:
    """Return ``words`` as text, with what stands between backticks as code."""
    return "".join(
        code(part) if at % 2 else _spaced(part) for at, part in enumerate(words.split("`"))
    )


def _spaced(words: str) -> str:
    """Return ``words`` as text that keeps a space at either end."""
    line = text(words)
    before, after = words[:1].isspace(), words[-1:].isspace()
    return f"{' ' if before else ''}{line}{' ' if after and line else ''}"


def bullets(lines: Iterable[str]) -> list[str]:
    """Return lines of Markdown as a list."""
    return [f"- {line}" for line in lines]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table of cells of Markdown; nothing where there are no rows."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    if not body:
        return []
    return [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *body]


def section(level: int, title: str, *blocks: Sequence[str]) -> list[str]:
    """Return a heading with the blocks below it, a blank line between; nothing without blocks."""
    kept = [block for block in blocks if block]
    if not kept:
        return []
    lines = [f"{'#' * level} {title}"]
    for block in kept:
        lines += ["", *block]
    return [*lines, ""]
