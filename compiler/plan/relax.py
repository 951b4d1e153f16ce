"""The nearest changes that would make a refused problem hold, each tried on the model."""

from collections.abc import Iterator
from dataclasses import replace

from inferc.compiler.model import Objective
from inferc.compiler.perf.architecture import BYTES_PER_PARAMETER, peak_flop_per_s
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.objectives import hard
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.plan.space import precisions_of
from inferc.compiler.plan.verdict import crossing
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

EFFECT = "holds at the planned values"


def nearest(case: Case) -> tuple[Change, ...]:
    """Return the single changes under which a plan holds, or else all that must change together."""
    single = (*_precision(case), *_nodes(case), *_limits(case), *_rate(case))
    return single or tuple(_together(case))


def _holds(case: Case) -> bool:
    return Search(case).holds(load_of(case))


def with_nodes(case: Case, nodes: float) -> Case:
    """Return ``case`` on a place of so many nodes."""
    count = replace(case.place.nodes, value=nodes, low=nodes, high=nodes)
    return replace(case, place=replace(case.place, nodes=count))


def with_limit(case: Case, line: Objective, limit_s: float) -> Case:
    """Return ``case`` with another limit in one SLA line."""
    changed = replace(line, limit=replace(line.limit, value=limit_s))
    lines = tuple(changed if item is line else item for item in case.objectives)
    return replace(case, objectives=lines)


def _precision(case: Case) -> Iterator[Change]:
    """Yield the widest of the narrower formats that holds, where the file fixed a wider one."""
    fixed = [item for item in case.decisions if item.field == "precision"]
    if not fixed:
        return
    current = str(fixed[0].values[0])
    free = tuple(item for item in case.decisions if item.field != "precision")
    names = {
        name
        for engine in case.engines
        for name in precisions_of(engine, case.place)
        if BYTES_PER_PARAMETER[name] < BYTES_PER_PARAMETER.get(current, 0.0)
    }
    gpu = case.place.accelerator
    fastest = sorted(names, key=lambda item: (-peak_flop_per_s(gpu, item), item))
    for name in sorted(fastest, key=lambda item: -BYTES_PER_PARAMETER[item]):
        changed = replace(fixed[0], operator="=", values=(name,), is_range=False)
        if _holds(replace(case, decisions=(*free, changed))):
            yield Change(field="precision", current=current, proposed=name, effect=EFFECT)
            return


def _fewest_nodes(case: Case) -> int | None:
    """Return the fewest nodes on which a plan holds, by doubling and halving."""
    now = max(1, int(case.place.nodes.value))
    most = now
    while not _holds(with_nodes(case, most)):
        most *= 2
        if most > now * MOST_TIMES:
            return None
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        if _holds(with_nodes(case, middle)):
            most = middle
        else:
            least = middle
    return most


def _nodes(case: Case) -> Iterator[Change]:
    """Yield more of the same hardware."""
    count = _fewest_nodes(case)
    if count is not None:
        yield Change(
            field="nodes", current=f"{case.place.nodes.value:g}", proposed=str(count), effect=EFFECT
        )


def _shortest_s(case: Case, line: Objective) -> float | None:
    """Return the shortest limit of ``line`` under which a plan holds, the rest as it is."""
    now = line.limit.value

    def misses(limit_s: float) -> bool:
        return not _holds(with_limit(case, line, limit_s))

    longest = now * LONGEST_TIMES
    return None if misses(longest) else crossing(misses, now, longest)


def _limits(case: Case) -> Iterator[Change]:
    """Yield a longer limit, one SLA line at a time."""
    for line in hard(case.objectives):
        limit_s = _shortest_s(case, line)
        if limit_s is not None:
            yield Change(
                field=_name(line),
                current=show(line.limit.value, "time"),
                proposed=show(limit_s, "time"),
                effect=EFFECT,
            )


def _highest_rate(case: Case) -> float:
    """Return the highest mean rate at which a plan holds; 0 where there is none."""
    search = Search(case)
    load = load_of(case)

    def holds(rate: float) -> bool:
        return search.holds(replace(load, rate_per_s=rate * case.peak))

    lowest = case.rate_per_s * ALMOST_IDLE
    return crossing(holds, lowest, case.rate_per_s) if holds(lowest) else 0.0


def _rate(case: Case) -> Iterator[Change]:
    """Yield a lower rate."""
    rate = _highest_rate(case)
    if rate > 0.0:
        yield Change(
            field="rate",
            current=show(case.rate_per_s, "req_per_s"),
            proposed=show(rate, "req_per_s"),
            effect=EFFECT,
        )


def _together(case: Case) -> Iterator[Change]:
    """Yield what must change together: hardware that holds the weights, limits, then the rate."""
    effect = "only together with the other changes"
    idle = replace(case, rate_per_s=case.rate_per_s * ALMOST_IDLE)
    patient = idle
    for line in hard(case.objectives):
        patient = with_limit(patient, _same(patient, line), line.limit.value * LONGEST_TIMES)
    count = _fewest_nodes(patient)
    if count is None:
        return
    changed = with_nodes(case, count)
    if count > case.place.nodes.value:
        yield Change(
            field="nodes", current=f"{case.place.nodes.value:g}", proposed=str(count), effect=effect
        )
    for line in hard(case.objectives):
        relaxed = with_nodes(patient, count)
        own = _same(relaxed, line)
        tight = with_limit(relaxed, own, line.limit.value)
        limit_s = line.limit.value
        if not _holds(tight):
            limit_s = _shortest_s(tight, _same(tight, line)) or own.limit.value
            yield Change(
                field=_name(line),
                current=show(line.limit.value, "time"),
                proposed=show(limit_s * SHARED, "time"),
                effect=effect,
            )
            changed = with_limit(changed, _same(changed, line), limit_s * SHARED)
    rate = _highest_rate(changed)
    if rate > 0.0:
        yield Change(
            field="rate",
            current=show(case.rate_per_s, "req_per_s"),
            proposed=show(rate, "req_per_s"),
            effect=effect,
        )


def _same(case: Case, line: Objective) -> Objective:
    """Return the line of ``case`` that stands where ``line`` does."""
    return next(item for item in case.objectives if item.span == line.span)


def _name(line: Objective) -> str:
    percentile = f"p{to_unit(line.percentile, '%'):g} " if line.percentile is not None else ""
    return f"{percentile}{line.metric}"
