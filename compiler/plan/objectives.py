"""SLA lines against what the model predicts."""

from collections.abc import Iterable
from math import inf

from inferc.compiler.cost import ServiceCost
from inferc.compiler.model import Objective
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.estimate import predicted_s
from inferc.compiler.perf.found import Operation
from inferc.compiler.plan.decisions import Margin
from inferc.compiler.problem import asked_per_s

LATENCIES = ("ttft", "itl", "tpot", "e2e")
"""The metrics that the model can predict."""

LIMITING = ("<=", "<")


def is_latency(line: Objective) -> bool:
    """Return whether a line limits a latency that the model predicts."""
    return line.metric in LATENCIES and line.operator in LIMITING and line.condition != "cold"


def is_about_starts(line: Objective) -> bool:
    """Return whether a line is about cold starts."""
    return line.condition == "cold" or line.metric == "cold_share"


def is_cost(line: Objective) -> bool:
    """Return whether a line limits what a service costs, in time or for a token."""
    return line.metric == "cost" and line.operator in LIMITING


def understood(line: Objective) -> bool:
    """Return whether the model can hold a configuration to this line."""
    if is_latency(line) or is_cost(line) or is_about_starts(line):
        return True
    return asked_per_s(line, 1.0) > 0.0


def share(need: float, have: float) -> float:
    """Return ``need / have``, without end where there is nothing to have."""
    return need / have if have > 0.0 else inf


def margin_of(line: Objective, found: Operation, demand: Demand) -> Margin:
    """Return how far ``found`` is from missing ``line``: infinitely, where a queue grows."""
    value = predicted_s(found, demand, line.metric, line.percentile)
    predicted = inf if value is None or not found.stable else value
    return Margin(objective=line, predicted=predicted, ratio=share(predicted, line.limit.value))


def margins_of(lines: Iterable[Objective], found: Operation, demand: Demand) -> tuple[Margin, ...]:
    """Return the margins of all lines about latencies."""
    return tuple(margin_of(line, found, demand) for line in lines if is_latency(line))


def throughput_margin(line: Objective, capacity_per_s: float, output_tok: float) -> Margin:
    """Return how far a configuration that carries so much is from missing a line."""
    asked = asked_per_s(line, output_tok)
    unit = line.limit.value / asked
    return Margin(
        objective=line, predicted=capacity_per_s * unit, ratio=share(asked, capacity_per_s)
    )


def cost_margin(line: Objective, cost: ServiceCost | None) -> Margin:
    """Return how far a service is from costing more than a line allows; infinitely, unpriced."""
    paid = inf
    if cost is not None:
        paid = cost.usd_per_tok if line.counts == "tok" else cost.usd_per_s
    return Margin(objective=line, predicted=paid, ratio=share(paid, line.limit.value))


def hard(lines: Iterable[Objective]) -> tuple[Objective, ...]:
    """Return the lines about latencies that must hold."""
    return tuple(line for line in lines if line.hard and is_latency(line))


def soft(lines: Iterable[Objective]) -> tuple[Objective, ...]:
    """Return the ``prefer`` lines, in the user's order."""
    return tuple(
        line for line in lines if not line.hard and understood(line) and not is_about_starts(line)
    )


def meets(lines: tuple[Objective, ...], found: Operation, demand: Demand) -> bool:
    """Return whether all of ``lines`` hold."""
    for line in lines:
        value = predicted_s(found, demand, line.metric, line.percentile)
        if value is None or value > line.limit.value:
            return False
    return True
