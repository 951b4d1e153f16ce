"""What the cheapest plan of a service costs, without looking closely at every other one."""

from bisect import bisect_left
from math import inf

from inferc.compiler.plan.candidates import Load
from inferc.compiler.plan.search import Search
from inferc.compiler.plan.space import Shape


def least_cost(search: Search, load: Load) -> float:
    """Return what the cheapest configuration that holds costs, as :meth:`Search.price` does.

    Endless where none holds.
    """
    least = inf if search.split is None else search.split.least_cost(load)
    for shape, budget_tok in search.steps():
        least = _least(search, (shape, budget_tok), load, least)
    return least


def _least(search: Search, step: tuple[Shape, int], load: Load, known: float) -> float:
    """Return what the fewest replicas of a layout that hold cost, or ``known`` if that is less.

    More replicas never cost less, and hold where fewer do: only those that cost less are tried.
    """
    shape, budget_tok = step
    counts = search.replica_counts(shape)

    def holds(at: int) -> bool:
        return search.holds_with(shape, budget_tok, counts[at], load)

    def price(at: int) -> float:
        return search.price(shape, counts[at])

    cheaper = bisect_left(range(len(counts)), known, key=price)
    if not cheaper or not holds(cheaper - 1):
        return known
    return price(bisect_left(range(cheaper), 1, key=holds))
