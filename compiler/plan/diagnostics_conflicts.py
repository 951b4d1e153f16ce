"""What planning has to say about pins that keep an SLA from holding."""

from math import isfinite

from inferc.compiler.model import Objective
from inferc.compiler.plan.conflicts import Clash
from inferc.compiler.plan.decisions import Refusal
from inferc.compiler.plan.narrowing import written
from inferc.compiler.plan.objectives import is_latency, margin_of
from inferc.compiler.plan.relax import line_name
from inferc.compiler.plan.search import Candidate
from inferc.compiler.problem import Case
from inferc.compiler.units import show
from inferc.dsl.diagnostics import Diagnostic, Label


def pins_against_sla(clash: Clash, case: Case, refusal: Refusal) -> Diagnostic:
    """Return the error for pins that cannot hold together with lines of an SLA, or with the load.

    What keeps them apart is a number each: what comes nearest, and what would do without each.
    """
    first, *pins = clash.pins
    names = [*(f"`{written(pin)}`" for pin in clash.pins), *(f"`{asked(x)}`" for x in clash.lines)]
    what = " and ".join(names)
    message = (
        f"{what} cannot hold together for `{case.service}`"
        if len(names) > 1
        else f"`{case.service}` cannot carry its load with {what}"
    )
    spans = (*(pin.span for pin in pins), *(line.span for line in clash.lines))
    return Diagnostic(
        code="INF522",
        slug="pins-against-sla",
        message=f"{message}, even with every unknown at its most favourable value",
        span=first.span,
        label="pinned here",
        labels=tuple(Label(span, "and this") for span in spans),
        notes=(_nearest(clash), *_each(clash, names)),
        help=_help(names, refusal),
    )


def asked(line: Objective) -> str:
    """Return an SLA line as the file has it."""
    return f"{line_name(line)} {line.operator} {show(line.limit.value, 'time')}"


def _nearest(clash: Clash) -> str:
    """Return how far the best configuration is from holding."""
    best = clash.best
    if not best.found.stable:
        return f"the nearest, {_shape(best)}, is short of what the load needs"
    missed = [
        f"{margin.objective.metric} {show(margin.predicted, 'time')}, "
        f"not {show(margin.objective.limit.value, 'time')}"
        for line in clash.lines
        if is_latency(line)
        for margin in (margin_of(line, best.found, clash.load.demand),)
        if margin.ratio > 1.0 and isfinite(margin.predicted)
    ]
    if not missed:
        return f"the nearest, {_shape(best)}, has no room for the requests that come"
    return f"the nearest is {_shape(best)}: {', '.join(missed)}"


def _each(clash: Clash, names: list[str]) -> tuple[str, ...]:
    """Return what would do without each: nothing of the set can stay out of it."""
    return tuple(
        f"without {name} it holds, with {_shape(best)}"
        for name, best in zip(names, clash.without, strict=True)
    )


def _shape(item: Candidate) -> str:
    shape = item.configuration
    return (
        f"{shape.engine}, tensor_parallel {shape.tensor_parallel}, "
        f"pipeline_parallel {shape.pipeline_parallel}, replicas {shape.replicas}, "
        f"max_num_batched_tokens {shape.max_num_batched_tokens}"
    )


def _help(names: list[str], refusal: Refusal) -> str:
    ways = [f"remove or widen {' or '.join(names)}"]
    ways += [
        f"change {item.field} from {item.current} to {item.proposed}"
        for item in refusal.nearest
        if "together" not in item.effect
    ]
    return "; or ".join(ways)
