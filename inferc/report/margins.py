"""How near a plan comes to its SLA, and when it scales: the same for every kind of service."""

from collections.abc import Iterable
from math import isfinite

from inferc.compiler.model import Objective
from inferc.compiler.plan import Autoscale, Margin
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import amount, line_amount, line_name
from inferc.report.layout import Cell, Paint, table


def sla_table(margins: Iterable[Margin], paint: Paint) -> list[str]:
    """Return each line of an SLA with what is predicted, its interval, and how much is left."""
    rows: list[tuple[Cell, ...]] = []
    for margin in margins:
        line = margin.objective
        met = margin.ratio <= 1
        rows.append(
            (
                line_name(line),
                (line_amount(margin.predicted, line), "bold"),
                (_interval(margin), "dim"),
                f"{line.operator} {line_amount(line.limit.value, line)}",
                (_room(margin), "green") if met else ("missed", "red"),
                (_whose(line), "dim"),
            )
        )
    return table(rows, paint, indent=4, right=(1,))


def _whose(line: Objective) -> str:
    """Return what a limit is, other than one that the service must keep to."""
    if not line.hard:
        return "wanted, not asked for"
    if line.budget_usd_per_s is None:
        return ""
    if line.limit.value == line.budget_usd_per_s:
        return "the budget of all services"
    return f"its part of the budget of {line_amount(line.budget_usd_per_s, line)}"


def scaling_line(scale: Autoscale, start_s: float) -> str:
    """Return how many replicas there may be, what adds one, and how long that takes."""
    beyond = percent(scale.threshold) if scale.signal == "kv_usage" else f"{scale.threshold:g}"
    return (
        f"autoscale {scale.min_replicas}..{scale.max_replicas} on {scale.signal} > "
        f"{beyond} a replica, a start takes {amount(start_s, 's')}"
    )


def _interval(margin: Margin) -> str:
    """Return the interval around what is predicted."""
    if margin.low is None or margin.high is None or not isfinite(margin.high):
        return ""
    line = margin.objective
    return f"({line_amount(margin.low, line)} .. {line_amount(margin.high, line)})"


def _room(margin: Margin) -> str:
    """Return how much of the limit is left, and whether that is sure."""
    room = f"margin {percent(1 - margin.ratio)}"
    if margin.high is None:
        return room
    return f"{room}, sure" if margin.sure else f"{room}, not at the upper end"
