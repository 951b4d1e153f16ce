"""Percentiles, waits and lengths against tables and known cases."""

import random
from math import inf, isclose, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.perf.queueing import (
    at_most,
    gamma_quantile,
    length_quantile,
    length_variation,
    mean_wait_s,
    normal_quantile,
    percentile_s,
    wait_variance,
)


@pytest.mark.parametrize(
    ("probability", "z"), [(0.5, 0.0), (0.95, 1.6449), (0.99, 2.3263), (0.999, 3.0902)]
)
def test_normal_quantiles_are_those_of_any_table(probability: float, z: float) -> None:
    assert normal_quantile(probability) == pytest.approx(z, abs=1e-4)


CHI_SQUARE = [
    # 95th percentiles of chi-square, any table: degrees of freedom, value
    (1, 3.841),
    (2, 5.991),
    (4, 9.488),
    (10, 18.307),
    (30, 43.773),
]


@pytest.mark.parametrize(("degrees", "value"), CHI_SQUARE)
def test_gamma_quantiles_are_those_of_chi_square(degrees: int, value: float) -> None:
    assert gamma_quantile(degrees, 2 / degrees, 0.95) == pytest.approx(value, rel=0.03)


@given(ratio=st.floats(1.0, 4.6), mean=st.floats(1, 1e5))
def test_the_p95_of_lengths_is_what_was_stated(ratio: float, mean: float) -> None:
    assert length_quantile(mean, ratio, 0.95) == pytest.approx(ratio * mean, rel=1e-6)


def test_lengths_vary_as_in_production() -> None:
    """Azure 2023 and Mooncake 2025, counted: tail, and variance over squared mean."""
    counted = [(3.54, 0.92), (3.57, 0.93), (3.29, 1.72), (2.14, 0.60), (2.04, 0.53)]
    for tail, variation in counted:
        assert 0.5 * variation <= length_variation(tail) <= 2 * variation


def test_equal_lengths_do_not_vary() -> None:
    assert length_variation(1.0) == pytest.approx(0.0, abs=1e-9)


WAITS = [
    # M/D/1 and M/M/1 in closed form: rho / (2 (1 - rho)) and rho / (1 - rho) service times
    (0.5, 0.0, 0.5),
    (0.8, 0.0, 2.0),
    (0.5, 1.0, 1.0),
    (0.9, 1.0, 9.0),
]


@pytest.mark.parametrize(("load", "variation", "expected"), WAITS)
def test_waits_of_textbook_queues(load: float, variation: float, expected: float) -> None:
    assert mean_wait_s(load, 1.0, variation) == pytest.approx(expected)


def test_a_queue_that_is_too_full_grows_without_end() -> None:
    assert mean_wait_s(1.0, 1.0, 1.0) == inf


def test_the_variance_of_a_wait_is_that_of_mm1() -> None:
    """M/M/1 at load r, service 1: P(W > t) = r exp(-(1-r) t), so Var = r (2 - r) / (1 - r)^2."""
    for load in (0.2, 0.5, 0.9):
        mean = load / (1 - load)
        assert wait_variance(load, mean) == pytest.approx(load * (2 - load) / (1 - load) ** 2)


def test_percentiles_of_an_exponential_wait_are_near() -> None:
    assert percentile_s(1.0, 1.0, 0.95) == pytest.approx(log(20), rel=0.08)
    assert percentile_s(1.0, 1.0, 0.99) == pytest.approx(log(100), rel=0.08)


@settings(deadline=None)
@given(
    mean=st.floats(0.001, 100),
    variance=st.floats(0.0, 100),
    low=st.floats(0.5, 0.99),
    rise=st.floats(0.0, 0.009),
)
def test_higher_percentiles_are_never_lower(
    mean: float, variance: float, low: float, rise: float
) -> None:
    lower, higher = percentile_s(mean, variance, low), percentile_s(mean, variance, low + rise)
    assert higher >= lower or isclose(higher, lower)


def test_numbers_present_stay_below_the_level_as_often_as_said() -> None:
    rng = random.Random(3)  # the same numbers every time
    mean = 40.0
    level = at_most(mean, mean, 0.99)
    present = [poisson(rng, mean) for _ in range(4000)]
    share = sum(number <= level for number in present) / len(present)
    assert 0.98 <= share <= 0.999


def poisson(rng: random.Random, mean: float) -> int:
    count, time = 0, rng.expovariate(1.0)
    while time < mean:
        count += 1
        time += rng.expovariate(1.0)
    return count
