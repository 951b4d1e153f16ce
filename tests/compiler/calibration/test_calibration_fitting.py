"""Fits to measurements that the model made itself, with coefficients that are known."""

from dataclasses import replace
from functools import cache
from statistics import median

import numpy as np
import pytest
from support.measurements import NEUTRAL, TRUTH, grid, lived

from inferc.compiler.calibration import Measurement, fit, predict
from inferc.compiler.calibration.arrays import FIELDS, marks, numbers, row_of, stacked, work_of
from inferc.compiler.calibration.fitting import (
    FURTHEST,
    OF_ARCHITECTURE,
    OF_ENGINE,
    Fitted,
    Objective,
    Problem,
    Space,
    coefficients_of,
    fit_to,
    prices_of,
    vector_of,
)
from inferc.compiler.calibration.learning import Played, problem_of
from inferc.compiler.calibration.replay import replay
from inferc.compiler.calibration.subject import subject_of
from inferc.compiler.calibration.values import Basis, Cell
from inferc.compiler.model.calibrated import calibrated_accelerator, calibrated_engine
from inferc.compiler.model.calibration import Calibration
from inferc.compiler.perf.coefficients import FITTED
from inferc.compiler.perf.coefficients import coefficients_of as known_coefficients
from inferc.compiler.perf.ideal import step_s
from inferc.compiler.perf.steps import prices_of as stage_prices

PRIOR = Calibration(engines=NEUTRAL)


@cache
def problem(noise: float = 0.0) -> Problem:
    """Return the measurements of a world like :data:`TRUTH`, played as the prior has it."""
    rows = lived(grid(), noise=noise, seed=3)
    return problem_of(
        [
            Played(row=row, subject=subject, replay=replay(subject, PRIOR, steps=True))
            for row in rows
            for subject in (subject_of(row.conditions),)
        ]
    )


def everyone(of: Problem) -> object:
    return marks([True] * len(of.cells))


# ---- arrays ------------------------------------------------------------------------------------


def test_arrays_of_steps_cost_what_each_step_costs() -> None:
    for run in grid()[::7]:
        subject = subject_of(run)
        bins = replay(subject, TRUTH, steps=True).bins
        table = numbers([row_of(part.work) for part in bins])
        assert table.shape == (len(bins), FIELDS)
        engine = calibrated_engine(subject.engine, TRUTH, subject.cell.engine)
        accelerator = calibrated_accelerator(subject.accelerator, TRUTH)
        prices = stage_prices(known_coefficients(engine, accelerator), narrow=subject.cell.narrow)
        found = step_s(work_of(table), prices)
        assert list(found) == pytest.approx([step_s(part.work, prices) for part in bins])


def test_stacked_steps_know_their_measurement() -> None:
    parts = [(np.ones((count, FIELDS)), np.full((count, 3), float(count))) for count in (2, 1, 3)]
    steps = stacked(parts)
    assert steps.table.shape == (6, FIELDS)
    assert steps.owner.tolist() == [0, 0, 1, 2, 2, 2]
    assert steps.weights[:, 0].tolist() == [2, 2, 1, 3, 3, 3]


# ---- the space ---------------------------------------------------------------------------------

CELLS = [
    Cell(engine="vllm", architecture="Hopper", narrow=False),
    Cell(engine="sglang", architecture="Hopper", narrow=True),
    Cell(engine="sglang", architecture="Ampere", narrow=False),
]


def test_a_vector_says_what_its_calibration_does() -> None:
    space = Space(CELLS, Calibration())
    values = space.values(vector_of(space, TRUTH))
    for place, cell in enumerate(CELLS):
        for item in FITTED:
            expected = TRUTH.typical.get(item.name, item.typical)
            expected *= TRUTH.engines[cell.engine].get(item.name, 1.0)
            expected *= TRUTH.architectures[cell.architecture].get(item.name, 1.0)
            assert values[item.name][place] == pytest.approx(
                min(item.high, max(item.low, expected)), rel=1e-6
            )


def test_a_vector_and_its_calibration_are_the_same() -> None:
    space = Space(CELLS, Calibration())
    chance = np.random.default_rng(5)
    vector = vector_of(space, TRUTH) + chance.normal(0.0, 0.1, len(space.at))
    again = vector_of(space, coefficients_of(space, vector))
    assert again == pytest.approx(vector)


