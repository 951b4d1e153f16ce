"""What only the Pulumi target has to say."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic, Span


def no_sdk_field(*, object_: str, owner: str, field: str, sdk: str) -> Diagnostic:
    """INF630: an object has a field that the pinned SDK has no argument for."""
    return Diagnostic(
        code="INF630",
        slug="no-sdk-field",
        message=f"the Pulumi SDK has no argument for the field `{field}` of {object_}",
        span=None,
        notes=(f"`{owner}` of {sdk} does not know it",),
        help="emit the target `kubernetes` instead, and report this",
    )


def bad_cluster(*, value: str, known: Sequence[str], span: Span | None) -> Diagnostic:
    """INF660: the option `cluster` of `emit pulumi` has a word that it does not know."""
    words = " or ".join(f'"{word}"' for word in known)
    return Diagnostic(
        code="INF660",
        slug="unknown-cluster-choice",
        message=f"a Pulumi program cannot make a cluster `{value}`",
        span=span,
        help=f"say {words}",
    )


def not_on_aws(*, service: str, have: str, span: Span | None) -> Diagnostic:
    """INF661: an EKS cluster cannot have the nodes that a service was planned for."""
    return Diagnostic(
        code="INF661",
        slug="not-on-aws",
        message=f"an EKS cluster cannot have the nodes of service `{service}`",
        span=span,
        notes=(f"it was planned for {have}, which is no instance type of AWS",),
        help='plan it on instances of AWS, or leave out `cluster = "eks"` and use a cluster '
        "that has these nodes",
    )


def not_installed(*, lacking: Sequence[str], span: Span | None) -> Diagnostic:
    """INF662: the program does not know how to install something on the cluster that it makes."""
    names = ", ".join(lacking)
    return Diagnostic(
        code="INF662",
        slug="not-installed-on-eks",
        message="the program would make a cluster that lacks what the objects need",
        span=span,
        notes=(f"it cannot install: {names}",),
        help="make the cluster by another program, install that there, and leave out "
        '`cluster = "eks"`',
    )


def no_namespace_yet(*, span: Span | None) -> Diagnostic:
    """INF663: on a cluster that does not exist yet nobody else can have made the namespace."""
    return Diagnostic(
        code="INF663",
        slug="no-namespace-yet",
        message="a cluster that the program makes has no namespace yet",
        span=span,
        help="leave out `create_namespace = false`",
    )
