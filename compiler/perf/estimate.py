"""A configuration at a load: TTFT, TPOT, how busy, how much it can carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, sqrt
from types import MappingProxyType
from typing import NamedTuple

from inferc.compiler.perf.queueing import (
    at_most,
    mean_wait_s,
    normal_quantile,
    percentile_s,
    length_variation,
    wait_variance,
)
from inferc.compiler.perf.steps import Stage

ADMISSION = 0.99
"""The share of time in which an arriving request finds a free sequence slot and free KV cache; what
waits for them beyond that is outside the model, so it is kept rarer than the percentiles of an SLA."""

STEADY = 1e-7
"""Where the step period counts as found."""

ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The lengths of requests, with what follows from them."""

    prompt_tok: float
    prompt_variation: float
    """Variance over squared mean."""
    output_tok: float
    output_variation: float
    pairs_per_tok: float
    """Earlier tokens that a prompt token looks at, on average."""
    context_tok: float
    """Tokens behind a decoding sequence, on average over its life."""
    context_square: float
    """Mean square of the same."""


def demand_of(
    prompt_mean_tok: float,
    prompt_p95_over_mean: float,
    output_mean_tok: float,
    output_p95_over_mean: float,
) -> Demand:
    """Return the demand of requests whose lengths are gamma distributed with these means and tails.

    Prompt tokens look at half of their prompt, long prompts hold more of them: ``E[P^2] / 2 E[P]``.
    A sequence is there as long as its answer: context ``P + E[O^2] / 2 E[O]``, its square from
    ``E[O^3] / 3 E[O]``.

    Source: moments of the gamma distribution; length-biased sampling (Kleinrock 1975, section 5.2).
    Holds for: prompt and answer lengths that do not depend on each other.
    """
    prompt_variation = length_variation(prompt_p95_over_mean)
    output_variation = length_variation(output_p95_over_mean)
    prompt_square = prompt_mean_tok**2 * (1.0 + prompt_variation)
    output_square = output_mean_tok**2 * (1.0 + output_variation)
    output_cube = output_mean_tok**3 * (1.0 + output_variation) * (1.0 + 2.0 * output_variation)
    return Demand(
        prompt_tok=prompt_mean_tok,
        prompt_variation=prompt_variation,
        output_tok=output_mean_tok,
        output_variation=output_variation,
        pairs_per_tok=prompt_square / prompt_mean_tok / 2.0,
        context_tok=prompt_mean_tok + output_square / output_mean_tok / 2.0,
        context_square=prompt_square
        + prompt_mean_tok * output_square / output_mean_tok
        + output_cube / output_mean_tok / 3.0,
    )


class Operation:
    """How a replica runs at a rate: found by :func:`operate`; ``stable`` is False when it cannot."""

    __slots__ = (
        "decode_s",
        "load",
        "mixed_s",
        "mixed_share",
        "period_s",
        "pipeline",
        "sequences",
        "sequences_in_step",
        "sequences_in_prefill",
        "stable",
        "tpot_s",
        "tpot_variance",
        "ttft_excess_s",
        "ttft_floor_s",
        "ttft_variance",
    )

    def __init__(self) -> None:
        self.stable = False
        self.load = inf
        """Demanded over possible prompt tokens a second."""
        self.pipeline = 1
        self.decode_s = inf
        self.mixed_s = inf
        self.mixed_share = 1.0
        self.period_s = inf
        self.sequences_in_step = inf
        self.sequences = inf
        self.sequences_in_prefill = inf
        self.tpot_s = inf
        self.tpot_variance = 0.0
        self.ttft_floor_s = inf
        self.ttft_excess_s = inf
        self.ttft_variance = 0.0


def operate(
    stage: Stage, demand: Demand, rate_per_s: float, budget_tok: float, frontend_s: float
) -> Operation:
    """Return how a replica runs when requests arrive at ``rate_per_s`` and a step has a budget.

    Every step carries one token of each decoding sequence; prompts ride on top in chunks of what
    the budget leaves (mixed steps). Let ``f`` mixed steps a second take ``t_mix`` and the others
    ``t_dec``. They fill the time, ``f t_mix + n t_dec = 1``, so the mean period is
    ``1 / (f + (1 - f t_mix) / t_dec)``, and by Little's law ``rate * (output - 1) * period``
    sequences decode in a step: a fixed point in the period. When mixed steps fill all time, each
    carries the prompts that came during one period. A request sees the others and itself, hence one
    sequence more than the mean.

    The stages of a pipeline each work on another part of the sequences, so a sequence gets a token
    every ``stages`` periods, and they wait for the slowest: with a share ``x`` of mixed steps, a
    beat takes ``t_mix`` unless all ``stages`` steps in flight are without prompts, ``(1 - x)^stages``.

    Source: Agrawal et al., Sarathi-Serve (2024), for chunked prefill and for the bubbles of unequal
    steps in a pipeline; Little (1961).
    Holds for: continuous batching with mixed steps; lengths that vary between requests.
    """
    found = Operation()
    found.pipeline = stage.pipeline
    decode_rate = rate_per_s * max(0.0, demand.output_tok - 1.0)
    fullest_s = stage.step_s(budget_tok, 0.0, 0.0, 0.0)
    if (rate_per_s * demand.prompt_tok + decode_rate) * fullest_s >= budget_tok:
        return found  # more tokens come than the largest step carries, however short the context
    step = _steady(stage, demand, rate_per_s * demand.prompt_tok, decode_rate, budget_tok)
    if step is None:
        return found
    room = budget_tok - step.sequences - 1.0
    full_s = stage.step_s(room, demand.pairs_per_tok, step.sequences + 1.0, demand.context_tok)
    found.load = rate_per_s * demand.prompt_tok * full_s / room
    if found.load >= 1.0:
        return found
    found.stable = True
    found.decode_s, found.mixed_s = step.decode_s, step.mixed_s
    found.mixed_share = step.mixed_share
    found.sequences = step.sequences * stage.pipeline
    found.tpot_s = step.period_s * stage.pipeline
    found.period_s = step.period_s
    found.sequences_in_step = step.sequences
    _first_token(found, stage, demand, rate_per_s, room)
    _backlog(found, demand, rate_per_s, demand.prompt_tok * full_s / room)
    found.ttft_floor_s += frontend_s
    _between_tokens(found, demand)
    return found


