"""Calls: constructors such as ``dist``, and plain functions such as ``max``."""

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from inferc.compiler.resolve import diagnostics as report_blocks
from inferc.compiler.resolve import diagnostics_values as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.describe import noun
from inferc.compiler.resolve.nodes import (
    POISON,
    Call,
    Inner,
    Items,
    Node,
    Planned,
    Poison,
    Scope,
    ValueName,
)
from inferc.compiler.resolve.params import IT
from inferc.compiler.resolve.wording import quoted
from inferc.compiler.schema import (
    CONSTRUCTORS_BY_NAME,
    FUNCTIONS,
    LATER_CONSTRUCTORS,
    LATER_FUNCTIONS,
    Constructor,
    Types,
)
from inferc.compiler.units import Quantity, number
from inferc.dsl import Span
from inferc.dsl import syntax as ast

MAX_PATTERN = 200
MAX_SUBJECT = 1000


def call(ctx: Context, expression: ast.Call, scope: Scope, expected: Types) -> Inner:
    """Return the value of a call."""
    function = expression.function
    if not isinstance(function, ast.NameRef):
        return _call_of_member(ctx, expression, scope)
    name = function.name
    if name in CONSTRUCTORS_BY_NAME:
        return _construct(ctx, CONSTRUCTORS_BY_NAME[name], expression, scope, expected)
    if name in LATER_CONSTRUCTORS or name in LATER_FUNCTIONS:
        ctx.report(report_blocks.not_yet(expression.span, what=f"`{name}(…)`"))
        return POISON
    if name in FUNCTIONS:
        return _apply(ctx, name, expression, scope)
    ctx.report(
        report.unknown_function(function.span, name=name, known=[*CONSTRUCTORS_BY_NAME, *FUNCTIONS])
    )
    return POISON


def _call_of_member(ctx: Context, expression: ast.Call, scope: Scope) -> Inner:
    """Report a call of something with a dot: only plain names are functions."""
    if not isinstance(ctx.quietly(expression.function, scope), Poison):
        ctx.report(
            report.unknown_function(
                expression.function.span,
                name=expression.function.span.text,
                known=[*CONSTRUCTORS_BY_NAME, *FUNCTIONS],
            )
        )
    else:
        ctx.evaluate(expression.function, scope)
    return POISON


# ---- constructors ------------------------------------------------------------------------------


def signature(constructor: Constructor) -> str:
    """Return how a constructor is written: ``dist(mean = …, p95 = …)``."""
    shown = [f"{item.name} = …" for item in constructor.parameters if item.status == "supported"]
    return f"{constructor.name}({', '.join(shown)})"


def _construct(
    ctx: Context,
    constructor: Constructor,
    expression: ast.Call,
    scope: Scope,
    expected: Types,
) -> Inner:
    """Return the call with its arguments under the names of the parameters."""
    own = next(
        (item.of for item in expected if item.form == "call" and constructor.name in item.calls),
        (),
    )
    bound = _bind(ctx, constructor, expression)
    if bound is None:
        return POISON
    values: dict[str, Inner] = {}
    for parameter in constructor.parameters:
        if parameter.name in bound:
            argument = bound[parameter.name]
            values[parameter.name] = ctx.evaluate(argument.value, scope, parameter.types or own)
    if any(isinstance(value, Poison) for value in values.values()):
        return POISON
    return Call(constructor.name, values, {name: bound[name].value.span for name in values})


def _bind(
    ctx: Context, constructor: Constructor, expression: ast.Call
) -> dict[str, ast.Argument] | None:
    """Return the arguments by parameter, or None after saying what is wrong with them."""
    names = [item.name for item in constructor.parameters]
    bound: dict[str, ast.Argument] = {}
    problem = ""
    for place, argument in enumerate(expression.arguments):
        name = argument.name.text if argument.name else names[place] if place < len(names) else ""
        if not name:
            problem = f"takes at most {len(names)} arguments"
        elif name not in names:
            problem = f"has no argument `{name}`; it has {quoted(names) or 'none'}"
        elif name in bound:
            problem = f"has the argument `{name}` twice"
        else:
            bound[name] = argument
    missing = [
        item.name for item in constructor.parameters if item.required and item.name not in bound
    ]
    clashing = [name for name in constructor.at_most_one_of if name in bound]
    if not problem and missing:
        problem = f"lacks {quoted(missing)}"
    if not problem and len(clashing) > 1:
        problem = f"takes only one of {quoted(clashing)}"
    if not problem:
        return bound
    ctx.report(
        report.wrong_arguments(
            expression.span,
            function=constructor.name,
            problem=problem,
            signature=signature(constructor),
        )
    )
    return None


# ---- functions ---------------------------------------------------------------------------------


