"""Why a pool of several services is of its kind and size, and no other."""

from collections.abc import Iterator
from dataclasses import replace

from inferc.compiler.model import Place
from inferc.compiler.plan.decisions import Alternative, Choice, ServicePlan
from inferc.compiler.plan.hardware import all_priced
from inferc.compiler.plan.place_reasons import READINGS
from inferc.compiler.plan.pools import Pool, Quality, fewer
from inferc.compiler.units import show

WORSE = (
    "has no room for all services of the pool",
    "holds for fewer services of the pool at the planned values",
    "holds for fewer services of the pool over the whole range of what nobody stated",
    "grants fewer wishes of the services of the pool",
    "leaves a service of the pool with narrower weights",
)
"""What parts two offers of a pool, in the order in which they are compared."""


def with_reasons(pool: Pool, plan: ServicePlan) -> ServicePlan:
    """Return the plan of a service with the decisions that were made for its whole pool."""
    made = tuple(_choices(pool, plan.service.name))
    known = {choice.path for choice in made}
    kept = tuple(choice for choice in plan.choices if choice.path not in known)
    return replace(plan, choices=(*made, *kept))


def _choices(pool: Pool, service: str) -> Iterator[Choice]:
    for field, read in READINGS:
        chosen = read(pool.place)
        others: dict[str, Alternative] = {}
        for offer in pool.offers:
            value = read(offer.place)
            if value != chosen and value not in others:
                others[value] = _lost(pool, value, offer.quality, offer.place)
        if others:
            yield _choice(pool, f"{service}.{field}", chosen, tuple(others.values()))
    count = int(pool.place.nodes.value)
    below = fewer(pool)
    losers = (_lost(pool, str(count - 1), below, None),) if below is not None else ()
    yield _choice(pool, f"{service}.nodes", str(count), losers)


def _choice(pool: Pool, path: str, value: str, losers: tuple[Alternative, ...]) -> Choice:
    reason = "chosen once for all services of the pool"
    if all_priced((pool.place,)):
        reason += f": the cheapest that does as much for them, {_cost(pool.place)}"
    return Choice(path=path, value=value, owner="planner", reason=reason, alternatives=losers)


def _lost(pool: Pool, value: str, quality: Quality, place: Place | None) -> Alternative:
    """Return why another kind or number of nodes lost: by what it does, or by what it costs."""
    for mine, best, reason in zip(quality, pool.quality, WORSE, strict=False):
        if mine != best:
            return Alternative(value=value, reason=reason, ratio=None)
    if place is None or not all_priced((place, pool.place)):
        return Alternative(value=value, reason="takes more accelerators", ratio=None)
    now = _usd_per_s(pool.place)
    ratio = _usd_per_s(place) / now if now else None
    reason = f"all of its nodes cost {_cost(place)}, not {_cost(pool.place)}"
    return Alternative(value=value, reason=reason, ratio=ratio)


def _usd_per_s(place: Place) -> float:
    price = place.price_usd_per_s
    return price.value * place.accelerators if price else 0.0


def _cost(place: Place) -> str:
    return show(_usd_per_s(place), "usd_per_s")
