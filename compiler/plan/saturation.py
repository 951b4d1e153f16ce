"""What a place carries at most, where a service takes whatever there is.

With ``goal = throughput`` and no rate, the load is found before the plan: the rate that the best
layout carries within the SLA. From then on it is a load like any other, so verdict, flip points,
reasons and scaling mean what they mean elsewhere: "it carries so much, for answers up to …".
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from inferc.compiler.model import Place
from inferc.compiler.plan.hardware import cost, is_chosen, with_nodes
from inferc.compiler.plan.objectives import share
from inferc.compiler.plan.priced_search import search_for
from inferc.compiler.plan.search import Load, Search, load_of
from inferc.compiler.plan.space import Shape
from inferc.compiler.problem import Case, Problem
from inferc.compiler.provenance import Origin, Sourced
from inferc.compiler.units import show

BUSY = 0.95
"""Of what a replica could carry at most, where no line of an SLA says when a queue is too long: at
the edge itself it would grow without end."""

SOMETHING = 1e-6
"""Requests a second that stand for a load where not even one can be served: the plan then refuses,
and says why."""

BELOW = 1.0 - 1e-3
"""Of the rate that was found: inside the width of the search for it."""


def saturated(problem: Problem) -> Problem:
    """Return ``problem`` with the rate that its place carries, where none is stated."""
    if problem.case.rate_per_s > 0.0:
        return problem
    unit = best_unit(problem.case)
    rate_per_s = unit.carried_per_s or SOMETHING
    load = problem.service.load
    stated = Sourced(
        value=rate_per_s,
        low=rate_per_s,
        high=rate_per_s,
        origin=Origin.DEFAULTED,
        text=show(rate_per_s, "req_per_s"),
        because="no rate is stated and the goal is throughput: as much as the hardware carries",
    )
    case = replace(problem.case, rate_per_s=rate_per_s)
    if unit.place is not None:
        case = replace(case, place=unit.place, places=())
    return replace(
        problem,
        case=case,
        service=replace(problem.service, load=replace(load, rate_per_s=stated)),
    )


class Unit(NamedTuple):
    """What carries most, or most for its price."""

    worth: float
    """What is carried, over the price where more hardware may be had."""
    carried_per_s: float
    place: Place | None
    """Where the planner chooses the nodes, those that are taken; None where they are given."""


def best_unit(case: Case) -> Unit:
    """Return what the best layout carries at the planned lengths.

    On hardware that is there, of all of it together. Where the planner chooses how many nodes there
    are, of the fewest nodes of the layout that carries most for its price, and then those are the
    hardware: more of them carry proportionally more.
    """
    search = search_for(case)
    load = load_of(replace(case, rate_per_s=1.0))
    units = (*_units(search, load), *_units_of_both_kinds(search, load))
    best = max(units, key=_worth, default=Unit(0.0, 0.0, None))
    busy = BELOW * (1.0 if search.hard else BUSY)
    return best._replace(carried_per_s=best.carried_per_s * busy)


def _worth(unit: Unit) -> tuple[float, float]:
    return unit.worth, unit.carried_per_s


def _units(search: Search, unit: Load) -> Iterator[Unit]:
    """Yield what each layout carries.

    Requests are dealt out, so replicas carry what one carries as often as there are replicas.
    """
    for shape, budget_tok in search.steps():
        counts = search.replica_counts(shape)
        if not counts:
            continue
        replicas = _replicas(search, shape, counts[0], counts[-1])
        yield _unit(search, shape, replicas, _carried_by(search, shape, budget_tok, replicas, unit))


def _units_of_both_kinds(search: Search, unit: Load) -> Iterator[Unit]:
    """Yield what replicas of two kinds carry, in each ratio that carries more than those before.

    On hardware that is there, what does not even hold at the best rate is not looked at closely.
    """
    if search.split is None:
        return
    best = 0.0
    for shape, budget_tok, replicas in search.split.divided():
        as_much = Load(best, unit.demand, unit.longest_tok)
        if (
            best
            and not is_chosen(shape.place)
            and not search.holds_with(shape, budget_tok, replicas, as_much)
        ):
            continue
        carried = search.capacity_per_s(shape, budget_tok, replicas, unit)
        found = _unit(search, shape, replicas, carried)
        best = max(best, found.worth)
        yield found


def _unit(search: Search, shape: Shape, replicas: int, carried_per_s: float) -> Unit:
    """Return what so many replicas of a layout are worth."""
    if not is_chosen(shape.place):
        return Unit(carried_per_s, carried_per_s, None)
    place = with_nodes(shape.place, shape.taken(replicas) // shape.place.per_node)
    return Unit(share(carried_per_s, _price(search, shape, replicas)), carried_per_s, place)


def _carried_by(search: Search, shape: Shape, budget_tok: int, replicas: int, unit: Load) -> float:
    """Return what so many replicas carry: each as much as one alone, unless some may be lost."""
    if search.lost(shape, replicas):
        return search.capacity_per_s(shape, budget_tok, replicas, unit)
    return search.capacity_per_s(shape, budget_tok, 1, unit) * replicas


def _replicas(search: Search, shape: Shape, least: int, most: int) -> int:
    """Return how many replicas there are: all that fit, or those that fill the fewest nodes.

    Beside those, as many as may be lost.
    """
    if not is_chosen(shape.place):
        return most
    filled = max(1, shape.place.per_node // shape.size)
    return min(most, max(least, filled + search.lost(shape, filled)))


def _price(search: Search, shape: Shape, replicas: int) -> float:
    """Return what so many replicas cost, in dollars a second, or in accelerators."""
    return cost(shape.place, shape.taken(replicas), priced=search.priced)
