"""What every target may have to say, and which target to load."""

from inferc.dsl import Diagnostic, Span


def unknown_target(*, name: str, known: tuple[str, ...], span: Span | None) -> Diagnostic:
    """INF600: there is no target of that name."""
    return Diagnostic(
        code="INF600",
        slug="unknown-target",
        message=f"there is no target called `{name}`",
        span=span,
        notes=(f"targets: {', '.join(known)}",),
        help=_did_you_mean(name, known) or "choose one of these targets",
    )


def cannot_serve(
    *, target: str, service: str, reason: str, notes: tuple[str, ...], step: str, span: Span | None
) -> Diagnostic:
    """INF601: the plan is fine, but this target has no means to run it."""
    return Diagnostic(
        code="INF601",
        slug="target-cannot-serve",
        message=f"the target `{target}` cannot run service `{service}`: {reason}",
        span=span,
        notes=notes,
        help=step,
    )


def unknown_option(
    *, target: str, option: str, known: tuple[str, ...], span: Span | None = None
) -> Diagnostic:
    """INF602: an option that the target does not have."""
    return Diagnostic(
        code="INF602",
        slug="unknown-target-option",
        message=f"the target `{target}` has no option `{option}`",
        span=span,
        notes=(f"options of `{target}`: {', '.join(known) or 'none'}",),
        help=_did_you_mean(option, known) or "remove it",
    )


def bad_option(
    *, target: str, option: str, value: str, expected: str, span: Span | None = None
) -> Diagnostic:
    """INF603: an option has a value that it cannot have."""
    return Diagnostic(
        code="INF603",
        slug="bad-target-option",
        message=f"the option `{option}` of the target `{target}` cannot be `{value}`",
        span=span,
        notes=(f"`{option}`: {expected}",),
        help=f"change or remove `{option}`",
    )


def unread_chart_keys(*, chart: str, paths: tuple[str, ...]) -> Diagnostic:
    """INF635: a value that the chart would take and never read."""
    return Diagnostic(
        code="INF635",
        slug="unread-chart-key",
        message=f"the chart `{chart}` reads no value `{paths[0]}`",
        span=None,
        notes=tuple(f"nor `{path}`" for path in paths[1:]),
        help="this is a fault of the compiler: please report it with the file that you compiled",
    )


def _did_you_mean(word: str, known: tuple[str, ...]) -> str:
    """Return the question, or nothing where no name is near."""
    from difflib import get_close_matches

    return "".join(f"did you mean `{name}`?" for name in get_close_matches(word, known, n=1))
