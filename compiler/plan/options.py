"""Other ways to have a planned service, what they cost, and when the plan is cheaper."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import exp

from inferc.compiler.cost import Curve, Option, price_per_request
from inferc.compiler.model import Offer, Place, short_name
from inferc.compiler.perf.demand import Demand
from inferc.compiler.provenance import Sourced
from inferc.compiler.units import show

SEARCHED = 64
"""Replicas up to which the load is looked for at which a plan becomes cheaper than accelerators by
the second: both grow alike from then on."""


def options(
    curve: Curve,
    place: Place,
    offers: tuple[Offer, ...],
    demand: Demand,
    request_s: float,
) -> tuple[Option, ...]:
    """Return the options at the stated traffic, the cheapest first.

    ``request_s`` is how long a request takes from its arrival to its last token.
    """
    found = [*markets(curve, place)]
    for offer in offers:
        if offer.kind == "managed_api":
            found.append(by_token(curve, offer, demand))
        elif offer.accelerator == place.accelerator.id and not _is_here(offer, place):
            found.append(by_second(curve, offer, request_s))
    return tuple(sorted(found, key=lambda item: (item.usd_per_s, item.kind, item.title)))


def _is_here(offer: Offer, place: Place) -> bool:
    """Return whether an offer is that of the platform that the plan is on."""
    return place.platform is not None and short_name(offer.id) == short_name(place.platform.id)


# ---- by the token ------------------------------------------------------------------------------


def by_token(curve: Curve, offer: Offer, demand: Demand) -> Option:
    """Return what the same traffic costs at a provider's prices."""
    given, answered = offer.input_usd_per_tok, offer.output_usd_per_tok
    if given is None or answered is None:
        raise ValueError(offer.id)
    request = price_per_request(given.value, answered.value, demand.prompt_tok, demand.output_tok)
    each = (
        f"{show(demand.prompt_tok, 'tok')} at {show(given.value, 'usd_per_tok')} + "
        f"{show(demand.output_tok, 'tok')} at {show(answered.value, 'usd_per_tok')} a request"
    )
    return Option(
        kind=offer.kind,
        title=offer.title,
        usd_per_s=request * curve.rate_per_s,
        arithmetic=each,
        source=given.source or f"the file, `{offer.id}`",
        as_of=given.as_of,
        breaks_even=True,
        break_even_per_s=curve.break_even_per_s(request),
    )


# ---- by the second -----------------------------------------------------------------------------


def by_second(curve: Curve, offer: Offer, request_s: float) -> Option:
    """Return what the same replicas cost where they are paid for while they work."""
    price = offer.price
    bare = replace(
        curve.at_price(price.value),
        follows=True,
        floor=0,
        spare=0,
        least_units=0,
        per_node=1,
        unit_accelerators=curve.unit_accelerators // curve.per_node,
    )
    busy = busy_share(curve.rate_per_s, bare, offer.idle_s, request_s)
    stated = serverless_usd_per_s(curve.rate_per_s, bare, offer.idle_s, request_s)
    most = SEARCHED * curve.carried_per_s / max(curve.peak, 1.0)
    return Option(
        kind=offer.kind,
        title=offer.title,
        usd_per_s=stated,
        arithmetic=(
            f"{plural(busy, 'replica')} on average, each "
            f"{plural(bare.unit_accelerators)} at {show(price.value, 'usd_per_s')}"
        ),
        source=price.source or f"the file, `{offer.id}`",
        as_of=price.as_of,
        breaks_even=True,
        break_even_per_s=curve.break_even_with(
            lambda rate: serverless_usd_per_s(rate, bare, offer.idle_s, request_s), most
        ),
    )


def serverless_usd_per_s(rate_per_s: float, bare: Curve, idle_s: float, request_s: float) -> float:
    """Return the mean cost of replicas that are there while there is work, and idle a while."""
    unit = bare.unit_accelerators * bare.usd_per_s
    return busy_share(rate_per_s, bare, idle_s, request_s) * unit


