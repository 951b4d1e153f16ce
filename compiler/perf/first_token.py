"""The distribution of the time to first token."""

from math import exp

from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.queueing import mean_wait_s, wait_variance
from inferc.compiler.perf.steps import Stage


def first_token(
    found: Operation, stage: Stage, demand: Demand, rate_per_s: float, room_tok: float
) -> None:
    """Fill in the distribution of TTFT: a floor and an excess above it, without the front end.

    A request waits for the rest of the step in progress; then its prompt rides on the next step
    together with all prompts that came meanwhile. So steps feed on each other: a step takes
    ``C' = t_dec + c * (prompt tokens that came during C)`` with ``c`` seconds a prompt token. Its
    mean is the period, its variance ``v = c^2 rate E[P^2] E[C] / (1 - load^2)``, its third cumulant
    ``(c^3 rate E[P^3] E[C] + 3 load c^2 rate E[P^2] v) / (1 - load^3)``. A request comes rather
    during a long step, ``E[C^2] / E[C]``: half of it is left, and prompts for ``load`` of it have
    come. The excess has the first two moments of that sum.

    Source: the M/G/1 queue with gated service (Takagi, Queueing Analysis 1, 1991, section 2.2); the
    recursion's moments are elementary. Holds for: prompts admitted at once; checked against a
    simulation of single steps.
    """
    prompt = demand.prompt_tok
    square = prompt * prompt * (1.0 + demand.prompt_variation)
    biased = prompt * (1.0 + 2.0 * demand.prompt_variation)
    per_tok_s = stage.prompt_tok_s(demand.pairs_per_tok)
    load = rate_per_s * prompt * per_tok_s
    period_s = found.period_s
    noise = per_tok_s * per_tok_s * rate_per_s * square
    chunks = max(1.0, prompt / room_tok)
    passes = chunks + found.pipeline - 1.0
    own_s = per_tok_s * prompt * passes / chunks
    floor_s = passes * _beside_s(stage, demand, chunks, found)
    busy = 1.0 - exp(-(found.sequences + rate_per_s * (floor_s + own_s)))
    variance = noise * period_s / (1.0 - load * load)
    skew = noise * per_tok_s * biased * period_s
    skew = (skew + 3.0 * load * noise * variance) / (1.0 - load**3)
    met_s = busy * (period_s + (0.0 if stage.prompts_alone else variance / period_s))
    met_square = busy * (period_s * period_s + 3.0 * variance + skew / period_s)
    ahead = found.pipeline * load
    found.ttft_floor_s = floor_s
    found.ttft_excess_s = met_s / 2.0 + ahead * met_s + own_s
    found.ttft_variance = (
        (ahead + 0.5) ** 2 * max(0.0, met_square - met_s * met_s)
        + met_square / 12.0
        + found.pipeline**2 * noise * met_s
        + demand.prompt_variation * own_s * own_s
    )
    found.sequences_in_prefill = rate_per_s * (floor_s + own_s)


def _beside_s(stage: Stage, demand: Demand, chunks: float, found: Operation) -> float:
    """Return what a step with a mean prompt takes beside what each of its tokens adds.

    Less than a step without it: reading the weights overlaps with computing on the prompt.
    """
    chunk_tok = demand.prompt_tok / chunks
    pairs = demand.pairs_per_tok
    others = 0.0 if stage.prompts_alone else found.sequences / found.pipeline
    own_s = stage.step_s(chunk_tok, pairs, others, demand.context_tok)
    return max(0.0, own_s - chunk_tok * stage.prompt_tok_s(pairs))


def backlog(found: Operation, demand: Demand, rate_per_s: float, service_s: float) -> None:
    """Lengthen TTFT where the token budget makes prompts queue for more than one step.

    Work waits at least as long as at a server that does full steps only.

    Source: :func:`queueing.mean_wait_s`.
    """
    wait_s = mean_wait_s(rate_per_s, service_s, demand.prompt_variation)
    least_s = wait_s + service_s
    if least_s > found.ttft_excess_s:
        own_variance = demand.prompt_variation * service_s * service_s
        found.ttft_excess_s = least_s
        found.ttft_variance = max(
            found.ttft_variance, wait_variance(found.load, wait_s) + own_variance
        )
