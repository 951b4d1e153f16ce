"""``inferc design``."""

from pathlib import Path
from typing import Annotated, Final, Literal

from inferc import api
from inferc.cli.answers import refuse
from inferc.cli.arguments import Option, UsageError
from inferc.cli.exit_codes import OK, USAGE
from inferc.cli.options import Color
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import complain, say, say_bytes, to_json

DOCUMENT: Final = "design-doc"
"""The target that writes a design for people."""

FILE: Final = "design.infer"
"""What the file is called in messages where it is written nowhere."""

EPILOG: Final = """
Examples:
  inferc design --model "Llama-3 70B, FP16" --workload "1000 requests per minute, 500ms TTFT" \\
    --hardware "8x A100 80GB"
  inferc design --model "Mixtral 8x22B" --workload "batch, maximum throughput" \\
    --hardware "A100 PCIe nodes" -o topology.infer
  inferc design --model "a 13B model" --workload "5 requests per second" --hardware "2x L40S" \\
    --format infer

Exit codes:
  0  feasible, or conditional: it holds for some of the numbers that nobody stated
  1  no model or no hardware was understood
  2  a bad flag, a file that exists already or cannot be written
  3  infeasible: standard output has one JSON object with every violated bound

Next steps:
  inferc plan topology.infer            the same plan, from the file
  inferc explain INF186                 what a code means
"""


def design(
    *,
    model: Annotated[
        str, Option(("--model",), "The model, its format, its context.", metavar="TEXT")
    ] = "",
    workload: Annotated[
        str, Option(("--workload",), "Traffic, lengths, what must hold.", metavar="TEXT")
    ] = "",
    hardware: Annotated[
        str, Option(("--hardware",), "Accelerators, nodes, networks.", metavar="TEXT")
    ] = "",
    output: Annotated[
        str, Option(("-o", "--output"), "Write the file there; it must be new.", metavar="FILE")
    ] = "",
    format: Annotated[
        Literal["human", "json", "infer"],
        Option(("--format",), "Of the result; infer: only the file, not planned."),
    ] = "human",
    color: Color = "auto",
) -> int:
    """Read descriptions in plain words into a file, plan it, and print the design.

    Each line of the file says the words that it comes from. What is not understood and what
    contradicts itself is said on standard error; the order of the sentences does not matter.
    """
    if not (model + workload + hardware).strip():
        raise UsageError("nothing is described", "--model, --workload, --hardware")
    if format == "infer":
        return _file(model, workload, hardware, output, color=color)
    designed = api.design(model, workload, hardware, path=output or FILE)
    show(designed.diagnostics, form=format, color=color)
    if not designed.words.text:
        return exit_code(designed.words.diagnostics)
    if output and (problem := _written(output, designed.words.text)):
        return problem
    if not designed.planned.ok:
        return exit_code(designed.planned.diagnostics)
    if designed.planned.refused:
        return refuse(designed.planned, form=format)
    return _answer(designed, form=format, color=color)


def _file(model: str, workload: str, hardware: str, output: str, *, color: str) -> int:
    """Print or write the file, without a plan."""
    from inferc.compiler.words import build

    words = build(model, workload, hardware)
    show(words.diagnostics, form="human", color=color)
    if not words.text:
        return exit_code(words.diagnostics)
    if output:
        return _written(output, words.text)
    say(words.text)
    return OK


def _written(output: str, text: str) -> int:
    from inferc.files.create import create_file

    problem = create_file(Path(output), text.encode())
    if problem:
        complain(problem)
        return USAGE
    return OK


def _answer(designed: api.Designed, *, form: str, color: str) -> int:
    """Print the design: for people as the document, for programs with the plan."""
    if form == "json":
        from inferc.report.design_json import to_data

        say(to_json(to_data(designed)))
        return OK
    compiled = api.emit(designed.planned, order=api.Order(targets=(DOCUMENT,)))
    if not compiled.outputs:
        show(compiled.diagnostics, form=form, color=color)
        return exit_code(compiled.diagnostics)
    for output in compiled.outputs:
        for artifact in output.artifacts:
            say_bytes(artifact.content)
    return OK
