"""Fitted coefficients of the performance model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Factors = Mapping[str, Mapping[str, float]]
"""By engine or architecture, and by coefficient."""


Residuals = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By the slice of the measurements, by metric, and by figure."""


class MeasuredCell(NamedTuple):
    """What something was measured of. Names are short ones of the catalog."""

    engine: str
    """As in :attr:`Calibration.engines`."""
    architecture: str
    accelerator: str
    """The last step of its path: ``h100_80gb_sxm``."""
    model: str
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Fitted numbers: a value for everyone, and factors of engines and architectures on it."""

    name: str = ""
    title: str = ""
    fitted: str = ""
    """The day of the fit: ``2026-11-21``."""
    rows: int = 0
    """Measurements that it was fitted to."""
    typical: Mapping[str, float] = field(default_factory=dict[str, float])
    engines: Factors = field(default_factory=dict[str, Mapping[str, float]])
    """By the short name of an engine, with its generation where that matters: ``vllm_v0``."""
    architectures: Factors = field(default_factory=dict[str, Mapping[str, float]])
    """By the architecture of accelerators: ``Hopper``."""
    intervals: Factors = field(default_factory=dict[str, Mapping[str, float]])
    """By what an estimate rests on: ``low`` and ``high``, the factors to the ends that hold 80 %
    of such estimates, and ``rows``."""
    residuals: Residuals = field(default_factory=dict[str, Mapping[str, Mapping[str, float]]])
    """What error the fit leaves: ``residuals["hopper"]["ttft"]["median_ape"]``."""
    measured: frozenset[MeasuredCell] = frozenset()
    source: str = ""


NOTHING = Calibration()
"""What holds where nothing was fitted: the typical values of the model."""


def factors_of(calibration: Calibration, engine: str) -> Mapping[str, float]:
    """Return the factors of ``engine``: of a build or generation without any, the engine's."""
    return calibration.engines.get(fitted_name(calibration, engine), {})


def fitted_name(calibration: Calibration, engine: str) -> str:
    """Return what a calibration calls ``engine``, or its own name where it was not measured.

    Builds and generations are called after their engine: ``vllm_rocm`` is ``vllm`` where only
    that was measured.
    """
    name = engine
    while name not in calibration.engines and "_" in name:
        name = name.rpartition("_")[0]
    return name if name in calibration.engines else engine
