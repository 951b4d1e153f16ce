"""Budgets of a topology: what all its services together may cost.

Services are planned as if each had the budget to itself. Where their sum is above it, every service
gets what the cheapest of its plans costs, and of the rest a part in proportion to what it would
have liked beyond that; with these limits they are planned again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from inferc.compiler.model import Objective
from inferc.compiler.plan.answer import Plan
from inferc.compiler.plan.build import Outcome
from inferc.compiler.plan.diagnostics_money import budget_exceeded
from inferc.compiler.plan.priced_search import PricedSearch
from inferc.compiler.plan.search import load_of
from inferc.compiler.problem import Problem
from inferc.compiler.provenance import Origin
from inferc.compiler.units import show

OVER_BUDGET = "INF412"
"""What a service would say of its share; the sum says it better."""

Planned = Callable[[tuple[Problem, ...]], Outcome]
"""Plans the services of a topology."""


def within(budgets: Sequence[Objective], problems: tuple[Problem, ...], plan: Planned) -> Outcome:
    """Return the plan of a topology that keeps to its budgets, the tightest of them deciding."""
    line = min(budgets, key=lambda item: item.limit.value)
    priced = tuple(_limited(problem, line, line.limit.value) for problem in problems)
    first = plan(priced)
    if first.plan is None or first.plan.refusals:
        return first
    networks = {item.service.name: item.price_usd_per_s or 0.0 for item in first.plan.networks}
    limit = max(0.0, line.limit.value - sum(networks.values()))
    wanted = _costs(first.plan)
    if sum(wanted) <= limit:
        return first
    least = [min(_least(problem), cost) for problem, cost in zip(priced, wanted, strict=True)]
    if sum(least) > limit:
        shares = [limit * cost / sum(least) for cost in least]
        second = plan(tuple(map(_limit_to(line), problems, shares)))
        if second.plan is not None and not second.plan.refusals:
            return second
        names = [problem.case.service for problem in problems]
        cheapest = [*networks.items(), *zip(names, least, strict=True)]
        why = budget_exceeded(line, least=cheapest, span=line.span)
        rest = (item for item in second.diagnostics if item.code != OVER_BUDGET)
        return replace(second, diagnostics=(why, *rest))
    spare = limit - sum(least)
    beyond = sum(wanted) - sum(least)
    shares = [low + spare * (high - low) / beyond for low, high in zip(least, wanted, strict=True)]
    return plan(tuple(map(_limit_to(line), problems, shares)))


def _limit_to(line: Objective) -> Callable[[Problem, float], Problem]:
    return lambda problem, share: _limited(problem, line, share)


def _limited(problem: Problem, line: Objective, usd_per_s: float) -> Problem:
    """Return ``problem`` with a limit on what its service costs."""
    text = line.limit.text
    if usd_per_s != line.limit.value:
        text = f"{show(usd_per_s, 'usd_per_mo')} of the {text} for all"
    limit = replace(
        line.limit,
        value=usd_per_s,
        low=usd_per_s,
        high=usd_per_s,
        text=text,
        origin=Origin.GIVEN,
    )
    own = replace(line, limit=limit, budget_usd_per_s=line.limit.value)
    case = replace(problem.case, objectives=(*problem.case.objectives, own))
    return replace(problem, case=case)


def _costs(plan: Plan) -> list[float]:
    """Return what each service costs, in dollars a second."""
    return [item.cost.usd_per_s if item.cost else 0.0 for item in plan.services]


def _least(problem: Problem) -> float:
    """Return what the cheapest plan of a service costs at the planned values."""
    search, load = PricedSearch(problem.case), load_of(problem.case)
    found = search.cheapest(load)
    return 0.0 if found is None else search.usd_per_s(found, load, load)
