"""How a measurement was taken: what was sent, when, to how many replicas, and what was counted.

A table says only part of it. The rest is what the source publishes of its method
(``methods``), else the field's usual way for that kind of load, which is then an assumption.
Every field says which of the three it is, so that an estimate can be less sure where less is known.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import exp, log
from statistics import NormalDist

from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.methods import Setting, Source, source_of
from inferc.compiler.calibration.names import generation
from inferc.compiler.units import from_unit

_NORMAL = NormalDist()


class Basis(Enum):
    """Where a part of a protocol comes from, the most certain first."""

    STATED = "stated"
    """The row says so."""
    SOURCE = "known for this source"
    """The source publishes how it measures."""
    ASSUMED = "assumed"
    """Nobody says; the field's usual way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How lengths are distributed.

    ``shape`` is ``constant``; ``uniform`` from ``low_tok`` to ``high_tok``; ``lognormal`` with a
    coefficient of variation; or ``capped``: some answers are cut at ``high_tok``, the others end
    anywhere below, so many that the mean holds.
    """

    shape: str
    mean_tok: float
    low_tok: float = 0.0
    high_tok: float = 0.0
    variation: float = 0.0

    def at(self, share: float) -> float:
        """Return the length, in tokens, that ``share`` of all lengths (0 to 1) lie below."""
        match self.shape:
            case "uniform":
                return self.low_tok + share * (self.high_tok - self.low_tok)
            case "lognormal":
                sigma_squared = log(1.0 + self.variation**2)
                z = _NORMAL.inv_cdf(min(max(share, 1e-6), 1.0 - 1e-6))
                return self.mean_tok * exp(z * sigma_squared**0.5 - sigma_squared / 2.0)
            case "capped":
                ended = 1.0 - self.share_cut
                return self.high_tok * min(1.0, share / ended) if ended else self.high_tok
            case _:
                return self.mean_tok

    @property
    def share_cut(self) -> float:
        """How many answers of a ``capped`` spread reach the cap: their mean says it."""
        return min(1.0, max(0.0, 2.0 * self.mean_tok / self.high_tok - 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How one row was measured."""

    arrivals: str
    """``closed`` (a new request when one ends), ``at_once``, ``poisson`` or ``even``."""
    rate_per_s: float | None
    in_flight: int | None
    """The most requests at a time; None where nothing limits them."""
    requests: int
    warm_up: bool
    """Whether requests were sent before counting began. Noted, and changes no prediction: what a
    cold server does first is not modelled."""
    steady: bool
    """Whether the initial burst and the end are left out of what is counted."""
    prompt: Spread
    output: Spread
    template_tok: float
    """What a chat template adds to each prompt beyond ``prompt``."""
    reused_share: float
    """Share of prompt tokens that a prefix cache holds already, where it is on and large enough."""
    distinct_prompts: int | None
    """How many prompts that is about, to see whether the cache can hold them; None for few."""
    client: str
    """``http``, ``triton`` (its front end in C++), ``in_process`` (the engine's Python class) or
    ``native`` (the engine's own benchmark in C++)."""
    percentile: float | None
    """What latencies are: 0.5 for the median; None for the mean."""
    tpot_of: str
    """``request``: (e2e - ttft) / (n - 1), over requests; ``token``: mean gap between tokens.
    Noted, and changes no prediction: all are of requests."""
    ttft_of: str
    """``request``: each one's own; ``last``: when the last prompt of a batch has its token."""
    tensor_parallel: int | None
    """None where nobody says: as few as hold the weights."""
    pipeline_parallel: int
    expert_parallel: int
    attention_data_parallel: int
    replicas: int
    generation: str
    """The engine's id, that of its older generation (``vllm_v0``, ``tensorrt_llm_cpp``, ``tgi_v1``)
    where it was rewritten since."""
    settings: Mapping[str, Setting]
    """Engine settings of the source's own scripts; a row's command line wins over them."""
    basis: Mapping[str, Basis] = field(default_factory=dict[str, Basis])
    source: str = ""
    """Where the source publishes how it measures; empty where that is not known."""

    @property
    def assumed(self) -> tuple[str, ...]:
        """The fields that nobody states, sorted."""
        return tuple(sorted(name for name, basis in self.basis.items() if basis is Basis.ASSUMED))


