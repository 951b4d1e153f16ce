"""Pareto fronts as pictures: what a shorter latency costs."""

# matplotlib leaves the keywords of its methods untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Sequence
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from inferc.compiler.plan.front import Front, Point
from inferc.compiler.units import from_unit, show
from inferc.pictures.canvas import BLUE, GREY, INK, ORANGE, picture

WIDTH_IN, HEIGHT_IN = 8.0, 4.6
"""Of the front of one service."""

LARGEST_PT = 260.0
"""Area of the mark of the configuration with most accelerators."""

ROOM = 1.25
"""How far beyond the highest latency, and the limit of the SLA, the axis reaches."""

LABELLED = 8
"""Points that are labelled at most; the others are told by size and place alone."""


def draw_fronts(fronts: Sequence[Front], form: str) -> bytes:
    """Return the picture of ``fronts``, one below the other, as ``svg`` or ``png``."""

    def draw(figure: Figure) -> None:
        grid = figure.add_gridspec(len(fronts), 1)
        for row, front in enumerate(fronts):
            _front(figure.add_subplot(grid[row, 0]), front)

    return picture((WIDTH_IN, HEIGHT_IN * len(fronts)), form, draw)


def spent(point: Point) -> float:
    """Return what a point is placed by: dollars an hour, else accelerators."""
    price = point.price_usd_per_s
    return float(point.accelerators) if price is None else from_unit(price, "h")


def _front(axes: Axes, front: Front) -> None:
    rate = show(front.rate_per_s, "req_per_s")
    axes.set_title(f"{front.service}: what holds the SLA at {rate}, and nothing beats")
    points = [point for point in front.points if isfinite(point.latency_s)]
    priced = any(point.price_usd_per_s is not None for point in points)
    axes.set_xlabel("dollars an hour" if priced else "accelerators")
    axes.set_ylabel(_said(front))
    if not points:
        axes.annotate("no configuration holds", (0.5, 0.5), xycoords="axes fraction", ha="center")
        return
    most = max(point.accelerators for point in points)
    unbeaten = [point for point in points if not point.beaten]
    axes.step(
        [spent(point) for point in unbeaten],
        [point.latency_s for point in unbeaten],
        where="post",
        color=GREY,
        linewidth=1.0,
        zorder=2,
    )
    for point in points:
        axes.scatter(
            spent(point),
            point.latency_s,
            s=LARGEST_PT * point.accelerators / most,
            color=ORANGE if point.chosen else BLUE,
            marker="D" if point.chosen else "o",
            edgecolor="white",
            zorder=4 if point.chosen else 3,
        )
    for point in _labelled(points):
        axes.annotate(
            label(point),
            (spent(point), point.latency_s),
            xytext=(7, 5),
            textcoords="offset points",
            color=INK,
            fontsize=8,
        )
    _limit(axes, front, points)
    axes.set_xlim(0.0, ROOM * max(spent(point) for point in points))
    axes.yaxis.set_major_formatter(FuncFormatter(_time_label))
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=not priced))


def _time_label(value_s: float, _: int | None) -> str:
    return show(value_s, "time")


def _labelled(points: Sequence[Point]) -> list[Point]:
    """Return the points to name: the chosen one, and others evenly among the rest."""
    step = -(-len(points) // LABELLED)
    return [point for at, point in enumerate(points) if point.chosen or at % step == 0]


def label(point: Point) -> str:
    """Return a configuration in a few characters: ``2 x TP4``, with its place if chosen."""
    chosen = point.configuration
    stages = f" PP{chosen.pipeline_parallel}" if chosen.pipeline_parallel > 1 else ""
    text = f"{chosen.replicas} x TP{chosen.tensor_parallel}{stages}"
    return f"{text}\nthe plan" if point.chosen else text


def _limit(axes: Axes, front: Front, points: Sequence[Point]) -> None:
    """Draw the limit of the SLA, above which nothing may be."""
    top = max(point.latency_s for point in points)
    if front.line is not None:
        limit_s = front.line.limit.value
        top = max(top, limit_s)
        style = "-" if front.line.hard else ":"
        axes.axhline(limit_s, color=INK, linewidth=1.0, linestyle=style, zorder=1)
        axes.annotate(
            f"{'SLA' if front.line.hard else 'wanted'} {show(limit_s, 'time')}",
            (1.0, limit_s),
            xycoords=("axes fraction", "data"),
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
            color=INK,
        )
    axes.set_ylim(0.0, ROOM * top)


def _said(front: Front) -> str:
    line = front.line
    if line is None:
        return "mean time of a whole answer"
    percentile = "mean" if line.percentile is None else f"p{100.0 * line.percentile:g}"
    return f"{percentile} {line.metric}"
