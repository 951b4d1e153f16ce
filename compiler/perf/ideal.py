"""One engine step at data sheet speed, and what it takes in truth.

:class:`Ideal` is the step's work in seconds at the full peak and the full bandwidth: it depends on
the model, the layout and the hardware, and on no coefficient. :func:`tokens_s` and its siblings
price it. They hold plain arithmetic only, so that a fit can price arrays of steps with them.
"""

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from inferc.compiler.perf.roofline import larger

S = TypeVar("S")
"""A float, or an array of floats."""


class Ideal(NamedTuple, Generic[S]):
    """What the tokens of a step cost one accelerator at data sheet speed, in seconds.

    ``unit`` is the computing of one token: what a product that is too small to fill the device
    costs is a multiple of it.
    """

    matrix_s: S
    """Computing in the format of the weights."""
    matrix_unit_s: S
    matrix_read_s: S
    wide_s: S
    """Computing in 16 bits: what the format leaves wide, and states."""
    wide_unit_s: S
    wide_read_s: S
    expert_s: S
    expert_unit_s: S
    """Of one token of each expert touched."""
    expert_read_s: S
    activation_s: S
    message_s: S
    """Bytes and latencies of collectives on the link."""
    messages: S
    """How many collectives."""
    launches: S
    """Layers, counted by their kernels: 1 for grouped-query attention and a dense MLP."""


class Prices(NamedTuple, Generic[S]):
    """The coefficients that turn an :class:`Ideal` into time."""

    compute: S
    narrow: S
    """Efficiency in the format of the weights."""
    expert: S
    memory: S
    kv: S
    attention: S
    half_tok: S
    expert_half_tok: S
    layer_overhead_s: S
    step_overhead_s: S
    prompt_step_s: S
    host_layer_s: S
    sequence_overhead_s: S
    collective_overhead_s: S


def prices_from(coefficients: Mapping[str, S], *, narrow: S, expert: S) -> Prices[S]:
    """Return the prices that ``coefficients`` mean.

    ``narrow`` and ``expert`` are the efficiencies in the format of the weights.
    """
    return Prices(
        compute=coefficients["compute_efficiency"],
        narrow=narrow,
        expert=expert,
        memory=coefficients["memory_efficiency"],
        kv=coefficients["kv_efficiency"],
        attention=coefficients["attention_efficiency"],
        half_tok=coefficients["half_tok"],
        expert_half_tok=coefficients["expert_half_tok"],
        layer_overhead_s=coefficients["layer_overhead_s"],
        step_overhead_s=coefficients["step_overhead_s"],
        prompt_step_s=coefficients["prompt_step_s"],
        host_layer_s=coefficients["host_layer_s"],
        sequence_overhead_s=coefficients["sequence_overhead_s"],
        collective_overhead_s=coefficients["collective_overhead_s"],
    )


def tokens_s(ideal: "Ideal[float]", prices: "Prices[float]") -> float:
    """Return the time of all that depends on the tokens of a step alone.

    The operators follow one another: matrices, experts, traffic of activations, collectives; then
    the engine's own time. A product of ``m`` tokens runs at ``m / (m + half_tok)`` of its speed:
    tiles and waves are not full.

    Source: operators by :func:`roofline.larger`; tile and wave quantisation: NVIDIA, Matrix
    Multiplication Background User's Guide (2023).
    """
    half = prices.half_tok
    matrix_s = larger(
        (ideal.matrix_s + half * ideal.matrix_unit_s) / prices.narrow,
        ideal.matrix_read_s / prices.memory,
    )
    wide_s = larger(
        (ideal.wide_s + half * ideal.wide_unit_s) / prices.compute,
        ideal.wide_read_s / prices.memory,
    )
    expert_s = larger(
        (ideal.expert_s + prices.expert_half_tok * ideal.expert_unit_s) / prices.expert,
        ideal.expert_read_s / prices.memory,
    )
    return (
        matrix_s
        + wide_s
        + expert_s
        + ideal.activation_s / prices.memory
        + ideal.message_s
        + ideal.messages * prices.collective_overhead_s
        + ideal.launches * prices.layer_overhead_s
        + prices.step_overhead_s
    )


def launched_s(ideal: "Ideal[float]", prices: "Prices[float]") -> float:
    """Return the same where no captured graph fits: the host launches every kernel.

    It works ahead of the device, so the slower of the two decides.

    Source: measured as floors of prefill steps and of eager mode, see the accuracy page.
    """
    return larger(tokens_s(ideal, prices), ideal.launches * prices.host_layer_s)


def sampled_s(head_s: float, head_read_s: float, prices: "Prices[float]") -> float:
    """Return the time of the output head for the sequences that are sampled in a step."""
    return larger(head_s / prices.compute, head_read_s / prices.memory)


def seen_s(pair_s: float, read_s: float, prices: "Prices[float]") -> float:
    """Return the time of a decoding sequence's attention to one token of its context."""
    return larger(pair_s / prices.attention, read_s / prices.kv)


class StepWork(NamedTuple, Generic[S]):
    """A whole step at data sheet speed: its tokens, and the sequences and pairs in it."""

    tokens: Ideal[S]
    head_s: S
    head_read_s: S
    sequences: S
    """That decode."""
    state_s: S
    """Reading and writing the states of all of them."""
    context_tok: S
    """Earlier tokens they look at, those in windows by their share."""
    decode_pair_s: S
    """Computing one of those."""
    kv_read_s: S
    """Reading one of those."""
    pair_s: S
    """Attention of the prompts."""
    prompts: S
    """1 in a step that has prompt tokens, else 0."""
    launched: S
    """1 in a step that no captured graph fits, else 0."""


def step_s(work: "StepWork[float]", prices: "Prices[float]") -> float:
    """Return the time of a step: the same as a stage's clock says, for arrays too."""
    captured = 1.0 - work.launched
    return (
        captured * tokens_s(work.tokens, prices)
        + work.launched * launched_s(work.tokens, prices)
        + sampled_s(work.head_s, work.head_read_s, prices)
        + work.sequences * prices.sequence_overhead_s
        + work.state_s / prices.memory
        + work.context_tok * seen_s(work.decode_pair_s, work.kv_read_s, prices)
        + work.pair_s / prices.attention
        + work.prompts * prices.prompt_step_s
    )