def protocol_of(conditions: Conditions) -> Protocol:
    """Return how a row was measured, as far as the row and its source say."""
    source = source_of(conditions)
    basis: dict[str, Basis] = {}
    arrivals, rate, in_flight = _arrivals(conditions, source, basis)
    tensor, replicas = _parallel(conditions, source, basis)
    return Protocol(
        arrivals=arrivals,
        rate_per_s=rate,
        in_flight=in_flight,
        requests=_requests(conditions, source, in_flight, basis),
        warm_up=True if source.warm_up is None else source.warm_up,
        steady=source.steady,
        prompt=_prompt(conditions, source, basis),
        output=_output(conditions, source, basis),
        template_tok=source.template_tok,
        reused_share=_reused(conditions, source, basis),
        distinct_prompts=source.distinct_prompts,
        client=_client(conditions, source, basis),
        percentile=_percentile(conditions, basis),
        tpot_of=source.tpot_of,
        ttft_of=source.ttft_of,
        tensor_parallel=tensor,
        pipeline_parallel=conditions.pipeline_parallel or 1,
        expert_parallel=conditions.expert_parallel or 1,
        attention_data_parallel=conditions.attention_data_parallel or 1,
        replicas=replicas,
        generation=generation(conditions, source.engine_version),
        settings=dict(sorted(source.settings.items())),
        basis=basis,
        source=source.url,
    )


# ---- when requests come ----------------------------------------------------------------------

_AT_ONCE = {"burst", "mlperf_offline", "offline", "static_batch"}


def _arrivals(
    row: Conditions, source: Source, basis: dict[str, Basis]
) -> tuple[str, float | None, int | None]:
    """Return the arrival process, its rate and the limit on requests in flight."""
    basis["arrivals"] = Basis.STATED
    if row.load in _AT_ONCE:
        return "at_once", None, row.concurrency if row.load == "offline" else None
    if row.load == "closed_loop":
        if row.concurrency is None:
            basis["arrivals"] = Basis.ASSUMED
        return "closed", None, row.concurrency or 1
    if row.rate_per_s is None:
        basis["arrivals"] = Basis.ASSUMED
        return "at_once", None, row.concurrency
    if row.concurrency is not None and row.rate_per_s >= row.concurrency:
        # A whole limit of requests within a second: the limit alone decides.
        return "closed", None, row.concurrency
    if source.arrivals:
        basis["arrivals"] = Basis.SOURCE
        return source.arrivals, row.rate_per_s, row.concurrency
    even = re.search(r"\b(constant|even|fixed) (rate|arrival|interval)", row.length_note.lower())
    if not row.load.startswith("mlperf"):
        basis["arrivals"] = Basis.STATED if even else Basis.ASSUMED
    return "even" if even else "poisson", row.rate_per_s, row.concurrency


_REQUESTS = {
    "burst": 1000,
    "closed_loop": 100,
    "mlperf_interactive": 5000,
    "mlperf_offline": 10000,
    "mlperf_server": 5000,
    "open_loop": 300,
}
"""How many requests a run usually has where nobody says.

MLPerf's runs are longer (24,576 requests and ten minutes at least); so many are a steady state.
"""
_OFFLINE_REQUESTS = ((512.0, 6000), (4096.0, 3000), (float("inf"), 1000))
"""By tokens of a request, prompt and answer: enough for a steady state, as benchmarks of throughput
choose them. Source: performance overview of TensorRT-LLM."""
_ROUNDS = 10
"""Requests for each one in flight: what most closed-loop scripts send."""


def _requests(
    row: Conditions, source: Source, in_flight: int | None, basis: dict[str, Basis]
) -> int:
    count = source.realised_requests or source.requests
    if source.realised_requests is None and row.num_prompts is not None:
        basis["requests"], count = Basis.STATED, row.num_prompts
    elif row.load == "static_batch":
        basis["requests"], count = Basis.STATED, row.concurrency or 1
    elif count is not None:
        basis["requests"] = Basis.SOURCE
    elif source.rounds is not None and in_flight is not None:
        basis["requests"], count = Basis.SOURCE, source.rounds * in_flight
    else:
        basis["requests"], count = Basis.ASSUMED, _usual_requests(row, in_flight)
    return count


