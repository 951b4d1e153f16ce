"""Latencies and queues as pictures: the one door to matplotlib.

For each service two distributions and the queue over time. A distribution is drawn as latency by
percentile, with more room towards the last percents, where an SLA is kept or missed: each line of
the SLA is a grey field that the curve must pass below.

The same trial gives the same bytes: no date, no chance in the identifiers of an SVG, no font of
the machine. Colours are those of Okabe and Ito (Color Universal Design, 2008), which all kinds of eyes
tell apart; kinds of traffic differ in the stroke as well.
"""

from collections.abc import Sequence
from io import BytesIO
from math import log10

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from inferc.compiler.trial import Line, Scene, SceneKind, Trial
from inferc.compiler.units import show

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
INK, GREY, PALE = "#222222", "#666666", "#E4E4E4"

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
NAMES = {"ttft": "Time to first token (TTFT)", "tpot": "Time per output token (TPOT)"}

SHARES = (0.0, 0.5, 0.9, 0.95, 0.99, 0.999)
"""Of the requests, where the axis of percentiles is labelled."""

STYLE = {
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9,
    "grid.color": PALE,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "inferc",
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
}

WIDTH_IN, HEIGHT_IN = 10.0, 6.4
"""Of the picture of one service."""

DPI = 144
"""Of a PNG: sharp on screens with two pixels to a point."""


def draw_trials(trials: Sequence[Trial], form: str) -> bytes:
    """Return the picture of ``trials``, one below the other, as ``svg`` or ``png``."""
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN * len(trials)), layout="constrained")
        FigureCanvasAgg(figure)
        parts = figure.subfigures(len(trials), 1, squeeze=False)
        for trial, (part,) in zip(trials, parts, strict=True):
            _draw(trial, part)
        content = BytesIO()
        nothing = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(content, format=form, dpi=DPI, metadata=nothing)
    return content.getvalue()


def _draw(trial: Trial, part: SubFigure) -> None:
    service, chosen = trial.plan.service, trial.plan.configuration
    replicas = "1 replica" if chosen.replicas == 1 else f"{chosen.replicas} replicas"
    part.suptitle(
        f"{service.name}: {service.model.title} on {replicas} of {chosen.accelerators_per_replica}"
        f" x {service.place.accelerator.title}",
        x=0.01,
        ha="left",
        fontsize=12,
        fontweight="bold",
    )
    axes = part.subplot_mosaic([["ttft", "tpot"], ["queue", "queue"]], height_ratios=(3, 2))
    for metric in ("ttft", "tpot"):
        _distribution(axes[metric], trial, metric)
    _queue(axes["queue"], trial.scenes[0])


# ---- distributions -------------------------------------------------------------------------------


def _distribution(axes: Axes, trial: Trial, metric: str) -> None:
    axes.set_title(NAMES[metric])
    highest = 0.0
    for scene in trial.scenes:
        curve = [point for point in scene.curve_s[metric] if point[0] <= SHARES[-1]]
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
    axes.xaxis.set_major_formatter(FuncFormatter(lambda _, tick: _percentile(SHARES[tick or 0])))
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value, "time")))
    axes.legend(loc="lower right")


def _closed_form(axes: Axes, trial: Trial, metric: str) -> None:
    """Mark what the plan reckons with, where the peak was simulated too."""
    if all(scene.kind is not SceneKind.PEAK for scene in trial.scenes) or metric != "ttft":
        return
    reckoned = trial.plan.estimate.ttft_s
    points = [(_place(share), reckoned[name]) for name, share in _MARKED if name in reckoned]
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
    return [line for line in lines if line.objective.metric == metric]


def _fields(axes: Axes, trial: Trial, metric: str) -> None:
    """Draw where the curve must not be."""
    top = axes.get_ylim()[1]
    for line in _limits(trial, metric):
        share, limit_s = line.objective.percentile, line.objective.limit.value
        right = _place(share) if share is not None else _place(SHARES[-1])
        said = f"{_percentile(share) if share is not None else 'mean'} {line.objective.operator}"
        axes.fill_between(
            [0.0, right], limit_s, top, color=GREY, alpha=0.14, linewidth=0.0, zorder=1
        )
        axes.plot([0.0, right, right], [limit_s, limit_s, top], color=INK, linewidth=1.0, zorder=2)
        axes.annotate(
            f"{said} {show(limit_s, 'time')}",
            (0.0, limit_s),
            xytext=(5, 4),
            textcoords="offset points",
            color=INK,
        )


def _place(share: float) -> float:
    """Return where a share of the requests stands: each nine takes the same room."""
    return -log10(1.0 - share)


def _percentile(share: float) -> str:
    return f"p{100.0 * share:g}"


# ---- queue ---------------------------------------------------------------------------------------


def _queue(axes: Axes, scene: Scene) -> None:
    times = [moment.at_s for moment in scene.queue]
    running = [moment.running for moment in scene.queue]
    waiting = [moment.waiting for moment in scene.queue]
    axes.set_title(f"Requests over time, all replicas, {TITLES[scene.kind]}, first run")
    axes.fill_between(times, running, step="post", color=BLUE, alpha=0.25, linewidth=0.0)
    axes.step(times, running, where="post", color=BLUE, linewidth=0.8, label="running")
    axes.step(times, waiting, where="post", color=ORANGE, linewidth=1.2, label="waiting")
    axes.set_xlim(0.0, times[-1] or 1.0)
    axes.set_ylim(bottom=0.0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value, "time")))
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 1.2, 1.5, 1.8, 2, 3, 6, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend(loc="upper right", ncols=2)
