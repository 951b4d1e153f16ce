"""Facts about language models: a block of kind `llm` to a :class:`LanguageModel`."""

from inferc.compiler.model import values
from inferc.compiler.model.design import LanguageModel
from inferc.compiler.model.parameters import derived_parameters
from inferc.compiler.provenance import Origin, Sourced, exactly
from inferc.compiler.resolve import ResolvedBlock
from inferc.compiler.units import show

MATRICES = {"gated": 3, "plain": 2}
"""Matrices of an MLP, by what the field `mlp` says."""

ALL = -1
"""Of layers with an MLP: every one."""

UNCOUNTED = exactly(0.0)
"""Stands for the parameters while they are worked out."""


def language_model(block: ResolvedBlock) -> LanguageModel:
    """Return the language model that ``block`` describes."""
    stated = block.fields.get("parameters")
    if stated is not None:
        return _with_parameters(block, values.sourced(stated))
    return _with_parameters(block, _counted(_with_parameters(block, UNCOUNTED), block))


def _counted(model: LanguageModel, block: ResolvedBlock) -> Sourced[float]:
    """Return the parameters that the layers hold, where no line states them."""
    counted = derived_parameters(model) + other_parameters(block)
    layers = block.fields["layers"]
    return Sourced(
        value=counted,
        low=counted,
        high=counted,
        origin=Origin.CATALOG if layers.origin is Origin.CATALOG else Origin.GIVEN,
        text=show(counted, "parameters"),
        span=layers.span,
        source=layers.source,
        as_of=layers.as_of,
        because="counted over the layers",
    )


def other_parameters(block: ResolvedBlock) -> float:
    """Return how many of the weights are no part of the language model."""
    stated = block.fields.get("other_parameters")
    return 0.0 if stated is None else values.amount(stated.value)


def _with_parameters(block: ResolvedBlock, parameters: Sourced[float]) -> LanguageModel:
    """Return the model that ``block`` describes, which has so many ``parameters``."""
    hidden, heads = values.count(block, "hidden"), values.count(block, "heads")
    experts = values.count_or(block, "experts", 0)
    return LanguageModel(
        id=block.path,
        title=values.text_or(block, "title", block.name),
        repository=values.text_or(block, "repository"),
        revision=values.text_or(block, "revision"),
        parameters=parameters,
        layers=values.count(block, "layers"),
        hidden=hidden,
        intermediate=values.count(block, "intermediate"),
        heads=heads,
        kv_heads=values.count(block, "kv_heads"),
        head_dim=values.count_or(block, "head_dim", hidden // heads),
        vocabulary=values.count(block, "vocabulary"),
        experts=experts,
        experts_per_token=values.count_or(block, "experts_per_token", experts),
        tied_embeddings=values.flag_or(block, "tied_embeddings"),
        context=values.count(block, "context"),
        mlp_matrices=MATRICES[values.text_or(block, "mlp", "gated")],
        mlp_layers=values.count_or(block, "mlp_layers", ALL),
        dense_layers=values.count_or(block, "dense_layers", 0),
        dense_intermediate=values.count_or(block, "dense_intermediate", 0),
        shared_intermediate=values.count_or(block, "shared_intermediate", 0),
        window_layers=values.count_or(block, "window_layers", 0),
        window_tok=values.count_or(block, "window", 0),
        kv_lora_rank=values.count_or(block, "kv_lora_rank", 0),
        q_lora_rank=values.count_or(block, "q_lora_rank", 0),
        qk_nope_head_dim=values.count_or(block, "qk_nope_head_dim", 0),
        qk_rope_head_dim=values.count_or(block, "qk_rope_head_dim", 0),
        v_head_dim=values.count_or(block, "v_head_dim", 0),
        attention_gate=values.flag_or(block, "attention_gate"),
        state_layers=values.count_or(block, "state_layers", 0),
        state_parameters=values.count_or(block, "state_parameters", 0),
        state_elements=values.count_or(block, "state_elements", 0),
        prediction_layers=values.count_or(block, "prediction_layers", 0),
        published=values.text_or(block, "dtype"),
        span=block.span,
    )