def _usual_requests(row: Conditions, in_flight: int | None) -> int:
    if row.load == "closed_loop" and in_flight:
        return _ROUNDS * in_flight
    if row.load != "offline":
        return _REQUESTS[row.load]
    request_tok = (row.isl_tok or _UNKNOWN_PROMPT_TOK) + (row.osl_tok or _UNKNOWN_OUTPUT_TOK)
    return next(count for most_tok, count in _OFFLINE_REQUESTS if request_tok <= most_tok)


# ---- lengths ---------------------------------------------------------------------------------

_UNKNOWN_PROMPT_TOK, _UNKNOWN_OUTPUT_TOK = 215.0, 200.0
"""ShareGPT through the filter of vLLM's and SGLang's tools, the field's usual data set: the
realised means of 1,000 prompts. Source: docs/performance-lab of gpustack/gpustack."""
_DATASET_VARIATION = 1.1
"""Of prompts of chat data sets. Source: token lengths of ShareGPT (1.09) and LMSYS Chat."""
_ANSWER_VARIATION = 0.7
"""Of answers that end by themselves or at a limit. Source: token lengths of OpenOrca (0.79), of
ShareGPT (0.60)."""

_RATIO = re.compile(r"range[- _]ratio[ =]*([01](?:\.\d+)?)")
_FIXED = re.compile(r"\b(fixed|constant|synthetic|single request|batch of)\b")
_DATASETS = re.compile(r"sharegpt|dataset|alpaca|orca|lmsys|wildchat|chat|mmlu|longbench|payload")


def _prompt(row: Conditions, source: Source, basis: dict[str, Basis]) -> Spread:
    mean = row.isl_tok
    basis["prompt_mean"] = Basis.STATED
    if mean is None:
        mean = source.prompt_tok or _UNKNOWN_PROMPT_TOK
        basis["prompt_mean"] = Basis.SOURCE if source.prompt_tok else Basis.ASSUMED
    return _spread(row, source, mean, "isl", basis)


def _output(row: Conditions, source: Source, basis: dict[str, Basis]) -> Spread:
    mean = row.osl_tok
    basis["output_mean"] = Basis.STATED
    if mean is None:
        mean = source.output_tok or _UNKNOWN_OUTPUT_TOK
        basis["output_mean"] = Basis.SOURCE if source.output_tok else Basis.ASSUMED
    cap = row.facts.get("out_cap", "")
    if cap.isdigit() and mean < float(cap):
        basis["osl_spread"] = Basis.STATED
        return Spread(shape="capped", mean_tok=mean, high_tok=float(cap))
    return _spread(row, source, mean, "osl", basis)


def _spread(
    row: Conditions, source: Source, nominal_tok: float, column: str, basis: dict[str, Basis]
) -> Spread:
    """Return how lengths of ``column`` (``isl``, ``osl``) spread about their mean."""
    name = f"{column}_spread"
    basis[name] = Basis.STATED
    if column == "isl":
        variation = source.prompt_variation or _DATASET_VARIATION
    else:
        variation = source.output_variation or _ANSWER_VARIATION
    if row.length_factor != 1.0:
        return _uniform_below(nominal_tok, row.length_factor)
    noted = _noted(row, nominal_tok, column, variation)
    if noted is not None:
        return noted
    if source.equal_lengths:
        basis[name] = Basis.SOURCE
        return Spread(shape="constant", mean_tok=nominal_tok)
    basis[name] = Basis.ASSUMED
    if nominal_tok == int(nominal_tok):
        return Spread(shape="constant", mean_tok=nominal_tok)
    return _lognormal(nominal_tok, variation)


