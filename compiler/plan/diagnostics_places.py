"""What planning has to say about the places that a service may run on."""

from inferc.compiler.model import Objective
from inferc.compiler.plan.objectives import hard
from inferc.compiler.plan.places import SPOT, places_of
from inferc.compiler.problem import Case, Problem
from inferc.compiler.units import to_unit
from inferc.dsl.diagnostics import Diagnostic, Label, Severity

TAIL = 0.9
"""From which percentile on a line speaks of the few requests that something goes wrong for."""


def on_spot_only(problem: Problem) -> Diagnostic | None:
    """INF510: a service promises its slowest requests something on machines that may vanish."""
    case = problem.case
    left = places_of(case)
    if not left or any(place.market != SPOT for place in left):
        return None
    line = _promise(case)
    span = next((place.span for place in case.choices_of_place if place.span), None)
    if line is None or line.percentile is None:
        return None
    percent = f"p{to_unit(line.percentile, '%'):g}"
    return Diagnostic(
        code="INF510",
        slug="spot-only",
        message=f"`{case.service}` promises `{percent} {line.metric}` on spot machines alone",
        span=line.span,
        severity=Severity.WARNING,
        label="requests under way on a machine that is taken away miss this",
        labels=(Label(span, "had on a spot market"),) if span else (),
        notes=(
            "the plan holds with one node lost, not with several, nor while no other can be had",
        ),
        help="let it have others too, `market in [on_demand, spot]`, or a pool of its own for them",
    )


def _promise(case: Case) -> Objective | None:
    """Return the first hard line about the tail of the first token."""
    lines = (line for line in hard(case.objectives) if line.metric == "ttft")
    return next((line for line in lines if (line.percentile or 0.0) >= TAIL), None)
