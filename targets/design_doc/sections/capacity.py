"""How much is carried, what it costs, and what it rests on."""

from collections.abc import Iterator
from math import isfinite

from inferc.compiler.plan import Assumption, ServicePlan
from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import percent, show
from inferc.compiler.wording.amounts import amount
from inferc.compiler.wording.verdicts import effect, place_of, span_of
from inferc.targets.design_doc.markdown import code, section, table, text


def capacity(topology: Topology) -> list[str]:
    """Return the capacity plan: one row a service, then up to which peak what holds."""
    heads = ("service", "mean", "peak", "sustained", "headroom", "accelerators", "cost")
    rows = [_row(plan) for plan in topology.planned]
    return [
        *section(2, "Capacity plan", table(heads, rows)),
        *(line for plan in topology.services for line in _envelope(plan)),
    ]


def _row(plan: ServicePlan | NetworkPlan) -> tuple[str, ...]:
    mean = plan.service.load.rate_per_s.value
    peak = mean * plan.service.load.peak.value
    sustained = plan.estimate.capacity_per_s
    price = plan.price_usd_per_s
    return (
        text(plan.service.name),
        amount(mean, "req/s"),
        amount(peak, "req/s"),
        f"**{amount(sustained, 'req/s')}**",
        percent(sustained / peak - 1)
        if sustained >= peak
        else f"**{percent(sustained / peak)} of the peak**",
        f"{_accelerators(plan):.3g}",
        "not stated" if price is None else amount(price, "USD/s"),
    )


def _accelerators(plan: ServicePlan | NetworkPlan) -> float:
    """Return what a service takes: of networks also parts of an accelerator."""
    if isinstance(plan, ServicePlan):
        return float(plan.configuration.accelerators)
    return plan.accelerators


def _envelope(plan: ServicePlan) -> list[str]:
    rows = [
        (
            amount(row.prompt_mean_tok, "tok"),
            amount(row.output_mean_tok, "tok"),
            amount(row.holds_up_to_peak, "x") if row.holds_up_to_peak else "not at the mean rate",
        )
        for row in plan.envelope
        if isfinite(row.holds_up_to_peak)
    ]
    title = f"Scaling boundary of {text(plan.service.name)}"
    return section(3, title, table(("mean prompt", "mean answer", "holds up to a peak of"), rows))


def rests_on(topology: Topology) -> list[str]:
    """Return what nobody stated, and what it does to the verdict."""
    items = [item for plan in topology.planned for item in plan.assumptions]
    heads = ("number", "planned", "origin", "effect", "said in")
    return section(2, "What it rests on", table(heads, map(_assumption, items)))


def _assumption(item: Assumption) -> tuple[str, ...]:
    unknown = item.unknown
    origin = f"{unknown.origin.value}, {unknown.confidence.value} confidence"
    spread = span_of(item)
    return (
        code(unknown.path),
        amount(unknown.typical, unknown.unit),
        origin,
        text("; ".join(part for part in (effect(item), spread) if part)),
        text(place_of(unknown)),
    )


def costs(topology: Topology) -> list[str]:
    """Return what the services cost, and against what."""
    heads = ("service", "per hour", "per month", "per million tokens", "cheapest alternative")
    return section(2, "Cost", table(heads, _costs(topology)))


def _costs(topology: Topology) -> Iterator[tuple[str, ...]]:
    for plan in topology.services:
        cost = plan.cost
        if cost is None:
            continue
        other = cost.cheapest
        yield (
            text(plan.service.name),
            text(show(cost.usd_per_s, "usd_per_s")),
            f"**{text(show(cost.usd_per_s, 'usd_per_mo'))}**",
            text(show(cost.usd_per_tok, "usd_per_tok")),
            "none known"
            if other is None
            else f"{text(other.title)}: {text(show(other.usd_per_s, 'usd_per_mo'))}",
        )
