"""Requests that wait to be answered together: a bulk-service queue.

Requests arrive, a batcher hands them to an instance that is free: as many as wait, at most
``max_batch``. Where fewer wait it holds them until the oldest has waited ``max_delay_s``. The
number present when a service starts is a Markov chain, whose stationary distribution gives batches,
waits and their percentiles without a simulation.

Source: Bailey, On queueing processes with bulk service (1954); Neuts, A general class of bulk
queues with Poisson input (1967); Inoue, Queueing analysis of GPU-based inference servers with
dynamic batching (2021), whose case is an unbounded batch without a delay.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from math import exp, inf, lgamma, log
from typing import NamedTuple

NEGLIGIBLE = 1e-8
"""Probability below which a state or a count is left out."""

STEADY = 1e-6
"""Change of the distribution in one round at which it counts as stationary."""

ROUNDS = 2000
"""At most; a queue at 97 % load takes some hundred."""

LEAP = 16
"""Rounds between two extrapolations: what is left to change shrinks by one factor a round."""

GRAINS = 16
"""Steps in which a batch is counted. Of larger batches several requests are counted as one, whose
arrivals are as much more even."""

MOMENTS = 8
"""Moments of a service at which arrivals are looked at."""

SATURATED = 0.995
"""Share of the largest throughput from which on the queue is called unstable: waits grow without
end at 1, and no distribution is worth its name just below."""

PERCENTILES: Mapping[str, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}

Seconds = Callable[[int], float]
"""The time in which an instance answers a batch of so many."""


class Batcher(NamedTuple):
    """How requests become batches."""

    max_batch: int
    max_delay_s: float = 0.0
    instances: int = 1
    from_arrival: bool = True
    """Whether the delay counts from the arrival of the oldest request (Triton, TensorFlow Serving),
    or from when an instance asks for work (TorchServe, Ray Serve)."""


class Queueing(NamedTuple):
    """What a batcher does under a load. A time is infinite where the queue grows without end."""

    state: str
    """``stable``, or ``overloaded``."""
    load: float
    """Arrivals over the largest throughput."""
    largest_per_s: float
    """Throughput that full batches on all instances reach."""
    mean_batch: float
    mean_wait_s: float
    """From arrival to the start of the batch."""
    latency_s: Mapping[str, float]
    """From arrival to answer: ``mean``, ``p50``, ``p95``, ``p99``."""

    @property
    def stable(self) -> bool:
        """Whether the load can be carried."""
        return self.state == "stable"


def queueing(
    rate_per_s: float,
    batcher: Batcher,
    seconds: Seconds,
    dispersion: float = 1.0,
    percentiles: Mapping[str, float] = PERCENTILES,
) -> Queueing:
    """Return how requests wait that come at ``rate_per_s``, with ``percentiles`` beside the mean.

    ``dispersion`` is variance over mean of the arrivals in a stretch of time: 1 for a Poisson
    process, the squared variation of the gaps for a renewal process over stretches of many gaps.

    Holds for: one instance exactly, but for the residual of the delay, which is taken at its mean;
    several instances as one that is as many times as quick, corrected by the probability that all
    of them are busy (Erlang C). Poisson arrivals; burstier ones as counts with that dispersion.
    """
    grain = _grain(rate_per_s, batcher, seconds)
    if grain > 1:
        return _coarse(rate_per_s, batcher, seconds, dispersion, (grain, percentiles))
    full_s = seconds(batcher.max_batch)
    largest_per_s = batcher.instances * batcher.max_batch / full_s
    load = rate_per_s / largest_per_s
    if load >= SATURATED:
        worst = dict.fromkeys(("mean", *percentiles), inf)
        size = float(batcher.max_batch)
        return Queueing("overloaded", load, largest_per_s, size, inf, worst)
    chain = _Chain(rate_per_s, batcher, seconds, dispersion)
    present = chain.stationary()
    batches = sum(share * min(number, batcher.max_batch) for number, share in present.items())
    waits = list(chain.waits(present))
    total = sum(weight for weight, _, _ in waits)
    latency = {"mean": sum(weight * (wait + s) for weight, wait, s in waits) / total}
    latency |= _percentiles(waits, total, percentiles)
    mean_wait_s = sum(weight * wait for weight, wait, _ in waits) / total
    return Queueing("stable", load, largest_per_s, batches, mean_wait_s, latency)


def _grain(rate_per_s: float, batcher: Batcher, seconds: Seconds) -> int:
    """Return how many requests are counted as one."""
    usual = collected(rate_per_s, batcher, seconds)
    held = 1.0 + rate_per_s * batcher.max_delay_s
    return max(1, int(min(float(batcher.max_batch), max(usual, held)) / GRAINS))


def _coarse(
    rate_per_s: float,
    batcher: Batcher,
    seconds: Seconds,
    dispersion: float,
    asked: tuple[int, Mapping[str, float]],
) -> Queueing:
    """Return how requests wait, several of them counted as one."""
    grain, percentiles = asked
    most = batcher.max_batch
    found = queueing(
        rate_per_s / grain,
        batcher._replace(max_batch=-(-most // grain)),
        lambda number: seconds(min(most, number * grain)),
        dispersion / grain,
        percentiles,
    )
    largest_per_s = batcher.instances * most / seconds(most)
    return found._replace(
        load=rate_per_s / largest_per_s,
        largest_per_s=largest_per_s,
        mean_batch=min(float(most), found.mean_batch * grain),
    )


def collected(rate_per_s: float, batcher: Batcher, seconds: Seconds) -> float:
    """Return the batch that collects itself while it is served: ``b = rate s(b) / n``."""
    batch = 1.0
    for _ in range(64):
        cycle_s = between(seconds, batch, batcher.max_batch) / batcher.instances
        batch = min(float(batcher.max_batch), max(1.0, rate_per_s * cycle_s))
    return batch


def between(seconds: Seconds, batch: float, most: int) -> float:
    """Return the time of a batch whose mean size is no whole number."""
    low = max(1, int(batch))
    part = min(1.0, max(0.0, batch - low))
    return seconds(low) * (1.0 - part) + seconds(min(most, low + 1)) * part


def _percentiles(
    waits: "list[Wait]", total: float, percentiles: Mapping[str, float]
) -> dict[str, float]:
    """Return percentiles of wait and service together."""
    ordered = sorted((wait + s, weight) for weight, wait, s in waits)
    below = list(accumulate(weight for _, weight in ordered))
    found: dict[str, float] = {}
    for name, share in percentiles.items():
        place = next((i for i, sum_ in enumerate(below) if sum_ >= share * total), -1)
        found[name] = ordered[place][0]
    return found


Wait = tuple[float, float, float]
"""Expected requests of a cycle, their wait, and the service of their batch, in seconds."""


class _Chain:
    """The number of requests present when a service starts."""

    def __init__(
        self, rate_per_s: float, batcher: Batcher, seconds: Seconds, dispersion: float
    ) -> None:
        self.rate = rate_per_s
        self.batcher = batcher
        self.dispersion = dispersion
        self.service_s = lru_cache(maxsize=None)(seconds)
        self.rows: dict[int, tuple[tuple[int, float], ...]] = {}

    def cycle_s(self, batch: int) -> float:
        """Return the time from the start of a batch to the next start, while all are busy."""
        return self.service_s(batch) / self.batcher.instances

    def arrivals(self, cycle_s: float) -> tuple[tuple[int, float], ...]:
        """Return how many come between two starts of a service, with probabilities.

        With several instances the starts are uneven, but ``n`` of them in a row take one service,
        so the unevenness does not add up.
        """
        return counts(self.rate * cycle_s, self.dispersion)

    def held_s(self, waiting: int, cycle_s: float, *, left: int) -> float:
        """Return for how long a batch is held that is not full when an instance asks, on average.

        The oldest of ``q`` that came during the last cycle of ``h`` has the age ``x`` or less with
        probability ``(x/h)^q``, so of a delay ``D`` there is left ``D - h q/(q+1)``, or
        ``D (D/h)^q / (q+1)`` where the cycle is longer than the delay.
        """
        delay_s = self.batcher.max_delay_s
        if not delay_s or max(1, waiting) >= self.batcher.max_batch:
            return 0.0
        if not self.batcher.from_arrival or not waiting:
            return delay_s
        if left:
            return max(0.0, delay_s - cycle_s)
        if delay_s >= cycle_s:
            return delay_s - cycle_s * waiting / (waiting + 1.0)
        return delay_s * (delay_s / cycle_s) ** waiting / (waiting + 1.0)

    def row(self, present: int) -> tuple[tuple[int, float], ...]:
        """Return which numbers are present at the next start of a service, with probabilities."""
        known = self.rows.get(present)
        if known is not None:
            return known
        most = self.batcher.max_batch
        left = max(0, present - most)
        cycle_s = self.cycle_s(min(present, most))
        found: dict[int, float] = {}
        for came, chance in self.arrivals(cycle_s):
            waiting = left + came
            if waiting >= most:
                found[waiting] = found.get(waiting, 0.0) + chance
                continue
            held_s = self.held_s(waiting, cycle_s, left=left)
            for more, share in counts(self.rate * held_s, self.dispersion):
                number = min(most, max(1, waiting) + more)
                found[number] = found.get(number, 0.0) + chance * share
        self.rows[present] = tuple(found.items())
        return self.rows[present]

    def stationary(self) -> dict[int, float]:
        """Return the distribution that reproduces itself, by following the chain."""
        now = {max(1, round(collected(self.rate, self.batcher, self.service_s))): 1.0}
        earlier = inf
        for count in range(1, ROUNDS):
            after = self._after(now)
            change = sum(abs(share - now.get(number, 0.0)) for number, share in after.items())
            if change < STEADY:
                return dict(sorted(after.items()))
            shrinks = change / earlier
            leap = shrinks / (1.0 - shrinks) if shrinks < 1.0 and count % LEAP == 0 else 0.0
            now = _ahead(now, after, leap) if leap else after
            earlier = inf if leap else change
        return dict(sorted(now.items()))

    def _after(self, now: Mapping[int, float]) -> dict[int, float]:
        """Return the distribution at the next start of a service."""
        after: dict[int, float] = {}
        for number, share in now.items():
            for next_number, chance in self.row(number):
                after[next_number] = after.get(next_number, 0.0) + share * chance
        return _whole(after)

    def waits(self, present: Mapping[int, float]) -> Iterator[Wait]:
        """Yield the requests of a mean cycle with their waits."""
        busy_s = sum(
            share * self.cycle_s(min(number, self.batcher.max_batch))
            for number, share in present.items()
        )
        idle_s = sum(share * self._idle_chance(number) for number, share in present.items())
        idle_s = idle_s / self.rate
        queued = all_busy(self.batcher.instances, busy_s / (busy_s + idle_s))
        for number, share in present.items():
            if share < STEADY:
                continue
            yield from self._while_served(number, share * queued)
            alone = share * self._idle_chance(number)
            alone += (
                share
                * (1.0 - queued)
                * self.rate
                * self.cycle_s(min(number, self.batcher.max_batch))
            )
            yield from self._into_idle(alone)
            yield from self._while_held(number, share)

    def _idle_chance(self, present: int) -> float:
        """Return the probability that nobody came during a service."""
        if present > self.batcher.max_batch:
            return 0.0
        cycle_s = self.cycle_s(min(present, self.batcher.max_batch))
        (first, chance), *_ = self.arrivals(cycle_s)
        return chance if first == 0 else 0.0

    def _while_served(self, present: int, share: float) -> Iterator[Wait]:
        """Yield those who come while all instances are busy, at some moments.

        Of ``n`` instances that started at any time, the next one is free within ``x`` with
        probability ``1 - (1 - x/s)^n``; since the last start it has been ``(s - x)/n`` on average.
        """
        most, instances = self.batcher.max_batch, self.batcher.instances
        batch, left = min(present, most), max(0, present - most)
        cycle_s, service_s = self.cycle_s(batch), self.service_s(batch)
        companions = max(0.0, self.dispersion - 1.0)
        for step in range(MOMENTS):
            until_s = service_s * (1.0 - (1.0 - (step + 0.5) / MOMENTS) ** (1.0 / instances))
            since_s = (service_s - until_s) / instances
            weight = share * self.rate * cycle_s / MOMENTS
            later = self.rate * until_s + companions / 2.0
            for before, chance in counts(self.rate * since_s + companions / 2.0, self.dispersion):
                ahead = (left + before) // most
                wait_s = until_s + ahead * self.cycle_s(most)
                come = later + ahead * self.rate * self.cycle_s(most)
                waiting = left + before + 1 - ahead * most + come
                wait_s, own_s = self._own(wait_s, waiting, cycle_s, left=left)
                yield weight * chance, wait_s, own_s

    def _own(
        self, wait_s: float, waiting: float, cycle_s: float, *, left: int
    ) -> tuple[float, float]:
        """Return wait and service of a request whose batch ``waiting`` requests may join."""
        most = self.batcher.max_batch
        if waiting >= most:
            return wait_s, self.service_s(most)
        held_s = self.held_s(max(1, round(waiting)), cycle_s, left=left)
        joined = waiting + self.rate * held_s
        if joined > most:
            held_s, joined = (most - waiting) / self.rate, float(most)
        return wait_s + held_s, between(self.service_s, joined, most)

    def _into_idle(self, weight: float) -> Iterator[Wait]:
        """Yield those who find an instance idle, and those who join them while they are held."""
        yield from self._held(weight, 0, self.held_s(0, 0.0, left=0), first=True)

    def _while_held(self, present: int, share: float) -> Iterator[Wait]:
        """Yield those who come while a batch that is not full is held."""
        most = self.batcher.max_batch
        if not self.batcher.max_delay_s:
            return
        left = max(0, present - most)
        cycle_s = self.cycle_s(min(present, most))
        for came, chance in self.arrivals(cycle_s):
            waiting = left + came
            if 0 < waiting < most and share * chance > STEADY:
                held_s = self.held_s(waiting, cycle_s, left=left)
                yield from self._held(share * chance, waiting, held_s, first=False)

    def _held(self, weight: float, waiting: int, held_s: float, *, first: bool) -> Iterator[Wait]:
        """Yield the first request into an idle instance, and those who join a batch on hold."""
        most = self.batcher.max_batch
        there = waiting + 1 if first else waiting
        for more, chance in counts(self.rate * held_s, self.dispersion):
            joined = min(more, most - there)
            held = held_s if joined == more else held_s * joined / (more + 1.0)
            own_s = self.service_s(min(most, there + joined))
            if first:
                yield weight * chance, held, own_s
            if joined:
                yield from (
                    (weight * chance * joined / 2.0, held * part, own_s) for part in (0.25, 0.75)
                )


def _ahead(now: Mapping[int, float], after: Mapping[int, float], leap: float) -> dict[int, float]:
    """Return where a distribution goes that moves on by ``leap`` times its last move."""
    return _whole(
        {number: share + leap * (share - now.get(number, 0.0)) for number, share in after.items()}
    )


def _whole(shares: Mapping[int, float]) -> dict[int, float]:
    """Return the shares without negligible ones, as many as make a whole."""
    kept = {number: share for number, share in shares.items() if share > NEGLIGIBLE}
    total = sum(kept.values())
    return {number: share / total for number, share in kept.items()}


def all_busy(instances: int, load: float) -> float:
    """Return the probability that a request waits, over that of a single instance at that load.

    ``C(n, n load) / load``, which is 1 for one instance.

    Source: Erlang C (Kleinrock, Queueing Systems I, 1975, section 3.5); as the ratio of waits of
    M/D/n over M/D/1: Lee and Longton (1957).
    """
    if load <= 0.0 or load >= 1.0:
        return 1.0
    offered = instances * load
    blocked = 1.0
    for number in range(1, instances + 1):
        blocked = offered * blocked / (number + offered * blocked)
    waits = blocked / (1.0 - load * (1.0 - blocked))
    return waits / load


ROUNDED = 0.1
"""Variance below which a count is one of the two whole numbers around its mean."""


@lru_cache(maxsize=4096)
def counts(mean: float, dispersion: float) -> tuple[tuple[int, float], ...]:
    """Return how many come in a stretch of time, with probabilities, negligible ones left out.

    Poisson for a dispersion of 1, negative binomial with that variance over mean above, and rounded
    normal below.
    """
    if mean <= NEGLIGIBLE:
        return ((0, 1.0),)
    if dispersion * mean < ROUNDED:
        low = int(mean)
        return ((low, 1.0 - mean + low), (low + 1, mean - low))
    middle = int(mean)
    found = list(_tail(middle, -1, mean, dispersion))[::-1]
    found += _tail(middle + 1, 1, mean, dispersion)
    total = sum(chance for _, chance in found)
    return tuple((number, chance / total) for number, chance in found)


def _tail(start: int, step: int, mean: float, dispersion: float) -> Iterator[tuple[int, float]]:
    """Yield counts from ``start`` on in one direction until they are negligible."""
    number = start
    while number >= 0:
        chance = _chance(number, mean, dispersion)
        if chance < NEGLIGIBLE:
            return
        yield number, chance
        number += step


def _chance(number: int, mean: float, dispersion: float) -> float:
    """Return the probability of a count, or what is proportional to it."""
    if dispersion < 1.0 - NEGLIGIBLE:
        return exp(-((number - mean) ** 2) / (2.0 * dispersion * mean))
    if dispersion <= 1.0 + NEGLIGIBLE:
        return exp(number * log(mean) - mean - lgamma(number + 1.0))
    shape = mean / (dispersion - 1.0)
    share = 1.0 - 1.0 / dispersion
    ways = lgamma(number + shape) - lgamma(shape) - lgamma(number + 1.0)
    return exp(ways - shape * log(dispersion) + number * log(share))
