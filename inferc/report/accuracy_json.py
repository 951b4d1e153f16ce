"""A score as JSON, and predictions as CSV."""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import TYPE_CHECKING

from inferc.compiler.topology import Json

if TYPE_CHECKING:
    from inferc.compiler.calibration import Prediction, Score

MEASURES = ("n", "median_ape", "mean_ape", "bias", "coverage80")
"""Of each figure: how many rows, absolute errors and bias as shares, and the share of rows that lie
inside of their 80 % interval."""

COLUMNS = (
    ("pred_ttft_ms", "ttft", "ms"),
    ("pred_tpot_ms", "tpot", "ms"),
    ("pred_output_tok_s", "output_tok", ""),
    ("pred_total_tok_s", "total_tok", ""),
)
"""Columns of the predictions, each followed by both ends of its interval."""

ENDS = ("", "_lo80", "_hi80")


def to_data(score: "Score") -> dict[str, Json]:
    """Return a score as plain values: shares, not percents; null where nothing was measured."""
    return {
        "rows": score.rows,
        "figures": {
            name: {measure: getattr(figure, measure) for measure in MEASURES}
            for name, figure in score.figures.items()
        },
        "sla_meet_rate": score.sla_meet_rate,
        "delivered_ratio": score.delivered_ratio,
        "skipped": dict(sorted(score.skipped.items())),
    }


def slices_to_data(slices: "Mapping[str, Mapping[str, Score]]") -> Mapping[str, Json]:
    """Return scores by what the rows are grouped by, and by group."""
    return {
        by: {name: to_data(score) for name, score in groups.items()}
        for by, groups in slices.items()
    }


def predictions_as_csv(predictions: "Iterable[Prediction]") -> str:
    """Return one line for each prediction, blank where there is none."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", *(name + end for name, _, _ in COLUMNS for end in ENDS)])
    for item in predictions:
        writer.writerow([item.id, *(cell for column in COLUMNS for cell in _cells(item, *column))])
    return out.getvalue()


def _cells(item: "Prediction", _: str, metric: str, unit: str) -> tuple[str, str, str]:
    """Return a value and the ends of its interval, to seven digits."""
    from inferc.compiler.units import to_unit

    found = item.values.get(metric)
    if found is None:
        return "", "", ""
    numbers = (found.value, found.low, found.high)
    value, low, high = (f"{to_unit(item, unit) if unit else item:.7g}" for item in numbers)
    return value, low, high
