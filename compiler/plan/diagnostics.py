"""What planning has to say: bounds that fail, pins in conflict, what it cannot do yet."""

from inferc.compiler.model import Decision, Engine, Objective, Service, unstated_tails
from inferc.compiler.plan.decisions import Bound, Change, Margin, Refusal
from inferc.compiler.plan.narrowing import written
from inferc.compiler.plan.places import survives
from inferc.compiler.problem import Case
from inferc.compiler.units import show
from inferc.compiler.units_table import ShowKind
from inferc.dsl.diagnostics import Diagnostic, Label, Severity
from inferc.dsl.source import Span

KINDS: dict[str, ShowKind] = {
    "": "count",
    "B": "bytes_decimal",
    "B/s": "bytes_per_s",
    "FLOP": "flop",
    "FLOP/s": "flop_per_s",
    "s": "time",
    "tok": "tok",
    "req": "req",
    "req/s": "req_per_s",
    "USD/s": "usd_per_s",
    "x": "factor",
}
"""How the units of bounds are shown."""


BEST_CASE = "best case: no overhead, no waiting, every unknown at its most favourable value"


def amount(value: float, unit: str) -> str:
    """Return a number of a bound as people read it."""
    kind = KINDS.get(unit)
    return show(value, kind) if kind else f"{show(value, 'count')} {unit}"


def fails(bound: Bound) -> str:
    """Return in a few words what a place fails by."""
    need, have = amount(bound.need, bound.unit), amount(bound.have, bound.unit)
    return f"{bound.code} {bound.slug}, needs {need}, has {have}{times(bound)}"


def times(bound: Bound) -> str:
    """Return by how much a bound fails; nothing where there is nothing to compare with."""
    return f": {show(bound.ratio, 'factor')} too much" if bound.have > 0.0 else ""


def bound_violated(bound: Bound, refusal: Refusal, service: Span) -> Diagnostic:
    """Return the error for a bound that fails even in the best case.

    The first bound of a refusal says what to change; the others would only repeat it.
    """
    spans = bound.spans or ((service, ""),)
    terms = ", ".join(f"{term.symbol} {amount(term.value, term.unit)}" for term in bound.terms)
    first = bound is refusal.bounds[0]
    need, have = amount(bound.need, bound.unit), amount(bound.have, bound.unit)
    elsewhere = tuple(f"on {item.place}: {fails(item)}" for item in refusal.elsewhere)
    return Diagnostic(
        code=bound.code,
        slug=bound.slug,
        message=f"no software can serve `{bound.service}` here: {bound.statement}",
        span=spans[0][0],
        label=spans[0][1],
        labels=tuple(Label(span, text) for span, text in spans[1:]),
        notes=(
            f"{bound.formula}",
            f"need {need}, have {have}{times(bound)}",
            terms,
            *((f"on {bound.place}, where least is missing",) if elsewhere and first else ()),
            *(elsewhere if first else ()),
            *((BEST_CASE,) if first else ()),
        ),
        help=what_helps(refusal) if first else "",
    )


def unverified_limit(bound: Bound, service: Span) -> Diagnostic:
    """Return the warning for a limit that fails by a number that nobody looked up."""
    need, have = amount(bound.need, bound.unit), amount(bound.have, bound.unit)
    spans = bound.spans or ((service, ""),)
    return Diagnostic(
        code="INF438",
        slug="unverified-limit",
        message=f"`{bound.service}` may not run on `{bound.place}`: {bound.statement}",
        span=spans[-1][0],
        severity=Severity.WARNING,
        label=spans[-1][1],
        notes=(
            f"needs {need}, and the limit is {have}",
            "the limit is from general knowledge, so the design is not refused for it",
        ),
        help="look it up, and state it in a `platform` block of your own with its source",
    )


