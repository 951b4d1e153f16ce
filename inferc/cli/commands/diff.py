"""``inferc diff``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from inferc.cli.arguments import Argument, Option, UsageError
from inferc.cli.exit_codes import DIFFERENCES, OK
from inferc.cli.options import Color, Params, read_params
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say, to_json, wants_color

if TYPE_CHECKING:
    from inferc.comparison import Changes

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
    breaking: Annotated[
        bool,
        Option(("--breaking",), "End with 10 only if an SLA line, a service or a verdict is lost."),
    ] = False,
    output: Annotated[str, Option(("-o", "--output"), "Write there.", metavar="FILE")] = "",
    format: Annotated[Form, Option(("--format",), "Of the result.")] = "human",
    color: Color = "auto",
) -> int:
    """Say what differs between two plans: decisions, SLA margins, hardware, cost.

    Nothing is asked of a cluster or a cloud: both sides are planned here, and the same two texts
    always give the same answer.
    """
    import sys

    from inferc.cli.sides import read_side
    from inferc.comparison import compare
    from inferc.files.create import replace_file

    params = read_params(param)
    target, envs = _against(before, after, tuple(env or ()))
    first = read_side(before, env=envs[0], params=params)
    second = read_side(target, env=envs[1], params=params)
    if first.snapshot is None or second.snapshot is None:
        found = first.diagnostics if first.snapshot is None else second.diagnostics
        show(found, form="human", color=color)
        return exit_code(found) or 1
    changes = compare(first.snapshot, second.snapshot)
    paint = not output and wants_color(color, sys.stdout)
    text = render(changes, format, color=paint)
    problem = replace_file(Path(output), text.encode()) if output else None
    if problem:
        show([problem], form="human", color=color)
        return exit_code([problem])
    if not output:
        say(text)
    differs = changes.breaking if breaking else bool(changes)
    return DIFFERENCES if differs else OK


def _against(before: str, after: str, envs: tuple[str, ...]) -> tuple[str, tuple[str, str]]:
    """Return what A is compared with, and the overlay of each side.

    Raises:
        UsageError: There is nothing to compare with, or too much.
    """
    from inferc.files.revision import split_revision

    asked = split_revision(before)
    other = after or (asked.path if asked else "")
    target = other or before
    match envs:
        case () if not other:
            raise UsageError(f"what is {before} compared with? Add B, or an overlay", "B")
        case ():
            return target, ("", "")
        case (one,):
            return target, (one if other else "", one)
        case (one, two):
            return target, (one, two)
        case _:
            raise UsageError("name one overlay for both sides, or one for each", "--env")


def render(
    changes: "Changes", form: Form, *, causes: Sequence[str] = (), color: bool = False
) -> str:
    """Return ``changes`` in the form that was asked for."""
    from inferc.comparison.as_json import to_data
    from inferc.comparison.text import changes_as_markdown, changes_as_text
    from inferc.report.layout import Paint

    match form:
        case "json":
            return to_json(to_data(changes, causes)) + "\n"
        case "markdown":
            return changes_as_markdown(changes)
        case "human":
            return changes_as_text(changes, Paint(on=color)) + "\n"
