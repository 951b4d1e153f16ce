"""Intervals: quantiles of what was left out, wider where less is known."""

from itertools import pairwise
from math import exp, log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.calibration import intervals
from inferc.compiler.calibration.intervals import (
    FEWEST,
    UNSEEN,
    Residual,
    factors_of,
    interval,
    names_of,
    residual,
)
from inferc.compiler.calibration.values import METRICS, Basis

ENOUGH = 41
"""Residuals, an even fortieth apart: quantiles fall onto them."""


def evenly(
    low: float, high: float, metric: str = "tpot", load: str = "closed_loop",
    basis: Basis = Basis.MEASURED, count: int = ENOUGH,
) -> list[Residual]:  # fmt: skip
    """Return residuals evenly from ``low`` to ``high``."""
    step = (high - low) / (count - 1)
    return [(metric, load, basis, low + step * place) for place in range(count)]


def test_a_tenth_lies_beyond_each_end() -> None:
    found = factors_of(evenly(-1.0, 1.0))["measured_closed_tpot"]
    assert found == {
        "low": pytest.approx(exp(-0.8)),
        "high": pytest.approx(exp(0.8)),
        "rows": float(ENOUGH),
    }


def test_between_two_residuals_the_quantile_lies_between_them() -> None:
    """Of 26 from 0 to 25 the tenth lies at place 2.5, nine tenths at 22.5."""
    found = factors_of(evenly(-12.5, 12.5, count=26))["tpot"]
    assert log(found["low"]) == pytest.approx(-10.0)
    assert log(found["high"]) == pytest.approx(10.0)


def test_the_estimate_itself_is_always_inside() -> None:
    """A fit that is always too low is not made right by an interval without it."""
    high = factors_of(evenly(0.5, 1.0))["tpot"]
    low = factors_of(evenly(-1.0, -0.5))["tpot"]
    assert (high["low"], low["high"]) == (1.0, 1.0)
    assert high["high"] == pytest.approx(exp(0.95))


@pytest.mark.parametrize(("count", "known"), [(FEWEST - 1, False), (FEWEST, True)])
def test_few_rows_say_too_little(count: int, known: bool) -> None:
    assert bool(factors_of(evenly(-0.1, 0.1, count=count))) is known


def test_residuals_are_of_measured_over_predicted() -> None:
    assert residual("tpot", "burst", Basis.MEASURED, 2.0, 1.0)[-1] == pytest.approx(log(2.0))
    assert residual("tpot", "burst", Basis.MEASURED, 1.0, 2.0)[-1] == pytest.approx(-log(2.0))


LOADS = [
    ("closed_loop", "closed"),
    ("open_loop", "open"),
    ("mlperf_server", "open"),
    ("offline", "at_once"),
    ("burst", "at_once"),
    ("static_batch", "at_once"),
    ("mlperf_offline", "at_once"),
]


@pytest.mark.parametrize(("load", "kind"), LOADS)
def test_narrow_classes_come_first(load: str, kind: str) -> None:
    assert list(names_of("ttft", load, Basis.SPEC_SHEET)) == [
        f"spec_sheet_{kind}_ttft",
        "spec_sheet_ttft",
        "ttft",
    ]


FALLBACK = [
    # classes that are known, load, what it rests on, which one answers
    (("measured_closed_tpot", "measured_tpot", "tpot"), "closed_loop", Basis.MEASURED, 0),
    (("measured_closed_tpot", "measured_tpot", "tpot"), "open_loop", Basis.MEASURED, 1),
    (("measured_closed_tpot", "tpot"), "open_loop", Basis.MEASURED, 1),
    (("measured_closed_ttft", "ttft"), "closed_loop", Basis.MEASURED, None),
    ((), "closed_loop", Basis.MEASURED, None),
    (("calibrated_closed_tpot",), "closed_loop", Basis.CALIBRATED, None),  # as wide as unmeasured
]


@pytest.mark.parametrize(("known", "load", "basis", "which"), FALLBACK, ids=str)
def test_a_wider_class_stands_in(
    known: tuple[str, ...], load: str, basis: Basis, which: int | None
) -> None:
    factors = {
        name: {"low": 0.9 - place / 100, "high": 1.1 + place / 100, "rows": 30.0}
        for place, name in enumerate(known)
    }
    expected = UNSEEN["tpot"]
    if which is not None:
        expected = (factors[known[which]]["low"], factors[known[which]]["high"])
    assert interval(factors, "tpot", load, basis) == expected


def test_what_rests_on_less_is_never_surer() -> None:
    factors = {
        "measured_tpot": {"low": 0.7, "high": 1.2},
        "calibrated_tpot": {"low": 0.8, "high": 1.4},
        "spec_sheet_tpot": {"low": 0.75, "high": 1.3},
    }
    found = [interval(factors, "tpot", "closed_loop", basis) for basis in Basis]
    assert found == [(0.7, 1.2), (0.7, 1.4), (0.7, 1.4)]


ENDS = st.tuples(st.floats(0.2, 1.0), st.floats(1.0, 5.0))
CLASSES = sorted(
    {
        name
        for metric in METRICS
        for load, _ in LOADS
        for basis in Basis
        for name in names_of(metric, load, basis)
    }
)


@settings(deadline=None, max_examples=80)
@given(
    st.dictionaries(st.sampled_from(CLASSES), ENDS, max_size=12),
    st.sampled_from(METRICS),
    st.sampled_from([load for load, _ in LOADS]),
)
def test_intervals_only_widen_from_basis_to_basis(
    known: dict[str, tuple[float, float]], metric: str, load: str
) -> None:
    factors = {name: {"low": low, "high": high} for name, (low, high) in known.items()}
    found = [interval(factors, metric, load, basis) for basis in Basis]
    for (low, high), (wider_low, wider_high) in pairwise(found):
        assert wider_low <= low <= 1.0 <= high <= wider_high


@pytest.mark.parametrize("spread", [0.05, 0.3])
def test_intervals_hold_four_fifths_of_what_comes_after(spread: float) -> None:
    chance = Random(1)

    def drawn(count: int) -> list[float]:
        return [chance.gauss(0.02, spread) for _ in range(count)]

    factors = factors_of(("tpot", "closed_loop", Basis.MEASURED, value) for value in drawn(2000))
    low, high = interval(factors, "tpot", "closed_loop", Basis.MEASURED)
    inside = [low <= exp(value) <= high for value in drawn(2000)]
    assert sum(inside) / len(inside) == pytest.approx(intervals.NOMINAL, abs=0.025)
