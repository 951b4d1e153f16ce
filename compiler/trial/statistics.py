"""Several runs to one figure with an interval."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from math import sqrt

from inferc.compiler.simulation.values import SHARES, Latency
from inferc.compiler.trial.values import Figure

STUDENT_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)
"""Half the width of a 95 % interval in standard errors, by degrees of freedom from 1.

Source: NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
"""

ROUNDS = 40
"""Halvings of an interval: to a trillionth of its width."""


def student_t(freedom: int) -> float:
    """Return Student's t of a two-sided 95 % interval; beyond the table within half a per cent."""
    return STUDENT_T[freedom - 1] if freedom <= len(STUDENT_T) else 1.96 + 2.5 / freedom


def figure(runs: Sequence[Latency], estimate: Callable[[Sequence[Latency]], float]) -> Figure:
    """Return an estimate over all runs, with the interval that leaving out each run gives.

    Source: Quenouille (1956) and Tukey (1958), the jackknife over groups; standard error
    ``sqrt((n - 1) / n sum((t_i - mean(t))^2))``. Holds for: runs that do not depend on each other.
    """
    value = estimate(runs)
    count = len(runs)
    if count == 1:
        return Figure(value, None)
    without = [estimate([*runs[:place], *runs[place + 1 :]]) for place in range(count)]
    middle = sum(without) / count
    square = sum((item - middle) ** 2 for item in without)
    return Figure(value, student_t(count - 1) * sqrt((count - 1) / count * square))


def mean_s(runs: Sequence[Latency]) -> float:
    """Return the mean over all values of several runs."""
    count = sum(run.count for run in runs)
    return sum(run.mean_s * run.count for run in runs) / count if count else 0.0


def quantile_s(runs: Sequence[Latency], share: float) -> float:
    """Return what a share of all values of several runs does not exceed.

    The distribution of all is the mixture of those of the runs, each known by its curve.
    """
    runs = [run for run in runs if run.count]
    if not runs:
        return 0.0
    low_s = min(run.quantile_s(share) for run in runs)
    high_s = max(run.quantile_s(share) for run in runs)
    wanted = share * sum(run.count for run in runs)
    for _ in range(ROUNDS):
        if high_s - low_s <= 1e-9 * high_s:
            break
        middle_s = (low_s + high_s) / 2.0
        if sum(run.count * share_below(run.curve_s, middle_s) for run in runs) < wanted:
            low_s = middle_s
        else:
            high_s = middle_s
    return high_s


def share_below(curve_s: Sequence[float], value_s: float) -> float:
    """Return the share of a run's values that do not exceed ``value_s``, by its curve."""
    place = bisect_left(curve_s, value_s)
    if place == 0:
        return 0.0
    if place == len(curve_s):
        return 1.0
    low_s, high_s = curve_s[place - 1], curve_s[place]
    part = (value_s - low_s) / (high_s - low_s)
    return SHARES[place - 1] + (SHARES[place] - SHARES[place - 1]) * part
