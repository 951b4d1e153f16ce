"""Diagnostics on standard error, and the exit code they stand for."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from inferc.cli.exit_codes import OK, USAGE, WRONG_FILE
from inferc.cli.terminal import complain, say, wants_color
from inferc.dsl import Diagnostic, Severity

if TYPE_CHECKING:
    from inferc.compiler.plan import Plan

COMMAND_CODES: Final = frozenset(
    {"INF126", "INF127", "INF128"}  # -p and --env that the file does not know
    | {"INF420", "INF421", "INF422", "INF423", "INF426"}  # what flags ask for
    | {"INF741", "INF742", "INF743", "INF744", "INF745"}  # what is simulated
    | {"INF720", "INF721", "INF723", "INF724", "INF740"}  # files that cannot be read
    | {"INF730", "INF731", "INF732", "INF733", "INF734", "INF735"}  # folders that cannot be written
    | {"INF746", "INF747", "INF748", "INF749"}  # what is compared, or verified
)
"""What the command line is to blame for, where no place in a file is."""


REPORTS: Final = frozenset({"sarif", "github", "junit"})
"""Forms of diagnostics that are the result of a command, for the tools of a CI job."""


def show(
    diagnostics: Sequence[Diagnostic],
    *,
    form: str,
    color: str,
    files: Sequence[str] = (),
    asked: Sequence[str] = (),
    plans: "Sequence[Plan]" = (),
) -> None:
    """Print ``diagnostics`` to standard error: for people, or as one JSON object.

    The forms in :data:`REPORTS` are what a command was asked for, and go to standard output;
    ``files`` are those that were looked at, ``asked`` what was asked for where that is something
    else, and ``plans`` what was planned for them.
    """
    if form in REPORTS:
        text = report(diagnostics, form, files=files, asked=asked, plans=plans)
        if text:
            say(text)
        return
    if form == "json":
        from inferc.dsl import to_json

        complain(to_json(diagnostics))
    elif diagnostics:
        from inferc.dsl import render_diagnostics

        complain(render_diagnostics(diagnostics, color=wants_color(color, sys.stderr)))


def report(
    diagnostics: Sequence[Diagnostic],
    form: str,
    *,
    files: Sequence[str] = (),
    asked: Sequence[str] = (),
    plans: "Sequence[Plan]" = (),
) -> str:
    """Return ``diagnostics`` in one of :data:`REPORTS`."""
    from inferc.report.machine import render
    from inferc.report.machine.junit import cases_of

    cases = cases_of(plans) if form == "junit" else ()
    placeless = any(item.span is None and item.severity is Severity.ERROR for item in diagnostics)
    read = () if placeless and len(files) == 1 else files  # a test that passed it is not
    return render(diagnostics, form, files=read, asked=asked or files, cases=cases)


def exit_code(diagnostics: Iterable[Diagnostic]) -> int:
    """Return 0 without errors, 2 where the command named a wrong file, else 1."""
    errors = [item for item in diagnostics if item.severity is Severity.ERROR]
    if not errors:
        return OK
    return USAGE if any(is_of_command(item) for item in errors) else WRONG_FILE


def is_of_command(diagnostic: Diagnostic) -> bool:
    """Return whether the command line is to blame, not the design."""
    if diagnostic.span is None:
        return diagnostic.code in COMMAND_CODES
    return diagnostic.span.source.path == "-p"  # the text of a parameter


def count(diagnostics: Iterable[Diagnostic]) -> str:
    """Return how many errors and warnings there are, in words."""
    items = list(diagnostics)
    errors = sum(item.severity is Severity.ERROR for item in items)
    warnings = sum(item.severity is Severity.WARNING for item in items)
    parts = [_plural(errors, "error")] if errors or not warnings else []
    return ", ".join([*parts, *([_plural(warnings, "warning")] if warnings else [])])


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
