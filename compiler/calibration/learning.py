"""From measurements to a calibration, and to what it says of rows that it did not see."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt
from typing import NamedTuple

from inferc.compiler.calibration.arrays import Array, marks, numbers, row_of, stacked
from inferc.compiler.calibration.exclusions import excluded, teaches
from inferc.compiler.calibration.fitting import (
    Fitted,
    Problem,
    coefficients_of,
    fit_to,
)
from inferc.compiler.calibration.intervals import Residual, factors_of, residual
from inferc.compiler.calibration.measurements import Measured, Measurement
from inferc.compiler.calibration.prediction import (
    cell_of,
    predict_one,
    spanned,
    values_of,
)
from inferc.compiler.calibration.replay import Replay, replay
from inferc.compiler.calibration.scoring import comparison
from inferc.compiler.calibration.subject import NoSubjectError, Subject, subject_of
from inferc.compiler.calibration.values import METRICS, Prediction, Progress
from inferc.compiler.model.calibration import Calibration

ROUNDS = 2
"""Simulations: a fit changes what steps take, and thereby a little which steps there are."""

ITERATIONS = 25
FEWER_ITERATIONS = 8
"""Of a fit that starts at one to all rows and leaves some of them out."""

FIRST_TOKEN_WEIGHT = 0.5
"""Of TTFT: its spread between replicates is about twice that of the others."""

PUPILS = 40
"""Rows of one model, engine, architecture, format and source that a fit looks at."""

FEWER_PUPILS = 25
"""Of fits that each leave a share of the groups out: there are many of them."""

FOLDS = 6
"""Fits for the intervals; each leaves a part of the cells out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A measurement that was played again."""

    row: Measurement
    subject: Subject
    replay: Replay


class Known(NamedTuple):
    """A measurement, and what it is of."""

    row: Measurement
    subject: Subject


def calibrate(
    measurements: Sequence[Measurement],
    *,
    prior: Calibration,
    progress: Progress | None = None,
) -> Calibration:
    """Return the calibration that fits ``measurements`` best, with honest intervals.

    ``prior`` is what holds where the measurements say nothing. The intervals come from fits that
    leave a part of the cells, of the architectures or of the engines out.
    """
    tell = progress or _nobody
    known = _known(measurements)
    lesson = _lesson(known, prior, partial(_share, tell, 0.0, 0.4))
    residuals = list(_left_out_residuals(known, lesson, partial(_share, tell, 0.4, 1.0)))
    taught = [item for item in known if _taught_by(item.row)]
    return replace(
        lesson.calibration,
        intervals={**prior.intervals, **factors_of(residuals)},
        measured=frozenset(cell_of(item.subject) for item in taught) | prior.measured,
        rows=len(taught),
    )


def leave_out(
    measurements: Sequence[Measurement],
    by: str,
    *,
    prior: Calibration,
    folds: int = 0,
    progress: Progress | None = None,
) -> tuple[Prediction, ...]:
    """Return for each measurement what a fit without its group predicts.

    Groups share a ``model``, a ``family`` of models, a ``cell`` (model, accelerator, engine and
    format), a ``gpu``, an ``architecture`` or an ``engine``. With ``folds`` there are so many fits
    in all, each without a share of the groups; else there is one for each group. The intervals of a
    group come from the residuals of the others, which each were left out in their turn too.
    """
    tell = progress or _nobody
    known = _known(measurements)
    found: dict[str, Prediction] = {}
    residuals: dict[str, list[Residual]] = {}
    groups = _groups(known, by)
    for name, without in _blind(known, groups, prior, tell, folds):
        for row, _ in groups[name]:
            found[row.id] = predict_one(row.conditions, without)
            residuals.setdefault(name, []).extend(_residuals(row, found[row.id]))
    for name, items in groups.items():
        others = [one for other, some in residuals.items() if other != name for one in some]
        factors = factors_of(others)
        for row, _ in items:
            found[row.id] = _respanned(found[row.id], row, factors)
    return tuple(
        found[row.id] if row.id in found else predict_one(row.conditions, prior)
        for row in measurements
    )


# ---- what is learned from ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A fit, and the rows that it was made from, as they were played last."""

    calibration: Calibration
    prior: Calibration
    played: Sequence[Played]
    problem: Problem


