"""What people ask of a replica at a load: latencies by percentile, slots and memory needed."""

from collections.abc import Mapping
from math import sqrt
from types import MappingProxyType

from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.queueing import at_most, normal_quantile, percentile_s

ADMISSION = 0.99
"""The share of time in which an arriving request finds a free sequence slot and free KV cache. Who
waits for them beyond that is outside the model, so it is kept rarer than percentiles of SLAs."""


def ttft_s(found: Operation, percentile: float | None) -> float:
    """Return time to first token: a percentile, or the mean for None."""
    if percentile is None or not found.stable:
        return found.ttft_floor_s + found.ttft_excess_s
    return found.ttft_floor_s + percentile_s(found.ttft_excess_s, found.ttft_variance, percentile)


def itl_s(found: Operation, percentile: float | None) -> float:
    """Return the time between two tokens of an answer: a decode step, or one with prompts in it.

    Where guesses are checked, between two arrivals of tokens: those of a step come at once.
    """
    if percentile is None:
        return found.tpot_s * found.gain
    mixed = percentile > 1.0 - found.mixed_share
    return (found.mixed_s if mixed else found.decode_s) * found.pipeline


def tpot_s(found: Operation, percentile: float | None) -> float:
    """Return a request's mean time between tokens: a percentile over requests, or the mean."""
    if percentile is None or not found.stable:
        return found.tpot_s
    return max(0.0, found.tpot_s + normal_quantile(percentile) * sqrt(found.tpot_variance))


def e2e_s(found: Operation, demand: Demand, percentile: float | None) -> float:
    """Return the time from request to last token: a percentile, or the mean."""
    answer_s = found.tpot_s * max(0.0, demand.output_tok - 1.0)
    mean_s = found.ttft_floor_s + found.ttft_excess_s + answer_s
    if percentile is None or not found.stable:
        return mean_s
    variance = found.ttft_variance + demand.output_variation * answer_s * answer_s
    floor_s = found.ttft_floor_s
    return floor_s + percentile_s(mean_s - floor_s, variance, percentile)


def predicted_s(
    found: Operation, demand: Demand, metric: str, percentile: float | None
) -> float | None:
    """Return what an SLA line asks for, or None for a metric that is no latency of this model."""
    match metric:
        case "ttft":
            return ttft_s(found, percentile)
        case "itl":
            return itl_s(found, percentile)
        case "tpot":
            return tpot_s(found, percentile)
        case "e2e" | "latency":
            return e2e_s(found, demand, percentile)
        case _:
            return None


def sequences_needed(found: Operation) -> float:
    """Return the sequence slots that are enough for :data:`ADMISSION` of the time.

    Source: M/G/infinity, Poisson in number (Kingman 1993).
    """
    present = found.sequences + found.sequences_in_prefill
    return at_most(present, present, ADMISSION)


def kv_needed_tok(
    found: Operation, demand: Demand, block_tok: float, *, whole: bool = False
) -> float:
    """Return the tokens of KV cache that are enough for :data:`ADMISSION` of the time.

    Each sequence holds its context and half a block that is not full; where an engine reserves
    room for ``whole`` answers, all that it will be from the start.

    Source: Campbell's theorem (Kingman 1993, section 3.2); Kwon et al., PagedAttention (2023).
    """
    _, decode_square = _whole(demand)[0] if whole else (0.0, demand.context_square)
    _, prefill_square = _whole(demand)[1] if whole else (0.0, demand.prompt_tok * demand.prompt_tok)
    variance = found.sequences * decode_square + found.sequences_in_prefill * prefill_square
    return at_most(kv_held_tok(found, demand, block_tok, whole=whole), variance, ADMISSION)


def kv_held_tok(
    found: Operation, demand: Demand, block_tok: float, *, whole: bool = False
) -> float:
    """Return the tokens of KV cache that are held on average."""
    decoding, in_prefill = demand.context_tok, demand.prompt_tok
    if whole:
        (decoding, _), (in_prefill, _) = _whole(demand)
    mean = found.sequences * (decoding + block_tok / 2.0)
    return mean + found.sequences_in_prefill * in_prefill


def _whole(demand: Demand) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return mean and mean square of the final length: of decoding sequences, and of new ones.

    Of those decoding long answers are more: ``E[P] + E[O^2]/E[O]``, where the context in the middle
    has half of the latter; its square has ``E[O^3]/3 E[O]``, the final one's ``E[O^3]/E[O]``.

    Source: length-biased sampling (Kleinrock 1975, section 5.2).
    """
    prompt, output = demand.prompt_tok, demand.output_tok
    prompt_square = prompt * prompt * (1.0 + demand.prompt_variation)
    answer = demand.context_tok - prompt
    cube = 3.0 * (demand.context_square - prompt_square - 2.0 * prompt * answer)
    decoding = (prompt + 2.0 * answer, prompt_square + 4.0 * prompt * answer + cube)
    square = prompt_square + 2.0 * prompt * output + 2.0 * answer * output
    return decoding, (prompt + output, square)


def by_percentile(values: Mapping[str, float]) -> Mapping[str, float]:
    """Return ``values`` as a mapping that nobody can change."""
    return MappingProxyType(dict(values))
