"""What may be wrong with a trace of requests."""

from collections.abc import Sequence

from inferc.dsl.diagnostics import Diagnostic

FORMATS = (
    "a CSV file with a header: TIMESTAMP,ContextTokens,GeneratedTokens or at_s,prompt,output",
    'JSON lines: {"timestamp": 27, "input_length": 6758, "output_length": 500}',
)
"""Examples of what is read."""


def trace_line(
    *, path: str, line: int, field: str, found: str, expected: str, further: int
) -> Diagnostic:
    """INF741: a line of a trace is not a request."""
    also: tuple[str, ...] = ()
    if further:
        lines = "1 further line is" if further == 1 else f"{further:,} further lines are"
        also = (f"{lines} wrong as well",)
    what = f"{field} is {found}" if field else f"the line is {found}"
    return Diagnostic(
        code="INF741",
        slug="trace-line",
        message=f"line {line:,} of `{path}`: {what}",
        span=None,
        notes=(f"expected {expected}", *also),
        help="mend or remove the line: requests cannot be left out of a replay unseen",
    )


def trace_columns(*, path: str, found: Sequence[str], missing: Sequence[str]) -> Diagnostic:
    """INF742: a trace does not say what its numbers are."""
    return Diagnostic(
        code="INF742",
        slug="trace-columns",
        message=f"`{path}` has no column for {' and '.join(missing)}",
        span=None,
        notes=(f"it begins with {', '.join(found) or 'an empty line'}", *_formats()),
        help="name the columns in the first line",
    )


def trace_empty(*, path: str, skipped: int) -> Diagnostic:
    """INF743: a trace has no requests."""
    failed = f"lines with no tokens, which are left out: {skipped:,}"
    return Diagnostic(
        code="INF743",
        slug="trace-empty",
        message=f"`{path}` has no requests",
        span=None,
        notes=(failed,) if skipped else (),
        help="name a trace with at least one request",
    )


def trace_times(*, path: str, requests: int) -> Diagnostic:
    """INF744: all requests of a trace come at one moment."""
    return Diagnostic(
        code="INF744",
        slug="trace-times",
        message=f"`{path}` has no rate: all its requests come at one moment",
        span=None,
        notes=(f"requests: {requests:,}",),
        help="name a trace with times, or leave the times out: then only its lengths are used",
    )


def _formats() -> tuple[str, ...]:
    return tuple(f"expected {text}" for text in FORMATS)
