"""Which fit the figures of a service rest on."""

from inferc.compiler.plan import ServicePlan
from inferc.compiler.provenance import Sourced


def fitted_number(plan: ServicePlan) -> Sourced[float] | None:
    """Return a coefficient of the engine that was fitted, with its source: all have the same.

    None where nothing was.
    """
    engine = plan.engine
    if engine is None:
        return None
    return next((engine.coefficients[key] for key in sorted(engine.fitted)), None)
