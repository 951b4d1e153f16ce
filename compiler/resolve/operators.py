"""Arithmetic, comparison and logic on values."""

from collections.abc import Callable
from datetime import date

from inferc.compiler.resolve import diagnostics_values as report
from inferc.compiler.resolve.blocks import Word
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.describe import noun, show
from inferc.compiler.resolve.nodes import (
    POISON,
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
from inferc.compiler.units import Quantity
from inferc.dsl import Span
from inferc.dsl.syntax import Binary

MAX_TEXT = 10_000
"""How long a text may become."""


def binary(ctx: Context, expression: Binary, left: Inner, right: Inner) -> Inner:
    """Return ``left operator right`` for all operators but ``and`` and ``or``."""
    for side in (left, right):
        if isinstance(side, Poison | Planned):
            return side
    match expression.operator:
        case "+" | "-" | "*" | "/":
            return _arithmetic(ctx, expression, left, right)
        case "==" | "!=":
            equal = _equal(ctx, expression, left, right)
            return equal if isinstance(equal, Poison) else equal == (expression.operator == "==")
        case "in" | "not in":
            found = _member(ctx, expression, left, right)
            return found if isinstance(found, Poison) else found == (expression.operator == "in")
        case _:
            return _ordered(ctx, expression, left, right)


# ---- arithmetic --------------------------------------------------------------------------------


def _arithmetic(ctx: Context, expression: Binary, left: Inner, right: Inner) -> Inner:
    operator = expression.operator
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return _quantities(ctx, expression, left, right)
    if operator == "*" and isinstance(left, Quantity) and isinstance(right, Node):
        return Many(left, right)
    if operator == "*" and isinstance(left, Node) and isinstance(right, Quantity):
        return Many(right, left)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return _text(ctx, expression, left + right)
    if isinstance(left, Items) and left.names is None and operator in {"+", "-"}:
        return _list(ctx, expression, left, right)
    odd_left = not isinstance(left, Quantity)
    odd, side = (left, expression.left) if odd_left else (right, expression.right)
    needs = "an amount or a block" if isinstance(odd, Folder) else "an amount"
    ctx.report(report.wrong_operand(side.span, operator=operator, needs=needs, given=noun(odd)))
    return POISON


def _text(ctx: Context, expression: Binary, text: str) -> Inner:
    if len(text) <= MAX_TEXT:
        return text
    ctx.report(report.number_too_large(expression.span))
    return POISON


def _list(ctx: Context, expression: Binary, left: Items, right: Inner) -> Inner:
    others = right.items if isinstance(right, Items) and right.names is None else (right,)
    if expression.operator == "+":
        fits = ctx.rounds(len(left.items) + len(others), expression.span)
        return Items(left.items + others) if fits else POISON
    return Items(tuple(item for item in left.items if item not in others))


def _quantities(ctx: Context, expression: Binary, left: Quantity, right: Quantity) -> Inner:
    operator = expression.operator
    if operator in {"+", "-"} and left.dimension != right.dimension:
        _report_mixed(ctx, expression, left, right)
        return POISON
    if operator == "/" and not right.value:
        ctx.report(
            report.division_by_zero(
                expression.span, divisor=expression.right.span, text=show(right)
            )
        )
        return POISON
    result = _OPERATIONS[operator](left, right)
    return result if checked(ctx, result, expression.span) else POISON


_OPERATIONS: dict[str, Callable[[Quantity, Quantity], Quantity]] = {
    "+": Quantity.__add__,
    "-": Quantity.__sub__,
    "*": Quantity.__mul__,
    "/": Quantity.__truediv__,
}


def checked(ctx: Context, value: Quantity, span: Span) -> bool:
    """Return whether ``value`` is of a size that can be computed with; report it if not."""
    if not value.too_long:
        return True
    ctx.report(report.number_too_large(span))
    return False


def _report_mixed(ctx: Context, expression: Binary, left: Quantity, right: Quantity) -> None:
    ctx.report(
        report.mixed_dimensions(
            expression.span,
            operator=expression.operator,
            left=(expression.left.span, left.dimension.noun, show(left)),
            right=(expression.right.span, right.dimension.noun, show(right)),
        )
    )


# ---- comparison --------------------------------------------------------------------------------


def _equal(ctx: Context, expression: Binary, left: Inner, right: Inner) -> bool | Poison:
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return isinstance(left, Nothing) and isinstance(right, Nothing)
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        if left.dimension == right.dimension:
            return left.value == right.value
        _report_mixed(ctx, expression, left, right)
        return POISON
    if isinstance(left, Node) or isinstance(right, Node):
        return left is right
    if _sort(left) == _sort(right):
        return left == right
    ctx.report(
        report.wrong_operand(
            expression.right.span,
            operator=expression.operator,
            needs=noun(left),
            given=noun(right),
        )
    )
    return POISON


def _sort(value: Inner) -> type:
    """Return what sort of value it is; a word and a text may be compared."""
    return str if isinstance(value, Word) else type(value)


def _ordered(ctx: Context, expression: Binary, left: Inner, right: Inner) -> Inner:
    operator = expression.operator
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        if left.dimension != right.dimension:
            _report_mixed(ctx, expression, left, right)
            return POISON
        return _compare(operator, left.value < right.value, left.value == right.value)
    if isinstance(left, date) and isinstance(right, date):
        return _compare(operator, left < right, left == right)
    comparable = isinstance(left, Quantity | date)
    odd, side = (right, expression.right) if comparable else (left, expression.left)
    needs = noun(left) if comparable else "an amount"
    ctx.report(report.wrong_operand(side.span, operator=operator, needs=needs, given=noun(odd)))
    return POISON


def _compare(operator: str, less: bool, equal: bool) -> bool:  # noqa: FBT001
    match operator:
        case "<":
            return less
        case "<=":
            return less or equal
        case ">":
            return not (less or equal)
        case _:
            return not less


def _member(ctx: Context, expression: Binary, left: Inner, right: Inner) -> bool | Poison:
    match right:
        case Items(items=items, names=None):
            return any(item is left or item == left for item in items)
        case Items(names=names) if names is not None and isinstance(left, str):
            return left in names
        case Interval(low=low, high=high) if isinstance(left, Quantity):
            if left.dimension == low.dimension:
                return low.value <= left.value <= high.value
            _report_mixed(ctx, expression, left, low)
            return POISON
        case str() if isinstance(left, str):
            return left in right
        case _:
            ctx.report(
                report.wrong_operand(
                    expression.right.span,
                    operator=expression.operator,
                    needs="a list or a range",
                    given=noun(right),
                )
            )
            return POISON


# ---- one operand -------------------------------------------------------------------------------


def unary(ctx: Context, operator: str, span: Span, value: Inner) -> Inner:
    """Return ``-value``, ``+value`` or ``not value``."""
    match value:
        case Poison() | Planned():
            return value
        case bool() if operator == "not":
            return not value
        case Quantity() if operator == "-":
            return -value
        case Quantity() if operator == "+":
            return value
        case _:
            needs = "true or false" if operator == "not" else "an amount"
            ctx.report(
                report.wrong_operand(span, operator=operator, needs=needs, given=noun(value))
            )
            return POISON


def truth(ctx: Context, value: Inner, span: Span, operator: str) -> bool | Poison | Planned:
    """Return ``value`` as a condition."""
    if isinstance(value, bool | Poison | Planned):
        return value
    ctx.report(
        report.wrong_operand(span, operator=operator, needs="true or false", given=noun(value))
    )
    return POISON


def interval(ctx: Context, span: Span, low: Inner, high: Inner) -> Inner:
    """Return ``low..high``."""
    for side in (low, high):
        if isinstance(side, Poison | Planned):
            return side
        if not isinstance(side, Quantity):
            ctx.report(
                report.wrong_operand(span, operator="..", needs="two amounts", given=noun(side))
            )
            return POISON
    if isinstance(low, Quantity) and isinstance(high, Quantity):
        if low.dimension != high.dimension:
            ctx.report(
                report.mixed_dimensions(
                    span,
                    operator="..",
                    left=(span, low.dimension.noun, show(low)),
                    right=(span, high.dimension.noun, show(high)),
                )
            )
            return POISON
        if low.value <= high.value:
            return Interval(low, high)
        ctx.report(report.falling_range(span, low=str(low), high=str(high)))
    return POISON
