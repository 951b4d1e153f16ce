"""What the Kubernetes target may have to say about networks."""

from inferc.dsl import Diagnostic, Span


def engine_not_started(
    *, service: str, engine: str, able: tuple[str, ...], span: Span | None
) -> Diagnostic:
    """INF620: no command starts this engine with a network alone."""
    return Diagnostic(
        code="INF620",
        slug="network-engine-not-started",
        message=f"{engine}, planned for `{service}`, serves code of yours, which nobody can emit",
        span=span,
        notes=(f"engines that serve a file: {', '.join(able)}",),
        help=f"pin one that serves a file: `pin {{ {service}.engine = {able[0]} }}`",
    )


def no_model_file(*, service: str, engine: str, file: str, span: Span | None) -> Diagnostic:
    """INF621: nobody says where the file is that the engine serves."""
    return Diagnostic(
        code="INF621",
        slug="model-file-not-named",
        message=f"{engine} serves a file that was built for it, and nobody says where that of "
        f"`{service}` is",
        span=span,
        notes=(
            "repositories hold weights; what a server runs is made of them, for one kind of GPU",
            f"it is looked for as `{file}` on a volume",
        ),
        help="put the file on a volume, and name its claim in the target's `emit` block: "
        '`model_volume = "models"`',
    )
