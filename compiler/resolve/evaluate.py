"""Expressions to values."""

from datetime import date

from inferc.compiler.resolve import diagnostics as report_blocks
from inferc.compiler.resolve import diagnostics_values as report
from inferc.compiler.resolve.blocks import Word
from inferc.compiler.resolve.calls import call
from inferc.compiler.resolve.context import MAX_ITEMS, Context
from inferc.compiler.resolve.describe import noun, show
from inferc.compiler.resolve.lookup import bare, entry_below, member, report_unknown
from inferc.compiler.resolve.nodes import (
    POISON,
    Inner,
    Interval,
    Items,
    Node,
    Nothing,
    Planned,
    Poison,
    Scope,
    ValueName,
)
from inferc.compiler.resolve.operators import MAX_TEXT, binary, interval, truth, unary
from inferc.compiler.schema import Type, Types
from inferc.compiler.units import (
    Dimension,
    Quantity,
    UnitProblem,
    number,
    parse_money,
    parse_quantity,
)
from inferc.dsl import Span
from inferc.dsl import syntax as ast


def evaluate(ctx: Context, expression: ast.Expression, scope: Scope, expected: Types = ()) -> Inner:
    """Return the value of ``expression``; ``expected`` is what the place it stands in takes.

    An expression with an error is reported once and yields the poison, which silences whatever
    is made of it.
    """
    if not ctx.enter(expression.span):
        return POISON
    try:
        if isinstance(expression, _LITERALS):
            return _literal(ctx, expression, expected)
        return _compound(ctx, expression, scope, expected)
    finally:
        ctx.leave()


def _compound(ctx: Context, expression: ast.Expression, scope: Scope, expected: Types) -> Inner:
    """Return the value of what is not a literal."""
    match expression:
        case ast.NameRef(name=name, span=span):
            value = bare(ctx, name, span, scope, expected)
        case ast.Attribute(base=base, name=name):
            entry = entry_below(ctx, base, name, expected)
            value = _member(ctx, base, name, scope) if entry is None else entry
        case ast.Call():
            value = call(ctx, expression, scope, expected)
        case ast.Binary():
            value = _binary(ctx, expression, scope, expected)
        case ast.Unary(operator=operator, operand=operand):
            value = evaluate(ctx, operand, scope, expected)
            value = unary(ctx, operator, operand.span, value)
        case ast.Text():
            value = _text(ctx, expression, scope)
        case ast.Range(low=low, high=high):
            ends = _inside(expected, "range")
            bottom, top = evaluate(ctx, low, scope, ends), evaluate(ctx, high, scope, ends)
            value = interval(ctx, expression.span, bottom, top)
        case _:
            value = _structure(ctx, expression, scope, expected)
    return value


def _member(ctx: Context, base: ast.Expression, name: ast.Identifier, scope: Scope) -> Inner:
    """Return what ``base.name`` means; a word of some enumeration has no parts, so it is none."""
    owner = evaluate(ctx, base, scope)
    if isinstance(owner, Word) and isinstance(base, ast.NameRef):
        report_unknown(ctx, base.name, base.span, scope)
        return POISON
    return member(ctx, owner, name)


def _structure(ctx: Context, expression: ast.Expression, scope: Scope, expected: Types) -> Inner:
    match expression:
        case ast.ListExpr(items=items):
            of = _inside(expected, "list")
            return Items(tuple(evaluate(ctx, item, scope, of) for item in items))
        case ast.Record():
            return _record(ctx, expression, scope, _inside(expected, "record"))
        case ast.Ternary():
            return _ternary(ctx, expression, scope, expected)
        case ast.Index():
            return _index(ctx, expression, scope)
        case ast.Comprehension():
            return _comprehension(ctx, expression, scope, _inside(expected, "list"))
        case _:
            return POISON


def _inside(expected: Types, form: str) -> Types:
    """Return what the members of a range, list or record may be."""
    return next((item.of for item in expected if item.form == form), ())


# ---- literals ----------------------------------------------------------------------------------

_LITERALS = (ast.Number, ast.QuantityLiteral, ast.MoneyLiteral, ast.DateLiteral)


