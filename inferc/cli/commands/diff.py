"""``inferc diff``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from inferc.cli.arguments import Argument, Option, UsageError
from inferc.cli.exit_codes import DIFFERENCES, OK, WRONG_FILE
from inferc.cli.options import Color, Params, Targets, read_params, read_targets
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say, to_json, wants_color

if TYPE_CHECKING:
    from inferc.cli.sides import Side
    from inferc.comparison import Changes
    from inferc.comparison.files import FileChange
    from inferc.dsl import Diagnostic

EPILOG: Final = """
What A and B can be:
  topology.infer          a file; it is planned now
  main:topology.infer     the file as git has it in a revision, with all that it imports
  plan.json               what `inferc plan --format json` wrote, or a lock

Without B it is the file of A as it is now, so that `inferc diff main:topology.infer` says what the
branch changes.

Examples:
  inferc diff main:topology.infer
  inferc diff HEAD~1:topology.infer topology.infer --breaking
  inferc diff topology.infer --env prod                     what an overlay changes
  inferc diff topology.infer --env staging --env prod       one file, two overlays
  inferc diff plan.json topology.infer --format json
  inferc diff main:topology.infer -t kubernetes --patch     and the lines of the manifests
  inferc diff main:topology.infer --format markdown         for a comment on a pull request

Exit codes:
  0   no difference
  1   a file is wrong
  2   a file or revision that cannot be read, a bad flag
  10  differences; with --breaking: one that makes somebody worse off
"""

Form = Literal["human", "json", "markdown"]


def diff(
    before: Annotated[str, Argument("A", "A file, a plan, or REVISION:FILE.")],
    after: Annotated[str, Argument("B", "The same; absent: the file of A as it is now.")] = "",
    *,
    env: Annotated[
        list[str] | None,
        Option(("--env",), "Apply an overlay to both; a second one is that of B.", metavar="NAME"),
    ] = None,
    param: Params = None,
    target: Targets = None,
    patch: Annotated[
        bool, Option(("--patch",), "With -t: print the lines that change, not only the files.")
    ] = False,
    breaking: Annotated[
        bool,
        Option(("--breaking",), "End with 10 only if an SLA line, a service or a verdict is lost."),
    ] = False,
    output: Annotated[str, Option(("-o", "--output"), "Write there.", metavar="FILE")] = "",
    format: Annotated[Form, Option(("--format",), "Of the result.")] = "human",
    color: Color = "auto",
) -> int:
    """Say what differs between two plans: decisions, SLA margins, hardware, cost, emitted files.

    Nothing is asked of a cluster or a cloud: both sides are planned here, and the same two texts
    always give the same answer.
    """
    from inferc.cli.sides import read_side
    from inferc.comparison import compare
    from inferc.files.create import replace_file

    targets, params = read_targets(target), read_params(param)
    if patch and not targets:
        raise UsageError("it prints lines of files: say of which target, -t kubernetes", "--patch")
    other, envs = _against(before, after, tuple(env or ()))
    sides = [
        read_side(text, env=name, params=params, emitted=bool(targets))
        for text, name in zip((before, other), envs, strict=True)
    ]
    snapshots = [side.snapshot for side in sides if side.snapshot is not None]
    if len(snapshots) < len(sides):
        return _wrong([one for side in sides for one in side.diagnostics], color)
    changes = compare(*snapshots)
    files = _files(sides, targets)
    if isinstance(files, list):
        return _wrong(files, color)
    paint = not output and wants_color(color, sys.stdout)
    text = render(changes, files, format, patch=patch, color=paint)
    problem = replace_file(Path(output), text.encode()) if output else None
    if problem:
        return _wrong([problem], color)
    if not output:
        say(text)
    differs = changes.breaking if breaking else bool(changes or files)
    return DIFFERENCES if differs else OK


def _wrong(found: "list[Diagnostic]", color: str) -> int:
    """Print why there is nothing to compare, and return the exit code."""
    show(found, form="human", color=color)
    return exit_code(found) or WRONG_FILE


def _against(before: str, after: str, envs: tuple[str, ...]) -> tuple[str, tuple[str, str]]:
    """Return what A is compared with, and the overlay of each side.

    Raises:
        UsageError: There is nothing to compare with, or too much.
    """
    from inferc.files.revision import split_revision

    asked = split_revision(before)
    other = after or (asked.path if asked else "")
    match envs:
        case () if not other:
            raise UsageError(f"what is {before} compared with? Add B, or an overlay", "B")
        case ():
            return other, ("", "")
        case (one,):
            return other or before, (one if other else "", one)
        case (one, two):
            return other or before, (one, two)
        case _:
            raise UsageError("name one overlay for both sides, or one for each", "--env")


def _files(
    sides: "list[Side]", targets: tuple[str, ...]
) -> "tuple[FileChange, ...] | list[Diagnostic] | None":
    """Return what becomes of the emitted files, why there are none, or None if nobody asks."""
    if not targets:
        return None
    from inferc.cli.sides import files_of
    from inferc.comparison.files import compare_files

    before, after = (files_of(side, targets) for side in sides)
    if isinstance(before, tuple) or isinstance(after, tuple):
        return [one for found in (before, after) if isinstance(found, tuple) for one in found]
    return compare_files(before, after)


def render(
    changes: "Changes",
    files: "tuple[FileChange, ...] | None",
    form: Form,
    *,
    patch: bool = False,
    color: bool = False,
) -> str:
    """Return what differs in the form that was asked for."""
    from inferc.comparison.as_json import to_data
    from inferc.comparison.files import files_as_markdown, files_as_text
    from inferc.comparison.text import changes_as_markdown, changes_as_text
    from inferc.report.layout import Paint

    paint = Paint(on=color)
    match form:
        case "json":
            return to_json(to_data(changes, files=files)) + "\n"
        case "markdown":
            listed = "" if files is None else "\n" + files_as_markdown(files, patch=patch)
            return changes_as_markdown(changes) + listed
        case "human":
            listed = "" if files is None else "\n" + files_as_text(files, paint, patch=patch) + "\n"
            return changes_as_text(changes, paint) + "\n" + listed
