"""One replica under one load: latencies and rates, in closed form."""

from collections.abc import Callable, Sequence
from math import ceil, inf

from inferc.compiler.estimation.replica import (
    CACHE,
    NEVER,
    PROMPTS,
    SLOTS,
    STATISTICS,
    Replica,
    Running,
)
from inferc.compiler.estimation.simulated import simulate, statistics, why_simulated
from inferc.compiler.estimation.values import Kind, Load
from inferc.compiler.perf.closed_loop import closed_loop
from inferc.compiler.perf.demand import Demand, demand_of
from inferc.compiler.perf.estimate import (
    e2e_s,
    itl_s,
    kv_needed_tok,
    sequences_needed,
    tpot_s,
    ttft_s,
)
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.operation import operate
from inferc.compiler.perf.static_batch import static_batch


def demand_of_load(load: Load) -> Demand:
    """Return the lengths of a load's requests with their moments."""
    return demand_of(
        load.prompt_tok, load.prompt_p95_over_mean, load.output_tok, load.output_p95_over_mean
    )


def run(replica: Replica, load: Load) -> Running:
    """Return how one replica runs under its part of ``load``."""
    if why_simulated(replica.setup, load.kind):
        return _simulated(replica, load)
    match load.kind:
        case Kind.RATE:
            return _open(replica, load)
        case Kind.CONCURRENCY:
            return _closed(replica, load)
        case Kind.BATCH:
            return _batch(replica, load)


def capacity_per_s(replica: Replica, demand: Demand) -> float:
    """Return the highest rate that one replica carries: prompts, slots and cache suffice."""
    low, high = 0.0, 1.0
    while _carried(replica, demand, high):
        low, high = high, 2.0 * high
    while high - low > 1e-4 * high:
        middle = (low + high) / 2.0
        if _carried(replica, demand, middle):
            low = middle
        else:
            high = middle
    return low


def _carried(replica: Replica, demand: Demand, rate_per_s: float) -> bool:
    budget = replica.setup.operating.max_num_batched_tokens
    found = operate(replica.stage, demand, rate_per_s, budget, 0.0)
    return found.stable and max(_mean_shares(replica, found).values()) < 1.0


def _open(replica: Replica, load: Load) -> Running:
    """Return the steady state under Poisson arrivals, which the replicas share out evenly.

    A replica whose slots or cache would be full on average has a queue that grows as much as one
    that is short of time for prompts.
    """
    setup, demand = replica.setup, demand_of_load(load)
    rate = load.amount / setup.replicas
    budget = setup.operating.max_num_batched_tokens
    found = operate(replica.stage, demand, rate, budget, replica.before_s(demand.prompt_tok))
    shares = _mean_shares(replica, found)
    if not found.stable or max(shares.values()) >= 1.0:
        return _stuck(shares)
    rare = sequences_needed(found) / setup.operating.max_num_seqs
    cache = (
        kv_needed_tok(found, demand, float(setup.operating.kv_block_tok)) / replica.fit.kv_cache_tok
    )
    shares = {PROMPTS: found.load, SLOTS: rare, CACHE: cache}
    present = found.sequences + found.sequences_in_prefill
    return _latencies(found, demand)._replace(rate_per_s=rate, shares=shares, sequences=present)


def _stuck(shares: dict[str, float]) -> Running:
    """Return what becomes of a replica whose queue grows without end."""
    return Running(
        stable=False,
        ttft_s=NEVER,
        itl_s=NEVER,
        tpot_s=NEVER,
        e2e_s=NEVER,
        rate_per_s=0.0,
        shares=shares,
        sequences=inf,
        waiting=inf,
    )


def _closed(replica: Replica, load: Load) -> Running:
    """Return the steady state of clients that each wait for their answer.

    As many requests are in the replica as it has slots and cache for; the others wait for a place,
    which by Little's law takes each ``waiting / rate``.
    """
    setup, demand = replica.setup, demand_of_load(load)
    clients = load.amount / setup.replicas
    places = max(1.0, min(float(setup.operating.max_num_seqs), _at_once(replica)))
    inside = min(clients, places)
    budget = setup.operating.max_num_batched_tokens
    rate, found = closed_loop(
        replica.stage, demand, inside, budget, replica.before_s(demand.prompt_tok)
    )
    shares = _mean_shares(replica, found)
    waiting = clients - inside
    running = _latencies(found, demand)._replace(
        rate_per_s=rate, shares=shares, sequences=inside, waiting=waiting
    )
    if waiting <= 0.0:
        return running
    wait_s = waiting / rate
    return running._replace(
        ttft_s={name: value + wait_s for name, value in running.ttft_s.items()},
        e2e_s={name: value + wait_s for name, value in running.e2e_s.items()},
    )


