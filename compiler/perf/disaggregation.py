"""Disaggregated serving: some replicas compute prompts, others go on with the answers.

A prompt waits for a replica that computes prompts only, its KV cache is sent over, and another
replica adds a token in each step, in which there are no prompts. Source: Zhong et al., DistServe
(OSDI 2024); Patel et al., Splitwise (ISCA 2024).
"""

from math import sqrt
from typing import NamedTuple

from inferc.compiler.model import LanguageModel
from inferc.compiler.perf.architecture import kv_bytes
from inferc.compiler.perf.collectives import network_fabric, tensor_fabric
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.first_token import backlog
from inferc.compiler.perf.formats import KV_BYTES
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.operation import decode_only
from inferc.compiler.perf.queueing import mean_wait_s, wait_variance
from inferc.compiler.perf.steps import Stage


def prompts_only(
    stage: Stage, demand: Demand, rate_per_s: float, budget_tok: float, frontend_s: float
) -> Operation:
    """Return how a replica runs that computes prompts and hands their answers over.

    A step takes ``f`` and what the prompts take that came during the step before, ``S`` each; when
    none came, the replica waits for one. With ``r = rate E[S]`` the mean step ``C`` follows from
    ``C (1 - r) = f + P0 E[S]`` where ``P0 = 1/(1 + rate C)`` is the chance that none came, were
    steps exponential; ``m = E[C^2]/E[C] = (2f - f^2/C + (1 - f/C) E[S^2]/E[S]) / (1 - r^2)``. Who
    comes during a step, with probability ``b``, waits for half of ``m`` and is computed together
    with ``r m`` of others. Third moments in the same way.

    Source: the M/G/1 queue with gated service (Takagi, Queueing Analysis 1, 1991, section 2.2),
    and a restart where it is empty. Holds for: Poisson arrivals; checked against the simulator.
    """
    found = Operation()
    found.pipeline = stage.pipeline
    pairs, prompt = demand.pairs_per_tok, demand.prompt_tok
    full_s = stage.step_s(budget_tok, pairs, 0.0, 0.0)
    found.load = rate_per_s * prompt * full_s / budget_tok
    own_s = stage.prompt_tok_s(pairs) * prompt
    load = rate_per_s * own_s
    if found.load >= 1.0 or load >= 1.0:
        return found
    found.stable = True
    chunks = max(1.0, prompt / budget_tok)
    chunk_tok = prompt / chunks
    fixed_s = max(0.0, stage.step_s(chunk_tok, pairs, 0.0, 0.0) - own_s / chunks)
    passes = chunks + stage.pipeline - 1.0
    steps = _gated(rate_per_s, fixed_s, own_s, demand.prompt_variation)
    ahead = stage.pipeline * load
    excess_s = steps.busy * steps.met_s * (0.5 + ahead)
    found.ttft_floor_s = passes * fixed_s
    found.ttft_excess_s = excess_s + own_s * passes / chunks
    square = steps.met_square * (1.0 / 3.0 + ahead + ahead * ahead)
    square += rate_per_s * own_s * own_s * (1.0 + demand.prompt_variation) * steps.met_s
    found.ttft_variance = max(0.0, steps.busy * square - excess_s * excess_s)
    found.ttft_variance += demand.prompt_variation * (own_s * passes / chunks) ** 2
    found.decode_s = found.mixed_s = found.period_s = fixed_s + own_s / chunks
    found.tpot_s, found.sequences = 0.0, 0.0
    backlog(found, demand, rate_per_s, prompt * full_s / budget_tok)
    found.sequences_in_prefill = rate_per_s * (found.ttft_floor_s + found.ttft_excess_s)
    found.ttft_floor_s += frontend_s
    return found


class _Gated(NamedTuple):
    """Steps that each hold what came during the one before."""

    busy: float
    """Share of the time in which one runs."""
    met_s: float
    """Mean of the step that somebody meets who comes during one."""
    met_square: float


