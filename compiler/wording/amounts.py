"""Numbers as people read them, whatever phase they come from."""

import math

from inferc.compiler.model import Objective
from inferc.compiler.units import show, to_unit
from inferc.compiler.units_table import SCALES, ShowKind

KINDS: dict[str, ShowKind] = {
    "": "count",
    "1": "count",
    "B": "bytes",
    "byte": "bytes",
    "bytes": "bytes",
    "B/s": "bytes_per_s",
    "bytes/s": "bytes_per_s",
    "FLOP": "flop",
    "FLOP/s": "flop_per_s",
    "s": "time",
    "x": "factor",
    "tok": "tok",
    "tok/s": "tok_per_s",
    "req": "req",
    "req/s": "req_per_s",
    "W": "power",
    "USD": "usd",
    "USD/s": "usd_per_s",
    "USD/tok": "usd_per_tok",
}
"""Base units as the phases spell them, and how such a number is shown."""

TIMES = frozenset({"ttft", "itl", "tpot", "e2e", "latency", "completion"})
"""Metrics that are durations."""

METRIC_UNITS = {"throughput": "tok/s", "cost": "USD/s"}
"""Base units of the other metrics; a plain share where absent."""

LARGE_COUNT = SCALES["M"]
"""From here on a count is shown as 70.6B rather than digit by digit."""


def amount(value: float, unit: str) -> str:
    """Return ``value``, in the base unit ``unit``, as a report shows it."""
    if math.isinf(value):
        return "without end" if unit == "s" else "without limit"
    kind = KINDS.get(unit)
    if kind is None:
        return f"{show(value, 'count')} {unit}"
    if kind == "count" and abs(value) >= LARGE_COUNT:
        return show(value, "parameters")
    return show(value, kind)


def line_name(line: Objective) -> str:
    """Return what a line of an SLA limits: ``p95 ttft``, ``p95 ttft at cold``, ``throughput``."""
    where = f"at {line.condition}" if line.condition else ""
    return " ".join(part for part in (percentile_name(line.percentile), line.metric, where) if part)


def metric_unit(metric: str) -> str:
    """Return the base unit of an SLA metric."""
    return "s" if metric in TIMES else METRIC_UNITS.get(metric, "ratio")


def line_unit(line: Objective) -> str:
    """Return the base unit of what a line of an SLA limits: of a throughput what it counts."""
    if line.metric == "cost":
        return "USD/tok" if line.counts else "USD/s"
    return "req/s" if line.counts == "req" else metric_unit(line.metric)


def line_amount(value: float, line: Objective) -> str:
    """Return a value of what a line of an SLA limits as a report shows it."""
    unit = line_unit(line)
    if unit == "USD/s" and math.isfinite(value):
        return show(value, "usd_per_mo")  # as budgets are stated
    return show(value, "ratio") if unit == "ratio" else amount(value, unit)


def line_suffix(line: Objective) -> str:
    """Return what the keys of JSON end in for a value of a line of an SLA: ``_s``."""
    unit = line_unit(line)
    return "" if unit == "ratio" else "_" + unit.lower().replace("/", "_per_")


def times(ratio: float) -> str:
    """Return by how much something is too large: ``35x``."""
    return "without limit" if math.isinf(ratio) else show(ratio, "factor")


def plural(count: int, noun: str) -> str:
    """Return ``1 replica`` or ``2 replicas``, ``2 passes``."""
    ending = "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}{ending}"


def percentile_name(percentile: float | None) -> str:
    """Return ``p95`` for 0.95, ``p99.9`` for 0.999, and nothing for None."""
    return "" if percentile is None else f"p{to_unit(percentile, '%'):g}"
