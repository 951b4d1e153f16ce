"""How far a figure can be trusted: what was measured, and how wide the 80 % interval is.

Both are read off the measurements that a calibration was fitted to. Where it has none there are no
intervals: nothing here invents one.
"""

from collections.abc import Mapping

from inferc.compiler.calibration import interval, rests_on
from inferc.compiler.calibration.values import Basis
from inferc.compiler.estimation.values import Kind, Setup
from inferc.compiler.model.calibrated import measured_cell
from inferc.compiler.model.calibration import Calibration, fitted_name
from inferc.compiler.model.trust import latency_intervals

LOADS = {
    Kind.RATE: "open_loop",
    Kind.CONCURRENCY: "closed_loop",
    Kind.BATCH: "static_batch",
}
"""Loads by what tables of measurements call them."""


def basis_of(setup: Setup, calibration: Calibration) -> Basis:
    """Return how much of ``setup`` was measured."""
    engine = fitted_name(calibration, setup.engine.name)
    cell = measured_cell(engine, setup.place.accelerator, setup.model, setup.layout.precision)
    return rests_on(cell, calibration)


def intervals(
    kind: Kind, basis: Basis, calibration: Calibration
) -> Mapping[str, tuple[float, float]]:
    """Return the factors from a figure to the ends of its 80 % interval, by metric."""
    if not calibration.intervals:
        return {}
    name = LOADS[kind]
    found = dict(latency_intervals(calibration, name, basis))
    if kind is not Kind.RATE:  # where as many are answered as come
        found["throughput"] = interval(calibration.intervals, "throughput", name, basis)
    return found
