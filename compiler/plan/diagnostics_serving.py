"""What planning has to say about replicas of two kinds."""

from collections.abc import Iterator, Sequence

from inferc.compiler.plan.dimensions import SERVING_FIELD, allows_aggregated
from inferc.compiler.problem import Problem
from inferc.dsl.diagnostics import Diagnostic, Label


def split_beside_others(problems: Sequence[Problem]) -> Iterator[Diagnostic]:
    """Yield the errors for services that must be disaggregated on a place that others share."""
    for problem in problems:
        case = problem.case
        others = [
            other.service
            for other in problems
            if other is not problem and other.case.place.path == case.place.path
        ]
        if others and not allows_aggregated(case.decisions):
            line = next(item for item in case.decisions if item.field == SERVING_FIELD)
            yield Diagnostic(
                code="INF515",
                slug="disaggregated-beside-others",
                message=f"`{case.service}` is to be disaggregated on `{case.place.path}`, which "
                "other services share",
                span=line.span,
                label="prompts and answers on replicas of their own",
                labels=tuple(Label(other.span, "runs there, too") for other in others[:1]),
                notes=("a shared place is dealt out in replicas of one kind",),
                help=f"give `{case.service}` a pool of its own, or let it be aggregated: "
                "`serving = aggregated`",
            )
