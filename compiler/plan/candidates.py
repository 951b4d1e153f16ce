"""What the search looks at: a configuration at a load, and where it stands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

from inferc.compiler.perf import Configuration
from inferc.compiler.perf.demand import Demand, demand_of
from inferc.compiler.perf.found import Operation
from inferc.compiler.plan.space import Shape
from inferc.compiler.problem import Case

FURTHEST = 2.0**40
"""Beyond that nothing is asked for: it holds at any value."""

RATE_PRECISION = 1e-4
"""Relative width at which a bisection over rates stops."""


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


def highest(holds: Callable[[float], bool], start: float) -> float:
    """Return the highest value at which ``holds`` is true, by doubling and halving from ``start``.

    0 where it holds nowhere above a millionth of ``start``. ``holds`` must fall from true to false.
    """
    if start <= 0.0:
        return 0.0
    low, high = 0.0, start
    while holds(high):
        low, high = high, high * 2.0
        if high > start * 2.0**40:
            return low
    while low == 0.0:
        middle = high / 2.0
        if middle < start * 1e-6:
            return 0.0
        if holds(middle):
            low = middle
        else:
            high = middle
    while high - low > RATE_PRECISION * high:
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
