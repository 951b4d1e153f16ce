"""What the kserve target may have to say beyond what every target has."""

from inferc.dsl import Diagnostic, Span


def text_is_template(*, service: str, text: str, span: Span | None) -> Diagnostic:
    """INF636: KServe would run a text as a template."""
    return Diagnostic(
        code="INF636",
        slug="text-is-template",
        message=f"KServe would take `{text}` of `{service}` for a template, and run it",
        span=span,
        notes=("it runs the whole of an LLMInferenceService as a template of Go",),
        help="write it without `{{`, or emit the other kind: `emit kserve { kind = "
        "inference_service }`",
    )
