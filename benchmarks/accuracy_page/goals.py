"""The figures that matter, beside what they should be."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from accuracy_page.cases import Case, Errors
from accuracy_page.markdown import NONE, count, percent, plural, prose, signed, table, times
from accuracy_page.study import Study
from inferc.compiler.calibration import Prediction, Score, score

PEER = "AIConfigurator 0.12"

LEFT_OUT = {
    "plain": "nothing: in sample",
    "cell": "cell",
    "family": "family",
    "model": "model",
    "gpu": "GPU",
    "architecture": "architecture",
    "engine": "engine",
}
"""What is left out of a fit, in the order of the page."""

METRICS = {"ttft": "TTFT", "tpot": "TPOT", "throughput": "throughput"}


def closed(case: Case) -> bool:
    """Return whether a case is of the closed loop of the published table."""
    return case.table == "published" and case.row.load == "closed_loop"


def offline(case: Case) -> bool:
    """Return whether a case is of TensorRT-LLM's tables of offline throughput."""
    return case.row.source == "TensorRT-LLM docs" and case.row.load == "offline"


def static_batch(case: Case) -> bool:
    """Return whether a case is a static batch of Argonne on A100, H100 or GH200."""
    return argonne(case) and case.row.gpu.lower().startswith(("a100", "h100", "gh200"))


def argonne(case: Case) -> bool:
    """Return whether a case is a static batch of Argonne."""
    return case.row.source.startswith("LLM-Inference-Bench") and case.row.load == "static_batch"


def serving(case: Case) -> bool:
    """Return whether a case is of the serving table."""
    return case.table == "serving"


def serving_steady(case: Case) -> bool:
    """Return whether it is of a closed or open loop there."""
    return serving(case) and case.row.load in {"closed_loop", "open_loop"}


class Goal(NamedTuple):
    """One line of the table of goals."""

    figure: str
    ways: tuple[str, ...]
    """What is left out: the first of these that was."""
    metric: str
    chosen: Callable[[Case], bool]
    to_reach: float
    public: str = "none known"
    """What is known of the best public tool, where no predictions of it are at hand."""
    scored: bool = True
    """Whether rows that are not scored stay out."""

    def way(self, study: Study) -> str:
        """Return what is left out of the fit."""
        return next((way for way in self.ways if way in study.predictions), self.ways[0])


CELL, FAMILY, MODEL = ("cell",), ("family",), ("model", "family")
"""A family is more than a model: what reaches a goal without it does so without one model."""

GOALS = (
    Goal("TPOT, closed loop", CELL, "tpot", closed, 0.07),
    Goal("TPOT, closed loop", FAMILY, "tpot", closed, 0.09),
    Goal("TPOT, closed loop, all rows", FAMILY, "tpot", closed, 0.13, scored=False),
    Goal("TTFT, closed loop", CELL, "ttft", closed, 0.15),
    Goal("TTFT, closed loop", FAMILY, "ttft", closed, 0.22),
    Goal(
        "throughput, offline, TensorRT-LLM's tables",
        CELL,
        "throughput",
        offline,
        0.12,
        "18 %, on others",
    ),
    Goal(
        "latency, static batch, Argonne on A100, H100, GH200",
        CELL,
        "throughput",
        static_batch,
        0.20,
    ),
    Goal("TPOT, serving table, closed and open loop", MODEL, "tpot", serving_steady, 0.12),
    Goal("TTFT, serving table, closed and open loop", MODEL, "ttft", serving_steady, 0.25),
    Goal("throughput, serving table", MODEL, "throughput", serving, 0.15),
)

MEET, DELIVERED = 0.95, 0.92
"""What a choice by prediction should reach."""

HONEST = (0.75, 0.85)
"""Where the coverage of an 80 % interval should lie."""


def opening(study: Study) -> str:
    """Return what the page says in one paragraph."""
    rows = plural(sum(1 for row in study.rows if row.measured), "published measurement")
    found = [(goal, _of(study, goal)) for goal in GOALS]
    known = [(goal, errors) for goal, errors in found if errors is not None]
    shares = (
        f"A share of the groups is left out at a time, in {study.folds} fits that each begin from "
        "nothing."
        if study.folds
        else "Each group has a fit of its own, which begins from nothing."
    )
    met = sum(errors.median <= goal.to_reach for goal, errors in known)
    goals = (
        f"Of the {plural(len(known), 'figure')} in the first table {met} "
        f"{'reaches its' if met == 1 else 'reach their'} goal."
        if known
        else "Nothing was left out yet: all is in sample."
    )
    return prose(f"""
What inferc predicts, held against {rows} of LLM serving that others took and published. *Left out*
means that the fit saw no row of that cell (engine, accelerator, model and format together), family,
model, GPU, architecture or engine before it had to predict it. {shares}

{goals} What is worse than 30 % has
[a list of its own](#worse-than-30-). An error is the median of |predicted / measured - 1|, unless
said otherwise.""")


