"""What the search looks at: a configuration at a load, and where it stands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt
from typing import TypeAlias

from inferc.compiler.perf import Configuration
from inferc.compiler.perf.demand import Demand, demand_of
from inferc.compiler.perf.found import Operation
from inferc.compiler.plan.objectives import share
from inferc.compiler.plan.space import Shape
from inferc.compiler.problem import Case

FURTHEST = 2.0**40
"""Beyond that nothing is asked for: it holds at any value."""

RATE_PRECISION = 1e-4
"""Relative width at which a bisection over rates stops."""

Decided: TypeAlias = Callable[[float, float], bool]
"""Whether the ends of where something lies are near enough to each other."""

FAR_DIGITS = 1
"""Of how far a plan is from the SLA: the model is not surer than a tenth, so that less decides
nothing."""

LEAST_SHARE = 2.0**-19
"""Of the rate that is asked for: what does not carry so little carries nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configuration at a load: where it stands."""

    shape: Shape
    budget_tok: int
    replicas: int
    sequences: int
    """The limit of sequences in a step."""
    found: Operation
    holds: bool
    robust: bool
    """Whether it also holds with every unknown at its least favourable end."""
    tightest: float
    """The largest share of a limit that is used up: above 1 a line is missed."""

    @property
    def configuration(self) -> Configuration:
        """As the plan says it."""
        return Configuration(
            engine=self.shape.engine_name,
            precision=self.shape.precision,
            tensor_parallel=self.shape.tensor,
            pipeline_parallel=self.shape.pipeline,
            replicas=self.replicas,
            max_num_seqs=self.sequences,
            max_num_batched_tokens=self.budget_tok,
            kv_precision=self.shape.kv_precision,
            expert_parallel=self.shape.expert,
            attention_data_parallel=self.shape.groups,
            speculation=self.shape.speculation,
            prefill=self._prefill,
        )

    @property
    def _prefill(self) -> Configuration | None:
        """The replicas that compute prompts, as the plan says it."""
        before = self.shape.prefill
        if before is None:
            return None
        item = replace(self, shape=before.shape, budget_tok=before.budget_tok)
        return replace(item, replicas=before.replicas, sequences=before.sequences).configuration


@dataclass(frozen=True, slots=True)
class Load:
    """A case as the search sees it."""

    rate_per_s: float
    demand: Demand
    longest_tok: float
    """Mean prompt and answer together: what must fit into the model's context."""


def load_of(case: Case) -> Load:
    """Return the load of ``case`` at its peak."""
    demand = demand_of(
        case.prompt_mean_tok,
        case.prompt_p95_over_mean,
        case.output_mean_tok,
        case.output_p95_over_mean,
    )
    return Load(case.carried_per_s, demand, case.prompt_mean_tok + case.output_mean_tok)


def stuck(load: float) -> Operation:
    """Return how a replica runs whose requests queue without end for a slot or for cache."""
    found = Operation()
    found.load, found.crowded = load, True
    return found


def never(_low: float, _high: float) -> bool:
    """Return that a bracket is not narrow enough yet."""
    return False


def as_far(asked_per_s: float) -> Decided:
    """Return whether two rates that are carried are as far from the one that is asked for."""

    def alike(low: float, high: float) -> bool:
        far = [round(share(asked_per_s, rate), FAR_DIGITS) for rate in (low, high)]
        return far[0] == far[1]

    return alike


def highest(
    holds: Callable[[float], bool],
    start: float,
    decided: Decided = never,
) -> float:
    """Return the highest value at which ``holds`` is true, by doubling and halving from ``start``.

    0 where it does not hold at about a millionth of ``start``, which is found out first. ``holds``
    must fall from true to false. It is not looked for more closely than until the lower and upper
    end of where it lies have ``decided``.
    """
    if start <= 0.0:
        return 0.0
    low, high = 0.0, start
    while holds(high):
        low, high = high, high * 2.0
        if high > start * 2.0**40:
            return low
    if low == 0.0 and not holds(start * LEAST_SHARE):
        return 0.0
    while low == 0.0:
        middle = high / 2.0
        if middle < start * LEAST_SHARE:
            return 0.0
        if holds(middle):
            low = middle
        else:
            high = middle
    while high - low > RATE_PRECISION * high and not decided(low, high):
        middle = (low + high) / 2.0
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


def furthest_edge(holds: Callable[[float], bool], low: float, high: float, width: float) -> float:
    """Return up to where ``holds``, which it does at ``low``, by doubling and halving."""
    above = min(high, low * 2.0)
    while above < high and holds(above):
        low, above = above, min(high, above * 2.0)
        if low > FURTHEST:
            return low
    while above > low * (1.0 + width):
        middle = sqrt(low * above)
        if holds(middle):
            low = middle
        else:
            above = middle
    return low


def shortfall(item: Candidate) -> tuple[float, ...]:
    """Return by how much a candidate misses the SLA, as far as that is seen at once."""
    found, shape = item.found, item.shape
    worst = item.tightest if found.stable else found.load
    return (not found.stable, worst, shape.pipeline, shape.tensor, item.budget_tok)
