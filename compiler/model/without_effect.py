"""What a service states that nothing of it would look at."""

from collections.abc import Iterator

from inferc.compiler.model.design import Decision
from inferc.compiler.resolve import ResolvedBlock
from inferc.compiler.units import IMG, TIME, Quantity
from inferc.dsl import Diagnostic

NEEDED: dict[str, tuple[str, str, str]] = {
    "prefill_replicas": ("serving", "aggregated", "disaggregated"),
    "speculative_tokens": ("speculation", "none", "eagle"),
}
"""By field of the planner: the field that it is a part of, the word of that for doing without, and
one for having it. Nothing but the former is tried unless a line names another."""


def idle_decisions(service: str, decisions: tuple[Decision, ...]) -> Iterator[Diagnostic]:
    """Yield decisions about what a service does not do."""
    for decision in decisions:
        if decision.field not in NEEDED:
            continue
        field, without, word = NEEDED[decision.field]
        named = {
            value
            for line in decisions
            if line.field == field and line.operator in {"=", "in"}
            for value in line.values
        }
        if named <= {without}:
            from inferc.compiler.model.sharing_diagnostics import without_effect

            yield without_effect(
                decision.span, service=service, name=decision.field, needed=f"{field} = {word}"
            )


def images_of(block: ResolvedBlock, model: str) -> Iterator[Diagnostic]:
    """Yield lines of the SLA of a language model that count images."""
    sla = block.child("sla")
    for line in () if sla is None else sla.restrictions:
        if isinstance(line.value, Quantity) and line.value.dimension == IMG / TIME:
            from inferc.compiler.model.sharing_diagnostics import metric_of_other_model

            yield metric_of_other_model(
                line.span,
                service=block.name,
                model=model,
                metric=f"{line.target} in images",
                network=False,
                known=("throughput >= 5 req/s", "throughput >= 500 tok/s"),
            )
