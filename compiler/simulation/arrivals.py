"""When requests come: processes that all keep their stated mean rate.

A process is a value; ``times(random)`` starts it and yields arrival times from zero on, without
end and in order, one at a time. The same seed gives the same times.

What varies in time is a *clock that runs faster and slower*: requests come with independent gaps of
mean one on that clock, and its speed is the rate of the moment. With exponential gaps that is the
Poisson process with that rate, exactly, and nothing has to be thrown away as in thinning; with
other gaps it is as bursty inside each stretch as they are.

Source: Cinlar, Introduction to Stochastic Processes (1975), section 4.7, for the change of clock;
Fischer and Meier-Hellstern, The Markov-modulated Poisson process cookbook (1993).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, repeat
from math import cos, fsum, pi
from typing import Protocol

from inferc.compiler.simulation.chance import Chance


class Arrivals(Protocol):
    """A process of arrivals."""

    @property
    def rate_per_s(self) -> float:
        """Mean arrivals a second."""
        ...

    def times(self, random: Chance) -> Iterator[float]:
        """Yield when requests come, in seconds from the start."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Even:
    """One request after the other at equal gaps, the first after one gap."""

    rate_per_s: float

    def times(self, random: Chance) -> Iterator[float]:  # noqa: ARG002 - nothing here is by chance
        """Yield when requests come, in seconds from the start."""
        return at_speed(repeat(1.0), self.rate_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """Independent gaps with a coefficient of variation: 1 is Poisson, more comes in clumps.

    The gaps are gamma distributed, with shape ``1 / variation^2``.

    Source: the burstiness of vLLM's ``bench serve`` and of the traces in Wang et al., BurstGPT
    (arXiv:2401.17644), whose gaps are gamma distributed.
    """

    rate_per_s: float
    variation: float = 1.0
    """Standard deviation over mean of the gaps."""

    def times(self, random: Chance) -> Iterator[float]:
        """Yield when requests come, in seconds from the start."""
        return at_speed(gaps(random, self.variation), self.rate_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOff:
    """Spikes: the rate jumps to a multiple of the mean for a while, and lies below it between them.

    Spikes last ``spike_s`` on average and take ``spike_share`` of the time, both stretches being
    exponentially distributed (a Markov-modulated process of two states). Between spikes the rate is
    what keeps the mean: ``(1 - share * peak) / (1 - share)`` of it. A share above ``1 / peak``
    would leave less than nothing; it is taken as that.
    """

    rate_per_s: float
    peak: float
    """Rate in a spike over the mean."""
    spike_s: float
    spike_share: float
    variation: float = 1.0
    """Of the gaps inside a stretch."""

    @property
    def share(self) -> float:
        """Share of the time in spikes: as stated, or what the mean rate leaves."""
        return min(self.spike_share, 1.0 / self.peak)

    @property
    def calm(self) -> float:
        """Rate between spikes over the mean."""
        return max(0.0, (1.0 - self.share * self.peak) / (1.0 - self.share))

    def times(self, random: Chance) -> Iterator[float]:
        """Yield when requests come, in seconds from the start."""
        return at_speeds(gaps(random, self.variation), self.stretches(random))

    def stretches(self, random: Chance) -> Iterator[tuple[float, float]]:
        """Yield how long each stretch lasts, and its rate; the first is a spike by its share."""
        calm_s = self.spike_s * (1.0 - self.share) / self.share
        high, low = self.rate_per_s * self.peak, self.rate_per_s * self.calm
        spike = random.random() < self.share
        while True:
            if spike:
                yield random.expovariate(1.0 / self.spike_s), high
            else:
                yield random.expovariate(1.0 / calm_s), low
            spike = not spike


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A rate by the time of day or week: ``factors`` follow one another, each for ``each_s``.

    They are relative; whatever their mean, the mean rate is the stated one.
    """

    rate_per_s: float
    factors: Sequence[float]
    each_s: float
    variation: float = 1.0
    """Of the gaps inside a stretch."""

    @property
    def rates_per_s(self) -> tuple[float, ...]:
        """Mean arrivals a second of each stretch."""
        scale = self.rate_per_s * len(self.factors) / fsum(self.factors)
        return tuple(factor * scale for factor in self.factors)

    def times(self, random: Chance) -> Iterator[float]:
        """Yield when requests come, in seconds from the start."""
        stretches = [(self.each_s, rate_per_s) for rate_per_s in self.rates_per_s]
        return at_speeds(gaps(random, self.variation), cycle(stretches))


def wave(swing: float, stretches: int, peak_at: float = 0.5) -> tuple[float, ...]:
    """Return the factors of a day that rises and falls as a sine, with mean one.

    ``swing`` is how far it rises above the mean, as a share of it; ``peak_at`` when, as a share of
    the period.
    """
    places = ((index + 0.5) / stretches for index in range(stretches))
    return tuple(1.0 + swing * cos(2.0 * pi * (place - peak_at)) for place in places)


# ---- the clock -----------------------------------------------------------------------------------


def gaps(random: Chance, variation: float) -> Iterator[float]:
    """Yield independent gaps of mean one with that coefficient of variation."""
    if variation <= 0.0:
        yield from repeat(1.0)
    elif variation == 1.0:
        draw = random.expovariate
        while True:
            yield draw(1.0)
    else:
        square = variation * variation
        shape = 1.0 / square
        gamma = random.gammavariate
        while True:
            yield gamma(shape, square)


def at_speed(between: Iterator[float], rate_per_s: float) -> Iterator[float]:
    """Yield when requests with these gaps come at one rate."""
    mean_s = 1.0 / rate_per_s
    at_s = 0.0
    for gap in between:
        at_s += gap * mean_s
        yield at_s


def at_speeds(
    between: Iterator[float], stretches: Iterator[tuple[float, float]]
) -> Iterator[float]:
    """Yield when requests with these gaps come at a rate that changes: (seconds, rate) in turn.

    The stretches must go on for ever, and not all of them at no rate at all.
    """
    start_s = 0.0
    lasts_s, rate_per_s = next(stretches)
    done = 0.0
    holds = lasts_s * rate_per_s
    for gap in between:
        done += gap
        while done >= holds:
            done -= holds
            start_s += lasts_s
            lasts_s, rate_per_s = next(stretches)
            holds = lasts_s * rate_per_s
        yield start_s + done / rate_per_s
