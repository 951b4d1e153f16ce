"""The search where a line of the SLA limits what a service may cost.

The more replicas, the sooner a latency holds and the later a cost: of the numbers of replicas that
are left, each wish in its turn takes those that grant it, if there are any, and the fewest of what
remains are chosen. So ``prefer`` lines about money act in their order among the others.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

from inferc.compiler.model import Objective
from inferc.compiler.plan.hardware import is_chosen
from inferc.compiler.plan.objectives import is_cost, share
from inferc.compiler.plan.search import Candidate, Load, Search
from inferc.compiler.plan.space import Shape
from inferc.compiler.plan.spending import is_elastic
from inferc.compiler.plan.weekly_search import WeeklySearch
from inferc.compiler.problem import Case


def search_for(case: Case, accelerators: int | None = None) -> Search:
    """Return the search of a service: one that counts money where a line of the SLA does."""
    if any(is_cost(line) for line in case.objectives):
        return PricedSearch(case, accelerators)
    if any(map(is_elastic, case.choices_of_place)):
        return WeeklySearch(case, accelerators)
    return Search(case, accelerators)


class PricedSearch(WeeklySearch):
    """A search in which configurations that cost too much do not hold."""

    def __init__(self, case: Case, accelerators: int | None = None) -> None:
        super().__init__(case, accelerators)
        self.limits_of_cost = tuple(line for line in case.objectives if line.hard and is_cost(line))
        self._hardest: Load | None = None

    # ---- what it costs -------------------------------------------------------------------------

    def over(self, line: Objective, item: Candidate, planned: Load, hardest: Load) -> float:
        """Return the cost of a candidate over the limit of a line."""
        cost = self.usd_per_s(item, planned, hardest)
        if line.counts == "tok":
            demand = planned.demand
            mean_per_s = planned.rate_per_s / self.case.peak
            cost = share(cost, mean_per_s * (demand.prompt_tok + demand.output_tok))
        return share(cost, line.limit.value)

    def affords(self, item: Candidate, planned: Load, hardest: Load) -> bool:
        """Return whether a candidate costs no more than every line allows that must hold."""
        return all(self.over(line, item, planned, hardest) <= 1.0 for line in self.limits_of_cost)

    # ---- which hold ----------------------------------------------------------------------------

    def candidate(
        self, shape: Shape, budget_tok: int, replicas: int, planned: Load, hardest: Load
    ) -> Candidate:
        """Return where a configuration stands, its cost against the lines that limit it."""
        found = super().candidate(shape, budget_tok, replicas, planned, hardest)
        if not self.limits_of_cost or not found.holds:
            return found
        holds = self.affords(found, planned, hardest)
        robust = holds and found.robust and self.affords(found, hardest, hardest)
        return replace(found, holds=holds, robust=robust)

    def shape_holds(self, shape: Shape, load: Load) -> bool:
        """Return whether a layout holds with some token budget, and can be paid for.

        Cost never falls with the number of replicas, so that the fewest that hold decide.
        """
        counts = self.replica_counts(shape)
        if not counts or not super().shape_holds(shape, load):
            return False
        if not self.limits_of_cost:
            return True
        for budget_tok in self.budgets[id(shape)]:
            at = self._fewest(shape, budget_tok, counts, load)
            if at is not None:
                item = Search.candidate(self, shape, budget_tok, counts[at], load, load)
                if item.holds and self.affords(item, load, load):
                    return True
        return False

    def _fewest(
        self, shape: Shape, budget_tok: int, counts: Sequence[int], load: Load
    ) -> int | None:
        """Return the place among ``counts`` of the fewest replicas that hold, cost apart."""
        at = bisect_left(
            range(len(counts)),
            1,
            key=lambda place: self.holds_with(shape, budget_tok, counts[place], load),
        )
        return at if at < len(counts) else None

    # ---- how many replicas ---------------------------------------------------------------------

    def _best_count(
        self, shape: Shape, budget_tok: int, counts: Sequence[int], loads: tuple[Load, Load]
    ) -> Candidate:
        """Return the fewest replicas that reach all that any number of them reaches, in order.

        What must hold narrows the numbers first, then the whole range of what nobody stated, then
        each wish in its turn, as long as some number is left.
        """
        first = self._fewest(shape, budget_tok, counts, loads[0])
        if first is None:
            return self.candidate(shape, budget_tok, counts[-1], *loads)
        left = (first, len(counts))

        def at(place: int) -> Candidate:
            return self.candidate(shape, budget_tok, counts[place], *loads)

        for line in self.limits_of_cost:
            left = _narrowed(left, self._cheap(line, at, loads), upper=True)
        left = _narrowed(left, lambda place: at(place).robust, upper=False)
        for line in self.soft:
            if is_cost(line):
                left = _narrowed(left, self._cheap(line, at, loads), upper=True)
            else:
                left = _narrowed(left, self._granted(line, at, loads[0]), upper=False)
        most = self.goal != "cost" and not is_chosen(shape.place)
        return at(left[1] - 1 if most else left[0])

    def _cheap(
        self, line: Objective, at: Callable[[int], Candidate], loads: tuple[Load, Load]
    ) -> Callable[[int], bool]:
        return lambda place: self.over(line, at(place), *loads) <= 1.0

    def _granted(
        self, line: Objective, at: Callable[[int], Candidate], planned: Load
    ) -> Callable[[int], bool]:
        return lambda place: self.grants(line, at(place), planned)

    # ---- which is best -------------------------------------------------------------------------

    def candidates(self, planned: Load, hardest: Load) -> list[Candidate]:
        """Return the best candidate of each layout and token budget, best first."""
        self._hardest = hardest
        return super().candidates(planned, hardest)

    def grants(self, line: Objective, item: Candidate, planned: Load) -> bool:
        """Return whether a candidate grants a wish, a ``prefer`` line."""
        if not is_cost(line):
            return super().grants(line, item, planned)
        return self.over(line, item, planned, self._hardest or planned) <= 1.0

    def _distance(self, item: Candidate, planned: Load) -> float:
        """Return how far a candidate is from the SLA, or from what it may cost."""
        late = super()._distance(item, planned)
        dear = [self.over(line, item, planned, planned) for line in self.limits_of_cost]
        return max([late, *dear])

    def cheapest(self, load: Load) -> Candidate | None:
        """Return the configuration that holds the SLA for least money, whatever is wished for."""
        found: list[tuple[float, int, Candidate]] = []
        for number, (shape, budget_tok) in enumerate(self.steps()):
            counts = self.replica_counts(shape)
            if not counts or not self.limits(shape, budget_tok):
                continue
            at = self._fewest(shape, budget_tok, counts, load)
            if at is not None:
                item = Search.candidate(self, shape, budget_tok, counts[at], load, load)
                if item.holds:
                    found.append((self.usd_per_s(item, load, load), number, item))
        return min(found, default=(inf, 0, None), key=lambda entry: entry[:2])[2]


def _narrowed(
    left: tuple[int, int], good: Callable[[int], bool], *, upper: bool
) -> tuple[int, int]:
    """Return the part of ``left``, from a place to before another, that is ``good``.

    All of it where none is. The first of them are good (``upper``), or the last.
    """
    start, end = left
    if upper:
        cut = bisect_left(range(start, end), 1, key=lambda place: not good(place)) + start
        return (start, cut) if cut > start else left
    cut = bisect_left(range(start, end), 1, key=good) + start
    return (cut, end) if cut < end else left
