"""``inferc fmt``."""

import sys
from pathlib import Path
from typing import Annotated, Final

from inferc.cli.arguments import Argument, Option
from inferc.cli.exit_codes import DIFFERENCES, OK, USAGE, WRONG_FILE
from inferc.cli.options import Color
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say, say_bytes, wants_color
from inferc.dsl import Diagnostic, SourceFile, format_module, has_errors, parse
from inferc.files.create import replace_file
from inferc.files.reader import STDIN, find_files, read_source

EPILOG: Final = """
Examples:
  inferc fmt topology.infer
  inferc fmt .                         every .infer file below this folder
  inferc fmt --check --diff .          for a CI job: change nothing, show what would change
  inferc fmt - < topology.infer        print the result

Exit codes:
  0   done, or nothing to do
  1   a file does not parse; it is left as it is
  2   a file that cannot be read or written, a bad flag
  10  --check or --diff found differences
"""


def fmt(
    paths: Annotated[
        list[str],
        Argument("PATH...", "Files, folders, or -."),
    ],
    *,
    check: Annotated[bool, Option(("--check",), "Change nothing; list the files.")] = False,
    diff: Annotated[bool, Option(("--diff",), "Change nothing; print a diff.")] = False,
    color: Color = "auto",
) -> int:
    """Bring files into the one form.

    There are no options to argue about. Comments stay where they are, the meaning too, and a
    second run changes nothing. A file with errors is left as it is.
    """
    codes = [OK]
    for path in paths:
        names = find_files(path)
        if isinstance(names, Diagnostic):
            show([names], form="human", color=color)
            codes.append(exit_code([names]))
            continue
        codes += [_one(name, check=check, diff=diff, color=color) for name in names]
    errors = {USAGE, WRONG_FILE} & set(codes)
    return max(errors) if errors else max(codes)


def _one(name: str, *, check: bool, diff: bool, color: str) -> int:
    """Format one file, or say what would change."""
    source = read_source(name)
    if isinstance(source, Diagnostic):
        show([source], form="human", color=color)
        return exit_code([source])
    parsed = parse(source)
    if has_errors(parsed.diagnostics):
        show(parsed.diagnostics, form="human", color=color)
        return WRONG_FILE
    text = format_module(parsed.module)
    if check or diff:
        return _compare(source, text, diff=diff, color=color)
    return _rewrite(name, source, text, color=color)


def _rewrite(name: str, source: SourceFile, text: str, *, color: str) -> int:
    """Write the formatted text where the file was, or print it."""
    if name == STDIN:
        say_bytes(text.encode())
        return OK
    if text == source.text:
        return OK
    problem = replace_file(Path(name), text.encode(), design=True)
    if problem:
        show([problem], form="human", color=color)
        return exit_code([problem])
    say(f"formatted {name}")
    return OK


def _compare(source: SourceFile, text: str, *, diff: bool, color: str) -> int:
    if text == source.text:
        return OK
    if not diff:
        say(f"would format {source.path}")
        return DIFFERENCES
    from difflib import unified_diff

    before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    painted = wants_color(color, sys.stdout)
    for line in unified_diff(before, after, source.path, f"{source.path} (formatted)"):
        say(_paint(line.rstrip("\n")) if painted else line.rstrip("\n"))
    return DIFFERENCES


def _paint(line: str) -> str:
    codes = {"+": "32", "-": "31", "@": "36"}
    code = codes.get(line[:1])
    return f"\x1b[{code}m{line}\x1b[0m" if code else line