def test_no_coefficient_leaves_physics() -> None:
    space = Space(CELLS, Calibration())
    for far in (-9.0, 9.0):
        values = space.values(np.full(len(space.at), far))
        prices = prices_of(values, marks([cell.narrow for cell in CELLS]))
        for item in FITTED:
            assert (values[item.name] >= item.low).all()
            assert (values[item.name] <= item.high).all()
        for efficiency in (
            prices.compute,
            prices.narrow,
            prices.memory,
            prices.kv,
            prices.attention,
        ):
            assert (efficiency <= 1.0).all()


def test_few_numbers_are_fitted() -> None:
    """Each new engine and each new architecture brings a handful, whatever is measured on it."""
    space = Space(CELLS, Calibration())
    assert len(space.at) == len(FITTED) + 2 * len(OF_ENGINE) + 2 * len(OF_ARCHITECTURE)
    assert len(Space(CELLS * 50, Calibration()).at) == len(space.at)


# ---- slopes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_slopes_are_those_of_finite_differences(seed: int) -> None:
    """Inside of physics: where a coefficient is held at its end it has none."""
    objective = Objective(problem(), everyone(problem()), PRIOR)
    space = objective.space
    chance = np.random.default_rng(seed)
    vector = vector_of(space, TRUTH) + chance.normal(0.0, 0.02, len(space.at))
    slopes = objective.slopes(vector)
    assert slopes.shape == (len(objective.residuals(vector)), len(space.at))
    reach = 1e-4
    for place in range(len(space.at)):
        step = np.zeros(len(space.at))
        step[place] = reach
        above, below = objective.residuals(vector + step), objective.residuals(vector - step)
        assert slopes[:, place] == pytest.approx((above - below) / (2 * reach), abs=2e-3)


def test_what_is_not_kept_has_no_errors() -> None:
    of = problem()
    half = marks([place % 2 == 0 for place in range(len(of.cells))])
    whole, less = (Objective(of, keep, PRIOR) for keep in (everyone(of), half))
    vector = vector_of(whole.space, PRIOR)
    assert len(less.residuals(vector)) < len(whole.residuals(vector))
    shaken = of._replace(observed=np.where(half[:, None], of.observed, 3.0 * of.observed))
    assert (
        Objective(shaken, half, PRIOR).residuals(vector).tolist() == less.residuals(vector).tolist()
    )


# ---- recovery ----------------------------------------------------------------------------------


def fitted(of: Problem, keep: object = None) -> Fitted:
    return fit_to(of, everyone(of) if keep is None else keep, prior=PRIOR, start=PRIOR, rounds=40)


def effective(of: Calibration, name: str, engine: str, architecture: str) -> float:
    """Return a coefficient as it counts on one engine and architecture."""
    typical = {item.name: item.typical for item in FITTED}[name]
    value = of.typical.get(name, typical) * of.engines.get(engine, {}).get(name, 1.0)
    return value * of.architectures.get(architecture, {}).get(name, 1.0)


RECOVERED = [
    # coefficient, how near a fit to 48 rows without noise comes
    ("compute_efficiency", 0.03),
    ("memory_efficiency", 0.05),
    ("step_overhead_s", 0.15),
    ("kv_efficiency", 0.2),
    ("frontend_s", 0.25),
]


@pytest.mark.parametrize(("name", "near"), RECOVERED)
def test_known_coefficients_are_recovered(name: str, near: float) -> None:
    found = fitted(problem())
    calibration = coefficients_of(found.space, found.vector)
    for engine in ("vllm", "sglang"):
        for architecture in ("Hopper", "Ampere"):
            true = effective(TRUTH, name, engine, architecture)
            ours = effective(calibration, name, engine, architecture)
            assert ours == pytest.approx(true, rel=near)


@pytest.mark.parametrize(("noise", "median_off"), [(0.0, 0.015), (0.05, 0.05)])
def test_a_fit_says_what_was_measured(noise: float, median_off: float) -> None:
    of = problem(noise)
    off = np.abs(fitted(of).predicted / of.observed - 1.0)
    before = np.abs(of.base / of.observed - 1.0)
    assert np.median(off) < median_off
    assert np.median(off) < 0.5 * np.median(before)


