"""Requests that wait to be answered together, against textbook formulas and a simulation."""

from itertools import pairwise
from math import exp, factorial, inf, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.batching import simulate_batcher

from inferc.compiler.perf.dynamic_batching import (
    Batcher,
    all_busy,
    collected,
    counts,
    queueing,
)

FIXED_S, ITEM_S = 4e-3, 1e-3


def seconds(batch: int) -> float:
    """Return the time of a batch on an instance with a knee at four items."""
    return FIXED_S + ITEM_S * batch


def constant(_: int) -> float:
    return FIXED_S


@pytest.mark.parametrize("load", [0.05, 0.3, 0.5, 0.7, 0.8, 0.9])
def test_single_requests_on_one_instance_wait_as_in_m_d_1(load: float) -> None:
    """W = rho s / (2 (1 - rho)), Pollaczek and Khinchine for constant service."""
    found = queueing(load / FIXED_S, Batcher(1), constant)
    assert found.mean_wait_s == pytest.approx(load * FIXED_S / (2 * (1 - load)), rel=0.01)
    assert found.mean_batch == pytest.approx(1.0)
    assert found.load == pytest.approx(load)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.9])
def test_percentiles_of_m_d_1_are_those_of_its_distribution(load: float) -> None:
    """Erlang (1909): P(W <= t) = (1 - rho) sum_k (-r (t - k s))^k / k! e^(r (t - k s))."""
    rate = load / FIXED_S
    wait = queueing(rate, Batcher(1), constant).latency_s["p95"] - FIXED_S
    below = 0.0
    for k in range(int(wait / FIXED_S) + 1):
        left = rate * (wait - k * FIXED_S)
        below += (-left) ** k / factorial(k) * exp(left)
    assert (1 - load) * below == pytest.approx(0.95, abs=0.012)


def inoue_bound_s(rate: float) -> float:
    """Return the closed form of the mean latency of unbounded batches without a delay.

    Inoue, Queueing analysis of GPU-based inference servers with dynamic batching (2021), theorem 2,
    an upper bound which the author found to be tight.
    """
    first = (ITEM_S + FIXED_S) / (2 * (1 - rate * ITEM_S))
    first *= 1 + 2 * rate * FIXED_S + (1 - rate * FIXED_S) / (1 + rate * ITEM_S)
    second = 1.5 * FIXED_S / (1 - rate * ITEM_S)
    second += ITEM_S / 2 * (rate * ITEM_S + 2) / (1 - (rate * ITEM_S) ** 2)
    return min(first, second)


