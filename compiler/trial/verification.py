"""Whether a plan stands: its traffic, its peak, a loss and a spike, request by request.

The planner searches with closed forms; what it chose is then played. Each scene begins with
replicas that are busy already, so that nothing is measured while they fill up:

- the traffic as stated, and the peak all the time, after a fifth of the requests;
- a loss, from the moment at which replicas fail until others have started in their place;
- a spike, from its first moment to its end, with as few replicas before it as the autoscaler keeps.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from math import ceil, inf, isfinite
from typing import get_args

from inferc.compiler.plan import ServicePlan
from inferc.compiler.problem import spike_s
from inferc.compiler.simulation.arrivals import Arrivals, Profile
from inferc.compiler.simulation.events import Loss
from inferc.compiler.simulation.fleet import Fleet, FleetSetup
from inferc.compiler.simulation.routing import Routing
from inferc.compiler.simulation.traffic import Traffic, held, lengths_of, stated
from inferc.compiler.simulation.values import Request
from inferc.compiler.trial.build import (
    Counter,
    Gate,
    Run,
    counted,
    forget,
    latency_of,
    summed,
)
from inferc.compiler.trial.scenes import Script, Source, scripts
from inferc.compiler.trial.setup import fleet_of
from inferc.compiler.trial.values import (
    Line,
    Order,
    Recording,
    Scene,
    SceneKind,
    WhatIf,
    measured,
)
from inferc.compiler.trial.verified import Held, Judgement, Played, Verification

REQUESTS = 4_000
"""Of a run, at most: of the scenes that end by themselves, as many as come."""

SEEDS = 6
"""Runs of a scene with enough requests. Student's t of their interval is 2.6."""

MOST_SEEDS = 48
"""Of a scene in which few requests come."""

ENOUGH = 2_400
"""Values in all runs together, by which a 99th percentile has 24 beyond it."""

WARM_UP = 0.2
"""Share of a run that is not measured, where a scene has no beginning of its own."""

WARM_STRETCHES = 3.0
"""Before a loss or a spike, so many times the time of an answer: by then the batch is full."""

WARM_LEAST_S = 20.0
WARM_MOST_REQUESTS = 2_000