def reached(study: Study) -> str:
    """Return the table of goals."""
    head = (
        "figure",
        "left out",
        PEER,
        "to reach",
        "reached",
        "per server",
        "all rows",
        "rows",
        "servers",
        "",
    )
    notes = prose(f"""
- *{PEER}*: the error of its predictions, on so many of the same rows. They rest on kernels measured
  on these GPUs; *left out* concerns the predictions of inferc alone.
- *reached* is over rows, *per server* over servers: the median of the medians of each. Some servers
  (model, GPUs, layout, engine, version, format) were measured under sixty loads, some under one.
- A family is a whole line of models: all generations of Llama are one, and half of the rows.
- *all rows*: with those that are [not scored](#what-was-compared).
- "18 %, on others": what is known of it for such tables, though not for these rows.
- Repeated runs of one configuration typically differ by 0.3 to 4 %, on MI355X by 16 %.
- A latency of Argonne is its throughput turned round: the source computes one from the other.""")
    lines = [_line(study, goal) for goal in GOALS]
    return "\n\n".join((table(head, lines, texts=2, last=True), notes))


def _of(study: Study, goal: Goal) -> Errors | None:
    return study.errors(goal.way(study), goal.metric, goal.chosen, scored=goal.scored)


def _line(study: Study, goal: Goal) -> tuple[str, ...]:
    errors = _of(study, goal)
    left_out = LEFT_OUT[goal.way(study)]
    if errors is None:
        return (
            goal.figure,
            left_out,
            goal.public,
            percent(goal.to_reach),
            *[NONE] * 3,
            "0",
            "0",
            "no rows",
        )
    everything = study.errors(goal.way(study), goal.metric, goal.chosen, scored=False)
    return (
        goal.figure,
        left_out,
        _peer(study, goal),
        percent(goal.to_reach),
        percent(errors.median),
        percent(errors.by_configuration),
        percent(everything.median if everything else None),
        count(errors.n),
        count(errors.configurations),
        _verdict(study, goal, errors),
    )


def _verdict(study: Study, goal: Goal, errors: Errors) -> str:
    if errors.median <= goal.to_reach:
        return "reached"
    return "**missed**" if goal.way(study) == goal.ways[0] else "**missed**, more was left out"


def _peer(study: Study, goal: Goal) -> str:
    """Return the error of the other tool on the rows of a goal."""
    errors = [
        abs(case.peer_error)
        for case in study.cases[goal.way(study)]
        if case.metric == goal.metric and case.peer and goal.chosen(case)
        if not (goal.scored and case.rule)
    ]
    return f"{percent(median(errors))} of {count(len(errors))}" if errors else goal.public


# ---- each load --------------------------------------------------------------------------------


class Part(NamedTuple):
    """Rows that are told apart from others."""

    name: str
    chosen: Callable[[Case], bool]


def _is(load: str, stat: str = "", table_name: str = "") -> Callable[[Case], bool]:
    def chosen(case: Case) -> bool:
        return (
            case.row.load == load
            and case.row.stat.startswith(stat)
            and table_name in {"", case.table}
        )

    return chosen


PARTS = (
    Part("published table, closed loop, means", _is("closed_loop", "mean", "published")),
    Part("published table, closed loop, medians", _is("closed_loop", "p50", "published")),
    Part("published table, open loop", _is("open_loop", "", "published")),
    Part("TensorRT-LLM's tables, offline", offline),
    Part("Argonne, static batch, A100", lambda case: argonne(case) and _on(case, "a100")),
    Part("Argonne, static batch, H100", lambda case: argonne(case) and _on(case, "h100")),
    Part("Argonne, static batch, GH200", lambda case: argonne(case) and _on(case, "gh200")),
    Part("Argonne, static batch, MI250", lambda case: argonne(case) and _on(case, "mi250")),
    Part(
        "other static batches",
        lambda case: case.row.load == "static_batch" and not argonne(case),
    ),
    Part("MLPerf", lambda case: case.row.load.startswith("mlperf")),
    Part("serving table, closed loop, means", _is("closed_loop", "mean", "serving")),
    Part("serving table, closed loop, medians", _is("closed_loop", "p50", "serving")),
    Part("serving table, open loop, means", _is("open_loop", "mean", "serving")),
    Part("serving table, open loop, medians", _is("open_loop", "p50", "serving")),
    Part("serving table, bursts", _is("burst", "", "serving")),
    Part("serving table, offline", _is("offline", "", "serving")),
)


