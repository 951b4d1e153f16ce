"""A planner by hand: every configuration in turn, with arithmetic of its own.

Nothing of the planner is called, and of the performance model only what the length of a step is and
what the coefficients are. Memory is counted matrix by matrix; the steady state is found by letting
one step follow another until they repeat; waiting and percentiles are computed anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, erf, exp, floor, log, sqrt

from inferc.compiler.model import LanguageModel, Objective
from inferc.compiler.perf.coefficients import coefficients_of
from inferc.compiler.perf.steps import Layout, Stage
from inferc.compiler.problem import Case, Problem

WIDE = 2.0
"""Bytes of a number in sixteen bits; logits have four, and are there three times while sampling."""


def normal(probability: float) -> float:
    """Return a percentile of the normal distribution, by Newton's method."""
    z = 0.0
    for _ in range(60):
        gap = 0.5 * (1.0 + erf(z / sqrt(2.0))) - probability
        z -= gap * sqrt(2.0 * 3.141592653589793) * exp(min(50.0, z * z / 2.0))
    return z


Z95, Z99 = normal(0.95), normal(0.99)


def spread(p95_over_mean: float) -> float:
    """Return variance over squared mean of gamma lengths with that tail (Wilson and Hilferty)."""
    low, high = 0.0, Z95 / 2.0
    for _ in range(80):
        middle = (low + high) / 2.0
        if (1.0 - middle * middle + Z95 * middle) ** 3 < p95_over_mean:
            low = middle
        else:
            high = middle
    return 9.0 * low * low


@dataclass(frozen=True, slots=True)
class Lengths:
    """Moments of what requests are long."""

    prompt: float
    prompt_spread: float
    output: float
    output_spread: float

    @property
    def pairs(self) -> float:
        """Earlier tokens that a prompt token looks at, over prompts by their tokens."""
        return self.prompt * (1.0 + self.prompt_spread) / 2.0

    @property
    def context(self) -> float:
        """Tokens behind a decoding sequence, over its life."""
        return self.prompt + self.output * (1.0 + self.output_spread) / 2.0

    @property
    def context_square(self) -> float:
        """Mean square of the same: ``E[(P + U O')^2]``, ``O'`` biased by length, ``U`` uniform."""
        prompt_square = self.prompt**2 * (1.0 + self.prompt_spread)
        biased = self.output * (1.0 + self.output_spread)
        biased_square = biased * self.output * (1.0 + 2.0 * self.output_spread)
        return prompt_square + 2.0 * self.prompt * biased / 2.0 + biased_square / 3.0


