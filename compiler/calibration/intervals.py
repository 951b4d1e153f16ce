"""How sure an estimate is: factors that hold 80 % of the cases like it.

They come from rows that a fit did not see; of what was measured itself, from the residuals of the
fit. Cases are alike when they are of one metric and one kind of load and rest on equally much;
where too few were seen, a wider class stands in.

Source: conformal prediction, the quantiles of residuals that were left out (Vovk, Gammerman,
Shafer, Algorithmic Learning in a Random World, 2005).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import exp, log

from inferc.compiler.model.trust import UNSEEN, Basis, interval, kind_of, names_of, rests_on

__all__ = [
    "UNSEEN",
    "Basis",
    "Residual",
    "factors_of",
    "interval",
    "kind_of",
    "names_of",
    "residual",
    "rests_on",
]

NOMINAL = 0.8
FEWEST = 25
"""Residuals below which a class says too little."""

Residual = tuple[str, str, Basis, float]
"""Metric, kind of load, what it rests on, and the logarithm of measured over predicted."""


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
