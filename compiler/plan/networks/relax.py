"""The nearest changes with which a refused service of a network would hold."""

from collections.abc import Iterator
from dataclasses import replace

from inferc.compiler.model import Objective
from inferc.compiler.plan.corners import crossing
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.networks.search import NetworkSearch, lines_of
from inferc.compiler.plan.relax import ALMOST_IDLE, ALONE, LONGEST_TIMES, MOST_TIMES, rounded
from inferc.compiler.problem.network_case import NetworkCase
from inferc.compiler.units import show, to_unit


def nearest(case: NetworkCase) -> tuple[Change, ...]:
    """Return the single changes under which a plan holds on its places alone, at planned values."""
    return (*_nodes(case), *_limits(case), *_rate(case))


def _holds(case: NetworkCase) -> bool:
    return NetworkSearch(case).holds(case)


def _nodes(case: NetworkCase) -> Iterator[Change]:
    """Yield more of the same hardware."""
    now = max(1, int(case.places[0].nodes.value))
    most = now
    while not _holds(_with_nodes(case, most)):
        most *= 2
        if most > now * MOST_TIMES:
            return
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if _holds(_with_nodes(case, middle)) else (middle, most)
    if most > now:
        place = case.places[0]
        field = "nodes" if place.cluster else "count"
        yield Change(field=field, current=str(now), proposed=str(most), effect=ALONE)


def _with_nodes(case: NetworkCase, nodes: int) -> NetworkCase:
    number = float(nodes)
    places = tuple(
        replace(place, nodes=replace(place.nodes, value=number, low=number, high=number))
        for place in case.places
    )
    return replace(case, places=places)


def _limits(case: NetworkCase) -> Iterator[Change]:
    """Yield a longer limit, one SLA line at a time."""
    for line in lines_of(case, hard=True):
        now = line.limit.value

        def misses(limit_s: float, line: Objective = line) -> bool:
            return not _holds(_with_limit(case, line, limit_s))

        if not misses(now * LONGEST_TIMES):
            limit_s = rounded(crossing(misses, now, now * LONGEST_TIMES), up=True)
            percentile = "" if line.percentile is None else f"p{to_unit(line.percentile, '%'):g} "
            yield Change(
                field=f"{percentile}{line.metric}",
                current=show(now, "time"),
                proposed=show(limit_s, "time"),
                effect=ALONE,
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
        rate = rounded(crossing(holds, lowest, case.rate_per_s), up=False)
        yield Change(
            field="rate",
            current=show(case.rate_per_s, "req_per_s"),
            proposed=show(rate, "req_per_s"),
            effect=ALONE,
        )
