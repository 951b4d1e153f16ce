"""What a plan costs: from the best candidate and its scaling to a cost curve."""

from collections.abc import Callable
from dataclasses import replace

from inferc.compiler.cost import (
    Curve,
    Expense,
    ServiceCost,
    blended_usd_per_tok,
    cost_per_item,
    split_by_time,
)
from inferc.compiler.model import Place, Service
from inferc.compiler.perf.estimate import e2e_s
from inferc.compiler.plan.candidates import highest
from inferc.compiler.plan.cold import SLEEP_S, asleep, kept_warm
from inferc.compiler.plan.decisions import Autoscale
from inferc.compiler.plan.hardware import is_chosen, nodes_for
from inferc.compiler.plan.objectives import is_latency, meets
from inferc.compiler.plan.options import options
from inferc.compiler.plan.packing import most_replicas
from inferc.compiler.plan.places import least_at_any_load
from inferc.compiler.plan.search import Candidate, Load, Search
from inferc.compiler.problem import Case
from inferc.compiler.units import show

CLOSE = 1e-3
"""Relative: what the search for the rate that a replica carries may be short of it."""

ONE_LESS_S = 300.0
"""One replica less in so many seconds: the policy that scalers are given."""

COMES_AND_GOES = ("on_demand", "spot", "serverless")
"""Markets in which hardware is paid for only while it is there."""


def service_cost(
    case: Case,
    service: Service,
    search: Search,
    best: Candidate,
    loads: tuple[Load, Load],
    scaled: tuple[Autoscale, float],
) -> ServiceCost | None:
    """Return what a service costs; None where nobody says what its hardware costs.

    ``scaled`` is the plan's scaling, and how long a replica takes to start.
    """
    place = best.shape.place
    if place.price_usd_per_s is None or case.rate_per_s <= 0.0:
        return None
    curve = curve_of(case, search, best, loads, scaled)
    found = priced(curve, place, loads[0], input_share(best, loads[0]))
    if not best.holds:
        return found
    request_s = e2e_s(best.found, loads[0].demand, None)
    others = options(curve, place, service.offers, loads[0].demand, request_s)
    return replace(found, options=others)


def priced(curve: Curve, place: Place, planned: Load, share: float) -> ServiceCost:
    """Return the costs of a curve at the stated traffic."""
    paid = curve.paid(curve.rate_per_s)
    usd_per_s = curve.cost_usd_per_s(curve.rate_per_s)
    request = cost_per_item(usd_per_s, curve.rate_per_s)
    prompt, output = planned.demand.prompt_tok, planned.demand.output_tok
    by_input, by_output = split_by_time(request, prompt, output, share)
    owned = not is_chosen(place)
    whole = place.accelerators * curve.usd_per_s
    return ServiceCost(
        usd_per_s=usd_per_s,
        peak_usd_per_s=curve.price_usd_per_s(curve.ceiling),
        place_usd_per_s=whole if owned else usd_per_s,
        replicas=paid.mean,
        follows=curve.follows,
        usd_per_request=request,
        usd_per_input_tok=by_input,
        usd_per_output_tok=by_output,
        usd_per_tok=blended_usd_per_tok(request, prompt, output),
        input_share=share,
        expenses=_expenses(place, usd_per_s, follows=curve.follows),
    )


def is_elastic(place: Place) -> bool:
    """Return whether hardware comes and goes with the replicas, so that cost follows the load."""
    return is_chosen(place) and place.market in COMES_AND_GOES


