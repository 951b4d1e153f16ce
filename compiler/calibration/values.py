"""The values that predicting, scoring and fitting pass on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from inferc.compiler.model.trust import Basis

__all__ = [
    "METRICS",
    "Basis",
    "Cell",
    "Figure",
    "Prediction",
    "Progress",
    "Score",
    "Span",
]

METRICS = ("ttft", "tpot", "throughput")

Progress = Callable[[float], None]
"""Takes the share that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What the coefficients of a measurement depend on."""

    engine: str
    """The engine, with its generation where that changed how it works: ``vllm``, ``vllm_v0``."""
    architecture: str
    """Of the accelerator: ``Hopper``."""
    narrow: bool
    """Whether the weights are in fewer than 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A value and the interval that holds 80 % of such cases."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What is said of a measurement before it is looked at."""

    id: str
    values: Mapping[str, Span] = field(default_factory=dict[str, Span])
    """``ttft`` and ``tpot`` in seconds, ``output_tok`` and ``total_tok`` in tokens a second; the
    statistic that the row names."""
    basis: Basis | None = None
    unknown: tuple[str, ...] = ()
    """What nobody states of the row and had to be assumed."""
    skipped: str = ""
    """Why there is no prediction; empty where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How far off one metric is."""

    n: int
    median_ape: float | None
    """Median of the absolute error as a share of what was measured; None without rows."""
    mean_ape: float | None
    bias: float | None
    """Median of the signed error: above 0 where predictions are too high."""
    coverage80: float | None
    """Share of rows that lie inside of their interval."""
    width80: float | None = None
    """Median of upper over lower end of the intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good predictions are."""

    rows: int
    figures: Mapping[str, Figure]
    """Of ``ttft``, ``tpot`` and ``throughput``."""
    sla_meet_rate: float | None
    """Of configurations chosen by prediction to keep a limit on TPOT, the share that kept it."""
    delivered_ratio: float | None
    """Mean throughput of the chosen over that of the best that kept the limit."""
    skipped: Mapping[str, int]
    """Rows that are not in the figures, by reason."""
