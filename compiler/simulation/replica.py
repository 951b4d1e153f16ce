"""One replica under load: open and closed loops, everything at once, one static batch."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import heapify, heappop, heappush
from itertools import islice
from math import inf

from inferc.compiler.simulation.engine import Engine, engine
from inferc.compiler.simulation.front import FrontEnd
from inferc.compiler.simulation.prefixes import prefixes
from inferc.compiler.simulation.tally import Tally
from inferc.compiler.simulation.ties import Ties, pool_of
from inferc.compiler.simulation.values import Outcome, Recorder, ReplicaSetup, Request

Lengths = tuple[int, int] | tuple[int, int, int]
"""Prompt and answer, and how much of the prompt the prefix cache holds."""

NOBODY = (inf, Request(inf, 0, 0))
"""Who comes when nobody comes any more."""


def open_loop(
    setup: ReplicaSetup,
    requests: Iterable[Request],
    *,
    record: Recorder | None = None,
    warm_up: int = 0,
) -> Outcome:
    """Simulate requests that come when they come, in order of their time.

    They are taken one at a time, so that an endless stream has to be cut to size by the caller.
    Latencies are measured from the time on at which ``warm_up`` requests have come.
    """
    tally = Tally()
    requests = _warmed(requests, warm_up, tally)
    if setup.pipeline > 1:
        _serve(setup, requests, tally, record, iter(()))
    else:
        _serve_alone(setup, requests, tally, record)
    return tally.outcome(setup.pipeline, setup.kv_cache_tok)


def burst(
    setup: ReplicaSetup, lengths: Iterable[tuple[int, int]], *, record: Recorder | None = None
) -> Outcome:
    """Simulate (prompt, answer) requests that all come at time zero: offline throughput."""
    requests = (Request(0.0, prompt_tok, output_tok) for prompt_tok, output_tok in lengths)
    return open_loop(setup, requests, record=record)


def static_batch(
    setup: ReplicaSetup, lengths: Iterable[tuple[int, int]], *, record: Recorder | None = None
) -> Outcome:
    """Simulate one batch that begins together and ends when its longest answer is complete."""
    batch = tuple(lengths)
    return burst(
        replace(setup, scheduling="static", max_num_seqs=max(1, len(batch))), batch, record=record
    )


def closed_loop(
    setup: ReplicaSetup,
    lengths: Iterable[Lengths],
    concurrency: int,
    *,
    record: Recorder | None = None,
) -> Outcome:
    """Simulate clients that each send their next request when their answer is complete.

    All of them begin at time zero; there are as many requests as there are ``lengths``.
    """
    tally = Tally()
    left = iter(lengths)
    first = [_request(0.0, of_one) for of_one in islice(left, concurrency)]
    serve = _serve if setup.pipeline > 1 else _circle
    serve(setup, first, tally, record, left)
    return tally.outcome(setup.pipeline, setup.kv_cache_tok)


def _request(at_s: float, lengths: Lengths) -> Request:
    match lengths:
        case prompt_tok, output_tok, cached_tok:
            return Request(at_s, prompt_tok, output_tok, cached_tok)
        case prompt_tok, output_tok:
            return Request(at_s, prompt_tok, output_tok)


def _warmed(requests: Iterable[Request], warm_up: int, tally: Tally) -> Iterator[Request]:
    """Yield ``requests``, and forget latencies once so many have come."""
    requests = iter(requests)
    if warm_up:
        yield from islice(requests, warm_up)
        tally.forget()
    yield from requests


def _serve_alone(
    setup: ReplicaSetup,
    requests: Iterable[Request],
    tally: Tally,
    record: Recorder | None,
) -> None:
    """Run one engine against arrivals that do not depend on it."""
    waiting: deque[Request] = deque()
    one = engine(setup, waiting, tally, Ties(record=record, cache=prefixes(setup)))
    enqueue, send = waiting.append, one.send
    end_s, until_s = next(one)
    for at_s, request in FrontEnd(setup).passed(requests):
        while end_s < at_s:
            end_s, until_s = send(None)
        enqueue(request)
        if at_s < until_s:
            end_s, until_s = send(at_s)
    while end_s < inf:
        end_s, until_s = send(None)
    one.close()


def _circle(
    setup: ReplicaSetup,
    requests: Iterable[Request],
    tally: Tally,
    record: Recorder | None,
    followers: Iterator[Lengths],
) -> None:
    """Run one engine against clients that wait for their answers."""
    waiting: deque[Request] = deque()
    one = engine(setup, waiting, tally, Ties(pause=True, record=record, cache=prefixes(setup)))
    enqueue, send, ended = waiting.append, one.send, tally.ended
    gate = FrontEnd(setup)
    coming = [(gate.pass_s(request), place, request) for place, request in enumerate(requests)]
    came = len(coming)
    heapify(coming)
    end_s, until_s = next(one)
    while coming or end_s < inf:
        if coming and coming[0][0] <= end_s:
            at_s, _, request = heappop(coming)
            enqueue(request)
            if at_s < until_s:
                end_s, until_s = send(at_s)
            continue
        end_s, until_s = send(None)
        for of_one in islice(followers, len(ended)):
            request = _request(end_s, of_one)
            ready_s = gate.pass_s(request)
            if ready_s <= end_s:
                enqueue(request)
            else:
                came += 1
                heappush(coming, (ready_s, came, request))
        ended.clear()
    one.close()


def _serve(
    setup: ReplicaSetup,
    requests: Iterable[Request],
    tally: Tally,
    record: Recorder | None,
    followers: Iterator[Lengths],
) -> None:
    """Run the engines of a replica side by side; each request that ends may call for the next."""
    waiting: deque[Request] = deque()
    ties = Ties(
        pause=True,
        record=record,
        resumed=deque(),
        pool=pool_of(setup),
        cache=prefixes(setup),
    )
    engines = [
        engine(setup, waiting, tally, ties._replace(seed=place, place=place))
        for place in range(setup.pipeline)
    ]
    state = [next(one) for one in engines]
    gate = FrontEnd(setup)
    arrivals = gate.passed(requests)
    coming: list[tuple[float, int, Request]] = []
    came = 0
    at_s, arrival = next(arrivals, NOBODY)
    while True:
        end_s, which = min((item[0], place) for place, item in enumerate(state))
        if coming and coming[0][0] <= at_s:
            next_s, _, request = coming[0]
        else:
            next_s, request = at_s, arrival
        if next_s <= end_s:
            if next_s == inf:
                break
            if coming and request is coming[0][2]:
                heappop(coming)
            else:
                at_s, arrival = next(arrivals, NOBODY)
            waiting.append(request)
            _announce(engines, state, next_s)
            continue
        state[which] = engines[which].send(None)
        if state[which][0] < inf and (waiting or ties.resumed):
            _rouse(engines, state, end_s)
        for of_one in islice(followers, len(tally.ended)):
            request = _request(state[which][0], of_one)
            came += 1
            heappush(coming, (gate.pass_s(request), came, request))
        tally.ended.clear()
    for one in engines:
        one.close()


def _rouse(engines: list[Engine], state: list[tuple[float, float]], now: float) -> None:
    """Let idle engines look again: one beside them may have given back KV cache."""
    for place, (end_s, _) in enumerate(state):
        if end_s == inf:
            state[place] = engines[place].send(now)


def _announce(engines: list[Engine], state: list[tuple[float, float]], at_s: float) -> None:
    """Tell engines that a request has come: an idle one, or else all that would take it."""
    for place, (end_s, _) in enumerate(state):
        if end_s == inf:
            state[place] = engines[place].send(at_s)
            return
    for place, (_, until_s) in enumerate(state):
        if at_s < until_s:
            state[place] = engines[place].send(at_s)
