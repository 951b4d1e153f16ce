"""Steps of many measurements as arrays, so that a fit prices all of them at once.

This file and ``fitting`` alone name numpy; they are imported late.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inferc.compiler.perf.ideal import Ideal, Prices, StepWork, step_s

Array = NDArray[np.float64]
Marks = NDArray[np.bool_]

FIELDS = len(Ideal._fields) + len(StepWork._fields) - 1
"""Columns of one step."""


def numbers(values: Sequence[float] | Sequence[Sequence[float]]) -> Array:
    """Return numbers, or rows of them, as an array."""
    return np.array(values, dtype=np.float64)


def marks(values: Sequence[bool]) -> Marks:
    """Return which of several things are meant, as an array."""
    return np.array(values, dtype=np.bool_)


def row_of(work: StepWork[float]) -> tuple[float, ...]:
    """Return a step as one row of numbers: its tokens' fields first."""
    return (*work.tokens, *work[1:])


def work_of(table: Array) -> StepWork[Array]:
    """Return the steps of ``table``, one a row, with an array for each field."""
    tokens = len(Ideal._fields)
    columns = table.T
    return StepWork(Ideal(*columns[:tokens]), *columns[tokens:])


class Steps(NamedTuple):
    """Steps of all measurements, one below the other."""

    table: Array
    """Steps by fields."""
    owner: NDArray[np.intp]
    """The measurement that a step belongs to."""
    weights: Array
    """Steps by metrics: what one second more of the step adds to the metric."""


def stacked(parts: Sequence[tuple[Array, Array]]) -> Steps:
    """Return the steps of several measurements below each other: ``(table, weights)`` of each."""
    counts = [len(table) for table, _ in parts]
    return Steps(
        table=np.concatenate([table for table, _ in parts]),
        owner=np.repeat(np.arange(len(parts)), counts),
        weights=np.concatenate([weights for _, weights in parts]),
    )


def metrics_s(steps: Steps, prices: Prices[Array]) -> Array:
    """Return the metrics of every measurement, in seconds, from the prices of each one's steps.

    ``prices`` hold one number a measurement. Measurements by metrics.
    """
    of_step = Prices(*(price[steps.owner] for price in prices))
    # Plain arithmetic, and thereby that of arrays too.
    time_s: Array = step_s(work_of(steps.table), of_step)  # type: ignore[arg-type, assignment]
    # The steps of a measurement stand together, so that they can be added up in one go.
    starts = np.flatnonzero(np.diff(steps.owner, prepend=-1))
    return np.add.reduceat(steps.weights * time_s[:, None], starts, axis=0)
