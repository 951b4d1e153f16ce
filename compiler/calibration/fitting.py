"""Fit the coefficients of the performance model to measurements.

What is fitted is few and physical: one value of each coefficient for everyone, a factor for each
engine and for each architecture of accelerators, every factor drawn towards 1 by a prior. A cell
that nothing was measured in thereby gets what its engine and its architecture did elsewhere.

Source: partial pooling, Gelman and Hill, Data Analysis Using Regression and Multilevel Models
(2007), chapter 12; robust loss: Triggs et al., Bundle Adjustment (2000).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from inferc.compiler.calibration.arrays import Array, Marks, Steps, metrics_s
from inferc.compiler.calibration.values import Cell
from inferc.compiler.model.calibration import Calibration
from inferc.compiler.perf.coefficients import FITTED, Coefficient
from inferc.compiler.perf.ideal import Prices, prices_from

NAMES = tuple(item.name for item in FITTED)
OF_ENGINE = (
    "compute_efficiency",
    "kv_efficiency",
    "memory_efficiency",
    "expert_efficiency",
    "expert_half_tok",
    "attention_efficiency",
    "layer_overhead_s",
    "step_overhead_s",
    "prompt_step_s",
    "host_layer_s",
    "sequence_overhead_s",
    "collective_overhead_s",
    "frontend_s",
    "frontend_tok_s",
)
OF_ARCHITECTURE = (
    "compute_efficiency",
    "narrow_efficiency",
    "memory_efficiency",
    "kv_efficiency",
    "expert_efficiency",
    "attention_efficiency",
    "layer_overhead_s",
    "collective_overhead_s",
)
SPREAD = {"typical": 0.7, "engine": 0.5, "architecture": 0.3}
"""Standard deviation of the natural logarithm that the priors allow."""

SCALE = 0.1
"""Residuals above this count less than their square."""

FURTHEST = 3.0
"""Standard deviations of the prior beyond which nothing is looked for."""

LEAST = 1e-9
STEP = 1e-4
"""Of the logarithm of a coefficient, for a derivative by differences."""


class Problem(NamedTuple):
    """What is fitted: measurements with their schedules."""

    cells: Sequence[Cell]
    prompt_tok: Array
    frontend: Array
    """Share of the front end that the requests of each measurement pass."""
    steps: Steps
    base: Array
    """Measurements by metrics: what the simulation said, without the front end."""
    at_simulation: Array
    """The same from the recorded steps, at the coefficients of the simulation."""
    observed: Array
    """Measurements by metrics, NaN where nothing was published."""
    weight: Array
    """Measurements by metrics."""


class Space:
    """The vector of what is fitted."""

    def __init__(self, cells: Sequence[Cell], prior: Calibration) -> None:
        self.engines = tuple(sorted({cell.engine for cell in cells}))
        self.architectures = tuple(sorted({cell.architecture for cell in cells}))
        self.at: dict[tuple[str, str, str], int] = {}
        for name in NAMES:
            self.at["typical", "", name] = len(self.at)
        for engine in self.engines:
            for name in OF_ENGINE:
                self.at["engine", engine, name] = len(self.at)
        for architecture in self.architectures:
            for name in OF_ARCHITECTURE:
                self.at["architecture", architecture, name] = len(self.at)
        self.spread = np.array([SPREAD[kind] for kind, _, _ in self.at])
        self.centre = vector_of(self, prior)
        self._index = {name: self._parts(cells, name) for name in NAMES}

    def _parts(self, cells: Sequence[Cell], name: str) -> tuple[NDArray[np.intp], ...]:
        """Return where each cell finds the parts of a coefficient; -1 for a factor of 1."""
        return (
            np.array([self.at.get(("engine", item.engine, name), -1) for item in cells]),
            np.array(
                [self.at.get(("architecture", item.architecture, name), -1) for item in cells]
            ),
        )

    def values(self, vector: Array) -> dict[str, Array]:
        """Return each coefficient for every measurement."""
        padded = np.append(vector, 0.0)
        values: dict[str, Array] = {}
        for item in FITTED:
            engine, architecture = self._index[item.name]
            log = vector[self.at["typical", "", item.name]] + padded[engine] + padded[architecture]
            values[item.name] = np.clip(np.exp(log), max(item.low, LEAST), item.high)
        return values

    def spread_out(self, slopes: Mapping[str, Array]) -> Array:
        """Return the derivatives by every entry of the vector from those by each coefficient.

        ``slopes`` are by the logarithm of a measurement's own coefficient, measurements by metrics;
        typical value, engine's factor and architecture's factor all move it alike.
        """
        some = next(iter(slopes.values()))
        found = np.zeros((*some.shape, len(self.at)))
        for name, slope in slopes.items():
            found[:, :, self.at["typical", "", name]] = slope
            for places in self._index[name]:
                known = np.flatnonzero(places >= 0)
                found[known, :, places[known]] = slope[known]
        return found


def prices_of(values: Mapping[str, Array], narrow: Marks) -> Prices[Array]:
    """Return the prices of every measurement."""
    compute = values["compute_efficiency"]
    in_format = compute * np.where(narrow, values["narrow_efficiency"], 1.0)
    expert = in_format * values["expert_efficiency"]
    return prices_from(values, narrow=in_format, expert=expert)


class Fitted(NamedTuple):
    """A fit."""

    vector: Array
    space: Space
    predicted: Array
    """Measurements by metrics, in their own units."""


def predicted(problem: Problem, space: Space, vector: Array) -> Array:
    """Return what the coefficients in ``vector`` say of every measurement."""
    return _from_values(problem, space.values(vector))


def _from_values(problem: Problem, values: Mapping[str, Array]) -> Array:
    narrow = np.array([cell.narrow for cell in problem.cells])
    sums = metrics_s(problem.steps, prices_of(values, narrow))
    before = problem.at_simulation
    changed = np.divide(sums, before, out=np.ones_like(sums), where=before > 0.0)
    scaled = problem.base * changed
    front_s = problem.frontend * (
        values["frontend_s"] + values["frontend_tok_s"] * problem.prompt_tok
    )
    return np.column_stack([scaled[:, 0] + front_s, scaled[:, 1], scaled[:, 2]])


def vector_of(space: "Space", calibration: Calibration) -> Array:
    """Return the vector that says what ``calibration`` does, or what holds without one."""
    typical = {item.name: item.typical for item in FITTED}
    known = {
        "typical": {"": {**typical, **calibration.typical}},
        "engine": calibration.engines,
        "architecture": calibration.architectures,
    }
    found = np.zeros(len(space.at))
    for (kind, owner, name), place in space.at.items():
        value = known[kind].get(owner, {}).get(name, 1.0)
        found[place] = np.log(max(LEAST, value))
    return found


class Objective:
    """What a fit makes small: errors as logarithms, and how far coefficients are from the prior."""

    def __init__(self, problem: Problem, keep: Marks, prior: Calibration) -> None:
        self.problem = problem
        self.space = Space(problem.cells, prior)
        seen = np.isfinite(problem.observed) & keep[:, None] & np.isfinite(problem.base)
        self.seen: Marks = seen & (problem.weight > 0.0)
        self.target: Array = np.log(np.where(self.seen, problem.observed, 1.0))
        self.weight: Array = np.sqrt(problem.weight)

    def residuals(self, vector: Array) -> Array:
        """Return the errors of the measurements that are looked at, then the prior's."""
        prior = (vector - self.space.centre) / self.space.spread * SCALE
        return np.concatenate([self._errors(self.space.values(vector))[self.seen], prior])

    def slopes(self, vector: Array) -> Array:
        """Return the derivatives of :meth:`residuals` by the entries of ``vector``."""
        values = self.space.values(vector)
        here = self._errors(values)
        moved = {item.name: self._slope(values, item, here) for item in FITTED}
        prior = np.diag(SCALE / self.space.spread)
        return np.concatenate([self.space.spread_out(moved)[self.seen], prior])

    def _slope(self, values: Mapping[str, Array], item: Coefficient, here: Array) -> Array:
        """Return the derivative of the errors by the logarithm of one coefficient."""
        raised = self._errors({**values, item.name: _raised(values[item.name], item)})
        return (raised - here) / STEP

    def _errors(self, values: Mapping[str, Array]) -> Array:
        found = np.where(self.seen, _from_values(self.problem, values), 1.0)
        errors: Array = (np.log(np.maximum(LEAST, found)) - self.target) * self.weight
        return errors


