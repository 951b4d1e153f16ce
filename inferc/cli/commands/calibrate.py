"""``inferc calibrate``."""

from pathlib import Path
from typing import Annotated, Final

from inferc.cli import measurements as options
from inferc.cli.arguments import Option, UsageError
from inferc.cli.exit_codes import OK
from inferc.cli.measurements import Server, read_rows
from inferc.cli.options import Color, Format
from inferc.cli.progress import progress_bar
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import complain, say, to_json
from inferc.files.create import replace_file

EPILOG: Final = """
Examples:
  inferc calibrate measurements.csv -o ours.infer
  inferc calibrate results/*.json --gpu h100_sxm --engine vllm --tp 4 -o ours.infer
  inferc accuracy measurements.csv --calibration ours.infer    how good it is

Exit codes:
  0  the fit is written
  1  a row of a table cannot be read; the others are fitted to
  2  a file that cannot be read or written, a bad flag

Next steps:
  inferc accuracy measurements.csv --leave-out model           does it travel
"""

Output = Annotated[str, Option(("-o", "--output"), "Write the fit there.", metavar="FILE")]


def calibrate(
    data: options.Data,
    *,
    output: Output = "",
    details: options.Details = "",
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
    """Fit the performance model to measurements of your own.

    The result is an .infer file with the coefficients, the rows that they rest on and what error
    is left. A design names it to plan with it.
    """
    if not output:
        raise UsageError("say where the fit goes, as in -o ours.infer", "-o")
    server = Server(model, gpu, engine, engine_args, precision, tp, isl, osl, concurrency, rate)
    rows = read_rows(data, details, server, form=format, color=color)
    if not rows.usable:
        return rows.code
    from inferc.accuracy import fitted

    with progress_bar("fitting") as progress:
        text = fitted(rows.measurements, name=Path(output).stem, progress=progress)
    problem = replace_file(Path(output), text.encode(), design=True)
    if problem:
        show([problem], form=format, color=color)
        return exit_code([problem])
    count = len(rows.measurements)
    if format == "json":
        say(to_json({"rows": count, "output": output}))
    else:
        complain(f"fitted to {count:,} rows, written to {output}")
    return rows.code or OK