def _known(measurements: Sequence[Measurement]) -> list[Known]:
    """Return the rows of which the catalog has model and accelerator."""
    found: list[Known] = []
    for row in measurements:
        try:
            found.append(Known(row, subject_of(row.conditions)))
        except NoSubjectError:
            continue
    return found


def _lesson(
    known: Sequence[Known], prior: Calibration, progress: Progress, most: int = PUPILS
) -> Lesson:
    """Return a fit to all rows."""
    pupils = _sample([item for item in known if _taught_by(item.row)], most)
    lesson = _taught(pupils, prior, prior, partial(_round, progress, 0))
    for count in range(1, ROUNDS):
        lesson = _taught(pupils, prior, lesson.calibration, partial(_round, progress, count))
    return lesson


def _taught(
    pupils: Sequence[Known], prior: Calibration, start: Calibration, progress: Progress
) -> Lesson:
    """Return a fit to rows that are played by ``start``."""
    played = list(_play(pupils, start, progress))
    problem = problem_of(played)
    everyone = marks([True] * len(played))
    fitted = fit_to(problem, everyone, prior=prior, start=start, rounds=ITERATIONS)
    calibration = _named(fitted, prior, [item.subject for item in played])
    return Lesson(calibration=calibration, prior=prior, played=played, problem=problem)


def _slice(item: Known) -> tuple[object, ...]:
    return (item.subject.cell, item.subject.model.id, item.row.conditions.source)


def _sample(known: Sequence[Known], most: int = PUPILS) -> list[Known]:
    """Return at most ``most`` rows of each slice, evenly spread over its order.

    Rows of one server, model and format repeat each other; a fit learns little from the hundredth.
    """
    slices: dict[tuple[object, ...], list[Known]] = {}
    for item in known:
        slices.setdefault(_slice(item), []).append(item)
    chosen: list[Known] = []
    for items in slices.values():
        step = max(1.0, len(items) / most)
        chosen.extend(items[int(place * step)] for place in range(min(most, len(items))))
    return chosen


def _named(fitted: Fitted, prior: Calibration, subjects: Sequence[Subject]) -> Calibration:
    """Return a fit as a calibration that knows what it was fitted to."""
    found = coefficients_of(fitted.space, fitted.vector)
    engines = {subject.cell.engine for subject in subjects}
    architectures = {subject.cell.architecture for subject in subjects}
    return replace(
        prior,
        typical={**prior.typical, **found.typical},
        engines={**prior.engines, **{name: found.engines[name] for name in sorted(engines)}},
        architectures={
            **prior.architectures,
            **{name: found.architectures[name] for name in sorted(architectures)},
        },
        measured=frozenset(cell_of(subject) for subject in subjects) | prior.measured,
    )


def _play(known: Sequence[Known], calibration: Calibration, progress: Progress) -> Iterator[Played]:
    """Play rows again."""
    for count, (row, subject) in enumerate(known, start=1):
        played = replay(subject, calibration, steps=True)
        if played.bins:
            yield Played(row=row, subject=subject, replay=played)
        progress(count / len(known))


def _taught_by(row: Measurement) -> bool:
    """Return whether a row has a figure that is fitted to."""
    return bool(row.measured) and any(teaches(row.conditions, metric) for metric in METRICS)


def _scored(row: Measurement) -> bool:
    """Return whether a row has a figure that no rule leaves out."""
    return bool(row.measured) and any(excluded(row.conditions, m) is None for m in METRICS)


# ---- the problem of the fit -------------------------------------------------------------------


