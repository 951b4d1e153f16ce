"""What a change does to the emitted files: which, and line by line."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inferc.comparison.changes import Kind
from inferc.comparison.text import MARKS, code
from inferc.report.layout import PLAIN, Paint, table

LONGEST: Final = 40_000
"""Characters of lines in a comment: GitHub takes 65,536 in all, and the plan stands there too."""

STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One emitted file that came, went or has other lines."""

    path: str
    kind: Kind
    patch: tuple[str, ...]
    """Unified; empty for a file that is no text."""

    @property
    def added(self) -> int:
        """How many lines came."""
        return sum(line.startswith("+") and not line.startswith("+++") for line in self.patch)

    @property
    def removed(self) -> int:
        """How many lines went."""
        return sum(line.startswith("-") and not line.startswith("---") for line in self.patch)


def compare_files(
    before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> tuple[FileChange, ...]:
    """Return what differs, by path."""
    return tuple(
        FileChange(
            path=path,
            kind="added" if path not in before else "removed" if path not in after else "changed",
            patch=tuple(_patch(path, before.get(path), after.get(path))),
        )
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _patch(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    try:
        old, new = ((content or b"").decode("utf-8").splitlines() for content in (before, after))
    except UnicodeDecodeError:
        return
    yield from difflib.unified_diff(
        old,
        new,
        "/dev/null" if before is None else f"a/{path}",
        "/dev/null" if after is None else f"b/{path}",
        lineterm="",
    )


def files_as_text(changes: tuple[FileChange, ...], paint: Paint = PLAIN, *, patch: bool) -> str:
    """Return a line for each file, or what differs in each."""
    if not changes:
        return "the same files"
    if patch:
        return "\n".join(
            paint(line, STYLES[line[0]]) if line[:1] in STYLES else line
            for change in changes
            for line in (change.patch or (f"{change.path}: {change.kind}, no text",))
        )
    rows = [
        (MARKS[change.kind], change.path, f"+{change.added}", f"-{change.removed}")
        for change in changes
    ]
    return "\n".join(table(rows, paint, right=(2, 3)))


def files_as_markdown(changes: tuple[FileChange, ...], *, patch: bool) -> str:
    """Return the same for a comment on a pull request; the lines are folded away."""
    if not changes:
        return "Emitted files: the same.\n"
    rows = [f"| {code(one.path)} | {one.kind} | +{one.added} -{one.removed} |" for one in changes]
    lines = ["| emitted file | | lines |", "| --- | --- | --- |", *rows]
    if patch:
        shown, left = _within(changes)
        text = "\n".join(shown)
        fence = "`" * (3 + max((len(run) for run in re.findall("`+", text)), default=0))
        lines += ["", "<details><summary>Lines</summary>", "", f"{fence}diff", text, fence]
        lines += ["", "</details>"]
        if left:
            lines += ["", f"{left} more lines are too many for a comment."]
    return "\n".join(lines) + "\n"


def _within(changes: Sequence[FileChange]) -> tuple[list[str], int]:
    """Return as many lines as a comment holds, and how many are left."""
    lines = [line for one in changes for line in one.patch]
    size = 0
    for count, line in enumerate(lines):
        size += len(line) + 1
        if size > LONGEST:
            return lines[:count], len(lines) - count
    return lines, 0
