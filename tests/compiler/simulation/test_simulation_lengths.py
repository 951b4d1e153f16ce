"""Lengths keep mean and tail, and pairs that were seen together stay together."""

from itertools import islice
from math import sqrt
from statistics import fmean, pvariance

import pytest
from support.models import design_of

from inferc.compiler.perf.queueing import length_variation
from inferc.compiler.simulation.arrivals import OnOff, Profile, Renewal
from inferc.compiler.simulation.chance import Chance
from inferc.compiler.simulation.lengths import (
    Apart,
    Constant,
    Empirical,
    Gamma,
    Lengths,
    Lognormal,
    Pairs,
    Together,
    Uniform,
)
from inferc.compiler.simulation.traffic import Traffic, held, lengths_of, stated

MANY = 40_000


def drawn(lengths: Lengths, seed: int = 5) -> list[float]:
    draw = lengths.draws(Chance(seed))
    return sorted(draw() for _ in range(MANY))


def pairs(source: Pairs, count: int = MANY) -> list[tuple[int, int]]:
    return list(islice(source.pairs(Chance(5)), count))


CASES: list[tuple[Lengths, float, float]] = [
    # lengths, their mean, their p95
    (Constant(tok=300.0), 300.0, 300.0),
    (Uniform(nominal_tok=1000.0), 900.0, 990.0),
    (Uniform(nominal_tok=1000.0, low=0.0), 500.0, 950.0),
    (Gamma(mean_tok=250.0, p95_over_mean=1.0), 250.0, 250.0),
    (Gamma(mean_tok=250.0, p95_over_mean=2.0), 250.0, 500.0),
    (Gamma(mean_tok=250.0, p95_over_mean=3.5), 250.0, 875.0),
    (Lognormal(mean_tok=250.0, p95_over_mean=1.0), 250.0, 250.0),
    (Lognormal(mean_tok=250.0, p95_over_mean=2.0), 250.0, 500.0),
    (Lognormal(mean_tok=250.0, p95_over_mean=3.2), 250.0, 800.0),
    (Empirical(seen_tok=(10.0, 20.0, 30.0)), 20.0, 30.0),
]


@pytest.mark.parametrize(("lengths", "mean", "p95"), CASES, ids=lambda item: str(item)[:40])
def test_mean_and_tail_are_the_stated_ones(lengths: Lengths, mean: float, p95: float) -> None:
    found = drawn(lengths)
    error = sqrt(pvariance(found) / MANY)
    assert abs(fmean(found) - mean) <= 4.0 * error + 1e-9
    # Wilson and Hilferty's root, by which the gamma distribution is found, is good to 2 %.
    assert found[int(0.95 * MANY)] == pytest.approx(p95, rel=0.03)


def test_gamma_lengths_have_the_variance_of_the_closed_form() -> None:
    found = drawn(Gamma(mean_tok=400.0, p95_over_mean=2.5))
    assert pvariance(found) / 400.0**2 == pytest.approx(length_variation(2.5), rel=0.05)


def test_lognormal_has_the_heavier_tail() -> None:
    gamma, lognormal = (
        drawn(kind(mean_tok=400.0, p95_over_mean=2.5)) for kind in (Gamma, Lognormal)
    )
    assert lognormal[int(0.999 * MANY)] > 1.2 * gamma[int(0.999 * MANY)]


def test_tails_beyond_what_a_distribution_has_are_its_longest() -> None:
    longest = drawn(Lognormal(mean_tok=100.0, p95_over_mean=50.0))
    assert longest[int(0.95 * MANY)] == pytest.approx(387.0, rel=0.1)


def test_lengths_of_requests_are_whole_and_at_least_one() -> None:
    source = Apart(
        prompt=Gamma(mean_tok=1.2, p95_over_mean=3.0),
        output=Gamma(mean_tok=80.0, p95_over_mean=2.0),
    )
    found = pairs(source)
    assert {type(tok) for pair in found for tok in pair} == {int}
    assert min(prompt for prompt, _ in found) == 1
    assert fmean(output for _, output in found) == pytest.approx(80.0, rel=0.02)


def test_pairs_seen_together_stay_together() -> None:
    seen = [(10, 1), (20, 2), (30, 3)]
    found = pairs(Together(seen_tok=seen))
    assert set(found) == set(seen)
    assert found.count((20, 2)) == pytest.approx(MANY / 3, rel=0.05)


