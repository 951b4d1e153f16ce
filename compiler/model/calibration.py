"""Fitted coefficients of the performance model, and how they reach engines and accelerators."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from inferc.compiler.model.design import Accelerator, Engine, Place
from inferc.compiler.provenance import Origin, exactly

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

PUBLISHED = "calibration.published"
"""The path of the one that is shipped."""


def published() -> Calibration:
    """Return the calibration that is shipped: a fit to published measurements.

    It is read once and kept; where the catalog has none, nothing was fitted.
    """
    from inferc.compiler.model.calibration_block import shipped

    return shipped(PUBLISHED) or NOTHING


def calibrated_engine(engine: Engine, calibration: Calibration, generation: str = "") -> Engine:
    """Return ``engine`` with the coefficients that were fitted.

    What the user's own block of it says wins over anything. What its catalog entry says, where
    it was not measured then, wins over a typical value and not over a factor of its own.
    ``generation`` names an earlier one of the engine, which has factors of its own.
    """
    factors = factors_of(calibration, generation or engine.id.rpartition(".")[2])
    fitted = {
        name: exactly(
            typical * factors.get(name, 1.0),
            Origin.CATALOG,
            source=calibration.source or calibration.title or calibration.name,
            as_of=calibration.fitted,
        )
        for name, typical in calibration.typical.items()
    }
    own = {
        name: value
        for name, value in engine.coefficients.items()
        if value.origin is not Origin.CATALOG or name not in fitted or name not in factors
    }
    return replace(
        engine,
        coefficients=MappingProxyType({**fitted, **own}),
        fitted=frozenset(fitted) - frozenset(own),
    )


def factors_of(calibration: Calibration, engine: str) -> Mapping[str, float]:
    """Return the factors of ``engine``: of a build or generation without any, the engine's.

    Those are called after it: ``vllm_rocm``.
    """
    known = calibration.engines
    while engine not in known and "_" in engine:
        engine = engine.rpartition("_")[0]
    return known.get(engine, {})


def calibrated_accelerator(accelerator: Accelerator, calibration: Calibration) -> Accelerator:
    """Return ``accelerator`` with the factors that were fitted to its architecture."""
    factors = calibration.architectures.get(accelerator.architecture, {})
    return replace(accelerator, efficiency=MappingProxyType(dict(factors)))


def calibrated_place(place: Place, calibration: Calibration) -> Place:
    """Return ``place`` with its accelerators calibrated."""
    return replace(place, accelerator=calibrated_accelerator(place.accelerator, calibration))
