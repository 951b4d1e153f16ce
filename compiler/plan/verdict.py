"""The three verdicts, and where they change.

With ``u`` the unknowns of a problem: *feasible* when some configuration holds with every one at its
least favourable end, *infeasible* when none holds even with every one at its most favourable end,
*conditional* in between. More of an unknown is never easier, so the ends stand for all between.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from math import inf, sqrt

from inferc.compiler.plan.candidates import RATE_PRECISION
from inferc.compiler.plan.corners import PRECISION, Corners
from inferc.compiler.plan.decisions import EnvelopeRow
from inferc.compiler.plan.priced_search import search_for
from inferc.compiler.plan.search import Load, Search, load_of
from inferc.compiler.problem import Problem, Quantity


class Judge(Corners):
    """Answers which values of the unknowns a service can be served at.

    The three searches differ in the accelerators they may use: services that share a place leave
    each other less where the others need more.
    """

    def __init__(self, problem: Problem, searches: Mapping[str, Search]) -> None:
        self.problem = problem
        self.searches = searches
        self.easy = searches["easy"]
        self.planned = searches["planned"]
        self.hard = searches["hard"]
        super().__init__(
            problem.unknowns,
            {corner: partial(self._held, search) for corner, search in searches.items()},
        )

    def _held(self, search: Search, values: Mapping[str, float]) -> bool:
        """Return whether ``search`` finds a plan with the unknowns at ``values``."""
        return search.holds(load_of(self.problem.at(values)))

    def crossing(
        self, corner: str, at: Callable[[float], Mapping[str, float]], low: float, high: float
    ) -> float:
        """Return where no plan holds any more, with the layouts one after the other."""

        def load_at(value: float) -> Load:
            return load_of(self.problem.at(at(value)))

        search = self.searches[corner]
        return search.furthest(load_at, low, high, PRECISION) * sqrt(1.0 + PRECISION)

    def load(self, corner: Mapping[str, float], stated: Mapping[str, float] | None = None) -> Load:
        """Return the load with all unknowns at ``corner`` except those that are ``stated``."""
        return load_of(self.problem.at({**corner, **(stated or {})}))

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

        def at(peak: float) -> Load:
            return Load(load.rate_per_s * peak, load.demand, load.longest_tok)

        search = self.planned
        peak = search.furthest(at, 1.0, inf, RATE_PRECISION) if search.holds(load) else 0.0
        return EnvelopeRow(
            prompt_mean_tok=prompt_tok, output_mean_tok=output_tok, holds_up_to_peak=peak
        )


def alone(problem: Problem) -> Judge:
    """Return the judge of a problem that has its place to itself."""
    search = search_for(problem.case)
    return Judge(problem, {"easy": search, "planned": search, "hard": search})