def _on(case: Case, gpu: str) -> bool:
    return case.row.gpu.lower().startswith(gpu)


def loads(study: Study) -> str:
    """Return the errors under each load: with each thing left out, and on all rows."""
    ways = [way for way in LEFT_OUT if way in study.predictions]
    head = (
        "rows",
        "figure",
        "n",
        "servers",
        *(LEFT_OUT[way] for way in ways),
        "bias",
        "per server",
        "all rows",
        "n, all",
    )
    last = ways[-1] if "cell" not in ways else "cell"
    lines = [line for part in PARTS for line in _part(study, part, ways, last)]
    notes = prose(f"""
Errors of scored rows by what was left out of the fit; then, with what the column
"{LEFT_OUT[last]}" leaves out, bias (median of the signed error), the error per server and that on
all rows. Means and medians are never mixed: where a source has both they differ up to twofold.""")
    return "\n\n".join((table(head, lines, texts=2), notes))


def _part(study: Study, part: Part, ways: list[str], main: str) -> Iterator[tuple[str, ...]]:
    for metric, name in METRICS.items():
        found = {way: study.errors(way, metric, part.chosen) for way in ways}
        everything = study.errors(main, metric, part.chosen, scored=False)
        if everything is None:
            continue
        errors = found[main]
        yield (
            part.name,
            name,
            count(errors.n if errors else 0),
            count(errors.configurations if errors else 0),
            *(percent(one.median if one else None) for one in found.values()),
            signed(errors.bias) if errors else NONE,
            percent(errors.by_configuration if errors else None),
            percent(everything.median),
            count(everything.n),
        )


# ---- choosing ---------------------------------------------------------------------------------

MARGINS = {
    "the upper end of its interval": None,
    "itself": 0.0,
    "with 10 % on top": 0.1,
    "with 20 % on top": 0.2,
}
"""What of a predicted TPOT has to keep the limit."""


def choosing(study: Study) -> str:
    """Return how often a choice by prediction keeps a limit, and what it gives away."""
    head = ("left out", "TPOT that is held against the limit", "limit kept", "delivered")
    lines = [
        (LEFT_OUT[way], name, percent(found.sla_meet_rate), percent(found.delivered_ratio))
        for way in LEFT_OUT
        if way in study.predictions
        for name, margin in MARGINS.items()
        for found in [_chosen(study, way, margin)]
    ]
    text = prose(f"""
Within each group of one source, model, GPU, engine, format and lengths the configuration with the
most predicted tokens a second and GPU is chosen whose predicted TPOT keeps a limit of 10, 15, 20,
30, 50 or 100 ms. *Limit kept*: how often what was measured keeps it too; to reach:
{percent(MEET)}. *Delivered*: the throughput of the choices that do, over that of the best
configuration that does; to reach: {percent(DELIVERED)}. Published table, closed loop, scored rows.
A wider margin keeps more limits and delivers less; a group in which no prediction keeps a limit is
not counted under it.""")
    return "\n\n".join((text, table(head, lines, texts=2)))


def _chosen(study: Study, way: str, margin: float | None) -> Score:
    """Return the score of choices with a margin; None for the interval's."""
    pairs = [
        (row, prediction if margin is None else _with_margin(prediction, margin))
        for row, prediction in zip(study.rows, study.predictions[way], strict=True)
        if study.table_of[row.id] == "published"
    ]
    return score([row for row, _ in pairs], [prediction for _, prediction in pairs])


def _with_margin(prediction: Prediction, margin: float) -> Prediction:
    values = {
        name: replace(span, high=span.value * (1.0 + margin))
        for name, span in prediction.values.items()
    }
    return replace(prediction, values=values)


def widths(errors: Errors) -> tuple[str, str]:
    """Return coverage and width of the intervals of some cases."""
    return percent(errors.covered), times(errors.width)
