"""Tables of published measurements, read into what was known before and what came out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

LOADS = (
    "burst",
    "closed_loop",
    "mlperf_interactive",
    "mlperf_offline",
    "mlperf_server",
    "offline",
    "open_loop",
    "static_batch",
)
"""How requests were sent. ``burst``: all at once over HTTP, without a limit on concurrency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What was known of a measurement before it was taken: all that a prediction may look at.

    Texts are as the source writes them, empty where it says nothing; numbers are None there.
    """

    id: str
    row: int = 0
    """The line of the table, from 2: line 1 names the columns."""
    source: str = ""
    url: str = ""
    date: str = ""
    model: str
    gpu: str
    gpus: int | None = None
    tensor_parallel: int | None = None
    pipeline_parallel: int | None = None
    expert_parallel: int | None = None
    attention_data_parallel: int | None = None
    engine: str
    engine_version: str = ""
    weights: str = ""
    matrix_format: str = ""
    """Format in which matrices are multiplied, where the details say: ``fp8_block``."""
    kv_cache: str = ""
    isl_tok: float | None = None
    osl_tok: float | None = None
    length_factor: float = 1.0
    """True mean lengths over the nominal ones."""
    load: str
    concurrency: int | None = None
    rate_per_s: float | None = None
    num_prompts: int | None = None
    scheduler_flags: str = ""
    length_note: str = ""
    speculation: str = ""
    """``none`` where the source says so; empty where it says nothing."""
    stat: str = ""
    """What ``ttft_s`` and ``tpot_s`` are: ``mean``, ``p50``, ``mean (assumed)``, …"""
    doubt: str = ""
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the notes say about the run, never about its outcome: ``replicas``, ``workload``, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came out; None where it was not published. No prediction sees this."""

    ttft_s: float | None = None
    tpot_s: float | None = None
    itl_s: float | None = None
    e2e_s: float | None = None
    req_per_s: float | None = None
    output_tok_per_s: float | None = None
    total_tok_per_s: float | None = None

    def __bool__(self) -> bool:
        """Return whether anything was published."""
        return any(value is not None for value in self.values())

    def values(self) -> tuple[float | None, ...]:
        """Return all of it, in the order of the fields."""
        return (
            self.ttft_s,
            self.tpot_s,
            self.itl_s,
            self.e2e_s,
            self.req_per_s,
            self.output_tok_per_s,
            self.total_tok_per_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One row."""

    conditions: Conditions
    measured: Measured
    peer: Measured = Measured()
    """What another tool predicts for the row, where the details say."""

    @property
    def id(self) -> str:
        """The row's id."""
        return self.conditions.id


def merge_details(
    measurements: Iterable[Measurement], details: Mapping[str, Measurement]
) -> tuple[Measurement, ...]:
    """Return ``measurements`` with the blanks filled from ``details`` of the same id.

    What the table itself says stays: details only add.
    """
    return tuple(
        _merged(item, details[item.id]) if item.id in details else item for item in measurements
    )


def _merged(item: Measurement, more: Measurement) -> Measurement:
    known, extra = item.conditions, more.conditions
    conditions = replace(
        known,
        attention_data_parallel=_first(
            known.attention_data_parallel, extra.attention_data_parallel
        ),
        expert_parallel=_first(known.expert_parallel, extra.expert_parallel),
        rate_per_s=_first(known.rate_per_s, extra.rate_per_s),
        matrix_format=known.matrix_format or extra.matrix_format,
        speculation=known.speculation or extra.speculation,
        date=known.date or extra.date,
        doubt="; ".join(text for text in (known.doubt, extra.doubt) if text),
        facts={**extra.facts, **known.facts},
    )
    measured = replace(item.measured, e2e_s=_first(item.measured.e2e_s, more.measured.e2e_s))
    return replace(item, conditions=conditions, measured=measured, peer=more.peer)


T = TypeVar("T")


def _first(*values: T | None) -> T | None:
    return next((value for value in values if value is not None), None)
