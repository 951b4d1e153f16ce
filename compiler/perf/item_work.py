"""What a pass of a network over one item computes, reads and writes.

Source of the counts: Vaswani et al., Attention Is All You Need (2017); Devlin et al., BERT (2018);
Dosovitskiy et al., An Image is Worth 16x16 Words (2020); Radford et al., Whisper (2022).
"""

from dataclasses import replace
from typing import NamedTuple

from inferc.compiler.model.items import ItemModel, NetworkModule
from inferc.compiler.perf.formats import ACTIVATION_BYTES, BYTES_PER_PARAMETER
from inferc.compiler.provenance import Origin, Sourced, exactly

FLOP_PER_MULTIPLY_ADD = 2.0

KERNELS_PER_LAYER = 8
"""Of a transformer, fused as engines do: queries with keys and values, attention, its output, sum
and norm, the way up with its activation, the way down, sum and norm, and one for the rest."""

GATED = 3
"""Matrices of a gated MLP."""

READ_AND_WRITE = 2.0
"""What an operator writes the next one reads."""

LIVE_SHARE = 0.25
"""Share of all that the operators of a pass write which is held at once, at most: the largest layer
of ResNet-50 and its neighbours are 15 %, of a VAE's decoder at 1024 x 1024 about 20 %."""

NARROW_ACTIVATIONS = frozenset({"int8", "fp8"})
"""Formats of weights with which convolutions keep their activations in 8 bits as well."""


class Work(NamedTuple):
    """A pass over one item; ``weights_bytes`` once for all items of a batch."""

    matrix_flop: float
    """In the format of the weights."""
    attention_flop: float
    """In 16 bits."""
    moved_bytes: float
    """Activations that operators write and the next ones read."""
    cached_bytes: float
    """Keys and values of earlier passes."""
    lookup_bytes: float
    weights_bytes: float
    live_bytes: float
    """Of activations at once."""
    kernels: float
    rows: float
    """Rows of the matrix products: tokens."""


def passes_of(model: ItemModel, module: NetworkModule) -> float:
    """Return how many passes of ``module`` an item takes."""
    return module.passes + module.passes_per_step * (model.steps.value if model.steps else 0.0)


def tokens_of(model: ItemModel, module: NetworkModule) -> float:
    """Return the tokens of a pass over one item; 0 for a module that has none."""
    if module.tokens or not module.layers:
        return float(module.tokens)
    return model.tokens.value if model.tokens else 1.0


def layer_parameters(module: NetworkModule) -> float:
    """Return the parameters of the matrices of one transformer layer, without biases and norms."""
    attention = 2.0 * module.hidden * (module.heads + module.kv_heads) * module.head_dim
    return attention + float(module.mlp_matrices * module.hidden * module.intermediate)


def matrix_flop(module: NetworkModule, tokens: float) -> float:
    """Return the FLOP of a pass in matrices or convolutions: what is stated, else of the layers.

    Each weight of a layer's matrices takes one multiply-add a token, and so does the output head.
    """
    if module.flop is not None:
        return module.flop.value - module.attention_flop
    head = float(module.hidden * module.vocabulary)
    return FLOP_PER_MULTIPLY_ADD * tokens * (module.layers * layer_parameters(module) + head)


def attention_flop(module: NetworkModule, tokens: float) -> float:
    """Return the FLOP of attention, where layers say: all tokens look at all, both ways.

    A score and a weighted sum take a multiply-add a head dimension each.
    """
    if module.flop is not None:
        return module.attention_flop
    pairs = tokens * (tokens + module.cached_tok)
    width = float(module.heads * module.head_dim)
    return 2.0 * FLOP_PER_MULTIPLY_ADD * module.layers * width * pairs


def written_elements(module: NetworkModule, tokens: float) -> float:
    """Return half the numbers that move between operators of a pass: as stated, else of the layers.

    What matrix products read and write themselves is hidden behind their computing. Between them a
    layer has two sums with a norm, each of which reads two states and writes one, and a gated MLP
    the product of its two branches, which reads two and writes one.
    """
    if module.activations is not None:
        return module.activations.value
    gated = 1.5 * module.intermediate if module.mlp_matrices == GATED else 0.0
    return tokens * module.layers * (3.0 * module.hidden + gated)


def live_bytes(module: NetworkModule, tokens: float) -> float:
    """Return the activations of one item that are held at once.

    Of a transformer the residual, its norm, and the widest operator's input and output.
    """
    if module.activations is not None or not module.layers:
        return LIVE_SHARE * written_elements(module, tokens) * ACTIVATION_BYTES
    heads = (module.heads + 2 * module.kv_heads) * module.head_dim
    widest = max((module.mlp_matrices - 1) * module.intermediate, heads, module.vocabulary)
    return tokens * (2.0 * module.hidden + 2.0 * widest) * ACTIVATION_BYTES


def activation_bytes(module: NetworkModule, precision: str) -> float:
    """Return the bytes of one activation that an operator writes."""
    narrow = module.convolution and precision in NARROW_ACTIVATIONS
    return BYTES_PER_PARAMETER[precision] if narrow else ACTIVATION_BYTES


def work(model: ItemModel, module: NetworkModule, precision: str) -> Work:
    """Return what a pass of ``module`` over one item of ``model`` takes."""
    tokens = tokens_of(model, module)
    per_parameter = BYTES_PER_PARAMETER[precision]
    kv_width = 2.0 * module.layers * module.kv_heads * module.head_dim
    moved = written_elements(module, tokens) * activation_bytes(module, precision)
    return Work(
        matrix_flop=matrix_flop(module, tokens),
        attention_flop=attention_flop(module, tokens),
        moved_bytes=READ_AND_WRITE * moved,
        cached_bytes=module.cached_tok * kv_width * ACTIVATION_BYTES,
        lookup_bytes=module.lookups * module.lookup_bytes * per_parameter / ACTIVATION_BYTES,
        weights_bytes=0.0 if module.lookups else module.parameters.value * per_parameter,
        live_bytes=live_bytes(module, tokens),
        kernels=float(module.kernels or KERNELS_PER_LAYER * module.layers),
        rows=tokens if module.layers else 0.0,
    )


def flop_per_item(model: ItemModel) -> float:
    """Return the FLOP of all passes over one item."""
    return sum(
        passes_of(model, module) * (matrix_flop(module, tokens) + attention_flop(module, tokens))
        for module in model.modules
        for tokens in (tokens_of(model, module),)
    )


def sized(
    model: ItemModel, *, tokens: float | None = None, steps: float | None = None
) -> ItemModel:
    """Return ``model`` for items of so many tokens, or with so many steps."""
    changes: dict[str, Sourced[float]] = {}
    if tokens is not None:
        changes["tokens"] = exactly(tokens, Origin.GIVEN, text=f"{tokens:g} tok")
    if steps is not None:
        changes["steps"] = exactly(steps, Origin.GIVEN, text=f"{steps:g}")
    return replace(
        model,
        tokens=changes.get("tokens", model.tokens),
        steps=changes.get("steps", model.steps),
    )
