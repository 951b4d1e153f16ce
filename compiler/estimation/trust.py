"""How far a figure can be trusted: what was measured, and how wide the 80 % interval is.

Both are read off the measurements that a calibration was fitted to. Where there is no calibration
there are no intervals: nothing here invents one.
"""

from collections.abc import Mapping

from inferc.compiler.estimation.values import Familiarity, Load, Setup


def familiarity(setup: Setup) -> Familiarity:
    """Return how much of ``setup`` was ever measured."""
    calibrated = bool(setup.place.accelerator.efficiency)
    return Familiarity.CALIBRATED if calibrated else Familiarity.SPEC_SHEET


def intervals(
    setup: Setup,  # noqa: ARG001 - the place for calibrated intervals
    load: Load,  # noqa: ARG001
) -> Mapping[str, tuple[float, float]]:
    """Return the factors from a figure to the ends of its 80 % interval, by metric."""
    return {}
