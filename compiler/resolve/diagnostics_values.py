"""What may be wrong with the values in fields: words, types, units, numbers."""

from collections.abc import Sequence

from inferc.compiler.resolve.wording import (
    close_to,
    did_you_mean,
    listing,
    quoted,
    replace,
    replace_by_first,
)
from inferc.compiler.units import UnitProblem
from inferc.dsl import Diagnostic, Edit, Fix, Label, Span


def unknown_word(span: Span, *, word: str, field: str, words: Sequence[str]) -> Diagnostic:
    """INF108: a word that the field does not know."""
    close = close_to(word, words)
    return Diagnostic(
        code="INF108",
        slug="unknown-word",
        message=f"`{field}` cannot be `{word}`",
        span=span,
        notes=listing("it is one of", words, close),
        help=did_you_mean(close, "use one of those words"),
        fixes=replace_by_first(span, close),
    )


def unknown_catalog_entry(
    span: Span,
    *,
    what: str,
    kind: str,
    close: Sequence[str],
    elsewhere: Sequence[str],
    known: Sequence[str],
) -> Diagnostic:
    """INF109: the catalog has no such model, GPU or other fact; ``what`` is noun and path."""
    own = f"define your own in this file: `{kind} my_{kind} {{ … }}`" if kind else ""
    near = listing("elsewhere in the catalog:", elsewhere)
    beside = () if near else listing("there is", known, close)
    return Diagnostic(
        code="INF109",
        slug="unknown-catalog-entry",
        message=f"the catalog has no {what}",
        span=span,
        notes=(*near, *beside),
        help=", or ".join(
            part for part in (did_you_mean(close).rstrip("?") or "use one of those", own) if part
        ),
        fixes=replace_by_first(span, close),
    )


def wrong_type(span: Span, *, field: str, expected: str, given: str) -> Diagnostic:
    """INF110: a value of another type than the field's."""
    return Diagnostic(
        code="INF110",
        slug="wrong-type",
        message=f"`{field}` takes {expected}, not {given}",
        span=span,
        label=f"this is {given}",
        help=f"give it {expected}",
    )


def unknown_unit(span: Span, *, problem: UnitProblem) -> Diagnostic:
    """INF111: a unit word that nobody knows."""
    close = problem.suggestions
    return Diagnostic(
        code="INF111",
        slug="unknown-unit",
        message=f"`{problem.word}` is not a unit",
        span=span,
        help=did_you_mean(
            close, "use a unit such as `ms`, `min`, `GiB`, `req/s`, `tok`, `x` or `%`"
        ),
        fixes=replace_by_first(span, close),
    )


def wrong_dimension(
    span: Span, *, field: tuple[str, Span | None], expected: str, value: tuple[str, str], hint: str
) -> Diagnostic:
    """INF112: an amount of something else than the field measures.

    ``field`` is its name and where it stands, ``value`` its text and what that is.
    """
    name, place = field
    text, given = value
    return Diagnostic(
        code="INF112",
        slug="dimension-mismatch",
        message=f"`{name}` is {expected}, and `{text}` is {given}",
        span=span,
        label=given,
        labels=(Label(place, f"`{name}` is {expected}"),) if place else (),
        help=f"write {hint}" if hint else f"give {expected}",
    )


def mixed_dimensions(
    span: Span, *, operator: str, left: tuple[Span, str, str], right: tuple[Span, str, str]
) -> Diagnostic:
    """INF112: a sum or comparison of different things; sides are (place, dimension, value)."""
    verb = {"+": "added", "-": "subtracted"}.get(operator, "compared")
    return Diagnostic(
        code="INF112",
        slug="dimension-mismatch",
        message=f"{left[1]} and {right[1]} cannot be {verb}",
        span=span,
        labels=(
            Label(left[0], f"{left[1]}: {left[2]}"),
            Label(right[0], f"{right[1]}: {right[2]}"),
        ),
        help="bring both sides to the same unit",
    )


def ambiguous_unit(span: Span, *, problem: UnitProblem) -> Diagnostic:
    """INF113: a unit word that people read in different ways."""
    return Diagnostic(
        code="INF113",
        slug="ambiguous-unit",
        message=f"the unit `{problem.word}` {problem.reason}",
        span=span,
        help=f"write {quoted(problem.suggestions, ' or ')}",
        fixes=tuple(
            Fix(title=f"write `{text}`", edits=(Edit(span, text),)) for text in problem.suggestions
        ),
    )


def out_of_range(span: Span, *, field: str, allowed: str, text: str) -> Diagnostic:
    """INF114: a number that the field cannot have."""
    return Diagnostic(
        code="INF114",
        slug="out-of-range",
        message=f"`{field}` must be {allowed}, not {text}",
        span=span,
        help=f"give {allowed}" if allowed.startswith("a ") else f"give a number that is {allowed}",
    )


