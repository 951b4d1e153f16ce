"""What may be wrong with what is to be simulated."""

from collections.abc import Sequence

from inferc.dsl.diagnostics import Diagnostic


def unknown_service(*, name: str, known: Sequence[str], near: str) -> Diagnostic:
    """INF745: no topology of the file has the service."""
    return Diagnostic(
        code="INF745",
        slug="unknown-service",
        message=f"there is no service `{name}`",
        span=None,
        notes=(f"the file has {', '.join(f'`{item}`' for item in known)}",),
        help=f"did you mean `{near}`?" if near else "name a service of the file",
    )
