"""A place for several services: its kind of nodes and their number, or why none will do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from inferc.compiler.cost import ServiceCost
from inferc.compiler.model import Place
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER
from inferc.compiler.plan.decisions import Change, ServicePlan
from inferc.compiler.plan.hardware import cost, is_chosen, some_priced, with_nodes
from inferc.compiler.plan.objectives import is_cost
from inferc.compiler.plan.places import FIELDS, places_of, runs
from inferc.compiler.plan.sharing import EASY, HARD, PLANNED, Need, Shares, Tenant, chosen
from inferc.compiler.plan.spending import shared
from inferc.compiler.problem import Problem

MOST_TIMES = 64
"""A place is tried with up to so many times as many nodes."""


Quality = tuple[tuple[float, ...], ...]
"""How well services have it, the best being smallest, in the order of dealing out."""


class Offer(NamedTuple):
    """One kind of nodes that a pool might have, as many as it takes."""

    place: Place
    quality: Quality


class Pool(NamedTuple):
    """The place of several services, decided, and what each has of it."""

    place: Place
    shares: Shares
    chosen: bool = True
    """Whether the planner chose it, and all of it is paid for."""
    least_nodes: int = 0
    """The fewest that it might have."""
    quality: Quality = ()
    offers: tuple[Offer, ...] = ()
    """All that were compared."""


def settled(problems: Sequence[Problem]) -> Pool:
    """Return the place that several services have together.

    Where the planner chooses: the kind of nodes on which most hold, by the order of
    :mod:`sharing`, then with most wishes granted and the widest weights, then the cheapest; of
    that kind the fewest nodes that reach as much as the most would. A pool is of one kind, so it
    is chosen once for all services, and every node is paid for.
    """
    places = _affordable(problems, common(problems))
    if len(places) == 1 and not is_chosen(places[0]):
        shares = Shares([Tenant(problem) for problem in problems], places[0])
        return Pool(places[0], shares, chosen=False)
    priced = some_priced(places)
    pools = [_smallest(problems, place) for place in places]
    best = min(pools, key=lambda pool: (pool.quality, *_price(pool.place, priced=priced)))
    return best._replace(offers=tuple(Offer(pool.place, pool.quality) for pool in pools))


def _affordable(problems: Sequence[Problem], places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the choices that have a price, where one has and a service's cost is limited."""
    limited = any(line.hard and is_cost(line) for one in problems for line in one.case.objectives)
    known = tuple(place for place in places if place.price_usd_per_s is not None)
    return known if limited and known else places


def fewer(pool: Pool) -> Quality | None:
    """Return how well services would have it on one node less, or None where there is no less."""
    count = pool.shares.nodes - 1
    if count < max(1, pool.least_nodes):
        return None
    return _quality(Shares(pool.shares.tenants, pool.place, count))


def common(problems: Sequence[Problem]) -> tuple[Place, ...]:
    """Return the choices of a place that the decisions of all its services leave.

    With as many nodes as all of them allow.
    """
    first, *others = (places_of(problem.case) for problem in problems)
    found: list[Place] = []
    for place in first:
        counts = _counts(place)
        for places in others:
            same = (_counts(other) for other in places if _kind(other) == _kind(place))
            counts &= set().union(*same)
        if not is_chosen(place):
            found += [place] if counts else []
            continue
        found += [_between(place, least, most) for least, most in runs(sorted(counts))]
    return tuple(found)


def _counts(place: Place) -> set[int]:
    """Return the numbers of nodes that a place may have."""
    most = int(place.nodes.value)
    least = most if place.least_nodes is None else place.least_nodes
    return set(range(max(1, least), most + 1))


def _between(place: Place, least: int, most: int) -> Place:
    return replace(with_nodes(place, most), least_nodes=least)