def _apply(ctx: Context, name: str, expression: ast.Call, scope: Scope) -> Inner:
    """Return the value of a plain function."""
    values = [ctx.evaluate(argument.value, scope) for argument in expression.arguments]
    for value in values:
        if isinstance(value, Poison | Planned):
            return value
    if any(argument.name for argument in expression.arguments):
        return _refuse(ctx, name, expression, "takes no named arguments")
    items = values[0].items if len(values) == 1 and isinstance(values[0], Items) else tuple(values)
    match name:
        case "matches":
            value = _matches(ctx, expression, scope, values)
        case "len":
            value = _length(ctx, expression, values)
        case "all_of" | "any_of":
            value = _logic(ctx, name, expression, items)
        case "min" | "max" | "sum":
            value = _of_many(ctx, name, expression, items)
        case _:
            value = _of_one(ctx, name, expression, values)
    return value


_SIGNATURES = {
    "matches": 'matches(text, "pattern")',
    "len": "len(list)",
    "all_of": "all_of([condition, …])",
    "any_of": "any_of([condition, …])",
    "min": "min(a, b, …)",
    "max": "max(a, b, …)",
    "sum": "sum([a, b, …])",
}


def _refuse(ctx: Context, name: str, expression: ast.Call, problem: str) -> Poison:
    ctx.report(
        report.wrong_arguments(
            expression.span,
            function=name,
            problem=problem,
            signature=_SIGNATURES.get(name, f"{name}(amount)"),
        )
    )
    return POISON


def _whole(function: Callable[[Fraction], int]) -> Callable[[Quantity], Quantity]:
    return lambda value: Quantity(Fraction(function(value.value)), value.dimension, "", value.unit)


_OF_ONE: dict[str, Callable[[Quantity], Quantity]] = {
    "abs": lambda value: Quantity(abs(value.value), value.dimension, "", value.unit),
    "ceil": _whole(math.ceil),
    "floor": _whole(math.floor),
    "round": _whole(round),
}


def _of_one(ctx: Context, name: str, expression: ast.Call, values: Sequence[Inner]) -> Inner:
    if len(values) != 1 or not isinstance(values[0], Quantity):
        return _refuse(ctx, name, expression, "takes one amount")
    return _OF_ONE[name](values[0])


def _length(ctx: Context, expression: ast.Call, values: Sequence[Inner]) -> Inner:
    match list(values):
        case [Items(items=items)]:
            return number(len(items))
        case [str() as text]:
            return number(len(text))
        case _:
            return _refuse(ctx, "len", expression, "takes one list or text")


def _logic(ctx: Context, name: str, expression: ast.Call, items: Sequence[Inner]) -> Inner:
    for item in items:
        if isinstance(item, Poison | Planned):
            return item
        if not isinstance(item, bool):
            return _refuse(ctx, name, expression, f"takes conditions, not {noun(item)}")
    return all(items) if name == "all_of" else any(items)


def _of_many(ctx: Context, name: str, expression: ast.Call, items: Sequence[Inner]) -> Inner:
    amounts: list[Quantity] = []
    for item in items:
        if isinstance(item, Poison | Planned):
            return item
        if not isinstance(item, Quantity):
            return _refuse(ctx, name, expression, f"takes amounts, not {noun(item)}")
        amounts.append(item)
    if not amounts:
        return number(0) if name == "sum" else _refuse(ctx, name, expression, "takes an amount")
    odd = next((item for item in amounts if item.dimension != amounts[0].dimension), None)
    if odd is None:
        return _COMBINED[name](amounts)
    _report_mixed(ctx, expression.span, amounts[0], odd)
    return POISON


_COMBINED: dict[str, Callable[[Sequence[Quantity]], Quantity]] = {
    "min": min,
    "max": max,
    "sum": lambda amounts: sum(amounts[1:], amounts[0]),
}


def _report_mixed(ctx: Context, span: Span, left: Quantity, right: Quantity) -> None:
    ctx.report(
        report.mixed_dimensions(
            span,
            operator="compare",
            left=(span, left.dimension.noun, str(left)),
            right=(span, right.dimension.noun, str(right)),
        )
    )


def _matches(ctx: Context, expression: ast.Call, scope: Scope, values: Sequence[Inner]) -> Inner:
    """Return whether a text fits a pattern; in ``where``, the parameter is the text."""
    tested = scope.find(IT)
    if len(values) == 1 and isinstance(tested, ValueName):
        values = [tested.value, *values]
    match list(values):
        case [str() as text, str() as pattern]:
            if len(pattern) > MAX_PATTERN or len(text) > MAX_SUBJECT:
                return _refuse(ctx, "matches", expression, "takes short texts only")
            try:
                return re.search(pattern, text) is not None
            except (re.error, OverflowError) as error:
                return _refuse(ctx, "matches", expression, f"cannot read the pattern: {error}")
        case [Node() | str() | Quantity(), _]:
            return _refuse(ctx, "matches", expression, "takes two texts")
        case _:
            return _refuse(ctx, "matches", expression, "takes a text and a pattern")
