"""How sure an estimate is: factors that hold 80 % of the cases like it.

They come from rows that a fit did not see; of what was measured itself, from the residuals of the
fit. Cases are alike when they are of one metric and one kind of load and rest on equally much;
where too few were seen, a wider class stands in.

Source: conformal prediction, the quantiles of residuals that were left out (Vovk, Gammerman,
Shafer, Algorithmic Learning in a Random World, 2005).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import exp, log

from inferc.compiler.calibration.values import Basis
from inferc.compiler.model.calibration import Calibration, MeasuredCell

NOMINAL = 0.8
FEWEST = 25
"""Residuals below which a class says too little."""

STEADY = {"closed_loop": "closed", "open_loop": "open", "mlperf_server": "open"}
"""Kinds of load by what they are alike in; the others have all requests there at once."""

Residual = tuple[str, str, Basis, float]
"""Metric, kind of load, what it rests on, and the logarithm of measured over predicted."""

UNSEEN = {"ttft": (0.4, 2.5), "tpot": (0.6, 1.7), "throughput": (0.6, 1.7)}
"""Where nothing at all was measured: the spread between published sources of one configuration."""


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


def factors_of(residuals: Iterable[Residual]) -> Mapping[str, Mapping[str, float]]:
    """Return for each class that was seen often enough the factors on an estimate."""
    found: dict[str, list[float]] = defaultdict(list)
    for metric, load, basis, residual in residuals:
        for name in names_of(metric, load, basis):
            found[name].append(residual)
    return {
        name: _factors(sorted(values))
        for name, values in sorted(found.items())
        if len(values) >= FEWEST
    }


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


def _looked_up(
    factors: Mapping[str, Mapping[str, float]], metric: str, load: str, basis: Basis
) -> tuple[float, float]:
    for name in names_of(metric, load, basis):
        known = factors.get(name)
        if known is not None:
            return known["low"], known["high"]
    return UNSEEN[metric]


def _factors(residuals: list[float]) -> Mapping[str, float]:
    """Return the factors that leave a tenth of the residuals out on each side."""
    tail = (1.0 - NOMINAL) / 2.0
    return {
        "low": min(1.0, exp(_quantile(residuals, tail))),
        "high": max(1.0, exp(_quantile(residuals, 1.0 - tail))),
        "rows": float(len(residuals)),
    }


def _quantile(ordered: list[float], share: float) -> float:
    """Return a quantile by linear interpolation between the values around it."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def residual(metric: str, load: str, basis: Basis, measured: float, predicted: float) -> Residual:
    """Return one residual."""
    return metric, load, basis, log(measured / predicted)
