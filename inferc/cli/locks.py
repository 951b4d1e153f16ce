"""Holding a plan to the lock beside its file."""

import sys
from pathlib import Path
from typing import NamedTuple

from inferc import __version__, api
from inferc.cli.arguments import UsageError
from inferc.cli.exit_codes import DIFFERENCES, OK
from inferc.cli.show import REPORTS, exit_code, show
from inferc.cli.sides import first_problem, snapshot_of
from inferc.cli.terminal import say, to_json, wants_color
from inferc.comparison import Changes, Lock, drift, lock_of
from inferc.comparison.lock import lock_name
from inferc.dsl import Diagnostic
from inferc.files.diagnostics import lock_missing, not_a_plan
from inferc.files.manifest import digest
from inferc.files.reader import STDIN, read_source
from inferc.outputs import input_digests


class Drift(NamedTuple):
    """What became of locked decisions."""

    changes: Changes
    causes: tuple[str, ...]


def lock_of_plan(planned: api.Planned, env: str) -> Lock:
    """Return the lock of what was just planned."""
    catalog = {path: digest(text.encode()) for path, text in planned.catalog.items()}
    return lock_of(
        snapshot_of(planned),
        inferc=__version__,
        inputs=input_digests(planned.inputs),
        catalog=catalog,
        env=env,
    )


def read_lock(file: str, env: str) -> Lock | Diagnostic:
    """Return the lock beside ``file``, or why there is none."""
    path = lock_name(file, env)
    if not Path(path).exists():
        return lock_missing(path=path, file=f"{file} --env {env}" if env else file)
    source = read_source(path)
    if isinstance(source, Diagnostic):
        return source
    try:
        return Lock.model_validate_json(source.text)
    except ValueError as error:
        return not_a_plan(path=path, reason=first_problem(error))


def held_to_lock(planned: api.Planned, file: str, env: str) -> Drift | Diagnostic:
    """Return what is not as the lock of ``file`` has it."""
    lock = read_lock(file, env)
    if isinstance(lock, Diagnostic):
        return lock
    changes, causes = drift(lock, lock_of_plan(planned, env))
    return Drift(changes, causes)


def drift_lines(drifted: Drift, *, color: bool) -> str:
    """Return each decision that changed, and what it may come from."""
    from inferc.comparison.text import changes_as_text
    from inferc.report.layout import Paint

    paint = Paint(on=color)
    causes = drifted.causes or ("nothing that a lock records",)
    return "\n".join(
        (
            paint("the plan is not the locked one", "bold"),
            "",
            changes_as_text(drifted.changes, paint),
            "",
            paint("what it was made from, and has changed", "bold"),
            *(f"  {cause}" for cause in causes),
        )
    )


def end_unless_locked(planned: api.Planned, file: str, env: str, *, form: str, color: str) -> int:
    """Return the exit code: 0 where every decision is the locked one, else what is not is printed.

    Raises:
        UsageError: The design is standard input.
    """
    if file == STDIN:
        raise UsageError("a lock lies beside its file, and standard input has no place", "FILE")
    drifted = held_to_lock(planned, file, env)
    if isinstance(drifted, Diagnostic):
        show([drifted], form=form, color=color)
        return exit_code([drifted])
    if not drifted.changes.decided:
        return OK
    if form == "json":
        from inferc.comparison.as_json import to_data

        say(to_json(to_data(drifted.changes, drifted.causes)))
    elif form not in REPORTS:
        say(drift_lines(drifted, color=wants_color(color, sys.stdout)))
    return DIFFERENCES
