"""Fields: from what was written last to a checked value."""

from inferc.compiler.resolve.blocks import FieldValue
from inferc.compiler.resolve.check import check
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.nodes import POISON, Entry, Node, Poison
from inferc.compiler.schema import Types


def read_field(ctx: Context, node: Node, name: str) -> FieldValue | Poison | None:
    """Return the checked value of the field ``name``; None where nobody wrote it."""
    entry = node.fields.get(name)
    if entry is None:
        return None
    if entry.value is None:
        if not ctx.begin(entry, entry.span, f"`{node.path}.{name}`", entry.target_span):
            return POISON
        entry.value = _value(ctx, node, name, entry)
        ctx.end(entry)
        ctx.read.append(entry)
    if isinstance(entry.value, Poison):
        node.broken.add(name)
    return entry.value


def types_of(node: Node, name: str) -> Types:
    """Return what the field may hold."""
    spec = node.kind.fields.get(name)
    return spec.types if spec is not None else node.kind.free


def _value(ctx: Context, node: Node, name: str, entry: Entry) -> FieldValue | Poison:
    types = types_of(node, name)
    span = entry.expression.span
    with ctx.working_on(name, entry.target_span):
        found = ctx.evaluate(entry.expression, entry.scope, types)
        value = check(ctx, found, types, span, name)
    if isinstance(value, Poison):
        return value
    return FieldValue(
        value=value,
        text=span.text,
        span=entry.span,
        origin=entry.origin,
        because=entry.because,
        confidence=entry.confidence,
        source=entry.source,
        as_of=entry.as_of,
        writers=(*entry.writers, entry.span),
    )
