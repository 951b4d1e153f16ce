"""How long prompts and answers are: distributions that keep their stated mean.

A distribution is a value; ``pairs(random)`` yields (prompt, answer) in tokens without end. Both are
whole and at least one. Prompt and answer are drawn independently, unless they are rows of a trace.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Protocol

from inferc.compiler.perf.queueing import length_variation, normal_quantile
from inferc.compiler.simulation.chance import Chance


class Lengths(Protocol):
    """A distribution of one length."""

    def draws(self, random: Chance) -> Callable[[], float]:
        """Return what gives the next length, before rounding."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """Always the same."""

    tok: float

    def draws(self, random: Chance) -> Callable[[], float]:  # noqa: ARG002 - no chance in it
        """Return what gives the next length, before rounding."""
        return lambda: self.tok


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """Anything between two shares of a nominal length alike.

    Source: the published benchmarks that draw from 0.8 to 1.0 of the nominal length, so that
    the mean is 0.9 of it (SemiAnalysis InferenceX, ``random-range-ratio`` 0.8).
    """

    nominal_tok: float
    low: float = 0.8
    high: float = 1.0

    def draws(self, random: Chance) -> Callable[[], float]:
        """Return what gives the next length, before rounding."""
        start = self.nominal_tok * self.low
        width = self.nominal_tok * (self.high - self.low)
        uniform = random.random
        return lambda: start + width * uniform()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gamma:
    """Gamma distributed by mean and tail: what the closed form assumes.

    Source: :func:`inferc.compiler.perf.queueing.length_variation`.
    """

    mean_tok: float
    p95_over_mean: float

    def draws(self, random: Chance) -> Callable[[], float]:
        """Return what gives the next length, before rounding."""
        variation = length_variation(self.p95_over_mean)
        if variation <= 0.0:
            return lambda: self.mean_tok
        shape, scale = 1.0 / variation, self.mean_tok * variation
        gamma = random.gammavariate
        return lambda: gamma(shape, scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """Lognormal by mean and tail: a heavier one than gamma's beyond the 95th percentile.

    ``p95 / mean = exp(z s - s^2 / 2)`` with ``z = 1.645``; the smaller root ``s``. A ratio above
    the largest that a lognormal distribution has, ``exp(z^2 / 2)`` or 3.9, is read as that.
    """

    mean_tok: float
    p95_over_mean: float

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm."""
        z = normal_quantile(0.95)
        return z - sqrt(max(0.0, z * z - 2.0 * log(max(1.0, self.p95_over_mean))))

    def draws(self, random: Chance) -> Callable[[], float]:
        """Return what gives the next length, before rounding."""
        sigma = self.sigma
        mu = log(self.mean_tok) - sigma * sigma / 2.0
        gauss = random.gauss
        return lambda: exp(gauss(mu, sigma))


@dataclass(frozen=True, slots=True, kw_only=True)
class Empirical:
    """Drawn from lengths that were seen, each as likely as the others."""

    seen_tok: Sequence[float]

    def draws(self, random: Chance) -> Callable[[], float]:
        """Return what gives the next length, before rounding."""
        seen, count, uniform = tuple(self.seen_tok), len(self.seen_tok), random.random
        return lambda: seen[int(uniform() * count)]


# ---- both lengths of a request -------------------------------------------------------------------


class Pairs(Protocol):
    """A distribution of prompt and answer together."""

    def pairs(self, random: Chance) -> Iterator[tuple[int, int]]:
        """Yield prompt and answer of one request after the other."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Prompt and answer that do not depend on each other."""

    prompt: Lengths
    output: Lengths

    def pairs(self, random: Chance) -> Iterator[tuple[int, int]]:
        """Yield prompt and answer of one request after the other."""
        prompt, output = self.prompt.draws(random), self.output.draws(random)
        while True:
            yield int(prompt() + 0.5) or 1, int(output() + 0.5) or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Prompt and answer of one request that was seen, drawn as a pair."""

    seen_tok: Sequence[tuple[int, int]]

    def pairs(self, random: Chance) -> Iterator[tuple[int, int]]:
        """Yield prompt and answer of one request after the other."""
        seen, count, uniform = tuple(self.seen_tok), len(self.seen_tok), random.random
        while True:
            yield seen[int(uniform() * count)]
