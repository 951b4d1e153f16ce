"""Statements that hold statements: loops and conditions, unrolled where they stand."""

from collections.abc import Iterator, Sequence

from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.evaluate import items_of
from inferc.compiler.resolve.nodes import LetName, Planned, Poison, Scope, ValueName
from inferc.compiler.resolve.operators import truth
from inferc.dsl import syntax as ast


def unrolled(
    ctx: Context, statements: Sequence[ast.AnyStatement], scope: Scope
) -> Iterator[tuple[ast.AnyStatement, Scope]]:
    """Yield the statements with the scope that each stands in, loops and conditions worked out.

    Names that a body defines with ``let`` belong to that round of the body.
    """
    for statement in statements:
        match statement:
            case ast.If():
                body = _chosen(ctx, statement, scope)
                yield from unrolled(ctx, body, _with_lets(body, scope))
            case ast.For():
                yield from _rounds(ctx, statement, scope)
            case _:
                yield statement, scope


def _rounds(
    ctx: Context, statement: ast.For, scope: Scope
) -> Iterator[tuple[ast.AnyStatement, Scope]]:
    items = items_of(ctx, statement.iterable, scope)
    if isinstance(items, Planned):
        ctx.report(report.not_yet(statement.iterable.span, what="a loop over what is planned"))
    if not isinstance(items, tuple):
        return
    for item in items:
        variable = statement.variable
        inner = Scope(scope, {variable.text: ValueName(item, variable.span)})
        yield from unrolled(ctx, statement.body, _with_lets(statement.body, inner))


def _chosen(ctx: Context, statement: ast.If, scope: Scope) -> tuple[ast.AnyStatement, ...]:
    """Return the branch that holds; neither where the condition has an error."""
    value = ctx.evaluate(statement.condition, scope)
    holds = truth(ctx, value, statement.condition.span, "if")
    if isinstance(holds, Planned):
        ctx.report(report.not_yet(statement.condition.span, what="a condition on what is planned"))
    if isinstance(holds, Poison | Planned):
        return ()
    return statement.body if holds else statement.otherwise or ()


def _with_lets(body: Sequence[ast.AnyStatement], scope: Scope) -> Scope:
    inner = Scope(scope)
    for statement in body:
        if isinstance(statement, ast.Let):
            inner.names[statement.name.text] = LetName(statement.value, inner, statement.name.span)
    return inner
