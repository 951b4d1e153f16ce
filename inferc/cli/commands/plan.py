"""``inferc plan``."""

from pathlib import Path
from typing import Annotated, Final

from inferc import api
from inferc.cli.answers import deny_reasons, plans_as_json, plans_as_text, read_deny, refuse
from inferc.cli.arguments import Option
from inferc.cli.exit_codes import DENIED, OK
from inferc.cli.options import Color, Deny, Env, File, Format, Params, read_params
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import complain, say
from inferc.files.create import replace_file

EPILOG: Final = """
Examples:
  inferc plan topology.infer
  inferc plan topology.infer --env prod -p region=eu-west-1
  inferc plan topology.infer --format json -o plan.json
  inferc plan topology.infer --deny assumption:low      fail on guesses, for a CI job

Exit codes:
  0  feasible, or conditional: it holds for some of the numbers that nobody stated
  1  the file is wrong
  2  a file that cannot be read or written, a bad flag
  3  infeasible: standard output has one JSON object with every violated bound
  4  the plan rests on an assumption that --deny forbids

Next steps:
  inferc explain topology.infer chat.tensor_parallel    why that value
  inferc compile topology.infer                         write what is deployed
"""


def plan(
    file: File,
    *,
    env: Env = "",
    param: Params = None,
    deny: Deny = None,
    output: Annotated[str, Option(("-o", "--output"), "Write there.", metavar="FILE")] = "",
    format: Format = "human",
    color: Color = "auto",
) -> int:
    """Say whether the SLA can be met, what was decided and what that rests on.

    The verdict is feasible, conditional or infeasible. A conditional plan holds for some of the
    numbers that nobody stated: each that decides is listed with the value at which it flips.
    """
    level = read_deny(deny)
    planned = api.plan(file, env=env, params=read_params(param))
    show(planned.diagnostics, form=format, color=color)
    if not planned.ok:
        return exit_code(planned.diagnostics)
    if planned.refused:
        return refuse(planned, form=format)
    if format == "json":
        text = plans_as_json(planned) + "\n"
    else:
        text = plans_as_text(planned, file, color="never" if output else color)
    if output:
        problem = replace_file(Path(output), text.encode())
        if problem:
            show([problem], form=format, color=color)
            return exit_code([problem])
    else:
        say(text)
    reasons = list(deny_reasons(planned.plans, level))
    for reason in reasons:
        complain(reason)
    return DENIED if reasons else OK
