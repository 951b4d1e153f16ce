"""Percentiles in bounded memory, within the stated error."""

import sys
from math import ceil, isnan
from random import Random
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.simulation.sketch import ACCURACY, Percentiles

SHARES = (0.01, 0.5, 0.9, 0.95, 0.99, 0.999)


def around(values: list[float], share: float) -> tuple[float, float]:
    """Return the two values beside the rank of a percentile."""
    rank = share * (len(values) - 1)
    return values[int(rank)], values[ceil(rank)]


def heavy_tails(seed: int) -> dict[str, list[float]]:
    random = Random(seed)
    return {
        "lognormal": [random.lognormvariate(-2.0, 2.0) for _ in range(20_000)],
        "pareto": [1e-3 * random.paretovariate(1.1) for _ in range(20_000)],
        "two humps": [
            random.choice((0.02, 40.0)) * random.uniform(0.9, 1.1) for _ in range(20_000)
        ],
        "one value": [0.25] * 100,
    }


@pytest.mark.parametrize("name", sorted(heavy_tails(1)))
@pytest.mark.parametrize("share", SHARES)
def test_a_percentile_is_within_the_stated_error(name: str, share: float) -> None:
    values = heavy_tails(1)[name]
    found = Percentiles(values).quantile(share)
    low, high = around(sorted(values), share)
    assert low * (1.0 - ACCURACY) <= found <= high * (1.0 + ACCURACY)


@settings(deadline=None, max_examples=60)
@given(
    values=st.lists(st.floats(1e-7, 1e7), min_size=1, max_size=60),
    share=st.floats(0.0, 1.0),
)
def test_any_percentile_of_any_values(values: list[float], share: float) -> None:
    found = Percentiles(values).quantile(share)
    low, high = around(sorted(values), share)
    assert low * (1.0 - ACCURACY) * (1 - 1e-9) <= found <= high * (1.0 + ACCURACY) * (1 + 1e-9)


def test_mean_and_count_are_exact() -> None:
    found = Percentiles([1.0, 2.0, 6.0])
    assert (found.count, found.mean) == (3, 3.0)


def test_zero_is_a_value() -> None:
    found = Percentiles([0.0] * 90 + [1.0] * 10)
    assert found.quantile(0.5) == 0.0
    assert found.quantile(0.99) == pytest.approx(1.0, rel=ACCURACY)


def test_nothing_has_no_percentiles() -> None:
    found = Percentiles()
    assert isnan(found.mean)
    assert isnan(found.quantile(0.5))
    assert found.count == 0


def test_merged_is_as_if_added_to_one() -> None:
    values = heavy_tails(2)["lognormal"]
    first, second, whole = Percentiles(values[:700]), Percentiles(values[700:]), Percentiles(values)
    first.merge(second)
    assert first.count == whole.count
    assert first.mean == pytest.approx(whole.mean)
    assert [first.quantile(share) for share in SHARES] == [
        whole.quantile(share) for share in SHARES
    ]


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    random = Random(3)
    few, many = (
        Percentiles(random.lognormvariate(0.0, 3.0) for _ in range(count))
        for count in (20_000, 200_000)
    )

    def size(held: Percentiles) -> int:
        return sys.getsizeof(held._sketch._store.bins)

    assert size(many) <= 1.5 * size(few)


def test_adding_is_quick() -> None:
    """The simulator adds three values a request, 150,000 a second: half of its time at most."""
    values = [Random(4).lognormvariate(0.0, 1.0) for _ in range(1000)] * 50
    best = min(_seconds(values) for _ in range(3))
    assert best / len(values) < 3e-6


def _seconds(values: list[float]) -> float:
    found = Percentiles()
    began = perf_counter()
    found.extend(values)
    return perf_counter() - began
