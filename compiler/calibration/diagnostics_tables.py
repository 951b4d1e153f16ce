"""What may be wrong with a table of measurements."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic, Severity, Span

_SHOWN = 5
"""How many further rows a note names."""


def missing_column(span: Span, *, column: str, close: Sequence[str], known: str) -> Diagnostic:
    """INF760: the table lacks a column without which no row means anything."""
    near = " or ".join(f"`{name}`" for name in close)
    return Diagnostic(
        code="INF760",
        slug="missing-column",
        message=f"the table has no column `{column}`",
        span=span,
        label="the columns",
        notes=(f"a table of measurements needs {known}",),
        help=f"rename {near} to `{column}`" if near else f"add a column `{column}`",
    )


def not_a_number(
    span: Span, *, column: str, value: str, row: int, also: Sequence[int]
) -> Diagnostic:
    """INF761: a cell of a column of numbers holds something else."""
    return Diagnostic(
        code="INF761",
        slug="not-a-number",
        message=f"row {row}: `{value}` in column `{column}` is not a number that can stand there",
        span=span,
        label="here",
        notes=_further(also),
        help="write a plain number such as `1024` or `0.5`, or leave the cell blank",
    )


def unknown_load(
    span: Span, *, value: str, row: int, close: Sequence[str], known: Sequence[str]
) -> Diagnostic:
    """INF762: nobody knows how the requests of a row were sent."""
    near = " or ".join(f"`{name}`" for name in close)
    return Diagnostic(
        code="INF762",
        slug="unknown-load",
        message=f"row {row}: there is no load `{value}`",
        span=span,
        label="here",
        notes=("there are " + ", ".join(f"`{name}`" for name in known),),
        help=f"did you mean {near}?" if near else "write one of those",
    )


def repeated_id(span: Span, *, value: str, row: int, first: int) -> Diagnostic:
    """INF763: two rows have one id, so that nothing can be said about either."""
    return Diagnostic(
        code="INF763",
        slug="repeated-id",
        message=f"row {row}: the id `{value}` stands in row {first} already",
        span=span,
        label="again",
        help="give each row an id of its own",
    )


def no_rows(span: Span, *, name: str) -> Diagnostic:
    """INF764: the table has no rows to read."""
    return Diagnostic(
        code="INF764",
        slug="no-rows",
        message=f"`{name}` has no rows",
        span=span,
        help="give a CSV file with a line of column names and one line for each measurement",
    )


def unreadable_csv(span: Span, *, reason: str, row: int) -> Diagnostic:
    """INF765: the text is not CSV from some row on."""
    return Diagnostic(
        code="INF765",
        slug="unreadable-csv",
        message=f"row {row}: the text cannot be read as CSV: {reason}",
        span=span,
        help="write the table as CSV: commas between cells, quotes around cells with commas",
    )


def row_of_other_length(
    span: Span, *, row: int, cells: int, columns: int, also: Sequence[int]
) -> Diagnostic:
    """INF766: a row has more cells than the table has columns."""
    return Diagnostic(
        code="INF766",
        slug="row-of-other-length",
        message=f"row {row} has {cells} cells, and the table has {columns} columns",
        span=span,
        severity=Severity.ERROR,
        notes=_further(also),
        help="put cells that contain a comma in double quotes",
    )


def _further(rows: Sequence[int]) -> tuple[str, ...]:
    if not rows:
        return ()
    named = ", ".join(str(row) for row in rows[:_SHOWN])
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return (f"the same in row {named}{more}",)
