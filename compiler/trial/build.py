"""From the plan of a service to what its traffic comes to."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from itertools import islice

from inferc.compiler.plan import Plan, ServicePlan
from inferc.compiler.simulation.replica import open_loop
from inferc.compiler.simulation.values import (
    SHARES,
    Latency,
    Moment,
    Outcome,
    ReplicaSetup,
    Request,
)
from inferc.compiler.trial.diagnostics import unknown_service
from inferc.compiler.trial.scenes import Script, scripts
from inferc.compiler.trial.setup import setup_of
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


def build(plan: ServicePlan, order: Order, progress: Progress = lambda _: None) -> Trial:
    """Return what the traffic of ``order`` comes to on the replicas of ``plan``."""
    setup, plays = setup_of(plan), scripts(plan, order)
    counter = _Counter(progress, sum(play.requests * play.seeds for play in plays))
    scenes = tuple(_scene(plan, setup, play, counter) for play in plays)
    progress(1.0)
    return Trial(plan=plan, scenes=scenes, recording=order.recording)


def chosen(
    plans: Iterable[Plan], service: str
) -> tuple[tuple[ServicePlan, ...], tuple[Diagnostic, ...]]:
    """Return the plans of all services, or of those called ``service``; none is an error."""
    every = tuple(item for plan in plans for item in plan.services)
    found = tuple(item for item in every if service in {"", item.service.name})
    if found or not every:
        return found, ()
    names = tuple(dict.fromkeys(item.service.name for item in every))
    near = next(iter(get_close_matches(service, names, n=1)), "")
    return (), (unknown_service(name=service, known=names, near=near),)


# ---- inside --------------------------------------------------------------------------------------


class _Counter:
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


class _Gate:
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


def _scene(plan: ServicePlan, setup: ReplicaSetup, play: Script, counter: _Counter) -> Scene:
    replicas = plan.configuration.replicas
    runs: list[tuple[Outcome, ...]] = []
    refused = growing = 0
    for seed in range(play.seeds):
        gate = _Gate(plan.max_model_len)
        outcomes = _serve(
            setup, replicas, play.warm_up, gate, partial(_watched, play, seed, counter)
        )
        refused += gate.refused + sum(item.rejected for item in outcomes)
        growing += grows(outcomes, gate.last_s)
        runs.append(outcomes)
    return summed(plan, play, runs, refused, growing=2 * growing > play.seeds)


def _watched(play: Script, seed: int, counter: _Counter) -> Iterator[Request]:
    return counter.watch(play.run(seed))


def _serve(
    setup: ReplicaSetup,
    replicas: int,
    warm_up: int,
    gate: _Gate,
    run: Callable[[], Iterator[Request]],
) -> tuple[Outcome, ...]:
    """Return what each replica comes to, requests being dealt out in turn."""
    gates = (gate, *(_Gate(gate.longest_tok) for _ in range(1, replicas)))
    return tuple(
        open_loop(
            setup,
            islice(of_replica.fitting(run()), place, None, replicas),
            warm_up=warm_up // replicas,
        )
        for place, of_replica in enumerate(gates)
    )


def summed(
    plan: ServicePlan,
    play: Script,
    runs: Sequence[tuple[Outcome, ...]],
    refused: int,
    *,
    growing: bool,
) -> Scene:
    """Return several runs, each of several replicas, as one scene."""
    latencies = {
        metric: [[_latency(outcome, metric) for outcome in run] for run in runs]
        for metric in METRICS
    }
    every = [outcome for run in runs for outcome in run]
    span_s = sum(max(outcome.makespan_s for outcome in run) for run in runs)
    output_tok = sum(item.output_tok for item in every)
    prompt_tok = sum(item.prompt_tok for item in every)
    return Scene(
        kind=play.kind,
        arrivals=play.arrivals,
        rate_per_s=play.source.rate_per_s,
        requests=play.requests,
        runs=len(runs),
        lasts_s=span_s / len(runs),
        latency_s={metric: _figures(found) for metric, found in latencies.items()},
        curve_s={metric: _curve(found) for metric, found in latencies.items()},
        lines=tuple(
            Line(
                objective=line,
                figure=figure(latencies[measured(line)], _estimate(line.percentile)),
            )
            for line in plan.service.objectives
            if can_judge(line)
        ),
        output_tok_per_s=output_tok / span_s if span_s else 0.0,
        total_tok_per_s=(output_tok + prompt_tok) / span_s if span_s else 0.0,
        running=sum(item.mean_running for item in every) / len(runs),
        waiting=sum(item.mean_waiting for item in every) / len(runs),
        kv_use=sum(item.kv_use for item in every) / len(every),
        preempted=sum(item.preempted for item in every),
        refused=refused,
        growing=growing,
        queue=queue_of(runs[0]),
    )


def _figures(runs: Sequence[Sequence[Latency]]) -> Mapping[str, Figure]:
    return {name: figure(runs, _estimate(share)) for name, share in STATISTICS.items()}


def _curve(runs: Sequence[Sequence[Latency]]) -> tuple[tuple[float, float], ...]:
    together = [latency for run in runs for latency in run]
    return tuple((share, quantile_s(together, share)) for share in SHARES)


def _latency(outcome: Outcome, metric: str) -> Latency:
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


def queue_of(outcomes: Sequence[Outcome]) -> tuple[Moment, ...]:
    """Return the queue over time of several replicas together."""
    end_s = max(outcome.makespan_s for outcome in outcomes)
    times = [outcome.moments for outcome in outcomes]
    starts = [[moment.at_s for moment in moments] for moments in times]
    found: list[Moment] = []
    for point in range(QUEUE_POINTS + 1):
        at_s = end_s * point / QUEUE_POINTS
        waiting = running = 0
        for moments, begun in zip(times, starts, strict=True):
            place = bisect_right(begun, at_s) - 1
            if place >= 0:
                waiting += moments[place].waiting
                running += moments[place].running
        found.append(Moment(at_s, waiting, running))
    return tuple(found)


def grows(outcomes: Sequence[Outcome], last_s: float) -> bool:
    """Return whether requests came faster than they were answered, until the last at ``last_s``.

    The mean queue of the last quarter of that time is then well above that of the second quarter:
    twice as long where it grows evenly, and by at least a request for each replica.
    """
    earlier, later = (
        _mean_waiting(outcomes, last_s * begin, last_s * (begin + 0.25)) for begin in (0.25, 0.75)
    )
    return later > 1.5 * earlier + len(outcomes)


def _mean_waiting(outcomes: Sequence[Outcome], begin_s: float, end_s: float) -> float:
    """Return the mean queue of all replicas together in a stretch of time."""
    total = 0.0
    for outcome in outcomes:
        held = [item.waiting for item in outcome.moments if begin_s <= item.at_s < end_s]
        total += sum(held) / len(held) if held else 0.0
    return total