class _Limits(NamedTuple):
    """What a step holds at a period: decoding sequences, and room for prompt tokens."""

    sequences: float
    room_tok: float


class _Step:
    """The mean step, given that the period was ``before_s``."""

    __slots__ = ("decode_s", "mixed_share", "mixed_s", "period_s", "sequences")

    def __init__(
        self, stage: Stage, demand: Demand, prompt_rate: float, before_s: float, limits: _Limits
    ) -> None:
        context = demand.context_tok
        self.sequences = limits.sequences
        chunk_tok = min(limits.room_tok, max(demand.prompt_tok, prompt_rate * before_s))
        self.decode_s = stage.step_s(0.0, 0.0, self.sequences + 1.0, context)
        self.mixed_s = stage.step_s(chunk_tok, demand.pairs_per_tok, self.sequences + 1.0, context)
        mixed_per_s = prompt_rate / chunk_tok
        extra_s = self.mixed_s - self.decode_s
        if mixed_per_s * self.mixed_s >= 1.0:
            self.mixed_share = 1.0
        elif stage.pipeline == 1:
            self.mixed_share = mixed_per_s * self.decode_s / (1.0 - mixed_per_s * extra_s)
        else:
            share = min(1.0, mixed_per_s * before_s)
            self.mixed_share = 1.0 - (1.0 - share) ** stage.pipeline
        self.period_s = self.decode_s + self.mixed_share * extra_s


def _steady(
    stage: Stage, demand: Demand, prompt_rate: float, decode_rate: float, budget_tok: float
) -> _Step | None:
    """Return the step whose period reproduces itself, or None where there is none.

    The map from period to period rises. Where it is convex the secant from below stays below the
    fixed point; where a step overshoots, the rest is bisection.
    """

    def step_at(period_s: float) -> _Step | None:
        sequences = decode_rate * period_s
        room_tok = budget_tok - sequences - 1.0
        if room_tok < 1.0:
            return None
        return _Step(stage, demand, prompt_rate, period_s, _Limits(sequences, room_tok))

    below_s, mapped_s = 0.0, 0.0
    above_s = inf
    period_s = stage.step_s(0.0, 0.0, 1.0, demand.context_tok)
    for _ in range(ROUNDS):
        step = step_at(period_s)
        if step is None and above_s == inf:
            return None
        gap_s = step.period_s - period_s if step is not None else -inf
        if step is not None and abs(gap_s) <= STEADY * period_s:
            return step
        if step is None or gap_s < 0.0:
            above_s = period_s
        else:
            rise_s = period_s - below_s
            slope = (step.period_s - mapped_s) / rise_s if mapped_s else 0.0
            below_s, mapped_s = period_s, step.period_s
        if above_s < inf:
            period_s = (below_s + above_s) / 2.0
        else:
            period_s += gap_s / (1.0 - slope) if slope < 1.0 else gap_s
    return None


