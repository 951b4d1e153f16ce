"""Holding a plan to the lock beside its file."""

import sys
from typing import NamedTuple

from inferc import __version__, api
from inferc.cli.arguments import UsageError
from inferc.cli.exit_codes import DIFFERENCES, OK
from inferc.cli.options import Overlay
from inferc.cli.show import REPORTS, exit_code, show
from inferc.cli.sides import first_problem, snapshot_of
from inferc.cli.terminal import complain, say, to_json, wants_color
from inferc.comparison import Changes, Lock, drift, read_json
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


def lock_of_plan(planned: api.Planned, overlay: Overlay) -> Lock:
    """Return the lock of what was just planned."""
    return Lock(
        inferc=__version__,
        env=overlay.env,
        params=overlay.params,
        inputs=input_digests(planned.inputs),
        catalog={path: digest(text.encode()) for path, text in planned.catalog.items()},
        plan=snapshot_of(planned),
    )


def read_lock(file: str, env: str) -> Lock | Diagnostic:
    """Return the lock beside ``file``, or why there is none."""
    path, words = lock_name(file, env), f"{file} --env {env}" if env else file
    source = read_source(path)
    if isinstance(source, Diagnostic):
        missing = source.code == "INF720"
        return lock_missing(path=path, file=words) if missing else source
    try:
        return Lock.model_validate(read_json(source.text))
    except (ValueError, RecursionError) as error:
        return not_a_plan(path=path, reason=first_problem(error), write=f"inferc lock {words}")


def held_to_lock(planned: api.Planned, file: str, overlay: Overlay) -> Drift | Diagnostic:
    """Return what is not as the lock of ``file`` has it."""
    lock = read_lock(file, overlay.env)
    if isinstance(lock, Diagnostic):
        return lock
    changes, causes = drift(lock, lock_of_plan(planned, overlay))
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


def end_unless_locked(
    planned: api.Planned, file: str, overlay: Overlay, *, form: str, color: str
) -> int:
    """Return the exit code: 0 where every decision is the locked one, else what is not is printed.

    What planning had to say goes before it: where nothing is printed here, others still say it.

    Raises:
        UsageError: The design is standard input.
    """
    if file == STDIN:
        raise UsageError("a lock lies beside its file, and standard input has no place", "FILE")
    drifted = held_to_lock(planned, file, overlay)
    if isinstance(drifted, Diagnostic):
        show((*planned.diagnostics, drifted), form=form, color=color, files=[file])
        return exit_code([drifted])
    if not drifted.changes.decided:
        return OK
    show(planned.diagnostics, form=form, color=color, files=[file], plans=planned.plans)
    if form == "json":
        from inferc.comparison.as_json import to_data

        say(to_json(to_data(drifted.changes, drifted.causes)))
    elif form in REPORTS:  # standard output has the report, whole
        complain(drift_lines(drifted, color=wants_color(color, sys.stderr)))
    else:
        say(drift_lines(drifted, color=wants_color(color, sys.stdout)))
    return DIFFERENCES
