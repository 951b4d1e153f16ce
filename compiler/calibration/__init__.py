"""Calibration: published measurements, the protocols behind them, fitting and scoring."""

from inferc.compiler.calibration.measurements import (
    Conditions,
    Measured,
    Measurement,
    merge_details,
)
from inferc.compiler.calibration.tables import read_details, read_measurements

__all__ = [
    "Conditions",
    "Measured",
    "Measurement",
    "merge_details",
    "read_details",
    "read_measurements",
]
