"""How far a calibration can be trusted: what was measured, and how wide its 80 % intervals are.

The intervals are read off the measurements that a calibration was fitted to. Cases are alike when
they are of one metric and one kind of load and rest on equally much; where too few were seen, a
wider class stands in.
"""

from collections.abc import Iterator, Mapping
from enum import Enum

from inferc.compiler.model.calibration import Calibration, MeasuredCell


class Basis(Enum):
    """What an estimate rests on, the surest first."""

    MEASURED = "measured"
    """This model was measured on this engine, accelerator and format."""
    CALIBRATED = "calibrated"
    """The engine was measured, and so was the accelerator's architecture, on something else."""
    SPEC_SHEET = "spec sheet"
    """The data sheet is all that is known of the accelerator, or nothing of the engine."""


STEADY = {"closed_loop": "closed", "open_loop": "open", "mlperf_server": "open"}
"""Kinds of load by what they are alike in; the others have all requests there at once."""

UNSEEN = {"ttft": (0.4, 2.5), "tpot": (0.6, 1.7), "throughput": (0.6, 1.7)}
"""Where nothing at all was measured: the spread between published sources of one configuration."""

LIKE_TPOT = "itl"
"""The gaps between tokens are as sure as their mean."""

LIKE_BOTH = "e2e"
"""A whole request is no surer than the less sure of its parts."""


def rests_on(cell: MeasuredCell, calibration: Calibration) -> Basis:
    """Return what an estimate of ``cell`` rests on."""
    if cell in calibration.measured:
        return Basis.MEASURED
    known = cell.engine in calibration.engines and cell.architecture in calibration.architectures
    return Basis.CALIBRATED if known else Basis.SPEC_SHEET


def kind_of(load: str) -> str:
    """Return the class of loads that ``load`` belongs to."""
    return STEADY.get(load, "at_once")


def names_of(metric: str, load: str, basis: Basis) -> Iterator[str]:
    """Yield the classes that a case belongs to, the narrowest first."""
    rests = basis.name.lower()
    yield f"{rests}_{kind_of(load)}_{metric}"
    yield f"{rests}_{metric}"
    yield metric


def interval(
    factors: Mapping[str, Mapping[str, float]], metric: str, load: str, basis: Basis
) -> tuple[float, float]:
    """Return the factors on an estimate of ``metric`` between which 80 % of such cases lie.

    An estimate that rests on less is never surer than one that rests on more.
    """
    low, high = _looked_up(factors, metric, load, basis)
    for surer in Basis:
        if surer is basis:
            break
        other_low, other_high = _looked_up(factors, metric, load, surer)
        low, high = min(low, other_low), max(high, other_high)
    return low, high


def latency_intervals(
    calibration: Calibration, load: str, basis: Basis
) -> Mapping[str, tuple[float, float]]:
    """Return the factors to the ends of the 80 % interval of each latency; none without a fit."""
    if not calibration.intervals:
        return {}
    first, each = (
        interval(calibration.intervals, metric, load, basis) for metric in ("ttft", "tpot")
    )
    both = min(first[0], each[0]), max(first[1], each[1])
    return {"ttft": first, "tpot": each, LIKE_TPOT: each, LIKE_BOTH: both}


def _looked_up(
    factors: Mapping[str, Mapping[str, float]], metric: str, load: str, basis: Basis
) -> tuple[float, float]:
    for name in names_of(metric, load, basis):
        known = factors.get(name)
        if known is not None:
            return known["low"], known["high"]
    return UNSEEN[metric]
