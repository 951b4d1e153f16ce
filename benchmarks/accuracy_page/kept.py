"""Predictions as a table on disk, so that the page is rendered again without another fit."""

import csv
from collections.abc import Sequence
from pathlib import Path

from inferc.compiler.calibration import Prediction
from inferc.compiler.calibration.values import Basis, Span

VALUES = ("ttft", "tpot", "output_tok", "total_tok")
COLUMNS = (
    "id",
    "basis",
    "skipped",
    "unknown",
    *(f"{name}{end}" for name in VALUES for end in ("", "_low", "_high")),
)


def write(path: Path, predictions: Sequence[Prediction]) -> None:
    """Write predictions, each figure with the ends of its interval."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_written(item) for item in predictions)


def _written(item: Prediction) -> list[str]:
    spans = [item.values.get(name) for name in VALUES]
    return [
        item.id,
        item.basis.name if item.basis else "",
        item.skipped,
        ";".join(item.unknown),
        *(
            repr(end) if span else ""
            for span in spans
            for end in ((span.value, span.low, span.high) if span else ("", "", ""))
        ),
    ]


def read(path: Path) -> tuple[Prediction, ...]:
    """Return the predictions of a file that :func:`write` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(_read(row) for row in csv.DictReader(file))


def _read(row: dict[str, str]) -> Prediction:
    return Prediction(
        id=row["id"],
        basis=Basis[row["basis"]] if row["basis"] else None,
        skipped=row["skipped"],
        unknown=tuple(filter(None, row["unknown"].split(";"))),
        values={
            name: Span(
                value=float(row[name]),
                low=float(row[f"{name}_low"]),
                high=float(row[f"{name}_high"]),
            )
            for name in VALUES
            if row[name]
        },
    )
