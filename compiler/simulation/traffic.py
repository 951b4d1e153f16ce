"""Traffic: when requests come and how long they are, as the simulator takes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inferc.compiler.model import Load
from inferc.compiler.simulation.arrivals import Arrivals, OnOff, Profile, Renewal
from inferc.compiler.simulation.chance import Chance
from inferc.compiler.simulation.lengths import Apart, Gamma, Pairs
from inferc.compiler.simulation.values import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """A process of arrivals, and the lengths of what arrives."""

    arrivals: Arrivals
    lengths: Pairs

    @property
    def rate_per_s(self) -> float:
        """Mean requests a second."""
        return self.arrivals.rate_per_s

    def requests(self, seed: int) -> Iterator[Request]:
        """Yield requests without end; the same for the same seed.

        Times and lengths have a chance of their own each, so that two kinds of arrivals can be
        compared over the same requests.
        """
        pairs = self.lengths.pairs(Chance(f"lengths {seed}"))
        chance = Chance(f"arrivals {seed}")
        for at_s in self.arrivals.times(chance):
            prompt_tok, output_tok = next(pairs)
            yield Request(at_s, prompt_tok, output_tok)


def lengths_of(load: Load) -> Apart:
    """Return the lengths that a design states, distributed as the closed form assumes."""
    prompt, output = load.prompt, load.output
    return Apart(
        prompt=Gamma(mean_tok=prompt.mean_tok.value, p95_over_mean=prompt.p95_over_mean.value),
        output=Gamma(mean_tok=output.mean_tok.value, p95_over_mean=output.p95_over_mean.value),
    )


def stated(load: Load, variation: float = 1.0) -> Arrivals:
    """Return the arrivals that a design states: at random, with spikes where it has a peak.

    Spikes have the rate of the peak; how long they last and what share of the time they take is
    the catalog's for the shape of the load. A week that is known by its hours begins with the
    busiest of them, since nobody waits for a week. ``variation`` is that of the gaps between
    requests.
    """
    rate_per_s, peak = load.rate_per_s.value, load.peak.value
    if load.profile is not None:
        return Profile(
            rate_per_s=rate_per_s,
            factors=busiest_first(load.profile.factors),
            each_s=load.profile.each_s,
            variation=variation,
        )
    spike_s = load.spike_s.value if load.spike_s else 0.0
    share = load.spike_share.value if load.spike_share else 0.0
    if peak <= 1.0 or not spike_s or not share:
        return Renewal(rate_per_s=rate_per_s, variation=variation)
    return OnOff(
        rate_per_s=rate_per_s,
        peak=peak,
        spike_s=spike_s,
        spike_share=share,
        variation=variation,
    )


def busiest_first(factors: Sequence[float]) -> tuple[float, ...]:
    """Return a cycle of rates from where its busiest stretch begins."""
    highest = max(factors)
    count = len(factors)
    starts = (at for at in range(count) if factors[at] == highest and factors[at - 1] < highest)
    first = next(starts, 0)
    return (*factors[first:], *factors[:first])


def held(load: Load, variation: float = 1.0) -> Arrivals:
    """Return arrivals at random at the rate of the peak, all the time: what a plan is made for."""
    return Renewal(rate_per_s=load.rate_per_s.value * load.peak.value, variation=variation)
