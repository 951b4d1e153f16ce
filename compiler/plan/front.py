"""What more money would buy: cost against latency against accelerators.

Of all configurations that hold the SLA at the planned values, those that no other beats in all
three. The plan is one of them, or trades one of the three for what it puts before them: a
whole range of unknowns, wishes, wider weights.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

from inferc.compiler.model import Objective, Place
from inferc.compiler.perf import Configuration
from inferc.compiler.perf.estimate import predicted_s
from inferc.compiler.plan.decisions import ServicePlan
from inferc.compiler.plan.priced_search import search_for
from inferc.compiler.plan.saturation import BELOW, saturated
from inferc.compiler.plan.search import Candidate, Load, Search, load_of
from inferc.compiler.plan.space import Shape
from inferc.compiler.problem import Problem

MOST_TIMES = 4
"""Replicas are tried up to so many times as many as hold the SLA."""

STEPS = 32
"""Numbers of replicas that are tried beyond those: all of them for a few, evenly for many."""

SAME = 1e-3
"""Relative difference of latencies below which one is not faster than the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A configuration that nothing beats in cost, latency and accelerators together."""

    configuration: Configuration
    place: Place
    accelerators: int
    """That are paid for."""
    price_usd_per_s: float | None
    latency_s: float
    """What the line of the SLA is about, at the peak."""
    capacity_per_s: float
    """Requests a second that it carries within the SLA."""
    chosen: bool
    """Whether it is what the plan has chosen."""
    beaten: bool
    """Whether others beat it all the same: the plan puts something before the three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The configurations of one service among which only taste decides."""

    service: str
    line: Objective | None
    """The line of the SLA whose latency is compared; None where there is none on a latency."""
    rate_per_s: float
    """At which they are compared: the peak, or what the plan carries where that is less."""
    points: tuple[Point, ...]
    """The cheapest first."""
    candidates: int
    """Configurations that hold the SLA and were compared."""


class Rated(NamedTuple):
    """A configuration that holds the SLA, and what it is compared by."""

    spent: float
    """Dollars a second, or accelerators where prices are not known."""
    accelerators: int
    latency_s: float
    at: int
    """Its place in the order of the search, so that ties end the same way."""
    item: Candidate


def front(problem: Problem, plan: ServicePlan) -> Front:
    """Return the Pareto front of a service that has its place to itself.

    What ``plan`` has chosen is marked, and shown even where others beat it. Where it carries less
    than the peak, configurations are compared at the rate that it does carry.
    """
    problem = saturated(problem)
    case = problem.case
    search = search_for(case)
    planned = load_of(case)
    carried_per_s = plan.estimate.capacity_per_s * BELOW
    load = replace(planned, rate_per_s=min(planned.rate_per_s, carried_per_s))
    line = next(iter((*search.hard, *search.soft)), None)
    holding = list(_holding(search, load))
    if not any(is_of(plan, item) for item in holding):
        holding += _own(search, plan, load, (planned, load_of(problem.hardest())))
    rated = [
        Rated(
            search.spent(item),
            item.shape.taken(item.replicas),
            _latency_s(item, load, line),
            at,
            item,
        )
        for at, item in enumerate(holding)
    ]
    kept = unbeaten(rated)
    own = [one for one in rated if one not in kept and is_of(plan, one.item)]
    return Front(
        service=case.service,
        line=line,
        rate_per_s=load.rate_per_s,
        points=tuple(
            _point(search, one, load, chosen=is_of(plan, one.item), beaten=one in own)
            for one in sorted([*kept, *own])
        ),
        candidates=len(rated),
    )


def _holding(search: Search, load: Load) -> Iterator[Candidate]:
    """Yield configurations that hold the SLA: each layout from the fewest replicas that do.

    Of replicas of two kinds the best ratio of each layout.
    """
    for shape, budget_tok in search.steps():
        for count in _counts(search, shape, budget_tok, load):
            item = search.candidate(shape, budget_tok, count, load, load)
            if item.holds:
                yield item
    if search.split is not None:
        yield from (item for item in search.split.candidates(load, load) if item.holds)


def _own(
    search: Search, plan: ServicePlan, load: Load, loads: tuple[Load, Load]
) -> Iterator[Candidate]:
    """Yield what a plan has chosen, at a load: more replicas than are tried, or of two kinds.

    Those of two kinds are looked for as the plan does, at ``loads``, planned and hardest.
    """
    chosen = plan.configuration
    steps = [(shape, budget_tok, chosen.replicas) for shape, budget_tok in search.steps()]
    if chosen.prefill is not None:
        best = search.candidates(*loads)[0]
        steps = [(best.shape, best.budget_tok, best.replicas)]
    for shape, budget_tok, replicas in steps:
        if budget_tok == chosen.max_num_batched_tokens and search.limits(shape, budget_tok):
            item = search.candidate(shape, budget_tok, replicas, load, load)
            if is_of(plan, item):
                yield item
                return


def _counts(search: Search, shape: Shape, budget_tok: int, load: Load) -> Sequence[int]:
    """Return the numbers of replicas to look at: the fewest that hold, and some more."""
    allowed = search.replica_counts(shape)
    at = bisect_left(
        allowed, 1, key=lambda count: search.holds_with(shape, budget_tok, count, load)
    )
    if at == len(allowed):
        return ()
    fewest = allowed[at]
    extra = fewest * (MOST_TIMES - 1)
    wanted = {fewest + -(-extra * step // STEPS) for step in range(STEPS + 1)}
    return tuple(count for count in sorted(wanted) if count in allowed)


def _latency_s(item: Candidate, load: Load, line: Objective | None) -> float:
    """Return the latency that is compared: of the first line of the SLA, else of a whole answer."""
    metric, percentile = (line.metric, line.percentile) if line else ("e2e", None)
    found = predicted_s(item.found, load.demand, metric, percentile)
    return inf if found is None else found


def unbeaten(rated: Iterable[Rated]) -> list[Rated]:
    """Return what nothing else is at least as good as in all respects."""
    kept: list[Rated] = []
    for one in sorted(rated):
        if not any(_beats(other, one) for other in kept):
            kept.append(one)
    return kept


def _beats(one: Rated, other: Rated) -> bool:
    """Return whether ``one``, which costs no more than ``other``, is nowhere worse."""
    return one.accelerators <= other.accelerators and one.latency_s <= other.latency_s * (
        1.0 + SAME
    )


def _point(search: Search, rated: Rated, load: Load, *, chosen: bool, beaten: bool) -> Point:
    item = rated.item
    return Point(
        configuration=item.configuration,
        place=item.shape.place,
        accelerators=rated.accelerators,
        price_usd_per_s=rated.spent if search.priced and rated.spent < inf else None,
        latency_s=rated.latency_s,
        capacity_per_s=search.capacity_per_s(item.shape, item.budget_tok, item.replicas, load),
        chosen=chosen,
        beaten=beaten,
    )


def is_of(plan: ServicePlan, item: Candidate) -> bool:
    """Return whether a candidate is what a plan has chosen, on the same kind of hardware."""
    place, own = item.shape.place, plan.service.place
    on = (place.path, place.instance, place.market) == (own.path, own.instance, own.market)
    return on and same(item.configuration, plan.configuration)


def same(one: Configuration, other: Configuration) -> bool:
    """Return whether two configurations are one but for routing and the limits of sequences.

    Routing is advice, and the plan's limits also hold at the hardest corner of the unknowns.
    """
    return _layout(one) == _layout(other)


def _layout(one: Configuration) -> Configuration:
    prefill = None if one.prefill is None else _layout(one.prefill)
    return replace(one, routing="", max_num_seqs=0, prefill=prefill)