def _literal(
    ctx: Context,
    literal: ast.Number | ast.QuantityLiteral | ast.MoneyLiteral | ast.DateLiteral,
    expected: Types,
) -> Inner:
    text = literal.span.text
    match literal:
        case ast.DateLiteral():
            return _date(ctx, literal)
        case ast.Number(value=value):
            found = parse_quantity(value, text=text)
            return _quantity(ctx, found, literal.span, literal.span)
        case ast.QuantityLiteral(value=value, scale=scale, unit=unit, unit_span=unit_span):
            dimensions = tuple(_dimensions(expected))
            found = parse_quantity(value, scale, unit, expected=dimensions, text=text)
            return _quantity(ctx, found, literal.span, unit_span)
        case ast.MoneyLiteral(value=value, scale=scale, per=per):
            found = parse_money(value, scale, per, text=text)
            start = literal.span.end - len(per)
            unit_span = Span(literal.span.source, start, literal.span.end)
            return _quantity(ctx, found, literal.span, unit_span)


def _dimensions(expected: Types) -> list[Dimension]:
    """Return the dimensions of all amounts that may stand here, those inside a call included."""
    found: list[Dimension] = []
    for item in expected:
        if item.form == "quantity":
            found.append(item.dimension)
        else:
            found.extend(_dimensions(item.of))
    return found


def _quantity(
    ctx: Context, found: Quantity | UnitProblem, span: Span, unit_span: Span
) -> Quantity | Poison:
    if isinstance(found, Quantity):
        return found
    if found.kind == "too-large":
        ctx.report(report.number_too_large(span))
    elif found.kind == "ambiguous":
        ctx.report(report.ambiguous_unit(unit_span, problem=_without_currency(found)))
    else:
        ctx.report(report.unknown_unit(unit_span, problem=_without_currency(found)))
    return POISON


def _without_currency(problem: UnitProblem) -> UnitProblem:
    """Return the problem with suggestions for the text behind a dollar amount."""
    return UnitProblem(
        kind=problem.kind,
        word=problem.word,
        reason=problem.reason,
        suggestions=tuple(text.removeprefix("USD") for text in problem.suggestions),
    )


def _date(ctx: Context, literal: ast.DateLiteral) -> Inner:
    try:
        return date.fromisoformat(literal.text)
    except ValueError:
        ctx.report(report.impossible_date(literal.span, text=literal.text))
        return POISON


def _text(ctx: Context, expression: ast.Text, scope: Scope) -> Inner:
    pieces: list[str] = []
    for part in expression.parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        value = evaluate(ctx, part, scope)
        if isinstance(value, Poison | Planned):
            return value
        pieces.append(_printed(value))
    text = "".join(pieces)
    if len(text) <= MAX_TEXT:
        return text
    ctx.report(
        report_blocks.too_much(expression.span, what="this text", limit=f"{MAX_TEXT} characters")
    )
    return POISON


def _printed(value: Inner) -> str:
    """Return a value inside a text: numbers in the unit they were written in, texts bare."""
    return value if isinstance(value, str) else show(value)


# ---- operators ---------------------------------------------------------------------------------


def _binary(ctx: Context, expression: ast.Binary, scope: Scope, expected: Types) -> Inner:
    if expression.operator in {"and", "or"}:
        return _logic(ctx, expression, scope)
    if expression.operator in {"+", "-", "*", "/"}:
        left = evaluate(ctx, expression.left, scope, expected)
        right = evaluate(ctx, expression.right, scope, expected)
        return binary(ctx, expression, left, right)
    left = evaluate(ctx, expression.left, scope)
    name, wanted = _compared_with(ctx, expression, left, scope)
    with ctx.working_on(name, expression.left.span):
        right = evaluate(ctx, expression.right, scope, wanted)
    return binary(ctx, expression, left, right)


_ANY_WORD = (Type(form="word"),)


def _compared_with(
    ctx: Context, expression: ast.Binary, left: Inner, scope: Scope
) -> tuple[str, Types]:
    """Return what may stand on the right of a comparison, and the field that says so.

    Words are only words where a field is compared that takes them.
    """
    name = ""
    words: Types = _ANY_WORD
    if isinstance(expression.left, ast.Attribute):
        base = ctx.quietly(expression.left.base, scope)
        name = expression.left.name.text
        spec = base.kind.fields.get(name) if isinstance(base, Node) else None
        if spec is not None:
            words = tuple(item for item in spec.types if item.form in {"word", "entry"})
    if not isinstance(left, Word | Planned | Nothing):
        return name, ()
    listed = isinstance(expression.right, ast.ListExpr)
    return name, (Type(form="list", of=words),) if listed else words


