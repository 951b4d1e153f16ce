"""``inferc cost``."""

import sys
from typing import Final

from inferc import api
from inferc.cli.answers import refuse
from inferc.cli.exit_codes import OK
from inferc.cli.options import Color, Env, File, Format, Params, read_params
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say, to_json, wants_color
from inferc.versions import FORMAT_VERSION

EPILOG: Final = """
Examples:
  inferc cost topology.infer
  inferc cost topology.infer --env prod
  inferc cost topology.infer --format json | jq .usd_per_month

Exit codes:
  0  printed
  1  the file is wrong
  2  a file that cannot be read or written, a bad flag
  3  infeasible: nothing holds, standard output has the JSON object that says why

Next steps:
  inferc plan topology.infer      what is paid for
  inferc explain INF413           how to state a price
"""


def cost(
    file: File,
    *,
    env: Env = "",
    param: Params = None,
    format: Format = "human",
    color: Color = "auto",
) -> int:
    """Say what the plan costs, what that is made of, and what others ask for the same.

    At the load as it varies over a week: in a month, an hour, for a thousand requests, for a
    million tokens. Beside it what the same traffic costs by the token, by the second and in other
    markets, and from which load on the plan is cheaper.
    """
    planned = api.plan(file, env=env, params=read_params(param))
    show(planned.diagnostics, form=format, color=color)
    if not planned.ok:
        return exit_code(planned.diagnostics)
    if planned.refused:
        return refuse(planned, form=format)
    if format == "json":
        from inferc.report.cost_json import to_data

        found = [to_data(plan) for plan in planned.plans]
        several = {"format_version": FORMAT_VERSION, "topologies": found}
        say(to_json(found[0] if len(found) == 1 else several))
        return OK
    from inferc.report.cost_text import render_cost

    painted = wants_color(color, sys.stdout)
    texts = (
        render_cost(plan, design, color=painted)
        for plan, design in zip(planned.plans, planned.designs, strict=True)
    )
    say("\n".join(texts).rstrip("\n"))
    return OK