def _first_token(
    found: Operation, stage: Stage, demand: Demand, rate_per_s: float, room_tok: float
) -> None:
    """Fill in the distribution of TTFT: a floor and an excess above it, without the front end.

    A request waits for the rest of the step in progress; then its prompt rides on the next step
    together with all prompts that came meanwhile. So steps feed on each other: a step takes
    ``C' = t_dec + c * (prompt tokens that came during C)`` with ``c`` seconds a prompt token, whose
    mean is the period, whose variance is ``v = c^2 rate E[P^2] E[C] / (1 - load^2)`` and whose third
    cumulant is ``(c^3 rate E[P^3] E[C] + 3 load c^2 rate E[P^2] v) / (1 - load^3)``. A request comes
    rather during a long step: ``E[C^2] / E[C]``, of which half is left, and prompts for ``load`` of
    it have come. The excess has the first two moments of that sum.

    Source: the M/G/1 queue with gated service (Takagi, Queueing Analysis 1, 1991, section 2.2); the
    recursion's moments are elementary. Holds for: prompts admitted at once; checked against a
    simulation of single steps.
    """
    prompt = demand.prompt_tok
    square = prompt * prompt * (1.0 + demand.prompt_variation)
    biased = prompt * (1.0 + 2.0 * demand.prompt_variation)
    chunk_tok = min(room_tok, max(biased, rate_per_s * prompt * found.period_s))
    chunk_s = stage.step_s(
        chunk_tok, demand.pairs_per_tok, found.sequences_in_step + 1.0, demand.context_tok
    )
    per_tok_s = (chunk_s - found.decode_s) / chunk_tok
    load = min(rate_per_s * prompt * per_tok_s, found.load)
    period_s = found.period_s
    noise = per_tok_s * per_tok_s * rate_per_s * square
    chunks = max(1.0, prompt / room_tok)
    passes = chunks + found.pipeline - 1.0
    own_s = per_tok_s * prompt * passes / chunks
    floor_s = passes * found.decode_s
    busy = 1.0 - exp(-(found.sequences + rate_per_s * (floor_s + own_s)))
    variance = noise * period_s / (1.0 - load * load)
    skew = noise * per_tok_s * biased * period_s
    skew = (skew + 3.0 * load * noise * variance) / (1.0 - load**3)
    met_s = busy * (period_s + variance / period_s)
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


def _backlog(found: Operation, demand: Demand, rate_per_s: float, service_s: float) -> None:
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


def _between_tokens(found: Operation, demand: Demand) -> None:
    """Fill in the variance of a request's TPOT: a mean over as many steps as it has tokens."""
    spread_s = (found.mixed_s - found.decode_s) * found.pipeline
    share = found.mixed_share
    found.tpot_variance = share * (1.0 - share) * spread_s**2 / max(1.0, demand.output_tok)


def ttft_s(found: Operation, percentile: float | None) -> float:
    """Return time to first token: a percentile, or the mean for None."""
    if percentile is None or not found.stable:
        return found.ttft_floor_s + found.ttft_excess_s
    return found.ttft_floor_s + percentile_s(found.ttft_excess_s, found.ttft_variance, percentile)


def itl_s(found: Operation, percentile: float | None) -> float:
    """Return the time between two tokens of an answer: a decode step, or one with prompts in it."""
    if percentile is None:
        return found.tpot_s
    mixed = percentile > 1.0 - found.mixed_share
    return (found.mixed_s if mixed else found.decode_s) * found.pipeline


def tpot_s(found: Operation, percentile: float | None) -> float:
    """Return a request's mean time between tokens: a percentile over requests, or the mean."""
    if percentile is None or not found.stable:
        return found.tpot_s
    return max(0.0, found.tpot_s + normal_quantile(percentile) * sqrt(found.tpot_variance))


def e2e_s(found: Operation, demand: Demand, percentile: float | None) -> float:
    """Return the time from request to last token: a percentile, or the mean."""
    answer_s = found.tpot_s * max(0.0, demand.output_tok - 1.0)
    mean_s = found.ttft_floor_s + found.ttft_excess_s + answer_s
    if percentile is None or not found.stable:
        return mean_s
    variance = found.ttft_variance + demand.output_variation * answer_s * answer_s
    floor_s = found.ttft_floor_s
    return floor_s + percentile_s(mean_s - floor_s, variance, percentile)


def predicted_s(
    found: Operation, demand: Demand, metric: str, percentile: float | None
) -> float | None:
    """Return what an SLA line asks for, or None for a metric that is no latency of this model."""
    match metric:
        case "ttft":
            return ttft_s(found, percentile)
        case "itl":
            return itl_s(found, percentile)
        case "tpot":
            return tpot_s(found, percentile)
        case "e2e" | "latency":
            return e2e_s(found, demand, percentile)
        case _:
            return None


def sequences_needed(found: Operation) -> float:
    """Return the sequence slots that are enough for :data:`ADMISSION` of the time.

    Source: M/G/infinity, Poisson in number (Kingman 1993).
    """
    present = found.sequences + found.sequences_in_prefill
    return at_most(present, present, ADMISSION)


def kv_needed_tok(found: Operation, demand: Demand, block_tok: float) -> float:
    """Return the tokens of KV cache that are enough for :data:`ADMISSION` of the time.

    Each sequence holds its context and half a block that is not full.

    Source: Campbell's theorem (Kingman 1993, section 3.2); Kwon et al., PagedAttention (2023).
    """
    half_block = block_tok / 2.0
    mean = found.sequences * (demand.context_tok + half_block)
    mean += found.sequences_in_prefill * demand.prompt_tok
    variance = found.sequences * demand.context_square
    variance += found.sequences_in_prefill * demand.prompt_tok**2
    return at_most(mean, variance, ADMISSION)


def by_percentile(values: Mapping[str, float]) -> Mapping[str, float]:
    """Return ``values`` as a mapping that nobody can change."""
    return MappingProxyType(dict(values))
