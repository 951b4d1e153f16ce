"""Services of networks that share places: what each may have beside the others.

They hold together where what they need at least fits the places together. A service may get
different parts on the same place, so every choice of parts is looked at, up to a limit.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from inferc.compiler.model import Place
from inferc.compiler.plan.networks.packing import accelerators_for
from inferc.compiler.plan.networks.portion import Portion
from inferc.compiler.plan.networks.search import NetworkSearch
from inferc.compiler.problem.network_case import NetworkCase, NetworkProblem

CORNERS = ("easy", "planned", "hard")

CHOICES = 4096
"""Ways to choose parts for all neighbours that are looked at before it is taken that none fits."""

Taken = tuple[Portion, int]
"""A portion, and how many replicas have it."""


def corner_case(problem: NetworkProblem, corner: str) -> NetworkCase:
    """Return the case at a corner of the unknowns."""
    match corner:
        case "easy":
            return problem.easiest()
        case "hard":
            return problem.hardest()
        case _:
            return problem.case


def place_key(place: Place) -> tuple[str, str, str]:
    """Return what tells a place from others: its path, kind of node and market."""
    return place.path, place.instance, place.market


class Fleet:
    """The services of networks of a topology, and what is left for each."""

    def __init__(self, problems: Sequence[NetworkProblem]) -> None:
        self.problems = problems
        self.searches = [NetworkSearch(problem.case) for problem in problems]
        self.used: dict[int, Taken] = {}
        """What the plans made so far take, by position of the service."""
        self._least: dict[tuple[int, str], tuple[Taken, ...]] = {}
        self._most: dict[tuple[int, str, int, int], int] = {}

    def neighbours(self, at: int) -> list[int]:
        """Return the services that may run on one of the places of a service."""
        own = {place_key(place) for place in self.problems[at].case.places}
        return [
            other
            for other, problem in enumerate(self.problems)
            if other != at and any(place_key(place) in own for place in problem.case.places)
        ]

    def holds(self, at: int, values: Mapping[str, float], corner: str) -> bool:
        """Return whether a service holds with its unknowns at ``values``.

        Its neighbours are at a corner of theirs.

        A neighbour that holds nowhere at the corner is taken at the next easier one.
        """
        case = self.problems[at].at(values)
        if not self.neighbours(at):
            return self.searches[at].holds(case)
        return self.searches[at].holds(case, partial(self.most, at, corner))

    def most(self, at: int, corner: str, portion: Portion) -> int:
        """Return how many replicas of a portion fit beside the neighbours at a corner."""
        key = (at, corner, id(portion), len(self.used))
        known = self._most.get(key)
        if known is None:
            counts = self.searches[at].counts(portion)
            fit = bisect_left(
                range(len(counts)), 1, key=lambda i: not self.room(at, (portion, counts[i]), corner)
            )
            known = self._most[key] = counts[fit - 1] if fit else 0
        return known

    def room(self, at: int, wanted: Taken, corner: str) -> bool:
        """Return whether so many replicas of a portion fit beside the neighbours at a corner."""
        needs = [self._needs(other, corner) for other in self.neighbours(at)]
        options = [(wanted,), *(need for need in needs if need)]
        return any(fits(choice) for choice in islice(_choices(options), CHOICES))

    def _needs(self, other: int, corner: str) -> tuple[Taken, ...]:
        """Return what a neighbour takes: as planned, else any of the portions it can do with."""
        if other in self.used:
            return (self.used[other],)
        known = self._least.get((other, corner))
        if known is None:
            known = self._least_of(other, corner)
            self._least[other, corner] = known
        return known

    def _least_of(self, other: int, corner: str) -> tuple[Taken, ...]:
        at = CORNERS.index(corner)
        for name in reversed(CORNERS[: at + 1]):
            case = corner_case(self.problems[other], name)
            found = tuple(self.searches[other].least(case))
            if found:
                return found
        return ()

    def taken(self) -> dict[str, tuple[Place, int]]:
        """Return the places that the plans take, by path, with how many whole accelerators."""
        return {
            place.path: (place, accelerators_for(place, wanted))
            for place, wanted in by_place(tuple(self.used.values()))
        }


def _choices(options: Sequence[Sequence[Taken]]) -> Iterator[tuple[Taken, ...]]:
    """Yield one portion for each service, those that take least first."""
    if not options:
        yield ()
        return
    first = sorted(options[0], key=lambda item: item[0].taken(item[1]))
    for item in first:
        if fits((item,)):
            for rest in _choices(options[1:]):
                yield (item, *rest)


def fits(wanted: Sequence[Taken]) -> bool:
    """Return whether all of it fits its places, each of one kind of node and market."""
    places = by_place(wanted)
    return len({place.path for place, _ in places}) == len(places) and all(
        accelerators_for(place, of_place) <= place.accelerators for place, of_place in places
    )


def by_place(wanted: Sequence[Taken]) -> list[tuple[Place, list[Taken]]]:
    """Return what is wanted of each place."""
    found: dict[tuple[str, str, str], tuple[Place, list[Taken]]] = {}
    for item in wanted:
        place = item[0].place
        found.setdefault(place_key(place), (place, []))[1].append(item)
    return list(found.values())