def _batch(replica: Replica, load: Load) -> Running:
    """Return when equal requests that start together get their tokens.

    Where a replica has no room for its part at once, it takes it in waves.
    """
    setup = replica.setup
    requests = ceil(load.amount / setup.replicas)
    prompt, output = round(load.prompt_tok), round(load.output_tok)
    places = max(1, int(min(setup.operating.max_num_seqs, replica.fit.sequences_full)))
    before_s = replica.before_s(load.prompt_tok)
    firsts: list[float] = []
    lasts: list[float] = []
    start_s = 0.0
    for done in range(0, requests, places):
        size = min(places, requests - done)
        found = static_batch(
            replica.stage, size, prompt, output, setup.operating.max_num_batched_tokens
        )
        firsts += [start_s + before_s + value for value in found.first_s]
        lasts += [start_s + before_s + value for value in found.last_s]
        start_s += max(found.last_s)
    gaps = max(1, output - 1)
    each = [(last - first) / gaps for first, last in zip(firsts, lasts, strict=True)]
    tpot = _statistics(each)
    at_once = min(places, requests)
    shares = {
        PROMPTS: 0.0,
        SLOTS: at_once / setup.operating.max_num_seqs,
        CACHE: at_once / max(1.0, replica.fit.sequences_full),
    }
    return Running(
        stable=True,
        ttft_s=_statistics(firsts),
        itl_s=tpot,
        tpot_s=tpot,
        e2e_s=_statistics(lasts),
        rate_per_s=requests / max(lasts),
        shares=shares,
        sequences=float(at_once),
        waiting=float(requests - at_once),
        makespan_s=max(lasts),
    )


def _simulated(replica: Replica, load: Load) -> Running:
    """Return how a replica runs whose scheduling has no closed form here.

    Whether it carries an open rate is still asked of the closed form: the work is the same.
    """
    setup, demand = replica.setup, demand_of_load(load)
    shares: dict[str, float] = {}
    rate = load.amount / setup.replicas
    if load.kind is Kind.RATE:
        found = operate(replica.stage, demand, rate, setup.operating.max_num_batched_tokens, 0.0)
        shares = _mean_shares(replica, found)
        if not found.stable or max(shares.values()) >= 1.0:
            return _stuck(shares)
    done = simulate(replica, load)
    seen = {SLOTS: done.mean_running / setup.operating.max_num_seqs, CACHE: done.kv_use}
    return Running(
        stable=True,
        ttft_s=statistics(done.ttft),
        itl_s=statistics(done.itl),
        tpot_s=statistics(done.tpot),
        e2e_s=statistics(done.e2e),
        rate_per_s=rate if load.kind is Kind.RATE else done.requests_per_s,
        shares={PROMPTS: shares.get(PROMPTS, 0.0), **seen},
        sequences=done.mean_running,
        waiting=done.mean_waiting,
        makespan_s=done.makespan_s,
    )


def _latencies(found: Operation, demand: Demand) -> Running:
    """Return the latencies of a replica in its steady state."""

    def by(metric: Callable[[float | None], float]) -> dict[str, float]:
        return {name: metric(value) for name, value in STATISTICS}

    return Running(
        stable=True,
        ttft_s=by(lambda q: ttft_s(found, q)),
        itl_s=by(lambda q: itl_s(found, q)),
        tpot_s=by(lambda q: tpot_s(found, q)),
        e2e_s=by(lambda q: e2e_s(found, demand, q)),
        rate_per_s=0.0,
        shares={},
        sequences=0.0,
        waiting=0.0,
    )


def _mean_shares(replica: Replica, found: Operation) -> dict[str, float]:
    """Return what is in use on average, over what there is."""
    present = found.sequences + found.sequences_in_prefill
    return {
        PROMPTS: found.load,
        SLOTS: present / replica.setup.operating.max_num_seqs,
        CACHE: present / max(1.0, _at_once(replica)),
    }


def _at_once(replica: Replica) -> float:
    """Return how many sequences the KV cache holds, on average over their lives.

    An engine that admits by the full length reserves the whole answer from the start.
    """
    reserved = replica.setup.operating.kv_admission == "full_length"
    return replica.fit.sequences_full if reserved else replica.fit.sequences_mean


def _statistics(values: Sequence[float]) -> dict[str, float]:
    """Return mean and percentiles of what is known of each request, the nearest rank."""
    ranked = sorted(values)
    found = {"mean": sum(ranked) / len(ranked)}
    for name, share in STATISTICS:
        if share is not None:
            found[name] = ranked[max(0, ceil(share * len(ranked)) - 1)]
    return found
