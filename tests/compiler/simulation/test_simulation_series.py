"""Distributions in bounded memory: exact while they are small, and close beyond."""

import itertools
import random
import statistics

import pytest
from support.loads import quantile

from inferc.compiler.simulation.series import FULL, Series
from inferc.compiler.simulation.tally import MOMENTS, Tally

SHARES = ((0.5, "p50_s"), (0.9, "p90_s"), (0.95, "p95_s"), (0.99, "p99_s"))


def filled(values: list[float], weights: list[int] | None = None) -> Series:
    series = Series()
    for place, value in enumerate(values):
        series.values.append(value)
        if weights is not None:
            series.weights.append(weights[place])
        if len(series.values) >= FULL:
            series.settle()
    return series


def drawn(count: int) -> list[float]:
    rng = random.Random(1)
    return [rng.lognormvariate(-3.0, 1.0) for _ in range(count)]


def test_nothing_added_is_nothing_found() -> None:
    assert Series().latency().count == 0
    empty = Series()
    empty.settle()
    assert empty.latency().mean_s == 0.0


def test_few_values_are_exact() -> None:
    values = drawn(1000)
    found = filled(values).latency()
    assert found.mean_s == pytest.approx(statistics.fmean(values))
    for share, name in SHARES:
        assert getattr(found, name) == pytest.approx(quantile(values, share))
    assert found.largest_s == max(values)


def test_many_values_are_within_a_per_cent() -> None:
    values = drawn(3 * FULL + 17)
    found = filled(values).latency()
    assert found.count == len(values)
    assert found.mean_s == pytest.approx(statistics.fmean(values))
    for share, name in SHARES:
        assert getattr(found, name) == pytest.approx(quantile(values, share), rel=0.01)
    assert found.largest_s == max(values)


@pytest.mark.parametrize("count", [20_000, 2 * FULL])
def test_a_weight_counts_as_so_many_values(count: int) -> None:
    values = drawn(count)
    weights = [1 + place % 4 for place in range(count)]
    spread = [value for value, weight in zip(values, weights, strict=True) for _ in range(weight)]
    found = filled(values, weights).latency()
    assert found.count == len(spread)
    assert found.mean_s == pytest.approx(statistics.fmean(spread))
    for share, name in SHARES:
        assert getattr(found, name) == pytest.approx(quantile(spread, share), rel=0.01)


@pytest.mark.parametrize("sizes", [(100, 200), (FULL + 5, 300), (300, FULL + 5), (2 * FULL, FULL)])
def test_merged_series_are_as_one(sizes: tuple[int, int]) -> None:
    values = drawn(sum(sizes))
    one, other = filled(values[: sizes[0]]), filled(values[sizes[0] :])
    one.merge(other)
    found = one.latency()
    assert found.count == len(values)
    assert found.mean_s == pytest.approx(statistics.fmean(values))
    for share, name in SHARES:
        assert getattr(found, name) == pytest.approx(quantile(values, share), rel=0.01)
    assert found.largest_s == max(values)


def test_memory_does_not_grow_with_what_is_added() -> None:
    series = filled(drawn(3 * FULL))
    assert len(series.values) < FULL
    series.forget()
    assert series.latency().count == 0


def test_samples_over_time_are_thinned_out_evenly() -> None:
    tally = Tally()
    due_s = 0.0
    for place in range(200_000):
        at_s = place * 0.01
        if at_s >= due_s:
            due_s = tally.sample(at_s, place % 7, 1)
    times = [moment.at_s for moment in tally.moments]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert MOMENTS / 3 < len(times) <= MOMENTS
    assert max(gaps[1:]) < 6 * statistics.median(gaps)
    assert times[-1] > 0.98 * 2000
