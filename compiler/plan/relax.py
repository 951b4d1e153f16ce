"""The nearest changes that would make a refused problem hold, each tried on the model."""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, floor, log10

from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, peak_flop_per_s
from inferc.compiler.plan.corners import crossing
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.dimensions import precisions_of
from inferc.compiler.plan.objectives import hard
from inferc.compiler.plan.priced_search import search_for
from inferc.compiler.plan.search import load_of
from inferc.compiler.problem import Case
from inferc.compiler.units import show, to_unit

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


def nearest(case: Case, reserved: int = 0) -> tuple[Change, ...]:
    """Return the single changes under which a plan holds, or else all that must change together.

    ``reserved`` accelerators of the place are taken by other services.
    """
    relax = Relax(case, reserved)
    single = (*relax.precision(), *relax.nodes(), *relax.limits(), *relax.rate())
    return single or tuple(relax.together())


def with_nodes(case: Case, nodes: float) -> Case:
    """Return ``case`` on a place of so many nodes."""
    count = replace(case.place.nodes, value=nodes, low=nodes, high=nodes)
    return replace(case, place=replace(case.place, nodes=count))


def with_limit(case: Case, at: int, limit_s: float) -> Case:
    """Return ``case`` with another limit in one SLA line, given by its position."""
    line = case.objectives[at]
    changed = replace(line, limit=replace(line.limit, value=limit_s))
    return replace(case, objectives=(*case.objectives[:at], changed, *case.objectives[at + 1 :]))


class Relax:
    """Tries changes of one case."""

    def __init__(self, case: Case, reserved: int) -> None:
        self.case = case
        self.reserved = reserved
        strict = set(hard(case.objectives))
        self.lines = [at for at, line in enumerate(case.objectives) if line in strict]

    def precision(self) -> Iterator[Change]:
        """Yield the widest of the narrower formats that holds, where the file fixed a wider one."""
        case = self.case
        fixed = [item for item in case.decisions if item.field == "precision"]
        if not fixed:
            return
        current = str(fixed[0].values[0])
        free = tuple(item for item in case.decisions if item.field != "precision")
        for name in _narrower(case, current):
            changed = replace(fixed[0], operator="=", values=(name,), is_range=False)
            if self._holds(replace(case, decisions=(*free, changed))):
                yield Change(field="precision", current=current, proposed=name, effect=ALONE)
                return

    def nodes(self) -> Iterator[Change]:
        """Yield more of the same hardware."""
        count = self._fewest_nodes(self.case)
        if count is not None:
            yield self._more_nodes(count, ALONE)

    def limits(self) -> Iterator[Change]:
        """Yield a longer limit, one SLA line at a time."""
        for at in self.lines:
            limit_s = self._shortest_s(self.case, at)
            if limit_s is not None:
                yield self._longer(at, limit_s, ALONE)

    def rate(self) -> Iterator[Change]:
        """Yield a lower rate."""
        yield from self._slower(self.case, ALONE)

    def together(self) -> Iterator[Change]:
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
            yield self._more_nodes(count, TOGETHER)
        for at in self.lines:
            tight = with_limit(with_nodes(patient, count), at, self._limit_s(at))
            if not self._holds(tight):
                limit_s = (self._shortest_s(tight, at) or self._limit_s(at)) * SHARED
                yield self._longer(at, limit_s, TOGETHER)
                changed = with_limit(changed, at, limit_s)
        yield from self._slower(changed, TOGETHER)

    def _holds(self, case: Case) -> bool:
        free = max(0, case.place.accelerators - self.reserved)
        return search_for(case, free).holds(load_of(case))

    def _limit_s(self, at: int) -> float:
        return self.case.objectives[at].limit.value

    def _fewest_nodes(self, case: Case) -> int | None:
        """Return the fewest nodes on which a plan holds, by doubling and halving."""
        now = max(1, int(case.place.nodes.value))
        most = now
        while not self._holds(with_nodes(case, most)):
            most *= 2
            if most > now * MOST_TIMES:
                return None
        least = most // 2
        while most - least > 1:
            middle = (least + most) // 2
            if self._holds(with_nodes(case, middle)):
                most = middle
            else:
                least = middle
        return most

    def _shortest_s(self, case: Case, at: int) -> float | None:
        """Return the shortest limit of a line under which a plan holds, the rest as in ``case``."""
        now = self._limit_s(at)

        def misses(limit_s: float) -> bool:
            return not self._holds(with_limit(case, at, limit_s))

        longest = now * LONGEST_TIMES
        return None if misses(longest) else crossing(misses, now, longest)

    def _more_nodes(self, count: int, effect: str) -> Change:
        place = self.case.place
        return Change(
            field="nodes" if place.cluster else "count",
            current=f"{place.nodes.value:g}",
            proposed=str(count),
            effect=effect,
        )

    def _longer(self, at: int, limit_s: float, effect: str) -> Change:
        line = self.case.objectives[at]
        percentile = f"p{to_unit(line.percentile, '%'):g} " if line.percentile is not None else ""
        return Change(
            field=f"{percentile}{line.metric}",
            current=show(line.limit.value, "time"),
            proposed=show(rounded(limit_s, up=True), "time"),
            effect=effect,
        )

    def _slower(self, case: Case, effect: str) -> Iterator[Change]:
        """Yield the highest mean rate at which a plan holds, unless there is none."""
        search = search_for(case, max(0, case.place.accelerators - self.reserved))
        load = load_of(case)

        def holds(rate: float) -> bool:
            return search.holds(replace(load, rate_per_s=rate * case.peak))

        lowest = case.rate_per_s * ALMOST_IDLE
        if holds(lowest):
            rate = crossing(holds, lowest, case.rate_per_s)
            yield Change(
                field="rate",
                current=show(case.rate_per_s, "req_per_s"),
                proposed=show(rounded(rate, up=False), "req_per_s"),
                effect=effect,
            )


def _narrower(case: Case, current: str) -> list[str]:
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


def rounded(value: float, *, up: bool) -> float:
    """Return ``value`` with :data:`DIGITS` significant digits, towards the side that holds."""
    if value <= 0.0:
        return value
    step = 10.0 ** (floor(log10(value)) - DIGITS + 1)
    count = value / step
    return (ceil(count) if up else floor(count)) * step
