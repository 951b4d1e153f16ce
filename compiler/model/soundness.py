"""Whether the facts of a model fit together."""

from collections.abc import Iterator

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model.design import LanguageModel
from inferc.compiler.resolve import ResolvedBlock
from inferc.compiler.units import show
from inferc.dsl import Diagnostic

TOLERANCE = 0.05
"""How far the stated parameters may be from those of the layers: vision towers, biases and
adapters come to less."""


def problems(model: LanguageModel, block: ResolvedBlock) -> Iterator[Diagnostic]:
    """Return what does not fit together in the facts of ``model``, which ``block`` states."""
    if model.heads % model.kv_heads:
        yield report.uneven_heads(
            block.fields["kv_heads"].span,
            model=model.title,
            heads=model.heads,
            kv_heads=model.kv_heads,
        )
    derived = derived_parameters(model)
    ratio = model.parameters.value / derived
    if abs(ratio - 1) > TOLERANCE:
        yield report.parameters_do_not_add_up(
            block.fields["parameters"].span,
            model=model.title,
            stated=show(model.parameters.value, "parameters"),
            derived=show(derived, "parameters"),
            ratio=ratio,
        )


def derived_parameters(model: LanguageModel) -> float:
    """Return the number of weights that the architecture holds.

    Attention holds a matrix for queries and one for the output, each hidden x heads x head_dim, and
    two for keys and values, each hidden x kv_heads x head_dim; a gated MLP three of hidden x
    intermediate, once for each expert, and a router of hidden x experts; each layer two norms of
    hidden; embedding and output head hidden x vocabulary each, one where they are tied; one last
    norm.

    Source:
        Touvron et al., LLaMA, section 2, arXiv:2302.13971; Jiang et al., Mixtral of Experts,
        section 2, arXiv:2401.04088.

    Holds for:
        Decoder-only transformers with grouped-query attention, gated MLP and no biases.
    """
    attention = 2 * model.hidden * model.head_dim * (model.heads + model.kv_heads)
    mlp = 3 * model.hidden * model.intermediate * max(model.experts, 1)
    router = model.hidden * model.experts
    layer = attention + mlp + router + 2 * model.hidden
    embeddings = model.hidden * model.vocabulary * (1 if model.tied_embeddings else 2)
    return float(model.layers * layer + embeddings + model.hidden)
