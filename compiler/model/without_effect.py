"""What a service states that nothing of it would look at."""

from collections.abc import Iterator

from inferc.compiler.model import values
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


ACTED_ON = frozenset(
    {"engine", "precision", "replicas", "max_batch_size", "max_queue_delay"}
    | {"on", "instance", "market", "nodes"}
)
"""What the planner decides for a service of a network."""

OF_LANGUAGE_MODELS = ("draft_model", "acceptance")
"""Facts about guessed tokens."""

NOT_YET = ("goal", "survives")
"""Fields of any service that nothing looks at yet where it serves a network."""


def idle_of_network(
    block: ResolvedBlock, model: str, decisions: tuple[Decision, ...]
) -> Iterator[Diagnostic]:
    """Yield what a service of a network states, and only language models have or do."""
    from inferc.compiler.model.diagnostics import not_yet_supported
    from inferc.compiler.model.sharing_diagnostics import load_of_other_model

    foreign = {item.field: item.span for item in decisions if item.field not in ACTED_ON}
    foreign |= {
        name: block.fields[name].span for name in OF_LANGUAGE_MODELS if name in block.fields
    }
    for name, span in foreign.items():
        yield load_of_other_model(
            span,
            service=block.name,
            model=f"{model}, a network",
            name=name,
            instead=f"leave `{name}` out",
        )
    scaled, sleeping = block.child("autoscale"), block.child("scale")
    idle = {
        name: block.fields[name].span
        for name in NOT_YET
        if name in block.fields and values.word(block.fields[name].value) != "cost"
    }
    if scaled is not None:
        idle |= {f"autoscale.{name}": field.span for name, field in scaled.fields.items()}
    if sleeping is not None:
        idle["scale"] = sleeping.span
    for name, span in idle.items():
        yield not_yet_supported(
            span,
            what=f"`{name}` of a service of a network",
            instead=f"leave `{name}` out: replicas are planned for the peak, at the least cost",
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
