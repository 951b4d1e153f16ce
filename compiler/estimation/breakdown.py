"""Where the time of a step goes: its operators, each with its share."""

from inferc.compiler.estimation.values import Breakdown, Figures, Load, Setup
from inferc.compiler.perf.architecture import window_pairs
from inferc.compiler.perf.ideal import launched_s, tokens_s
from inferc.compiler.perf.roofline import larger
from inferc.compiler.perf.steps import Stage

MATRICES, EXPERTS, WIDE = "matrices", "experts", "matrices in 16 bits"
KV, STATE, PROMPT_ATTENTION = "attention of answers (KV cache)", "states", "attention of prompts"
ACTIVATIONS, HEAD, COLLECTIVES = "activations", "output head", "collectives"
LAYERS, STEP, SEQUENCES = "gaps between kernels", "host, each step", "host, each sequence"
PROMPT_STEP, LAUNCHES = "host, steps with prompts", "host, launching kernels"


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
    half = prices.half_tok
    launched = prompt_tok > 0 or stage.layout.eager
    sampled = sequences + 1 if prompt_tok else sequences
    window = float(stage.window_tok)
    seen = min(context_tok, window) * stage.window_kv_tok_s + stage.kv_tok_s * context_tok
    pairs = prompt_tok * prompt_tok / 2.0
    windowed = window_pairs(0.0, float(prompt_tok), window)
    parts = {
        MATRICES: larger(
            (ideal.matrix_s + half * ideal.matrix_unit_s) / prices.narrow,
            ideal.matrix_read_s / prices.memory,
        ),
        WIDE: larger(
            (ideal.wide_s + half * ideal.wide_unit_s) / prices.compute,
            ideal.wide_read_s / prices.memory,
        ),
        EXPERTS: larger(
            (ideal.expert_s + prices.expert_half_tok * ideal.expert_unit_s) / prices.expert,
            ideal.expert_read_s / prices.memory,
        ),
        HEAD: stage.sampled_s(sampled),
        KV: sequences * seen,
        PROMPT_ATTENTION: stage.pair_s * pairs + stage.window_pair_s * windowed,
        STATE: sequences * (stage.sequence_s - prices.sequence_overhead_s),
        ACTIVATIONS: ideal.activation_s / prices.memory,
        COLLECTIVES: ideal.message_s + ideal.messages * prices.collective_overhead_s,
        LAYERS: ideal.layers * prices.layer_overhead_s,
        STEP: prices.step_overhead_s,
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
