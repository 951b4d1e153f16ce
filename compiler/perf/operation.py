"""How a replica runs at a rate: how long its steps are, and how much is in them."""

from math import exp, expm1, inf
from typing import NamedTuple

from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.first_token import backlog, first_token
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.steps import Stage

STEADY = 1e-7
"""Relative change of the step period at which it counts as found."""

ROUNDS = 60
"""After so many steps towards the fixed point there is none: bisection alone needs 24."""

SETTLED = 6
"""Rounds in which the length of a step of prompts settles that follows another of its kind."""

MOST = 30.0
"""Exponent beyond which steps of prompts follow each other without end."""


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
    beat takes ``t_mix`` unless all steps in flight are without prompts, ``(1 - x)^stages``.

    Where prompts go first, they have steps of their own between those of answers: :class:`_Alone`.

    Source: Agrawal et al., Sarathi-Serve (2024), for chunked prefill and for the bubbles of unequal
    steps in a pipeline; Little (1961).
    Holds for: continuous batching; lengths that vary between requests.
    """
    found = Operation()
    found.pipeline = stage.pipeline
    decode_rate = rate_per_s * steps_of_answer(stage, demand)
    fullest_s = stage.step_s(budget_tok, 0.0, 0.0, 0.0)
    if (rate_per_s * demand.prompt_tok + decode_rate * stage.wide) * fullest_s >= budget_tok:
        return found  # more tokens come than the largest step carries, however short the context
    step = _steady(stage, demand, rate_per_s * demand.prompt_tok, decode_rate, budget_tok)
    if step is None:
        return found
    room, full_s = _fullest(stage, demand, step, budget_tok)
    found.load = rate_per_s * demand.prompt_tok * full_s / room
    if found.load >= 1.0:
        return found
    found.stable = True
    found.decode_s, found.mixed_s = step.decode_s, step.mixed_s
    found.mixed_share = step.mixed_share
    found.sequences = step.sequences * stage.pipeline
    found.gain = _tok_per_step(stage, demand)
    found.tpot_s = step.period_s * stage.pipeline / found.gain
    found.period_s = step.met_s
    first_token(found, stage, demand, rate_per_s, room)
    backlog(found, demand, rate_per_s, demand.prompt_tok * full_s / room)
    found.ttft_floor_s += frontend_s
    _between_tokens(found, stage, demand)
    return found


def decode_only(stage: Stage, demand: Demand, rate_per_s: float, budget_tok: float) -> Operation:
    """Return how a replica runs that goes on with answers whose prompts others have computed.

    All steps are alike: the fixed point of :func:`operate` without prompts. ``load`` is the share
    of the time that the sequences themselves take; what a step takes anyway is not part of it.

    Source: Little (1961). Holds for: sequences admitted at once.
    """
    found = Operation()
    found.pipeline = stage.pipeline
    decode_rate = rate_per_s * steps_of_answer(stage, demand)
    fullest_s = stage.step_s(0.0, 0.0, budget_tok / stage.wide, demand.context_tok)
    if decode_rate * stage.wide * fullest_s >= budget_tok:
        return found
    step = _steady(stage, demand, 0.0, decode_rate, budget_tok)
    if step is None:
        return found
    found.stable = True
    found.decode_s = found.mixed_s = found.period_s = step.decode_s
    found.mixed_share = 0.0
    found.sequences = step.sequences * stage.pipeline
    found.sequences_in_prefill = 0.0
    found.gain = _tok_per_step(stage, demand)
    found.tpot_s = step.decode_s * stage.pipeline / found.gain
    alone_s = stage.step_s(0.0, 0.0, 1.0, demand.context_tok)
    found.load = max(0.0, 1.0 - alone_s / step.decode_s)
    found.ttft_floor_s = found.ttft_excess_s = 0.0
    _between_tokens(found, stage, demand)
    return found


def steps_of_answer(stage: Stage, demand: Demand) -> float:
    """Return in how many steps an answer comes after its first token.

    One for each token, or fewer where guesses are checked: a step brings ``g`` tokens on average,
    and the last one more than are needed, ``(E[X^2]/g - 1)/2`` on average.

    Source: the first passage of a random walk (Feller 1971, volume 2, section XI.1).
    """
    tokens = max(0.0, demand.output_tok - 1.0)
    if stage.gain == 1.0 or not tokens:
        return tokens
    square = stage.gain_variance + stage.gain * stage.gain
    return (tokens + (square / stage.gain - 1.0) / 2.0) / stage.gain


def _tok_per_step(stage: Stage, demand: Demand) -> float:
    """Return the tokens of an answer for each step that it takes."""
    if stage.gain == 1.0:
        return 1.0
    steps = steps_of_answer(stage, demand)
    return (demand.output_tok - 1.0) / steps if steps else stage.gain


def _fullest(
    stage: Stage, demand: Demand, step: "_Step | _Alone", budget_tok: float
) -> tuple[float, float]:
    """Return the prompt tokens of the largest step, and the time it takes."""
    if stage.prompts_alone:
        return budget_tok, stage.step_s(budget_tok, demand.pairs_per_tok, 0.0, 0.0)
    room = budget_tok - (step.sequences + 1.0) * stage.wide
    others = step.sequences + 1.0
    return room, stage.step_s(room, demand.pairs_per_tok, others, demand.context_tok)


class _Limits(NamedTuple):
    """What a step holds at a period: decoding sequences, and room for prompt tokens."""

    sequences: float
    room_tok: float


class _Step:
    """The mean step, given that the period was ``before_s``."""

    __slots__ = ("decode_s", "met_s", "mixed_s", "mixed_share", "period_s", "sequences")

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
        self.met_s = self.period_s


class _Alone:
    """The mean time between two steps of answers where prompts go before them.

    After a step of answers, which takes ``t``, prompts have come with probability
    ``1 - exp(-rate t)``; they have a step of their own, ``a``; after which more may have come. So
    ``1/(1 - (1 - exp(-rate a))) = exp(rate a)`` steps of prompts follow each other, and each holds
    ``rate a / (1 - exp(-rate a))`` prompts: those that came during the step before it.

    Source: geometric runs; Poisson arrivals. Holds for: prompts admitted at once; checked against
    the simulator.
    """

    __slots__ = ("decode_s", "met_s", "mixed_s", "mixed_share", "period_s", "sequences")

    def __init__(
        self, stage: Stage, demand: Demand, prompt_rate: float, limits: _Limits, budget_tok: float
    ) -> None:
        rate_per_s = prompt_rate / demand.prompt_tok

        def alone_s(before_s: float) -> float:
            """Return the time of a step with the prompts of the step before it."""
            came = rate_per_s * before_s
            wanted_tok = demand.prompt_tok * (came / -expm1(-came) if came > 0.0 else 1.0)
            chunk_tok = min(budget_tok, wanted_tok)
            step_s = stage.step_s(chunk_tok, demand.pairs_per_tok, 0.0, 0.0)
            return step_s * wanted_tok / chunk_tok

        self.sequences = limits.sequences
        self.decode_s = stage.step_s(0.0, 0.0, self.sequences + 1.0, demand.context_tok)
        first_s = alone_s(self.decode_s)
        later_s = first_s
        for _ in range(SETTLED):
            later_s = alone_s(later_s)
        self.mixed_share = -expm1(-rate_per_s * self.decode_s)
        followed = -expm1(-rate_per_s * first_s) * exp(min(MOST, rate_per_s * later_s))
        prompts_s = first_s + followed * later_s
        self.mixed_s = self.decode_s + prompts_s
        self.period_s = self.decode_s + self.mixed_share * prompts_s
        square = first_s * first_s + followed * later_s * later_s
        self.met_s = (self.decode_s**2 + self.mixed_share * square) / self.period_s


def _steady(
    stage: Stage, demand: Demand, prompt_rate: float, decode_rate: float, budget_tok: float
) -> _Step | _Alone | None:
    """Return the step whose period reproduces itself, or None where there is none.

    The secant may reach beyond the period at which decoding alone fills the budget; then that end
    tells whether there is a fixed point before it.
    """
    ends, at_end = _Ends(), False
    period_s = stage.step_s(0.0, 0.0, 1.0, demand.context_tok)
    for _ in range(ROUNDS):
        sequences = decode_rate * period_s
        limits = _Limits(sequences, budget_tok - (sequences + 1.0) * stage.wide)
        if limits.room_tok < 1.0:
            if ends.high_s < inf or at_end:
                return None
            most = (budget_tok - 1.0) / stage.wide - 1.0
            period_s, at_end = most / decode_rate * (1.0 - STEADY), True
            continue
        step = (
            _Alone(stage, demand, prompt_rate, limits, budget_tok)
            if stage.prompts_alone
            else _Step(stage, demand, prompt_rate, period_s, limits)
        )
        gap_s = step.period_s - period_s
        if abs(gap_s) <= STEADY * period_s:
            return step
        if at_end and gap_s > 0.0:
            return None
        period_s, at_end = ends.after(period_s, gap_s), False
    return None


class _Ends:
    """Periods on both sides of the one that reproduces itself.

    The map from period to period rises. Where it is convex the secant from below stays below the
    fixed point; where a step overshoots, the rest is false position between the two ends, in which
    an end that stays twice counts half.

    Source: Dowell, Jarratt, A modified regula falsi method (1971).
    """

    __slots__ = ("high_gap_s", "high_s", "low_gap_s", "low_s", "was_high")

    def __init__(self) -> None:
        self.low_s, self.low_gap_s = 0.0, 0.0
        self.high_s, self.high_gap_s = inf, -inf
        self.was_high = False

    def after(self, period_s: float, gap_s: float) -> float:
        """Return what to try after a period that is so much shorter than what it leads to."""
        if gap_s < 0.0:
            if self.was_high:
                self.low_gap_s /= 2.0
            self.high_s, self.high_gap_s = period_s, gap_s
        else:
            fall = (self.low_gap_s - gap_s) / (period_s - self.low_s) if self.low_gap_s else 1.0
            if not self.was_high:
                self.high_gap_s /= 2.0
            self.low_s, self.low_gap_s = period_s, gap_s
            if self.high_s == inf:
                return period_s + (gap_s / fall if fall > 0.0 else gap_s)
        self.was_high = gap_s < 0.0
        known = self.high_gap_s > -inf
        weight = self.low_gap_s / (self.low_gap_s - self.high_gap_s) if known else 0.5
        return self.low_s + weight * (self.high_s - self.low_s)


def _between_tokens(found: Operation, stage: Stage, demand: Demand) -> None:
    """Fill in the variance of a request's TPOT.

    A mean over as many steps as it has tokens. Where guesses are checked the number of steps varies
    too: by ``O v / g^3`` for ``O`` tokens of steps that bring ``g`` with a variance of ``v``; short
    answers more, by the spread of their lengths.

    Source: renewal theory (Feller 1971, volume 2, section XI.6).
    """
    spread_s = (found.mixed_s - found.decode_s) * found.pipeline
    share, tokens = found.mixed_share, max(1.0, demand.output_tok)
    variance = share * (1.0 - share) * spread_s**2 / tokens
    if stage.gain > 1.0:
        period_s = found.tpot_s * found.gain
        short = 1.0 + demand.output_variation
        variance += short * stage.gain_variance * (period_s / stage.gain) ** 2 / tokens
        variance /= stage.gain
    found.tpot_variance = variance