def busy_share(rate_per_s: float, bare: Curve, idle_s: float, request_s: float) -> float:
    """Return the mean number of replicas that are paid for by the second.

    In a stretch that one replica carries, it is there unless nothing came for as long as a request
    takes and the replica idles: requests come at random, so that is ``exp(-rate (request + idle))``
    of the time. Each time it is woken its start is paid as well. In busier stretches as many are
    there as the stretch needs.

    Source: the idle probability of an infinite server (M/G/infinity) with service ``request +
    idle``; Takacs (1962). Holds for: requests that share a replica; starts shorter than the gaps.
    """
    total_s = sum(seconds for seconds, _ in bare.stretches)
    paid = 0.0
    for seconds, factor in bare.stretches:
        rate = factor * rate_per_s
        needed = bare.replicas(factor, rate_per_s) if rate > 0.0 else 0
        if needed > 1:
            paid += seconds * needed
        elif rate > 0.0:
            idle = exp(-rate * (request_s + idle_s))
            paid += seconds * min(1.0, (1.0 - idle) + rate * idle * bare.lead_s)
    return paid / total_s


# ---- the same hardware in another market -------------------------------------------------------


def markets(curve: Curve, place: Place) -> Iterator[Option]:
    """Yield the plan in the markets that it is not planned for, and a reserved base."""
    for market, price in sorted(place.other_prices.items()):
        follows = curve.follows and market != "reserved"
        yield _market(replace(curve.at_price(price.value), follows=follows), market, price)
    prices = {**place.other_prices, place.market: place.price_usd_per_s}
    base, rest = prices.get("reserved"), prices.get("on_demand")
    if base is not None and rest is not None and curve.follows:
        yield reserved_base(curve, base, rest)


def _market(curve: Curve, market: str, price: Sourced[float]) -> Option:
    paid = curve.paid(curve.rate_per_s)
    kept = "" if curve.follows else ", all the time"
    return Option(
        kind=market,
        title=f"the same hardware, {market.replace('_', ' ')}",
        usd_per_s=curve.cost_usd_per_s(curve.rate_per_s),
        arithmetic=(
            f"{plural(paid.mean, 'replica')} on average{kept}, accelerators at "
            f"{show(price.value, 'usd_per_s')}"
        ),
        source=price.source,
        as_of=price.as_of,
        breaks_even=False,
        break_even_per_s=curve.rate_per_s,
    )


def reserved_base(curve: Curve, base: Sourced[float], rest: Sourced[float]) -> Option:
    """Return the cost with as many nodes reserved as pays off, and the others on demand.

    A node pays off reserved where it is there for a larger share of the time than the reserved
    price is of the price on demand.
    """
    shares = nodes_over_time(curve)
    kept = reserved_nodes(shares, base.value / rest.value)
    node = curve.unit_accelerators
    above = sum(max(0, count - kept) * share for count, share in shares.items())
    cost = node * (kept * base.value + above * rest.value)
    return Option(
        kind="reserved_base",
        title=f"{kept} reserved, the rest on demand",
        usd_per_s=cost,
        arithmetic=(
            f"{plural(kept * node)} at {show(base.value, 'usd_per_s')} all the time + "
            f"{show(above * node, 'count')} on average at {show(rest.value, 'usd_per_s')}"
        ),
        source=base.source,
        as_of=base.as_of,
        breaks_even=False,
        break_even_per_s=curve.rate_per_s,
    )


def nodes_over_time(curve: Curve) -> Mapping[int, float]:
    """Return the share of the time for each number of nodes that are paid for."""
    found: dict[int, float] = {}
    for replicas, share in curve.paid(curve.rate_per_s).shares:
        count = max(curve.least_units, -(-replicas // curve.per_node))
        found[count] = found.get(count, 0.0) + share
    return dict(sorted(found.items()))


def reserved_nodes(shares: Mapping[int, float], ratio: float) -> int:
    """Return how many nodes are there for at least a ``ratio`` of the time."""
    most = max(shares)
    return max(
        (
            count
            for count in range(1, most + 1)
            if sum(share for nodes, share in shares.items() if nodes >= count) >= ratio
        ),
        default=0,
    )


def plural(count: float, noun: str = "accelerator") -> str:
    """Return ``1 accelerator``, ``2 accelerators`` or ``1.5 replicas``."""
    number = show(float(count), "count")
    return f"{number} {noun}" if number == "1" else f"{number} {noun}s"
