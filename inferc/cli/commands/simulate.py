"""``inferc simulate``."""

import sys
from functools import partial
from math import inf
from typing import Annotated, Final, Literal, TypeAlias

from inferc import api
from inferc.cli.answers import refuse
from inferc.cli.arguments import Option, UsageError
from inferc.cli.charts import check_picture, write_picture
from inferc.cli.options import Color, Env, File, Format, Params, read_params
from inferc.cli.progress import progress_bar
from inferc.cli.rates import read_rate
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import complain, say, to_json, wants_color

EPILOG: Final = """
Examples:
  inferc simulate topology.infer
  inferc simulate topology.infer --picture latency.svg
  inferc simulate topology.infer --trace log.csv            replay what was recorded
  inferc simulate topology.infer --trace log.csv --speedup 2
  inferc simulate topology.infer --rate 1200/min --cv 3     another rate, in clumps
  inferc simulate topology.infer --hours 1,1,2,6,9,9,6,3    eight hours, and again
  inferc simulate topology.infer --what-if lose-replica
  inferc simulate topology.infer --format json | jq .services[].scenes[].sla

Traces:
  CSV    TIMESTAMP,ContextTokens,GeneratedTokens (Azure), or at_s,prompt,output
  JSON   {"timestamp": 27, "input_length": 6758, "output_length": 500} a line (Mooncake)
  A trace without times lends its lengths to the arrivals of the design.

Exit codes:
  0  simulated, whether the SLA was met or not
  1  the file is wrong
  2  a file that cannot be read or written, a trace that is none, a bad flag
  3  infeasible: there is nothing to simulate, standard output has the JSON object that says why

Next steps:
  inferc plan topology.infer                            what the plan rests on
  inferc explain topology.infer chat.load.peak          what the peak decides
"""

MOST_HOURS: Final = 8784
"""Of a leap year."""

MOST_VARIED: Final = 20.0
"""The gaps of the Azure code completions vary by 13; beyond, next to nothing ever comes."""

Routing = Literal["round_robin", "random", "least_outstanding", "power_of_two", "prefix_aware"]
WhatIf = Literal["nothing", "lose-replica", "autoscale"]


TraceFile: TypeAlias = Annotated[
    str, Option(("--trace",), "Requests that were recorded.", metavar="FILE")
]
Requests: TypeAlias = Annotated[
    int,
    Option(
        ("--requests",), "Of each run; default: 6,000 and more, or all of a trace.", metavar="N"
    ),
]
Seeds: TypeAlias = Annotated[
    int, Option(("--seeds",), "How many runs, each by other chance; default: 8.", metavar="K")
]
Service: TypeAlias = Annotated[str, Option(("--service",), "Only this one.", metavar="NAME")]
Rate: TypeAlias = Annotated[
    str, Option(("--rate",), "Mean rate instead of the stated: 20, 1200/min.", metavar="R")
]
Speedup: TypeAlias = Annotated[
    float, Option(("--speedup",), "Replay the trace so many times faster.", metavar="X")
]
Variation: TypeAlias = Annotated[
    float,
    Option(("--cv",), "Coefficient of variation of the gaps between requests.", metavar="X"),
]
Hours: TypeAlias = Annotated[
    str,
    Option(
        ("--hours",),
        "Relative rates of the hours of a day or a week, instead of spikes: 1,1,2,4,2",
        metavar="LIST",
    ),
]
Replicas: TypeAlias = Annotated[
    int, Option(("--replicas",), "How many instead of the plan's.", metavar="N")
]
Picture: TypeAlias = Annotated[
    str, Option(("--picture",), "Write latencies and queue: .svg or .png.", metavar="FILE")
]


