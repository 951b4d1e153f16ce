"""What each service and pool costs, and the share of a budget."""

from collections.abc import Iterator, Sequence

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import show
from inferc.compiler.wording.amounts import plural
from inferc.targets.diagram import words
from inferc.targets.diagram.scene import Badge, Bar, Box, Group, Kind, Scene, Tone
from inferc.targets.diagram.views import common

VIEW = "cost"

NOT_STATED = "no price is stated"
MOST_COLUMNS = 3


def scene(topology: Topology) -> Scene:
    """Return the scene: all, in it each place, in that what its services cost."""
    costs = [cost for plan in topology.planned if (cost := usd_per_s(plan)) is not None]
    total = sum(costs)
    frames = [_frame(path, plans, total) for path, plans in common.by_place(topology).items()]
    unknown = len(topology.planned) - len(costs)
    lines = [f"{plural(unknown, 'service')} without a stated price"] if unknown else []
    title = _money(total) if costs else NOT_STATED
    budget = _budget(topology, total)
    items: tuple[Box | Group, ...] = (*budget, *frames)
    group = Group(
        id="all",
        title=f"All services: {title}" if costs else f"All services: {NOT_STATED}",
        lines=(*lines, "mean over a week"),
        items=items,
        columns=min(MOST_COLUMNS, len(items)),
    )
    facts = words.facts(topology)[:2]
    return common.picture(topology, VIEW, (group,), (), facts=facts)


def usd_per_s(plan: words.Planned) -> float | None:
    """Return what a service costs on average; None where nobody says."""
    if isinstance(plan, ServicePlan) and plan.cost is not None:
        return plan.cost.usd_per_s
    return plan.price_usd_per_s


def _money(usd: float) -> str:
    return f"{show(usd, 'usd_per_s')} · {show(usd, 'usd_per_mo')}"


def _frame(path: str, plans: Sequence[words.Planned], total: float) -> Group:
    """Return a place with what runs there."""
    costs = [cost for plan in plans if (cost := usd_per_s(plan)) is not None]
    money = _money(sum(costs)) if costs else NOT_STATED
    return Group(
        id=f"place {path}",
        title=words.shorten(path),
        lines=(money, words.place(plans), *_each(plans[0])),
        items=tuple(_service(plan, total) for plan in plans),
        columns=common.columns_for(len(plans)),
    )


def _each(plan: words.Planned) -> Iterator[str]:
    """Yield what one accelerator of a place costs."""
    price = plan.service.place.price_usd_per_s
    if price is not None:
        market = plan.service.place.market.replace("_", " ")
        yield f"{show(price.value, 'usd_per_s')} an accelerator, {market}"


def _service(plan: words.Planned, total: float) -> Box:
    """Return a service with its cost, and its share of that of all."""
    cost = usd_per_s(plan)
    name = words.shorten(plan.service.name, 28)
    model = words.shorten(plan.service.model.title)
    box = f"cost {plan.service.name}"
    if cost is None:
        return Box(id=box, title=name, aside=NOT_STATED, lines=(model,), kind=Kind.SERVICE)
    share = cost / total if total > 0 else 0.0
    return Box(
        id=box,
        title=name,
        aside=show(cost, "usd_per_s"),
        lines=(model, *_details(plan, cost)),
        bar=Bar(share=share, text=f"{words.percent_of(share)} of all"),
        badges=tuple(line for line in words.sla_lines(plan) if line.name.endswith("cost")),
        kind=Kind.SERVICE,
    )


def _details(plan: words.Planned, cost: float) -> Iterator[str]:
    """Yield what a service costs a month, at its peak, and for what it does."""
    yield show(cost, "usd_per_mo")
    if not isinstance(plan, ServicePlan) or plan.cost is None:
        if not isinstance(plan, ServicePlan):
            yield f"{plan.accelerators:.3g} of an accelerator, or so many"
        return
    full = plan.cost
    if full.peak_usd_per_s > full.usd_per_s:
        yield f"{show(full.peak_usd_per_s, 'usd_per_s')} at the peak"
    if full.usd_per_tok:
        yield f"{show(full.usd_per_tok, 'usd_per_tok')} blended"


def _budget(topology: Topology, total: float) -> Iterator[Box]:
    """Yield the budget of all services with how much of it is spent, where there is one."""
    limits = {
        margin.objective.budget_usd_per_s
        for plan in topology.services
        for margin in plan.margins
        if margin.objective.budget_usd_per_s
    }
    for limit in sorted(limits):
        share = total / limit
        kept = share <= 1
        badge = Badge(
            name="budget",
            value=show(total, "usd_per_mo"),
            limit=f"≤ {show(limit, 'usd_per_mo')}",
            verdict=f"{words.percent_of(share)} spent" if kept else "missed",
            tone=Tone.GOOD if kept else Tone.BAD,
        )
        bar = Bar(share=min(1.0, share), text=f"{words.percent_of(share)} of the budget")
        yield Box(id="budget", title="Budget", badges=(badge,), bar=bar)