def housed(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems, each with the choices of a single place where others may share it.

    A service that may run on one of several places gets the best for itself of those where it has
    room beside the others; those that have no choice come first, then the others in turn.
    """
    paths = [_paths(problem) for problem in problems]
    used = Counter(path for own in paths for path in own)
    found = list(problems)
    groups: dict[str, list[Problem]] = {}
    for at, own in enumerate(paths):
        if len(own) == 1:
            found[at] = _at(problems[at], own[0])
            groups.setdefault(own[0], []).append(found[at])
    for at, own in enumerate(paths):
        if len(own) > 1 and any(used[path] > 1 for path in own):
            found[at] = _housed(problems[at], groups)
            groups.setdefault(found[at].case.place.path, []).append(found[at])
    return tuple(found)


def _paths(problem: Problem) -> tuple[str, ...]:
    """Return the paths of the places that a service may run on, in the order of the file."""
    case = problem.case
    left = places_of(case) if len(case.choices_of_place) > 1 else ()
    return tuple(dict.fromkeys(place.path for place in left or (case.place,)))


def _housed(problem: Problem, groups: Mapping[str, list[Problem]]) -> Problem:
    """Return ``problem`` on the best place where it has room beside the others."""
    tenant = Tenant(problem)
    ordered = tenant.search.candidates(tenant.load(PLANNED), tenant.load(HARD))
    paths = dict.fromkeys(item.shape.place.path for item in ordered)
    tried = [_at(problem, path) for path in (*paths, *_paths(problem))]
    for choice in tried:
        others = groups.get(choice.case.place.path, [])
        if not others or _has_room([*others, choice]):
            return choice
    return tried[0]


def _at(problem: Problem, path: str) -> Problem:
    """Return ``problem`` with the choices of one place only."""
    if all(place.path == path for place in problem.case.choices_of_place):
        return problem
    places = tuple(place for place in problem.case.choices_of_place if place.path == path)
    case = replace(problem.case, place=places[0], places=places)
    return replace(problem, case=case)


def _has_room(problems: Sequence[Problem]) -> bool:
    return bool(common(problems)) and settled(problems).shares.least is not None


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
            cost=_of_pool(shared(plan.cost, pool.place.accelerators / used), whole),
        )
        for plan in plans
    ]


def _of_pool(cost: ServiceCost | None, whole_usd_per_s: float) -> ServiceCost | None:
    """Return ``cost`` with the price of the nodes that were chosen, not of all there may be."""
    return None if cost is None else replace(cost, place_usd_per_s=whole_usd_per_s)


def _on(problem: Problem, place: Place) -> Problem:
    """Return ``problem`` on as many nodes of one kind as there may be, and nowhere else."""
    own = next(item for item in problem.case.choices_of_place if _kind(item) == _kind(place))
    most = with_nodes(own, int(place.nodes.value)) if is_chosen(place) else own
    decisions = tuple(item for item in problem.case.decisions if item.field not in FIELDS)
    case = replace(problem.case, place=most, places=(most,), decisions=decisions)
    return replace(problem, case=case)


def _kind(place: Place) -> tuple[str | int, ...]:
    """Return what tells the kinds of nodes of a pool apart."""
    return (place.accelerator.id, place.instance, place.market, place.per_node, place.slices)


def _price(place: Place, *, priced: bool) -> tuple[float, int, str]:
    """Return what nodes are ordered by where they are equally good."""
    spent = cost(place, place.accelerators, priced=priced)
    return spent, place.accelerators, "/".join(map(str, _kind(place)))


def _smallest(problems: Sequence[Problem], place: Place) -> Pool:
    """Return the fewest nodes of a kind on which services reach what the most would."""
    least = place.least_nodes
    problems = [_on(problem, place) for problem in problems]
    place = problems[0].case.place
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
    return Pool(with_nodes(place, high), best, least_nodes=least or high, quality=aim)


def _quality(shares: Shares) -> Quality:
    """Return how well services have it; worst where one of them does not even hold alone."""
    if shares.least is None:
        return ((1.0 if all(tenant.needs(EASY) for tenant in shares.tenants) else 2.0,),)
    picked = shares.outline()
    missed = [
        float(not tenant.search.grants(line, item, tenant.load(PLANNED)))
        for tenant, item in zip(shares.tenants, picked, strict=True)
        for line in tenant.search.soft
    ]
    return (
        (0.0,),
        tuple(float(not item.holds) for item in picked),
        tuple(float(level < PLANNED) for level in shares.levels),
        tuple(float(level < HARD) for level in shares.levels),
        tuple(missed),
        tuple(-BYTES_PER_PARAMETER[item.shape.precision] for item in picked),
    )


def without_kind(pool: Pool) -> tuple[Problem, ...]:
    """Return the services that no number of the nodes of a pool would do for, even alone."""
    return tuple(item.problem for item in pool.shares.tenants if not item.needs(EASY))


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
    """Return why the services of a pool cannot have it together, and what would help.

    Each of them holds there alone.
    """
    shares = pool.shares
    needs = [tenant.needs(EASY) for tenant in shares.tenants]
    services = tuple(
        (item.problem, need[0]) for item, need in zip(shares.tenants, needs, strict=True)
    )
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
