"""Which bounds hold and which fail, on each place that a service may be on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from inferc.compiler.model import Place
from inferc.compiler.plan.bounds import rules
from inferc.compiler.plan.bounds.claim import Claim, worst
from inferc.compiler.plan.bounds.counts import Counts
from inferc.compiler.plan.bounds.facts import Facts
from inferc.compiler.plan.bounds.favourable import Ground, ground
from inferc.compiler.plan.bounds.managed import managed
from inferc.compiler.plan.bounds.money import budget
from inferc.compiler.plan.bounds.transfer import transfer
from inferc.compiler.plan.decisions import Bound
from inferc.compiler.plan.places import places_of
from inferc.compiler.problem import Problem

ALL: tuple[Callable[[Ground], Iterator[Claim]], ...] = (
    rules.weights,
    rules.one_request,
    rules.first_token,
    rules.next_token,
    rules.answer,
    rules.compute,
    rules.bandwidth,
    rules.throughput,
    budget,
    rules.network,
    transfer,
    rules.context,
    managed,
)
"""In the order in which they are reported."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What fails on the place that fails least, and on each of the others what fails most."""

    bounds: tuple[Bound, ...]
    elsewhere: tuple[Bound, ...] = ()
    doubtful: tuple[Bound, ...] = ()
    """What fails by a number that nobody looked up: no reason to refuse."""


def violated(problem: Problem) -> tuple[Bound, ...]:
    """Return the bounds that fail with all unknowns at their most favourable end.

    None where there is a place to choose on which every bound holds; else those of the place that
    fails least.
    """
    return refused(problem).bounds


def refused(problem: Problem) -> Refused:
    """Return what no place can do, or nothing where some place passes every bound."""
    failing: list[tuple[Bound, ...]] = []
    for at, claims in _grounds(problem):
        place = at.facts.place
        bad = [claim for claim in claims if claim.fails and claim.certain]
        if not bad:
            doubts = (claim for claim in claims if claim.fails)
            return Refused((), (), tuple(c.bound(problem.case.service, place) for c in doubts))
        failing.append(tuple(claim.bound(problem.case.service, place) for claim in bad))
    if not failing:
        return Refused(())
    failing.sort(key=lambda bounds: (worst(bounds), bounds[0].place))
    others = tuple(max(bounds, key=lambda bound: bound.ratio) for bounds in failing[1:])
    return Refused(failing[0], others)


def all_bounds(problem: Problem) -> tuple[Bound, ...]:
    """Return every bound on every place, whether it fails or with how much room it holds."""
    return tuple(
        claim.bound(problem.case.service, at.facts.place)
        for at, claims in _grounds(problem)
        for claim in claims
    )


def _grounds(problem: Problem) -> Iterator[tuple[Ground, list[Claim]]]:
    """Yield the places on which some engine can run the model at all, with what must hold there."""
    easiest = problem.easiest()
    counts = Counts(easiest.model)
    for place in places_of(easiest):
        at = _ground(problem, place, counts)
        if at.formats and place.accelerators >= 1:
            yield at, [claim for rule in ALL for claim in rule(at)]


def _ground(problem: Problem, place: Place, counts: Counts) -> Ground:
    alone = replace(problem.easiest(), place=place, places=())
    return ground(Facts(problem, alone, place), counts)
