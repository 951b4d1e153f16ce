"""``inferc pareto``."""

import sys
from functools import partial
from typing import Annotated, Final

from inferc import api
from inferc.cli.answers import refuse
from inferc.cli.arguments import Option
from inferc.cli.charts import check_picture, write_picture
from inferc.cli.options import Color, Env, File, Format, Params, read_params
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say, to_json, wants_color

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
    check_picture(picture)
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
    return write_picture(
        picture, partial(api.front_chart, fronted.fronts), form=format, color=color
    )