def _logic(ctx: Context, expression: ast.Binary, scope: Scope) -> Inner:
    """Return ``left and right`` or ``left or right``; the right side only where it matters."""
    operator = expression.operator
    left = evaluate(ctx, expression.left, scope)
    known = truth(ctx, left, expression.left.span, operator)
    if isinstance(known, Poison) or known is (operator == "or"):
        return known
    right = evaluate(ctx, expression.right, scope)
    other = truth(ctx, right, expression.right.span, operator)
    if isinstance(known, Planned):
        decided = other is (operator == "or") or isinstance(other, Poison)
        return other if decided else known
    return other


def _ternary(ctx: Context, expression: ast.Ternary, scope: Scope, expected: Types) -> Inner:
    value = evaluate(ctx, expression.condition, scope)
    holds = truth(ctx, value, expression.condition.span, "?")
    if not isinstance(holds, bool):
        return holds
    return evaluate(ctx, expression.then if holds else expression.otherwise, scope, expected)


# ---- lists and records -------------------------------------------------------------------------


def _record(ctx: Context, expression: ast.Record, scope: Scope, of: Types) -> Inner:
    names: dict[str, Inner] = {}
    places: dict[str, Span] = {}
    for pair in expression.pairs:
        key = pair.key.text
        if key in places:
            ctx.report(
                report_blocks.duplicate_field(
                    pair.key.span, name=key, owner="this record", first=places[key]
                )
            )
            return POISON
        places[key] = pair.key.span
        names[key] = evaluate(ctx, pair.value, scope, of)
    return Items(tuple(names.values()), tuple(names))


def _index(ctx: Context, expression: ast.Index, scope: Scope) -> Inner:
    base = evaluate(ctx, expression.base, scope)
    index = evaluate(ctx, expression.index, scope)
    for side in (base, index):
        if isinstance(side, Poison | Planned):
            return side
    match base, index:
        case Items(items=items, names=None), Quantity(value=value):
            if value.denominator == 1 and 0 <= value < len(items):
                return items[int(value)]
            problem = f"the list has {len(items)} items, and none at {index}"
            ctx.report(report.wrong_index(expression.index.span, problem=problem))
        case Items(items=items, names=names), str() if names is not None:
            if index in names:
                return items[names.index(index)]
            problem = f"the record has no `{index}`"
            ctx.report(report.wrong_index(expression.index.span, problem=problem, known=names))
        case _:
            problem = f"{noun(base)} cannot be indexed with {noun(index)}"
            ctx.report(report.wrong_index(expression.span, problem=problem))
    return POISON


def _comprehension(ctx: Context, expression: ast.Comprehension, scope: Scope, of: Types) -> Inner:
    rounds = items_of(ctx, expression.iterable, scope)
    if not isinstance(rounds, tuple):
        return rounds
    found: list[Inner] = []
    for item in rounds:
        inner = Scope(scope, {expression.variable.text: ValueName(item, expression.variable.span)})
        if expression.condition is not None:
            value = evaluate(ctx, expression.condition, inner)
            holds = truth(ctx, value, expression.condition.span, "if")
            if not isinstance(holds, bool):
                return holds
            if not holds:
                continue
        found.append(evaluate(ctx, expression.element, inner, of))
    return Items(tuple(found))


def items_of(
    ctx: Context, expression: ast.Expression, scope: Scope
) -> tuple[Inner, ...] | Poison | Planned:
    """Return what a loop goes through: the items of a list, or the whole numbers of a range."""
    value = evaluate(ctx, expression, scope)
    match value:
        case Poison() | Planned():
            return value
        case Items(items=items, names=None):
            return items if ctx.rounds(len(items), expression.span) else POISON
        case Interval(low=low, high=high) if low.value.denominator == 1:
            count = int(high.value - low.value) + 1
            if not ctx.rounds(min(count, MAX_ITEMS + 1), expression.span):
                return POISON
            return tuple(number(int(low.value) + place) for place in range(count))
        case _:
            ctx.report(
                report.wrong_operand(
                    expression.span,
                    operator="for",
                    needs="a list or a range of whole numbers",
                    given=noun(value),
                )
            )
            return POISON
