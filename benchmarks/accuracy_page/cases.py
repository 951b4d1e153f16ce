"""One measured figure beside its prediction, and the errors of many."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import NamedTuple

from inferc.compiler.calibration import Conditions, Measurement, Prediction
from inferc.compiler.calibration.exclusions import excluded
from inferc.compiler.calibration.scoring import comparison
from inferc.compiler.calibration.values import METRICS, Basis, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A figure of a row."""

    row: Conditions
    table: str
    metric: str
    """``ttft``, ``tpot`` or ``throughput``."""
    measured: float
    predicted: Span
    basis: Basis | None
    rule: str
    """The rule by which it is not scored; empty where it is."""
    peer: float | None
    """What the other tool predicts."""

    @property
    def error(self) -> float:
        """The error as a share of what was measured, above 0 where predicted too high."""
        return self.predicted.value / self.measured - 1.0

    @property
    def peer_error(self) -> float:
        """The same of the other tool."""
        return (self.peer or 0.0) / self.measured - 1.0

    @property
    def inside(self) -> bool:
        """Whether the measured value lies inside of the interval."""
        return self.predicted.low <= self.measured <= self.predicted.high

    def value(self, by: str) -> str:
        """Return what the row says of ``by``: ``engine``, ``gpu``, …."""
        return str(getattr(self.row, by)) or "unknown"


Chosen = Callable[[Case], bool]


def cases_of(
    rows: Sequence[Measurement],
    predictions: Sequence[Prediction],
    table_of: Mapping[str, str],
) -> tuple[Case, ...]:
    """Return every figure that was measured and predicted, scored or not."""
    found: list[Case] = []
    for row, prediction in zip(rows, predictions, strict=True):
        for metric in METRICS:
            compared = comparison(row, prediction, metric)
            if compared is None:
                continue
            rule = excluded(row.conditions, metric)
            found.append(
                Case(
                    row=row.conditions,
                    table=table_of.get(row.id, ""),
                    metric=metric,
                    measured=compared.measured,
                    predicted=compared.predicted,
                    basis=prediction.basis,
                    rule=rule.name if rule else "",
                    peer={"ttft": row.peer.ttft_s, "tpot": row.peer.tpot_s}.get(metric),
                )
            )
    return tuple(found)


class Errors(NamedTuple):
    """How far off some cases are."""

    n: int
    configurations: int
    median: float
    """Of the absolute errors."""
    by_configuration: float
    """Median over configurations of the median of each."""
    mean: float
    bias: float
    """Median of the signed errors."""
    covered: float
    """Share of the cases inside of their 80 % interval."""
    width: float
    """Median of upper over lower end of the intervals."""


def errors_of(cases: Iterable[Case]) -> Errors | None:
    """Return how far off ``cases`` are; None without any."""
    some = list(cases)
    if not some:
        return None
    absolute = [abs(case.error) for case in some]
    groups: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for case, error in zip(some, absolute, strict=True):
        groups[configuration(case.row)].append(error)
    return Errors(
        n=len(some),
        configurations=len(groups),
        median=median(absolute),
        by_configuration=median(median(errors) for errors in groups.values()),
        mean=fmean(absolute),
        bias=median(case.error for case in some),
        covered=sum(case.inside for case in some) / len(some),
        width=median(case.predicted.high / case.predicted.low for case in some),
    )


def configuration(row: Conditions) -> tuple[object, ...]:
    """Return what a row shares with the other loads of one server: some have sixty, some one."""
    return (
        row.source,
        row.model,
        row.gpu,
        row.gpus,
        row.tensor_parallel,
        row.pipeline_parallel,
        row.expert_parallel,
        row.engine,
        row.engine_version,
        row.weights,
        row.kv_cache,
    )
