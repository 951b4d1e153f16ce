"""From the plan of a service to what its traffic comes to."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from itertools import islice
from typing import NamedTuple

from inferc.compiler.plan import Plan, ServicePlan
from inferc.compiler.simulation.fleet import Fleet, FleetOutcome
from inferc.compiler.simulation.values import (
    SHARES,
    Latency,
    Moment,
    Outcome,
    Request,
)
from inferc.compiler.trial.diagnostics import unknown_service
from inferc.compiler.trial.scenes import Script, scripts
from inferc.compiler.trial.setup import fleet_of, replicas_of
from inferc.compiler.trial.statistics import figure, mean_s, quantile_s
from inferc.compiler.trial.values import (
    METRICS,
    STATISTICS,
    Figure,
    Line,
    Order,
    Scene,
    Trial,
    can_judge,
    measured,
)
from inferc.dsl.diagnostics import Diagnostic

Progress = Callable[[float], None]
"""Is told the share of all requests that have been sent."""

EVERY = 512
"""Requests between two reports of progress."""

QUEUE_POINTS = 400
"""Of the queue over time."""

SOME = 4.0
"""Requests by which a queue may be longer by chance."""


def build(
    plan: ServicePlan, order: Order, progress: Progress = lambda _: None, *, topology: str = ""
) -> Trial:
    """Return what the traffic of ``order`` comes to on the replicas of ``plan``."""
    plays = scripts(plan, order)
    counter = Counter(progress, sum(play.requests * play.seeds for play in plays))
    scenes = tuple(
        summed(
            plan,
            play,
            [_run(plan, order, play, seed, counter) for seed in range(play.seeds)],
        )
        for play in plays
    )
    progress(1.0)
    return Trial(
        topology=topology,
        plan=plan,
        replicas=replicas_of(plan, order),
        what_if=order.what_if,
        scenes=scenes,
        recording=order.recording,
    )


def chosen(
    plans: Sequence[Plan], service: str
) -> tuple[tuple[tuple[str, ServicePlan], ...], tuple[Diagnostic, ...]]:
    """Return the plans of all services with their topologies' names, or of those so called.

    That there is none of the name is an error.
    """
    every = tuple((plan.topology, item) for plan in plans for item in plan.services)
    found = tuple(pair for pair in every if service in {"", pair[1].service.name})
    if found or not every:
        return found, ()
    names = tuple(dict.fromkeys(item.service.name for _, item in every))
    near = next(iter(get_close_matches(service, names, n=1)), "")
    network = any(item.service.name == service for plan in plans for item in plan.networks)
    return (), (unknown_service(name=service, known=names, near=near, network=network),)


# ---- one run -------------------------------------------------------------------------------------


class Counter:
    """Counts the requests that are sent, and reports progress now and then."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = max(1, total)
        self._sent = 0

    def watch(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Yield ``requests`` while counting them."""
        for place, request in enumerate(requests, start=1):
            if place % EVERY == 0:
                self._sent += EVERY
                self._progress(min(1.0, self._sent / self._total))
            yield request


class Gate:
    """Lets through what fits into the longest context, as the server of an engine does."""

    def __init__(self, longest_tok: int) -> None:
        self.longest_tok = longest_tok
        self.refused = 0
        self.last_s = 0.0

    def fitting(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Yield requests; a prompt without room for an answer is refused, a long answer cut."""
        longest_tok = self.longest_tok
        for request in requests:
            room_tok = longest_tok - request[1]
            if room_tok <= 0:
                self.refused += 1
                continue
            self.last_s = request[0]
            yield request if request[2] <= room_tok else request._replace(output_tok=room_tok)


class Run(NamedTuple):
    """One run, and what its outcome does not say."""

    outcome: FleetOutcome
    refused: int
    growing: bool
    asked_tok: int
    """Tokens of prompts that prefix caches were asked for."""
    found_tok: int


def _run(plan: ServicePlan, order: Order, play: Script, seed: int, counter: Counter) -> Run:
    gate = Gate(plan.max_model_len)
    fleet = Fleet(fleet_of(plan, order, lasts_s=play.lasts_s, seed=seed))
    requests = gate.fitting(counter.watch(play.run(seed)))
    outcome = fleet.run(_warmed(requests, play.warm_up, fleet))
    return counted(fleet, outcome, gate, growing=order.what_if is None)


def counted(fleet: Fleet, outcome: FleetOutcome, gate: Gate, *, growing: bool) -> Run:
    """Return one run; ``growing`` is whether to ask if its queue grows without end."""
    caches = [server.cache for server in fleet.servers if server.cache is not None]
    return Run(
        outcome=outcome,
        refused=gate.refused + outcome.whole.rejected,
        growing=growing and grows(outcome.whole, gate.last_s),
        asked_tok=sum(cache.asked_tok for cache in caches),
        found_tok=sum(cache.found_tok for cache in caches),
    )


def _warmed(requests: Iterator[Request], warm_up: int, fleet: Fleet) -> Iterator[Request]:
    """Yield ``requests``, and forget the latencies once so many have come."""
    if warm_up:
        yield from islice(requests, warm_up)
        forget(fleet)
    yield from requests


def forget(fleet: Fleet) -> None:
    """Begin to measure the latencies of a fleet anew."""
    for server in fleet.servers:
        server.tally.forget()
    fleet.whole.forget()


def summed(plan: ServicePlan, play: Script, runs: Sequence[Run]) -> Scene:
    """Return several runs as one scene."""
    fleets = [run.outcome for run in runs]
    whole = [fleet.whole for fleet in fleets]
    every = {metric: [latency_of(item, metric) for item in whole] for metric in METRICS}
    latencies = {
        metric: found for metric, found in every.items() if any(one.count for one in found)
    }
    count, span_s = len(runs), sum(item.makespan_s for item in whole)
    output_tok = sum(item.output_tok for item in whole)
    prompt_tok = sum(item.prompt_tok for item in whole)
    asked_tok = sum(run.asked_tok for run in runs)
    return Scene(
        kind=play.kind,
        arrivals=play.arrivals,
        rate_per_s=play.source.rate_per_s,
        requests=play.requests,
        runs=count,
        lasts_s=span_s / count,
        latency_s={metric: _figures(found) for metric, found in latencies.items()},
        curve_s={metric: _curve(found) for metric, found in latencies.items()},
        lines=tuple(
            Line(
                objective=line,
                figure=figure(latencies[measured(line)], _estimate(line.percentile)),
            )
            for line in plan.service.objectives
            if can_judge(line) and measured(line) in latencies
        ),
        output_tok_per_s=output_tok / span_s if span_s else 0.0,
        total_tok_per_s=(output_tok + prompt_tok) / span_s if span_s else 0.0,
        running=sum(item.mean_running for item in whole) / count,
        waiting=sum(item.mean_waiting for item in whole) / count,
        kv_use=sum(item.kv_use for item in whole) / count,
        preempted=sum(item.preempted for item in whole),
        refused=sum(run.refused for run in runs),
        prefix_share=sum(run.found_tok for run in runs) / asked_tok if asked_tok else 0.0,
        resent=sum(fleet.resent for fleet in fleets),
        ready=fleets[0].ready,
        replica_s=sum(fleet.replica_s for fleet in fleets) / count,
        growing=2 * sum(run.growing for run in runs) > count,
        queue=queue_of(whole[0]),
    )


def _figures(runs: Sequence[Latency]) -> Mapping[str, Figure]:
    return {name: figure(runs, _estimate(share)) for name, share in STATISTICS.items()}


def _curve(runs: Sequence[Latency]) -> tuple[tuple[float, float], ...]:
    return tuple((share, quantile_s(runs, share)) for share in SHARES)


def latency_of(outcome: Outcome, metric: str) -> Latency:
    """Return one of :data:`METRICS`."""
    match metric:
        case "ttft":
            return outcome.ttft
        case "tpot":
            return outcome.tpot
        case "itl":
            return outcome.itl
        case _:
            return outcome.e2e


def _estimate(share: float | None) -> Callable[[Sequence[Latency]], float]:
    return mean_s if share is None else partial(_quantile_s, share)


def _quantile_s(share: float, runs: Sequence[Latency]) -> float:
    return quantile_s(runs, share)


def queue_of(outcome: Outcome) -> tuple[Moment, ...]:
    """Return the queue over time, at even distances until the last request has come."""
    moments = outcome.moments
    end_s = moments[-1].at_s if moments else 0.0
    begun = [moment.at_s for moment in moments]
    found: list[Moment] = []
    for point in range(QUEUE_POINTS + 1):
        at_s = end_s * point / QUEUE_POINTS
        place = bisect_right(begun, at_s) - 1
        found.append(moments[place]._replace(at_s=at_s) if place >= 0 else Moment(at_s, 0, 0))
    return tuple(found)


def grows(outcome: Outcome, last_s: float) -> bool:
    """Return whether requests came faster than they were answered, until the last at ``last_s``.

    The mean queue of the last quarter of that time is then well above that of the second quarter:
    twice as long where it grows evenly, and by some requests at least.
    """
    earlier, later = (
        _mean_waiting(outcome, last_s * begin, last_s * (begin + 0.25)) for begin in (0.25, 0.75)
    )
    return later > 1.5 * earlier + SOME


def _mean_waiting(outcome: Outcome, begin_s: float, end_s: float) -> float:
    """Return the mean queue in a stretch of time."""
    held = [item.waiting for item in outcome.moments if begin_s <= item.at_s < end_s]
    return sum(held) / len(held) if held else 0.0
