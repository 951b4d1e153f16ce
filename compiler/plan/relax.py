"""Changes of a file's own numbers that would make a refused problem hold, tried on the model."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil, floor, isfinite, log10
from typing import TYPE_CHECKING, NamedTuple

from inferc.compiler.model import Objective, Place
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, peak_flop_per_s
from inferc.compiler.plan.corners import crossing
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.dimensions import precisions_of
from inferc.compiler.plan.hardware import resized
from inferc.compiler.plan.objectives import hard
from inferc.compiler.plan.priced_search import PricedSearch, search_for
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Case, asked_per_s
from inferc.compiler.units import show, to_unit

if TYPE_CHECKING:
    from inferc.compiler.units_table import ShowKind

MOST_TIMES = 1024
"""Places are tried up to so many times as many nodes; beyond that it is another design."""

LONGEST_TIMES = 1e7
"""Limits are tried up to so many times as long."""

ALMOST_IDLE = 1e-9
"""Of the rate: a request now and then, to find out what one alone can have."""

SHARED = 2.0
"""How much longer than for a request alone, where hardware and limit must both change: else nothing
is left for a second request."""

ALONE = "holds at the planned values"
TOGETHER = "only together with the other changes"

DIGITS = 3
"""Proposed numbers have so many, rounded to the side that holds."""

BEYOND = 1e-3
"""How much further the next number of so many digits is looked for, where one does not hold."""

STEPS = 8
"""So many numbers are tried: a bisection is nearer than that."""


class Tried(NamedTuple):
    """A change, and the case with it: together with those before it, where it does not do alone."""

    change: Change
    case: Case


# ---- cases with a change in them ---------------------------------------------------------------


def with_nodes(case: Case, nodes: float) -> Case:
    """Return ``case`` on a place of so many nodes."""
    own = case.place.path

    def more(place: Place) -> Place:
        return resized(place, nodes) if place.path == own else place

    places = tuple(more(place) for place in case.places)
    return replace(case, place=more(case.place), places=places)


def with_limit(case: Case, at: int, limit_s: float) -> Case:
    """Return ``case`` with another limit in one SLA line, given by its position."""
    line = case.objectives[at]
    changed = replace(line, limit=replace(line.limit, value=limit_s))
    return replace(case, objectives=(*case.objectives[:at], changed, *case.objectives[at + 1 :]))


def price_of(case: Case) -> float | None:
    """Return what the best plan of ``case`` costs a second; None where nobody says."""
    search = search_for(case)
    if not search.priced:
        return None
    load = load_of(case)
    if search.goal == "cost" and not search.soft and not isinstance(search, PricedSearch):
        from inferc.compiler.plan.cheapest import least_cost

        least = least_cost(search, load)
        if isfinite(least):
            return least
    best = search.candidates(load, load)[0]
    price = best.shape.place.price_usd_per_s
    return None if price is None else price.value * best.shape.taken(best.replicas)


class Relax:
    """Tries changes of one case."""

    def __init__(self, case: Case, reserved: int = 0) -> None:
        self.case = case
        self.reserved = reserved
        strict = set(hard(case.objectives))
        self.lines = [at for at, line in enumerate(case.objectives) if line in strict]

    def precision(self) -> Iterator[Tried]:
        """Yield the widest of the narrower formats that holds, where the file fixed a wider one."""
        case = self.case
        fixed = [item for item in case.decisions if item.field == "precision"]
        if not fixed:
            return
        current = str(fixed[0].values[0])
        free = tuple(item for item in case.decisions if item.field != "precision")
        for name in narrower(case, current):
            changed = replace(fixed[0], operator="=", values=(name,), is_range=False)
            narrow = replace(case, decisions=(*free, changed))
            if self.holds(narrow):
                factor = BYTES_PER_PARAMETER.get(current, 0.0) / BYTES_PER_PARAMETER[name]
                yield alone("precision", current, name, factor, narrow)
                return

    def nodes(self) -> Iterator[Tried]:
        """Yield more of the same hardware."""
        count = self._fewest_nodes(self.case)
        if count is not None:
            more = with_nodes(self.case, count)
            yield priced(Tried(self._more_nodes(count, ALONE), more))

    def limits(self) -> Iterator[Tried]:
        """Yield a longer limit, one SLA line at a time."""
        for at in self.lines:
            limit_s = self._shortest_s(self.case, at)
            if limit_s is not None:
                yield priced(self._longer(self.case, at, limit_s, ALONE))

    def rate(self) -> Iterator[Tried]:
        """Yield a lower rate."""
        for item in self._slower(self.case, ALONE):
            yield priced(item)

    def throughput(self) -> Iterator[Tried]:
        """Yield a lower throughput than a line of the SLA asks for."""
        case = self.case
        for at, line in enumerate(case.objectives):
            asked = asked_per_s(line, case.output_mean_tok)
            if not line.hard or asked <= 0.0:
                continue

            def holds(share: float, at: int = at) -> bool:
                return self.holds(with_throughput(case, at, share))

            if holds(ALMOST_IDLE):
                edge = line.limit.value * crossing(holds, ALMOST_IDLE, 1.0)
                limit = rounded_so_that(holds, edge / line.limit.value, up=False)
                limit *= line.limit.value
                less = with_throughput(case, at, limit / line.limit.value)
                kind: ShowKind = "tok_per_s" if line.counts == "tok" else "req_per_s"
                texts = (show(line.limit.value, kind), show(limit, kind))
                yield alone("throughput", *texts, line.limit.value / limit, less)

    def together(self) -> Iterator[Tried]:
        """Yield what must change together: hardware for the weights, limits, then the rate."""
        idle = replace(self.case, rate_per_s=self.case.rate_per_s * ALMOST_IDLE)
        patient = idle
        for at in self.lines:
            patient = with_limit(patient, at, self._limit_s(at) * LONGEST_TIMES)
        count = self._fewest_nodes(patient)
        if count is None:
            return
        changed = with_nodes(self.case, count)
        if count > self.case.place.nodes.value:
            yield Tried(self._more_nodes(count, TOGETHER), changed)
        for at in self.lines:
            tight = with_limit(with_nodes(patient, count), at, self._limit_s(at))
            if not self.holds(tight):
                limit_s = (self._shortest_s(tight, at) or self._limit_s(at)) * SHARED
                longer = self._longer(changed, at, limit_s, TOGETHER)
                yield longer
                changed = longer.case
        yield from self._slower(changed, TOGETHER)

    def holds(self, case: Case) -> bool:
        """Return whether a plan of ``case`` holds at the planned values."""
        return self._search(case).holds(load_of(case))

    def _search(self, case: Case) -> Search:
        left = case.place.accelerators - self.reserved
        return search_for(case, max(0, left) if self.reserved else None)

    def _limit_s(self, at: int) -> float:
        return self.case.objectives[at].limit.value

    def _fewest_nodes(self, case: Case) -> int | None:
        """Return the fewest nodes on which a plan holds, not fewer than there are."""
        now = max(1, int(case.place.nodes.value))
        return fewest_from(now, lambda count: self.holds(with_nodes(case, count)))

    def _shortest_s(self, case: Case, at: int) -> float | None:
        """Return the shortest limit of a line under which a plan holds, the rest as in ``case``."""
        now = self._limit_s(at)

        def misses(limit_s: float) -> bool:
            return not self.holds(with_limit(case, at, limit_s))

        longest = now * LONGEST_TIMES
        if misses(longest):
            return None
        edge_s = crossing(misses, now, longest)
        return rounded_so_that(lambda limit_s: not misses(limit_s), edge_s, up=True)

    def _more_nodes(self, count: int, effect: str) -> Change:
        place = self.case.place
        field = "nodes" if place.cluster else "instances" if place.platform else "count"
        now = place.nodes.value
        return Change(
            field=field,
            current=f"{now:g}",
            proposed=str(count),
            effect=effect,
            factor=count / now if now else float(count),
        )

    def _longer(self, case: Case, at: int, limit_s: float, effect: str) -> Tried:
        line = self.case.objectives[at]
        limit_s = rounded(limit_s, up=True)
        change = Change(
            field=line_name(line),
            current=show(line.limit.value, "time"),
            proposed=show(limit_s, "time"),
            effect=effect,
            factor=limit_s / line.limit.value,
        )
        return Tried(change, with_limit(case, at, limit_s))

    def _slower(self, case: Case, effect: str) -> Iterator[Tried]:
        """Yield the highest mean rate at which a plan holds, unless there is none."""
        search = self._search(case)
        has_own = isinstance(search, PricedSearch)

        def holds(rate: float) -> bool:
            slower = replace(case, rate_per_s=rate)
            return self.holds(slower) if has_own else search.holds(load_of(slower))

        lowest = case.rate_per_s * ALMOST_IDLE
        if holds(case.rate_per_s) or not holds(lowest):
            return
        edge = crossing(holds, lowest, case.rate_per_s)
        rate = rounded_so_that(holds, edge, up=False)
        change = Change(
            field="rate",
            current=show(case.rate_per_s, "req_per_s"),
            proposed=show(rate, "req_per_s"),
            effect=effect,
            factor=case.rate_per_s / rate,
        )
        yield Tried(change, replace(case, rate_per_s=rate))


def fewest_from(now: int, holds: Callable[[int], bool]) -> int | None:
    """Return the smallest number from ``now`` on at which ``holds`` is true; None if far away."""
    most = now
    while not holds(most):
        most *= 2
        if most > now * MOST_TIMES:
            return None
    least = max(now, most // 2)
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if holds(middle) else (middle, most)
    return most


def with_throughput(case: Case, at: int, share: float) -> Case:
    """Return ``case`` with a share of the throughput that one line asks for."""
    line = case.objectives[at]
    least = replace(line, limit=replace(line.limit, value=line.limit.value * share))
    lines = (*case.objectives[:at], least, *case.objectives[at + 1 :])
    asked = (asked_per_s(item, case.output_mean_tok) for item in lines if item.hard)
    return replace(case, objectives=lines, least_rate_per_s=max(asked, default=0.0))


def alone(field: str, current: str, proposed: str, factor: float, case: Case) -> Tried:
    """Return a change that does by itself."""
    change = Change(field=field, current=current, proposed=proposed, effect=ALONE, factor=factor)
    return priced(Tried(change, case))


def priced(item: Tried) -> Tried:
    """Return ``item`` with what its plan costs, where somebody says what the hardware does."""
    if all(place.price_usd_per_s is None for place in item.case.choices_of_place):
        return item
    return item._replace(change=replace(item.change, price_usd_per_s=price_of(item.case)))


def line_name(line: Objective) -> str:
    """Return ``p95 ttft``."""
    percentile = f"p{to_unit(line.percentile, '%'):g} " if line.percentile is not None else ""
    return f"{percentile}{line.metric}"


def narrower(case: Case, current: str) -> list[str]:
    """Return the formats narrower than ``current`` that could run, widest first, then fastest."""
    gpu = case.place.accelerator
    names = {
        name
        for engine in case.engines
        for name in precisions_of(engine, case.place)
        if BYTES_PER_PARAMETER[name] < BYTES_PER_PARAMETER.get(current, 0.0)
    }
    return sorted(
        names, key=lambda name: (-BYTES_PER_PARAMETER[name], -peak_flop_per_s(gpu, name), name)
    )


def rounded_so_that(holds: Callable[[float], bool], edge: float, *, up: bool) -> float:
    """Return a number of few digits at which ``holds`` is true, near the edge where that begins.

    The edge is known to the width of a bisection, so that the rounded number may lie beyond it.
    """
    value = rounded(edge, up=up)
    for _ in range(STEPS):
        if holds(value):
            break
        value = rounded(value * (1.0 + BEYOND if up else 1.0 - BEYOND), up=up)
    return value


def rounded(value: float, *, up: bool) -> float:
    """Return ``value`` with :data:`DIGITS` significant digits, towards the side that holds."""
    if value <= 0.0:
        return value
    step = 10.0 ** (floor(log10(value)) - DIGITS + 1)
    count = value / step
    return (ceil(count) if up else floor(count)) * step
