"""What each decision of a layout may be: by the engine, the model, the place and the user's lines.

Pins may name values that are not tried by default; those are tried where they are possible.
"""

from collections.abc import Iterable

from inferc.compiler.model import Decision, Engine, LanguageModel, Place
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES, peak_flop_per_s
from inferc.compiler.perf.memory import can_shard
from inferc.compiler.perf.speculation import ACCEPTANCE, KINDS, Drafter
from inferc.compiler.plan.narrowing import allowed, stated_counts
from inferc.compiler.problem import Case

GUESSES = (1, 2, 3, 5, 7)
"""Tokens guessed in a step that are tried: what engines propose and papers measure lies between."""

SIXTEEN_BIT = ("fp16", "bf16")
"""As wide as each other, and what a KV cache is kept in unless a line allows fewer bits."""

SERVING_FIELD = "serving"

WIDENING = frozenset({"=", "in"})
"""Operators of lines that name what is allowed; the others only take away."""


def powers_up_to(limit: float) -> tuple[int, ...]:
    """Return 1, 2, 4, … up to ``limit``."""
    values: list[int] = []
    value = 1
    while value <= limit:
        values.append(value)
        value *= 2
    return tuple(values)


def divisors_up_to(number: int, limit: int) -> tuple[int, ...]:
    """Return the divisors of ``number`` that are not above ``limit``."""
    return tuple(value for value in range(1, min(number, limit) + 1) if number % value == 0)


def precisions_of(engine: Engine, place: Place, published: str = "") -> tuple[str, ...]:
    """Return the formats of weights that ``engine`` can run on ``place``, the ``published`` first.

    fp16 and bf16 cost the same, so that the first of them wins: the one the weights were made in,
    and bf16 of others that are no fp16. Numbers of the wider range overflow in fp16: answers of
    Qwen 2 have turned into exclamation marks, and vLLM does not start Gemma 2 and 3 in it. Nor
    does it start in bf16 on accelerators that do not compute in it: there the other is first.

    Source: vLLM, ``_FLOAT16_NOT_SUPPORTED_MODELS`` in ``vllm/config/model.py``, and
    ``check_if_supports_dtype`` of its CUDA platform; QwenLM/Qwen3, issue 761.
    """
    usable = [
        name
        for name in engine.precisions
        if name in BYTES_PER_PARAMETER and peak_flop_per_s(place.accelerator, name) > 0.0
    ]
    first = published if published in SIXTEEN_BIT else "bf16"
    known = place.accelerator.flop_per_s
    return tuple(
        sorted(usable, key=lambda name: (name in SIXTEEN_BIT and name not in known, name != first))
    )


def kv_precisions_of(
    engine: Engine, precision: str, decisions: Iterable[Decision]
) -> tuple[str, ...]:
    """Return the formats of the KV cache that are tried beside weights in ``precision``.

    Sixteen bits, in the format of the weights where those have sixteen: engines keep the cache as
    they compute. Fewer bits only where a line names them, as no SLA line measures the answers.
    """
    decisions = tuple(item for item in decisions if item.field == "kv_precision")
    known = tuple(name for name in engine.kv_precisions if name in KV_BYTES)
    wide = (precision,) if precision in SIXTEEN_BIT else ()
    wide = tuple(dict.fromkeys((*wide, *(name for name in known if name in SIXTEEN_BIT), "fp16")))
    first = tuple(name for name in wide if allowed(decisions, "kv_precision", name))[:1]
    if not any(item.operator in WIDENING for item in decisions):
        return first
    narrow = (name for name in known if name not in SIXTEEN_BIT)
    return (*first, *(name for name in narrow if allowed(decisions, "kv_precision", name)))


def tensor_degrees(model: LanguageModel, place: Place, engine: Engine) -> tuple[int, ...]:
    """Return the degrees of tensor parallelism that divide the heads and stay in a node."""
    if not engine.tensor_parallel:
        return (1,)
    degrees = divisors_up_to(model.heads, place.per_node)
    return tuple(degree for degree in degrees if can_shard(model, degree, 1))