def _gated(rate_per_s: float, fixed_s: float, own_s: float, variation: float) -> _Gated:
    """Return the steps of :func:`prompts_only`."""
    load = rate_per_s * own_s
    square = 1.0 + variation
    cube = square * (1.0 + 2.0 * variation)
    # rate (1 - r) C^2 + (1 - r - rate f) C - (f + S) = 0
    linear = 1.0 - load - rate_per_s * fixed_s
    whole = 4.0 * rate_per_s * (1.0 - load) * (fixed_s + own_s)
    mean_s = (sqrt(linear * linear + whole) - linear) / (2.0 * rate_per_s * (1.0 - load))
    rest = 1.0 - fixed_s / mean_s
    met_s = fixed_s * (1.0 + rest) + rest * own_s * square
    met_s /= 1.0 - load * load
    noise = rate_per_s * own_s * own_s * square
    met_square = rest * own_s * own_s * cube + 3.0 * load * noise * met_s
    met_square += 3.0 * fixed_s * (load * load * met_s + noise) + fixed_s * fixed_s
    met_square /= 1.0 - load**3
    idle_s = 1.0 / (1.0 + rate_per_s * mean_s) / rate_per_s
    return _Gated(mean_s / (mean_s + idle_s), met_s, max(met_square, met_s * met_s))


def answers_only(stage: Stage, demand: Demand, rate_per_s: float, budget_tok: float) -> Operation:
    """Return how a replica runs that goes on with answers, of which the first token is there."""
    return decode_only(stage, demand, rate_per_s, budget_tok)


class Transfer:
    """How the KV cache of prompts gets from a replica to another."""

    def __init__(
        self, model: LanguageModel, kv_precision: str, bytes_per_s: float, latency_s: float
    ) -> None:
        self.model = model
        self.entry_bytes = KV_BYTES[kv_precision]
        self.bytes_per_s = bytes_per_s
        self.latency_s = latency_s

    def bytes_per_tok(self, prompt_tok: float) -> float:
        """Return what is sent for each token of a prompt of that length."""
        return kv_bytes(self.model, prompt_tok, self.entry_bytes) / prompt_tok

    def sending_s(self, prompt_tok: float) -> float:
        """Return the time for which a prompt of that length keeps the link."""
        return self.bytes_per_tok(prompt_tok) * prompt_tok / self.bytes_per_s


def transfer_of(stage: Stage, coefficients: dict[str, float]) -> Transfer:
    """Return how a replica that computes prompts sends their KV cache.

    Over what joins the accelerators of a node where the place is one node, else over the node's
    network, which all accelerators of the node share. Each of the replica's sends its own part.
    """
    place, layout = stage.place, stage.layout
    if place.nodes.value <= 1.0 and place.per_node > 1:
        fabric = tensor_fabric(place, 2, coefficients)
    else:
        fabric = network_fabric(place, place.per_node, coefficients)
    senders = layout.tensor_parallel * layout.pipeline_parallel
    return Transfer(
        stage.model, layout.kv_precision, fabric.bytes_per_s * senders, fabric.latency_s
    )


def joined(
    prompts: Operation, answers: Operation, transfer: Transfer, demand: Demand, rate_per_s: float
) -> Operation:
    """Return how requests fare that pass from one replica to another.

    ``rate_per_s`` prompts leave each of the former, over a link that sends one after the other. The
    stream of an answer begins once its cache is there, so that counts as part of the first token;
    from then on there are steps without prompts.

    Source: the link as a queue, Pollaczek-Khinchine (:func:`queueing.mean_wait_s`).
    """
    found = Operation()
    found.stable = prompts.stable and answers.stable
    found.load = max(prompts.load, answers.load)
    if not found.stable:
        return found
    sending_s = transfer.sending_s(demand.prompt_tok)
    wait_s = mean_wait_s(rate_per_s, sending_s, demand.prompt_variation)
    busy = rate_per_s * sending_s
    found.load = max(found.load, busy)
    if busy >= 1.0:
        found.stable = False
        return found
    found.pipeline, found.gain = answers.pipeline, answers.gain
    found.decode_s, found.mixed_s, found.mixed_share = answers.decode_s, answers.decode_s, 0.0
    found.period_s, found.tpot_s = answers.period_s, answers.tpot_s
    found.tpot_variance = answers.tpot_variance
    found.sequences, found.sequences_in_prefill = answers.sequences, 0.0
    found.ttft_floor_s = prompts.ttft_floor_s + transfer.latency_s
    found.ttft_excess_s = prompts.ttft_excess_s + wait_s + sending_s
    found.ttft_variance = (
        prompts.ttft_variance
        + wait_variance(busy, wait_s)
        + demand.prompt_variation * sending_s * sending_s
    )
    return found
