"""Say what a measurement will come to, from its conditions alone."""

from collections.abc import Mapping, Sequence
from math import isfinite

from inferc.compiler.calibration.intervals import interval, rests_on
from inferc.compiler.calibration.measurements import Conditions, Measurement
from inferc.compiler.calibration.replay import Replay, replay
from inferc.compiler.calibration.subject import NoSubjectError, Subject, subject_of
from inferc.compiler.calibration.values import Basis, Prediction, Progress, Span
from inferc.compiler.model.calibrated import measured_cell
from inferc.compiler.model.calibration import Calibration, MeasuredCell

MEDIAN = 0.5


def predict(
    measurements: Sequence[Measurement],
    calibration: Calibration,
    *,
    progress: Progress | None = None,
) -> tuple[Prediction, ...]:
    """Return a prediction for each measurement; no measured figure is looked at."""
    found: list[Prediction] = []
    for count, row in enumerate(measurements, start=1):
        found.append(predict_one(row.conditions, calibration))
        if progress is not None:
            progress(count / len(measurements))
    return tuple(found)


def predict_one(conditions: Conditions, calibration: Calibration) -> Prediction:
    """Return what a row will come to, or why nothing can be said."""
    try:
        subject = subject_of(conditions)
    except NoSubjectError as missing:
        return Prediction(id=conditions.id, skipped=str(missing))
    played = replay(subject, calibration)
    if not played.outcome.completed:
        return Prediction(id=conditions.id, skipped="a request does not fit into the KV cache")
    basis = basis_of(subject, calibration)
    return Prediction(
        id=conditions.id,
        values={
            name: spanned(value, name, conditions.load, basis, calibration.intervals)
            for name, value in values_of(subject, played).items()
            if isfinite(value) and value > 0.0
        },
        basis=basis,
        unknown=subject.unknown,
    )


def values_of(subject: Subject, played: Replay) -> dict[str, float]:
    """Return the figures of a replay: the statistics that the row's source publishes."""
    outcome, protocol = played.outcome, subject.protocol
    ttft = outcome.ttft.p50_s if protocol.percentile == MEDIAN else outcome.ttft.mean_s
    if protocol.ttft_of == "last":
        ttft = outcome.ttft.largest_s
    tpot = outcome.tpot.p50_s if protocol.percentile == MEDIAN else outcome.tpot.mean_s
    output = outcome.output_tok_per_s * subject.replicas
    total = outcome.total_tok_per_s * subject.replicas
    if protocol.steady and protocol.rate_per_s and subject.conditions.load == "open_loop":
        output = protocol.rate_per_s * protocol.output.mean_tok
        total = output + protocol.rate_per_s * protocol.prompt.mean_tok
    return {"ttft": ttft, "tpot": tpot, "output_tok": output, "total_tok": total}


def cell_of(subject: Subject) -> MeasuredCell:
    """Return what a calibration remembers of a row that it was fitted to."""
    return measured_cell(
        subject.cell.engine, subject.accelerator, subject.model, subject.layout.precision
    )


def basis_of(subject: Subject, calibration: Calibration) -> Basis:
    """Return what an estimate of ``subject`` rests on."""
    return rests_on(cell_of(subject), calibration)


def spanned(
    value: float,
    name: str,
    load: str,
    basis: Basis,
    factors: Mapping[str, Mapping[str, float]],
) -> Span:
    """Return ``value`` with the interval of such cases."""
    metric = name if name in {"ttft", "tpot"} else "throughput"
    low, high = interval(factors, metric, load, basis)
    return Span(value=value, low=value * low, high=value * high)
