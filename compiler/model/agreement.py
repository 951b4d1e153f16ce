"""What must hold, and what is wished for: the lines of an SLA."""

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import values
from inferc.compiler.model.design import Objective
from inferc.compiler.provenance import exactly
from inferc.compiler.resolve import ResolvedBlock, Restriction
from inferc.dsl import Diagnostic

MORE_IS_BETTER = ("throughput",)
_CONDITIONS = ("over", "at", "per", "where")


def objectives(service: ResolvedBlock, found: list[Diagnostic]) -> tuple[Objective, ...]:
    """Return the lines of the service's SLA; a service without any is reported."""
    sla = service.child("sla")
    lines = () if sla is None else sla.restrictions
    if not lines:
        place = service.span if sla is None else sla.span
        found.append(report.sla_missing(place, service=service.name))
    stated = [_objective(line, found) for line in lines]
    return tuple(item for item in stated if item is not None)


def _objective(line: Restriction, found: list[Diagnostic]) -> Objective | None:
    """Return one line, or None where it is reported."""
    problem = _problem(line)
    if problem is not None:
        found.append(problem)
        return None
    if line.value is None:
        return None
    return Objective(
        metric=line.target,
        percentile=line.percentile,
        operator=line.operator,
        limit=exactly(values.amount(line.value), text=values.text_of(line.value), span=line.span),
        hard=line.modifier != "prefer",
        span=line.span,
    )


def _problem(line: Restriction) -> Diagnostic | None:
    """Return what is wrong with a line, if anything."""
    if line.modifier == "forbid":
        return report.not_yet_supported(
            line.span, what=f"`{line.text}`", instead="state the limit: `p95 ttft <= 500ms`"
        )
    unknown = [clause for clause in _CONDITIONS if clause in line.clauses]
    if unknown:
        return report.not_yet_supported(
            line.span,
            what=f"`{unknown[0]}` on an SLA line",
            instead=f"leave `{unknown[0]} ...` out: the line is planned for the busiest stretch",
        )
    expected = ">=" if line.target in MORE_IS_BETTER else "<="
    if line.operator not in {expected, expected[0]}:
        return report.wrong_direction(
            line.span, metric=line.target, operator=line.operator, expected=expected
        )
    if line.value is not None and values.amount(line.value) <= 0:
        return report.limit_not_positive(
            line.span, metric=line.target, limit=values.text_of(line.value)
        )
    return None
