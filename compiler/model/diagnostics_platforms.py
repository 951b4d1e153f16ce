"""What is wrong with places on managed platforms."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic, Span


def not_on_platform(
    span: Span, *, platform: str, accelerator: str, known: Sequence[str]
) -> Diagnostic:
    """INF168: a platform does not have the accelerators that a place asks for."""
    names = ", ".join(f"cat.{path}" for path in known)
    return Diagnostic(
        code="INF168",
        slug="not-on-platform",
        message=f"{platform} has no {accelerator}",
        span=span,
        label="not offered there",
        notes=(f"it has {names}",),
        help="take one of these, or another platform",
    )


def machine_not_on_platform(span: Span, *, platform: str, machine: str, cloud: str) -> Diagnostic:
    """INF168: a place names a type of machine that its platform has not."""
    known = f"its instances are machines of {cloud}" if cloud else "its instances have no types"
    step = f"name a type of {cloud}" if cloud else "say `gpu`, the accelerators of an instance"
    return Diagnostic(
        code="INF168",
        slug="not-on-platform",
        message=f"{platform} has no {machine}",
        span=span,
        label="not offered there",
        notes=(known,),
        help=step,
    )


def too_many_instances(span: Span, *, platform: str, most: int) -> Diagnostic:
    """INF169: a place asks for more instances than its platform gives anybody."""
    return Diagnostic(
        code="INF169",
        slug="too-many-instances",
        message=f"{platform} has at most {most} instances of a service",
        span=span,
        label="more than that",
        help=f"write `instances in 0..{most}`, and share the load out over several services",
    )
