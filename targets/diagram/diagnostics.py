"""What the diagram target may have to say beyond what every target has."""

from inferc.dsl import Diagnostic


def no_renderer(*, wanted: str, program: str) -> Diagnostic:
    """INF650: there is no program to draw with."""
    return Diagnostic(
        code="INF650",
        slug="no-renderer",
        message="there is no program here that draws the picture",
        span=None,
        notes=(f"renderer `{wanted}` needs `{program}`, which was not found",),
        help="install it (`pip install graphviz-pure`), or ask for text only: "
        'formats = "dot, mermaid"',
    )


def no_png(*, missing: str) -> Diagnostic:
    """INF675: there is nothing here that makes pixels."""
    return Diagnostic(
        code="INF675",
        slug="no-png-renderer",
        message="there is nothing here that makes a PNG",
        span=None,
        notes=(f"without an installed Graphviz, a PNG needs the package `{missing}`",),
        help="install it (`pip install 'inferc[png]'`), or Graphviz, or take `svg`",
    )


def renderer_failed(*, program: str, reason: str) -> Diagnostic:
    """INF651: the program that draws the picture refused or broke."""
    return Diagnostic(
        code="INF651",
        slug="renderer-failed",
        message="the picture could not be drawn",
        span=None,
        notes=(f"`{program}`: {reason}",),
        help='choose another renderer, or ask for text only: formats = "dot, mermaid"',
    )
