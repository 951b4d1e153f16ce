"""Arrivals keep the stated mean rate, and vary around it as they say."""

from itertools import islice, pairwise
from math import exp, sqrt
from statistics import fmean, pvariance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.simulation.arrivals import (
    Arrivals,
    Even,
    OnOff,
    Profile,
    Renewal,
    wave,
)
from inferc.compiler.simulation.chance import Chance

MANY = 40_000


def times(process: Arrivals, count: int = MANY, seed: int = 7) -> list[float]:
    return list(islice(process.times(Chance(seed)), count))


def window_counts(at: list[float], window_s: float) -> list[int]:
    counts = [0] * int(at[-1] // window_s)
    for at_s in at:
        index = int(at_s // window_s)
        if index < len(counts):
            counts[index] += 1
    return counts


SPIKY = OnOff(rate_per_s=5.0, peak=4.0, spike_s=10.0, spike_share=0.1)

PROCESSES: list[tuple[Arrivals, float]] = [
    # process, and how far the number of its arrivals scatters: variance over mean
    (Even(rate_per_s=3.0), 0.0),
    (Renewal(rate_per_s=3.0), 1.0),
    (Renewal(rate_per_s=0.02, variation=0.5), 0.25),
    (Renewal(rate_per_s=3.0, variation=3.0), 9.0),
    # 1 + 2 rate variance / (1/spike_s + 1/calm_s), variance = share (1 - share) (4 - 2/3)^2
    (SPIKY, 1.0 + 2.0 * 5.0 * 0.09 * (10.0 / 3.0) ** 2 * 9.0),
    (Profile(rate_per_s=3.0, factors=(1, 5, 3, 0), each_s=60.0), 1.0),
    (Profile(rate_per_s=3.0, factors=wave(0.8, 24), each_s=30.0, variation=2.0), 4.0),
]


@pytest.mark.parametrize(("process", "scatter"), PROCESSES, ids=lambda item: type(item).__name__)
def test_the_mean_rate_is_the_stated_one(process: Arrivals, scatter: float) -> None:
    at = times(process)
    expected = process.rate_per_s * at[-1]
    # Within four standard errors; one arrival, and one period of a profile, are not finished.
    allowed = 4.0 * sqrt(scatter * MANY) + 1.0
    if isinstance(process, Profile):
        allowed += process.rate_per_s * process.each_s * len(process.factors)
    assert abs(MANY - expected) <= allowed + 1e-6 * MANY


@pytest.mark.parametrize(("process", "_scatter"), PROCESSES, ids=lambda item: type(item).__name__)
def test_times_are_in_order_and_the_same_for_the_same_seed(
    process: Arrivals, _scatter: float
) -> None:
    at = times(process, 2_000)
    assert at == times(process, 2_000)
    assert at[0] >= 0.0
    assert all(before <= after for before, after in pairwise(at))
    if not isinstance(process, Even):
        assert at != times(process, 2_000, seed=8)


@pytest.mark.parametrize("variation", [0.0, 0.5, 1.0, 3.0])
def test_gaps_have_the_stated_coefficient_of_variation(variation: float) -> None:
    at = times(Renewal(rate_per_s=2.0, variation=variation))
    between = [after - before for before, after in pairwise(at)]
    found = sqrt(pvariance(between)) / fmean(between)
    assert found == pytest.approx(variation, rel=0.05, abs=1e-9)


def test_a_variation_of_one_is_poisson() -> None:
    """Counts in windows have their mean as variance, and empty windows their share."""
    counts = window_counts(times(Renewal(rate_per_s=3.0)), 1.0)
    assert pvariance(counts) / fmean(counts) == pytest.approx(1.0, abs=0.05)
    assert counts.count(0) / len(counts) == pytest.approx(exp(-3.0), rel=0.1)


def test_spikes_take_their_share_of_time_at_their_rate() -> None:
    stretches = list(islice(SPIKY.stretches(Chance(3)), 20_000))
    spikes = [lasts_s for lasts_s, rate in stretches if rate == 20.0]
    calms = [lasts_s for lasts_s, rate in stretches if rate != 20.0]
    assert fmean(spikes) == pytest.approx(10.0, rel=0.04)
    assert sum(spikes) / (sum(spikes) + sum(calms)) == pytest.approx(0.1, rel=0.05)
    assert SPIKY.calm == pytest.approx((1 - 0.4) / 0.9)


def test_spikes_are_seen_in_the_arrivals() -> None:
    """The busiest ten seconds of spiky arrivals are far above those of Poisson arrivals."""
    spiky = window_counts(times(SPIKY), 10.0)
    poisson = window_counts(times(Renewal(rate_per_s=5.0)), 10.0)
    assert max(spiky) > 3.5 * fmean(spiky)
    assert max(poisson) < 1.8 * fmean(poisson)


def test_more_spikes_than_the_mean_allows_are_all_there_is() -> None:
    process = OnOff(rate_per_s=2.0, peak=4.0, spike_s=5.0, spike_share=0.9)
    assert process.share == 0.25
    assert process.calm == 0.0
    assert MANY / times(process)[-1] == pytest.approx(2.0, rel=0.1)


def test_a_profile_follows_its_table_each_time_round() -> None:
    at = times(Profile(rate_per_s=3.0, factors=(1, 5, 3, 0), each_s=60.0))
    counts = [0, 0, 0, 0]
    for at_s in at:
        counts[int(at_s // 60.0) % 4] += 1
    assert counts[3] == 0
    assert counts[1] / counts[0] == pytest.approx(5.0, rel=0.1)
    assert counts[2] / counts[0] == pytest.approx(3.0, rel=0.1)


def test_a_wave_has_mean_one_and_its_swing() -> None:
    factors = wave(0.5, 288)
    assert fmean(factors) == pytest.approx(1.0)
    assert max(factors) == pytest.approx(1.5, abs=1e-3)
    assert factors.index(max(factors)) in (143, 144)


def test_even_arrivals_need_no_chance() -> None:
    assert times(Even(rate_per_s=4.0), 3) == [0.25, 0.5, 0.75]


@settings(deadline=None, max_examples=40)
@given(
    peak=st.floats(1.0, 20.0),
    share=st.floats(0.001, 0.95),
    spike_s=st.floats(0.1, 100.0),
    seed=st.integers(0, 100),
)
def test_rates_of_spikes_and_calms_make_up_the_mean(
    peak: float, share: float, spike_s: float, seed: int
) -> None:
    process = OnOff(rate_per_s=3.0, peak=peak, spike_s=spike_s, spike_share=share)
    assert process.share * process.peak + (1.0 - process.share) * process.calm == pytest.approx(1.0)
    at = times(process, 200, seed)
    assert all(before <= after for before, after in pairwise(at))
