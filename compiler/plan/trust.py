"""How sure a plan is: the interval of each figure, and plans that hold at its upper end.

What was measured is surer than what was only calibrated, and that than a data sheet. With
``confidence = high`` a layout is held to each line at the upper end of the interval of such
estimates, one time in ten beyond; so are the lines that a simulation has shown to be longer.

Source: conformal prediction, the quantiles of residuals that were left out (Vovk, Gammerman,
Shafer, Algorithmic Learning in a Random World, 2005).
"""

from collections.abc import Mapping
from dataclasses import replace

from inferc.compiler.model import Engine, Objective, Place
from inferc.compiler.model.calibrated import measured_cell, published
from inferc.compiler.model.calibration import fitted_name
from inferc.compiler.model.trust import Basis, latency_intervals, rests_on
from inferc.compiler.plan.decisions import Margin
from inferc.compiler.problem import Case

OPEN = "open_loop"
"""What tables of measurements call the load of a service: requests come when they come."""

HIGH = "high"

Intervals = Mapping[str, tuple[float, float]]


def basis_of(case: Case, engine: Engine, place: Place, precision: str) -> Basis:
    """Return how much was measured of a layout."""
    calibration = case.calibration or published()
    name = fitted_name(calibration, engine.name)
    cell = measured_cell(name, place.accelerator, case.model, precision)
    return rests_on(cell, calibration)


def intervals_of(case: Case, basis: Basis) -> Intervals:
    """Return the factors to the ends of the 80 % interval of each latency; none without a fit."""
    return latency_intervals(case.calibration or published(), OPEN, basis)


def with_interval(margin: Margin, intervals: Intervals) -> Margin:
    """Return a margin with the ends of the interval around what is predicted."""
    ends = intervals.get(margin.objective.metric)
    if ends is None:
        return margin
    low, high = ends
    return replace(margin, low=margin.predicted * low, high=margin.predicted * high)


class Strictness:
    """What each line is held to, by layout: its limit over how much longer it may really take."""

    def __init__(self, case: Case, lines: tuple[Objective, ...]) -> None:
        self.case = case
        self.lines = lines
        self._known: dict[tuple[str, str, str], tuple[Objective, ...]] = {}

    def held_to(self, engine: Engine, place: Place, precision: str) -> tuple[Objective, ...]:
        """Return the lines with the limits that a layout must keep in the closed form."""
        key = (engine.id, place.accelerator.id, precision)
        known = self._known.get(key)
        if known is None:
            intervals: Intervals = {}
            if self.case.confidence == HIGH:
                basis = basis_of(self.case, engine, place, precision)
                intervals = intervals_of(self.case, basis)
            known = tuple(tightened(line, self._factor(line, intervals)) for line in self.lines)
            self._known[key] = known
        return known

    def _factor(self, line: Objective, intervals: Intervals) -> float:
        _, high = intervals.get(line.metric, (1.0, 1.0))
        simulated = dict(self.case.corrections).get((line.metric, line.percentile), 1.0)
        return max(1.0, high) * max(1.0, simulated)


def strictness(case: Case, lines: tuple[Objective, ...]) -> Strictness | None:
    """Return what lines are held to; None where that is their limits as they stand."""
    return Strictness(case, lines) if case.confidence == HIGH or case.corrections else None


def tightened(line: Objective, factor: float) -> Objective:
    """Return a line with its limit divided by ``factor``."""
    limit = line.limit
    return (
        line if factor == 1.0 else replace(line, limit=replace(limit, value=limit.value / factor))
    )
