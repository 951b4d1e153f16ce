"""What the rules about an SLA cannot say."""

from inferc.dsl import Diagnostic, Severity, Span


def line_not_watched(
    *, service: str, line: str, engine: str, reason: str, span: Span | None
) -> Diagnostic:
    """INF625: no alert can be made of a line of an SLA."""
    return Diagnostic(
        code="INF625",
        slug="sla-line-not-watched",
        severity=Severity.WARNING,
        message=f"no alert tells when `{line}` of `{service}` is missed",
        span=span,
        notes=(reason,),
        help=f"measure it outside {engine}, at the gateway or the client, or state a line that "
        "the engine measures",
    )
