"""What planning has to say about networks."""

from inferc.compiler.model import Decision
from inferc.compiler.plan.decisions import Bound, Refusal
from inferc.compiler.plan.diagnostics import BEST_CASE, amount, missed, times, what_helps
from inferc.compiler.problem.network_case import NetworkCase
from inferc.dsl.diagnostics import Diagnostic, Label
from inferc.dsl.source import Span

NOTHING_HELPS = "no change of nodes, limits or rate alone makes it hold: change `on` or `model`"


def network_bound_violated(bound: Bound, refusal: Refusal, service: Span) -> Diagnostic:
    """INF440, INF441, INF442: a bound of a network fails even in the best case."""
    spans = bound.spans or ((service, ""),)
    need, have = amount(bound.need, bound.unit), amount(bound.have, bound.unit)
    terms = ", ".join(f"{step.words} {amount(step.value, step.unit)}" for step in bound.terms)
    first = bound is refusal.bounds[0]
    return Diagnostic(
        code=bound.code,
        slug=bound.slug,
        message=f"no software can serve `{bound.service}` here: {bound.statement}",
        span=spans[0][0],
        label=spans[0][1],
        labels=tuple(Label(span, text) for span, text in spans[1:]),
        notes=(
            bound.formula,
            f"need {need}, have {have}{times(bound)}",
            terms,
            *((BEST_CASE,) if first else ()),
        ),
        help=what_helps(refusal, NOTHING_HELPS) if first else "",
    )


def no_plan_for_network(
    refusal: Refusal, case: NetworkCase, neighbours: tuple[str, ...], service: Span
) -> Diagnostic:
    """INF444: no bound fails, and yet no way to serve a network holds."""
    shared = (f"`{'`, `'.join(neighbours)}` run on the same accelerators",) if neighbours else ()
    span = next((line.span for line in case.objectives if line.hard), service)
    return Diagnostic(
        code="INF444",
        slug="no-plan-for-network",
        message=f"no plan for `{case.service}` meets its SLA on `{case.places[0].path}`, "
        "even with every unknown at its most favourable value",
        span=span,
        label="cannot be met",
        notes=(*shared, *(missed(margin) for margin in refusal.best_effort)),
        help=what_helps(refusal, NOTHING_HELPS),
    )


def no_way_left(case: NetworkCase, decisions: tuple[Decision, ...], service: Span) -> Diagnostic:
    """INF501: what the user fixed leaves no way to serve a network."""
    names = " and ".join(dict.fromkeys(f"`{item.field}`" for item in decisions)) or "`on`"
    span = decisions[0].span if decisions else service
    return Diagnostic(
        code="INF501",
        slug="pins-conflict",
        message=f"no configuration of `{case.service}` fits what is fixed for {names}",
        span=span,
        label="fixed here",
        labels=tuple(Label(item.span, "and here") for item in decisions[1:]),
        help=f"remove or widen one of them: {names}",
    )
