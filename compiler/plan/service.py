"""From the best candidate to the plan of a service."""

from bisect import bisect_left
from dataclasses import replace
from math import ceil, inf, isfinite

from inferc.compiler.perf import Estimate
from inferc.compiler.perf.architecture import active_parameters, weights_bytes
from inferc.compiler.perf.estimate import (
    by_percentile,
    e2e_s,
    itl_s,
    sequences_needed,
    ttft_s,
)
from inferc.compiler.perf.formats import peak_flop_per_s
from inferc.compiler.perf.queueing import length_quantile
from inferc.compiler.plan.choices import Explainer
from inferc.compiler.plan.decisions import Assumption, Autoscale, ServicePlan, Verdict
from inferc.compiler.plan.narrowing import allowed, stated_numbers
from inferc.compiler.plan.objectives import margins_of
from inferc.compiler.plan.search import CONTEXT_FIELD, Candidate, Load, Search, load_of
from inferc.compiler.plan.verdict import Judge
from inferc.compiler.problem import Case, Problem
from inferc.compiler.units import show

LONGEST = 0.999
"""The share of requests that the longest context must hold, at the longest lengths assumed."""

CONTEXT_STEP_TOK = 1024
"""Contexts are rounded up to a multiple of this, as people write them."""

PERCENTILES = (("mean", None), ("p50", 0.5), ("p95", 0.95), ("p99", 0.99))

PEAK_S = 60.0
"""How long a peak lasts: the catalog's peak factors are those of the busiest minute of traces."""

SCALE_DOWN_S = 300.0
"""Kubernetes' own default for scaling down (HorizontalPodAutoscaler v2, behaviour)."""


def plan_service(judge: Judge, search: Search, verdict: Verdict) -> ServicePlan:
    """Return the plan of a service whose problem is not infeasible, chosen by ``search``."""
    problem = judge.problem
    case = problem.case
    planned, hardest = judge.load(judge.typicals), judge.load(judge.highs)
    candidates = search.candidates(planned, hardest)
    best = candidates[0]
    alone = search.accelerators == case.place.accelerators
    explainer = Explainer(case, search, (planned, hardest), candidates)
    assumptions: tuple[Assumption, ...] = tuple(
        judge.assumption(unknown) for unknown in problem.unknowns
    )
    configuration = best.configuration
    weights = weights_bytes(case.model, best.shape.precision)
    price = case.place.price_usd_per_s
    load_time_s = best.shape.coefficient("start_s")
    load_time_s += weights / best.shape.coefficient("load_bytes_per_s")
    envelope = judge.envelope()
    return ServicePlan(
        service=problem.service,
        verdict=verdict,
        configuration=configuration,
        max_model_len=longest_context(problem, best),
        gpu_memory_utilization=best.shape.memory_share,
        autoscale=autoscale(case, search, best, load_time_s, alone=alone),
        estimate=estimate(case, search, best, planned),
        margins=margins_of(case.objectives, best.found, planned.demand),
        load_time_s=load_time_s,
        weights_bytes=weights,
        price_usd_per_s=price.value * configuration.accelerators if price else None,
        choices=explainer.choices(),
        assumptions=assumptions,
        envelope=envelope,
        candidates=len(candidates),
    )


def estimate(case: Case, search: Search, best: Candidate, planned: Load) -> Estimate:
    """Return what the best candidate does at the peak of the planned case."""
    shape, found, demand = best.shape, best.found, planned.demand
    memory = shape.memory(best.sequences, best.budget_tok, demand.context_tok)
    capacity = search.capacity_per_s(shape, best.budget_tok, best.replicas, planned)
    busy = found.load
    if found.stable:
        slots = sequences_needed(found) / best.sequences
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
        compute_share=compute_share(case, best.configuration.accelerators, shape.precision),
    )


def compute_share(case: Case, accelerators: int, precision: str) -> float:
    """Return the demanded FLOP/s at the mean rate over the peak of the accelerators.

    Two FLOP a token for each parameter that it passes through.

    Source: Kaplan et al., Scaling Laws for Neural Language Models (2020), section 2.1.
    Holds for: contexts short against twelve times the width; attention is left out.
    """
    tokens = case.prompt_mean_tok + case.output_mean_tok
    demanded = 2.0 * active_parameters(case.model) * tokens * case.rate_per_s
    return demanded / (accelerators * peak_flop_per_s(case.place.accelerator, precision))


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


def autoscale(
    case: Case, search: Search, best: Candidate, load_time_s: float, *, alone: bool
) -> Autoscale:
    """Return when to add replicas: from the operating point, not from habit.

    A replica may have as many prompts waiting as it can work off in the time that the TTFT limit
    leaves; one more and a new request would miss it. Peaks are those of a minute: where a replica
    takes longer to start, those of the peak are kept warm, else as many as the mean rate needs. A
    replica that was removed too early is missed for as long as it takes to start. On a place that
    is not ``alone`` the service's, replicas beyond the plan could take what others need.
    """
    shape, counts = best.shape, search.replica_counts(best.shape)
    mean = load_of(replace(case, peak=1.0))
    at = bisect_left(
        range(len(counts)),
        1,
        key=lambda place: (
            counts[place] >= best.replicas
            or search.holds_with(shape, best.budget_tok, counts[place], mean)
        ),
    )
    late = load_time_s > PEAK_S
    least = best.replicas if late else counts[at]
    slack_s = _slack_s(search, best)
    per_prompt_s = best.found.mixed_s
    waiting = slack_s / per_prompt_s if isfinite(per_prompt_s) else 1.0
    threshold = float(max(1, int(min(waiting, float(best.sequences)))))
    return Autoscale(
        min_replicas=least,
        max_replicas=counts[-1] if alone else best.replicas,
        signal="waiting",
        threshold=threshold,
        scale_up_stabilisation_s=0.0,
        scale_down_stabilisation_s=max(SCALE_DOWN_S, load_time_s),
        reason=f"{_kept(least, load_time_s, late=late)}; {_room(per_prompt_s, slack_s, threshold)}",
    )


def _kept(least: int, load_time_s: float, *, late: bool) -> str:
    if late:
        start = show(load_time_s, "time")
        return f"{least} are kept warm for the peak, since a start takes {start} and peaks a minute"
    return f"{least} carry the mean rate, and more start in time for a peak"


def _room(per_prompt_s: float, slack_s: float, threshold: float) -> str:
    if not isfinite(per_prompt_s) or not isfinite(slack_s):
        return "at this peak the queue grows without end"
    prompt, slack = show(per_prompt_s, "time"), show(slack_s, "time")
    return f"a prompt takes {prompt}, the limit leaves {slack}, so {threshold:g} may wait in each"


def _slack_s(search: Search, best: Candidate) -> float:
    """Return the time that a request may wait before it would miss its first-token limit."""
    limits = [line.limit.value for line in search.hard if line.metric == "ttft"]
    if not limits or not best.found.stable:
        return best.found.mixed_s if best.found.stable else inf
    return max(0.0, min(limits) - best.found.ttft_floor_s - best.found.mixed_s)
