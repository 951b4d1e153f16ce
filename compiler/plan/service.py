"""From the best candidate to the plan of a service."""

from dataclasses import replace
from math import ceil

from inferc.compiler.cost import ServiceCost
from inferc.compiler.model import Place
from inferc.compiler.perf import Estimate
from inferc.compiler.perf.architecture import active_parameters, weights_bytes
from inferc.compiler.perf.estimate import (
    by_percentile,
    e2e_s,
    itl_s,
    ttft_s,
)
from inferc.compiler.perf.formats import peak_flop_per_s
from inferc.compiler.perf.queueing import length_quantile
from inferc.compiler.plan.choices import Explainer
from inferc.compiler.plan.cold import Sleeper, awake
from inferc.compiler.plan.decisions import Assumption, Cold, Margin, ServicePlan, Verdict
from inferc.compiler.plan.hardware import is_chosen, with_nodes
from inferc.compiler.plan.narrowing import allowed, stated_numbers
from inferc.compiler.plan.objectives import (
    cost_margin,
    is_about_starts,
    is_cost,
    is_latency,
    margin_of,
    throughput_margin,
    understood,
)
from inferc.compiler.plan.routing import routing_of
from inferc.compiler.plan.scaling import asleep, autoscale
from inferc.compiler.plan.search import CONTEXT_FIELD, Candidate, Load, Search
from inferc.compiler.plan.space import Shape
from inferc.compiler.plan.spending import service_cost
from inferc.compiler.plan.trust import Intervals, basis_of, intervals_of, with_interval
from inferc.compiler.plan.verdict import Judge
from inferc.compiler.problem import Case, Problem, Quantity

LONGEST = 0.999
"""The share of requests that the longest context must hold, at the longest lengths assumed."""

CONTEXT_STEP_TOK = 1024
"""Contexts are rounded up to a multiple of this, as people write them."""

