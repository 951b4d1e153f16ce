"""``inferc accuracy``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from inferc.cli import measurements as options
from inferc.cli.arguments import Option, UsageError
from inferc.cli.exit_codes import OK
from inferc.cli.measurements import Server, read_rows
from inferc.cli.options import Color, Format
from inferc.cli.progress import progress_bar
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say, to_json, wants_color

if TYPE_CHECKING:
    from inferc.accuracy import Assessed

EPILOG: Final = """
Examples:
  inferc accuracy measurements.csv
  inferc accuracy measurements.csv --by gpu,engine,model       the worst slices first
  inferc accuracy measurements.csv --leave-out family          refit without each, predict it
  inferc accuracy measurements.csv --predictions predicted.csv
  inferc accuracy vllm-result.json --gpu h100_sxm --tp 4 --format json

Exit codes:
  0  scored
  1  a row of a table cannot be read; the others are scored
  2  a file that cannot be read or written, a bad flag
"""

GROUPS: Final = ("gpu", "engine", "model", "load", "source", "weights", "stat")
"""What rows can be grouped by."""

By = Annotated[str, Option(("--by",), f"Group by any of {', '.join(GROUPS)}.", metavar="NAMES")]
LeaveOut = Annotated[
    Literal["none", "model", "family", "cell", "gpu", "engine"],
    Option(("--leave-out",), "Refit without each, and predict it."),
]
Fit = Annotated[
    str, Option(("--calibration",), "Use this fit instead of the shipped one.", metavar="FILE")
]
Predictions = Annotated[
    str, Option(("--predictions",), "Write a row for every id there.", metavar="FILE")
]


def accuracy(
    data: options.Data,
    *,
    by: By = "",
    leave_out: LeaveOut = "none",
    details: options.Details = "",
    calibration: Fit = "",
    predictions: Predictions = "",
    model: options.Model = "",
    gpu: options.Gpu = "",
    engine: options.Engine = "",
    engine_args: options.EngineArgs = "",
    precision: options.Precision = "",
    tp: options.Tensor = 0,
    isl: options.Isl = 0,
    osl: options.Osl = 0,
    concurrency: options.Concurrency = 0,
    rate: options.Rate = "",
    format: Format = "human",
    color: Color = "auto",
) -> int:
    """Score the performance model against measurements.

    Each row is predicted from what was known before it ran: model, hardware, engine, flags, load.
    Errors are absolute percentages; bias is how far the middle prediction is above what was
    measured. No measured column is read for a prediction, unless --leave-out refits on other rows.
    """
    if calibration and leave_out != "none":
        raise UsageError(
            "with --leave-out every row is predicted by a fit of its own", "--calibration"
        )
    groups = read_groups(by)
    server = Server(model, gpu, engine, engine_args, precision, tp, isl, osl, concurrency, rate)
    rows = read_rows(data, details, server, calibration, form=format, color=color)
    if not rows.usable:
        return rows.code
    from inferc.accuracy import assess

    left_out = "" if leave_out == "none" else leave_out
    with progress_bar("predicting") as progress:
        assessed = assess(
            rows.measurements,
            leave_out=left_out,
            calibration=rows.calibration,
            progress=progress,
        )
    title = ", ".join(Path(item).name for item in data)
    code = write_predictions(assessed, predictions, form=format, color=color)
    answer(assessed, groups, title, form=format, color=color)
    return code or rows.code


def read_groups(by: str) -> tuple[str, ...]:
    """Return what the rows are grouped by.

    Raises:
        UsageError: There is no such property.
    """
    names = tuple(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    for name in names:
        if name not in GROUPS:
            raise UsageError(f"{name!r} is none of {', '.join(GROUPS)}", "--by")
    return names


def write_predictions(assessed: "Assessed", path: str, *, form: str, color: str) -> int:
    """Write a row for every id to ``path`` if one is given; return the exit code."""
    if not path:
        return OK
    from inferc.files.create import replace_file
    from inferc.report.accuracy_json import predictions_as_csv

    problem = replace_file(Path(path), predictions_as_csv(assessed.predictions).encode())
    if problem is None:
        return OK
    show([problem], form=form, color=color)
    return exit_code([problem])


def answer(
    assessed: "Assessed", groups: tuple[str, ...], title: str, *, form: str, color: str
) -> None:
    """Print the score, and the scores of the groups."""
    slices = {name: assessed.slices(name) for name in groups}
    if form == "json":
        from inferc.report.accuracy_json import slices_to_data, to_data

        found = to_data(assessed.score)
        say(to_json({**found, "by": slices_to_data(slices)} if slices else found))
        return
    from inferc.report.accuracy_text import render_score

    painted = wants_color(color, sys.stdout)
    peer = assessed.beside_peer
    say(render_score(assessed.score, slices, peer=peer, title=title, color=painted))
