"""What must hold, and what is wished for: the lines of an SLA."""

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import values
from inferc.compiler.model.design import Objective
from inferc.compiler.provenance import exactly
from inferc.compiler.resolve import ResolvedBlock, Restriction
from inferc.compiler.schema import CONDITIONS
from inferc.compiler.units import COST_RATE, TOK_RATE, Quantity
from inferc.dsl import Diagnostic

WAKING = ("ttft", "e2e")
"""Metrics of the request that wakes a service up."""

SHARED = ("cold_share",)


def objectives(
    service: ResolvedBlock, found: list[Diagnostic], *, goal: str = "cost"
) -> tuple[Objective, ...]:
    """Return the lines of the service's SLA.

    A service without any is reported, unless its goal is throughput: that it can have as much of
    as there is.
    """
    sla = service.child("sla")
    lines = () if sla is None else sla.restrictions
    if not lines and goal != "throughput":
        place = service.span if sla is None else sla.span
        found.append(report.sla_missing(place, service=service.name))
    stated = [objective(line, found) for line in lines]
    return tuple(item for item in stated if item is not None)


def objective(line: Restriction, found: list[Diagnostic]) -> Objective | None:
    """Return one line, or None where it is reported."""
    if line.value is None or line.modifier == "forbid":
        found.append(
            report.not_yet_supported(
                line.span, what=f"`{line.text}`", instead="state the limit: `p95 ttft <= 500ms`"
            )
        )
        return None
    return Objective(
        metric=line.target,
        percentile=line.percentile,
        operator=line.operator,
        limit=exactly(values.amount(line.value), text=values.text_of(line.value), span=line.span),
        hard=line.modifier != "prefer",
        counts=_counted(line),
        span=line.span,
        writers=line.writers,
        condition=_condition(line, found),
        over_s=_window_s(line),
    )


def _condition(line: Restriction, found: list[Diagnostic]) -> str:
    """Return ``cold``, or nothing: a line holds whenever a replica is there, at the peak too."""
    clause = line.clauses.get("at")
    if clause is None:
        return ""
    word = values.word(clause)
    known: tuple[str, ...] = () if line.target in SHARED else CONDITIONS
    if line.target not in WAKING:
        known = tuple(item for item in known if item != "cold")
    if word not in known:
        from inferc.compiler.model.diagnostics_scaling import unknown_condition

        found.append(unknown_condition(line.span, text=f"at {word}", known=known))
    return word if word == "cold" else ""


def _window_s(line: Restriction) -> float | None:
    clause = line.clauses.get("over")
    return values.amount(clause) if isinstance(clause, Quantity) else None


def _counted(line: Restriction) -> str:
    """Return what a line about throughput counts, and what one about cost is for."""
    if not isinstance(line.value, Quantity):
        return ""
    match line.target:
        case "throughput":
            return "tok" if line.value.dimension == TOK_RATE else "req"
        case "cost":
            return "" if line.value.dimension == COST_RATE else "tok"
        case _:
            return ""
