"""The search where hardware follows the load, so that a peak alone does not tell what a plan costs.

Of plans that cost the same at the peak, the one whose week costs less is better: smaller replicas
leave more of their nodes away while few requests come. A week takes many looks at a replica, so it
is worked out only for the plans that are the cheapest at the peak.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from math import inf

from inferc.compiler.plan.cold import awake
from inferc.compiler.plan.objectives import is_about_starts
from inferc.compiler.plan.scaling import autoscale
from inferc.compiler.plan.search import Candidate, Load, Search
from inferc.compiler.plan.spending import curve_of, is_elastic
from inferc.compiler.problem import Case

DIGITS = 6
"""Means are compared to so many digits: what a replica carries is no better known."""


class WeeklySearch(Search):
    """A search that knows what a week costs, and orders by it what costs the same at the peak."""

    def __init__(self, case: Case, accelerators: int | None = None) -> None:
        super().__init__(case, accelerators)
        self.case = case
        asked = case.scaling is not None and case.scaling.to_zero
        self.sleeps = asked and not any(map(is_about_starts, case.objectives))
        """Whether nothing forbids it to sleep; where a line might, it is counted as awake."""
        self._costs: dict[tuple[bool, str, int, int, int, int, Load, Load], float] = {}

    def usd_per_s(self, item: Candidate, planned: Load, hardest: Load) -> float:
        """Return the mean cost of a candidate at the planned load, as the plan would state it."""
        price = item.shape.place.price_usd_per_s
        if price is None:
            return inf
        if not is_elastic(item.shape.place):
            return price.value * item.shape.taken(item.replicas)
        at = (
            self.alone,
            self.survives,
            len(self.decisions),
            id(item.shape),
            item.budget_tok,
            item.replicas,
            planned,
            hardest,
        )
        known = self._costs.get(at)
        if known is None:
            load_time_s = item.shape.start_s
            start = awake(self.case, item.shape)
            scale = autoscale(self.case, self, item, start, alone=self.alone)
            if self.sleeps:
                scale = replace(scale, min_replicas=0)
            curve = curve_of(self.case, self, item, (planned, hardest), (scale, load_time_s))
            known = self._costs[at] = curve.cost_usd_per_s(curve.rate_per_s)
        return known

    def candidates(self, planned: Load, hardest: Load) -> list[Candidate]:
        """Return the best candidate of each layout and token budget, best first."""
        found = super().candidates(planned, hardest)
        first = found[0] if found else None
        if first is None or not (first.holds and self.compares_weeks):
            return found
        best = self._lead(first, planned)
        cheapest = list(
            takewhile(lambda item: item.holds and self._lead(item, planned) == best, found)
        )
        if not any(is_elastic(item.shape.place) for item in cheapest[1:]):
            return found
        ordered = sorted(cheapest, key=lambda item: self.weekly(item, planned, hardest))
        return [*ordered, *found[len(cheapest) :]]

    @property
    def compares_weeks(self) -> bool:
        """Whether what a week costs decides among plans that cost the same at the peak."""
        return self.goal == "cost" and self.alone and self.case.rate_per_s > 0.0

    def weekly(self, item: Candidate, planned: Load, hardest: Load) -> float:
        """Return the mean cost of a candidate, to as many digits as are compared."""
        return float(f"{self.usd_per_s(item, planned, hardest):.{DIGITS}g}")

    def _lead(self, item: Candidate, planned: Load) -> tuple[Sequence[bool], float]:
        """Return what comes before the cost of a week."""
        return self._goals(item, planned), self.spent(item)
