"""What the ray-serve target may have to say beyond what every target has."""

from inferc.dsl import Diagnostic, Severity, Span


def no_ray_release(
    *, service: str, engine: str, version: str, known: tuple[str, ...], span: Span | None
) -> Diagnostic:
    """INF631: no image of Ray is known that brings the planned engine."""
    return Diagnostic(
        code="INF631",
        slug="no-ray-release",
        message=f"no release of Ray is known that brings {engine} {version}, which `{service}` "
        "is planned for",
        span=span,
        notes=(f"releases of {engine} that images of Ray bring: {', '.join(known)}",),
        help='name an image that has both: `emit ray_serve { ray_image = "…"; ray_version = '
        '"2.58.0" }`, or choose another release of the engine',
    )


def engine_of_image(
    *, service: str, planned: str, image: str, brings: str, span: Span | None
) -> Diagnostic:
    """INF632: the engine in the image of Ray may be another one than planned."""
    return Diagnostic(
        code="INF632",
        slug="engine-of-ray-image",
        severity=Severity.WARNING,
        message=f"`{service}` is planned for vLLM {planned}, and runs what `{image}` brings",
        span=span,
        notes=(f"it brings a release of vLLM {brings}",),
        help="for the planned one make an image of your own with Ray in it, and name it: "
        '`emit ray_serve { ray_image = "…"; ray_version = "…" }`',
    )


def image_without_version(*, missing: str, span: Span | None) -> Diagnostic:
    """INF633: an image is named, and no release of Ray with it, or the other way round."""
    return Diagnostic(
        code="INF633",
        slug="ray-image-without-version",
        message="`ray_image` and `ray_version` belong together",
        span=span,
        notes=(f"`{missing}` is not stated",),
        help=f"state `{missing}` too, or neither",
    )


def workers_do_not_suffice(*, service: str, replicas: int, need: int, have: int) -> Diagnostic:
    """INF634: Serve would ask for replicas that no worker can ever take."""
    return Diagnostic(
        code="INF634",
        slug="ray-workers-do-not-suffice",
        message=f"RayService of `{service}`: {replicas} replicas take {need} accelerators, and its "
        f"workers have {have}",
        span=None,
        help="this is a fault of the compiler: please report it with the file that you compiled",
    )
