"""Predictions beside those of another tool, on the rows for which both have one."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from inferc.compiler.calibration.exclusions import excluded
from inferc.compiler.calibration.measurements import Measured, Measurement
from inferc.compiler.calibration.values import Prediction

COMPARED = ("ttft", "tpot")
"""Metrics that details of other tools hold."""


class Beside(NamedTuple):
    """Errors of two predictions on the same rows: medians of absolute shares of the measured."""

    n: int
    ours: float
    theirs: float
    nearer: float
    """Share of the rows on which ours is the nearer one."""


def beside_peer(
    measurements: Sequence[Measurement], predictions: Sequence[Prediction]
) -> Mapping[str, Beside]:
    """Return how far both are off, by metric; nothing where there is no row with both."""
    found = {metric: list(_pairs(measurements, predictions, metric)) for metric in COMPARED}
    return {
        metric: Beside(
            n=len(pairs),
            ours=median(ours for ours, _ in pairs),
            theirs=median(theirs for _, theirs in pairs),
            nearer=sum(ours < theirs for ours, theirs in pairs) / len(pairs),
        )
        for metric, pairs in found.items()
        if pairs
    }


def _pairs(
    measurements: Sequence[Measurement], predictions: Sequence[Prediction], metric: str
) -> Iterator[tuple[float, float]]:
    """Yield both absolute errors of each row that is scored."""
    for row, prediction in zip(measurements, predictions, strict=True):
        measured, theirs = _of(row.measured, metric), _of(row.peer, metric)
        ours = prediction.values.get(metric)
        if not measured or not theirs or ours is None or excluded(row.conditions, metric):
            continue
        yield abs(ours.value / measured - 1.0), abs(theirs / measured - 1.0)


def _of(figures: Measured, metric: str) -> float | None:
    return figures.ttft_s if metric == "ttft" else figures.tpot_s
