"""GitHub's workflow commands: a line each, which a job turns into a mark beside the changed line.

Source: GitHub, Workflow commands for GitHub Actions,
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterator, Sequence
from typing import Final

from inferc.dsl import Diagnostic, Severity

COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
TEXT: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def to_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a command for each diagnostic; nothing where there is none."""
    return "".join(f"{_command(item)}\n" for item in diagnostics)


def _command(item: Diagnostic) -> str:
    words = "\n".join((item.message, *item.notes, *([f"help: {item.help}"] if item.help else [])))
    properties = ",".join(f"{name}={value.translate(PROPERTY)}" for name, value in _places(item))
    return f"::{COMMANDS[item.severity]} {properties}::{words.translate(TEXT)}"


def _places(item: Diagnostic) -> Iterator[tuple[str, str]]:
    if item.span is not None:
        line, column = item.span.source.position(item.span.start)
        end_line, end_column = item.span.source.position(item.span.end)
        yield "file", item.span.source.path
        yield "line", str(line)
        yield "endLine", str(end_line)
        if line == end_line:  # columns of a span over several lines are ignored with a warning
            yield "col", str(column)
            yield "endColumn", str(end_column)
    yield "title", f"{item.code} {item.slug}"
