"""How a calibration reaches engines and accelerators."""

from dataclasses import replace
from types import MappingProxyType

from inferc.compiler.model.calibration import NOTHING, Calibration, MeasuredCell, factors_of
from inferc.compiler.model.calibration_block import shipped
from inferc.compiler.model.design import (
    Accelerator,
    Engine,
    LanguageModel,
    Place,
    short_name,
)
from inferc.compiler.provenance import Origin, exactly

PUBLISHED = "calibration.published"
"""The path of the one that is shipped."""


def published() -> Calibration:
    """Return the calibration that is shipped: a fit to published measurements.

    It is read once and kept; where the catalog has none, nothing was fitted.
    """
    return shipped(PUBLISHED) or NOTHING


def calibrated_engine(engine: Engine, calibration: Calibration, generation: str = "") -> Engine:
    """Return ``engine`` with the coefficients that were fitted.

    What the user's own block of it says wins over anything. What its catalog entry says, where
    it was not measured then, wins over a typical value and not over a factor of its own.
    ``generation`` names an earlier one of the engine, which has factors of its own.
    """
    factors = factors_of(calibration, generation or engine.name)
    fitted = {
        name: exactly(
            typical * factors.get(name, 1.0),
            Origin.CATALOG,
            source=_said(calibration),
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


def _said(calibration: Calibration) -> str:
    """Return what a fitted number rests on: what people call the fit, and how much it saw."""
    if not calibration.title:
        return calibration.source or calibration.name
    return f"{calibration.title}, {calibration.rows:,} rows"


def calibrated_accelerator(accelerator: Accelerator, calibration: Calibration) -> Accelerator:
    """Return ``accelerator`` with the factors that were fitted to its architecture."""
    factors = calibration.architectures.get(accelerator.architecture, {})
    return replace(accelerator, efficiency=MappingProxyType(dict(factors)))


def calibrated_place(place: Place, calibration: Calibration) -> Place:
    """Return ``place`` with its accelerators calibrated."""
    return replace(place, accelerator=calibrated_accelerator(place.accelerator, calibration))


def measured_cell(
    engine: str, accelerator: Accelerator, model: LanguageModel, precision: str
) -> MeasuredCell:
    """Return what a calibration remembers of something that it was fitted to.

    ``engine`` is what the calibration calls it.
    """
    return MeasuredCell(
        engine=engine,
        architecture=accelerator.architecture,
        accelerator=short_name(accelerator.id),
        model=short_name(model.id),
        precision=precision,
    )
