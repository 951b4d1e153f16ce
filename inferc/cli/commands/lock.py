"""``inferc lock``."""

from pathlib import Path
from typing import Annotated, Final

from inferc import api
from inferc.cli.answers import refuse
from inferc.cli.arguments import Argument, Option, UsageError
from inferc.cli.exit_codes import DIFFERENCES, OK
from inferc.cli.options import Color, Env, Overlay, Params, read_params
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say
from inferc.files.create import replace_file
from inferc.files.reader import STDIN

EPILOG: Final = """
What it writes:
  topology.lock.json beside topology.infer: decisions, predictions and cost, the version of the
  compiler, digests of the files and of the catalog's entries. Keep it with the file.

Examples:
  inferc lock topology.infer
  inferc lock topology.infer --env prod       topology.prod.lock.json
  inferc lock topology.infer --check          for a CI job: write nothing
  inferc plan topology.infer --locked         plan, and end with 10 if a decision has changed

Exit codes:
  0   written, or as it is
  1   the file is wrong
  2   a file that cannot be read or written, a bad flag
  3   infeasible: nothing is written
  10  --check found that a decision has changed
"""


def lock(
    files: Annotated[list[str], Argument("FILE...", "Designs; each gets a lock beside it.")],
    *,
    check: Annotated[
        bool, Option(("--check",), "Write nothing; end with 10 if a decision has changed.")
    ] = False,
    env: Env = "",
    param: Params = None,
    color: Color = "auto",
) -> int:
    """Write down the decisions that later plans are held to.

    A plan depends on the file, on the compiler and on the facts of its catalog. With a lock an
    upgrade of the latter two cannot change what is deployed without being seen.
    """
    params = read_params(param)
    if STDIN in files:
        raise UsageError("a lock lies beside its file, and standard input has no place", "FILE")
    codes = [_one(file, Overlay(env, params), check=check, color=color) for file in files]
    return next((code for code in codes if code not in {OK, DIFFERENCES}), max(codes))


def _one(file: str, overlay: Overlay, *, check: bool, color: str) -> int:
    """Write the lock of one file, or hold the file to the one that it has."""
    planned = api.plan(file, env=overlay.env, params=overlay.params)
    if not planned.ok or planned.refused:
        show(planned.diagnostics, form="human", color=color)
        return refuse(planned, form="human") if planned.ok else exit_code(planned.diagnostics)
    from inferc.cli.locks import end_unless_locked, lock_of_plan
    from inferc.comparison.lock import lock_name

    if check:
        return end_unless_locked(planned, file, overlay, form="human", color=color)
    path = lock_name(file, overlay.env)
    problem = replace_file(Path(path), lock_of_plan(planned, overlay).render())
    if problem:
        show([problem], form="human", color=color)
        return exit_code([problem])
    say(f"wrote {path}")
    return OK
