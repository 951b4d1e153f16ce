"""What programs call to score the model against measurements, and to fit it to them.

    from inferc.accuracy import assess, read

    rows = read(["measurements.csv"])
    assessed = assess(rows.measurements)
    print(assessed.score.figures["tpot"].median_ape)

A file is a CSV table with the columns of measurements, or the result of a load generator: vLLM's
``bench serve``, GuideLLM, AIPerf.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, TypeAlias

from inferc.dsl import Diagnostic, has_errors

if TYPE_CHECKING:
    from inferc.compiler.calibration import (
        Beside,
        Calibration,
        Known,
        Measurement,
        Prediction,
        Score,
    )

Progress: TypeAlias = Callable[[float], None]
"""Takes the share that is done."""

NO_TOPOLOGY = "INF138"
"""What is said of a file that has nothing to compile, as a calibration has."""

LeaveOut: TypeAlias = Literal["", "model", "family", "cell", "gpu", "engine"]
"""What is left out of a fit and predicted by it, one after the other; empty: nothing is fitted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """What files say was measured, and what is wrong with them."""

    measurements: "tuple[Measurement, ...]"
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether every row could be read."""
        return not has_errors(self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessed:
    """The predictions for measurements, and how far off they are."""

    measurements: "tuple[Measurement, ...]"
    predictions: "tuple[Prediction, ...]"
    """One for each measurement, in the same order."""
    score: "Score"

    @property
    def beside_peer(self) -> "Mapping[str, Beside]":
        """Both errors on the rows for which details hold another tool's prediction, by metric."""
        from inferc.compiler.calibration import beside_peer

        return beside_peer(self.measurements, self.predictions)

    def slices(self, by: str) -> "Mapping[str, Score]":
        """Return the score of each group of rows with one ``gpu``, ``engine``, ``model``, …."""
        from inferc.compiler.calibration import slices

        return slices(self.measurements, self.predictions, by)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitFile:
    """A calibration that was read, and what is wrong with its file."""

    calibration: "Calibration | None"
    """None for the one that is shipped."""
    diagnostics: tuple[Diagnostic, ...] = ()


def read(
    files: Sequence[str | PathLike[str]],
    *,
    details: str | PathLike[str] = "",
    known: "Known | None" = None,
) -> Measured:
    """Return the measurements in ``files``.

    ``details`` is a second table that says more about the rows of the first, by their ids;
    ``known`` is what results of load generators do not say about the server.
    """
    from inferc.compiler.calibration import merge_details, read_details
    from inferc.files.reader import read_source

    found: list[Measurement] = []
    diagnostics: list[Diagnostic] = []
    for file in files:
        rows, wrong = _read_one(fspath(file), known)
        found += _with_ids_of_their_own(rows, found)
        diagnostics += wrong
    if details:
        source = read_source(fspath(details))
        if isinstance(source, Diagnostic):
            return Measured(measurements=tuple(found), diagnostics=(*diagnostics, source))
        more, wrong = read_details(source.text, name=source.path)
        found = list(merge_details(found, more))
        diagnostics += wrong
    return Measured(measurements=tuple(found), diagnostics=tuple(diagnostics))


def assess(
    measurements: "Sequence[Measurement]",
    *,
    leave_out: LeaveOut = "",
    calibration: "Calibration | None" = None,
    progress: Progress | None = None,
) -> Assessed:
    """Return predictions for ``measurements`` and their score.

    With ``leave_out`` each group is predicted by a fit to all others; without, by ``calibration``
    or the one that is shipped, and no measured figure is looked at before the score.
    """
    from inferc.compiler import calibration as door

    rows = tuple(measurements)
    if leave_out:
        predictions = door.leave_out(rows, leave_out, progress=progress)
    else:
        predictions = door.predict(rows, calibration, progress=progress)
    score = door.score(rows, predictions)
    return Assessed(measurements=rows, predictions=predictions, score=score)


def fitted(
    measurements: "Sequence[Measurement]", *, name: str = "", progress: Progress | None = None
) -> str:
    """Return an ``.infer`` text with the coefficients that fit ``measurements`` best.

    The calibration is called ``name``, as far as the language allows it.
    """
    from inferc.compiler.calibration import fit, write_calibration

    found = fit(tuple(measurements), progress=progress)
    own = f"Fit to {found.rows:,} of our own measurements, on top of the shipped calibration"
    found = replace(found, name="", title="", fitted="", source=own)
    word = "".join(letter if letter.isalnum() else "_" for letter in name)
    try:
        return write_calibration(replace(found, name=word))
    except ValueError:  # no name of the language, as `for` or `5090`
        return write_calibration(found)


def _read_one(
    path: str, known: "Known | None"
) -> "tuple[tuple[Measurement, ...], tuple[Diagnostic, ...]]":
    """Return the rows of one file, and what is wrong with it."""
    from inferc.compiler.calibration import is_result, read_measurements, read_results
    from inferc.files.reader import read_source

    source = read_source(path)
    if isinstance(source, Diagnostic):
        return (), (source,)
    if is_result(source.text):
        return read_results(source.text, name=PurePath(source.path).name, known=known)
    return read_measurements(source.text, name=source.path)


def _with_ids_of_their_own(
    rows: "Sequence[Measurement]", before: "Sequence[Measurement]"
) -> "list[Measurement]":
    """Return ``rows``, each with an id that none ``before`` has: several files may share some."""
    taken = {row.id for row in before}
    found: list[Measurement] = []
    for row in rows:
        name, number = row.id, 2
        while name in taken:
            name, number = f"{row.id}~{number}", number + 1
        taken.add(name)
        same = name == row.id
        found.append(row if same else replace(row, conditions=replace(row.conditions, id=name)))
    return found


def read_calibration(path: str | PathLike[str] = "") -> FitFile:
    """Return the calibration in the ``.infer`` file at ``path``; without one, the shipped one.

    A file that is read for it may hold anything else beside one calibration.
    """
    if not path:
        return FitFile(calibration=None)
    from inferc.compiler.load import load
    from inferc.compiler.resolve import resolve
    from inferc.files.reader import DiskReader, read_source

    source = read_source(fspath(path))
    if isinstance(source, Diagnostic):
        return FitFile(calibration=None, diagnostics=(source,))
    loaded = load(source, DiskReader())
    found = resolve(loaded)
    wrong = tuple(
        item for item in (*loaded.diagnostics, *found.diagnostics) if item.code != NO_TOPOLOGY
    )
    blocks = [block for block in found.resolved.catalog.values() if block.kind == "calibration"]
    if has_errors(wrong):
        return FitFile(calibration=None, diagnostics=wrong)
    if len(blocks) != 1:
        from inferc.files.diagnostics import not_one_calibration

        problem = not_one_calibration(path=source.path, names=[block.name for block in blocks])
        return FitFile(calibration=None, diagnostics=(*wrong, problem))
    from inferc.compiler.model.calibration_block import calibration, problems

    wrong += tuple(problems(blocks[0], tuple(found.resolved.catalog.values())))
    value = None if has_errors(wrong) else calibration(blocks[0])
    return FitFile(calibration=value, diagnostics=wrong)
