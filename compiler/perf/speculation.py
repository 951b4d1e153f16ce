"""Speculative decoding: a step checks guessed tokens beside the next one.

A drafter guesses ``k`` tokens for each sequence, and one step of the model checks them all: it
computes ``k + 1`` tokens of each sequence and reads weights and cache once. The guesses up to the
first wrong one stay, and one token more comes from the check itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from inferc.compiler.model import Engine, LanguageModel, Place
from inferc.compiler.perf.architecture import embedding_parameters
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, WIDE_BYTES
from inferc.compiler.perf.ideal import seen_s
from inferc.compiler.perf.memory import can_shard, kv_bytes_per_tok_and_shard, shard_weights_bytes
from inferc.compiler.perf.steps import Layout, Stage

KINDS = ("ngram", "draft", "eagle", "mtp")
"""Where the guesses come from: what the context says after the same words; a smaller model; a layer
trained to guess from the model's own features (EAGLE); layers that the model was trained with for
it (multi-token prediction)."""

WIDE_FORMAT = "bf16"
"""What draft models and EAGLE heads are published in."""

LOOKED_UP_BYTES_PER_S = 10e9
TOKEN_ID_BYTES = 8.0
"""Looking for an n-gram reads a sequence's token numbers once. Estimate: one core reads 10 GB/s."""

FEATURES = 2.0
"""Widths of the model that a head's first matrix joins into one: features and the embedding of the
token that was sampled (Li et al., EAGLE, 2024, section 4; DeepSeek-AI, DeepSeek-V3, 2024, 2.2)."""


class Acceptance(NamedTuple):
    """Between what published figures lie."""

    low: float
    high: float
    source: str


ACCEPTANCE: Mapping[str, Acceptance] = {
    "ngram": Acceptance(
        0.0,
        0.70,
        "nothing where answers repeat nothing, by definition; code editing with 5 guesses: 2.96 "
        "tokens a step (vLLM pull request 24344)",
    ),
    "draft": Acceptance(
        0.53,
        0.82,
        "T5-XXL with T5-small to T5-large, summaries and translation (Leviathan, Kalman and "
        "Matias, 2023, table 3)",
    ),
    "eagle": Acceptance(
        0.53,
        0.86,
        "MT-Bench, HumanEval, GSM8K: 2.08 tokens a step with 4 guesses (vLLM pull request 16035) "
        "to 5.08 with 7 (Nebius, EAGLE3-Llama-3.3-70B-Instruct, 2026)",
    ),
    "mtp": Acceptance(
        0.69,
        0.90,
        "3.09 tokens a step with 7 guesses of one module (Nebius, MTP-DeepSeek-V3-0324, 2026); 85 "
        "to 90 % of single guesses (DeepSeek-AI, DeepSeek-V3, 2024, section 5.4.3)",
    ),
}
"""Chance that a guess is right, given that those before it were: solved for from the mean tokens of
a step, ``1 + a + ... + a^k``, where those were published. Between texts it varies as much as
between methods, so that plans are made for the lower end unless somebody states it."""


class Drafter(NamedTuple):
    """How guesses are made, how many, and how good they are."""

    kind: str
    tokens: int
    acceptance: float
    model: LanguageModel | None = None
    """Of ``draft``: the smaller model."""


def tok_per_step(acceptance: float, guesses: int) -> float:
    """Return the tokens that a step brings a sequence on average: ``1 + a + a^2 + ... + a^k``.

    Source: Leviathan, Kalman and Matias, Fast inference from transformers via speculative decoding
    (ICML 2023), equation 1.
    Holds for: guesses that are right independently of each other, with the same chance.
    """
    return sum(acceptance**place for place in range(guesses + 1))


def tok_per_step_variance(acceptance: float, guesses: int) -> float:
    """Return the variance of the same number.

    ``E[X^2] = sum (2i + 1) P(X > i)`` with ``P(X > i) = a^i``.

    Source: the tail sum of a second moment.
    """
    squares = sum((2 * place + 1) * acceptance**place for place in range(guesses + 1))
    return squares - tok_per_step(acceptance, guesses) ** 2


def drafting_model(target: LanguageModel, drafter: Drafter) -> LanguageModel | None:
    """Return what computes one guess, as a model of its own; None where nothing is computed.

    An EAGLE head is one dense layer as wide as the model's, a module for multi-token prediction one
    layer of the model itself; both share embedding and output head with it.

    Source: Li et al., EAGLE (2024), section 4; DeepSeek-AI, DeepSeek-V3 (2024), section 2.2.
    """
    if drafter.kind == "draft":
        return drafter.model
    if drafter.kind == "ngram":
        return None
    nothing_else = replace(target.parameters, value=0.0)
    layer = replace(
        target,
        layers=1,
        mlp_layers=-1,
        dense_layers=0,
        window_layers=0,
        state_layers=0,
        prediction_layers=0,
        parameters=nothing_else,
    )
    if drafter.kind == "mtp":
        return layer
    width = target.intermediate * max(1, target.experts_per_token) + target.shared_intermediate
    return replace(
        layer,
        experts=0,
        experts_per_token=0,
        shared_intermediate=0,
        intermediate=target.dense_intermediate or width,
    )


