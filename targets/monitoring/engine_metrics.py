"""What each release of an engine measures: the names of its series and the bounds of its buckets.

Everything here is read out of the released packages, never from memory. A histogram counts only up
to its own bounds: a rule about another bound finds no series and never fires.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from inferc.compiler.model import Engine
from inferc.compiler.units import from_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """A Prometheus histogram of durations: its name without ``_bucket``, its bounds in seconds."""

    measures: str
    """The metric of an SLA that it shows: the nearest, where the engine has none of the one."""
    series: str
    bounds: tuple[float, ...]


class Summary(NamedTuple):
    """Percentiles that the engine works out itself, each replica for its own requests."""

    series: str
    quantiles: tuple[float, ...]
    taken: str
    """Counts the time that requests took, together."""
    answered: str
    """Counts those requests."""
    unit_s: float
    """One of the units that all of these are in, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineMetrics:
    """The series of one release; a name is empty where it has no such series."""

    histograms: Mapping[str, Histogram]
    """By metric of an SLA: ``ttft itl tpot e2e``."""
    summaries: Mapping[str, Summary] = field(default_factory=dict[str, Summary])
    """By metric of an SLA: ``latency``."""
    waiting: str = ""
    running: str = ""
    kv_usage: str = ""
    """A share, 0 to 1."""
    prompt_tokens: str = ""
    output_tokens: str = ""
    ended: str = ""
    """Counts requests that ended."""
    ended_well: bool = False
    """Whether those that failed are not among these."""
    failed: tuple[str, Mapping[str, str]] | None = None
    """Counts those without an answer: a series, and regular expressions for its labels."""


_VLLM_TTFT: Final = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5),
    *(10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0),
)
_VLLM_TOKENS: Final = (
    *(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    *(20.0, 40.0, 80.0),
)
_VLLM_REQUESTS: Final = (
    *(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0),
    *(240.0, 480.0, 960.0, 1920.0, 7680.0),
)
VLLM: Final = EngineMetrics(
    histograms={
        "ttft": Histogram(
            measures="ttft", series="vllm:time_to_first_token_seconds", bounds=_VLLM_TTFT
        ),
        "itl": Histogram(
            measures="itl", series="vllm:inter_token_latency_seconds", bounds=_VLLM_TOKENS
        ),
        "tpot": Histogram(
            measures="tpot",
            series="vllm:request_time_per_output_token_seconds",
            bounds=_VLLM_TOKENS,
        ),
        "e2e": Histogram(
            measures="e2e", series="vllm:e2e_request_latency_seconds", bounds=_VLLM_REQUESTS
        ),
    },
    waiting="vllm:num_requests_waiting",
    running="vllm:num_requests_running",
    kv_usage="vllm:kv_cache_usage_perc",
    prompt_tokens="vllm:prompt_tokens_total",
    output_tokens="vllm:generation_tokens_total",
    ended="vllm:request_success_total",
    failed=("vllm:request_success_total", {"finished_reason": "abort|error"}),
)
"""The same in the three releases: names and bounds were compared package by package.

Source: ``vllm/v1/metrics/loggers.py`` of vLLM 0.11.0 and 0.11.2, that file and
``vllm/v1/metrics/buckets.py`` of 0.33.0. ``request_success`` counts ends by reason, those of
aborted requests among them (``FinishReason`` in ``vllm/v1/engine/__init__.py``; ``error`` since
0.33).
"""

_SGLANG_TTFT: Final = (
    *(0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0),
    *(200.0, 400.0),
)
_SGLANG_TOKENS: Final = (
    *(0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08, 0.1),
    *(0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 4.0, 6.0, 8.0),
)
SGLANG: Final = EngineMetrics(
    histograms={
        "ttft": Histogram(
            measures="ttft", series="sglang:time_to_first_token_seconds", bounds=_SGLANG_TTFT
        ),
        "itl": Histogram(
            measures="itl", series="sglang:inter_token_latency_seconds", bounds=_SGLANG_TOKENS
        ),
        "tpot": Histogram(
            measures="itl", series="sglang:inter_token_latency_seconds", bounds=_SGLANG_TOKENS
        ),
        "e2e": Histogram(
            measures="e2e",
            series="sglang:e2e_request_latency_seconds",
            bounds=(*_SGLANG_TTFT, 600.0, 1200.0, 1800.0, 2400.0),
        ),
    },
    waiting="sglang:num_queue_reqs",
    running="sglang:num_running_reqs",
    kv_usage="sglang:token_usage",
    prompt_tokens="sglang:prompt_tokens_total",
    output_tokens="sglang:generation_tokens_total",
    ended="sglang:num_requests_total",
    failed=("sglang:num_aborted_requests_total", {}),
)
"""Source: ``sglang/srt/metrics/collector.py`` of SGLang 0.5.5."""

TRITON: Final = EngineMetrics(
    histograms={},
    summaries={
        "latency": Summary(
            series="nv_inference_request_summary_us",
            quantiles=(0.5, 0.9, 0.95, 0.99, 0.999),
            taken="nv_inference_request_duration_us",
            answered="nv_inference_request_success",
            unit_s=from_unit(1.0, "us"),
        )
    },
    waiting="nv_inference_pending_request_count",
    ended="nv_inference_request_success",
    ended_well=True,
    failed=("nv_inference_request_failure", {}),
)
"""Of networks, whichever backend runs them; the summaries only with ``summary_latencies``.

Source: Triton, user guide, metrics: counts, latencies, pending requests, summaries with their
default quantiles.
"""
TRITON_FLAG: Final = ("--metrics-config", "summary_latencies=true")
"""What has Triton work out percentiles."""

RELEASES: Final[Mapping[tuple[str, str], EngineMetrics]] = {
    ("vllm", "0.11.0"): VLLM,
    ("vllm", "0.11.2"): VLLM,
    ("vllm", "0.33.0"): VLLM,
    ("vllm_rocm", "0.11.2"): VLLM,
    ("sglang", "0.5.5"): SGLANG,
}
"""By engine and version."""


def metrics_of(engine: Engine) -> EngineMetrics:
    """Return what ``engine`` measures; of a release that nobody looked at, its gauges alone."""
    known = RELEASES.get((engine.name, engine.version.removeprefix("v")))
    if known is not None:
        return known
    names = engine.metrics
    return EngineMetrics(
        histograms={},
        waiting=names.get("waiting", ""),
        running=names.get("running", ""),
        kv_usage=names.get("kv_usage", ""),
    )