def problem_of(played: Sequence[Played]) -> Problem:
    """Return what is fitted: the steps of each row, and what was measured."""
    parts = [
        (
            numbers([row_of(part.work) for part in item.replay.bins]),
            numbers([part.weights for part in item.replay.bins]),
        )
        for item in played
    ]
    cells = [item.subject.cell for item in played]
    return Problem(
        cells=cells,
        prompt_tok=numbers([item.replay.prompt_tok for item in played]),
        frontend=numbers([item.replay.frontend for item in played]),
        steps=stacked(parts),
        base=numbers([_base(item) for item in played]),
        at_simulation=numbers([item.replay.recorded_s for item in played]),
        observed=numbers([_observed(item) for item in played]),
        weight=_weights(played),
    )


def _base(item: Played) -> tuple[float, float, float]:
    """Return TTFT without the front end, TPOT and the time of the whole run, as simulated."""
    values = values_of(item.subject, item.replay)
    front_s = item.replay.frontend * item.replay.front_s
    return max(1e-6, values["ttft"] - front_s), values["tpot"], item.replay.outcome.makespan_s


def _observed(item: Played) -> tuple[float, float, float]:
    """Return the same as measured; NaN where nothing was published, or a rule leaves it out."""
    measured, conditions = item.row.measured, item.row.conditions
    found = (measured.ttft_s, measured.tpot_s, _makespan_s(item, measured))
    return tuple(  # type: ignore[return-value]  # three of them
        value if value and teaches(conditions, metric) else float("nan")
        for value, metric in zip(found, METRICS, strict=True)
    )


def _makespan_s(item: Played, measured: Measured) -> float | None:
    """Return how long the simulated tokens would have taken at the measured throughput."""
    outcome, replicas = item.replay.outcome, item.subject.replicas
    if item.row.conditions.load in {"open_loop", "mlperf_server"}:
        return None
    if measured.output_tok_per_s:
        return outcome.output_tok * replicas / measured.output_tok_per_s
    if measured.total_tok_per_s:
        tokens = outcome.output_tok + outcome.prompt_tok
        return tokens * replicas / measured.total_tok_per_s
    return None


def _weights(played: Sequence[Played]) -> Array:
    """Return weights by which a slice counts as the root of its rows.

    Rows of one server are correlated: a thousand of them say less than a thousand servers.
    """
    slices = [_slice(Known(item.row, item.subject)) for item in played]
    counts = Counter(slices)
    found = [WEIGHT / sqrt(counts[one]) for one in slices]
    return numbers([(FIRST_TOKEN_WEIGHT * weight, weight, weight) for weight in found])


WEIGHT = 3.0
"""Of one row alone, against the prior of a coefficient."""


# ---- leaving out ------------------------------------------------------------------------------


def _groups(known: Sequence[Known], by: str) -> Mapping[str, list[Known]]:
    groups: dict[str, list[Known]] = {}
    for item in known:
        groups.setdefault(_group(item.subject, by), []).append(item)
    return dict(sorted(groups.items()))


def _group(subject: Subject, by: str) -> str:
    """Return the group that a row is left out with."""
    match by:
        case "model":
            return subject.model.id
        case "family":
            return subject.model.id.rpartition(".")[0]
        case "gpu":
            return subject.accelerator.id
        case "engine":
            return subject.engine.id
        case "architecture":
            return subject.accelerator.architecture
        case _:
            return "/".join(cell_of(subject))


def _blind(
    known: Sequence[Known],
    groups: Mapping[str, list[Known]],
    prior: Calibration,
    tell: Progress,
    shares: int,
) -> Iterator[tuple[str, Calibration]]:
    """Yield each group with a fit that never saw it, not even where its search begins.

    Of many groups, a fit without a share of them is where the fits without each one begin; with
    ``shares``, it stands for them.
    """
    most = FEWER_PUPILS if shares else PUPILS
    for share, start in _without_shares(known, groups, prior, tell, shares or FOLDS, most):
        if start is None:
            yield from ((name, prior) for name in share)
            continue
        if shares or len(share) == 1:
            yield from ((name, start.calibration) for name in share)
            continue
        pupils = _sample([item for item in known if _taught_by(item.row)])
        played = list(_play(pupils, start.calibration, _nobody))
        lesson = replace(start, played=played, problem=problem_of(played))
        for name in share:
            yield name, _without(lesson, known, groups[name])


