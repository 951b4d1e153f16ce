"""What there is to say about guessed tokens."""

from inferc.dsl import Diagnostic, Span


def no_draft_model(span: Span, *, service: str) -> Diagnostic:
    """INF164: a draft model is asked for, and none is named."""
    return Diagnostic(
        code="INF164",
        slug="no-draft-model",
        message=f"`{service}` is to guess with a draft model, and names none",
        span=span,
        label="needs a smaller model of the same vocabulary",
        help="name it beside: `draft_model = cat.models.meta.llama_3_1_8b_instruct`",
    )


def no_prediction_module(span: Span, *, model: str) -> Diagnostic:
    """INF165: multi-token prediction is asked of a model that was not trained for it."""
    return Diagnostic(
        code="INF165",
        slug="no-prediction-module",
        message=f"{model} has no modules for multi-token prediction",
        span=span,
        label="needs modules that were trained with the model",
        help="allow another way, `speculation in [none, eagle]`, or leave it out; if the "
        "checkpoint has such modules, say how many: `prediction_layers = 1` in the `llm` block",
    )


def other_vocabulary(
    span: Span | None, *, draft: str, model: str, tokens: tuple[int, int]
) -> Diagnostic:
    """INF166: the draft model counts other tokens than the model."""
    return Diagnostic(
        code="INF166",
        slug="other-vocabulary",
        message=f"{draft} cannot guess for {model}: their vocabularies differ",
        span=span,
        notes=(f"{draft}: {tokens[0]:,} tokens", f"{model}: {tokens[1]:,} tokens"),
        help="name a draft model of the same family, which shares the tokenizer",
    )
