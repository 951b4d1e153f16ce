"""What may be wrong with the configuration of a model."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic, Span

INSTEAD = "describe the model in an `llm` block, whose fields say the same in other words"


def config_not_json(span: Span, *, path: str, expected: str) -> Diagnostic:
    """INF191: the configuration is no JSON object."""
    return Diagnostic(
        code="INF191",
        slug="config-not-json",
        message=f"`{path}` is no JSON: {expected} is missing",
        span=span,
        label=f"{expected} should stand here",
        help="take the file as it is from the model's repository",
    )


def unknown_architecture(
    span: Span, *, name: str, close: Sequence[str], known: Sequence[str]
) -> Diagnostic:
    """INF192: nothing is known about the kind of model."""
    near = " or ".join(f"`{item}`" for item in close)
    return Diagnostic(
        code="INF192",
        slug="unknown-architecture",
        message=f"the architecture `{name}` is not known",
        span=span,
        label=f"close to {near}" if near else "nothing says what its layers are",
        notes=(f"known: {', '.join(known)}",),
        help=INSTEAD,
    )


def no_architecture(span: Span, *, path: str, has: Sequence[str]) -> Diagnostic:
    """INF192: the file does not say what kind of model it is."""
    return Diagnostic(
        code="INF192",
        slug="unknown-architecture",
        message=f"`{path}` has no `model_type`",
        span=span,
        label="nothing says what the layers are",
        notes=(f"it has {', '.join(f'`{item}`' for item in has)}",) if has else (),
        help="take the `config.json` of a language model, which names its `model_type`",
    )


def config_lacks(span: Span, *, path: str, kind: str, names: Sequence[str]) -> Diagnostic:
    """INF193: members are missing without which nothing can be planned."""
    listed = ", ".join(f"`{name}`" for name in names)
    return Diagnostic(
        code="INF193",
        slug="config-lacks",
        message=f"`{path}` lacks {listed}",
        span=span,
        label=f"a `{kind}` needs {'it' if len(names) == 1 else 'them'}",
        help="complete the file from the model's repository, or describe the model in an `llm` "
        "block",
    )


def config_value(span: Span, *, name: str, expected: str) -> Diagnostic:
    """INF194: a member is of the wrong kind."""
    return Diagnostic(
        code="INF194",
        slug="config-value",
        message=f"`{name}` is not {expected}",
        span=span,
        label=f"expected {expected}",
        help="take the value from the model's repository",
    )


def unknown_quantisation(span: Span, *, said: str, known: Sequence[str]) -> Diagnostic:
    """INF195: the weights are in a format that nothing is known about."""
    return Diagnostic(
        code="INF195",
        slug="unknown-quantisation",
        message=f"weights published as {said} are not known",
        span=span,
        label="in no format that is known",
        notes=(f"known: {', '.join(known)}",),
        help="say which of them comes closest: `dtype = int4` in the body of the statement",
    )


def no_language_model(span: Span, *, name: str, what: str) -> Diagnostic:
    """INF196: the configuration is that of another kind of network."""
    return Diagnostic(
        code="INF196",
        slug="no-language-model",
        message=f"`{name}` is {what}, not a language model",
        span=span,
        label="it does not write texts token by token",
        help="take the `config.json` of a decoder-only language model; `cat.networks` has others",
    )


def layers_not_expressed(span: Span, *, name: str, what: str) -> Diagnostic:
    """INF197: the architecture has a twist that the fields of `llm` cannot say."""
    return Diagnostic(
        code="INF197",
        slug="layers-not-expressed",
        message=f"`{name}` says that the model has {what}, which inferc does not know",
        span=span,
        label="the layers are not what they seem to be",
        help="describe the nearest model in an `llm` block, with means where layers differ",
    )
