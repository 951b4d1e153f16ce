"""Latencies and queues as pictures.

For each service two distributions and the queue over time. A distribution is drawn as latency by
percentile, with more room towards the last percents, where an SLA is kept or missed: each line of
the SLA is a grey field that the curve must pass below.
"""

# matplotlib leaves the keywords of its methods untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Sequence
from math import isfinite, log10

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from inferc.compiler.trial import Line, Scene, SceneKind, Trial, measured
from inferc.compiler.units import show, to_unit
from inferc.pictures.canvas import BLUE, GREY, INK, ORANGE, picture

STROKES = {
    SceneKind.STATED: (BLUE, "-"),
    SceneKind.PEAK: (ORANGE, "--"),
    SceneKind.TRACE: (BLUE, "-"),
}
TITLES = {
    SceneKind.STATED: "traffic as stated",
    SceneKind.PEAK: "the peak, all the time",
    SceneKind.TRACE: "the trace",
}
NAMES = {
    "ttft": "Time to first token (TTFT)",
    "tpot": "Time per output token (TPOT)",
    "itl": "Between two tokens (ITL)",
    "e2e": "Whole answer (E2E)",
}
ALWAYS = ("ttft", "tpot")
"""Metrics that are drawn whatever the SLA is about; the others where it has a line on them."""

SHARES = (0.5, 0.9, 0.95, 0.99, 0.999)
"""Of the requests, where the axis of percentiles is labelled."""

UNITS = {"h": "hours", "min": "minutes", "s": "seconds"}
TIMES = (("h", 10_800.0), ("min", 180.0))
"""From so many seconds on, time is counted in that unit."""

LEAST_COLUMNS = 2
COLUMN_IN, HEIGHT_IN = 4.6, 6.6
"""Of one distribution, and of the picture of one service."""

LEGEND_IN = 0.24
"""How far below the top the legend stands: in the second line of the title, which is empty."""


def draw_trials(trials: Sequence[Trial], form: str) -> bytes:
    """Return the picture of ``trials``, one below the other, as ``svg`` or ``png``."""

    def draw(figure: Figure) -> None:
        for row, trial in enumerate(trials):
            _draw(trial, figure.add_subfigure(figure.add_gridspec(len(trials), 1)[row, 0]))

    columns = max(LEAST_COLUMNS, *(len(_metrics(trial)) for trial in trials))
    return picture((COLUMN_IN * columns, HEIGHT_IN * len(trials)), form, draw)


def _metrics(trial: Trial) -> list[str]:
    """Return the metrics that are drawn."""
    shown = [name for name in NAMES if name in ALWAYS or _limits(trial, name)]
    return [name for name in shown if any(name in scene.curve_s for scene in trial.scenes)]


def _draw(trial: Trial, part: SubFigure) -> None:
    service, chosen = trial.plan.service, trial.plan.configuration
    replicas = "1 replica" if trial.replicas == 1 else f"{trial.replicas} replicas"
    part.suptitle(
        f"{service.name}: {service.model.title} on {replicas} of {chosen.accelerators_per_replica}"
        f" x {service.place.accelerator.title}\n",
        x=0.01,
        ha="left",
        fontsize=12,
        fontweight="bold",
    )
    metrics = _metrics(trial)
    grid = part.add_gridspec(2, max(1, len(metrics)), height_ratios=(3, 2))
    for column, metric in enumerate(metrics):
        axes = part.add_subplot(grid[0, column])
        _distribution(axes, trial, metric)
        if column == 0:
            part.legend(
                *axes.get_legend_handles_labels(),
                loc="upper left",
                bbox_to_anchor=(0.0, 1.0 - LEGEND_IN / HEIGHT_IN),
                ncols=3,
            )
    _queue(part.add_subplot(grid[1, :]), trial.scenes[0])


# ---- distributions -------------------------------------------------------------------------------


def _distribution(axes: Axes, trial: Trial, metric: str) -> None:
    axes.set_title(NAMES[metric])
    highest = 0.0
    for scene in trial.scenes:
        known = scene.curve_s.get(metric, ())
        curve = [point for point in known if point[0] <= SHARES[-1] and point[1] > 0.0]
        if not curve:
            continue
        colour, stroke = STROKES[scene.kind]
        axes.plot(
            [_place(share) for share, _ in curve],
            [value_s for _, value_s in curve],
            color=colour,
            linestyle=stroke,
            linewidth=2.0,
            label=TITLES[scene.kind],
            zorder=3,
        )
        highest = max(highest, curve[-1][1])
    _closed_form(axes, trial, metric)
    axes.set_xlim(0.0, _place(SHARES[-1]))
    axes.set_yscale("log")
    highest = max([highest, *(line.objective.limit.value for line in _limits(trial, metric))])
    axes.set_ylim(top=2.0 * highest)
    _fields(axes, trial, metric)
    axes.xaxis.set_major_locator(FixedLocator([_place(share) for share in SHARES]))
    axes.xaxis.set_major_formatter(FuncFormatter(_share_label))
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(_time_label))