def _without_shares(
    known: Sequence[Known],
    groups: Mapping[str, list[Known]],
    prior: Calibration,
    tell: Progress,
    shares: int,
    most: int,
) -> Iterator[tuple[list[str], Lesson | None]]:
    """Yield shares of the groups, each with a fit to all other rows that begins at the prior.

    There are ``shares`` at most, and a fit looks at ``most`` rows of a slice. It is None where the
    others teach nothing.
    """
    names = list(groups)
    folds = min(shares, len(names))
    for fold in range(folds):
        share = names[fold::folds]
        gone = {item.row.id for name in share for item in groups[name]}
        rest = [item for item in known if item.row.id not in gone]
        part = partial(_share, tell, fold / folds, (fold + 1) / folds)
        taught = any(_taught_by(item.row) for item in rest)
        yield share, _lesson(rest, prior, part, most) if taught else None
    tell(1.0)


def _without(lesson: Lesson, known: Sequence[Known], group: Sequence[Known]) -> Calibration:
    """Return the fit to all rows but those of ``group``."""
    gone = {item.row.id for item in group}
    keep = marks([item.row.id not in gone for item in lesson.played])
    fitted = fit_to(
        lesson.problem,
        keep,
        prior=lesson.prior,
        start=lesson.calibration,
        rounds=FEWER_ITERATIONS,
    )
    rest = [item.subject for item in known if item.row.id not in gone and _taught_by(item.row)]
    return _named(fitted, lesson.prior, rest)


def _left_out_residuals(
    known: Sequence[Known], lesson: Lesson, progress: Progress
) -> Iterator[Residual]:
    """Yield residuals of rows that a fit did not see, by how much it had to rest on.

    Of what was measured itself: the residuals of the fit. Each other fit begins at the prior, so
    that it knows nothing of what it leaves out.
    """
    scored = [item for item in known if _scored(item.row)]
    for row, _ in _sample(scored):
        yield from _residuals(row, predict_one(row.conditions, lesson.calibration))
    plans = ("cell", "architecture", "engine")
    for place, by in enumerate(plans):
        groups = _groups(scored, by)
        part = partial(_share, progress, place / len(plans), (place + 1) / len(plans))
        for share, other in _without_shares(known, groups, lesson.prior, part, FOLDS, PUPILS):
            if other is None:
                continue
            for row, _ in _sample([item for name in share for item in groups[name]]):
                yield from _residuals(row, predict_one(row.conditions, other.calibration))


def _residuals(row: Measurement, prediction: Prediction) -> Iterator[Residual]:
    for metric in METRICS:
        found = comparison(row, prediction, metric)
        if found is None or prediction.basis is None:
            continue
        if excluded(row.conditions, metric) is None:
            load = row.conditions.load
            yield residual(metric, load, prediction.basis, found.measured, found.predicted.value)


def _respanned(
    prediction: Prediction, row: Measurement, factors: Mapping[str, Mapping[str, float]]
) -> Prediction:
    """Return a prediction with intervals of these factors."""
    if prediction.basis is None:
        return prediction
    load, basis = row.conditions.load, prediction.basis
    return replace(
        prediction,
        values={
            name: spanned(span.value, name, load, basis, factors)
            for name, span in prediction.values.items()
        },
    )


# ---- progress ---------------------------------------------------------------------------------


def _nobody(_: float) -> None:
    """Tell nobody."""


def _share(tell: Callable[[float], None], start: float, end: float, done: float) -> None:
    tell(start + (end - start) * done)


def _round(tell: Callable[[float], None], count: int, done: float) -> None:
    tell((count + done) / ROUNDS)
