"""The bounds of a service with every number in them, as JSON and for a person with a calculator."""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isclose

from inferc.compiler.plan import Bound, Step
from inferc.compiler.topology import Json
from inferc.compiler.units import show
from inferc.compiler.wording.amounts import amount, times
from inferc.report.layout import Paint, wrap
from inferc.report.refusal import finite
from inferc.versions import FORMAT_VERSION

SYMBOL = re.compile(r"[A-Za-z_]\w*")
FUNCTIONS = frozenset({"min", "max"})

DIGITS = 12
"""Of numbers that are not whole: enough to follow, short enough to type."""

NOISE = 1e-14
"""What the last digits of a binary fraction may be off."""

WHOLE = float(2**53)
"""Up to here every whole number is itself in binary."""


def to_data(topology: str, services: Mapping[str, Iterable[Bound]]) -> dict[str, Json]:
    """Return the certificates of a topology's services as plain values."""
    return {
        "format_version": FORMAT_VERSION,
        "topology": topology,
        "services": [
            {"service": name, "bounds": [_bound(bound) for bound in bounds]}
            for name, bounds in services.items()
        ],
    }


def _bound(bound: Bound) -> Mapping[str, Json]:
    return {
        "code": bound.code,
        "slug": bound.slug,
        "place": bound.place,
        "statement": bound.statement,
        "formula": bound.formula,
        "need": finite(bound.need),
        "have": finite(bound.have),
        "unit": bound.unit,
        "ratio": finite(bound.ratio),
        "holds": not bound.violated,
        "source": bound.source,
        "steps": [_step(step) for step in bound.steps],
    }


def _step(step: Step) -> Mapping[str, Json]:
    return {
        "symbol": step.symbol,
        "expression": step.expression,
        "value": finite(step.value),
        "unit": step.unit,
        "words": step.words,
        "origin": step.origin,
        "source": step.source,
        "line": _line(step),
    }


def _line(step: Step) -> str:
    """Return where a number is written; empty for what is worked out."""
    return "" if step.span is None else f"{step.span.source.path}:{step.span.line}"


# ---- for people --------------------------------------------------------------------------------


def render(topology: str, services: Mapping[str, Iterable[Bound]], *, color: bool) -> str:
    """Return the certificates of a topology's services as text.

    A number is explained where it is used first on a place, and then known by its name.
    """
    paint, sources = Paint(color), dict[str, int]()
    lines: list[str] = []
    for name, bounds in services.items():
        place: str | None = None
        known: set[str] = set()
        for bound in bounds:
            if bound.place != place:
                place, known = bound.place, set()
                title = f"{topology}: {name} on {place}"
                lines += [paint(title, "bold", "cyan"), ""]
            lines += [*_bound_lines(bound, known, sources, paint), ""]
    lines.append("where the numbers come from")
    for source, at in sources.items():
        lines += wrap(source, indent=7, first=f"  {f'[{at}]':<4} ")
    return "\n".join(lines) + "\n"


def _bound_lines(
    bound: Bound, known: set[str], sources: dict[str, int], paint: Paint
) -> Iterator[str]:
    style = "red" if bound.violated else "green"
    yield f"{paint(bound.code, style, 'bold')} {bound.statement}"
    for step in bound.steps:
        if step.symbol not in known:
            known.add(step.symbol)
            yield from _step_lines(step, bound, sources)
    for side, text, value in zip(
        ("need", "have"), bound.formula.split(" <= "), (bound.need, bound.have), strict=True
    ):
        shown = dict.fromkeys((text, _numbers(text, bound), exactly(value)))
        yield from wrap(f"{side} = {' = '.join(shown)} {bound.unit}", indent=11, first="    ")
    yield f"    {paint(verdict(bound), style, 'bold')}"


def verdict(bound: Bound) -> str:
    """Return whether a bound holds, and by how much, in words."""
    need, have = amount(bound.need, bound.unit), amount(bound.have, bound.unit)
    if bound.violated:
        return f"fails: {need} of {have}, {times(bound.ratio)} too much"
    return f"holds: {need} of {have}, {show(bound.ratio, 'ratio')}"


def _step_lines(step: Step, bound: Bound, sources: dict[str, int]) -> Iterator[str]:
    """Yield a number with its unit and words, and below it the arithmetic that gives it."""
    value = f"{exactly(step.value)} {step.unit}".rstrip()
    source = _source(step)
    mark = f" [{sources.setdefault(source, len(sources) + 1)}]" if source else ""
    yield from wrap(f"{step.symbol} = {value}   {step.words}{mark}", indent=8, first="    ")
    if step.expression:
        filled = _numbers(step.expression, bound)
        for text in dict.fromkeys((step.expression, filled)):
            yield from wrap(f"= {text}", indent=10, first="        ")


def _source(step: Step) -> str:
    """Return who says a number, as a line of the list of sources."""
    parts = [step.origin if step.origin != "derived" else "", _line(step), step.source]
    return ": ".join(dict.fromkeys(part for part in parts if part))


def _numbers(expression: str, bound: Bound) -> str:
    """Return an expression with the values in the place of the symbols."""
    values = {step.symbol: exactly(step.value) for step in bound.steps}
    return SYMBOL.sub(
        lambda found: found[0] if found[0] in FUNCTIONS else values[found[0]], expression
    )


def exactly(value: float) -> str:
    """Return a number with all digits that count, whole where binary alone made it a fraction."""
    if abs(value) < WHOLE and isclose(value, round(value), rel_tol=NOISE):
        return f"{round(value):,}"
    return f"{value:.{DIGITS}g}"
