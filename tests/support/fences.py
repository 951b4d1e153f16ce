"""Markdown as tests: the fenced blocks of a page, and commands with the output they show."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.repository import ROOT

FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def documents() -> tuple[Path, ...]:
    """Return the pages for people: at the top, in docs, beside examples and code."""
    return tuple(
        path
        for path in sorted(ROOT.rglob("*.md"))
        if "pages" not in path.parts
        and not any(part[0] == "." for part in path.relative_to(ROOT).parts)
        and not any(parent.is_symlink() for parent in path.parents)
        and path.relative_to(ROOT).parts[0] not in {"build", "dist"}
    )


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced block."""

    path: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def fences(*languages: str) -> tuple[Fence, ...]:
    """Return the blocks in one of ``languages`` of all pages."""
    return tuple(
        Fence(path, text.count("\n", 0, match.start()) + 1, match[1], match[2])
        for path in documents()
        for text in [path.read_text(encoding="utf-8")]
        for match in FENCE.finditer(text)
        if match[1] in languages
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A command of a ``console`` block and the output below it."""

    command: str
    output: str


def shown_in(fence: Fence) -> Iterator[Shown]:
    """Yield the commands of a ``console`` block."""
    for part in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Shown(command.strip(), output)


def run_shown(command: str, folder: Path) -> str:
    """Run a command of a page in a copy of the examples in ``folder`` and return what it prints.

    ``inferc`` is the one of this checkout, whatever is installed.
    """
    program = folder / ".bin" / "inferc"
    if not program.exists():
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m inferc "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        shutil.copytree(ROOT / "examples", folder / "examples")
    done = subprocess.run(
        ["sh", "-c", command],  # noqa: S607
        cwd=folder,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"COLUMNS": "100", "NO_COLOR": "1", "PATH": f"{program.parent}:/usr/bin:/bin"},
    )
    return done.stdout


def agrees(shown: str, real: str) -> bool:
    """Return whether ``real`` is what is ``shown``.

    A line ``...`` stands for any lines, an ellipsis inside a line for any text.
    """
    pattern = ""
    for line in shown.strip("\n").splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += re.escape(line.rstrip()).replace("…", ".*?") + r"[ ]*\n"
    return re.fullmatch(pattern, real.strip("\n") + "\n" if real.strip() else "") is not None


def links_in(path: Path) -> Iterator[str]:
    """Yield where the links of a page lead, code left out."""
    text = re.sub(r"```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    yield from LINK.findall(re.sub(r"`[^`\n]*`", "", text))
