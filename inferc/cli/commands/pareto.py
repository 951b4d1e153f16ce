"""``inferc pareto``."""

import sys
from pathlib import Path
from typing import Annotated, Final

from inferc import api
from inferc.cli.answers import refuse
from inferc.cli.arguments import Option, UsageError
from inferc.cli.exit_codes import OK
from inferc.cli.options import Color, Env, File, Format, Params, read_params
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import complain, say, to_json, wants_color
from inferc.files.create import replace_file

EPILOG: Final = """
Examples:
  inferc pareto topology.infer
  inferc pareto topology.infer --service chat --picture front.svg
  inferc pareto topology.infer --format json | jq .services[].points

Exit codes:
  0  printed
  1  the file is wrong
  2  a file that cannot be read or written, a bad flag
  3  infeasible: nothing holds, standard output has the JSON object that says why

Next steps:
  inferc explain topology.infer chat.tensor_parallel    why the plan is not another of them
"""

FORMS: Final = (".svg", ".png")
"""Endings of a picture's name."""


def pareto(
    file: File,
    *,
    service: Annotated[str, Option(("--service",), "Only this one.", metavar="NAME")] = "",
    picture: Annotated[
        str, Option(("--picture",), "Write the fronts: .svg or .png.", metavar="FILE")
    ] = "",
    env: Env = "",
    param: Params = None,
    format: Format = "human",
    color: Color = "auto",
) -> int:
    """Print what more money would buy: cost against latency against accelerators.

    Of all configurations that hold the SLA, those that no other beats in all three. Each service
    is looked at as if it had its place to itself.
    """
    if picture and not picture.endswith(FORMS):
        raise UsageError(f"{picture!r} does not end in {' or '.join(FORMS)}", "--picture")
    fronted = api.fronts(file, service=service, env=env, params=read_params(param))
    show(fronted.diagnostics, form=format, color=color)
    if fronted.planned.refused:
        return refuse(fronted.planned, form=format)
    if not fronted.ok:
        return exit_code(fronted.diagnostics)
    from inferc.report.front import render_fronts, to_data

    if format == "json":
        say(to_json(to_data(fronted.fronts)))
    else:
        say(render_fronts(fronted.fronts, color=wants_color(color, sys.stdout)).rstrip("\n"))
    return _draw(fronted, picture, form=format, color=color) if picture else OK


def _draw(fronted: api.Fronted, picture: str, *, form: str, color: str) -> int:
    """Write the picture, and say so; return the exit code."""
    content = api.front_chart(fronted.fronts, Path(picture).suffix[1:])
    problem = replace_file(Path(picture), content)
    if problem:
        show([problem], form=form, color=color)
        return exit_code([problem])
    complain(f"wrote {picture}")
    return OK