def _noted(row: Conditions, mean_tok: float, column: str, variation: float) -> Spread | None:
    """Return what the note on lengths says about their spread, where it does."""
    note = row.length_note.lower()
    deviation = re.search(rf"{column} sd=(\d+(?:\.\d+)?)", note)
    ratio = _RATIO.search(note)
    if deviation:
        return _lognormal(mean_tok, float(deviation[1]) / mean_tok)
    if "uniform" in note or ratio:
        low = float(ratio[1]) if ratio else 0.0
        # The means are realised ones: half-way between the ends.
        high_tok = 2.0 * mean_tok / (1.0 + low)
        return Spread(shape="uniform", mean_tok=mean_tok, low_tok=low * high_tok, high_tok=high_tok)
    if _FIXED.search(note) or row.load == "static_batch":
        return Spread(shape="constant", mean_tok=mean_tok)
    if _DATASETS.search(note):
        return _lognormal(mean_tok, variation)
    return Spread(shape="constant", mean_tok=mean_tok) if "random" in note else None


def _uniform_below(nominal_tok: float, factor: float) -> Spread:
    """Return lengths drawn alike up to the nominal one, so that their mean is ``factor`` of it."""
    low = max(0.0, 2.0 * factor - 1.0)
    return Spread(
        shape="uniform",
        mean_tok=nominal_tok * factor,
        low_tok=nominal_tok * low,
        high_tok=nominal_tok * (2.0 * factor - low),
    )


def _lognormal(mean_tok: float, variation: float) -> Spread:
    if variation <= 0.0:
        return Spread(shape="constant", mean_tok=mean_tok)
    return Spread(shape="lognormal", mean_tok=mean_tok, variation=variation)


# ---- the rest --------------------------------------------------------------------------------


def _reused(row: Conditions, source: Source, basis: dict[str, Basis]) -> float:
    basis["reused_share"] = Basis.SOURCE
    if source.reused_share is not None:
        return source.reused_share
    note = row.length_note.lower()
    if not re.search(r"multi-(round|turn)|shared prefix|prefix (re)?use|same prompt", note):
        return 0.0
    basis["reused_share"] = Basis.ASSUMED
    return 0.5


def _client(row: Conditions, source: Source, basis: dict[str, Basis]) -> str:
    basis["client"] = Basis.SOURCE
    if source.client:
        return source.client
    basis["client"] = Basis.ASSUMED
    return "in_process" if row.load in {"offline", "static_batch"} else "http"


def _percentile(row: Conditions, basis: dict[str, Basis]) -> float | None:
    """Return which percentile the latencies are; None for the mean."""
    stat = row.stat.lower().strip()
    assumed = not stat or "assumed" in stat
    basis["percentile"] = Basis.ASSUMED if assumed else Basis.STATED
    found = re.match(r"p(\d\d?(?:\.\d+)?)\b", stat)
    if found:
        return from_unit(float(found[1]), "%")
    # The median of several runs of one batch is that batch's time, not a median over requests.
    return 0.5 if stat.startswith("median") and "runs" not in stat else None


def _parallel(row: Conditions, source: Source, basis: dict[str, Basis]) -> tuple[int | None, int]:
    """Return over how many GPUs a layer is split, and how many copies of the model share a load."""
    basis["tensor_parallel"] = Basis.STATED
    basis["replicas"] = Basis.STATED
    named = row.facts.get("replicas", "")
    stages = row.pipeline_parallel or 1
    tensor = row.tensor_parallel or source.tensor_parallel
    for groups in (row.expert_parallel, row.attention_data_parallel):
        if tensor and groups and tensor * groups * stages == row.gpus:
            # Some sources count how far an expert, or a head, is split inside of such a group.
            tensor *= groups
    if tensor is None:
        basis["tensor_parallel"] = Basis.ASSUMED
        if source.smallest_that_fits:
            basis["replicas"] = Basis.ASSUMED
            return None, 1
        tensor = max(1, (row.gpus or 1) // stages)
    if named.isdigit():
        return tensor, int(named)
    if row.gpus is None:
        basis["replicas"] = Basis.ASSUMED
        return tensor, 1
    return tensor, max(1, row.gpus // (tensor * stages))
