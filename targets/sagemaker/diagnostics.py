"""What only the SageMaker target has to say."""

from inferc.dsl import Diagnostic, Severity, Span


def no_machine_type(
    *, service: str, place: str, named: str, near: tuple[str, ...], span: Span | None
) -> Diagnostic:
    """INF665: a place does not say which type of machine it is, or SageMaker has no such type."""
    message = f"SageMaker has no machine `ml.{named}`, which `{service}` runs on"
    if not named:
        message = f"`{place}` does not say which type of machine `{service}` runs on"
    return Diagnostic(
        code="INF665",
        slug="no-machine-type",
        message=message,
        span=span,
        notes=(f"types with such accelerators: {', '.join(near) or 'none'}",),
        help="name the type in the place, such as `instance = aws.g6e_12xlarge`, instead of `gpu`",
    )


def no_region(
    *, service: str, region: str, known: tuple[str, ...], span: Span | None
) -> Diagnostic:
    """INF666: nobody says where an endpoint is, or there are no images there."""
    message = f"AWS has no images of engines in `{region}`, where `{service}` is"
    if not region:
        message = f"nothing says in which region `{service}` is deployed"
    return Diagnostic(
        code="INF666",
        slug="no-region",
        message=message,
        span=span,
        notes=(f"regions: {', '.join(known)}",),
        help='say `region = "us-east-1"` in the place, or in `emit sagemaker { … }`',
    )


def several_regions(*, regions: tuple[str, ...], span: Span | None) -> Diagnostic:
    """INF667: the services of one topology are in several regions."""
    return Diagnostic(
        code="INF667",
        slug="several-regions",
        message=f"the services of one program are in several regions: {', '.join(regions)}",
        span=span,
        notes=("one program has one network, one bucket and one key, all of one region",),
        help="make a topology for each region",
    )


def no_container(
    *, service: str, engine: str, version: str, known: tuple[str, ...], span: Span | None
) -> Diagnostic:
    """INF668: AWS publishes no image of this release of the engine."""
    return Diagnostic(
        code="INF668",
        slug="no-container",
        message=f"AWS has no container of {engine} {version} for SageMaker: `{service}` runs it",
        span=span,
        notes=(f"releases of {engine} that it has: {', '.join(known) or 'none'}",),
        help="choose another engine, `engine = vllm`, or one of these releases",
    )


def instance_half_used(
    *, service: str, used: int, have: int, others: tuple[str, ...], span: Span | None
) -> Diagnostic:
    """INF669: an asynchronous endpoint has one container an instance, smaller than that."""
    smaller = f", or take an instance with {used}: {', '.join(others)}" if others else ""
    return Diagnostic(
        code="INF669",
        slug="instance-half-used",
        message=f"a replica of `{service}` takes {used} of the {have} accelerators of an instance",
        span=span,
        notes=(f"an asynchronous endpoint runs one container in it, and the plan {have // used}",),
        help=f"pin `{service}.tensor_parallel = {have}`{smaller}",
    )


def starts_too_slowly(
    *, service: str, what: str, need_s: float, most_s: int, span: Span | None
) -> Diagnostic:
    """INF670: SageMaker gives up before a container has started."""
    return Diagnostic(
        code="INF670",
        slug="starts-too-slowly",
        message=f"SageMaker gives up before `{service}` has started: {what} takes too long",
        span=span,
        notes=(f"need: {need_s:.0f} s", f"have: {most_s} s"),
        help=f"narrow the weights of `{service}`, such as `precision = fp8`, or emit `kubernetes`",
    )


def no_shadow_here(*, service: str, why: str, span: Span | None) -> Diagnostic:
    """INF672: a candidate cannot be given a copy of the requests of this endpoint."""
    return Diagnostic(
        code="INF672",
        slug="no-shadow-here",
        message=f"`{service}` cannot have a shadow: {why}",
        span=span,
        notes=("a shadow is a second variant of a real-time endpoint with whole instances",),
        help=f"leave `shadow` out, or pin `{service}.tensor_parallel` to all accelerators of an "
        "instance",
    )


def bad_variable(
    *, service: str, variable: str, size: int, most: int, span: Span | None
) -> Diagnostic:
    """INF673: a setting of the engine cannot be a variable of a container."""
    return Diagnostic(
        code="INF673",
        slug="bad-variable",
        message=f"`{variable}` of `{service}` cannot be a variable of a container on SageMaker",
        span=span,
        notes=(f"it is one line of at most {most} bytes, and this has {size}",),
        help="shorten the name or the setting that it comes from",
    )


def must_stream(
    *, service: str, predicted_s: float, most_s: float, span: Span | None
) -> Diagnostic:
    """INF674: answers are cut off unless they are streamed."""
    return Diagnostic(
        code="INF674",
        slug="must-stream",
        message=f"answers of `{service}` end after {most_s:.0f} s unless callers stream them",
        span=span,
        severity=Severity.WARNING,
        notes=(f"predicted: {predicted_s:.1f} s for a whole answer at the peak",),
        help="let callers use InvokeEndpointWithResponseStream, shorten answers, or take "
        "`platform = sagemaker_async`",
    )