def wrong_order(
    span: Span, *, call: str, less: tuple[str, str], more: tuple[str, str]
) -> Diagnostic:
    """INF114: two arguments of which the second must not be the smaller; (name, value) each."""
    return Diagnostic(
        code="INF114",
        slug="out-of-range",
        message=f"`{more[0]}` of `{call}` is {more[1]}, below `{less[0]}`, which is {less[1]}",
        span=span,
        help=f"give a `{more[0]}` that is not below the `{less[0]}`",
    )


def falling_range(span: Span, *, low: str, high: str) -> Diagnostic:
    """INF114: a range that ends below its beginning."""
    return Diagnostic(
        code="INF114",
        slug="out-of-range",
        message=f"the range begins at {low} and ends below it, at {high}",
        span=span,
        help=f"write the smaller number first: `{high}..{low}`",
        fixes=replace(span, f"{high}..{low}"),
    )


def quoted_reference(span: Span, *, field: str, text: str, expected: str) -> Diagnostic:
    """INF116: a reference or word between quotes."""
    return Diagnostic(
        code="INF116",
        slug="quoted-reference",
        message=f"`{field}` takes {expected}, and a text in quotes names nothing",
        span=span,
        help=f"write `{text}` without quotes",
        fixes=replace(span, text, safe=True),
    )


def impossible_date(span: Span, *, text: str) -> Diagnostic:
    """INF117: a day that no calendar has."""
    return Diagnostic(
        code="INF117",
        slug="impossible-date",
        message=f"there is no day `{text}`",
        span=span,
        notes=("a date is year-month-day",),
        help="correct the month or the day",
    )


def division_by_zero(span: Span, *, divisor: Span, text: str) -> Diagnostic:
    """INF118: a quotient without a value."""
    return Diagnostic(
        code="INF118",
        slug="division-by-zero",
        message="division by zero",
        span=span,
        labels=(Label(divisor, f"this is {text}"),),
        help="give the divisor another value",
    )


def number_too_large(span: Span) -> Diagnostic:
    """INF119: a number beyond anything in serving."""
    return Diagnostic(
        code="INF119",
        slug="number-too-large",
        message="this number is too large, too small or too long to compute with",
        span=span,
        notes=("numbers go up to 1e60, with up to 600 digits while computing",),
        help="check the exponent and the unit",
    )


def wrong_arguments(span: Span, *, function: str, problem: str, signature: str) -> Diagnostic:
    """INF121: a call whose arguments do not fit the function."""
    return Diagnostic(
        code="INF121",
        slug="wrong-arguments",
        message=f"`{function}`: {problem}",
        span=span,
        help=f"write `{signature}`",
    )


def unknown_function(span: Span, *, name: str, known: Sequence[str]) -> Diagnostic:
    """INF122: a call of something that is no function."""
    close = close_to(name, known)
    return Diagnostic(
        code="INF122",
        slug="unknown-function",
        message=f"there is no function `{name}`",
        span=span,
        notes=listing("there are", sorted(known), close),
        help=did_you_mean(close, "use one of those"),
        fixes=replace_by_first(span, close),
    )


def wrong_param(span: Span | None, *, name: str, problem: str, advice: str) -> Diagnostic:
    """INF127: a parameter without a value, or with one that it does not take."""
    return Diagnostic(
        code="INF127",
        slug="wrong-parameter",
        message=f"parameter `{name}` {problem}",
        span=span,
        help=advice,
    )


def wrong_operand(span: Span, *, operator: str, needs: str, given: str) -> Diagnostic:
    """INF110: an operator on values that it is not made for."""
    return Diagnostic(
        code="INF110",
        slug="wrong-type",
        message=f"`{operator}` needs {needs}, not {given}",
        span=span,
        label=f"this is {given}",
        help=f"give it {needs}",
    )


def wrong_index(span: Span, *, problem: str, known: Sequence[str] = ()) -> Diagnostic:
    """INF140: an index that leads nowhere."""
    return Diagnostic(
        code="INF140",
        slug="wrong-index",
        message=problem,
        span=span,
        notes=listing("it has", known),
        help="use an index that is there; lists start at 0",
    )


def wrong_reference(
    span: Span, *, field: str, expected: str, given: str, first: Span | None, known: Sequence[str]
) -> Diagnostic:
    """INF135: a reference to a block of another kind than the field takes."""
    return Diagnostic(
        code="INF135",
        slug="wrong-kind",
        message=f"`{field}` needs {expected}, not {given}",
        span=span,
        labels=(Label(first, "defined here"),) if first else (),
        help=f"name {quoted(known, ' or ')}" if known else f"define {expected}, and name it",
    )