def lengths_of(case: Case) -> Lengths:
    """Return the lengths of a case."""
    return Lengths(
        case.prompt_mean_tok,
        spread(case.prompt_p95_over_mean),
        case.output_mean_tok,
        spread(case.output_p95_over_mean),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One configuration."""

    tensor: int
    pipeline: int
    replicas: int
    budget: int
    sequences: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a replica stands at a load: seconds by metric, and what it needs."""

    ttft: float
    itl: float
    tpot: float
    e2e: float
    slots: float
    cache_tok: float


# ---- memory ------------------------------------------------------------------------------------


def parameters_by_hand(model: LanguageModel) -> tuple[float, float, float]:
    """Return the parameters of the layers' matrices, of the tables and of the norms."""
    attention = 2 * model.hidden * model.head_dim * (model.heads + model.kv_heads)
    experts = max(1, model.experts)
    layer = attention + experts * 3 * model.hidden * model.intermediate
    layer += model.hidden * model.experts if model.experts else 0
    tables = (1 if model.tied_embeddings else 2) * model.vocabulary * model.hidden
    return float(model.layers * layer), float(tables), model.parameters.value


def cache_tokens(case: Case, tried: Tried) -> float:
    """Return the tokens of KV cache that a replica has room for; 0 for none."""
    model = case.model
    known = coefficients_of(case.engines[0], case.place.accelerator)
    matrices, tables, _ = parameters_by_hand(model)
    whole_heads = ceil(model.kv_heads / tried.tensor)
    kept = whole_heads - model.kv_heads / tried.tensor
    layers = matrices / tried.tensor + model.layers * 2 * model.hidden * kept * model.head_dim
    of_stage = ceil(model.layers / tried.pipeline) / model.layers
    ends = 1.0 if tried.pipeline == 1 or model.tied_embeddings else 0.5
    weights = WIDE * (layers * of_stage + ends * tables / tried.tensor)
    width = model.intermediate * max(1, model.experts_per_token)
    in_layer = tried.budget * (3 * model.hidden + 3 * width / tried.tensor) * WIDE
    in_sampler = tried.sequences * model.vocabulary * 4.0 * 3.0
    share = known["memory_share"] * case.place.accelerator.memory_bytes.value
    left = share - weights - max(in_layer, in_sampler) - known["runtime_bytes"]
    token = 2.0 * whole_heads * model.head_dim * WIDE * ceil(model.layers / tried.pipeline)
    block = known["kv_block_tok"]
    return max(0.0, floor(left / (token * block)) * block)


# ---- a load ------------------------------------------------------------------------------------


def standing(case: Case, tried: Tried) -> Standing | None:
    """Return how each of the replicas stands at the peak, or None where a queue grows."""
    lengths = lengths_of(case)
    stage = Stage(
        case.model,
        case.place,
        case.engines[0],
        Layout(precision="fp16", tensor_parallel=tried.tensor, pipeline_parallel=tried.pipeline),
    )
    rate = case.rate_per_s * case.peak / tried.replicas
    decoded = rate * max(0.0, lengths.output - 1.0)
    period = stage.step_s(0.0, 0.0, 1.0, lengths.context)
    for _ in range(4000):
        step = one_step(stage, lengths, rate * lengths.prompt, decoded, tried.budget, period)
        if step is None:
            return None
        if abs(step[0] - period) <= 1e-9 * period:
            return settled(case, tried, stage, lengths, (rate, *step))
        period = step[0]
    return None


def one_step(
    stage: Stage, lengths: Lengths, prompt_rate: float, decoded: float, budget: int, before: float
) -> tuple[float, float, float, float, float] | None:
    """Return the mean step after one of ``before`` seconds: period, with and without prompts."""
    sequences = decoded * before
    room = budget - sequences - 1.0
    if room < 1.0:
        return None
    chunk = min(room, max(lengths.prompt, prompt_rate * before))
    without = stage.step_s(0.0, 0.0, sequences + 1.0, lengths.context)
    mixed = stage.step_s(chunk, lengths.pairs, sequences + 1.0, lengths.context)
    often = prompt_rate / chunk
    if often * mixed >= 1.0:
        share = 1.0
    elif stage.pipeline == 1:
        share = often * without / (1.0 - often * (mixed - without))
    else:
        share = 1.0 - (1.0 - min(1.0, often * before)) ** stage.pipeline
    return without + share * (mixed - without), without, mixed, share, sequences


def settled(
    case: Case,
    tried: Tried,
    stage: Stage,
    lengths: Lengths,
    found: tuple[float, float, float, float, float, float],
) -> Standing | None:
    """Return latencies and needs of a replica whose steps repeat."""
    rate, period, without, mixed, share, in_stage = found
    room = tried.budget - in_stage - 1.0
    full = stage.step_s(room, lengths.pairs, in_stage + 1.0, lengths.context)
    service = lengths.prompt * full / room
    if rate * service >= 1.0:
        return None
    stages = tried.pipeline
    sequences = in_stage * stages
    floor_s, excess, variance, in_prefill = first_token(
        stage, lengths, rate, room, (period, sequences)
    )
    wait = rate * service * service * (1.0 + lengths.prompt_spread) / (2.0 * (1.0 - rate * service))
    if wait + service > excess:
        excess = wait + service
        load = rate * service
        waiting = (2.0 * load - load * load) * (wait / load) ** 2 if load else 0.0
        variance = max(variance, waiting + lengths.prompt_spread * service**2)
    known = coefficients_of(case.engines[0], case.place.accelerator)
    floor_s += known["frontend_s"] + known["frontend_tok_s"] * lengths.prompt
    tpot = period * stages
    uneven = share * (1.0 - share) * ((mixed - without) * stages) ** 2 / max(1.0, lengths.output)
    answer = tpot * max(0.0, lengths.output - 1.0)
    later = variance + lengths.output_spread * answer * answer
    present = sequences + in_prefill
    held = sequences * (lengths.context + known["kv_block_tok"] / 2.0) + in_prefill * lengths.prompt
    noise = sequences * lengths.context_square + in_prefill * lengths.prompt**2
    return Standing(
        ttft=floor_s + lognormal(excess, variance),
        itl=(mixed if 1.0 - share < 0.95 else without) * stages,
        tpot=max(0.0, tpot + Z95 * sqrt(uneven)),
        e2e=floor_s + lognormal(excess + answer, later),
        slots=present + Z99 * sqrt(present),
        cache_tok=held + Z99 * sqrt(noise),
    )


def first_token(
    stage: Stage, lengths: Lengths, rate: float, room: float, now: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Return floor, mean excess and variance of TTFT, and the requests in prefill.

    The moments of: the rest of a step in progress, then the step with what came meanwhile.
    """
    period, sequences = now
    prompt, stages = lengths.prompt, stage.pipeline
    each = stage.prompt_tok_s(lengths.pairs)
    load = rate * prompt * each
    second = each**2 * rate * prompt**2 * (1.0 + lengths.prompt_spread)
    third = second * each * prompt * (1.0 + 2.0 * lengths.prompt_spread)
    step_variance = second * period / (1.0 - load**2)
    step_third = (third * period + 3.0 * load * second * step_variance) / (1.0 - load**3)
    chunks = max(1.0, prompt / room)
    passes = chunks + stages - 1.0
    own = each * prompt * passes / chunks
    with_one = stage.step_s(prompt / chunks, lengths.pairs, sequences / stages, lengths.context)
    floor_s = passes * max(0.0, with_one - prompt / chunks * each)
    busy = 1.0 - exp(-(sequences + rate * (floor_s + own)))
    met = busy * (period + step_variance / period)
    met_square = busy * (period**2 + 3.0 * step_variance + step_third / period)
    ahead = stages * load
    variance = (
        (ahead + 0.5) ** 2 * max(0.0, met_square - met**2)
        + met_square / 12.0
        + stages**2 * second * met
        + lengths.prompt_spread * own**2
    )
    return floor_s, met / 2.0 + ahead * met + own, variance, rate * (floor_s + own)


def lognormal(mean: float, variance: float) -> float:
    """Return p95 of the lognormal distribution with that mean and variance."""
    if mean <= 0.0 or variance <= 0.0:
        return mean
    square = log(1.0 + variance / mean**2)
    return mean * exp(Z95 * sqrt(square) - square / 2.0)


# ---- every configuration -----------------------------------------------------------------------

BUDGETS, LIMITS, PIPELINES = (512, 2048), (4, 32, 256), (1, 2)
"""What a small space has of token budgets, sequence limits and stages."""


def every(case: Case) -> Iterator[Tried]:
    """Yield every configuration of a small space that fits onto the nodes."""
    nodes, per_node = int(case.place.nodes.value), case.place.per_node
    for tensor, pipeline in product(range(1, per_node + 1), PIPELINES):
        heads, kv_heads = case.model.heads, case.model.kv_heads
        if heads % tensor or (kv_heads % tensor and tensor % kv_heads):
            continue
        size = tensor * pipeline
        whole = nodes * (per_node // size) if size <= per_node else 0
        most = whole or nodes * (per_node // tensor) // pipeline
        for replicas, budget, sequences in product(range(1, most + 1), BUDGETS, LIMITS):
            yield Tried(
                tensor=tensor,
                pipeline=pipeline,
                replicas=replicas,
                budget=budget,
                sequences=sequences,
            )


def ratios(case: Case, tried: Tried) -> dict[Objective, float] | None:
    """Return the share of each limit that is used up, or None where a replica does not keep up."""
    found = standing(case, tried)
    if found is None or found.slots > tried.sequences:
        return None
    if found.cache_tok > cache_tokens(case, tried):
        return None
    if case.prompt_mean_tok + case.output_mean_tok > case.model.context:
        return None
    return {line: getattr(found, line.metric) / line.limit.value for line in case.objectives}


def meets(case: Case, tried: Tried) -> bool:
    """Return whether a configuration meets every hard line of the SLA."""
    found = ratios(case, tried)
    return found is not None and all(ratio <= 1.0 for line, ratio in found.items() if line.hard)


Key = tuple[float, ...]


def key(problem: Problem, tried: Tried) -> Key | None:
    """Return what configurations that hold at the planned values are ordered by; None for others.

    Robust first, then wishes in order, fewest accelerators, most room; then few stages, few shards
    and short steps.
    """
    case = problem.case
    if not meets(case, tried):
        return None
    found = ratios(case, tried) or {}
    return (
        float(not meets(problem.hardest(), tried)),
        *(float(ratio > 1.0) for line, ratio in found.items() if not line.hard),
        float(tried.replicas * tried.tensor * tried.pipeline),
        max(found.values()),
        float(tried.pipeline),
        float(tried.tensor),
        float(tried.budget),
        float(tried.sequences),
    )


def best(problem: Problem) -> tuple[Key, Tried] | None:
    """Return the best configuration by looking at each, or None where none holds as planned."""
    found: tuple[Key, Tried] | None = None
    for tried in every(problem.case):
        own = key(problem, tried)
        if own is None:
            continue
        rounded = _rounded(own)
        if found is None or rounded < _rounded(found[0]):
            found = (own, tried)
    return found


ROOM = -5
"""Where the room stands in a key."""


def _rounded(own: Key) -> Key:
    """Return a key with the room to three digits: a thousandth decides nothing."""
    return (*own[:ROOM], round(own[ROOM], 3), *own[ROOM + 1 :])


def verdict(problem: Problem) -> str:
    """Return the verdict by looking at each configuration."""
    space = list(every(problem.case))
    for word, case in (("feasible", problem.hardest()), ("conditional", problem.easiest())):
        if any(meets(case, tried) for tried in space):
            return word
    return "infeasible"
