"""Whether the facts of a model fit together."""

from collections.abc import Iterator

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model.design import LanguageModel
from inferc.compiler.model.parameters import derived_parameters
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
