"""Rows that are not scored, by rules with reasons, so that nothing is left out quietly.

They are predicted all the same, and reports show the figures with them beside those without.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from inferc.compiler.calibration.measurements import Conditions

EVERYTHING = ("throughput", "tpot", "ttft")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A rule that keeps rows out of scoring and fitting."""

    name: str
    reason: str
    figures: tuple[str, ...]
    """What of a row it concerns: ``ttft``, ``tpot``, ``throughput``."""
    holds: Callable[[Conditions], bool]


def exclusions_of(row: Conditions) -> tuple[Exclusion, ...]:
    """Return the rules that hold for a row, in the order of the list."""
    return tuple(rule for rule in EXCLUSIONS if rule.holds(row))


def excluded(row: Conditions, figure: str) -> Exclusion | None:
    """Return the first rule that keeps ``figure`` of a row out of scoring, or None."""
    return next((rule for rule in exclusions_of(row) if figure in rule.figures), None)


def _doubted(pattern: str) -> Callable[[Conditions], bool]:
    return lambda row: bool(re.search(pattern, row.doubt.lower()))


def _speculates(row: Conditions) -> bool:
    if row.speculation.lower() not in {"", "none", "off", "no", "false"}:
        return True
    flags = row.scheduler_flags.lower()
    return bool(
        re.search(r"--?speculat\w*[-_](config|model|algorithm|draft)", flags)
        or "speculation" in row.facts
        or "speculative" in row.doubt.lower()
    )


def _deepseek(row: Conditions) -> bool:
    name = row.model.lower()
    return bool(re.search(r"deepseek[-_]?(ai/deepseek-)?(r1|v3)", name)) and "distill" not in name


def _source(pattern: str) -> Callable[[Conditions], bool]:
    return lambda row: bool(re.search(pattern, row.source.lower()))


EXCLUSIONS: tuple[Exclusion, ...] = (
    Exclusion(
        name="speculative-decoding",
        reason="drafts are accepted at a rate that nobody publishes",
        figures=EVERYTHING,
        holds=_speculates,
    ),
    Exclusion(
        name="deepseek",
        reason="mean and median differ 2.2 times, and speculative decoding is or may be hidden",
        figures=EVERYTHING,
        holds=_deepseek,
    ),
    Exclusion(
        name="accelerator-unknown",
        reason="the source does not say on which accelerator it ran",
        figures=EVERYTHING,
        holds=lambda row: (
            row.gpu.strip().lower() in {"", "unknown"} or "gpu not printed" in row.doubt
        ),
    ),
    Exclusion(
        name="one-always-waits",
        reason="a request always waits for a place, on this version and for this model alone",
        figures=EVERYTHING,
        holds=_doubted("one_always_waits"),
    ),
    Exclusion(
        name="kv-starved",
        reason="the first token waits over 5 s for KV memory, whose size no source gives",
        figures=EVERYTHING,
        holds=_doubted("kv_starved"),
    ),
    Exclusion(
        name="replicas-unclear",
        reason="several replicas or attention data parallelism share the load in an unstated way",
        figures=EVERYTHING,
        holds=_doubted("concurrency_over_batch|gpus_unlike_tp"),
    ),
    Exclusion(
        name="not-monotone",
        reason="the time per token falls by a third while the load grows fourfold",
        figures=EVERYTHING,
        holds=_doubted("tpot_not_monotone"),
    ),
    Exclusion(
        name="prefix-cache-suspected",
        reason="prompts are computed faster than the accelerator can: a prefix cache is on",
        figures=EVERYTHING,
        holds=_doubted("mfu_too_high"),
    ),
    Exclusion(
        name="no-rate",
        reason="requests come at a rate that is not given",
        figures=EVERYTHING,
        holds=_doubted("no_rate"),
    ),
    Exclusion(
        name="few-requests",
        reason="a handful of requests at each level, and end-to-end times only",
        figures=EVERYTHING,
        holds=_doubted("few requests"),
    ),
    Exclusion(
        name="inconsistent-page",
        reason="the page's figures for one run do not fit each other",
        figures=EVERYTHING,
        holds=_doubted("itl_invalid"),
    ),
    Exclusion(
        name="doubted",
        reason="the table doubts the row for another reason",
        figures=EVERYTHING,
        holds=lambda row: bool(row.doubt.strip()),
    ),
    Exclusion(
        name="client-bound",
        reason="the client, not the accelerator, was the limit, as the page says itself",
        figures=EVERYTHING,
        holds=_source("inferencebench concurrency sweep"),
    ),
    Exclusion(
        name="cold-start",
        reason="the mean holds a stall of seconds when tensor parallelism starts over PCIe",
        figures=("ttft",),
        holds=lambda row: "iog-foundation" in row.source.lower() and (row.tensor_parallel or 1) > 1,
    ),
    Exclusion(
        name="zeros-in-the-mean",
        reason="requests without output count as a first token after 0 ms",
        figures=("ttft",),
        holds=_source("lambdalabs vllm-benchmark json"),
    ),
)
"""The order is that of the reports: a row counts under the first rule that holds."""


def teaches(row: Conditions, figure: str) -> bool:
    """Return whether ``figure`` of a row is fitted to.

    DeepSeek's rows that say that nothing was drafted are, though they are not scored: nothing else
    tells of latent attention. What :data:`UNFIT` names is scored, and not fitted to.
    """
    rule = excluded(row, figure)
    if rule is not None and not (rule.name == "deepseek" and row.speculation.lower() == "none"):
        return False
    return not any(figure in unfit.figures and unfit.holds(row) for unfit in UNFIT)


def _moe_int4_unfused(row: Conditions) -> bool:
    model = row.model.lower()
    return row.engine == "sglang" and "gptq" in row.weights.lower() and "-a" in model


UNFIT: tuple[Exclusion, ...] = (
    Exclusion(
        name="layout-unknown",
        reason="MLPerf's rows name neither the layout nor the format that was computed in",
        figures=EVERYTHING,
        holds=lambda row: row.load.startswith("mlperf"),
    ),
    Exclusion(
        name="one-page-one-accelerator",
        reason="all of H20 is of one page, at 41 % of its bandwidth, unlike all else of Hopper",
        figures=EVERYTHING,
        holds=lambda row: row.gpu.lower().startswith("h20_"),
    ),
    Exclusion(
        name="pathological-attention",
        reason="context costs five times as much with 64 sequences on one MI250 as with 32",
        figures=EVERYTHING,
        holds=lambda row: (
            row.gpu.lower() == "mi250"
            and (row.concurrency or 0) >= _PATHOLOGICAL_FROM
            and (row.tensor_parallel or 1) == 1
        ),
    ),
    Exclusion(
        name="client-queue",
        reason="above 400 streams of this sweep first tokens wait in the client: the faster the "
        "server, the longer",
        figures=("ttft",),
        holds=lambda row: (
            row.source.lower().startswith("aiconfigurator")
            and row.engine == "sglang"
            and (row.concurrency or 0) >= _STREAMS_OF_ONE_CLIENT
        ),
    ),
    Exclusion(
        name="experts-not-fused",
        reason="SGLang launched the products of 4-bit experts one by one",
        figures=EVERYTHING,
        holds=_moe_int4_unfused,
    ),
)
"""What would pull a coefficient from where everything else has it, with reasons."""

_PATHOLOGICAL_FROM = 64
_STREAMS_OF_ONE_CLIENT = 400
"""Sequences, and streams, from which on the two rules hold."""