def fit_to(
    problem: Problem,
    keep: Marks,
    *,
    prior: Calibration,
    start: Calibration,
    rounds: int,
) -> Fitted:
    """Return the coefficients that fit the measurements in ``keep`` best.

    They are drawn to those of ``prior``; the search begins at ``start`` and takes ``rounds`` steps
    at most.
    """
    objective = Objective(problem, keep, prior)
    space = objective.space
    widest = FURTHEST * space.spread
    inside = 0.99 * widest
    begin = np.clip(vector_of(space, start), space.centre - inside, space.centre + inside)
    found = least_squares(
        objective.residuals,
        begin,
        jac=objective.slopes,
        bounds=(space.centre - widest, space.centre + widest),
        loss="cauchy",
        f_scale=SCALE,
        max_nfev=rounds,
        x_scale=space.spread,
    )
    return Fitted(found.x, space, predicted(problem, space, found.x))


def _raised(value: Array, item: Coefficient) -> Array:
    """Return a coefficient a little larger, where physics allows."""
    raised: Array = np.minimum(value * np.exp(STEP), item.high)
    return raised


def coefficients_of(space: Space, vector: Array) -> Calibration:
    """Return a fit as values with names."""
    factors: dict[str, dict[str, dict[str, float]]] = {"engine": {}, "architecture": {}}
    typical: dict[str, float] = {}
    for (kind, owner, name), place in space.at.items():
        value = float(np.exp(vector[place]))
        if kind == "typical":
            typical[name] = value
        else:
            factors[kind].setdefault(owner, {})[name] = value
    return Calibration(
        typical=typical, engines=factors["engine"], architectures=factors["architecture"]
    )
