"""One replica under one load, simulated: where no closed form holds, or on demand."""

from itertools import islice
from math import ceil
from typing import TYPE_CHECKING

from inferc.compiler.estimation.replica import Replica
from inferc.compiler.estimation.values import Kind, Load, Setup

if TYPE_CHECKING:
    from inferc.compiler.simulation import Latency, Outcome, ReplicaSetup

REQUESTS = 3000
"""Of an open rate: mean and p95 of TTFT move by a few per cent from seed to seed."""

WARM_UP = 300

ROUNDS = 10
"""Requests of each client in a closed loop, as load generators are mostly told."""

LEAST = 200
"""Requests of a closed loop at the least."""

SEED = 1


def why_simulated(setup: Setup, kind: Kind) -> str:
    """Return why a load of ``setup`` is simulated; empty where it is not.

    The closed form of an open rate holds for engines that run prompts first, too. Of clients that
    wait it does not: their requests fall into step. The stages of a pipeline share a queue, from
    which the first may take a whole batch.
    """
    operating = setup.operating
    if setup.simulated:
        return "simulated, as asked"
    if operating.batch_wait_iterations > 0:
        return "simulated: this engine lets prompts wait for each other"
    if operating.scheduling == "prefill_first" and kind is not Kind.RATE:
        return "simulated: this engine runs prompts before answers"
    if kind is Kind.BATCH and setup.layout.pipeline_parallel > 1:
        return "simulated: the stages of a pipeline share the batch"
    return ""


def simulate(asked: Replica, load: Load) -> "Outcome":
    """Return what one replica's share of ``load`` comes to."""
    from inferc.compiler.simulation import burst, closed_loop, open_loop
    from inferc.compiler.simulation.arrivals import Renewal
    from inferc.compiler.simulation.lengths import Apart, Gamma
    from inferc.compiler.simulation.traffic import Traffic

    replica = _setup(asked)
    amount = load.amount / asked.setup.replicas
    lengths = Apart(
        prompt=Gamma(mean_tok=load.prompt_tok, p95_over_mean=load.prompt_p95_over_mean),
        output=Gamma(mean_tok=load.output_tok, p95_over_mean=load.output_p95_over_mean),
    )
    arrivals = Renewal(rate_per_s=amount if load.kind is Kind.RATE else 1.0)
    requests = Traffic(arrivals=arrivals, lengths=lengths).requests(SEED)
    match load.kind:
        case Kind.RATE:
            return open_loop(replica, islice(requests, REQUESTS), warm_up=WARM_UP)
        case Kind.CONCURRENCY:
            clients = max(1, round(amount))
            count = max(LEAST, ROUNDS * clients)
            pairs = ((item.prompt_tok, item.output_tok) for item in islice(requests, count))
            return closed_loop(replica, pairs, clients)
        case Kind.BATCH:
            count = max(1, ceil(amount))
            return burst(
                replica, ((item.prompt_tok, item.output_tok) for item in islice(requests, count))
            )


def statistics(latency: "Latency") -> dict[str, float]:
    """Return a latency by statistic."""
    return {
        "mean": latency.mean_s,
        "p50": latency.p50_s,
        "p95": latency.p95_s,
        "p99": latency.p99_s,
    }


def _setup(asked: Replica) -> "ReplicaSetup":
    from inferc.compiler.simulation import ReplicaSetup

    setup = asked.setup
    operating = setup.operating
    return ReplicaSetup(
        clock=asked.stage,
        scheduling="prefill_first" if operating.scheduling == "prefill_first" else "mixed",
        max_num_seqs=operating.max_num_seqs,
        max_num_batched_tokens=operating.max_num_batched_tokens,
        chunked_prefill=operating.chunked_prefill,
        kv_cache_tok=asked.fit.kv_cache_tok,
        kv_block_tok=operating.kv_block_tok,
        kv_admission="full_length" if operating.kv_admission == "full_length" else "as_needed",
        batch_wait_steps=operating.batch_wait_iterations,
        batch_wait_ratio=operating.batch_wait_ratio,
        pipeline=setup.layout.pipeline_parallel,
        frontend_s=asked.frontend_s,
        frontend_tok_s=asked.frontend_tok_s,
    )
