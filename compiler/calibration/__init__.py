"""Calibration: published measurements, the protocols behind them, fitting and scoring."""

from inferc.compiler.calibration.command_line import EngineSettings, read_command_line
from inferc.compiler.calibration.measurements import (
    Conditions,
    Measured,
    Measurement,
    merge_details,
)
from inferc.compiler.calibration.names import engine_name, weights_format
from inferc.compiler.calibration.operating import Operating, Run, settings_or_defaults
from inferc.compiler.calibration.protocols import Basis, Protocol, Spread, protocol_of
from inferc.compiler.calibration.result_files import Known, is_result, read_results
from inferc.compiler.calibration.tables import read_details, read_measurements

__all__ = [
    "Basis",
    "Conditions",
    "EngineSettings",
    "Known",
    "Measured",
    "Measurement",
    "Operating",
    "Protocol",
    "Run",
    "Spread",
    "engine_name",
    "is_result",
    "merge_details",
    "protocol_of",
    "read_command_line",
    "read_details",
    "read_measurements",
    "read_results",
    "settings_or_defaults",
    "weights_format",
]
