"""Whether the facts of a model fit together."""

from collections.abc import Iterator

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model.design import LanguageModel
from inferc.compiler.model.models import other_parameters
from inferc.compiler.model.parameters import derived_parameters
from inferc.compiler.model.values import count_or
from inferc.compiler.resolve import ResolvedBlock
from inferc.compiler.units import show
from inferc.dsl import Diagnostic

TOLERANCE = 0.05
"""How far the stated parameters may be from those of the layers: biases, adapters and modules that
predict further tokens come to less."""

NEEDS = (
    ("window_layers", "window"),
    ("window", "window_layers"),
    ("kv_lora_rank", "qk_nope_head_dim"),
    ("kv_lora_rank", "qk_rope_head_dim"),
    ("kv_lora_rank", "v_head_dim"),
    ("q_lora_rank", "kv_lora_rank"),
    ("qk_nope_head_dim", "kv_lora_rank"),
    ("qk_rope_head_dim", "kv_lora_rank"),
    ("v_head_dim", "kv_lora_rank"),
    ("experts_per_token", "experts"),
    ("shared_intermediate", "experts"),
    ("dense_layers", "experts"),
    ("dense_layers", "dense_intermediate"),
    ("dense_intermediate", "dense_layers"),
    ("state_layers", "state_parameters"),
    ("state_layers", "state_elements"),
    ("state_parameters", "state_layers"),
    ("state_elements", "state_layers"),
)
"""Fields that mean nothing without the second one."""


def problems(model: LanguageModel, block: ResolvedBlock) -> Iterator[Diagnostic]:
    """Return what does not fit together in the facts of ``model``, which ``block`` states."""
    unfit = tuple(_alone(model, block)) or tuple(_too_many(model, block))
    yield from unfit
    if model.heads % model.kv_heads:
        yield report.uneven_heads(
            block.fields["kv_heads"].span,
            model=model.title,
            heads=model.heads,
            kv_heads=model.kv_heads,
        )
    if not unfit:
        yield from _sums(model, block)


def _alone(model: LanguageModel, block: ResolvedBlock) -> Iterator[Diagnostic]:
    """Yield the fields that stand without the one that gives them a meaning, each once."""
    said: set[str] = set()
    for name, needed in NEEDS:
        stated = count_or(block, name, 0) and not count_or(block, needed, 0)
        if stated and name not in said:
            said.add(name)
            yield report.field_alone(
                block.fields[name].span, model=model.title, name=name, needed=needed
            )


def _too_many(model: LanguageModel, block: ResolvedBlock) -> Iterator[Diagnostic]:
    """Yield the parts that are more than their whole."""
    with_attention = max(0, model.layers - model.state_layers)
    for part, count, whole, limit in (
        ("experts_per_token", model.experts_per_token, "experts", model.experts),
        ("mlp_layers", model.mlp_layers, "layers", model.layers),
        ("state_layers", model.state_layers, "layers", model.layers),
        ("dense_layers", model.dense_layers, "layers with an MLP", model.all_mlp_layers),
        ("window_layers", model.window_layers, "layers with attention", with_attention),
    ):
        if part in block.fields and count > limit:
            yield report.more_than_all(
                block.fields[part].span,
                model=model.title,
                part=(part, count),
                whole=(whole, limit),
            )
            return
    if model.attention_layers < 0:
        yield report.more_than_all(
            block.fields["mlp_layers"].span,
            model=model.title,
            part=("mlp_layers + state_layers", model.mlp_layers + model.state_layers),
            whole=("layers", model.layers),
        )


def _sums(model: LanguageModel, block: ResolvedBlock) -> Iterator[Diagnostic]:
    """Yield a warning where the layers do not hold the stated parameters."""
    if "parameters" not in block.fields:
        return
    derived = derived_parameters(model) + other_parameters(block)
    ratio = model.parameters.value / derived
    if abs(ratio - 1) > TOLERANCE:
        yield report.parameters_do_not_add_up(
            block.fields["parameters"].span,
            model=model.title,
            stated=show(model.parameters.value, "parameters"),
            derived=show(derived, "parameters"),
            ratio=ratio,
        )
