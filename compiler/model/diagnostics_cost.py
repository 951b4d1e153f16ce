"""What may be wrong with windows of load, and with what hardware and services cost."""

from inferc.dsl import Diagnostic, Label, Span


def price_and_capital(span: Span, *, place: str, capital: Span) -> Diagnostic:
    """INF145: a price and a purchase are stated for the same hardware."""
    return Diagnostic(
        code="INF145",
        slug="price-and-capital",
        message=f"`{place}` has a `price` and a `capital`",
        span=span,
        label="the price of an accelerator, all included",
        labels=(Label(capital, "what a price would follow from"),),
        help="keep `price` where somebody else owns the hardware, and `capital` where you do",
    )


def ownership_without_capital(span: Span, *, place: str, name: str) -> Diagnostic:
    """INF146: a fact about hardware of one's own that changes nothing without what it cost."""
    return Diagnostic(
        code="INF146",
        slug="ownership-without-capital",
        message=f"`{place}` has `{name}` and no `capital`",
        span=span,
        label="would change no cost",
        help=f"add `capital = $250k`, what one node cost, or leave `{name}` out",
    )


def window_not_read(span: Span, *, field: str, text: str, why: str = "") -> Diagnostic:
    """INF147: hours or days of a week that cannot be read, and ``why`` where that is known."""
    examples = {
        "window": '`"14:00-18:00 Europe/Berlin"` or `"20:00-06:00 UTC"`',
        "days": '`"Mon-Fri"` or `"Sat, Sun"`',
    }
    return Diagnostic(
        code="INF147",
        slug="window-not-read",
        message=f'`{field} = "{text}"` is no {"time of day" if field == "window" else "day"}',
        span=span,
        label="cannot be read",
        notes=(why,) if why else (),
        help=f"write it as {examples[field]}",
    )


def peak_below_window(span: Span, *, shape: str, peak: str, level: str, share: str) -> Diagnostic:
    """INF148: a peak that is lower than the mean of the window that all requests come in."""
    return Diagnostic(
        code="INF148",
        slug="peak-below-window",
        message=f"the peak is {peak}, and inside the window of `{shape}` the mean is {level}",
        span=span,
        label="below the mean of its own window",
        notes=(
            f"the window is {share} of the week; what comes in it alone comes at {level} the mean",
            "`rate` is the mean over the whole week, and `peak` is over that mean",
        ),
        help=f"state a peak from {level}, or the mean of the week as `rate`",
    )