def pipeline_degrees(
    model: LanguageModel, place: Place, engine: Engine, decisions: tuple[Decision, ...]
) -> tuple[int, ...]:
    """Return the degrees of pipeline parallelism that are tried: powers of two, and stated ones."""
    if not engine.pipeline_parallel:
        return (1,)
    limit = min(model.layers, place.accelerators)
    stated = (n for n in stated_counts(decisions, "pipeline_parallel") if n <= limit)
    return tuple(sorted({*powers_up_to(limit), *stated}))


def expert_degrees(
    model: LanguageModel, engine: Engine, tensor: int, decisions: tuple[Decision, ...]
) -> tuple[int, ...]:
    """Return over how many accelerators of a stage the experts are dealt out whole.

    Over none (1: each expert is cut into shards) or over all of them, which is what engines do that
    have a switch for it; numbers between only where the user names them and they divide the stage.
    """
    if not model.experts or not engine.expert_parallel or tensor == 1:
        return (1,)
    field = "expert_parallel"
    stated = (n for n in stated_counts(decisions, field) if tensor % n == 0)
    degrees = sorted({1, tensor, *stated})
    return tuple(degree for degree in degrees if degree <= model.experts)


def attention_degrees(
    model: LanguageModel, engine: Engine, tensor: int, decisions: tuple[Decision, ...]
) -> tuple[int, ...]:
    """Return into how many groups a stage may be divided that attend to sequences of their own.

    By default tried where attention is latent: its cache cannot be cut into shards, so that every
    accelerator of a group holds all of it. Engines do it for mixtures of experts only.

    Source: SGLang, DP attention for DeepSeek (2024); vLLM, data parallel deployment.
    """
    if not model.experts or not engine.attention_data_parallel or tensor == 1:
        return (1,)
    field = "attention_data_parallel"
    stated = (n for n in stated_counts(decisions, field) if tensor % n == 0)
    usual = {tensor} if model.kv_lora_rank else set[int]()
    return tuple(
        groups for groups in sorted({1, *usual, *stated}) if can_shard(model, tensor // groups, 1)
    )


def drafters_of(case: Case, engine: Engine, pipeline: int) -> tuple[Drafter | None, ...]:
    """Return who may guess tokens, and how many; None for nobody.

    Nobody, unless a line names who may: guesses cost nothing in quality, but how often they are
    right depends on the texts, which nobody but the user knows. Without a stated chance the lowest
    published one is planned for. Engines guess in no pipeline.

    Source: vLLM, speculative decoding ("not compatible with pipeline parallelism").
    """
    own = tuple(item for item in case.decisions if item.field == "speculation")
    nobody = (None,) if allowed(own, "speculation", "none") else ()
    if not any(item.operator in WIDENING for item in own) or pipeline > 1:
        return nobody
    field = "speculative_tokens"
    numbers = sorted({*GUESSES, *stated_counts(case.decisions, field)})
    return (
        *nobody,
        *(
            Drafter(kind, guesses, _acceptance(case, kind), case.draft)
            for kind in KINDS
            if kind in engine.speculation and can_guess(case, kind)
            if allowed(own, "speculation", kind)
            for guesses in numbers
            if allowed(case.decisions, field, guesses)
        ),
    )


def can_guess(case: Case, kind: str) -> bool:
    """Return whether there is what a kind of guessing needs of the model."""
    match kind:
        case "draft":
            return case.draft is not None
        case "mtp":
            return case.model.prediction_layers > 0
        case _:
            return True


def _acceptance(case: Case, kind: str) -> float:
    """Return the stated chance that a guess is right, or the lowest that is published."""
    return ACCEPTANCE[kind].low if case.acceptance is None else case.acceptance


def allows_aggregated(decisions: Iterable[Decision]) -> bool:
    """Return whether replicas may serve requests from their beginning to their end."""
    return allowed(decisions, SERVING_FIELD, "aggregated")


def allows_disaggregated(decisions: Iterable[Decision]) -> bool:
    """Return whether a line allows replicas that compute prompts only: unless, there are none."""
    own = tuple(item for item in decisions if item.field == SERVING_FIELD)
    named = any(item.operator in WIDENING for item in own)
    return named and allowed(own, SERVING_FIELD, "disaggregated")
