"""What may be wrong with the result file of a load generator."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic, Span

READABLE = (
    "results that can be read are those of `vllm bench serve --save-result`, GuideLLM (JSON) and "
    "AIPerf (JSON or CSV)"
)

FLAGS = {
    "model": "--model",
    "gpu": "--gpu",
    "engine": "--engine",
    "isl": "--isl",
    "osl": "--osl",
    "load": "--concurrency or --rate",
}
"""What the command line can add, by what is missing."""


def unknown_result(span: Span, *, name: str) -> Diagnostic:
    """INF770: the file is no table, and no result of a known tool."""
    return Diagnostic(
        code="INF770",
        slug="unknown-result-file",
        message=f"`{name}` is neither a table of measurements nor a result that can be read",
        span=span,
        notes=(READABLE,),
        help="give one of these, or a CSV table with the columns that the docs list",
    )


def result_lacks(span: Span, *, run: str, tool: str, missing: Sequence[str]) -> Diagnostic:
    """INF771: a result does not say what a prediction needs."""
    listed = ", ".join(f"`{name}`" for name in missing)
    flags = ", ".join(FLAGS[name] for name in missing)
    return Diagnostic(
        code="INF771",
        slug="result-lacks",
        message=f"`{run}` does not say {listed}",
        span=span,
        notes=(f"a result of {tool} does not hold everything about the server",),
        help=f"add {flags}",
    )


def nothing_measured(span: Span, *, run: str, tool: str) -> Diagnostic:
    """INF772: a result holds no figure at all."""
    return Diagnostic(
        code="INF772",
        slug="nothing-measured",
        message=f"`{run}` holds neither a latency nor a throughput",
        span=span,
        notes=(f"it was read as a result of {tool}, in which every request may have failed",),
        help="run the benchmark again, with streaming on",
    )