def _closed_form(axes: Axes, trial: Trial, metric: str) -> None:
    """Mark what the plan reckons with, where the peak was simulated too."""
    if metric != "ttft" or not any(trial.is_planned(scene) for scene in trial.scenes):
        return
    reckoned = trial.plan.estimate.ttft_s
    points = [
        (_place(share), reckoned[name])
        for name, share in _MARKED
        if name in reckoned and isfinite(reckoned[name])
    ]
    if points:
        axes.plot(
            [place for place, _ in points],
            [value_s for _, value_s in points],
            color=ORANGE,
            linestyle="none",
            marker="D",
            markerfacecolor="white",
            markersize=6,
            label="the plan reckons, at the peak",
            zorder=4,
        )


_MARKED = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


def _limits(trial: Trial, metric: str) -> list[Line]:
    """Return the lines of the SLA on a metric that say something about a percentile."""
    lines = trial.scenes[0].lines
    return [line for line in lines if measured(line.objective) == metric]


def _fields(axes: Axes, trial: Trial, metric: str) -> None:
    """Draw where the curve must not be."""
    top = axes.get_ylim()[1]
    for line in _limits(trial, metric):
        share, limit_s = line.objective.percentile, line.objective.limit.value
        right = _place(share) if share is not None else _place(SHARES[-1])
        operator = line.objective.operator.replace("<=", "\N{LESS-THAN OR EQUAL TO}")
        said = f"{'mean' if share is None else _percentile(share)} {operator}"
        axes.fill_between(
            [0.0, right], limit_s, top, color=GREY, alpha=0.14, linewidth=0.0, zorder=1
        )
        axes.plot(
            [0.0, right, right],
            [limit_s, limit_s, top],
            color=INK,
            linestyle="-" if line.objective.hard else ":",
            linewidth=1.0,
            zorder=2,
        )
        axes.annotate(
            f"{'SLA' if line.objective.hard else 'wanted'}\n{said} {show(limit_s, 'time')}",
            (0.0, top),
            xytext=(6, -26),
            textcoords="offset points",
            color=INK,
        )


def _place(share: float) -> float:
    """Return where a share of the requests stands: each nine takes the same room."""
    return -log10(1.0 - share)


def _share_label(_: float, tick: int | None) -> str:
    return _percentile(SHARES[tick or 0])


def _time_label(value_s: float, _: int | None) -> str:
    return show(value_s, "time")


def _number_label(value: float, _: int | None) -> str:
    return f"{value:g}"


def _percentile(share: float) -> str:
    return f"p{100.0 * share:g}"


# ---- queue ---------------------------------------------------------------------------------------


def _queue(axes: Axes, scene: Scene) -> None:
    times = [moment.at_s for moment in scene.queue]
    end_s = times[-1]
    unit = next((name for name, least_s in TIMES if end_s >= least_s), "s")
    times = [to_unit(at_s, unit) for at_s in times]
    running = [moment.running for moment in scene.queue]
    waiting = [moment.waiting for moment in scene.queue]
    run = "" if scene.runs == 1 else ", in the first run"
    axes.set_title(f"Requests in all replicas over time, {TITLES[scene.kind]}{run}")
    axes.set_xlabel(UNITS[unit])
    axes.fill_between(times, running, step="post", color=BLUE, alpha=0.25, linewidth=0.0)
    axes.step(times, running, where="post", color=BLUE, linewidth=0.8, label="running")
    axes.step(times, waiting, where="post", color=ORANGE, linewidth=1.2, label="waiting")
    for change in scene.ready:
        if change.at_s > 0.0:
            at = to_unit(change.at_s, unit)
            axes.axvline(at, color=INK, linestyle=":", linewidth=1.0)
            axes.annotate(
                f" {change.replicas} ready",
                (at, 1.0),
                xycoords=("data", "axes fraction"),
                va="top",
                color=INK,
            )
    axes.set_xlim(0.0, times[-1] or 1.0)
    axes.set_ylim(bottom=0.0)
    axes.xaxis.set_major_formatter(FuncFormatter(_number_label))
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend(loc="upper right", ncols=2)
