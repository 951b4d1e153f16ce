"""The words between the kind of a block and its brace."""

from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve import diagnostics_values as report_values
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.nodes import Poison, Scope
from inferc.compiler.schema import TARGETS, TARGETS_LATER, Kind
from inferc.dsl import Span
from inferc.dsl.syntax import Block, Identifier, Text


def label_of(ctx: Context, statement: Block, kind: Kind, scope: Scope) -> tuple[str, Span] | None:
    """Return name and place of the label; an empty name where there is none.

    None after saying what is wrong with it.
    """
    labels = statement.labels
    place = labels[-1].span if labels else statement.kind.span
    problem = _number_of_labels(kind, len(labels))
    if problem:
        ctx.report(
            report.wrong_label(place, kind=kind.name, expected=problem, example=example(kind))
        )
        return None
    if not labels:
        return "", statement.kind.span
    text = _text(ctx, labels[0], scope)
    if text is None:
        return None
    if kind.label == "target":
        return _target(ctx, text, labels[0].span)
    if kind.label != "text" and isinstance(labels[0], Text) and not _is_name(text):
        problem = f"is named by a word, and `{text}` is none"
        ctx.report(
            report.wrong_label(place, kind=kind.name, expected=problem, example=example(kind))
        )
        return None
    return text, labels[0].span


def _number_of_labels(kind: Kind, number: int) -> str:
    """Return what is wrong with the number of labels."""
    if number > 1:
        return "has one name at most"
    if number and kind.label == "none":
        return "has no name"
    if not number and kind.label == "name":
        return "needs a name"
    if not number and kind.label == "target":
        return "needs the name of a target"
    if not number and kind.label == "text":
        return "needs a text"
    return ""


def example(kind: Kind) -> str:
    """Return how a block of this kind starts."""
    match kind.label:
        case "none" | "optional":
            return f"{kind.name} {{ … }}"
        case "text":
            return f'{kind.name} "what it shows" {{ … }}'
        case "target":
            return f"{kind.name} kubernetes {{ … }}"
        case _:
            return f"{kind.name} my_{kind.name} {{ … }}"


def _text(ctx: Context, label: Identifier | Text, scope: Scope) -> str | None:
    if isinstance(label, Identifier):
        return label.text
    value = ctx.evaluate(label, scope)
    return None if isinstance(value, Poison) or not isinstance(value, str) else value


def _is_name(text: str) -> bool:
    return text.isidentifier() and text.isascii()


def _target(ctx: Context, text: str, span: Span) -> tuple[str, Span] | None:
    if text in TARGETS:
        return text, span
    if text in TARGETS_LATER:
        ctx.report(report.not_yet(span, what=f"the target `{text}`"))
    else:
        ctx.report(report_values.unknown_word(span, word=text, field="emit", words=TARGETS))
    return None
