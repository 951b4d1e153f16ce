"""Which values of the unknowns hold, and where that changes.

What is asked is only whether something holds at a corner of the unknowns, so that it is the same
for language models and for networks.
"""

from collections.abc import Callable, Mapping
from math import sqrt

from inferc.compiler.plan.decisions import Assumption, FlipPoint, Verdict
from inferc.compiler.problem import Quantity, Unknown

SEARCHED = 50.0
"""Flip points are looked for from a fiftieth of the typical value to fifty times it."""

PRECISION = 5e-4
"""Relative width at which the search for a flip point stops."""

CHECKED = 0.02
"""How far to either side of a flip point the verdicts are computed again before it is listed."""

LEAST: Mapping[Quantity, float] = {
    Quantity.PEAK: 1.0,
    Quantity.PROMPT: 1.0,
    Quantity.OUTPUT: 1.0,
    Quantity.ITEMS: 1.0,
    Quantity.ITEM: 1.0,
    Quantity.STEPS: 1.0,
}
"""By definition: a peak is at least the mean, a request has a token, an answer too."""


class Corners:
    """Answers which values of the unknowns hold.

    ``holds`` says for each corner (``easy``, ``planned``, ``hard``) whether a plan holds with the
    unknowns at the values given: the corners differ in what neighbours leave.
    """

    def __init__(
        self,
        unknowns: tuple[Unknown, ...],
        holds: Mapping[str, Callable[[Mapping[str, float]], bool]],
    ) -> None:
        self._holds = holds
        self.lows = {unknown.path: unknown.low for unknown in unknowns}
        self.typicals = {unknown.path: unknown.typical for unknown in unknowns}
        self.highs = {unknown.path: unknown.high for unknown in unknowns}

    def verdict(self, stated: Mapping[str, float] | None = None) -> Verdict:
        """Return the verdict of the problem in which the ``stated`` unknowns are given."""
        if self._holds["hard"]({**self.highs, **(stated or {})}):
            return Verdict.FEASIBLE
        if self._holds["easy"]({**self.lows, **(stated or {})}):
            return Verdict.CONDITIONAL
        return Verdict.INFEASIBLE

    def flips(self, unknown: Unknown) -> tuple[FlipPoint, ...]:
        """Return where the verdict changes when only ``unknown`` is stated.

        It is feasible up to where the hardest corner stops holding and infeasible from where the
        easiest does. Each point is listed only if the verdicts computed on both sides of it differ.
        """
        path = unknown.path
        feasible_to = self._edge(unknown, "hard", self.highs)
        possible_to = self._edge(unknown, "easy", self.lows)
        conditional = Verdict.CONDITIONAL
        edges: list[tuple[float | None, Verdict, Verdict]]
        if feasible_to and possible_to and possible_to < feasible_to * (1.0 + CHECKED) ** 2:
            middle = sqrt(feasible_to * possible_to)
            edges = [(middle, Verdict.FEASIBLE, Verdict.INFEASIBLE)]
        else:
            edges = [
                (feasible_to, Verdict.FEASIBLE, conditional),
                (possible_to, conditional, Verdict.INFEASIBLE),
            ]
        points = (
            FlipPoint(path=path, at=at, unit=unknown.unit, below=below, above=above)
            for at, below, above in edges
            if at is not None
        )
        return tuple(point for point in points if self._confirmed(point))

    def _confirmed(self, point: FlipPoint) -> bool:
        """Return whether the verdicts a little below and above the point are those it names."""
        below = self.verdict({point.path: point.at * (1.0 - CHECKED)})
        above = self.verdict({point.path: point.at * (1.0 + CHECKED)})
        return (below, above) == (point.below, point.above)

    def _edge(self, unknown: Unknown, corner: str, others: Mapping[str, float]) -> float | None:
        """Return up to which value of ``unknown`` it holds, or None where that never changes."""
        low, high = searched(unknown)

        def at(value: float) -> Mapping[str, float]:
            return {**others, unknown.path: value}

        if not self._holds[corner](at(low)) or self._holds[corner](at(high)):
            return None
        return self.crossing(corner, at, low, high)

    def crossing(
        self, corner: str, at: Callable[[float], Mapping[str, float]], low: float, high: float
    ) -> float:
        """Return where it stops to hold at a corner, between a value that does and one that not."""
        holds = self._holds[corner]
        return crossing(lambda value: holds(at(value)), low, high)

    def assumption(self, unknown: Unknown) -> Assumption:
        """Return what moving ``unknown`` does."""
        low, high = searched(unknown)

        def at(value: float) -> Mapping[str, float]:
            return {**self.typicals, unknown.path: value}

        planned = self._holds["planned"]
        holds_up_to: float | None
        if planned(at(high)):
            holds_up_to = None
        else:
            holds_up_to = self.crossing("planned", at, low, high) if planned(at(low)) else 0.0
        return Assumption(
            unknown=unknown,
            holds_up_to=holds_up_to,
            searched_up_to=high,
            flips=self.flips(unknown),
        )


def searched(unknown: Unknown) -> tuple[float, float]:
    """Return the range in which flip points of ``unknown`` are looked for."""
    low = max(unknown.typical / SEARCHED, LEAST.get(unknown.quantity, 0.0))
    return low, max(unknown.typical * SEARCHED, low)


def crossing(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return where ``holds`` falls from true to false between ``low`` and ``high``, both positive.

    Bisection of the logarithm, to :data:`PRECISION`.
    """
    while high > low * (1.0 + PRECISION):
        middle = sqrt(low * high)
        if holds(middle):
            low = middle
        else:
            high = middle
    return sqrt(low * high)