PERCENTILES = (("mean", None), ("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


def plan_service(judge: Judge, search: Search, verdict: Verdict) -> ServicePlan:
    """Return the plan of a service whose problem is not infeasible, chosen by ``search``."""
    problem = judge.problem
    case = problem.case
    planned, hardest = judge.load(judge.typicals), judge.load(judge.highs)
    candidates = search.candidates(planned, hardest)
    best = candidates[0]
    alone = search.alone
    explainer = Explainer(case, search, (planned, hardest), candidates)
    assumptions: tuple[Assumption, ...] = tuple(
        judge.assumption(unknown) for unknown in problem.unknowns
    )
    configuration = replace(best.configuration, routing=routing_of(case))
    weights = weights_bytes(case.model, best.shape.precision)
    place = decided(best)
    price = place.price_usd_per_s
    envelope = judge.envelope()
    found = estimate(case, search, best, planned)
    service = replace(problem.service, place=place)
    sleeper = Sleeper(service, best.found, planned.demand)
    cold = sleeper.decided(awake(case, best.shape))
    scale = autoscale(case, search, best, cold, alone=alone)
    if cold.sleeps:
        scale = asleep(scale, cold)
        assumptions = tuple(_until_it_sleeps(item, cold) for item in assumptions)
    load_time_s = best.shape.start_s
    cost = service_cost(
        case, problem.service, search, best, (planned, hardest), (scale, load_time_s)
    )
    basis = basis_of(case, best.shape.engine, place, best.shape.precision)
    return ServicePlan(
        service=service,
        verdict=verdict,
        configuration=configuration,
        max_model_len=longest_context(problem, best),
        gpu_memory_utilization=best.shape.memory_share,
        autoscale=scale,
        estimate=found,
        margins=_ordered(
            case,
            _margins(case, best, planned, (found.capacity_per_s, cost), intervals_of(case, basis)),
            sleeper.margins(cold),
        ),
        load_time_s=load_time_s,
        weights_bytes=weights,
        price_usd_per_s=price.value * best.shape.taken(best.replicas) if price else None,
        choices=explainer.choices(),
        assumptions=assumptions,
        envelope=envelope,
        candidates=len(candidates),
        cold=cold,
        basis=basis.value,
        cost=cost,
    )


def _margins(
    case: Case,
    best: Candidate,
    planned: Load,
    reached: tuple[float, ServiceCost | None],
    intervals: Intervals,
) -> tuple[Margin, ...]:
    """Return how far the plan is from missing each line, in the order of the file.

    ``reached`` is what the plan carries, and what it costs.
    """
    capacity_per_s, cost = reached
    found: list[Margin] = []
    for line in case.objectives:
        if is_latency(line):
            predicted = margin_of(line, best.found, planned.demand)
            found.append(with_interval(predicted, intervals))
        elif is_cost(line):
            found.append(cost_margin(line, cost))
        elif understood(line) and not is_about_starts(line):
            found.append(throughput_margin(line, capacity_per_s, planned.demand.output_tok))
    return tuple(found)


def _ordered(case: Case, *found: tuple[Margin, ...]) -> tuple[Margin, ...]:
    """Return margins in the order of the file."""
    every = [margin for some in found for margin in some]
    return tuple(sorted(every, key=lambda margin: case.objectives.index(margin.objective)))


def _until_it_sleeps(item: Assumption, cold: Cold) -> Assumption:
    """Return an assumption about the cold start with the longest at which the service sleeps."""
    if item.unknown.quantity is not Quantity.COLD_START:
        return item
    return replace(item, holds_up_to=cold.holds_up_to_s)


def decided(best: Candidate) -> Place:
    """Return the place of a candidate, with as many nodes as it takes where they are chosen."""
    place = best.shape.place
    if not is_chosen(place):
        return place
    return with_nodes(place, best.shape.taken(best.replicas) // place.per_node)


def estimate(case: Case, search: Search, best: Candidate, planned: Load) -> Estimate:
    """Return what the best candidate does at the peak of the planned case."""
    shape, found, demand = best.shape, best.found, planned.demand
    memory = shape.memory(best.sequences, best.budget_tok, demand.context_tok)
    capacity = search.capacity_per_s(shape, best.budget_tok, best.replicas, planned)
    busy = found.load
    if found.stable:
        slots = shape.sequences_needed(found) / best.sequences
        cache = shape.kv_needed_tok(found, demand) / memory.kv_cache_tok
        busy = max(found.load, slots, cache)
    return Estimate(
        memory=memory,
        ttft_s=by_percentile({name: ttft_s(found, value) for name, value in PERCENTILES}),
        itl_s=by_percentile({name: itl_s(found, value) for name, value in PERCENTILES}),
        tpot_s=found.tpot_s,
        e2e_s=e2e_s(found, demand, None),
        utilisation=busy,
        concurrency=found.sequences + found.sequences_in_prefill,
        capacity_per_s=capacity,
        compute_share=compute_share(case, shape, best.configuration.accelerators),
    )


def compute_share(case: Case, shape: Shape, accelerators: int) -> float:
    """Return the demanded FLOP/s at the mean rate over the peak of the accelerators.

    Two FLOP a token for each parameter that it passes through.

    Source: Kaplan et al., Scaling Laws for Neural Language Models (2020), section 2.1.
    Holds for: contexts short against twelve times the width; attention is left out.
    """
    tokens = case.prompt_mean_tok + case.output_mean_tok
    demanded = 2.0 * active_parameters(case.model) * tokens * case.rate_per_s
    peak = peak_flop_per_s(shape.place.accelerator, shape.precision)
    return demanded / (accelerators * peak)


def longest_context(problem: Problem, best: Candidate) -> int:
    """Return the longest request that a replica admits.

    Long enough for :data:`LONGEST` of the requests at the longest means that are assumed; not above
    what the model was trained for, nor above what its KV cache holds.
    """
    case = problem.hardest()
    prompt = length_quantile(case.prompt_mean_tok, case.prompt_p95_over_mean, LONGEST)
    output = length_quantile(case.output_mean_tok, case.output_p95_over_mean, LONGEST)
    wanted = ceil((prompt + output) / CONTEXT_STEP_TOK) * CONTEXT_STEP_TOK
    if not allowed(case.decisions, CONTEXT_FIELD, wanted):
        stated = stated_numbers(case.decisions, CONTEXT_FIELD)
        longer = (value for value in stated if value >= wanted)
        wanted = int(next(longer, stated[-1] if stated else wanted))
    cache_bytes = best.shape.memory(best.sequences, best.budget_tok).kv_cache_bytes
    held = best.shape.longest_context_tok(cache_bytes)
    return int(min(wanted, case.model.context, held))
