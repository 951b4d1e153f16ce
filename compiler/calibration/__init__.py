"""Calibration: published measurements, the protocols behind them, fitting and scoring.

Predicting needs the simulator, fitting numpy and scipy: each is loaded when it is asked for.
"""

from collections.abc import Sequence

from inferc.compiler.calibration.command_line import EngineSettings, read_command_line
from inferc.compiler.calibration.exclusions import EXCLUSIONS
from inferc.compiler.calibration.intervals import interval, rests_on
from inferc.compiler.calibration.measurements import (
    Conditions,
    Measured,
    Measurement,
    merge_details,
)
from inferc.compiler.calibration.names import accelerator_name, engine_name, weights_format
from inferc.compiler.calibration.operating import Operating, Run, settings_or_defaults
from inferc.compiler.calibration.peers import Beside, beside_peer
from inferc.compiler.calibration.protocols import Basis, Protocol, Spread, protocol_of
from inferc.compiler.calibration.result_files import Known, is_result, read_results
from inferc.compiler.calibration.scoring import SLICES, score, slices
from inferc.compiler.calibration.tables import read_details, read_measurements
from inferc.compiler.calibration.values import Figure, Prediction, Progress, Score
from inferc.compiler.model.calibrated import published
from inferc.compiler.model.calibration import Calibration

__all__ = [
    "EXCLUSIONS",
    "SLICES",
    "Basis",
    "Beside",
    "Calibration",
    "Conditions",
    "EngineSettings",
    "Figure",
    "Known",
    "Measured",
    "Measurement",
    "Operating",
    "Prediction",
    "Progress",
    "Protocol",
    "Run",
    "Score",
    "Spread",
    "accelerator_name",
    "beside_peer",
    "engine_name",
    "fit",
    "interval",
    "is_result",
    "leave_out",
    "merge_details",
    "predict",
    "protocol_of",
    "read_command_line",
    "read_details",
    "read_measurements",
    "read_results",
    "rests_on",
    "score",
    "settings_or_defaults",
    "slices",
    "weights_format",
    "write_calibration",
]


def predict(
    measurements: Sequence[Measurement],
    calibration: Calibration | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[Prediction, ...]:
    """Return a prediction for each measurement, by ``calibration`` or the one that is shipped.

    No measured figure is looked at.
    """
    from inferc.compiler.calibration.prediction import predict as predicted

    return predicted(measurements, calibration or published(), progress=progress)


def leave_out(
    measurements: Sequence[Measurement],
    by: str,
    *,
    folds: int = 0,
    progress: Progress | None = None,
) -> tuple[Prediction, ...]:
    """Return for each measurement what a fit to the rows of all other groups predicts.

    ``by`` is ``model``, ``family``, ``cell``, ``gpu``, ``architecture`` or ``engine``. With
    ``folds`` there are so many fits in all, each without a share of the groups. Nothing that is
    shipped is used: the fit begins at what physics and data sheets say.
    """
    from inferc.compiler.calibration.learning import leave_out as left_out

    return left_out(measurements, by, prior=Calibration(), folds=folds, progress=progress)


def fit(
    measurements: Sequence[Measurement],
    *,
    prior: Calibration | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Return the calibration that fits ``measurements`` best.

    Where they say nothing, ``prior`` holds: the one that is shipped unless said otherwise.
    """
    from inferc.compiler.calibration.learning import calibrate

    start = published() if prior is None else prior
    return calibrate(measurements, prior=start, progress=progress)


def write_calibration(calibration: Calibration) -> str:
    """Return ``calibration`` as the text of an ``.infer`` file."""
    from inferc.compiler.calibration.written import write_calibration as written

    return written(calibration)
