"""Values against the types of fields: what fits becomes a value of the outside."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise

from inferc.compiler.load import CATALOG
from inferc.compiler.resolve import describe
from inferc.compiler.resolve import diagnostics as report_blocks
from inferc.compiler.resolve import diagnostics_values as report
from inferc.compiler.resolve.blocks import (
    CallValue,
    ListValue,
    Multiple,
    RangeValue,
    RecordValue,
    Ref,
    Value,
    Word,
)
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.nodes import (
    POISON,
    Call,
    Folder,
    Inner,
    Interval,
    Items,
    Many,
    Node,
    Nothing,
    Planned,
    Poison,
)
from inferc.compiler.schema import CONSTRUCTORS_BY_NAME, FACTS, KINDS, Type, Types
from inferc.compiler.units import Quantity, accepts
from inferc.dsl import Span


def check(ctx: Context, value: Inner, types: Types, span: Span, field: str) -> Value | Poison:
    """Return ``value`` as one of ``types``, or the poison after saying why it is none of them."""
    if isinstance(value, Poison):
        return value
    if isinstance(value, Planned):
        ctx.report(report_blocks.not_yet(span, what=f"computing with {describe.noun(value)},"))
        return POISON
    if isinstance(value, Nothing) and any("none" in item.words for item in types):
        value = Word("none")
    for item in types:
        if _has_form(value, item):
            found = _converted(ctx, value, item, span, field)
            if found is not None:
                return found
    _report_misfit(ctx, value, types, span, field)
    return POISON


def _has_form(value: Inner, item: Type) -> bool:
    """Return whether ``value`` is of the sort that ``item`` speaks of."""
    match value:
        case Quantity(dimension=dimension):
            return item.form == "any" or (
                item.form == "quantity"
                and (
                    dimension == item.dimension
                    if item.exact
                    else accepts(item.dimension, dimension)
                )
            )
        case bool():
            return item.form in {"bool", "any"}
        case str():
            return item.form in {"text", "any"}
        case date():
            return item.form in {"date", "any"}
        case Word(text=text):
            return item.form in {"entry", "any"} or (
                item.form == "word" and (not item.words or text in item.words)
            )
        case _:
            return _compound_has_form(value, item)


def _compound_has_form(value: Inner, item: Type) -> bool:
    match value:
        case Interval(low=low):
            return item.form == "range" and _has_form(low, item.of[0])
        case Items(names=names):
            return item.form == ("list" if names is None else "record")
        case Call(name=name):
            return item.form == "call" and name in item.calls
        case Many(node=node):
            return item.form == "multiple" and node.kind.name in item.kinds
        case Node(kind=kind):
            return item.form == "ref" and kind.name in item.kinds
        case _:
            return False


def _converted(
    ctx: Context, value: Inner, item: Type, span: Span, field: str
) -> Value | Poison | None:
    """Return ``value``, which has the form of ``item``, checked; None if it cannot be one."""
    match value:
        case Quantity():
            return _quantity(ctx, value, item, span, field)
        case bool() | str() | date() | Word():
            return value
        case Call():
            return _call(ctx, value, item, span)
        case Many(count=count, node=node):
            return _many(ctx, count, node, span, field)
        case Node():
            return reference(ctx, value, span)
        case _:
            return _several(ctx, value, item, span, field)


def _several(
    ctx: Context, value: Inner, item: Type, span: Span, field: str
) -> Value | Poison | None:
    """Return a range, list or record with its members checked."""
    match value:
        case Interval(low=low, high=high):
            bottom = check(ctx, low, item.of, span, field)
            top = check(ctx, high, item.of, span, field)
            if isinstance(bottom, Poison) or isinstance(top, Poison):
                return POISON
            return RangeValue(bottom, top)
        case Items(items=items, names=names):
            found: list[Value] = []
            for one in items:
                checked = check(ctx, one, item.of, span, field)
                if isinstance(checked, Poison):
                    return POISON
                found.append(checked)
            if names is None:
                return ListValue(tuple(found))
            return RecordValue(dict(zip(names, found, strict=True)))
        case _:
            return None


def _quantity(
    ctx: Context, value: Quantity, item: Type, span: Span, field: str
) -> Quantity | Poison | None:
    if item.form == "any":
        return value
    low, high = item.low, item.high
    too_low = low is not None and (value.value < low or (item.above_low and value.value == low))
    too_high = high is not None and value.value > high
    if too_low or too_high or (item.whole and value.value.denominator != 1):
        ctx.report(
            report.out_of_range(
                span, field=field, allowed=describe.allowed(item), text=f"`{value}`"
            )
        )
        return POISON
    return replace(value, dimension=item.dimension)


def _many(ctx: Context, count: Quantity, node: Node, span: Span, field: str) -> Multiple | Poison:
    if count.dimension.powers or count.value.denominator != 1 or count.value < 1:
        ctx.report(
            report.out_of_range(
                span, field=field, allowed="a whole number of them, from 1", text=f"`{count}`"
            )
        )
        return POISON
    found = reference(ctx, node, span)
    return found if isinstance(found, Poison) else Multiple(count, found)


def reference(ctx: Context, node: Node, span: Span) -> Ref | Poison:
    """Return the reference to ``node``; a fact is kept for the result."""
    if node.kind.name in FACTS:
        ctx.facts.setdefault(node.path, node)
    elif node.parent is None:
        ctx.report(report_blocks.outside_topology(span, kind=node.kind.name, name=node.name))
        return POISON
    else:
        ctx.targets[node.path] = node
    return Ref(node.path)


def _call(ctx: Context, value: Call, item: Type, span: Span) -> CallValue | Poison:
    constructor = CONSTRUCTORS_BY_NAME[value.name]
    arguments: dict[str, Value] = {}
    for parameter in constructor.parameters:
        given = value.arguments.get(parameter.name)
        if given is None:
            continue
        place = value.spans.get(parameter.name, span)
        if parameter.status == "later":
            ctx.report(report_blocks.not_yet(place, what=f"`{parameter.name}` of `{value.name}`"))
            return POISON
        found = check(ctx, given, parameter.types or item.of, place, parameter.name)
        if isinstance(found, Poison):
            return POISON
        arguments[parameter.name] = found
    return (
        POISON if _out_of_order(ctx, value, arguments, span) else CallValue(value.name, arguments)
    )


_ORDERS = {
    "between": ("low", "typical", "high"),
    "dist": ("mean", "p95"),
    "interval": ("low", "high"),
}
"""Arguments that must not fall, by constructor."""


def _out_of_order(ctx: Context, call: Call, arguments: Mapping[str, Value], span: Span) -> bool:
    """Report an argument that is below the one it must not be below."""
    names = [name for name in _ORDERS.get(call.name, ()) if name in arguments]
    for before, after in pairwise(names):
        less, more = arguments[before], arguments[after]
        if isinstance(less, Quantity) and isinstance(more, Quantity) and more.value < less.value:
            ctx.report(
                report.wrong_order(
                    call.spans.get(after, span),
                    call=call.name,
                    less=(before, str(less)),
                    more=(after, str(more)),
                )
            )
            return True
    return False


# ---- what does not fit -------------------------------------------------------------------------


FOLDERS = {"models": "llm", "networks": "network"}
"""Which kind the entries of a folder of the catalog are; the folder's own name otherwise."""


