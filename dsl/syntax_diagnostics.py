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


def unexpected(*, span: Span, found: str, expected: str, help_text: str = "") -> Diagnostic:
    """Report a token that cannot stand where it stands."""
    return Diagnostic(
        code="INF001",
        slug="unexpected-token",
        message=f"expected {expected}, found {found}" if expected else f"unexpected {found}",
        span=span,
        label=f"expected {expected}" if expected else "cannot stand here",
        help=help_text,
    )


def unclosed(*, span: Span, opener: Span, closer: str) -> Diagnostic:
    """Report the place where a bracket should have been closed."""
    known = span != opener
    return Diagnostic(
        code="INF002",
        slug="unclosed-delimiter",
        message=f"this `{opener.text}` is never closed" if not known else f"expected `{closer}`",
        span=span,
        label=f"the indentation says that the `{closer}` is missing here" if known else "",
        labels=(Label(opener, "to close this one"),) if known else (),
        help=f"add the `{closer}`, or take the `{opener.text}` away",
    )


def unmatched(*, span: Span, bracket: str) -> Diagnostic:
    """Report a bracket that has no partner."""
    opens = bracket in "([{"
    return Diagnostic(
        code="INF003",
        slug="unmatched-delimiter",
        message=f"unexpected `{bracket}`",
        span=span,
        label="opens nothing that is closed" if opens else "closes nothing that is open",
        help=f"take the `{bracket}` away",
        fixes=(Fix(f"remove `{bracket}`", (Edit(span, ""),)),),
    )


def unopened(*, span: Span, opener: str, closer: Span) -> Diagnostic:
    """Report the place where a bracket should have been opened."""
    return Diagnostic(
        code="INF003",
        slug="unmatched-delimiter",
        message=f"expected `{opener}`",
        span=span,
        label=f"the indentation says that a `{opener}` is missing before this",
        labels=(Label(closer, "to go with this one"),),
        help=f"add the `{opener}`, or take the `{closer.text}` away",
    )


def mismatched(*, span: Span, opener: Span) -> Diagnostic:
    """Report a closing bracket of another kind than the one it closes."""
    return Diagnostic(
        code="INF003",
        slug="unmatched-delimiter",
        message=f"`{span.text}` cannot close `{opener.text}`",
        span=span,
        label="of another kind",
        labels=(Label(opener, "opened here"),),
        help="make them the same kind",
    )


def unterminated(*, span: Span, what: str, end: str) -> Diagnostic:
    """Report a string or comment without an end."""
    return Diagnostic(
        code="INF004",
        slug="unterminated-text",
        message=f"this {what} does not end",
        span=span,
        label=f"no `{end}` behind it",
        notes=('a text over several lines stands between `"""` and `"""`',) if end == '"' else (),
        help=f"add `{end}`",
    )


def invalid_character(*, span: Span, name: str, help_text: str, text: str = "") -> Diagnostic:
    """Report a character that means nothing outside strings and comments, or nowhere."""
    fix = Fix(f"write `{text}`", (Edit(span, text),))
    return Diagnostic(
        code="INF005",
        slug="invalid-character",
        message=f"{name} cannot stand here",
        span=span,
        label="means nothing here",
        help=help_text,
        fixes=(fix,) if text else (),
    )


def missing_value(*, span: Span, behind: Span, expected: str) -> Diagnostic:
    """Report that a statement or bracket ends where a value should follow."""
    return Diagnostic(
        code="INF006",
        slug="missing-value",
        message=f"expected {expected} behind `{behind.text}`",
        span=span,
        label="missing here",
        help=f"write {expected}, or take the `{behind.text}` away",
    )


def too_deep(*, span: Span, limit: int) -> Diagnostic:
    """Report brackets, operators or branches inside each other beyond any use."""
    return Diagnostic(
        code="INF007",
        slug="nesting-too-deep",
        message=f"nested more than {limit} levels deep",
        span=span,
        label="one level too many",
        notes=("nothing of this file was read",),
        help="name the inner parts with `let`",
    )