LOAD = """infer 1
import std.catalog as cat
topology t {{
  cluster dc {{ platform = kubernetes
    pool gpu {{ gpu = 2 * cat.gpu.nvidia.l40s; nodes = 1 }} }}
  service chat {{
    model = cat.models.meta.llama_3_1_8b_instruct
    on = dc.gpu
    load {{ rate = 4 req/s; {shape}
      prompt_tokens = dist(mean = 300, p95 = 900); output_tokens = 150 }}
    sla {{ p95 ttft <= 1s }}
  }}
}}
"""

ARRIVALS = [
    # what the file says of the shape; what is simulated, as (peak, seconds, share)
    ("shape = steady", None),
    ("peak = 1x", None),
    ("", (1.5, 16.0, 0.05)),
    ("peak = 3x", (3.0, 16.0, 0.05)),
    ("shape = spiky", (2.0, 16.0, 0.05)),
    ("shape = spiky(peak = 3x)", (3.0, 16.0, 0.05)),
    ("shape = spiky(peak = 3x, lasting = 40s)", (3.0, 40.0, 0.05)),
]


@pytest.mark.parametrize(("shape", "spikes"), ARRIVALS)
def test_a_design_says_how_its_requests_come(
    shape: str, spikes: tuple[float, float, float] | None
) -> None:
    (service,) = design_of(LOAD.format(shape=shape)).services
    found = stated(service.load)
    if spikes is None:
        assert found == Renewal(rate_per_s=4.0)
    else:
        peak, lasts_s, share = spikes
        assert found == OnOff(rate_per_s=4.0, peak=peak, spike_s=lasts_s, spike_share=share)
    assert held(service.load) == Renewal(rate_per_s=4.0 * service.load.peak.value)


def test_a_week_begins_with_its_busiest_hours() -> None:
    shape = 'shape = office_hours(peak = 5x, window = "08:00-18:00 UTC")'
    (service,) = design_of(LOAD.format(shape=shape)).services
    found = stated(service.load)
    assert isinstance(found, Profile)
    assert found.each_s == 3600.0
    busy = pytest.approx(4.0 * 168 / 50)
    assert found.rates_per_s[:11] == (*[busy] * 10, 0.0)
    assert sum(found.rates_per_s) / len(found.rates_per_s) == pytest.approx(4.0)


OWN = [
    # what a shape of one's own says beside its peak of 3, and what is simulated
    ("lasting = 30s; share = 10%", (3.0, 30.0, 0.1)),
    ("lasting = 30s; share = 0%", None),
    ("lasting = 30s", None),
    ("", None),
]


@pytest.mark.parametrize(("says", "spikes"), OWN)
def test_a_shape_of_ones_own_may_say_little(
    says: str, spikes: tuple[float, float, float] | None
) -> None:
    text = LOAD.format(shape="shape = ours").replace(
        "topology t",
        f"shape ours {{ title = 'ours'; peak = 3x; {says} }}\ntopology t".replace("'", '"'),
    )
    (service,) = design_of(text).services
    found = stated(service.load)
    if spikes is None:
        assert found == Renewal(rate_per_s=4.0)
    else:
        peak, lasts_s, share = spikes
        assert found == OnOff(rate_per_s=4.0, peak=peak, spike_s=lasts_s, spike_share=share)


def test_requests_have_the_lengths_of_the_design_whatever_the_arrivals() -> None:
    (service,) = design_of(LOAD.format(shape="")).services
    lengths = lengths_of(service.load)
    calm, clumped = (
        list(
            islice(
                Traffic(
                    arrivals=Renewal(rate_per_s=4.0, variation=variation), lengths=lengths
                ).requests(3),
                5_000,
            )
        )
        for variation in (1.0, 3.0)
    )
    assert [item[1:] for item in calm] == [item[1:] for item in clumped]
    assert [item.at_s for item in calm] != [item.at_s for item in clumped]
    assert fmean(item.prompt_tok for item in calm) == pytest.approx(300.0, rel=0.05)
    assert sorted(item.prompt_tok for item in calm)[4_750] == pytest.approx(900.0, rel=0.1)
    assert fmean(item.output_tok for item in calm) == pytest.approx(150.0, rel=0.05)
