"""Fits the calibration that is shipped, and writes the accuracy page.

    python benchmarks/accuracy.py --data DIR [--keep DIR] [--only cell,family] [--quick 400]
    python benchmarks/accuracy.py --data DIR --keep DIR --render

DIR holds the tables of measurements, which are no part of inferc: ``llm_calibration.csv``,
``llm_calibration_details.csv`` and ``llm_serving.csv``. What was predicted is kept below
``--keep``; ``--only`` makes a part of it anew, ``--render`` writes the page from what is there.
"""

import argparse
import datetime
import sys
import time
from collections.abc import Callable
from pathlib import Path

from accuracy_page import (
    WAYS,
    calibrated,
    plain,
    predicted,
    read_tables,
    render,
    shipped,
    study_of,
    with_residuals,
)
from accuracy_page.kept import read

from inferc.compiler.calibration import Prediction

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
CALIBRATION = ROOT / "stdlib" / "catalog" / "calibration" / "published.infer"
KEEP = ROOT / "build" / "accuracy"

STEPS = ("fit", *WAYS, "residuals")
"""What can be made: the calibration and what it says of the rows that it was fitted to; the latter
alone; what fits say that did not see a group; and the residuals in the file of the calibration."""


def main() -> int:
    """Make what is asked for, and write the page from what there is."""
    options = arguments()
    steps = steps_of(options)
    rows, table_of = read_tables(options.data, options.quick)
    path, keep = options.calibration, options.keep
    for step in steps:
        match step:
            case "fit":
                calibrated(rows, date=options.date, path=path, keep=keep, progress=teller("fit"))
            case "plain":
                plain(rows, path=path, keep=keep, progress=teller("in sample"))
            case "residuals":
                with_residuals(rows, path=path, keep=keep)
            case way:
                tell = teller(f"without each {way}")
                predicted(rows, way, folds=options.folds, keep=keep, progress=tell)
    found = gathered(keep, [row.id for row in rows])
    study = study_of(rows, table_of, found, shipped(path), folds=options.folds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(render(study), encoding="utf-8", newline="\n")
    print(f"wrote {options.out}")
    return 0


def steps_of(options: argparse.Namespace) -> list[str]:
    """Return what has to be made."""
    if options.render:
        return []
    steps = options.only.split(",") if options.only else [*STEPS[:1], *WAYS[1:]]
    unknown = sorted(set(steps) - set(STEPS))
    if unknown:
        sys.exit(f"--only takes {', '.join(STEPS)}, not {', '.join(unknown)}")
    return list(steps)


def gathered(keep: Path, ids: list[str]) -> dict[str, tuple[Prediction, ...]]:
    """Return all predictions that are kept."""
    made = {way: keep / f"{way}.csv" for way in WAYS}
    predictions = {way: read(path) for way, path in made.items() if path.exists()}
    for way, found in predictions.items():
        if [item.id for item in found] != ids:
            sys.exit(f"{made[way]} is of other rows: make it again with --only {way}")
    if "plain" not in predictions:
        sys.exit(f"{made['plain']} is missing: make it with --only fit")
    return predictions


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder with the tables of measurements")
    add("--out", type=Path, default=PAGE, help="the page")
    add("--calibration", type=Path, default=CALIBRATION, help="the file of the calibration")
    add("--keep", type=Path, default=KEEP, help="folder for what was predicted")
    add("--only", default="", help=f"what to make: {', '.join(STEPS)}")
    add("--render", action="store_true", help="make nothing, write the page from what is kept")
    add("--quick", type=int, default=0, help="so many rows only, evenly spread")
    add("--folds", type=int, default=6, help="fits that leave out a share each; 0: one a group")
    add("--date", default=datetime.datetime.now(datetime.UTC).date().isoformat(), help="of the fit")
    return parser.parse_args()


def teller(what: str) -> Callable[[float], None]:
    """Return what prints progress, a line for every twentieth."""
    start, told = time.monotonic(), [-1]

    def tell(done: float) -> None:
        part = int(20 * done)
        if part > told[0]:
            told[0] = part
            print(f"{what}: {done:4.0%} after {time.monotonic() - start:5.0f} s", flush=True)

    return tell


if __name__ == "__main__":
    raise SystemExit(main())