def reserved_word(*, span: Span, role: str) -> Diagnostic:
    """Report a word of the language where a name is needed."""
    word = span.text
    return Diagnostic(
        code="INF009",
        slug="reserved-word",
        message=f"`{word}` {role} and cannot be a name here",
        span=span,
        label="reserved",
        help=f"choose another name, such as `{word}_`",
        fixes=(Fix(f"rename to `{word}_`", (Edit(span, f"{word}_"),)),),
    )


def spaced_unit(*, span: Span, joined: str) -> Diagnostic:
    """Report a unit that is torn from its number or in itself by blanks."""
    return Diagnostic(
        code="INF010",
        slug="spaced-unit",
        message=f"a unit has no blanks inside: `{joined}`",
        span=span,
        label="blanks inside a quantity",
        notes=("one blank may stand between the number and its unit, none inside the unit",),
        help=f"write `{joined}`",
        fixes=(Fix(f"write `{joined}`", (Edit(span, joined),)),),
    )


def hyphen_in_name(*, span: Span) -> Diagnostic:
    """Report a name written with hyphens, which are minus signs."""
    name = span.text.replace("-", "_")
    return Diagnostic(
        code="INF011",
        slug="hyphen-in-name",
        message=f"a name has no hyphens: `{name}`",
        span=span,
        label="a `-` is a minus sign",
        notes=("in what is emitted every `_` of a name becomes `-`",),
        help=f"write `{name}`",
        fixes=(Fix(f"rename to `{name}`", (Edit(span, name),)),),
    )


def misplaced_percentile(*, span: Span, help_text: str) -> Diagnostic:
    """Report a percentile that does not stand before a metric."""
    return Diagnostic(
        code="INF012",
        slug="misplaced-percentile",
        message=f"the percentile `{span.text}` does not stand before a metric",
        span=span,
        label="of what?",
        help=help_text,
    )


def not_a_percentile(*, span: Span) -> Diagnostic:
    """Report a word before a metric that was meant as a percentile."""
    return Diagnostic(
        code="INF012",
        slug="misplaced-percentile",
        message=f"`{span.text}` is not a percentile",
        span=span,
        help="percentiles lie between `p0` and `p100`, in small letters: `p99`, `p99.9`",
    )


def missing_operator(*, span: Span, before: str, found: str, expected: str) -> Diagnostic:
    """Report two things side by side that need a sign between them."""
    return Diagnostic(
        code="INF015",
        slug="missing-operator",
        message=f"expected {expected} between `{before}` and {found}",
        span=span,
        label=f"{expected} is missing before this",
    )


def chained_comparison(*, span: Span) -> Diagnostic:
    """Report ``a < b < c``."""
    return Diagnostic(
        code="INF016",
        slug="chained-comparison",
        message="comparisons cannot be chained",
        span=span,
        label="the second comparison",
        help="write `a < b and b < c`, or `b in a..c` where both ends belong to it",
    )


def unknown_edition(*, span: Span) -> Diagnostic:
    """Report a file of an edition that this release does not read."""
    return Diagnostic(
        code="INF017",
        slug="unknown-edition",
        message=f"edition {span.text} of the language is not known",
        span=span,
        label="known is 1",
        help="write `infer 1`, or install a newer inferc",
    )


def too_many_errors(*, span: Span, limit: int) -> Diagnostic:
    """Report that the rest of a file was not looked at."""
    return Diagnostic(
        code="INF018",
        slug="too-many-errors",
        message=f"more than {limit} errors: the rest of the file was not looked at",
        span=span,
        help="mend the first ones and run it again",
    )


def misplaced_header(*, span: Span) -> Diagnostic:
    """Report an ``infer 1`` that is not the first statement."""
    return Diagnostic(
        code="INF019",
        slug="misplaced-header",
        message="`infer` must be the first statement of the file",
        span=span,
        label="comes too late",
        help="move the line to the top, once",
    )


def assigned_block(*, span: Span) -> Diagnostic:
    """Report a sign between the head of a block and its body."""
    return Diagnostic(
        code="INF020",
        slug="assigned-block",
        message=f"a block has no `{span.text}` before its `{{`",
        span=span,
        label="not needed",
        notes=("behind a sign stands a value; the lines in these braces are statements",),
        help=f"take the `{span.text}` away",
        fixes=(Fix(f"remove `{span.text}`", (Edit(span, ""),)),),
    )
