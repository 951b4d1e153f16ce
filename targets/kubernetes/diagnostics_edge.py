"""What the Kubernetes target may have to say of gateways."""

from inferc.dsl import Diagnostic, Severity, Span


def no_picker(
    *, service: str, what: str, engine: str, known: tuple[str, ...], span: Span | None
) -> Diagnostic:
    """INF645: nothing could look at the replicas of a service."""
    return Diagnostic(
        code="INF645",
        slug="no-endpoint-picker",
        message=f"{what} of `{service}` needs an endpoint picker, and none understands {engine}",
        span=span,
        notes=(f"it understands replicas that are started by {' or '.join(known)}, each alone",),
        help="write `routing = round_robin` and choose by path, or serve it with another engine",
    )


def model_needs_picker(*, service: str, span: Span | None) -> Diagnostic:
    """INF645: a route by model leads to a service that nothing looks at."""
    return Diagnostic(
        code="INF645",
        slug="no-endpoint-picker",
        message=f"`match = model` of `{service}` needs an endpoint picker, and `round_robin` has "
        "none",
        span=span,
        help="leave `routing` out, or choose by path or host",
    )


def routing_contradicts(*, service: str, route: str, own: str, span: Span | None) -> Diagnostic:
    """INF646: two lines say in two ways how requests of a service are dealt out."""
    return Diagnostic(
        code="INF646",
        slug="routing-contradicts",
        message=f"requests of `{service}` cannot be dealt out both as `{route}` and as `{own}`",
        span=span,
        notes=("a service has one endpoint picker, whatever route a request came by",),
        help="say it in one place, or the same in all",
    )


def answers_cut_off(
    *, service: str, timeout_s: float, answer_s: float, span: Span | None
) -> Diagnostic:
    """INF647: a time-out is shorter than an answer takes."""
    return Diagnostic(
        code="INF647",
        slug="answers-cut-off",
        severity=Severity.WARNING,
        message=f"the gateway ends long answers of `{service}` before they are complete",
        span=span,
        notes=(
            f"timeout: {timeout_s:g} s",
            f"a long answer takes about {answer_s:g} s at the peak",
        ),
        help=f"write at least `timeout = {answer_s:g}s`, or leave it out",
    )


def same_model(*, services: tuple[str, str], model: str, span: Span | None) -> Diagnostic:
    """INF649: a request cannot say which of two services it means."""
    one, other = services
    return Diagnostic(
        code="INF649",
        slug="models-not-told-apart",
        message=f"`{one}` and `{other}` both serve `{model}`: a request cannot say which it means",
        span=span,
        help="give one of them a model block of its own, or another host or path",
    )


def too_many_models(*, have: int, most: int, span: Span | None) -> Diagnostic:
    """INF649: more models at one host than a route can choose from."""
    return Diagnostic(
        code="INF649",
        slug="models-not-told-apart",
        message=f"{have} services are chosen by model at one host, and a route has room for {most}",
        span=span,
        help="share them out over several hosts",
    )
