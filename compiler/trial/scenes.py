"""Which traffic is simulated: as stated and at the peak, or a recorded trace."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from typing import Protocol

from inferc.compiler.model import Load
from inferc.compiler.plan import ServicePlan
from inferc.compiler.simulation.arrivals import Arrivals, Profile
from inferc.compiler.simulation.lengths import Pairs, Together
from inferc.compiler.simulation.traffic import Traffic, held, lengths_of, stated
from inferc.compiler.simulation.values import Request
from inferc.compiler.trial.values import Order, SceneKind
from inferc.compiler.units import from_unit

REQUESTS = 6_000
"""Of a run. Those of all runs together put the rank of a 99th percentile of independent values
within 0.1 % (two standard errors, ``sqrt(0.99 * 0.01 / n)``); queueing makes it wider, as the
interval shows."""

WARM_UP = 0.2
"""Share of a run that passes before latencies are measured: replicas begin empty, and fill up in
the time that some answers take. Not of a trace, nor of hours: there each request belongs to it."""

MOST_REQUESTS = 5 * REQUESTS
STARTS = 4.0
"""A run in which replicas start is so many times as long as a start, and has no more than so many
requests unless somebody asks for them."""

SEEDS = 8
"""Runs that do not depend on each other: Student's t of their interval is 2.4, not 12."""


HOUR_S = from_unit(1.0, "h")


class Source(Protocol):
    """What yields the requests of a run."""

    @property
    def rate_per_s(self) -> float:
        """Mean requests a second."""
        ...

    def requests(self, seed: int) -> Iterator[Request]:
        """Yield requests without end; the same for the same seed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One kind of traffic to simulate."""

    kind: SceneKind
    source: Source
    arrivals: Arrivals | None
    requests: int
    warm_up: int
    """So many of them come before latencies are measured."""
    seeds: int

    @property
    def lasts_s(self) -> float:
        """How long requests come in a run, on average."""
        return self.requests / self.source.rate_per_s

    def run(self, seed: int) -> Iterator[Request]:
        """Yield the requests of one run."""
        return islice(self.source.requests(seed), self.requests)


def scripts(plan: ServicePlan, order: Order) -> tuple[Script, ...]:
    """Return what is to be simulated for the plan of a service."""
    recording = order.recording
    if recording is not None and recording.trace.timed:
        if order.rate_per_s is not None:
            speedup = order.rate_per_s / recording.trace.rate_per_s
            recording = replace(recording, speedup=speedup)
        requests = order.requests or recording.trace.requests
        return (
            Script(
                kind=SceneKind.TRACE,
                source=recording,
                arrivals=None,
                requests=requests,
                warm_up=0,
                seeds=1,
            ),
        )
    load = _at_rate(plan.service.load, order.rate_per_s)
    lengths: Pairs = lengths_of(load) if recording is None else Together(seen_tok=recording.pairs())
    arrivals = {SceneKind.STATED: _stated(load, order)}
    if load.peak.value > 1.0 and not order.hours:
        arrivals[SceneKind.PEAK] = held(load, order.variation)
    return tuple(_script(plan, order, kind, each, lengths) for kind, each in arrivals.items())


def _stated(load: Load, order: Order) -> Arrivals:
    """Return the arrivals of the design, or those by the hour that are asked for."""
    if not order.hours:
        return stated(load, order.variation)
    return Profile(
        rate_per_s=load.rate_per_s.value,
        factors=order.hours,
        each_s=HOUR_S,
        variation=order.variation,
    )


def _script(
    plan: ServicePlan, order: Order, kind: SceneKind, arrivals: Arrivals, lengths: Pairs
) -> Script:
    requests = order.requests or _enough(plan, order, arrivals.rate_per_s)
    seeds = 1 if order.hours else SEEDS
    return Script(
        kind=kind,
        source=Traffic(arrivals=arrivals, lengths=lengths),
        arrivals=arrivals,
        requests=requests,
        warm_up=0 if order.hours else int(requests * WARM_UP),
        seeds=order.seeds or seeds,
    )


def _enough(plan: ServicePlan, order: Order, rate_per_s: float) -> int:
    """Return how many requests a run has.

    By the hour it lasts until they are over; where replicas start meanwhile, it goes on after that.
    """
    if order.hours:
        return ceil(rate_per_s * HOUR_S * len(order.hours))
    if order.what_if is None:
        return REQUESTS
    return max(REQUESTS, min(MOST_REQUESTS, int(rate_per_s * STARTS * plan.load_time_s)))


def _at_rate(load: Load, rate_per_s: float | None) -> Load:
    """Return the load with another mean rate."""
    if rate_per_s is None:
        return load
    return replace(load, rate_per_s=replace(load.rate_per_s, value=rate_per_s))
