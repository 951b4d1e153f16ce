"""What planning has to say about money: prices that lack, budgets that no plan keeps to."""

from collections.abc import Sequence
from dataclasses import dataclass

from inferc.compiler.model import Objective, Place
from inferc.compiler.units import show
from inferc.dsl.diagnostics import Diagnostic, Label
from inferc.dsl.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Dear:
    """The cheapest plan of a service in words."""

    usd_per_s: float
    at_least: str
    """The limit that it would keep to, in the unit of the line."""
    cheapest: str


def over_budget(line: Objective, *, service: str, dear: Dear) -> Diagnostic:
    """INF412: plans hold the rest of the SLA, and each of them costs more than a line allows."""
    return Diagnostic(
        code="INF412",
        slug="over-budget",
        message=f"no plan for `{service}` costs as little as {line.limit.text}, "
        "even with every unknown at its most favourable value",
        span=line.limit.span or line.span,
        label=f"the cheapest costs {dear.at_least}",
        notes=(
            f"the cheapest plan that holds the rest of the SLA: {dear.cheapest}",
            f"it costs {show(dear.usd_per_s, 'usd_per_mo')}, on average over the load",
        ),
        help=f"allow {dear.at_least}, loosen a limit of the SLA, or let it run on cheaper hardware",
    )


def price_missing(line: Objective, *, service: str, places: Sequence[Place]) -> Diagnostic:
    """INF413: a line about money, and hardware of which nobody knows what it costs."""
    first = places[0]
    names = ", ".join(dict.fromkeys(_place(place) for place in places))
    if first.instance:
        step = (
            f"state it of the pool, `price = $2.50/gpu/h`, or choose a market or region that has "
            f"one instead of {first.market.replace('_', ' ')}"
        )
    else:
        step = (
            "add `price = $2.50/gpu/h` to it where somebody else owns it, or "
            "`capital = $250k` where you bought it"
        )
    labels = tuple(Label(place.span, "no price") for place in places[:1] if place.span)
    return Diagnostic(
        code="INF413",
        slug="price-missing",
        message=f"`{service}` has a limit on cost, and nobody says what {names} costs",
        span=line.span,
        label="cannot be compared with anything",
        labels=labels,
        help=step,
    )


def _place(place: Place) -> str:
    if not place.instance:
        return f"`{place.path}`"
    market = place.market.replace("_", " ")
    return f"`{place.path}` ({place.instance_type or place.instance}, {market})"


def budget_exceeded(
    line: Objective, *, least: Sequence[tuple[str, float]], span: Span
) -> Diagnostic:
    """INF414: what all services cost at least is more than the budget of the topology."""
    total = sum(cost for _, cost in least)
    return Diagnostic(
        code="INF414",
        slug="budget-exceeded",
        message=f"the services cost at least {show(total, 'usd_per_mo')}, and their budget allows "
        f"{line.limit.text}",
        span=span,
        label=f"{show(total / line.limit.value, 'factor')} of it is needed"
        if line.limit.value
        else "nothing costs nothing",
        notes=tuple(f"`{service}`: at least {show(cost, 'usd_per_mo')}" for service, cost in least),
        help=f"allow {show(total, 'usd_per_mo')}, or loosen what the dearest service asks for",
    )
