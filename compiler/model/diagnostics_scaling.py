"""What may be wrong with what a file says about scaling."""

from inferc.dsl import Diagnostic, Span

EXAMPLES = {
    "queue_depth": "`target = 8 req`",
    "running": "`target = 40 req`",
    "kv_usage": "`target = 80%`",
    "rate": "`target = 3 req/s`",
}


def target_of_another_signal(span: Span, *, signal: str, text: str) -> Diagnostic:
    """INF175: a target that is not of its signal."""
    return Diagnostic(
        code="INF175",
        slug="target-of-another-signal",
        message=f"`{text}` is no target for the signal `{signal}`",
        span=span,
        help=f"write it as in {EXAMPLES[signal]}, or name the signal that it belongs to",
    )


def warm_window_not_read(span: Span, *, text: str, why: str = "") -> Diagnostic:
    """INF176: the window of a warm pool cannot be read."""
    return Diagnostic(
        code="INF176",
        slug="warm-window-not-read",
        message=f"`{text}` is no window of the day or week",
        span=span,
        notes=(why,) if why else (),
        help='write `window = "07:45-19:00 Europe/Berlin"`, and `days = "Mon-Fri"` beside it',
    )


def unknown_condition(span: Span, *, text: str, known: tuple[str, ...]) -> Diagnostic:
    """INF177: a line of the SLA is to hold under a condition that there is none of."""
    notes = (f"there are {', '.join(f'`at {word}`' for word in known)}",) if known else ()
    return Diagnostic(
        code="INF177",
        slug="unknown-condition",
        message=f"`{text}` is no condition for this line",
        span=span,
        notes=notes,
        help="leave the clause out, and the line holds whenever a replica is there",
    )
