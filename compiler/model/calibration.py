"""Fitted coefficients of the performance model, and how they reach engines and accelerators."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from inferc.compiler.model.design import Accelerator, Engine
from inferc.compiler.provenance import Origin, Sourced, exactly

Factors = Mapping[str, Mapping[str, float]]
"""By engine or architecture, and by coefficient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Fitted numbers: a value for everyone, and factors of engines and architectures on it."""

    name: str = ""
    typical: Mapping[str, float] = field(default_factory=dict[str, float])
    engines: Factors = field(default_factory=dict[str, Mapping[str, float]])
    """By the short name of an engine, with its generation where that matters: ``vllm_v0``."""
    architectures: Factors = field(default_factory=dict[str, Mapping[str, float]])
    """By the architecture of accelerators: ``Hopper``."""
    intervals: Factors = field(default_factory=dict[str, Mapping[str, float]])
    """By what an estimate rests on: how far off 80 % of such estimates are, as factors."""
    source: str = ""


def calibrated_engine(engine: Engine, calibration: Calibration, generation: str = "") -> Engine:
    """Return ``engine`` with the coefficients that were fitted; what its block says wins.

    ``generation`` names an earlier one of the engine, which has factors of its own.
    """
    factors = calibration.engines.get(generation or engine.id.rpartition(".")[2], {})
    fitted: dict[str, Sourced[float]] = {
        name: exactly(typical * factors.get(name, 1.0), Origin.CATALOG, source=calibration.source)
        for name, typical in calibration.typical.items()
    }
    return replace(engine, coefficients=MappingProxyType({**fitted, **engine.coefficients}))


def calibrated_accelerator(accelerator: Accelerator, calibration: Calibration) -> Accelerator:
    """Return ``accelerator`` with the factors that were fitted to its architecture."""
    factors = calibration.architectures.get(accelerator.architecture, {})
    return replace(accelerator, efficiency=MappingProxyType(dict(factors)))