def drafting_layout(model: LanguageModel, drafter: Drafter, layout: Layout) -> Layout:
    """Return how a drafting model is spread: as the model it guesses for, or else on each device.

    Source: vLLM and SGLang run drafters on the accelerators of the model's own group.
    """
    own = drafter.kind == "mtp"
    return replace(
        layout,
        precision=layout.precision if own else WIDE_FORMAT,
        tensor_parallel=layout.tensor_parallel
        if can_shard(model, layout.tensor_parallel, 1)
        else 1,
        pipeline_parallel=1,
        expert_parallel=layout.expert_parallel if own else 1,
        attention_data_parallel=layout.attention_data_parallel if own else 1,
    )


def draft_weights_bytes(target: LanguageModel, drafter: Drafter, layout: Layout) -> float:
    """Return the weights of the drafter on the accelerator that holds most of them."""
    model = drafting_model(target, drafter)
    if model is None:
        return 0.0
    spread = drafting_layout(model, drafter, layout)
    held = shard_weights_bytes(
        model,
        spread.precision,
        spread.tensor_parallel,
        1,
        expert_parallel=spread.expert_parallel,
        attention_data_parallel=spread.attention_data_parallel,
    )
    if drafter.kind == "draft":
        return held
    per_parameter = BYTES_PER_PARAMETER[spread.precision]
    tables = embedding_parameters(model) * max(per_parameter, WIDE_BYTES) / spread.tensor_parallel
    return held - tables + _joining_bytes(model, spread)


def draft_kv_bytes_per_tok(
    target: LanguageModel, drafter: Drafter, layout: Layout, context_tok: float = 0.0
) -> float:
    """Return what the drafter keeps of one token in the KV cache of one accelerator."""
    model = drafting_model(target, drafter)
    if model is None:
        return 0.0
    spread = drafting_layout(model, drafter, layout)
    return kv_bytes_per_tok_and_shard(
        model,
        spread.tensor_parallel // spread.attention_data_parallel,
        1,
        kv_precision=spread.kv_precision,
        context_tok=context_tok,
    )


def _joining_bytes(model: LanguageModel, layout: Layout) -> float:
    """Return the matrix that joins features and embedding, on one accelerator."""
    return FEATURES * model.hidden * model.hidden * WIDE_BYTES / layout.tensor_parallel


class SpeculatingStage(Stage):
    """The step times of a replica that checks guesses in each step: a clock for the simulator, too.

    What guessing takes is a fixed time in each step that decodes, ``draft_s``, and something for
    each sequence and each token of its context, which counts with the model's own. Prompts pass
    through the drafter as well, so that it knows them.

    Holds for: one stage (engines guess in no pipeline); guesses in a row, not trees of them.
    """

    def __init__(
        self, model: LanguageModel, place: Place, engine: Engine, layout: Layout, drafter: Drafter
    ) -> None:
        super().__init__(model, place, engine, layout)
        guesses, acceptance = drafter.tokens, drafter.acceptance
        self.wide = guesses + 1
        self.gain = tok_per_step(acceptance, guesses)
        self.gain_variance = tok_per_step_variance(acceptance, guesses)
        checked_s = seen_s(self.decode_pair_s * self.wide, self.kv_read_s, self.prices)
        self.kv_tok_s = checked_s * self.full_share
        self.window_kv_tok_s = checked_s * self.window_share
        small = drafting_model(model, drafter)
        self.draft_prompt_tok_s = 0.0
        if small is None:
            self.kv_tok_s += TOKEN_ID_BYTES / LOOKED_UP_BYTES_PER_S
            return
        spread = drafting_layout(small, drafter, layout)
        one = Stage(small, place, engine, spread)
        joining_s = 0.0
        if drafter.kind != "draft":
            joining_s = _joining_bytes(small, spread) / one.bandwidth / one.prices.memory
        # From where on all experts are read; then the slope of a step that is full.
        full = float(max(1, small.experts))
        pass_s = one.step_s(0.0, 0.0, full, 0.0) - full * one.sequence_s
        pass_s += joining_s - one.prices.step_overhead_s
        self.draft_s = guesses * pass_s
        head_s = one.head_flop / one.wide_peak / one.prices.compute
        self.sequence_s += guesses * (one.slope_s + head_s + one.state_s / one.prices.memory)
        self.kv_tok_s += guesses * one.kv_tok_s
        self.window_kv_tok_s += guesses * one.window_kv_tok_s
        self.pair_s += one.pair_s
        self.prompt_step_s += pass_s
        self.draft_prompt_tok_s = one.slope_s
        self.slope_s += one.slope_s

    def _tokens_s(self, tokens: float, *, launched: bool = False) -> float:
        """Return the same of the model, and of the drafter where there are prompts."""
        own_s = super()._tokens_s(tokens, launched=launched)
        return own_s + tokens * self.draft_prompt_tok_s if launched else own_s