def no_plan_found(refusal: Refusal, case: Case, left: int, asked: Service) -> Diagnostic:
    """Return the error when no bound fails, and yet no configuration holds.

    ``left`` is what other services on the place leave of its accelerators.
    """
    total = case.place.accelerators
    shared = (
        (f"other services on `{case.place.path}` leave {left} of its {total} accelerators",)
        if left < total
        else ()
    )
    margins = tuple(missed(margin) for margin in refusal.best_effort)
    nearest = refusal.configuration
    best = (
        ()
        if nearest is None
        else (
            (
                f"the nearest is {nearest.engine}, {nearest.precision}, "
                f"tensor_parallel {nearest.tensor_parallel}, "
                f"pipeline_parallel {nearest.pipeline_parallel}, replicas {nearest.replicas}"
            ),
        )
    )
    span = next((line.span for line in case.objectives if line.hard), asked.span)
    tails = tuple(text for text in (unstated_tails(asked.load),) if text)
    return Diagnostic(
        code="INF410",
        slug="no-plan-found",
        message=f"no plan for `{case.service}` meets its SLA on {_where(case)}, "
        "even with every unknown at its most favourable value",
        span=span,
        label="cannot be met",
        notes=(*shared, *best, *margins, *_survival(case), *tails),
        help=what_helps(refusal),
    )


def _where(case: Case) -> str:
    """Return every pool or device that the service may run on."""
    return " or ".join(
        f"`{path}`" for path in dict.fromkeys(at.path for at in case.choices_of_place)
    )


def _survival(case: Case) -> tuple[str, ...]:
    """Return what must be survived besides, as a note."""
    kinds = dict.fromkeys(survives(case.survives, place) for place in case.choices_of_place)
    whats = [f"a {what}" for what in kinds if what]
    if not whats:
        return ()
    why = f"`survives = {case.survives}`" if case.survives else "a spot market may take one away"
    return (f"it must hold with {' or '.join(whats)} lost: {why}",)


def missed(margin: Margin) -> str:
    """Return by what the best that was found misses a line."""
    line = margin.objective
    predicted = show(margin.predicted, "time") if margin.predicted < float("inf") else "without end"
    return f"{line.metric} {predicted} of {show(line.limit.value, 'time')}"


def change_text(change: Change) -> str:
    """Return ``nodes from 1 to 3 ($12,300/mo)``."""
    price = change.price_usd_per_s
    cost = "" if price is None else f" ({show(price, 'usd_per_mo')})"
    return f"{change.field} from {change.current} to {change.proposed}{cost}"


NOTHING_HELPS = (
    "no change of nodes, limits, rate or precision makes it hold: change `on` or `model`"
)


def what_helps(refusal: Refusal, nothing: str = NOTHING_HELPS) -> str:
    """Return the nearest changes, or that there is ``nothing``."""
    if not refusal.nearest:
        return nothing
    changes = "; or ".join(map(change_text, refusal.nearest))
    if any("together" in change.effect for change in refusal.nearest):
        return "change together: " + changes.replace("; or ", ", ")
    return f"change {changes}"


def pins_conflict(case: Case, decisions: tuple[Decision, ...], why: str) -> Diagnostic:
    """Return the error when what the user fixed leaves nothing to choose from."""
    first = decisions[0]
    names = " and ".join(f"`{written(item)}`" for item in decisions)
    return Diagnostic(
        code="INF501",
        slug="pins-conflict",
        message=f"no configuration of `{case.service}` fits {names}",
        span=first.span,
        label="fixed here",
        labels=tuple(Label(item.span, "and here") for item in decisions[1:]),
        notes=(why,),
        help=f"remove or widen {'one of them: ' if len(decisions) > 1 else ''}{names}",
    )


def no_layout(refusal: Refusal, case: Case, why: str, span: Span) -> Diagnostic:
    """Return the error when no engine can lay the model out on the place, whatever is pinned."""
    return Diagnostic(
        code="INF502",
        slug="no-layout",
        message=f"no engine can run `{case.model.title}` for `{case.service}` on "
        f"`{case.place.path}`",
        span=span,
        notes=(why,),
        help=what_helps(refusal),
    )


def wrong_coefficients(engine: Engine, faults: tuple[str, ...], span: Span) -> Diagnostic:
    """Return the error for an engine whose coefficients are unknown or cannot be right."""
    return Diagnostic(
        code="INF503",
        slug="wrong-coefficients",
        message=f"engine `{engine.title}` states coefficients that cannot be right",
        span=engine.span or span,
        notes=faults,
        help="correct them, or leave them out: typical values hold then",
    )


def objective_not_planned(line: Objective) -> Diagnostic:
    """Return the error for an SLA line that the planner cannot act on yet."""
    return Diagnostic(
        code="INF190",
        slug="not-yet-supported",
        message=f"the planner cannot plan for `{line.metric} {line.operator}` yet",
        span=line.span,
        help="use an upper limit on ttft, itl, tpot or e2e",
    )
