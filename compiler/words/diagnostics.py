"""What reading descriptions has to say."""

from collections.abc import Sequence

from inferc.compiler.words.phrases import Reading, one_line
from inferc.dsl import Diagnostic, Label, Severity, SourceFile, Span

MOST_LISTED = 12
"""Phrases, or names, that one message lists."""


def not_understood_at_all(
    source: SourceFile, *, what: str, near: Sequence[str], why: str, example: str
) -> Diagnostic:
    """INF185: no model, or no hardware, is named: there is nothing to plan."""
    text = source.text
    return Diagnostic(
        code="INF185",
        slug="description-names-nothing",
        message=f"the descriptions name no {what} that is known",
        span=Span(source, 0, len(text.rstrip())) if text.strip() else None,
        label=why,
        notes=(f"could be {_listed(near)}",) if near else (),
        help=f"name the {what}: {example}",
    )


def words_contradict(readings: Sequence[Reading], *, taken: str, why: str) -> Diagnostic:
    """INF186: two phrases exclude each other."""
    ordered = sorted(readings, key=lambda item: (item.span.source.path, item.span.start))
    phrases = " and ".join(f'"{phrase}"' for phrase in dict.fromkeys(i.phrase for i in ordered))
    first = ordered[0]
    return Diagnostic(
        code="INF186",
        slug="words-contradict",
        message=f"{phrases} cannot both hold: read as {taken}",
        span=first.span,
        severity=Severity.WARNING,
        labels=tuple(
            Label(item.span, "the other")
            for item in ordered[1:]
            if item.span.source is first.span.source
        ),
        notes=(why,),
        help="say one of them, or change the line in the file",
    )


def not_understood(spans: Sequence[Span]) -> Diagnostic:
    """INF187: phrases that no rule knows; nothing in the file comes from them."""
    phrases = [f'"{one_line(span.text)}"' for span in spans]
    return Diagnostic(
        code="INF187",
        slug="words-not-understood",
        message=f"not understood, and without a part in the file: {_listed(phrases)}",
        span=spans[0],
        severity=Severity.WARNING,
        help="if it matters, say it in other words, or add it to the file",
    )


def not_acted_on(readings: Sequence[Reading], reasons: Sequence[str]) -> Diagnostic:
    """INF188: phrases that are understood and change nothing."""
    phrases = [f'"{phrase}"' for phrase in dict.fromkeys(item.phrase for item in readings)]
    return Diagnostic(
        code="INF188",
        slug="words-not-acted-on",
        message=f"understood, and not acted on: {_listed(phrases)}",
        span=readings[0].span,
        severity=Severity.NOTE,
        notes=tuple(dict.fromkeys(reasons)),
    )


def words_ambiguous(reading: Reading, *, taken: str, others: Sequence[str], say: str) -> Diagnostic:
    """INF189: a phrase leaves several readings open."""
    return Diagnostic(
        code="INF189",
        slug="words-ambiguous",
        message=f'"{reading.phrase}" is read as {taken}',
        span=reading.span,
        severity=Severity.NOTE,
        notes=(f"could also be {_listed(others)}",) if others else (),
        help=say,
    )


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:MOST_LISTED])
    more = len(names) - len(shown)
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])
