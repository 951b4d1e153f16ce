"""Which fit the figures of a service rest on."""

from inferc.compiler.plan import ServicePlan
from inferc.compiler.provenance import Sourced


def fitted_number(plan: ServicePlan) -> Sourced[float] | None:
    """Return a coefficient of the engine that was fitted, with its source: all have the same.

    None where nothing was.
    """
    name = plan.configuration.engine
    engines = [item for item in plan.service.engines if item.id.rpartition(".")[2] == name]
    return next(
        (engine.coefficients[key] for engine in engines for key in sorted(engine.fitted)), None
    )
