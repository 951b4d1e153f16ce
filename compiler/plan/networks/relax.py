"""The nearest changes with which a refused service of a network would hold."""

from collections.abc import Iterator
from dataclasses import replace

from inferc.compiler.model import Objective
from inferc.compiler.plan.corners import crossing
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.hardware import resized
from inferc.compiler.plan.networks.search import NetworkSearch, lines_of
from inferc.compiler.plan.relax import (
    ALMOST_IDLE,
    ALONE,
    LONGEST_TIMES,
    fewest_from,
    line_name,
    rounded_so_that,
)
from inferc.compiler.problem.network_case import NetworkCase
from inferc.compiler.units import show


def nearest(case: NetworkCase) -> tuple[Change, ...]:
    """Return the single changes under which a plan holds on its places alone, the nearest first.

    At the planned values.
    """
    found = (*_nodes(case), *_limits(case), *_rate(case))
    return tuple(sorted(found, key=lambda change: change.factor))


def _holds(case: NetworkCase) -> bool:
    return NetworkSearch(case).holds(case)


def _nodes(case: NetworkCase) -> Iterator[Change]:
    """Yield more of the same hardware."""
    place = case.places[0]
    now = max(1, int(place.nodes.value))
    count = fewest_from(now, lambda nodes: _holds(_with_nodes(case, nodes)))
    if count is not None and count > now:
        yield Change(
            field="nodes" if place.cluster else "count",
            current=str(now),
            proposed=str(count),
            effect=ALONE,
            factor=count / now,
        )


def _with_nodes(case: NetworkCase, nodes: int) -> NetworkCase:
    return replace(case, places=tuple(resized(place, nodes) for place in case.places))


def _limits(case: NetworkCase) -> Iterator[Change]:
    """Yield a longer limit, one SLA line at a time."""
    for line in lines_of(case, hard=True):
        now = line.limit.value

        def misses(limit_s: float, line: Objective = line) -> bool:
            return not _holds(_with_limit(case, line, limit_s))

        if not misses(now * LONGEST_TIMES):
            edge_s = crossing(misses, now, now * LONGEST_TIMES)
            limit_s = rounded_so_that(lambda limit_s: not misses(limit_s), edge_s, up=True)
            yield Change(
                field=line_name(line),
                current=show(now, "time"),
                proposed=show(limit_s, "time"),
                effect=ALONE,
                factor=limit_s / now,
            )


def _with_limit(case: NetworkCase, line: Objective, limit_s: float) -> NetworkCase:
    changed = replace(line, limit=replace(line.limit, value=limit_s))
    lines = tuple(changed if item is line else item for item in case.objectives)
    return replace(case, objectives=lines)


def _rate(case: NetworkCase) -> Iterator[Change]:
    """Yield a lower rate."""
    search = NetworkSearch(case)

    def holds(rate: float) -> bool:
        return search.holds(replace(case, rate_per_s=rate))

    lowest = case.rate_per_s * ALMOST_IDLE
    if holds(lowest) and not holds(case.rate_per_s):
        rate = rounded_so_that(holds, crossing(holds, lowest, case.rate_per_s), up=False)
        yield Change(
            field="rate",
            current=show(case.rate_per_s, "req_per_s"),
            proposed=show(rate, "req_per_s"),
            effect=ALONE,
            factor=case.rate_per_s / rate,
        )
