"""The nearest changes that would make a refused problem hold, each tried on the model."""

from collections.abc import Iterator
from math import inf

from inferc.compiler.plan.alternatives import other_hardware, smaller_models, smallest_model
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.relax import Relax, Tried
from inferc.compiler.problem import Case


def nearest(case: Case, reserved: int = 0) -> tuple[Change, ...]:
    """Return the single changes under which a plan holds, or else all that must change together.

    ``reserved`` accelerators of the place are taken by other services.
    """
    return tuple(item.change for item in tried(case, reserved))


def tried(case: Case, reserved: int = 0) -> tuple[Tried, ...]:
    """Return what :func:`nearest` does, each change with the case that it makes."""
    relax = Relax(case, reserved)
    single = [
        *relax.precision(),
        *relax.nodes(),
        *relax.limits(),
        *relax.throughput(),
        *relax.rate(),
        *other_hardware(case),
        *smaller_models(case),
    ]
    if single:
        return tuple(sorted(single, key=_nearness))
    return tuple(relax.together()) or tuple(_with_another_model(smallest_model(case), reserved))


def _nearness(item: Tried) -> tuple[float, float]:
    price = item.change.price_usd_per_s
    return item.change.factor, inf if price is None else price


def _with_another_model(model: Tried | None, reserved: int) -> Iterator[Tried]:
    """Yield what must change where the model itself does: it first, then limits and rate."""
    if model is not None:
        rest = tuple(Relax(model.case, reserved).together())
        if rest:
            yield model
            yield from rest
