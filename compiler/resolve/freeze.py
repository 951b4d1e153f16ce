"""Nodes to the resolved blocks that the next phase reads."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.blocks import (
    FieldValue,
    ListValue,
    RangeValue,
    ResolvedBlock,
    Restriction,
    Value,
    Word,
)
from inferc.compiler.resolve.check import check
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.describe import example_of
from inferc.compiler.resolve.lookup import value_of
from inferc.compiler.resolve.nodes import LetName, Node, Poison, Rule
from inferc.compiler.schema import KINDS, METRICS_BY_NAME, Type, Types
from inferc.dsl import syntax as ast


def freeze(ctx: Context, node: Node, *, complete: bool = True) -> ResolvedBlock:
    """Return the resolved form of ``node``, whatever is wrong being reported.

    A block that only serves as a parent need not be ``complete``.
    """
    ctx.ensure(node)
    fields = dict(_fields(ctx, node))
    restrictions = tuple(_restrictions(ctx, node.rules, node))
    scaled = node.named("autoscale")
    if scaled is not None and node.kind.name == "service":
        # The number of replicas is one field, wherever it is written.
        ctx.ensure(scaled)
        restrictions += tuple(_restrictions(ctx, scaled.rules, scaled))
        fields = {**dict(_fields(ctx, scaled)), **fields}
    _check_lets(ctx, node)
    children = [freeze(ctx, child, complete=complete) for child in tuple(node.children)]
    if complete and not node.partial:
        _report_missing(ctx, node)
    if node.pins:
        children.append(_pins(ctx, node))
    return ResolvedBlock(
        kind=node.kind.name,
        name=node.name,
        path=node.path,
        fields=fields,
        restrictions=restrictions,
        children=tuple(children),
        doc=node.doc,
        span=node.span,
    )


def freeze_facts(
    ctx: Context, known: Mapping[str, ResolvedBlock] | None = None
) -> Mapping[str, ResolvedBlock]:
    """Return every fact that was reached, with those that they refer to, by path.

    Those that are ``known`` were frozen before.
    """
    frozen = dict(known or {})
    while len(frozen) < len(ctx.facts):
        for path in sorted(set(ctx.facts) - set(frozen)):
            frozen[path] = freeze(ctx, ctx.facts[path])
    return dict(sorted(frozen.items()))


def _check_lets(ctx: Context, node: Node) -> None:
    """Evaluate the names that the block defines, for some may be used nowhere."""
    for text, name in tuple(node.names.items()):
        if isinstance(name, LetName):
            value_of(ctx, name, text, name.span)


def _fields(ctx: Context, node: Node) -> Iterator[tuple[str, FieldValue]]:
    for name in tuple(node.fields):
        found = ctx.read_field(node, name)
        if isinstance(found, FieldValue):
            yield name, found


def _pins(ctx: Context, node: Node) -> ResolvedBlock:
    """Return the block that holds every pin of a topology."""
    return ResolvedBlock(
        kind="pin",
        name="",
        path="pin",
        fields={},
        restrictions=tuple(_restrictions(ctx, node.pins, node)),
        children=(),
        doc="",
        span=node.pins[0].span,
    )


# ---- restrictions ------------------------------------------------------------------------------


def _restrictions(ctx: Context, rules: list[Rule], node: Node) -> Iterator[Restriction]:
    for rule in rules:
        value = _value(ctx, rule, node)
        if not isinstance(value, Poison):
            yield Restriction(
                modifier=rule.modifier,
                percentile=None if rule.percentile is None else float(rule.percentile),
                target=rule.target,
                operator=rule.operator,
                value=value,
                text=rule.span.text,
                span=rule.span,
                writers=(*rule.replaced, rule.span),
                clauses=dict(_clauses(ctx, rule)),
            )


def _value(ctx: Context, rule: Rule, node: Node) -> Value | Poison | None:
    if rule.expression is None:
        return None
    types = _types(rule, node)
    name = rule.target.rpartition(".")[2]
    with ctx.working_on(name, rule.target_span):
        value = ctx.evaluate(rule.expression, rule.scope, types)
        found = check(ctx, value, types, rule.expression.span, name)
    return ListValue((found,)) if rule.single and not isinstance(found, Poison) else found


def _types(rule: Rule, node: Node) -> Types:
    """Return what may stand behind the operator: alternatives for ``in``, else one value."""
    if node.kind.metrics:
        metric = METRICS_BY_NAME[rule.target]
        return tuple(
            Type(
                form="quantity",
                dimension=item,
                low=_ZERO,
                above_low=True,
                exact=len(metric.dimensions) > 1,
            )
            for item in metric.dimensions
        )
    own = rule.types or node.kind.fields[rule.target].types
    if rule.operator not in {"in", "not in"} or rule.single:
        return own
    amounts = tuple(item for item in own if item.form == "quantity")
    ranges = (Type(form="range", of=amounts),) if amounts else ()
    return (Type(form="list", of=own), *ranges)


_ZERO = Fraction(0)


def _clauses(ctx: Context, rule: Rule) -> Iterator[tuple[str, Value]]:
    """Yield the clauses by keyword: reasons as texts, dates as dates."""
    for keyword, clause in rule.clauses.items():
        if isinstance(clause.value, ast.NameRef):
            yield keyword, Word(clause.value.name)
            continue
        value = ctx.evaluate(clause.value, rule.scope)
        found = check(ctx, value, _CLAUSE_TYPES, clause.value.span, keyword)
        if not isinstance(found, Poison | RangeValue):
            yield keyword, found


_CLAUSE_TYPES: Types = (Type(form="text"), Type(form="date"), Type(form="any"))


# ---- what is missing ---------------------------------------------------------------------------


def _report_missing(ctx: Context, node: Node) -> None:
    """Report everything that the block lacks at once."""
    narrowed = {rule.target for rule in node.rules}
    fields = [
        spec
        for spec in node.kind.fields.values()
        if spec.required
        and spec.name not in node.fields
        and spec.name not in node.broken
        and spec.name not in narrowed
    ]
    present = {child.kind.name for child in node.children}
    parts = [
        KINDS[part.kind]
        for part in node.kind.parts.values()
        if part.required and part.kind not in present and part.kind not in node.broken
    ]
    if fields or parts:
        ctx.report(
            report.missing(
                node.name_span,
                owner=node.title,
                names=[*(spec.name for spec in fields), *(kind.name for kind in parts)],
                docs=[*(spec.doc for spec in fields), *(kind.doc for kind in parts)],
                lines=[
                    *(f"{spec.name} = {example_of(spec.types)}" for spec in fields),
                    *(f"{kind.name} {{ … }}" for kind in parts),
                ],
            )
        )
