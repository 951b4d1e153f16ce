"""What is predicted: every row of the tables, by fits that saw it and by fits that did not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from accuracy_page import kept
from accuracy_page.cases import Case, Errors, cases_of, errors_of
from inferc.accuracy import read, read_calibration
from inferc.compiler.calibration import (
    Calibration,
    Measurement,
    Prediction,
    fit,
    leave_out,
    predict,
    write_calibration,
)

Progress = Callable[[float], None]

WAYS = ("plain", "cell", "family", "model", "gpu", "architecture", "engine")
"""What a fit did not see: nothing, or all that shares the model, the GPU, … with a row."""

TABLES = {
    "published": ("llm_calibration.csv", "llm_calibration_details.csv"),
    "serving": ("llm_serving.csv", ""),
}
"""The measurements, with a second file that says more of the same ids."""

RESIDUALS_BY = ("engine", "gpu", "load", "weights")
FEWEST = 5
"""Rows below which a slice says nothing."""

TITLE = "A fit to published measurements of LLM serving"
SOURCE = (
    "inferc, benchmarks/accuracy.py: fit to published measurements, each with its source in the "
    "accuracy page"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All that the page shows."""

    rows: tuple[Measurement, ...]
    table_of: Mapping[str, str]
    """Which of :data:`TABLES` a row is of, by its id."""
    predictions: Mapping[str, tuple[Prediction, ...]]
    """By what was left out, one for each row, in the same order."""
    cases: Mapping[str, tuple[Case, ...]]
    """By what was left out: every measured figure beside its prediction."""
    calibration: Calibration
    folds: int
    """Fits for each way, which each leave out a share of the groups; 0: one for each group."""

    def errors(
        self, way: str, metric: str, chosen: Callable[[Case], bool], *, scored: bool = True
    ) -> Errors | None:
        """Return the errors of a metric on chosen cases, without or with those not scored."""
        return errors_of(
            case
            for case in self.cases.get(way, ())
            if case.metric == metric and chosen(case) and not (scored and case.rule)
        )


def study_of(
    rows: tuple[Measurement, ...],
    table_of: Mapping[str, str],
    predictions: Mapping[str, tuple[Prediction, ...]],
    calibration: Calibration,
    *,
    folds: int,
) -> Study:
    """Return the study of predictions made in several ways."""
    return Study(
        rows=rows,
        table_of=table_of,
        predictions=predictions,
        cases={way: cases_of(rows, found, table_of) for way, found in predictions.items()},
        calibration=calibration,
        folds=folds,
    )


def read_tables(folder: Path, most: int = 0) -> tuple[tuple[Measurement, ...], dict[str, str]]:
    """Return the rows of all tables, and which table each is of.

    ``most`` takes so many rows only, evenly spread.

    Raises:
        SystemExit: A table cannot be read.
    """
    rows: list[Measurement] = []
    table_of: dict[str, str] = {}
    for table, (name, more) in TABLES.items():
        found = read([folder / name], details=folder / more if more else "")
        if not found.ok:
            raise SystemExit("\n".join(item.message for item in found.diagnostics))
        rows += found.measurements
        table_of |= {row.id: table for row in found.measurements}
    step = max(1.0, len(rows) / most) if most else 1.0
    chosen = tuple(rows[int(place * step)] for place in range(int(len(rows) / step)))
    return chosen, {row.id: table_of[row.id] for row in chosen}


def calibrated(
    rows: Sequence[Measurement], *, date: str, path: Path, keep: Path, progress: Progress
) -> None:
    """Write the calibration that fits all rows to ``path``, with the residuals that it leaves."""
    found = fit(rows, prior=Calibration(), progress=progress)
    found = replace(found, name="published", title=TITLE, source=SOURCE, fitted=date)
    _write(path, found)
    plain(rows, path=path, keep=keep, progress=lambda _: None)
    with_residuals(rows, path=path, keep=keep)


def with_residuals(rows: Sequence[Measurement], *, path: Path, keep: Path) -> None:
    """Write the residuals that a calibration leaves into its file."""
    cases = cases_of(rows, kept.read(keep / "plain.csv"), {})
    _write(path, replace(shipped(path), residuals=residuals_of(cases)))


def plain(
    rows: Sequence[Measurement], *, path: Path, keep: Path, progress: Progress
) -> tuple[Prediction, ...]:
    """Return what the calibration in a file says of all rows, and keep it."""
    found = predict(rows, shipped(path), progress=progress)
    kept.write(keep / "plain.csv", found)
    return found


def _write(path: Path, calibration: Calibration) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(write_calibration(calibration), encoding="utf-8", newline="\n")


def shipped(path: Path) -> Calibration:
    """Return the calibration in a file.

    Raises:
        SystemExit: The file holds none.
    """
    found = read_calibration(path)
    if found.calibration is None:
        raise SystemExit("\n".join(item.message for item in found.diagnostics))
    return found.calibration


def predicted(
    rows: Sequence[Measurement], way: str, *, folds: int, keep: Path, progress: Progress
) -> tuple[Prediction, ...]:
    """Return what fits say that did not see what ``way`` names, and keep it.

    There are ``folds`` fits, each without a share of the groups; with 0, one for each group.
    """
    found = leave_out(rows, way, folds=folds, progress=progress)
    kept.write(keep / f"{way}.csv", found)
    return found


def residuals_of(cases: Sequence[Case]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the errors of the scored cases of each slice, under names of the language."""
    slices: dict[str, list[Case]] = {"all": [case for case in cases if not case.rule]}
    for by in RESIDUALS_BY:
        for case in slices["all"]:
            slices.setdefault(f"{by}_{_word(case.value(by))}", []).append(case)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, some in sorted(slices.items()):
        for metric in ("ttft", "tpot", "throughput"):
            errors = errors_of([case for case in some if case.metric == metric])
            if errors is not None and errors.n >= FEWEST:
                found.setdefault(name, {})[metric] = {
                    "rows": float(errors.n),
                    "median_ape": errors.median,
                    "bias": errors.bias,
                }
    return found


def _word(text: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in text.lower())
