"""The three verdicts, and where they change.

With ``u`` the unknowns of a problem: *feasible* when some configuration holds with every one at its
least favourable end, *infeasible* when none holds even with every one at its most favourable end,
*conditional* in between. More of an unknown is never easier, so the ends stand for all between.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import sqrt

from inferc.compiler.plan.decisions import Assumption, EnvelopeRow, FlipPoint, Verdict
from inferc.compiler.plan.search import Load, Search, highest, load_of
from inferc.compiler.problem import Problem, Quantity, Unknown

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
}
"""By definition: a peak is at least the mean, a request has a token, an answer too."""


class Judge:
    """Answers which values of the unknowns a service can be served at.

    The three searches differ in the accelerators they may use: services that share a place leave
    each other less where the others need more.
    """

    def __init__(self, problem: Problem, searches: Mapping[str, Search]) -> None:
        self.problem = problem
        self.easy = searches["easy"]
        self.planned = searches["planned"]
        self.hard = searches["hard"]
        self.lows = {unknown.path: unknown.low for unknown in problem.unknowns}
        self.typicals = {unknown.path: unknown.typical for unknown in problem.unknowns}
        self.highs = {unknown.path: unknown.high for unknown in problem.unknowns}

    def load(self, corner: Mapping[str, float], stated: Mapping[str, float] | None = None) -> Load:
        """Return the load with all unknowns at ``corner`` except those that are ``stated``."""
        return load_of(self.problem.at({**corner, **(stated or {})}))

    def verdict(self, stated: Mapping[str, float] | None = None) -> Verdict:
        """Return the verdict of the problem in which the ``stated`` unknowns are given."""
        if self.hard.holds(self.load(self.highs, stated)):
            return Verdict.FEASIBLE
        if self.easy.holds(self.load(self.lows, stated)):
            return Verdict.CONDITIONAL
        return Verdict.INFEASIBLE

    def flips(self, unknown: Unknown) -> tuple[FlipPoint, ...]:
        """Return where the verdict changes when only ``unknown`` is stated.

        It is feasible up to where the hardest corner stops holding and infeasible from where the
        easiest does. Each point is listed only if the verdicts computed on both sides of it differ.
        """
        path = unknown.path
        feasible_to = self._edge(
            unknown, lambda value: self.hard.holds(self.load(self.highs, {path: value}))
        )
        possible_to = self._edge(
            unknown, lambda value: self.easy.holds(self.load(self.lows, {path: value}))
        )
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

    def _edge(self, unknown: Unknown, holds: Callable[[float], bool]) -> float | None:
        """Return up to which value ``holds`` is true, or None where it never changes."""
        low, high = searched(unknown)
        if not holds(low) or holds(high):
            return None
        return crossing(holds, low, high)

    def assumption(self, unknown: Unknown) -> Assumption:
        """Return what moving ``unknown`` does."""
        low, high = searched(unknown)

        def planned(value: float) -> bool:
            return self.planned.holds(self.load(self.typicals, {unknown.path: value}))

        holds_up_to: float | None
        if planned(high):
            holds_up_to = None
        else:
            holds_up_to = crossing(planned, low, high) if planned(low) else 0.0
        return Assumption(
            unknown=unknown,
            holds_up_to=holds_up_to,
            searched_up_to=high,
            flips=self.flips(unknown),
        )

    def envelope(self) -> tuple[EnvelopeRow, ...]:
        """Return up to which peak factor some configuration holds, for lengths around the plan's.

        Means of half, once and twice the planned ones where nobody stated them, inside the
        catalog's range; the other numbers as planned.
        """
        case = self.problem.case
        prompts = self._around(Quantity.PROMPT, case.prompt_mean_tok)
        outputs = self._around(Quantity.OUTPUT, case.output_mean_tok)
        return tuple(self._row(prompt, output) for prompt in prompts for output in outputs)

    def _around(self, quantity: Quantity, planned: float) -> tuple[float, ...]:
        unknown = next((u for u in self.problem.unknowns if u.quantity is quantity), None)
        if unknown is None:
            return (planned,)
        halves = (planned / 2.0, planned, planned * 2.0)
        return tuple(sorted({min(max(value, unknown.low), unknown.high) for value in halves}))

    def _row(self, prompt_tok: float, output_tok: float) -> EnvelopeRow:
        case = replace(
            self.problem.case, prompt_mean_tok=prompt_tok, output_mean_tok=output_tok, peak=1.0
        )
        load = load_of(case)

        def holds(peak: float) -> bool:
            return self.planned.holds(Load(load.rate_per_s * peak, load.demand, load.longest_tok))

        peak = highest(holds, 1.0) if holds(1.0) else 0.0
        return EnvelopeRow(
            prompt_mean_tok=prompt_tok, output_mean_tok=output_tok, holds_up_to_peak=peak
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
