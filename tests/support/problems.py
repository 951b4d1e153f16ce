"""Problems of many kinds for tests of the planner."""

from collections.abc import Mapping
from dataclasses import replace

from support import designs

from inferc.compiler.model import Decision, LanguageModel, Objective, Place
from inferc.compiler.problem import Problem


def problem(
    model: LanguageModel = designs.LLAMA_3_70B,
    place: Place | None = None,
    *,
    rate_per_s: float = 1000 / 60,
    limits_s: Mapping[str, float] | None = None,
    decisions: tuple[Decision, ...] = (),
) -> Problem:
    """Return the problem of the first example with other numbers; precision is 16 bits."""
    base = designs.support_chat().services[0]
    limits = {"ttft": 0.5} if limits_s is None else limits_s
    service = replace(
        base,
        model=model,
        place=place or base.place,
        load=replace(base.load, rate_per_s=designs.given(rate_per_s)),
        objectives=tuple(line(metric, limit) for metric, limit in limits.items()),
        decisions=(designs.fixed_precision("fp16"), *decisions),
    )
    return designs.problem_of(service)


def line(metric: str, limit_s: float, percentile: float | None = 0.95) -> Objective:
    """Return a hard SLA line."""
    return Objective(
        metric=metric,
        percentile=percentile,
        operator="<=",
        limit=designs.given(limit_s),
        hard=True,
        span=designs.NOWHERE,
    )


def pin(field: str, *values: str | float, operator: str = "=", is_range: bool = False) -> Decision:
    """Return a decision of the user."""
    return Decision(
        field=field,
        operator=operator,
        values=values,
        is_range=is_range,
        because="change freeze",
        span=designs.NOWHERE,
    )


def settled(given: Problem, **values: float) -> Problem:
    """Return the problem with the numbers named by quantity stated, and so unknown no more.

    ``settled(p, peak=2.0)`` is what the file with that number in it would yield.
    """
    stated = {
        u.path: values[u.quantity.name.lower()]
        for u in given.unknowns
        if u.quantity.name.lower() in values
    }
    rest = tuple(u for u in given.unknowns if u.path not in stated)
    return replace(given, case=given.at(stated), unknowns=rest)


def all_settled(given: Problem, **values: float) -> Problem:
    """Return the problem with every number stated: at its typical value unless named."""
    typical = {u.quantity.name.lower(): u.typical for u in given.unknowns}
    return settled(given, **{**typical, **values})


def on_nodes(given: Problem, nodes: float) -> Problem:
    """Return the problem on a place of so many nodes."""
    place = replace(given.case.place, nodes=designs.given(nodes))
    return replace(given, case=replace(given.case, place=place))


def pi(model: LanguageModel, *, rate_per_s: float, ttft_s: float) -> Problem:
    """Return a model on one Raspberry Pi."""
    base = designs.impossible_pi(model).services[0]
    service = replace(
        base,
        load=replace(base.load, rate_per_s=designs.given(rate_per_s)),
        objectives=(line("ttft", ttft_s),),
    )
    return designs.problem_of(service)
