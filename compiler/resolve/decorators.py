"""Decorators: ``@allow``, ``@doc`` and ``@source``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.nodes import Inner, Poison, Scope
from inferc.dsl.syntax import Decorator

EXAMPLES = {
    "allow": '@allow("INF203", "measured in staging")',
    "doc": '@doc("what it is for")',
    "source": '@source("publication, https://…", as_of = 2026-11-21)',
}
"""How each decorator is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What the decorators in front of a statement say."""

    doc: str = ""
    source: str = ""
    as_of: str = ""


def read(ctx: Context, decorators: Iterable[Decorator], scope: Scope) -> Marks:
    """Return what ``decorators`` say, and report those that mean nothing."""
    doc = source = as_of = ""
    for item in decorators:
        if item.name not in EXAMPLES:
            ctx.report(report.unknown_decorator(item.span, name=item.name, known=sorted(EXAMPLES)))
            continue
        texts, named = _arguments(ctx, item, scope)
        match item.name, texts, named:
            case "doc", [text], {}:
                doc = text
            case "source", [text], {"as_of": date() as day} if len(named) == 1:
                source, as_of = text, day.isoformat()
            case "source", [text], {} if not named:
                source = text
            case "allow", [code, reason], {} if reason.strip() and not named:
                # There is no lint yet that a reason could silence.
                ctx.report(report.not_yet(item.span, what=f"`@allow` of `{code}`"))
            case _:
                ctx.report(
                    report.wrong_decorator(item.span, name=item.name, example=EXAMPLES[item.name])
                )
    return Marks(doc=doc, source=source, as_of=as_of)


def _arguments(
    ctx: Context, item: Decorator, scope: Scope
) -> tuple[list[str], Mapping[str, Inner]]:
    """Return positional texts and named values; an argument of another sort spoils the match."""
    texts: list[str] = []
    named: dict[str, Inner] = {}
    for argument in item.arguments:
        value = ctx.evaluate(argument.value, scope)
        if argument.name is not None:
            named[argument.name.text] = value
        elif isinstance(value, str):
            texts.append(value)
        elif not isinstance(value, Poison):
            named[f"argument {len(named)}"] = value
    return texts, named