def _report_misfit(ctx: Context, value: Inner, types: Types, span: Span, field: str) -> None:
    """Say why ``value`` is none of ``types``, as closely as possible."""
    dimensions = [item.dimension for item in types if item.form == "quantity"]
    words = [word for item in types if item.form == "word" for word in item.words]
    kinds = tuple(kind for item in types if item.kinds for kind in item.kinds)
    match value:
        case Quantity() if dimensions:
            _report_dimension(ctx, value, types, span, field)
        case Word(text=text) if words:
            ctx.report(report.unknown_word(span, word=text, field=field, words=words))
        case str() if words or kinds:
            _report_quoted(ctx, value, types, span, field)
        case Node() | Many() if kinds:
            entries = [item.kinds[0] for item in types if item.form == "entry"]
            names = [n for kind in entries for n in ctx.loaded.library.names(f"{CATALOG}.{kind}")]
            _report_reference(ctx, value, kinds, span, (field, names[:4]))
        case Folder(dotted=dotted) if kinds:
            known = _below(ctx, dotted, kinds)
            ctx.report(
                report_blocks.unknown_member(span, name="", owner=describe.noun(value), known=known)
                if not known
                else report.wrong_reference(
                    span,
                    field=field,
                    expected=describe.reference_to(kinds),
                    given=describe.noun(value),
                    first=None,
                    known=[f"{span.text}.{name}" for name in known[:4]],
                )
            )
        case _:
            ctx.report(
                report.wrong_type(
                    span,
                    field=field,
                    expected=describe.expected(types),
                    given=describe.noun(value),
                )
            )


def _below(ctx: Context, dotted: str, kinds: tuple[str, ...]) -> list[str]:
    """Return the names below a folder that lead to facts of ``kinds``, if any do."""
    names = ctx.loaded.library.names(dotted)
    fitting = [name for name in names if FOLDERS.get(name, name) in kinds]
    return fitting or list(names)


def _report_dimension(ctx: Context, value: Quantity, types: Types, span: Span, field: str) -> None:
    item = next(item for item in types if item.form == "quantity")
    ctx.report(
        report.wrong_dimension(
            span,
            field=(field, ctx.place if field == ctx.field else None),
            expected=describe.expected(tuple(t for t in types if t.form == "quantity")),
            value=(str(value), value.dimension.noun),
            hint=describe.hint(item, value),
        )
    )


def _report_quoted(ctx: Context, value: str, types: Types, span: Span, field: str) -> None:
    words = [word for item in types for word in item.words]
    bare = value.replace("-", "_").replace(" ", "_")
    looks_like_name = bare.replace(".", "").isidentifier()
    if bare in words or (looks_like_name and not words):
        ctx.report(
            report.quoted_reference(span, field=field, text=bare, expected=describe.expected(types))
        )
    else:
        ctx.report(
            report.wrong_type(span, field=field, expected=describe.expected(types), given="a text")
        )


def _report_reference(
    ctx: Context,
    value: Node | Many,
    kinds: tuple[str, ...],
    span: Span,
    field: tuple[str, list[str]],
) -> None:
    """Report a block of the wrong kind; with the field come entries that it takes."""
    node = value.node if isinstance(value, Many) else value
    supported = tuple(kind for kind in kinds if KINDS[kind].status == "supported")
    below = [child for child in node.children if child.kind.name in supported and child.name]
    ctx.report(
        report.wrong_reference(
            span,
            field=field[0],
            expected=describe.reference_to(supported),
            given=describe.noun(value),
            first=node.name_span,
            known=[f"{span.text}.{child.name}" for child in below] or field[1],
        )
    )
