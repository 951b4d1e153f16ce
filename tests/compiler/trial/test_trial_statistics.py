"""Several runs to one figure: mixtures of distributions, and intervals that hold what they say."""

from math import sqrt
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.simulation.values import SHARES, Latency
from inferc.compiler.trial.statistics import (
    figure,
    mean_s,
    quantile_s,
    share_below,
    student_t,
)


def run(values: list[float]) -> Latency:
    """Return a run in which these latencies were measured."""
    ordered = sorted(values)

    def at(share: float) -> float:
        rank = share * (len(ordered) - 1)
        low = int(rank)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)

    return Latency(
        count=len(ordered),
        mean_s=fmean(ordered),
        p50_s=at(0.5),
        p90_s=at(0.9),
        p95_s=at(0.95),
        p99_s=at(0.99),
        largest_s=ordered[-1],
        curve_s=tuple(map(at, SHARES)),
    )


def exponentials(count: int, seed: int) -> list[float]:
    random = Random(seed)
    return [random.expovariate(1.0) for _ in range(count)]


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.99])
def test_a_percentile_of_all_runs_is_that_of_all_values(share: float) -> None:
    runs = [[5.0 * value for value in exponentials(4_000, 1)], exponentials(12_000, 2)]
    together = run([value for values in runs for value in values])
    found = quantile_s([run(values) for values in runs], share)
    assert found == pytest.approx(together.quantile_s(share), rel=0.02)


def test_a_percentile_is_no_mean_of_percentiles() -> None:
    """One run in four with a spike decides the 95th percentile of all, whatever the others say."""
    runs = [run([1.0 + value / 100 for value in exponentials(500, seed)]) for seed in range(3)]
    runs.append(run([50.0 + value for value in exponentials(500, 9)]))
    assert quantile_s(runs, 0.95) > 50.0
    assert quantile_s(runs, 0.7) < 2.0


def test_the_mean_weighs_runs_by_what_was_measured_in_them() -> None:
    assert mean_s([run([1.0, 1.0, 1.0]), run([5.0])]) == 2.0
    assert mean_s([]) == 0.0
    assert quantile_s([], 0.5) == 0.0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=80, unique=True), st.floats(0.01, 0.99))
def test_shares_and_percentiles_are_the_inverse_of_each_other(
    values: list[int], share: float
) -> None:
    one = run([value / 1e3 for value in values])
    found = one.quantile_s(share)
    assert share_below(one.curve_s, found) == pytest.approx(share, abs=1e-6)
    assert quantile_s([one], share) == pytest.approx(found)


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    runs = [run([value]) for value in (1.0, 2.0, 4.0, 7.0)]
    found = figure(runs, mean_s)
    assert found.value == 3.5
    assert found.plus_minus == pytest.approx(3.182 * stdev((1.0, 2.0, 4.0, 7.0)) / sqrt(4))


def test_one_run_has_no_interval() -> None:
    assert figure([run([1.0, 2.0])], mean_s).plus_minus is None


@pytest.mark.parametrize(("share", "truth"), [(0.5, 0.6931), (0.95, 2.9957), (0.99, 4.6052)])
def test_intervals_cover_the_truth_as_often_as_they_say(share: float, truth: float) -> None:
    """Of a hundred intervals of 95 %, about 95: fewer than 87 come by chance once in 3,000."""
    covered = 0
    for trial in range(100):
        runs = [run(exponentials(300, 1_000 * trial + seed)) for seed in range(8)]
        found = figure(runs, lambda every: quantile_s(every, share))
        assert found.plus_minus is not None
        covered += abs(found.value - truth) <= found.plus_minus
    assert covered >= 87


def test_students_t_goes_on_beyond_its_table() -> None:
    values = [student_t(freedom) for freedom in range(1, 200)]
    assert values == sorted(values, reverse=True)
    assert student_t(30) == pytest.approx(2.042, rel=0.005)
    assert student_t(1000) == pytest.approx(1.962, rel=0.005)
