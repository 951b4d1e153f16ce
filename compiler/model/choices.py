"""What the user takes from the planner, and which targets are asked for."""

from collections.abc import Iterator, Sequence

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import values
from inferc.compiler.model.design import Decision
from inferc.compiler.model.lookup import pins_of
from inferc.compiler.model.topology import Emission
from inferc.compiler.provenance import Origin
from inferc.compiler.resolve import (
    FieldValue,
    ListValue,
    RangeValue,
    ResolvedBlock,
    Restriction,
    Value,
)
from inferc.compiler.schema import KEPT, PRECISIONS
from inferc.compiler.units import Quantity
from inferc.dsl import Diagnostic

PLACES = ("on", "instance", "market", "nodes")
"""The planner's fields of a service that say where it runs."""

PLANNED = (
    *PLACES,
    "engine",
    "precision",
    "kv_precision",
    "tensor_parallel",
    "pipeline_parallel",
    "expert_parallel",
    "attention_data_parallel",
    "speculation",
    "speculative_tokens",
    "serving",
    "prefill_replicas",
    "replicas",
    "routing",
    "max_num_seqs",
    "max_num_batched_tokens",
    "max_model_len",
    "gpu_memory_utilization",
    "max_batch_size",
    "max_queue_delay",
)
"""The planner's fields of a service; a model may hold ``precision`` for all its services."""

PUBLISHED = "bf16"
"""The format of weights where a model's block names none."""

SIXTEEN_BIT = ("bf16", "fp16")
"""As wide as each other; not all accelerators know both."""

_OPERATORS = {"=": "=", "==": "=", "in": "in", "not in": "not in", "!=": "not in"}
_BOUNDS = ("<", "<=", ">", ">=")
_FORBIDDEN = {
    "=": "not in",
    "==": "not in",
    "in": "not in",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
}
"""What is left where a comparison is forbidden."""


def decisions(
    service: ResolvedBlock,
    model: ResolvedBlock,
    topology: ResolvedBlock,
    found: list[Diagnostic],
) -> tuple[Decision, ...]:
    """Return what the user decided for ``service``, in the order of the planner's fields.

    A line of the service wins over one of its model; nothing is said twice.
    """
    holders = (model, service)
    fixed: dict[str, Decision] = {}
    for block in holders:
        fixed.update(
            (name, _fixed(name, field))
            for name, field in block.fields.items()
            if name in PLANNED and name != "on"
        )
    narrowed = [
        decision
        for name, restriction in _restrictions(holders, topology)
        for decision in _narrowed(name, restriction, found)
    ]
    ordered = [*fixed.values(), *narrowed, *_kept_warm(service)]
    return tuple(sorted(ordered, key=lambda decision: PLANNED.index(decision.field)))


def emissions(topology: ResolvedBlock) -> tuple[Emission, ...]:
    """Return the ``emit`` blocks of a topology."""
    return tuple(
        Emission(
            target=block.name,
            options={name: values.option(field.value) for name, field in block.fields.items()},
            span=block.span,
        )
        for block in topology.children
        if block.kind == "emit"
    )


def as_published(
    chosen: tuple[Decision, ...], model: ResolvedBlock, service: ResolvedBlock
) -> tuple[Decision, ...]:
    """Return ``chosen``, with the published format of the weights where no line names another.

    Fewer bits may change the answers, which no SLA line here measures: whoever allows that says so,
    ``precision in [bf16, fp8]``. Who only forbids a format has not allowed the rest.
    """
    if any(item.field == "precision" and item.operator in {"=", "in"} for item in chosen):
        return chosen
    dtype = values.text_or(model, "dtype", PUBLISHED)
    default = Decision(
        field="precision",
        operator="in",
        values=(dtype,) if dtype in PRECISIONS and dtype not in SIXTEEN_BIT else SIXTEEN_BIT,
        is_range=False,
        because=f"the weights are published in {dtype}",
        span=model.fields["dtype"].span if "dtype" in model.fields else service.span,
        origin=Origin.CATALOG,
    )
    return (*chosen, default)


