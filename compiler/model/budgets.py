"""Budgets: what all services of a topology together may cost."""

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model.agreement import objective
from inferc.compiler.model.design import Objective
from inferc.compiler.resolve import ResolvedBlock
from inferc.dsl import Diagnostic


def budgets(topology: ResolvedBlock, found: list[Diagnostic]) -> tuple[Objective, ...]:
    """Return the limits on what all services together cost; other lines are reported."""
    kept: list[Objective] = []
    for block in topology.children:
        if block.kind != "budget":
            continue
        for line in block.restrictions:
            built = objective(line, found)
            wrong = None if built is None else _not_acted_on(built)
            if wrong is not None:
                what, instead = wrong
                found.append(report.not_yet_supported(line.span, what=what, instead=instead))
            elif built is not None:
                kept.append(built)
    return tuple(kept)


def _not_acted_on(line: Objective) -> tuple[str, str] | None:
    """Return what of a budget is not acted on, and what to write instead; None for a limit."""
    if line.metric != "cost":
        return f"a budget of `{line.metric}`", "limit it in the `sla` of a service"
    if not line.hard:
        return (
            "a wish about what all services cost",
            "wish it of each: `prefer chat.cost <= $9k/mo`, or limit it: `cost <= $85k/mo`",
        )
    if line.counts == "tok":
        return (
            "a budget for a token of all services together",
            "limit it for each service: `chat.cost <= $0.60/Mtok`",
        )
    return None