ROUTINGS: Mapping[str, Routing] = {name: name for name in get_args(Routing)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How to verify."""

    requests: int = 0
    """Of one run at most; 0 for the default."""
    seeds: int = 0
    """How many runs; 0 for as many as are needed."""
    recording: Recording | None = None
    """A trace that must hold as well."""
    only: tuple[SceneKind, ...] = ()
    """Only these; empty for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One scene before it is played."""

    kind: SceneKind
    arrivals: Arrivals | None
    source: Source
    fleet: FleetSetup
    from_s: float
    """When measuring begins."""
    until_s: float
    """When requests end."""
    lasts_s: float
    """From ``from_s``, in truth."""
    promised: bool

    @property
    def expected(self) -> int:
        """How many requests a run has on average."""
        return max(1, round(self.source.rate_per_s * self.until_s))

    def requests(self, seed: int) -> Iterator[Request]:
        """Yield the requests of one run."""
        return takewhile(lambda item: item.at_s < self.until_s, self.source.requests(seed))


def verify(
    plan: ServicePlan,
    wanted: Wanted | None = None,
    progress: Callable[[float], None] = lambda _: None,
    *,
    topology: str = "",
) -> Verification:
    """Return how the plan of a service fares in every scene."""
    wanted = wanted or Wanted()
    acts = [act for act in _acts(plan, wanted) if act.kind in (wanted.only or SceneKind)]
    seeds = [wanted.seeds or _seeds(act) for act in acts]
    total = sum(act.expected * count for act, count in zip(acts, seeds, strict=True))
    counter = Counter(progress, total)
    tested = tuple(
        _tested(plan, act, [_run(plan, act, seed, counter) for seed in range(count)])
        for act, count in zip(acts, seeds, strict=True)
    )
    progress(1.0)
    return Verification(topology=topology, plan=plan, tested=tested, recording=wanted.recording)


# ---- scenes --------------------------------------------------------------------------------------


def _acts(plan: ServicePlan, wanted: Wanted) -> Iterator[Act]:
    """Yield what is to be played for a plan."""
    most = wanted.requests or REQUESTS
    load, order = plan.service.load, Order(routing=routing_of(plan))
    fleet = fleet_of(plan, order, lasts_s=0.0, seed=0)
    yield _steadily(plan, SceneKind.STATED, stated(load), most, fleet)
    if load.peak.value > 1.0:
        yield _steadily(plan, SceneKind.PEAK, held(load), most, fleet)
    yield _loss(plan, most, fleet)
    if load.peak.value > 1.0 and plan.autoscale.min_replicas < plan.configuration.replicas:
        yield _spike(plan, most)
    if wanted.recording is not None:
        yield _recorded(plan, wanted.recording, wanted.requests, fleet)


def routing_of(plan: ServicePlan) -> Routing:
    """Return how the plan deals requests out; in turn where it says what no simulation knows."""
    named = plan.configuration.routing
    return ROUTINGS.get(named, "round_robin")


def _steadily(
    plan: ServicePlan, kind: SceneKind, arrivals: Arrivals, most: int, fleet: FleetSetup
) -> Act:
    """Return traffic that goes on without end."""
    lasts_s = most / arrivals.rate_per_s
    return Act(
        kind=kind,
        arrivals=arrivals,
        source=Traffic(arrivals=arrivals, lengths=lengths_of(plan.service.load)),
        fleet=fleet,
        from_s=WARM_UP * lasts_s,
        until_s=lasts_s,
        lasts_s=inf,
        promised=True,
    )


def _loss(plan: ServicePlan, most: int, fleet: FleetSetup) -> Act:
    """Return a loss: at the peak where the plan is to survive it, else as it comes.

    Where the plan is to survive a node, all replicas of one are lost.
    """
    load, survives = plan.service.load, plan.service.survives
    arrivals = held(load) if survives else stated(load)
    from_s = _warm_s(plan, arrivals.rate_per_s)
    lasts_s = plan.load_time_s
    lost = _replicas_of_node(plan) if survives == "node" else 1
    losses = tuple(Loss(from_s, place, lasts_s) for place in range(lost))
    return Act(
        kind=SceneKind.LOST,
        arrivals=arrivals,
        source=Traffic(arrivals=arrivals, lengths=lengths_of(load)),
        fleet=replace(fleet, losses=losses),
        from_s=from_s,
        until_s=from_s + min(lasts_s, most / arrivals.rate_per_s),
        lasts_s=lasts_s,
        promised=bool(survives),
    )


def _replicas_of_node(plan: ServicePlan) -> int:
    """Return how many replicas a node holds, at most all of them."""
    shape, place = plan.configuration, plan.service.place
    each = max(1, place.per_node // shape.accelerators_per_replica)
    return min(each, shape.replicas)


def _spike(plan: ServicePlan, most: int) -> Act:
    """Return a spike that finds as few replicas as the autoscaler keeps at the mean rate."""
    load = plan.service.load
    lasts_s = min(spike_s(load), most / held(load).rate_per_s)
    before = ceil(_warm_s(plan, load.rate_per_s.value) / lasts_s)
    from_s, peak = before * lasts_s, load.peak.value
    arrivals = Profile(
        rate_per_s=load.rate_per_s.value * (before + peak) / (before + 1),
        factors=(*(1.0,) * before, peak),
        each_s=lasts_s,
    )
    order = Order(what_if=WhatIf.AUTOSCALE, routing=routing_of(plan))
    return Act(
        kind=SceneKind.SCALE_UP,
        arrivals=arrivals,
        source=Traffic(arrivals=arrivals, lengths=lengths_of(load)),
        fleet=fleet_of(plan, order, lasts_s=0.0, seed=0),
        from_s=from_s,
        until_s=from_s + lasts_s,
        lasts_s=spike_s(load),
        promised=True,
    )


def _warm_s(plan: ServicePlan, rate_per_s: float) -> float:
    """Return how long replicas are filled before something happens."""
    answer_s = plan.estimate.e2e_s
    wanted_s = max(WARM_LEAST_S, WARM_STRETCHES * answer_s if isfinite(answer_s) else 0.0)
    return min(wanted_s, WARM_MOST_REQUESTS / rate_per_s)


def _recorded(plan: ServicePlan, recording: Recording, requests: int, fleet: FleetSetup) -> Act:
    """Return a trace from its first request to its last; of one without times, its lengths."""
    script: Script = scripts(plan, Order(recording=recording, requests=requests))[-1]
    return Act(
        kind=SceneKind.TRACE,
        arrivals=script.arrivals,
        source=script.source,
        fleet=fleet,
        from_s=0.0,
        until_s=script.lasts_s,
        lasts_s=script.lasts_s,
        promised=True,
    )


def _seeds(act: Act) -> int:
    """Return how many runs have enough requests together that are measured."""
    if act.kind is SceneKind.TRACE and act.arrivals is None:
        return 1
    each = act.expected * (act.until_s - act.from_s) / act.until_s
    return min(MOST_SEEDS, max(SEEDS, ceil(ENOUGH / max(1.0, each))))


# ---- runs ----------------------------------------------------------------------------------------


def _run(plan: ServicePlan, act: Act, seed: int, counter: Counter) -> Run:
    gate = Gate(plan.max_model_len)
    fleet = Fleet(replace(act.fleet, seed=seed))
    requests = gate.fitting(counter.watch(act.requests(seed)))
    outcome = fleet.run(_from(requests, act.from_s, fleet))
    alone = act.fleet.autoscaler is None and not act.fleet.losses
    return counted(fleet, outcome, gate, growing=alone)


def _from(requests: Iterable[Request], begin_s: float, fleet: Fleet) -> Iterator[Request]:
    """Yield ``requests``, and forget what was measured before ``begin_s``."""
    begun = begin_s <= 0.0
    for request in requests:
        if not begun and request.at_s >= begin_s:
            begun = True
            forget(fleet)
        yield request


def _tested(plan: ServicePlan, act: Act, runs: list[Run]) -> Played:
    script = Script(
        kind=act.kind,
        source=act.source,
        arrivals=act.arrivals,
        requests=act.expected,
        warm_up=0,
        seeds=len(runs),
    )
    scene = summed(plan, script, runs)
    return Played(
        scene=scene,
        replicas=_at(scene, act.from_s),
        promised=act.promised,
        measured_s=act.until_s - act.from_s,
        lasts_s=act.lasts_s,
        judgements=tuple(_judged(plan, scene, line, runs) for line in scene.lines),
    )


def _at(scene: Scene, at_s: float) -> int:
    """Return how many replicas took requests at a time, in the first run."""
    known = [item.replicas for item in scene.ready if item.at_s <= at_s]
    return known[-1] if known else 0


def _judged(plan: ServicePlan, scene: Scene, line: Line, runs: list[Run]) -> Judgement:
    """Return whether a line held.

    That is sure where its limit lies outside of the interval, or where all of six runs or more say
    the same, which chance alone does one time in thirty. A queue that grows misses sooner or later.

    Source: Dixon and Mood (1946), the sign test: ``2 / 2^6`` is 3 %.
    """
    predicted = next(
        (item.predicted for item in plan.margins if item.objective == line.objective), None
    )
    sure = line.sure or _unanimous(line, runs)
    held = Held.MET if line.met else Held.MISSED
    if not sure or (line.met and scene.growing):
        held = Held.UNSURE
    return Judgement(line=line, predicted=predicted, held=held)


def _unanimous(line: Line, runs: list[Run]) -> bool:
    objective = line.objective
    seen = [latency_of(run.outcome.whole, measured(objective)) for run in runs]
    share = objective.percentile
    values = [
        item.mean_s if share is None else item.quantile_s(share) for item in seen if item.count
    ]
    beyond = sum(value > objective.limit.value for value in values)
    return len(values) >= SEEDS and beyond in {0, len(values)}