def precisions(chosen: tuple[Decision, ...]) -> tuple[str, ...]:
    """Return the formats of weights that the decisions leave; empty where all are left."""
    allowed: list[str] | None = None
    for decision in chosen:
        if decision.field == "precision" and decision.operator in {"=", "in"}:
            names = [str(value) for value in decision.values]
            allowed = names if allowed is None else [name for name in allowed if name in names]
    return tuple(allowed or ())


def engines(chosen: tuple[Decision, ...]) -> frozenset[str]:
    """Return the paths of the engines that some line asks for."""
    return frozenset(
        str(value)
        for decision in chosen
        if decision.field == "engine" and decision.operator in {"=", "in"}
        for value in decision.values
    )


def _restrictions(
    holders: Sequence[ResolvedBlock], topology: ResolvedBlock
) -> Iterator[tuple[str, Restriction]]:
    """Return the lines that narrow the planner's fields of ``holders``, each with its field.

    Lines of ``pin`` blocks name the service or the model, or a part of it, by its full path.
    """
    for block in holders:
        # Where a service may run at all is what `on in [...]` says; only more is a decision.
        own = (line for line in block.restrictions if (line.target, line.operator) != ("on", "in"))
        yield from ((line.target, line) for line in own)
    paths = {path for block in holders for path in (block.path, f"{block.path}.autoscale")}
    for line in pins_of(topology):
        path, _, name = line.target.rpartition(".")
        if path in paths:
            yield name, line


def _kept_warm(service: ResolvedBlock) -> Iterator[Decision]:
    """Yield that there are as many replicas as a warm pool keeps: they need room, and are paid."""
    sleeping = service.child("scale")
    pool = None if sleeping is None else sleeping.child("warm_pool")
    field = None if pool is None else pool.fields.get("instances")
    if pool is None or field is None or values.text_or(pool, "keep", KEPT[0]) != KEPT[0]:
        return
    count = values.count(pool, "instances")
    if count > 1:
        yield Decision(
            field="replicas",
            operator=">=",
            values=(float(count),),
            is_range=False,
            because=f"`warm_pool` keeps {count} ready",
            span=field.span,
        )


def _fixed(name: str, field: FieldValue) -> Decision:
    """Return ``tensor_parallel = 4``."""
    items = field.value.items if isinstance(field.value, ListValue) else (field.value,)
    return Decision(
        field=name,
        operator="=",
        values=tuple(_plain(name, item) for item in items),
        is_range=False,
        because=field.because,
        span=field.span,
        writers=field.writers,
    )


def _narrowed(name: str, restriction: Restriction, found: list[Diagnostic]) -> Iterator[Decision]:
    """Return ``tensor_parallel in [2, 4]``, or nothing where such a line is not acted on yet."""
    operator = _operator(restriction)
    if name not in PLANNED or not operator or restriction.value is None:
        found.append(
            report.not_yet_supported(
                restriction.span,
                what=f"`{restriction.text}`",
                instead=f"narrow it with `{name} = ...`, `{name} in [...]` or `{name} not in "
                "[...]`",
            )
        )
        return
    because = restriction.clauses.get("because")
    is_range = isinstance(restriction.value, RangeValue)
    yield Decision(
        field=name,
        operator=operator,
        values=tuple(_plain(name, item) for item in _items(restriction.value)),
        is_range=is_range,
        because="" if because is None else values.word(because),
        span=restriction.span,
        writers=restriction.writers,
    )


def _operator(restriction: Restriction) -> str:
    """Return the operator of the decision; empty where there is none for it."""
    if restriction.modifier == "forbid":
        return _FORBIDDEN.get(restriction.operator, "")
    if restriction.modifier == "prefer":
        return ""
    if restriction.operator in _BOUNDS:
        return restriction.operator
    return _OPERATORS.get(restriction.operator, "")


def _items(value: Value) -> tuple[Value, ...]:
    match value:
        case ListValue(items=items):
            return items
        case RangeValue(low=low, high=high):
            return low, high
        case _:
            return (value,)


def _plain(name: str, value: Value) -> str | float:
    """Return a quantity as a number, anything else as its word; engines by their path."""
    if isinstance(value, Quantity):
        return float(value.value)
    text = values.word(value)
    return f"engine.{text}" if name == "engine" and "." not in text else text
