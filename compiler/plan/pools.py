"""A place for several services: its kind of nodes and their number, or why none will do."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from inferc.compiler.model import Place
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER
from inferc.compiler.plan.decisions import Change, ServicePlan
from inferc.compiler.plan.hardware import all_priced, is_chosen, with_nodes
from inferc.compiler.plan.sharing import EASY, HARD, PLANNED, Need, Shares, Tenant, chosen
from inferc.compiler.problem import Problem

MOST_TIMES = 64
"""A place is tried with up to so many times as many nodes."""


class Pool(NamedTuple):
    """The place of several services, decided, and what each has of it."""

    place: Place
    shares: Shares
    chosen: bool = True
    """Whether the planner chose it, and all of it is paid for."""


def settled(problems: Sequence[Problem]) -> Pool:
    """Return the place that several services have together.

    Where the planner chooses: the kind of nodes on which most hold, by the order of
    :mod:`sharing`, then with most wishes granted and the widest weights, then the cheapest; of
    that kind the fewest nodes that reach as much as the most would. A pool is of one kind, so it
    is chosen once for all services, and every node is paid for.
    """
    places = problems[0].case.choices_of_place
    if len(places) == 1 and not is_chosen(places[0]):
        shares = Shares([Tenant(problem) for problem in problems], places[0])
        return Pool(places[0], shares, chosen=False)
    priced = all_priced(places)
    offers = [_smallest(problems, place) for place in places]
    return min(
        offers, key=lambda offer: (_quality(offer.shares), *_price(offer.place, priced=priced))
    )


def shared_out(pool: Pool, plans: Sequence[ServicePlan]) -> list[ServicePlan]:
    """Return the plans of a pool with its decided place, and with their shares of its price.

    Where the planner chose the nodes, all of them are paid for, and those that stand idle by
    everyone in proportion to what is used.
    """
    price = pool.place.price_usd_per_s
    used = sum(plan.configuration.accelerators for plan in plans)
    whole = price.value * pool.place.accelerators if price else 0.0
    return [
        replace(
            plan,
            service=replace(plan.service, place=pool.place),
            price_usd_per_s=whole * plan.configuration.accelerators / used if price else None,
        )
        for plan in plans
    ]


def _on(problem: Problem, place: Place) -> Problem:
    """Return ``problem`` on as many nodes of one kind as there may be."""
    kind = _kind(place)
    own = next(item for item in problem.case.choices_of_place if _kind(item) == kind)
    most = with_nodes(own, int(own.nodes.value)) if is_chosen(own) else own
    return replace(problem, case=replace(problem.case, place=most, places=(most,)))


def _kind(place: Place) -> tuple[str | int, ...]:
    """Return what tells the choices of a pool apart."""
    what = (place.accelerator.id, place.instance, place.market, place.per_node, place.slices)
    return (*what, place.least_nodes or 0, int(place.nodes.value))


def _price(place: Place, *, priced: bool) -> tuple[float, int, str]:
    """Return what nodes are ordered by where they are equally good."""
    price = place.price_usd_per_s
    spent = place.accelerators * (price.value if priced and price else 1.0)
    return spent, place.accelerators, "/".join(map(str, _kind(place)))


def _smallest(problems: Sequence[Problem], place: Place) -> Pool:
    """Return the fewest nodes of a kind on which services reach what the most would."""
    problems = [_on(problem, place) for problem in problems]
    place, least = problems[0].case.place, place.least_nodes
    tenants = [Tenant(problem) for problem in problems]
    high = int(place.nodes.value)
    best = Shares(tenants, place, high)
    low = high if least is None else max(1, least)
    aim = _quality(best)
    while low < high:
        middle = (low + high) // 2
        shares = Shares(tenants, place, middle)
        if _quality(shares) == aim:
            best, high = shares, middle
        else:
            low = middle + 1
    return Pool(with_nodes(place, high), best)


def _quality(shares: Shares) -> tuple[tuple[float, ...], ...]:
    """Return how well services have it, the best being smallest, in the order of dealing out."""
    if shares.least is None:
        return ((1.0,),)
    picked = shares.outline()
    missed = [
        float(not tenant.search.grants(line, item, tenant.load(PLANNED)))
        for tenant, item in zip(shares.tenants, picked, strict=True)
        for line in tenant.search.soft
    ]
    return (
        (0.0,),
        tuple(float(level < PLANNED) for level in shares.levels),
        tuple(float(level < HARD) for level in shares.levels),
        tuple(missed),
        tuple(-BYTES_PER_PARAMETER[item.shape.precision] for item in picked),
    )


class TooSmall(NamedTuple):
    """Why services that could each have a place cannot have it together."""

    place: Place
    services: tuple[tuple[Problem, Need], ...]
    """What each needs at least, the unknowns at their most favourable values."""
    changes: tuple[Change, ...]
    without: str
    """The last service without which the others have room; empty where it takes more than one."""

    @property
    def accelerators(self) -> int:
        """What all need together."""
        return sum(need.accelerators for _, need in self.services)


def too_small(pool: Pool) -> TooSmall:
    """Return why the services of a pool cannot have it together, and what would help."""
    shares = pool.shares
    services = tuple((item.problem, item.needs(EASY)[0]) for item in shares.tenants)
    needs = [tenant.needs(EASY) for tenant in shares.tenants]
    without = ""
    for at in reversed(range(len(needs))):
        if chosen([*needs[:at], *needs[at + 1 :]], shares.node, shares.nodes) is not None:
            without = services[at][0].case.service
            break
    return TooSmall(pool.place, services, tuple(_more_nodes(pool)), without)


def _more_nodes(pool: Pool) -> Iterator[Change]:
    """Yield the fewest nodes on which all hold together at the planned values."""
    place = pool.place
    now = int(place.nodes.value)
    large = with_nodes(place, now * MOST_TIMES)
    tenants = [
        Tenant(replace(item.problem, case=replace(item.problem.case, place=large, places=(large,))))
        for item in pool.shares.tenants
    ]
    needs = [tenant.needs(PLANNED) for tenant in tenants]
    node = pool.shares.node
    low, high = now, now * MOST_TIMES
    if chosen(needs, node, high) is None:
        return
    while high - low > 1:
        middle = (low + high) // 2
        if chosen(needs, node, middle) is None:
            low = middle
        else:
            high = middle
    yield Change(
        field="nodes" if place.cluster else "count",
        current=f"{now}",
        proposed=f"{high}",
        effect="all hold at the planned values",
    )
