"""From the best way to serve a network to its plan."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, inf

from inferc.compiler.perf.coefficients import coefficient
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, peak_flop_per_s
from inferc.compiler.perf.item_work import flop_per_item, sized
from inferc.compiler.plan.corners import Corners
from inferc.compiler.plan.decisions import Autoscale, Margin, Verdict
from inferc.compiler.plan.hardware import is_chosen, with_nodes
from inferc.compiler.plan.networks.choices import Explainer
from inferc.compiler.plan.networks.search import (
    LATENCY,
    LOWER,
    THROUGHPUT,
    Candidate,
    NetworkSearch,
    paid_for,
)
from inferc.compiler.plan.networks.server import percentile_key
from inferc.compiler.plan.networks.values import (
    NetworkConfiguration,
    NetworkEstimate,
    NetworkPlan,
)
from inferc.compiler.plan.objectives import share
from inferc.compiler.plan.scaling import SCALE_DOWN_S
from inferc.compiler.problem import spike_s
from inferc.compiler.problem.network_case import NetworkCase, NetworkProblem
from inferc.compiler.units import show

PERCENTILES = (None, 0.5, 0.95, 0.99)


def plan_network(
    problem: NetworkProblem,
    search: NetworkSearch,
    corners: Corners,
    candidates: Sequence[Candidate],
    verdict: Verdict,
) -> NetworkPlan:
    """Return the plan of a service that is not refused: the first of ``candidates``."""
    best = candidates[0]
    case, portion, server = problem.case, best.server.portion, best.server
    place = portion.place
    if is_chosen(place):
        nodes = ceil(paid_for(portion, best.accelerators) / place.per_node)
        place = with_nodes(place, nodes)
    price = place.price_usd_per_s
    weights = problem.service.model.parameters.value * BYTES_PER_PARAMETER[server.precision]
    load_time_s = coefficient("start_s", server.engine, portion.accelerator)
    load_time_s += weights / coefficient("load_bytes_per_s", server.engine, portion.accelerator)
    explainer = Explainer(search, (case, problem.hardest()), candidates, best)
    return NetworkPlan(
        service=replace(problem.service, place=place),
        verdict=verdict,
        configuration=configuration(best),
        accelerators=best.accelerators,
        autoscale=autoscale(search, best, load_time_s, spike_s(problem.service.load.arrivals)),
        estimate=estimate(case, best),
        margins=margins(case, best),
        load_time_s=load_time_s,
        weights_bytes=weights,
        price_usd_per_s=None
        if price is None
        else price.value * paid_for(portion, best.accelerators),
        choices=explainer.choices(),
        assumptions=tuple(corners.assumption(unknown) for unknown in problem.unknowns),
        candidates=len(candidates),
    )


def configuration(best: Candidate) -> NetworkConfiguration:
    """Return a candidate as the plan says it."""
    portion = best.server.portion
    return NetworkConfiguration(
        engine=best.server.engine.name,
        precision=best.server.precision,
        replicas=best.replicas,
        max_batch_size=best.batch,
        max_queue_delay_s=best.delay_s,
        share=portion.mode,
        profile=portion.profile.name if portion.profile else "",
        sharers=portion.sharers,
    )


def margins(case: NetworkCase, best: Candidate) -> tuple[Margin, ...]:
    """Return how far each line is from being missed at the peak, with its interval."""
    server, rate = best.server, case.peak_rate_per_s / best.replicas
    typical, upper = server.at_pace(upper=False), server.at_pace(upper=True)
    found: list[Margin] = []
    for line in case.objectives:
        if line.metric == LATENCY:
            key, asked = percentile_key(line.percentile), [line.percentile]
            usual = typical.latency_s(rate, best.batch, best.delay_s, asked)[key]
            high = upper.latency_s(rate, best.batch, best.delay_s, asked)[key]
            value = high if server.work.sure else usual
            ratio = share(value, line.limit.value)
            low = usual * server.interval[0]
            found.append(Margin(objective=line, predicted=value, ratio=ratio, low=low, high=high))
        elif line.metric == THROUGHPUT and line.operator in LOWER:
            value = best.carried_per_s * best.replicas
            ratio = share(line.limit.value, value)
            found.append(Margin(objective=line, predicted=value, ratio=ratio))
    return tuple(found)


def estimate(case: NetworkCase, best: Candidate) -> NetworkEstimate:
    """Return what the best candidate does at the peak of the planned case."""
    server = best.server
    rate = case.peak_rate_per_s / best.replicas
    slow, usual = server.at_pace(upper=True), server.at_pace(upper=False)
    upper = slow.latency_s(rate, best.batch, best.delay_s, PERCENTILES)
    typical = usual.latency_s(rate, best.batch, best.delay_s, PERCENTILES)
    queue = server.queue(rate, best.batch, best.delay_s, {})
    together = server.together(best.batch)
    batch_s = usual.requests_s(best.batch, together)
    model = sized(server.model, tokens=case.item_tok or None)
    peak = peak_flop_per_s(server.portion.accelerator, server.precision) * best.replicas
    turns = min(server.portion.sharers, best.replicas)
    asked = flop_per_item(model) * case.rate_per_s * case.items
    return NetworkEstimate(
        latency_s=typical,
        upper_latency_s=upper,
        interval=server.interval,
        mean_batch=min(float(best.batch), queue.mean_batch * case.items),
        utilisation=queue.load,
        capacity_per_s=best.carried_per_s * best.replicas,
        items_per_s=best.replicas * together * case.items / batch_s,
        batch_s=batch_s,
        compute_share=asked / (peak / turns),
        memory=server.memory(best.batch),
        basis=server.basis,
    )


def autoscale(
    search: NetworkSearch, best: Candidate, load_time_s: float, peak_s: float
) -> Autoscale:
    """Return when to add replicas.

    As many requests may wait as are worked off in the time that the tightest limit leaves beside
    their own batch. Where a replica takes longer to start than peaks last, those of the peak are
    kept warm, else as many as the mean rate needs.
    """
    server = best.server
    late = load_time_s > peak_s
    mean = search.case.rate_per_s
    fewer = search.needed(server.portion, best.carried_per_s, mean)
    least = best.replicas if late or fewer is None else min(fewer, best.replicas)
    full_s = server.requests_s(best.batch, server.together(best.batch))
    slack_s = min(
        (line.limit.value - server.fixed_s(line.percentile) - full_s for line in search.hard),
        default=full_s,
    )
    batches = max(0.0, slack_s) / full_s if full_s < inf else 0.0
    threshold = float(max(1, int(batches * server.together(best.batch))))
    lasts = show(peak_s, "time")
    start, batch, slack = (
        show(value, "time") for value in (load_time_s, full_s, max(0.0, slack_s))
    )
    stay, carry = ("is", "carries") if least == 1 else ("are", "carry")
    kept = (
        f"{least} {stay} kept warm for the peak, since a start takes {start} and a peak lasts "
        f"{lasts}"
        if late
        else f"{least} {carry} the mean rate, and more start in time for a peak"
    )
    leaves = f"the limit leaves {slack}" if search.hard else "and no line limits a request"
    room = f"a full batch takes {batch}, {leaves}, so {threshold:g} may wait in each"
    return Autoscale(
        min_replicas=least,
        max_replicas=best.replicas,
        signal="waiting",
        threshold=threshold,
        scale_up_stabilisation_s=0.0,
        scale_down_stabilisation_s=max(SCALE_DOWN_S, load_time_s),
        reason=f"{kept}; {room}",
    )