def simulate(
    file: File,
    *,
    trace: TraceFile = "",
    requests: Requests = 0,
    seeds: Seeds = 0,
    service: Service = "",
    rate: Rate = "",
    speedup: Speedup = 1.0,
    cv: Variation = 1.0,
    hours: Hours = "",
    replicas: Replicas = 0,
    routing: Annotated[
        Routing, Option(("--routing",), "Which replica a request goes to.")
    ] = "round_robin",
    what_if: Annotated[
        WhatIf, Option(("--what-if",), "One is lost; or the autoscaler begins with the fewest.")
    ] = "nothing",
    picture: Picture = "",
    env: Env = "",
    param: Params = None,
    format: Format = "human",
    color: Color = "auto",
) -> int:
    """Simulate the traffic on the planned replicas: latencies by percentile, and the queue.

    The file is planned first. Then its traffic comes request by request, with spikes where it has a
    peak, and once more at the peak all the time, which is what the plan was made for; or as it was
    recorded in a trace. Figures carry 95 % intervals over several runs; the same command gives the
    same figures.
    """
    experiment = api.Experiment(
        trace=trace,
        requests=requests,
        seeds=seeds,
        service=service,
        rate_per_s=read_rate(rate) if rate else None,
        speedup=speedup,
        variation=cv,
        hours=_read_hours(hours),
        replicas=replicas,
        routing=routing,
        what_if="" if what_if == "nothing" else what_if,
    )
    _check(experiment, picture)
    with progress_bar("simulating") as progress:
        simulated = api.simulate(
            file, experiment, env=env, params=read_params(param), progress=progress
        )
    show(simulated.diagnostics, form=format, color=color)
    if simulated.planned.refused:
        return refuse(simulated.planned, form=format)
    if not simulated.ok:
        if simulated.planned.ok and format != "json":
            say(_networks(simulated))
        return exit_code(simulated.diagnostics)
    if seeds and any(trial.recording and trial.recording.trace.timed for trial in simulated.trials):
        complain("note: a trace with times is one run, in which --seeds changes nothing")
    say(_as_json(simulated) if format == "json" else _as_text(simulated, file, color=color))
    return write_picture(picture, partial(api.chart, simulated.trials), form=format, color=color)


# ---- options -------------------------------------------------------------------------------------


def _read_hours(text: str) -> tuple[float, ...]:
    """Return the numbers in ``1,1,2,4,2``; none for nothing.

    Raises:
        UsageError: They are not numbers, or none of them is above zero.
    """
    if not text:
        return ()
    try:
        hours = tuple(float(part) for part in text.split(","))
    except ValueError:
        hours = ()
    if len(hours) > MOST_HOURS or not 0.0 < sum(hours) < inf or min(hours) < 0.0:
        raise UsageError(
            f"{text!r} is no list of rates, one for each hour, as in 1,1,2,4,2", "--hours"
        )
    return hours


def _check(experiment: api.Experiment, picture: str) -> None:
    """Raise UsageError where options are out of range, or do not go together."""
    whole = {
        "--requests": experiment.requests,
        "--seeds": experiment.seeds,
        "--replicas": experiment.replicas,
    }
    for flag, value in whole.items():
        if value < 0:
            raise UsageError(f"{value} is not a number of at least 1", flag)
    if not 0.0 < experiment.speedup < inf:
        raise UsageError(f"{experiment.speedup:g} is no factor above zero", "--speedup")
    if not 0.0 <= experiment.variation <= MOST_VARIED:
        raise UsageError(
            f"{experiment.variation:g} is not between 0 (even) and {MOST_VARIED:g}", "--cv"
        )
    if experiment.speedup != 1.0 and not experiment.trace:
        raise UsageError("only a trace can be replayed faster: name one with --trace", "--speedup")
    if experiment.speedup != 1.0 and experiment.rate_per_s is not None:
        raise UsageError("--rate says already how fast the trace is replayed", "--speedup")
    if experiment.hours and experiment.trace:
        raise UsageError("a trace has its own times: leave one of both out", "--hours")
    check_picture(picture)


# ---- results -------------------------------------------------------------------------------------


def _as_text(simulated: api.Simulated, file: str, *, color: str) -> str:
    from inferc.report.simulation_text import render_trials

    text = render_trials(simulated.trials, file=file, color=wants_color(color, sys.stdout))
    networks = _networks(simulated)
    return f"{text}\n{networks}" if networks else text


def _networks(simulated: api.Simulated) -> str:
    """Return which services are not simulated; empty where all are."""
    names = [item.service.name for plan in simulated.planned.plans for item in plan.networks]
    return f"  networks are planned, and not simulated: {', '.join(names)}\n" if names else ""


def _as_json(simulated: api.Simulated) -> str:
    from inferc.report.simulation_json import to_data

    return to_json(to_data(simulated.trials))
