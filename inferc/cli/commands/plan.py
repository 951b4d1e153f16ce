"""``inferc plan``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from inferc import api
from inferc.cli.answers import (
    denied,
    not_locked,
    plans_as_json,
    plans_as_text,
    read_deny,
    refuse,
)
from inferc.cli.arguments import Option, UsageError
from inferc.cli.exit_codes import DENIED, INFEASIBLE, OK
from inferc.cli.options import (
    Color,
    Deny,
    Env,
    File,
    Locked,
    Overlay,
    Params,
    Report,
    read_params,
)
from inferc.cli.show import REPORTS, exit_code, report, show
from inferc.cli.terminal import say
from inferc.dsl import Diagnostic, has_errors
from inferc.files.create import replace_file

EPILOG: Final = """
Examples:
  inferc plan topology.infer
  inferc plan topology.infer --env prod -p region=eu-west-1
  inferc plan topology.infer --service chat             of many services, all about one
  inferc plan topology.infer --format json -o plan.json
  inferc plan topology.infer --verify                   play the traffic on what was chosen
  inferc plan topology.infer --verify --trace log.csv   and what was recorded
  inferc plan topology.infer --locked                   end with 10 if a decision has changed
  inferc plan topology.infer --format junit > plan.xml  for a CI system
  inferc plan topology.infer --deny assumption:low      fail on guesses, for a CI job

Exit codes:
  0  feasible, or conditional: it holds for some of the numbers that nobody stated
  1  the file is wrong
  2  a file that cannot be read or written, a bad flag
  3  infeasible: standard output has one JSON object with every violated bound
  4  the plan rests on an assumption that --deny forbids
  10 --locked: a decision is not that of the lock; each is listed with its cause and cost

Next steps:
  inferc explain topology.infer chat.tensor_parallel    why that value
  inferc compile topology.infer                         write what is deployed
"""

Verify: TypeAlias = Annotated[
    bool, Option(("--verify",), "Simulate the plan: its peak, a loss, a spike.")
]
TraceFile: TypeAlias = Annotated[
    str, Option(("--trace",), "With --verify: recorded requests too.", metavar="FILE")
]
Seeds: TypeAlias = Annotated[
    int, Option(("--seeds",), "With --verify: how many runs of each scene.", metavar="K")
]
Requests: TypeAlias = Annotated[
    int, Option(("--requests",), "With --verify: of one run, at most.", metavar="N")
]
Service: TypeAlias = Annotated[
    str, Option(("--service",), "Print what is planned for this one.", metavar="NAME")
]


def plan(
    file: File,
    *,
    env: Env = "",
    param: Params = None,
    deny: Deny = None,
    verify: Verify = False,
    trace: TraceFile = "",
    seeds: Seeds = 0,
    requests: Requests = 0,
    service: Service = "",
    output: Annotated[str, Option(("-o", "--output"), "Write there.", metavar="FILE")] = "",
    locked: Locked = False,
    format: Report = "human",
    color: Color = "auto",
) -> int:
    """Say whether the SLA can be met, what was decided and what that rests on.

    The verdict is feasible, conditional or infeasible. A conditional plan holds for some of the
    numbers that nobody stated: each that decides is listed with the value at which it flips. With
    --verify the traffic is then played on the plan, request by request, and a plan that does not
    stand its peak gives way to the next best one.
    """
    level, overlay = read_deny(deny), Overlay(env, read_params(param))
    planned = _planned(
        file, overlay, verify=verify, check=_check(trace, seeds, requests, asked=verify)
    )
    if locked and (code := not_locked(planned, file, overlay, form=format, color=color)):
        return code
    found = (*planned.diagnostics, *_unknown(planned, service))
    if output and format in REPORTS:
        text = report(found, format, files=[file], plans=planned.plans)
        problem = replace_file(Path(output), text.encode())
        if problem:
            show([problem], form="human", color=color)
            return exit_code([problem])
    else:
        show(found, form=format, color=color, files=[file], plans=planned.plans)
    if has_errors(found) and not planned.refused:
        return exit_code(found)
    if planned.refused:
        return INFEASIBLE if format in REPORTS else refuse(planned, form=format)
    return _print(planned, file, output, service, form=format, color=color) or (
        DENIED if denied(planned.plans, level) else OK
    )


def _print(
    planned: api.Planned, file: str, output: str, service: str, *, form: str, color: str
) -> int:
    """Print the plans, or write them where ``output`` says; return the exit code."""
    if form in REPORTS:
        return OK
    if form == "json":
        text = plans_as_json(planned) + "\n"
    else:
        text = plans_as_text(planned, file, color="never" if output else color, service=service)
    if not output:
        say(text)
        return OK
    problem = replace_file(Path(output), text.encode())
    if problem:
        show([problem], form=form, color=color)
        return exit_code([problem])
    return OK


def _unknown(planned: api.Planned, service: str) -> Sequence[Diagnostic]:
    """Return that there is no service of that name, or nothing."""
    if not service or not planned.ok or planned.refused:
        return ()
    if any(item.service.name == service for plan in planned.plans for item in plan.networks):
        return ()
    from inferc.compiler.trial import chosen

    return chosen(planned.plans, service)[1]


def _check(trace: str, seeds: int, requests: int, *, asked: bool) -> api.Check:
    """Return how to verify.

    Raises:
        UsageError: An option is out of range, or means nothing without --verify.
    """
    for flag, value in (("--seeds", seeds), ("--requests", requests)):
        if value < 0:
            raise UsageError(f"{value} is not a number of at least 1", flag)
    for flag, given in (("--trace", trace), ("--seeds", seeds), ("--requests", requests)):
        if given and not asked:
            raise UsageError("it says how to verify: add --verify", flag)
    return api.Check(trace=trace, seeds=seeds, requests=requests)


def _planned(file: str, overlay: Overlay, *, verify: bool, check: api.Check) -> api.Planned:
    env, params = overlay
    if not verify:
        return api.plan(file, env=env, params=params)
    from inferc.cli.progress import progress_bar

    with progress_bar("verifying") as progress:
        return api.verify(file, check, env=env, params=params, progress=progress)