def curve_of(
    case: Case,
    search: Search,
    best: Candidate,
    loads: tuple[Load, Load],
    scaled: tuple[Autoscale, float],
) -> Curve:
    """Return how the cost of ``best`` follows the rate; a week keeps its shape at any peak.

    What a replica carries is the highest rate at which everything still holds that the plan holds:
    the SLA, the wishes that it grants, and the worst case where it is made for that. Replicas
    beyond what the peak needs are spare at any load: for a loss, or because a line says so. Where
    prompts have replicas of their own, all of them are bought together with those for answers, in
    the planned ratio.
    """
    place = best.shape.place
    scale, load_time_s = scaled
    at_peak = loads[0].rate_per_s
    carried_per_s = carried_by_one(search, best, loads)
    needed = -(-at_peak // (carried_per_s * (1.0 + CLOSE)))
    least_nodes = least_at_any_load(case, place) if is_chosen(place) else 0
    unit, together = _unit(best)
    sleeps = scale.min_replicas == 0
    price = place.price_usd_per_s
    return Curve(
        carried_per_s=max(carried_per_s, at_peak / best.replicas),
        spare=max(0, best.replicas - int(needed)),
        floor=min(scale.min_replicas, best.replicas),
        ceiling=best.replicas,
        rate_per_s=at_peak / case.peak,
        peak=case.peak,
        stretches=tuple((seconds, share * case.peak) for seconds, share in case.stretches),
        lead_s=load_time_s,
        hold_s=_held_s(scale, best.replicas),
        follows=is_elastic(place),
        per_node=together,
        unit_accelerators=unit,
        least_units=-(-least_nodes * place.per_node // unit),
        peak_units=-(-(place.least_nodes or 0) * place.per_node // unit),
        usd_per_s=price.value if price else 0.0,
        asleep=_asleep(case, load_time_s) if sleeps else None,
        warm=kept_warm(case) if sleeps else (),
    )


def _unit(best: Candidate) -> tuple[int, int]:
    """Return the accelerators that are paid for at once, and the replicas that run on them."""
    shape = best.shape
    if shape.prefill is not None:
        return shape.taken(best.replicas), best.replicas
    if not is_chosen(shape.place):
        return shape.size, 1
    nodes = nodes_for(shape.place, shape.tensor, shape.pipeline, 1)
    return nodes * shape.place.per_node, most_replicas(shape.place, shape.split, nodes=nodes)


def _asleep(case: Case, start_s: float) -> Callable[[float], float]:
    """Return the share of the time in which a service sleeps, by its rate."""
    stated = case.scaling.sleep_s if case.scaling else None
    sleep_s = stated.value if stated else SLEEP_S
    return lambda rate_per_s: asleep(rate_per_s, sleep_s, start_s)


def shared(cost: ServiceCost | None, factor: float) -> ServiceCost | None:
    """Return the cost of a service that pays for a part of what nobody uses, too.

    Where a plan becomes cheaper than an option moves with its price: exactly so while one replica
    is enough, and about so beyond.
    """
    if cost is None or factor == 1.0:
        return cost
    return replace(
        cost,
        usd_per_s=cost.usd_per_s * factor,
        peak_usd_per_s=cost.peak_usd_per_s * factor,
        usd_per_request=cost.usd_per_request * factor,
        usd_per_input_tok=cost.usd_per_input_tok * factor,
        usd_per_output_tok=cost.usd_per_output_tok * factor,
        usd_per_tok=cost.usd_per_tok * factor,
        expenses=tuple(
            replace(
                item,
                usd_per_s=item.usd_per_s * factor,
                arithmetic=f"{item.arithmetic}, and {show(factor - 1.0, 'ratio')} for what is idle",
            )
            for item in cost.expenses
        ),
        options=tuple(
            replace(item, break_even_per_s=item.break_even_per_s * factor) for item in cost.options
        ),
    )


def _held_s(scale: Autoscale, replicas: int) -> float:
    """Return how long a replica is kept after it was needed, on average.

    Until the load has been low for long enough, and then one goes after the other.
    """
    going = max(0, replicas - scale.min_replicas - 1)
    return scale.scale_down_stabilisation_s + ONE_LESS_S * going / 2.0


def carried_by_one(search: Search, best: Candidate, loads: tuple[Load, Load]) -> float:
    """Return the requests a second that one replica carries with all that the plan grants.

    One of all where prompts have replicas of their own: what those carry is shared by all.
    """
    planned, hardest = loads
    share = planned.rate_per_s / best.replicas
    if not best.holds:
        return share
    wishes = tuple(
        line
        for line in search.soft
        if is_latency(line) and meets((line,), best.found, planned.demand)
    )
    harder = hardest.rate_per_s / planned.rate_per_s
    count = best.replicas if best.shape.prefill is not None else 1

    def carries(each_per_s: float) -> bool:
        rate_per_s = each_per_s * count
        one = Load(rate_per_s, planned.demand, planned.longest_tok)
        worst = Load(rate_per_s * harder, hardest.demand, hardest.longest_tok)
        found = search.operate(best.shape, best.budget_tok, count, one)
        return (
            search.holds_with(best.shape, best.budget_tok, count, one)
            and meets(wishes, found, planned.demand)
            and (not best.robust or search.holds_with(best.shape, best.budget_tok, count, worst))
        )

    return max(share, highest(carries, share))


def input_share(best: Candidate, planned: Load) -> float:
    """Return the share of a replica's time that prompts take, the rest being answers.

    The time of a prompt in steps of its own against that of the steps of an answer, each of which
    it shares with all that are decoded. Where prompts have replicas of their own, those are it.
    """
    if best.shape.prefill is not None:
        return best.shape.prefill.accelerators / best.shape.in_use(best.replicas)
    stage, demand = best.shape.stage, planned.demand
    prompt_s = stage.step_s(demand.prompt_tok, demand.pairs_per_tok, 0.0, 0.0)
    together = max(1.0, best.found.sequences / max(1, best.found.pipeline) + 1.0)
    step_s = stage.step_s(0.0, 0.0, together, demand.context_tok)
    answer_s = max(0.0, demand.output_tok - 1.0) * step_s / together
    return prompt_s / (prompt_s + answer_s)


def _expenses(place: Place, usd_per_s: float, *, follows: bool) -> tuple[Expense, ...]:
    """Return what the cost is made of."""
    price = place.price_usd_per_s
    if price is None:
        return ()
    count = usd_per_s / price.value if price.value else 0.0
    noun = "accelerator" if count == 1.0 else "accelerators"
    taken = f"{show(count, 'count')} {noun}{' on average' if follows else ''}"
    owned = place.ownership
    if owned is None:
        source = price.source or f"the file, `{place.path}`"
        return (
            Expense(
                name=place.market.replace("_", " "),
                usd_per_s=usd_per_s,
                arithmetic=f"{taken} at {show(price.value, 'usd_per_s')}",
                source=f"{source} ({price.as_of})" if price.as_of else source,
            ),
        )
    nodes = count / place.per_node
    parts = (
        (
            "depreciation",
            owned.depreciation_usd_per_s,
            f"{owned.capital_usd.text} / {owned.lifetime_s.text}",
            owned.lifetime_s,
        ),
        (
            "energy",
            owned.energy_usd_per_s,
            f"{owned.power_w.text} x {owned.pue.text} x {owned.electricity_usd_per_j.text}",
            owned.electricity_usd_per_j,
        ),
        (
            "upkeep",
            owned.upkeep_usd_per_s,
            f"{owned.capital_usd.text} x {owned.upkeep_a_year.text} a year",
            owned.upkeep_a_year,
        ),
    )
    return tuple(
        Expense(
            name=name,
            usd_per_s=each * nodes,
            arithmetic=f"{show(nodes, 'count')} nodes x {arithmetic}",
            source=number.source or f"the file, `{place.path}`",
        )
        for name, each, arithmetic, number in parts
    )
