"""Parameters of a file: their types, values from outside, defaults, conditions."""

from inferc.compiler.resolve import diagnostics as report_blocks
from inferc.compiler.resolve import diagnostics_values as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.describe import expected as expected_text
from inferc.compiler.resolve.describe import noun, show
from inferc.compiler.resolve.nodes import (
    NOTHING,
    POISON,
    Inner,
    Items,
    ParamName,
    Poison,
    Scope,
    ValueName,
)
from inferc.compiler.schema import Type
from inferc.compiler.units import (
    BYTE,
    NUMBER,
    RATE,
    TIME,
    TOK,
    USD,
    Quantity,
    accepts,
    exact_number,
)
from inferc.dsl import SourceFile, Span, has_errors, parse
from inferc.dsl.syntax import Assign, Identifier, Number, Text, TypeExpr

TYPE_NAMES: dict[str, Type] = {
    "string": Type(form="text"),
    "text": Type(form="text"),
    "bool": Type(form="bool"),
    "date": Type(form="date"),
    "number": Type(form="quantity", dimension=NUMBER),
    "int": Type(form="quantity", dimension=NUMBER, whole=True),
    "duration": Type(form="quantity", dimension=TIME),
    "rate": Type(form="quantity", dimension=RATE),
    "memory": Type(form="quantity", dimension=BYTE),
    "tokens": Type(form="quantity", dimension=TOK),
    "money": Type(form="quantity", dimension=USD),
}
"""What a parameter may be declared as."""


def param_value(ctx: Context, name: ParamName) -> Inner:
    """Return the value of a parameter: from outside, or its default."""
    param = name.param
    text = param.name.text
    own_file = name.scope is ctx.scopes[ctx.loaded.entry.key]
    given = ctx.params.get(text) if own_file else None
    place = param.name.span
    if given is not None:
        value = _given(ctx, text, given, param.type, place)
    elif param.default is not None:
        value = ctx.evaluate(param.default, name.scope)
        place = param.default.span
    elif param.type is not None and param.type.optional:
        return NOTHING
    else:
        ctx.report(
            report.wrong_param(
                place,
                name=text,
                problem="has no value",
                advice=f"give one with `-p {text}=…`, or a default in the file"
                if own_file
                else "give it a default in its file",
            )
        )
        return POISON
    if isinstance(value, Poison) or (param.type and not _fits(ctx, text, value, param.type, place)):
        return POISON
    return value if _conditions_hold(ctx, name, value, place) else POISON


def _given(ctx: Context, name: str, text: str, declared: TypeExpr | None, place: Span) -> Inner:
    """Return a value from the command line: a text where a text is wanted, else an expression."""
    if declared is not None and _wants_text(declared):
        return text.removeprefix('"').removesuffix('"') if text.startswith('"') else text
    parsed = parse(SourceFile("-p", f"{name} = {text}\n"))  # as on the command line
    found = next((s for s in parsed.module.statements if isinstance(s, Assign)), None)
    if has_errors(parsed.diagnostics) or found is None or len(parsed.module.statements) != 1:
        ctx.report(
            report.wrong_param(
                place,
                name=name,
                problem=f"cannot be `{text}`",
                advice="write the value as in the file: `-p rate='10 req/s'`",
            )
        )
        return POISON
    return ctx.evaluate(found.value, Scope())


def _wants_text(declared: TypeExpr) -> bool:
    return all(
        isinstance(item, Text) or (isinstance(item, Identifier) and item.text in {"string", "text"})
        for item in declared.alternatives
    )


# ---- types -------------------------------------------------------------------------------------


def _fits(ctx: Context, name: str, value: Inner, declared: TypeExpr, place: Span) -> bool:
    """Return whether ``value`` is one of the declared alternatives; report it if not."""
    verdicts = [_is_one(ctx, value, item) for item in declared.alternatives]
    if True in verdicts or None in verdicts:
        return True
    wanted = " or ".join(_type_text(item) for item in declared.alternatives)
    given = show(value) if isinstance(value, str) else f"{noun(value)}, {show(value)}"
    ctx.report(
        report.wrong_param(
            place, name=name, problem=f"takes {wanted}, not {given}", advice=f"give it {wanted}"
        )
    )
    return False


def _is_one(ctx: Context, value: Inner, item: Identifier | Text | Number | TypeExpr) -> bool | None:
    """Return whether ``value`` is the alternative; None where the alternative has an error."""
    match item:
        case Text(parts=parts):
            return value == "".join(part for part in parts if isinstance(part, str))
        case Number(value=number):
            return isinstance(value, Quantity) and value.value == exact_number(number)
        case TypeExpr():
            items = value.items if isinstance(value, Items) and value.names is None else None
            return items is not None and all(
                any(_is_one(ctx, one, kind) is not False for kind in item.alternatives)
                for one in items
            )
        case Identifier(text=text):
            return _is_named(ctx, value, item, text)


def _is_named(ctx: Context, value: Inner, item: Identifier, text: str) -> bool | None:
    wanted = TYPE_NAMES.get(text)
    if wanted is None:
        ctx.report(
            report_blocks.unknown_member(
                item.span, name=text, owner="the language", known=sorted(TYPE_NAMES)
            )
        )
        return None
    match value:
        case bool():
            return wanted.form == "bool"
        case str():
            return wanted.form == "text"
        case Quantity():
            whole = not wanted.whole or value.value.denominator == 1
            return (
                wanted.form == "quantity" and accepts(wanted.dimension, value.dimension) and whole
            )
        case _:
            return wanted.form == "date" and noun(value) == "a date"


def _type_text(item: Identifier | Text | Number | TypeExpr) -> str:
    if isinstance(item, Identifier) and item.text in TYPE_NAMES:
        return expected_text((TYPE_NAMES[item.text],))
    if isinstance(item, TypeExpr):
        return f"a list of {' or '.join(inside.span.text for inside in item.alternatives)}"
    return item.span.text


# ---- conditions --------------------------------------------------------------------------------


def _conditions_hold(ctx: Context, name: ParamName, value: Inner, place: Span) -> bool:
    """Check the ``where`` clauses; the parameter's own name means its value in them."""
    param = name.param
    scope = Scope(name.scope, {param.name.text: ValueName(value, param.name.span)})
    scope.names[IT] = ValueName(value, None)
    for clause in param.clauses:
        if clause.keyword != "where":
            ctx.report(
                report_blocks.wrong_clause(
                    clause.span, keyword=clause.keyword, where="a parameter", allowed=("where",)
                )
            )
            return False
        holds = ctx.evaluate(clause.value, scope)
        if isinstance(holds, Poison):
            return False
        if holds is not True:
            ctx.report(
                report.wrong_param(
                    place,
                    name=param.name.text,
                    problem=f"is {show(value)}, and `{clause.value.span.text}` does not hold",
                    advice="give it another value",
                )
            )
            return False
    return True


IT = "\0it"
"""The name under which ``matches(…)`` finds the parameter that is tested."""
