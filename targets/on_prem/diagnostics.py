"""What a target for machines of one's own may have to say beyond what every target has."""

from inferc.dsl import Diagnostic, Span


def several_machines(*, service: str, machines: int, form: str, span: Span | None) -> Diagnostic:
    """INF640: a replica lies on several machines, and nothing joins them."""
    return Diagnostic(
        code="INF640",
        slug="replica-on-several-machines",
        message=f"a replica of `{service}` lies on {machines} machines, which `{form}` cannot join",
        span=span,
        notes=("Docker and Podman know one machine each",),
        help='put the machines into a `cluster` and write `form = "kubernetes"`, or pin '
        f"{service}.pipeline_parallel = 1",
    )


def ports_collide(*, port: int, first: str, second: str, span: Span | None) -> Diagnostic:
    """INF641: two containers want one port of a machine."""
    return Diagnostic(
        code="INF641",
        slug="ports-collide",
        message=f"port {port} is wanted by `{first}` and by `{second}`",
        span=span,
        help="set another `port` for the first service",
    )


def inconsistent(*, where: str, message: str) -> Diagnostic:
    """INF642: what is to be written would not run as planned."""
    return Diagnostic(
        code="INF642",
        slug="machine-inconsistent",
        message=f"{where}: {message}",
        span=None,
        help="this is a fault of the compiler: please report it with the file that you compiled",
    )


def form_does_not_fit(
    *, form: str, service: str, reason: str, other: str, span: Span | None
) -> Diagnostic:
    """INF643: the hardware is not what a form is for."""
    return Diagnostic(
        code="INF643",
        slug="form-does-not-fit",
        message=f"`{service}` cannot be run by `{form}`: {reason}",
        span=span,
        help=f'write `form = "{other}"`, or place the service elsewhere',
    )