@pytest.mark.parametrize("load", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_unbounded_batches_have_the_latency_of_inoue(load: float) -> None:
    rate = load / ITEM_S
    found = queueing(rate, Batcher(4000), seconds)
    bound = inoue_bound_s(rate)
    assert found.latency_s["mean"] <= bound * 1.03
    assert found.latency_s["mean"] == pytest.approx(bound, rel=0.12)


SIMULATED = [
    # batcher, share of the largest throughput, tolerance of mean, p50 and p95, and of p99
    (Batcher(8), 0.1, 0.05, 0.08),
    (Batcher(8), 0.7, 0.05, 0.08),
    (Batcher(8), 0.9, 0.06, 0.10),
    (Batcher(32), 0.4, 0.06, 0.08),
    (Batcher(32), 0.8, 0.06, 0.08),
    (Batcher(32, 0.005), 0.1, 0.06, 0.10),
    (Batcher(32, 0.005), 0.5, 0.06, 0.08),
    (Batcher(32, 0.020), 0.4, 0.06, 0.10),
    (Batcher(32, 0.020), 0.8, 0.06, 0.10),
    (Batcher(8, 0.005, from_arrival=False), 0.4, 0.06, 0.08),
    (Batcher(8, 0.005, from_arrival=False), 0.7, 0.08, 0.10),
    (Batcher(128), 0.9, 0.08, 0.12),
    (Batcher(400), 0.95, 0.09, 0.15),
    (Batcher(128, 0.050), 0.5, 0.08, 0.10),
    (Batcher(8, 0.0, 2), 0.4, 0.10, 0.10),
    (Batcher(8, 0.0, 2), 0.8, 0.15, 0.15),
    (Batcher(8, 0.0, 4), 0.4, 0.10, 0.10),
    (Batcher(8, 0.0, 4), 0.8, 0.15, 0.15),
    (Batcher(8, 0.005, 4), 0.4, 0.12, 0.15),
]


@pytest.mark.parametrize(("batcher", "load", "near", "tail"), SIMULATED)
def test_a_simulation_agrees(batcher: Batcher, load: float, near: float, tail: float) -> None:
    rate = load * batcher.instances * batcher.max_batch / seconds(batcher.max_batch)
    found = queueing(rate, batcher, seconds)
    truth = simulate_batcher(rate, batcher, seconds)
    assert found.mean_batch == pytest.approx(truth.mean_batch, rel=near)
    assert found.latency_s["mean"] == pytest.approx(truth.mean_s, rel=near)
    for name in ("p50", "p95"):
        assert found.latency_s[name] == pytest.approx(truth.percentiles_s[name], rel=near)
    assert found.latency_s["p99"] == pytest.approx(truth.percentiles_s["p99"], rel=tail)


@pytest.mark.parametrize(("load", "near"), [(0.4, 0.10), (0.7, 0.10), (0.85, 0.25)])
def test_burstier_arrivals_are_followed_roughly(load: float, near: float) -> None:
    """Gaps that vary twice as much: the mean within a tenth, a quarter close to the limit.

    At a tenth of the load, where a burst finds the instance idle, the mean is a fifth low.
    """
    batcher = Batcher(8)
    rate = load * 8 / seconds(8)
    found = queueing(rate, batcher, seconds, dispersion=4.0)
    truth = simulate_batcher(rate, batcher, seconds, variation=2.0, requests=150_000)
    assert found.latency_s["mean"] == pytest.approx(truth.mean_s, rel=near)
    assert found.latency_s["mean"] > queueing(rate, batcher, seconds).latency_s["mean"]


def test_a_fuller_queue_waits_longer_and_batches_more() -> None:
    batcher = Batcher(32, 0.002, 2)
    limit = 2 * 32 / seconds(32)
    found = [queueing(share * limit, batcher, seconds) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]
    for less, more in pairwise(found):
        assert less.mean_batch < more.mean_batch
        assert less.latency_s["p99"] <= more.latency_s["p99"] * 1.02
        assert less.load < more.load


def test_beyond_the_largest_throughput_nothing_is_promised() -> None:
    batcher = Batcher(16, 0.001, 3)
    limit = 3 * 16 / seconds(16)
    assert queueing(0.98 * limit, batcher, seconds).stable
    found = queueing(1.01 * limit, batcher, seconds)
    assert not found.stable
    assert found.latency_s == {"mean": inf, "p50": inf, "p95": inf, "p99": inf}
    assert found.mean_batch == 16.0
    assert found.largest_per_s == pytest.approx(limit)


def test_a_request_alone_waits_for_the_delay_and_no_longer() -> None:
    found = queueing(0.01, Batcher(8, 0.030), seconds)
    assert found.mean_wait_s == pytest.approx(0.030, rel=0.001)
    assert found.latency_s["p99"] == pytest.approx(0.030 + seconds(1), rel=0.001)
    assert queueing(0.01, Batcher(1, 0.030), seconds).mean_wait_s < 1e-4


def test_waiting_for_a_batch_pays_where_it_carries_more() -> None:
    """At a rate that single requests could not be served at, a batch serves them all."""
    rate = 2 / seconds(1)
    assert not queueing(rate, Batcher(1), seconds).stable
    assert queueing(rate, Batcher(8), seconds).latency_s["p99"] < 4 * seconds(8)


def test_the_batch_that_collects_itself() -> None:
    """b = r (a + c b) gives b = r a / (1 - r c)."""
    rate = 0.8 / ITEM_S
    expected = rate * FIXED_S / (1 - rate * ITEM_S)
    assert collected(rate, Batcher(1000), seconds) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("instances", "load", "waits"), [(1, 0.5, 0.5), (2, 0.5, 1 / 3), (4, 0.75, 0.5094)]
)
def test_all_instances_are_busy_as_often_as_erlang_says(
    instances: int, load: float, waits: float
) -> None:
    """Erlang C: 1/3 for two servers at a half, 0.5094 for four at three quarters (tables)."""
    assert all_busy(instances, load) * load == pytest.approx(waits, rel=1e-3)


@settings(deadline=None)
@given(
    mean=st.floats(min_value=0.01, max_value=400.0),
    dispersion=st.sampled_from([0.02, 0.25, 0.5, 1.0, 2.0, 9.0]),
)
def test_counts_have_the_moments_that_are_asked_for(mean: float, dispersion: float) -> None:
    found = counts(mean, dispersion)
    assert sum(chance for _, chance in found) == pytest.approx(1.0)
    first = sum(number * chance for number, chance in found)
    second = sum(number**2 * chance for number, chance in found)
    if dispersion >= 1.0 or mean > 20.0:
        assert first == pytest.approx(mean, rel=0.01, abs=0.01)
        spread = sqrt(max(0.0, second - first**2))
        assert spread == pytest.approx(sqrt(dispersion * mean), rel=0.05, abs=0.6)


@settings(deadline=None, max_examples=40)
@given(
    load=st.floats(min_value=0.01, max_value=0.9),
    most=st.integers(min_value=1, max_value=24),
    delay_s=st.sampled_from([0.0, 0.001, 0.01]),
    instances=st.integers(min_value=1, max_value=3),
)
def test_whatever_the_batcher_nobody_is_faster_than_alone(
    load: float, most: int, delay_s: float, instances: int
) -> None:
    rate = load * instances * most / seconds(most)
    found = queueing(rate, Batcher(most, delay_s, instances), seconds)
    assert found.stable
    assert 1.0 - 1e-9 <= found.mean_batch <= most + 1e-9
    assert seconds(1) <= found.latency_s["p50"] <= found.latency_s["p95"]
    assert found.latency_s["p95"] <= found.latency_s["p99"]
    assert found.latency_s["mean"] >= found.mean_wait_s + seconds(1) * 0.999
