"""`model NAME from "config.json"`: the statement as the blocks that it stands for."""

from decimal import Decimal
from typing import TYPE_CHECKING

from inferc.compiler.load import model_key
from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.schema import KINDS
from inferc.dsl import Span
from inferc.dsl import syntax as ast

if TYPE_CHECKING:
    from inferc.compiler.huggingface import Plain

WORDS = ("dtype", "mlp")
"""Fields of an `llm` block that hold words; the other texts are texts."""
TOKENS = {"context": "tok", "window": "tok"}
HIDDEN = "config.json"
"""The name of the facts: no word of a user's file can be it."""


def facts_block(ctx: Context, statement: ast.ModelFrom) -> ast.Block | None:
    """Return the configuration as an `llm` block, or None after saying what is wrong with it.

    What the body of the statement says about the model stands in :func:`own_facts`.
    """
    from inferc.compiler.huggingface import describe

    if statement.kind.text not in {"model", "llm"}:
        ctx.report(
            report.misplaced_statement(
                statement.kind.span,
                what="`from`",
                owner=f"`{statement.kind.text}`",
                advice="a `model` or an `llm` is read from a file, nothing else",
            )
        )
        return None
    key = model_key(statement)
    if not key:
        ctx.report(report.not_yet(statement.path.span, what="a path that is computed"))
        return None
    files = ctx.loaded.models.get(key)
    if files is None:
        return None  # the loader said why
    own = frozenset(_field_of(item) for item in own_facts(statement).body)
    found = describe(files.config, quantization=files.quantization, index=files.index, stated=own)
    for item in found.diagnostics:
        ctx.report(item)
    if found.diagnostics:
        return None
    title = _assign("title", statement.name.text, statement.name.span)
    lines = (_assign(name, fact.value, fact.span) for name, fact in found.fields.items())
    return _block(statement, "llm", (title, *lines))


def own_facts(statement: ast.ModelFrom) -> ast.Block:
    """Return the lines of the body that state facts of the model, as an `llm` block."""
    fields = KINDS["llm"].fields
    lines = tuple(item for item in statement.body or () if _field_of(item) in fields)
    return _block(statement, "llm", lines)


def use_block(statement: ast.ModelFrom) -> ast.Block:
    """Return the `model` block: its source is the configuration, the rest is in the body."""
    fields = KINDS["llm"].fields
    rest = tuple(item for item in statement.body or () if _field_of(item) not in fields)
    place = statement.path.span
    source = _assign_to("source", ast.NameRef(span=place, name=HIDDEN), place)
    return _block(statement, "model", (source, *rest))


def _field_of(statement: ast.AnyStatement) -> str:
    """Return the field that a plain assignment writes; empty for anything else."""
    return statement.target.text if isinstance(statement, ast.Assign) else ""


def _block(statement: ast.ModelFrom, kind: str, body: tuple[ast.AnyStatement, ...]) -> ast.Block:
    return ast.Block(
        span=statement.span,
        kind=ast.Identifier(span=statement.kind.span, text=kind),
        labels=(statement.name,),
        extends=None,
        body=body,
        body_span=statement.span,
        decorators=statement.decorators,
        doc=statement.doc,
    )


def _assign(name: str, value: "Plain", place: Span) -> ast.Assign:
    return _assign_to(name, _literal(name, value, place), place)


def _assign_to(name: str, value: ast.Expression, place: Span) -> ast.Assign:
    step = ast.PathStep(span=place, name=ast.Identifier(span=place, text=name))
    return ast.Assign(
        span=place,
        target=ast.Path(span=place, steps=(step,)),
        operator="=",
        value=value,
        clauses=(),
    )


def _literal(name: str, value: "Plain", place: Span) -> ast.Expression:
    """Return the expression that a user would write for ``value``."""
    match value:
        case bool():
            return ast.NameRef(span=place, name="true" if value else "false")
        case int() if name in TOKENS:
            return ast.QuantityLiteral(
                span=place, value=Decimal(value), scale="", unit=TOKENS[name], unit_span=place
            )
        case int():
            return ast.Number(span=place, value=Decimal(value))
        case str() if name in WORDS:
            return ast.NameRef(span=place, name=value)
        case _:
            return ast.Text(span=place, parts=(value,))