@pytest.mark.parametrize("place", range(8))
def test_a_cell_that_is_left_out_is_predicted(place: int) -> None:
    """An engine on an architecture gets what both of them did elsewhere."""
    of = problem(0.05)
    keep = marks([row // 6 != place for row in range(len(of.cells))])
    found = fitted(of, keep).predicted[~keep]
    off = np.abs(found / of.observed[~keep] - 1.0)
    assert np.median(off) < 0.08


def test_what_nothing_was_measured_of_stays_at_the_prior() -> None:
    """No mixture of experts, no narrow format: nothing is learned about them."""
    found = fitted(problem())
    calibration = coefficients_of(found.space, found.vector)
    typical = {item.name: item.typical for item in FITTED}
    for name in ("expert_efficiency", "narrow_efficiency"):
        assert calibration.typical[name] == pytest.approx(typical[name])
        for factors in (*calibration.engines.values(), *calibration.architectures.values()):
            assert factors.get(name, 1.0) == pytest.approx(1.0)


def test_nothing_to_learn_from_changes_nothing() -> None:
    of = problem()
    found = fitted(of, marks([False] * len(of.cells)))
    assert found.vector == pytest.approx(found.space.centre)


@pytest.mark.parametrize("factor", [0.02, 50.0])
def test_no_measurement_moves_a_coefficient_beyond_its_prior(factor: float) -> None:
    of = problem()
    wild = fitted(of._replace(observed=factor * of.observed))
    space = wild.space
    assert (np.abs(wild.vector - space.centre) <= FURTHEST * space.spread * (1 + 1e-9)).all()


def test_one_wild_row_does_not_spoil_a_fit() -> None:
    of = problem(0.05)
    observed = of.observed.copy()
    observed[5] *= 8.0
    off = np.abs(fitted(of._replace(observed=observed)).predicted / of.observed - 1.0)
    assert np.median(off) < 0.05


def test_the_order_of_rows_does_not_matter() -> None:
    rows = lived(grid()[:12], noise=0.05)

    def found(items: tuple[Measurement, ...]) -> Calibration:
        played = [
            Played(row=row, subject=subject, replay=replay(subject, PRIOR, steps=True))
            for row in items
            for subject in (subject_of(row.conditions),)
        ]
        of = fitted(problem_of(played))
        return coefficients_of(of.space, of.vector)

    one, other = found(rows), found(rows[::-1])
    for item in FITTED:
        assert one.typical[item.name] == pytest.approx(other.typical[item.name], rel=1e-3)


# ---- the whole ---------------------------------------------------------------------------------


@cache
def calibrated() -> Calibration:
    return fit(lived(grid()[::2], noise=0.05, seed=1), prior=Calibration())


def test_a_calibration_remembers_what_it_was_fitted_to() -> None:
    found = calibrated()
    assert found.rows == len(grid()[::2])
    assert {cell.engine for cell in found.measured} == {"vllm", "sglang"}
    assert set(found.architectures) == {"Hopper", "Ampere"}
    runs = grid()[1::2]  # other loads of the same
    for told in predict(lived(runs), found):
        assert told.basis is Basis.MEASURED


def test_a_calibration_predicts_rows_that_it_did_not_see() -> None:
    rows = lived(grid()[1::2], noise=0.05, seed=2)
    for name, field in (("ttft", "ttft_s"), ("tpot", "tpot_s"), ("output_tok", "output_tok_per_s")):
        off = [
            [abs(told.values[name].value / getattr(row.measured, field) - 1.0)
             for row, told in zip(rows, predict(rows, calibration), strict=True)]
            for calibration in (calibrated(), Calibration())
        ]  # fmt: skip
        assert median(off[0]) < 0.08
        assert median(off[0]) < median(off[1])


def test_intervals_come_with_their_rows() -> None:
    for factors in calibrated().intervals.values():
        assert 0.2 < factors["low"] <= 1.0 <= factors["high"] < 5.0
        assert factors["rows"] >= 20


def test_a_prior_holds_where_nothing_was_measured() -> None:
    prior = replace(
        TRUTH,
        engines={**TRUTH.engines, "lmdeploy": {"step_overhead_s": 1.4}},
        architectures={**TRUTH.architectures, "Ada Lovelace": {"memory_efficiency": 0.9}},
    )
    found = fit(lived(grid()[:3]), prior=prior)
    assert found.engines["lmdeploy"] == prior.engines["lmdeploy"]
    assert found.engines["sglang"] == prior.engines["sglang"]
    assert found.architectures["Ada Lovelace"] == prior.architectures["Ada Lovelace"]
