"""Assertions of a file, as far as they speak of what is given."""

from collections.abc import Iterator

from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.describe import show
from inferc.compiler.resolve.nodes import Inner, Nothing, Planned, Poison, Scope
from inferc.compiler.resolve.operators import truth
from inferc.dsl import syntax as ast

MAX_VALUES = 6
"""How many values a failed assertion shows."""


def check_asserts(ctx: Context) -> None:
    """Report the assertions that do not hold, with the values they rest on."""
    for statement, scope in tuple(ctx.asserts):
        _check(ctx, statement, scope)


def _check(ctx: Context, statement: ast.Assert, scope: Scope) -> None:
    message = _message(ctx, statement, scope)
    if message is None:
        return
    value = ctx.evaluate(statement.condition, scope)
    holds = truth(ctx, value, statement.condition.span, "assert")
    if isinstance(holds, Planned):
        ctx.report(
            report.not_yet(
                statement.condition.span,
                what=f"an assertion about `{holds.path}`, which the planner decides,",
            )
        )
    elif holds is False:
        values = dict(_values(ctx, statement.condition, scope))
        ctx.report(
            report.assertion_failed(
                statement.condition.span,
                message=message,
                condition=statement.condition.span.text,
                values=[f"`{text}` is {shown}" for text, shown in values.items()][:MAX_VALUES],
            )
        )


def _message(ctx: Context, statement: ast.Assert, scope: Scope) -> str | None:
    """Return the text behind ``else``; empty without one, None after saying what is wrong."""
    text = ""
    for clause in statement.clauses:
        if clause.keyword not in {"else", "because"}:
            ctx.report(
                report.wrong_clause(
                    clause.span, keyword=clause.keyword, where="an assertion", allowed=("else",)
                )
            )
            return None
        value = ctx.evaluate(clause.value, scope)
        if isinstance(value, Poison):
            return None
        text = value if isinstance(value, str) else show(value)
    return text


def _values(ctx: Context, expression: ast.Expression, scope: Scope) -> Iterator[tuple[str, str]]:
    """Yield the parts of a condition that are no literals, with their values."""
    match expression:
        case ast.Binary(left=left, right=right):
            yield from _values(ctx, left, scope)
            yield from _values(ctx, right, scope)
        case ast.Unary(operand=operand):
            yield from _values(ctx, operand, scope)
        case ast.NameRef() | ast.Attribute() | ast.Index() | ast.Call():
            value: Inner = ctx.quietly(expression, scope)
            text = expression.span.text
            shown = show(value)
            if not isinstance(value, Poison | Nothing) and shown != text:
                yield text, shown
            if isinstance(expression, ast.Call):
                for argument in expression.arguments:
                    yield from _values(ctx, argument.value, scope)
        case _:
            return
