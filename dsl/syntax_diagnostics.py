"""What can be wrong with the text of a file: one function per diagnostic."""

from inferc.dsl.diagnostics import Diagnostic, Edit, Fix, Label
from inferc.dsl.source import Span


def nested_quotes(*, span: Span, text_span: Span) -> Diagnostic:
    """Report a ``${`` that its string does not close, mostly because of quotes inside it."""
    return Diagnostic(
        code="INF008",
        slug="nested-quotes",
        message="this `${` is not closed before the string ends",
        span=span,
        label="needs a `}` before the next quote",
        labels=(Label(text_span, "the string ends here, at its second quote"),),
        notes=("quotes cannot stand inside `${ }`",),
        help="give the value a name, `let x = …`, and insert `${x}`",
    )


def unknown_escape(*, span: Span, written: str) -> Diagnostic:
    """Report a backslash in a string with a character behind it that means nothing."""
    return Diagnostic(
        code="INF013",
        slug="unknown-escape",
        message=f"`{written}` means nothing in a string",
        span=span,
        notes=(r"known are \n \r \t \" \\ \$ and \u{1F600}",),
        help=f"for a backslash write two: `\\{written}`",
        fixes=(Fix("double the backslash", (Edit(span, f"\\{written}"),)),),
    )


def number_out_of_range(*, span: Span) -> Diagnostic:
    """Report a number with more digits than any quantity has."""
    return Diagnostic(
        code="INF014",
        slug="number-out-of-range",
        message="this number is too long or too large to calculate with",
        span=span,
        notes=("numbers are exact here and may have up to 100 digits",),
        help="use a scale or a unit: `16k req/s`, `80 GiB`",
    )


def unexpected(*, span: Span, found: str) -> Diagnostic:
    """Report a token that cannot stand where it stands."""
    return Diagnostic(
        code="INF001", slug="unexpected-token", message=f"unexpected {found}", span=span
    )
