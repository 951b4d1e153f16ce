"""Why there is no plan: as JSON for programs, and as lines of a report.

The planner's own diagnostics say the same beside the lines of the file.
"""

import math
from collections.abc import Mapping

from inferc.compiler.plan import Bound, Margin, Plan, Refusal, Step
from inferc.compiler.topology import Json
from inferc.compiler.units import show
from inferc.compiler.wording.amounts import amount, line_amount, line_name, times
from inferc.dsl import Span
from inferc.report import serving_choices
from inferc.report.layout import Paint, table, wrap
from inferc.versions import FORMAT_VERSION

ERROR = "Hardware constraints insufficient for SLA"
"""Programs compare with exactly this text."""


def to_data(plan: Plan) -> dict[str, Json]:
    """Return the refusal of ``plan`` as plain values."""
    return {
        "error": ERROR,
        "format_version": FORMAT_VERSION,
        "topology": plan.topology,
        "verdict": plan.verdict.value,
        "bounds": [_bound(bound) for refusal in plan.refusals for bound in refusal.bounds],
        "nearest": [
            {
                "service": refusal.service,
                "field": change.field,
                "current": change.current,
                "proposed": change.proposed,
                "effect": change.effect,
                "factor": finite(change.factor),
                "price_usd_per_s": change.price_usd_per_s,
            }
            for refusal in plan.refusals
            for change in refusal.nearest
        ],
        "elsewhere": [_bound(bound) for refusal in plan.refusals for bound in refusal.elsewhere],
        "best_effort": [_best(refusal) for refusal in plan.refusals if refusal.best_effort],
    }


def finite(value: float) -> float | None:
    """Return ``value``, or None for what JSON has no number for."""
    return value if math.isfinite(value) else None


def _bound(bound: Bound) -> Mapping[str, Json]:
    return {
        "code": bound.code,
        "slug": bound.slug,
        "service": bound.service,
        "statement": bound.statement,
        "formula": bound.formula,
        "need": finite(bound.need),
        "have": finite(bound.have),
        "ratio": finite(bound.ratio),
        "unit": bound.unit,
        "place": bound.place,
        "terms": [_term(step) for step in bound.terms],
        "lines": [_line(span, says) for span, says in bound.spans],
        "source": bound.source,
    }


def _term(step: Step) -> Mapping[str, Json]:
    """Return a number of a bound; ``inferc explain --certificate`` says how it comes about."""
    return {
        "symbol": step.symbol,
        "words": step.words,
        "value": finite(step.value),
        "unit": step.unit,
        "source": step.source,
    }


def _line(span: Span, says: str) -> Mapping[str, Json]:
    return {
        "file": span.source.path,
        "line": span.line,
        "column": span.column,
        "text": span.text,
        "says": says,
    }


def _best(refusal: Refusal) -> Mapping[str, Json]:
    """Return how near the best configuration came, where every bound holds."""
    shape = refusal.configuration
    return {
        "service": refusal.service,
        "configuration": {
            "engine": shape.engine,
            "precision": shape.precision,
            "tensor_parallel": shape.tensor_parallel,
            "pipeline_parallel": shape.pipeline_parallel,
            "replicas": shape.replicas,
            **serving_choices.to_data(shape),
        }
        if shape
        else None,
        "margins": [
            {
                "metric": margin.objective.metric,
                "percentile": margin.objective.percentile,
                "predicted": finite(margin.predicted),
                "limit": margin.objective.limit.value,
                "ratio": finite(margin.ratio),
            }
            for margin in refusal.best_effort
        ],
    }


# ---- for people --------------------------------------------------------------------------------


def comparison(bound: Bound) -> str:
    """Return need, have and ratio of a bound."""
    need, have = amount(bound.need, bound.unit), amount(bound.have, bound.unit)
    return f"needs {need}, has {have}, {times(bound.ratio)} too much"


def refusal_lines(plan: Plan, paint: Paint) -> list[str]:
    """Return the violated bounds and the nearest changes as lines of a report."""
    lines: list[str] = []
    for refusal in plan.refusals:
        lines += ["", *_refusal(refusal, paint)]
    return lines[1:]


def _refusal(refusal: Refusal, paint: Paint) -> list[str]:
    lines = [f"  {paint(refusal.service, 'bold', 'cyan')}"]
    for bound in refusal.bounds:
        head = f"    {paint(bound.code, 'red', 'bold')} "
        lines.append(f"{head}{bound.statement}")
        lines.append(f"        {bound.formula}")
        lines.append(f"        {paint(comparison(bound), 'bold')}")
        lines += _term_table(bound, paint)
    if refusal.elsewhere:
        lines += ["", "    elsewhere, at least"]
        rows = [(item.place, item.code, comparison(item)) for item in refusal.elsewhere]
        lines += table(rows, paint, indent=6)
    lines += _best_lines(refusal, paint)
    if refusal.nearest:
        lines += ["", "    nearest changes"]
        for change in refusal.nearest:
            price = change.price_usd_per_s
            cost = "" if price is None else f", {show(price, 'usd_per_mo')}"
            text = f"{change.field}: {change.current} to {change.proposed}: {change.effect}{cost}"
            lines += wrap(text, indent=8, first="      - ")
    return lines


def _term_table(bound: Bound, paint: Paint) -> list[str]:
    rows = [
        (step.symbol, amount(step.value, step.unit), (step.words, "dim")) for step in bound.terms
    ]
    return table(rows, paint, indent=10, right=(1,))


def _best_lines(refusal: Refusal, paint: Paint) -> list[str]:
    """Return how near the best configuration came, where every bound holds."""
    if not refusal.best_effort:
        return []
    rows = [
        (
            line_name(m.objective),
            line_amount(m.predicted, m.objective),
            f"{m.objective.operator} {line_amount(m.objective.limit.value, m.objective)}",
            _met(m),
        )
        for m in refusal.best_effort
    ]
    shape = refusal.configuration
    best = (
        f"    the best configuration: {shape.engine}, {shape.precision}, tensor_parallel "
        f"{shape.tensor_parallel}, pipeline_parallel {shape.pipeline_parallel}, "
        f"replicas {shape.replicas}"
        if shape
        else "    the best that was found"
    )
    return [best, *table(rows, paint, indent=6, right=(1,))]


def _met(margin: Margin) -> tuple[str, str]:
    return ("met", "") if margin.ratio <= 1 else (f"{times(margin.ratio)} the limit", "red")
