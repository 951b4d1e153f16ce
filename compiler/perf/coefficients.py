"""The coefficients of the performance model, for one engine on one accelerator.

An engine's own figures (`coefficients` of its catalog entry, or a calibration) come first; an
accelerator's architecture may scale each of them. Data sheet and physics do the rest.
"""

from inferc.compiler.model import Accelerator, Engine
from inferc.compiler.schema import COEFFICIENTS as ALL
from inferc.compiler.schema import FITTED, STATED, Coefficient

__all__ = ["ALL", "FITTED", "STATED", "Coefficient", "coefficient", "coefficients_of"]


def coefficients_of(engine: Engine, accelerator: Accelerator) -> dict[str, float]:
    """Return every coefficient of ``engine`` on ``accelerator``, by name.

    The engine's own value, else the typical one, times the factor of the accelerator's
    architecture, within the physical range.
    """
    return {name: _value(item, engine, accelerator) for name, item in ALL.items()}


def coefficient(name: str, engine: Engine, accelerator: Accelerator) -> float:
    """Return one coefficient of ``engine`` on ``accelerator``."""
    return _value(ALL[name], engine, accelerator)


def _value(item: Coefficient, engine: Engine, accelerator: Accelerator) -> float:
    own = engine.coefficients.get(item.name)
    value = own.value if own else item.typical
    value *= accelerator.efficiency.get(item.name, 1.0)
    return min(item.high, max(item.low, value))
