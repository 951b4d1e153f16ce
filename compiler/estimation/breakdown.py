"""Where the time of a step goes: its operators, each with its share."""

from collections.abc import Mapping

from inferc.compiler.estimation.values import Breakdown, Figures, Load, Setup
from inferc.compiler.perf.architecture import window_pairs
from inferc.compiler.perf.ideal import Ideal, Prices, launched_s, tokens_s
from inferc.compiler.perf.steps import Stage

MATRICES, EXPERTS, WIDE = "matrices", "experts", "matrices in 16 bits"
KV, STATE, PROMPT_ATTENTION = "attention of answers (KV cache)", "states", "attention of prompts"
ACTIVATIONS, HEAD, COLLECTIVES = "activations", "output head", "collectives"
LAYERS, STEP, SEQUENCES = "gaps between kernels", "host, each step", "host, each sequence"
PROMPT_STEP, LAUNCHES = "host, steps with prompts", "host, launching kernels"

WORK = {
    "matrix": MATRICES,
    "wide": WIDE,
    "expert": EXPERTS,
    "activation": ACTIVATIONS,
    "message": COLLECTIVES,
}
"""Parts by how the fields of :class:`Ideal` begin; the others are gaps between kernels."""


def breakdowns(stage: Stage, setup: Setup, load: Load, figures: Figures) -> tuple[Breakdown, ...]:
    """Return the breakdown of one decode step, and of one step with a prompt beside the answers."""
    sequences = max(1, round(figures.sequences / setup.layout.pipeline_parallel))
    context_tok = load.prompt_tok + load.output_tok / 2.0
    room = max(1, setup.operating.max_num_batched_tokens - sequences)
    prompt = min(room, round(load.prompt_tok))
    return (
        breakdown(stage, 0, sequences, context_tok),
        breakdown(stage, prompt, sequences, context_tok),
    )


def breakdown(stage: Stage, prompt_tok: int, sequences: int, context_tok: float) -> Breakdown:
    """Return the parts of one step of one stage.

    It holds the first ``prompt_tok`` tokens of a prompt beside ``sequences`` sequences that decode
    at a context of ``context_tok``. The parts are those of :meth:`Stage.step_s`, and add up to it.
    """
    tokens = prompt_tok + sequences
    ideal, prices = stage.ideal(float(tokens)), stage.prices
    launched = prompt_tok > 0 or stage.layout.eager
    sampled = sequences + 1 if prompt_tok else sequences
    window = float(stage.window_tok)
    seen = min(context_tok, window) * stage.window_kv_tok_s + stage.kv_tok_s * context_tok
    pairs = prompt_tok * prompt_tok / 2.0
    windowed = window_pairs(0.0, float(prompt_tok), window)
    parts = {
        **_of_tokens(ideal, prices),
        HEAD: stage.sampled_s(sampled),
        KV: sequences * seen,
        PROMPT_ATTENTION: stage.pair_s * pairs + stage.window_pair_s * windowed,
        STATE: sequences * (stage.sequence_s - prices.sequence_overhead_s),
        SEQUENCES: sequences * prices.sequence_overhead_s,
        PROMPT_STEP: stage.prompt_step_s if prompt_tok else 0.0,
        LAUNCHES: launched_s(ideal, prices) - tokens_s(ideal, prices) if launched else 0.0,
    }
    return Breakdown(
        title="step with a prompt" if prompt_tok else "decode step",
        tokens=tokens,
        sequences=sequences,
        context_tok=context_tok,
        parts={name: value for name, value in parts.items() if value > 0.0},
        total_s=sum(parts.values()),
    )


def _of_tokens(ideal: Ideal[float], prices: Prices[float]) -> Mapping[str, float]:
    """Return the parts of what the tokens of a step take.

    The operators follow one another, so each is what the step takes with its work alone, less what
    it takes with none.
    """
    work: dict[str, dict[str, float]] = {}
    for field, amount in ideal._asdict().items():
        part = next((name for start, name in WORK.items() if field.startswith(start)), LAYERS)
        work.setdefault(part, {})[field] = amount
    nothing = Ideal(*(0.0 for _ in ideal))
    empty_s = tokens_s(nothing, prices)
    alone = {
        part: tokens_s(nothing._replace(**amounts), prices) - empty_s
        for part, amounts in work.items()
    }
    return {**alone, STEP: empty_s}
