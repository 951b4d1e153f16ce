"""What a trial is asked for, and what it found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from inferc.compiler.model import Objective
from inferc.compiler.plan import ServicePlan
from inferc.compiler.simulation.arrivals import Arrivals
from inferc.compiler.simulation.fleet import Ready
from inferc.compiler.simulation.routing import Routing
from inferc.compiler.simulation.traces import Lines, Trace, lengths, replay
from inferc.compiler.simulation.traffic import held
from inferc.compiler.simulation.values import Moment, Request

METRICS = ("ttft", "tpot", "itl", "e2e")
"""The latencies that a simulation measures."""

STATISTICS: Mapping[str, float | None] = {
    "mean": None,
    "p50": 0.5,
    "p90": 0.9,
    "p95": 0.95,
    "p99": 0.99,
}
"""What is said of each, with its share of the requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recorded trace, and how its text is opened."""

    trace: Trace
    lines: Lines
    speedup: float = 1.0
    """Its times are divided by this."""

    @property
    def rate_per_s(self) -> float:
        """Mean requests a second, as replayed."""
        return self.trace.rate_per_s * self.speedup

    def requests(self, seed: int) -> Iterator[Request]:  # noqa: ARG002 - a recording is one run
        """Yield its requests, again and again."""
        return replay(self.trace, self.lines, speedup=self.speedup)

    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Return prompt and answer of each of its requests."""
        return tuple(lengths(self.lines()))


class WhatIf(Enum):
    """What may happen to the replicas."""

    LOSE_REPLICA = "lose-replica"
    """One fails after a third of the run, and is back when another has started in its place."""
    AUTOSCALE = "autoscale"
    """They begin as few as the plan allows, and come and go as its scaler says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to simulate."""

    requests: int = 0
    """Of one run; 0 for the default, or for a whole trace."""
    seeds: int = 0
    """How many runs; 0 for the default."""
    rate_per_s: float | None = None
    """Instead of the design's mean rate, or of the trace's."""
    variation: float = 1.0
    """Standard deviation over mean of the gaps between requests; 1 is Poisson."""
    recording: Recording | None = None
    """Instead of the design's traffic; of a trace without times, its lengths."""
    hours: tuple[float, ...] = ()
    """Relative rates of one hour after the other, again from the first after the last; instead of
    spikes."""
    replicas: int = 0
    """Instead of as many as the plan deploys at the peak."""
    routing: Routing = "round_robin"
    """How requests are dealt out; one after the other, as the closed form has it."""
    what_if: WhatIf | None = None


def measured(line: Objective) -> str:
    """Return which of :data:`METRICS` a line of the SLA is about."""
    return "e2e" if line.metric == "latency" else line.metric


def can_judge(line: Objective) -> bool:
    """Return whether a simulation says if a line of the SLA is met."""
    timed = measured(line) in METRICS and line.operator in {"<", "<="}
    return timed and line.condition != "cold"


class SceneKind(Enum):
    """Which traffic was simulated."""

    STATED = "stated"
    """As the design says, with its spikes, or by the hours of an order."""
    PEAK = "peak"
    """At the rate of the peak, all the time: what the plan was made for."""
    TRACE = "trace"
    """As it was recorded."""
    LOST = "lost"
    """While some replicas are lost, until others have started in their place."""
    SCALE_UP = "scale-up"
    """From the beginning of a spike on, with as few replicas as the plan allows before it."""


class Figure(NamedTuple):
    """A number that was simulated, and how sure it is."""

    value: float
    plus_minus: float | None
    """Half the width of its 95 % interval; None where there was one run only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the SLA against what was simulated."""

    objective: Objective
    figure: Figure

    @property
    def met(self) -> bool:
        """Whether the figure is within the limit."""
        limit = self.objective.limit.value
        return self.figure.value <= limit

    @property
    def sure(self) -> bool:
        """Whether the limit lies outside of the figure's interval."""
        if self.figure.plus_minus is None:
            return True
        return abs(self.figure.value - self.objective.limit.value) > self.figure.plus_minus


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One kind of traffic, and what it came to."""

    kind: SceneKind
    arrivals: Arrivals | None
    """None for a trace."""
    rate_per_s: float
    """Mean requests a second that were sent."""
    requests: int
    """Of one run."""
    runs: int
    lasts_s: float
    """Mean time from the first request of a run to its last token."""
    latency_s: Mapping[str, Mapping[str, Figure]]
    """By metric and statistic; without the metrics of which there was nothing to measure."""
    curve_s: Mapping[str, tuple[tuple[float, float], ...]]
    """By metric: seconds that a share of the requests does not exceed."""
    lines: tuple[Line, ...]
    output_tok_per_s: float
    total_tok_per_s: float
    running: float
    """Mean requests in all replicas together."""
    waiting: float
    """Mean requests that are in the queue, or in prefill."""
    kv_use: float
    """Mean share of the KV cache that is taken."""
    prefix_share: float
    """Share of the prompts, in whole blocks, that prefix caches held; 0 without a trace that names
    blocks."""
    preempted: int
    """Requests that lost their place to others, in all runs."""
    refused: int
    """Requests that are longer than the longest context, or than the KV cache, in all runs."""
    resent: int
    """Requests that were sent again because their replica was lost, in all runs."""
    ready: tuple[Ready, ...]
    """Replicas that took requests, whenever their number changed, in the first run."""
    replica_s: float
    """Time of all replicas together in one run: what is paid for."""
    growing: bool
    """Whether the queue grows without end: then every figure would be larger in a longer run. Not
    asked where replicas come and go."""
    queue: tuple[Moment, ...]
    """All replicas over time, in the first run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The plan of one service under simulated traffic."""

    topology: str
    """The name of the topology that the service is part of."""
    plan: ServicePlan
    replicas: int
    """At the start of each run."""
    what_if: WhatIf | None
    scenes: tuple[Scene, ...]
    recording: Recording | None

    def is_planned(self, scene: Scene) -> bool:
        """Return whether the plan was made for just this: its replicas, and its traffic."""
        return (
            self.recording is None
            and self.what_if is None
            and self.replicas == self.plan.configuration.replicas
            and scene.arrivals == held(self.plan.service.load)
        )
