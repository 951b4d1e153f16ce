"""What mixes tokens in the layers of a model: attention of all kinds, and states."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inferc.compiler.huggingface.config import Config, whole_number
from inferc.compiler.huggingface.document import Members, Value

WINDOWED = ("sliding_attention", "chunked_attention", "sliding_window")
LINEAR = ("linear_attention", "mamba", "recurrent")


@dataclass(frozen=True, slots=True)
class State:
    """A mixer with a state of constant size: the weights of its matrices, the numbers it keeps."""

    parameters: int
    elements: int


def delta_net(config: Config, hidden: int) -> State:
    """Return the mixer of a gated delta net.

    Queries and keys are as wide as all key heads, values and their gate as all value heads; two
    numbers of each value head decide what it forgets and writes. A convolution runs over queries,
    keys and values; the state of a value head is a matrix of key times value width.

    Source:
        Yang et al., Gated Delta Networks, arXiv:2412.06464; Qwen3-Next in Hugging Face
        transformers.
    """
    key_dim, value_dim = config.count("linear_key_head_dim"), config.count("linear_value_head_dim")
    value_heads = config.count("linear_num_value_heads")
    keys = config.count("linear_num_key_heads") * key_dim
    all_values = value_heads * value_dim
    kernel = config.count_or(4, "linear_conv_kernel_dim")
    convolved = 2 * keys + all_values
    projections = hidden * (2 * keys + 2 * all_values + 2 * value_heads) + all_values * hidden
    return State(
        parameters=projections + convolved * kernel + 2 * value_heads + value_dim,
        elements=value_heads * key_dim * value_dim + convolved * (kernel - 1),
    )


def mamba_2(config: Config, hidden: int) -> State:
    """Return the mixer of a Mamba-2 layer.

    One matrix yields the gate, the input, the state's input and output of each group, and a step of
    each head; a convolution runs over all but gate and steps; a matrix leads back.

    Source:
        Dao and Gu, Transformers are SSMs, section 7, arXiv:2405.21060.
    """
    heads, head_dim = config.count("mamba_num_heads"), config.count("mamba_head_dim")
    state = config.count("ssm_state_size")
    kernel = config.count_or(4, "conv_kernel")
    inner = heads * head_dim
    convolved = inner + 2 * config.count("n_groups") * state
    projections = hidden * (inner + convolved + heads) + inner * hidden
    return State(
        parameters=projections + convolved * (kernel + 1) + 3 * heads + inner,
        elements=inner * state + convolved * (kernel - 1),
    )


def mamba_1(config: Config, hidden: int) -> State:
    """Return the mixer of a Mamba layer, with the norms that Jamba adds inside.

    Source:
        Gu and Dao, Mamba, section 3, arXiv:2312.00752; Lieber et al., Jamba, arXiv:2403.19887.
    """
    inner = config.count_or(2, "mamba_expand") * hidden
    state = config.count_or(16, "mamba_d_state")
    kernel = config.count_or(4, "mamba_d_conv")
    rank = config.count_or(-(-hidden // 16), "mamba_dt_rank")
    projections = 2 * hidden * inner + inner * (rank + 2 * state) + rank * inner + inner * hidden
    return State(
        parameters=projections + inner * (kernel + 1 + state + 2) + rank + 2 * state,
        elements=inner * state + inner * (kernel - 1),
    )


def lightning(config: Config, hidden: int) -> State:
    """Return the mixer of lightning attention: queries, keys, values, a gate and the output.

    Source:
        MiniMax, MiniMax-01, section 2.2, arXiv:2501.08313.
    """
    head_dim = config.count("head_dim")
    width = config.count("num_attention_heads") * head_dim
    return State(parameters=5 * hidden * width + width, elements=width * head_dim)


@dataclass(frozen=True, slots=True)
class Windows:
    """How many layers look back at how many tokens."""

    layers: int
    width: int
    names: tuple[str, ...]
    """The members that say so."""


def windows(config: Config, kinds: Sequence[str], layers: int, context: int) -> Windows:
    """Return the layers with a sliding window; none where it is as long as the context.

    ``kinds`` names the kind of each layer where the configuration or its family does.
    """
    name = config.named("sliding_window", "attention_chunk_size")
    width = config.count_or(0, name)
    windowed = sum(kind in WINDOWED for kind in kinds) if kinds else layers
    if not width or width >= context or not windowed:
        return Windows(0, 0, ())
    return Windows(windowed, width, (name,))


def pattern(layers: int, period: int) -> tuple[str, ...]:
    """Return the kinds of layers where each ``period``-th one looks at everything."""
    kinds = ("sliding_attention", "full_attention")
    return tuple(kinds[(layer + 1) % period == 0] for layer in range(layers))


def upper(layers: int, first: int) -> tuple[str, ...]:
    """Return the kinds of layers where those from ``first`` on have a window."""
    kinds = ("full_attention", "sliding_attention")
    return tuple(kinds[layer >= first] for layer in range(layers))


def every(layers: int, period: int, offset: int) -> Iterator[bool]:
    """Yield for each layer whether it is one of each ``period``, the first being ``offset``."""
    return ((layer - offset) % max(1, period) == 0 for layer in range(layers))


# ---- layers that a search chose ----------------------------------------------------------------

MULTIPLE = 256
"""Widths of an MLP are rounded up to it (Nemotron's configuration class)."""


def group_sizes(blocks: Iterable[Value]) -> list[int]:
    """Return of each layer with attention how many heads share a key-value head."""
    parts = (_part(block, "attention") for block in blocks)
    sizes = (part.values.get("n_heads_in_group") for part in parts if part is not None)
    return [size for size in sizes if whole_number(size) and size]


def mlp_widths(blocks: Iterable[Value], hidden: int) -> list[int]:
    """Return of each layer with an MLP how wide that is.

    Source:
        Bercovich et al., Puzzle, arXiv:2411.19146; the configuration class of the models.
    """
    parts = (_part(block, "ffn") for block in blocks)
    ratios = (part.values.get("ffn_mult") for part in parts if part is not None)
    return [
        -(-int(2 * ratio * hidden / 3) // MULTIPLE) * MULTIPLE
        for ratio in ratios
        if isinstance(ratio, int | float) and 0 < ratio < MULTIPLE
    ]


def _part(block: Value, name: str) -> Members | None:
    """Return the part of a layer that does something, or None."""
    part = block.values.get(name) if isinstance(block, Members) else None
    if not isinstance(part, Members) or part.values.get("no_op") is True:
        return None
    return part
