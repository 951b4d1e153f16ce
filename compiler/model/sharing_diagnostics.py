"""What may be wrong with services of networks, and with services that share accelerators."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic, Label, Severity, Span

OF_NETWORKS = "a network answers at once: nothing of its answer comes first or token by token"
OF_LANGUAGE_MODELS = "a language model answers token by token"


def metric_of_other_model(
    span: Span, *, service: str, model: str, metric: str, network: bool, known: Sequence[str]
) -> Diagnostic:
    """INF172: an SLA line limits something that this kind of model does not have."""
    instead = " or ".join(f"`{name}`" for name in known)
    return Diagnostic(
        code="INF172",
        slug="metric-of-other-model",
        message=f"`{service}` serves {model}, which has no `{metric}`",
        span=span,
        label="of another kind of model",
        notes=(OF_NETWORKS if network else OF_LANGUAGE_MODELS,),
        help=f"limit {instead} instead",
    )


def load_of_other_model(
    span: Span, *, service: str, model: str, name: str, instead: str
) -> Diagnostic:
    """INF173: a load states something that requests to this kind of model do not have."""
    return Diagnostic(
        code="INF173",
        slug="load-of-other-model",
        message=f"requests to `{service}`, which serves {model}, have no `{name}`",
        span=span,
        label="of another kind of model",
        help=instead,
    )


def cannot_share(span: Span, *, service: str, why: str, instead: str) -> Diagnostic:
    """INF174: the accelerators of the place cannot be shared in the way that is asked for."""
    return Diagnostic(
        code="INF174",
        slug="cannot-share",
        message=f"`{service}` cannot have its share: {why}",
        span=span,
        label="asked for here",
        help=instead,
    )


def time_sliced_under_sla(
    span: Span, *, service: str, sharers: int, line: Span, language_model: bool, part: str
) -> Diagnostic:
    """INF443: replicas that take turns on an accelerator are to keep a limit of latency.

    ``part`` is how to ask for a part of one; empty where it cannot be cut.
    """
    token = "each token" if language_model else "a batch"
    turns = "the driver hands out turns without priorities"
    return Diagnostic(
        code="INF443",
        slug="time-sliced-under-sla",
        message=f"`{service}` has a limit of latency, and shares accelerators by taking turns",
        span=span,
        label=f"{sharers} replicas take turns here",
        labels=(Label(line, "no such limit can be promised"),),
        notes=(
            f"{token} may take {sharers} times as long while the others are busy: {turns}",
            "memory is not divided: one replica that takes too much ends the others",
        ),
        help=(
            f"ask for a part with processors and memory of its own, {part}, or "
            if part
            else "leave `share` out, so that each has accelerators of its own, or "
        )
        + "make the line a wish with `prefer`",
    )


def without_effect(span: Span, *, service: str, name: str, needed: str) -> Diagnostic:
    """INF167: a decision is stated about what the service does not do."""
    return Diagnostic(
        code="INF167",
        slug="without-effect",
        severity=Severity.WARNING,
        message=f"`{name}` of `{service}` has no effect: no line allows the likes of `{needed}`",
        span=span,
        label="nothing looks at it",
        help=f"add `{needed}`, or leave `{name}` out",
    )
