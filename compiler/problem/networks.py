"""From services of networks to their serving problems."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inferc.compiler.model import Design
from inferc.compiler.model.network_service import NetworkService
from inferc.compiler.problem.build import unknown_of
from inferc.compiler.problem.case import Quantity, Unknown
from inferc.compiler.problem.network_case import NetworkCase, NetworkProblem

if TYPE_CHECKING:
    from inferc.compiler.provenance import Sourced


def build_networks(design: Design) -> tuple[NetworkProblem, ...]:
    """Return one problem for each service of a network, in the design's order.

    A calibration says nothing of networks: their engines' own coefficients hold.
    """
    return tuple(_problem(service) for service in design.networks)


def _problem(service: NetworkService) -> NetworkProblem:
    load = service.load
    lengths = load.lengths
    case = NetworkCase(
        service=service.name,
        model=service.model,
        places=service.places,
        tables=service.tables,
        share=service.share,
        engines=service.engines,
        rate_per_s=load.arrivals.rate_per_s.value,
        peak=load.arrivals.peak.value,
        items=load.items.value,
        item_tok=lengths.mean_tok.value if lengths else 0.0,
        item_p95_over_mean=lengths.p95_over_mean.value if lengths else 1.0,
        steps=load.steps.value if load.steps else 0.0,
        objectives=service.objectives,
        decisions=service.decisions,
        confidence=service.confidence,
    )
    return NetworkProblem(service=service, case=case, unknowns=tuple(_unknowns(service)))


def _unknowns(service: NetworkService) -> Iterator[Unknown]:
    """Return the numbers that may lie elsewhere than where the plan is made for them.

    More of each is never easier to serve, so the low end is the favourable one.
    """
    load = service.load
    numbers: tuple[tuple[str, Quantity, Sourced[float] | None, str], ...] = (
        ("rate", Quantity.RATE, load.arrivals.rate_per_s, "req/s"),
        ("peak", Quantity.PEAK, load.arrivals.peak, "x"),
        ("items", Quantity.ITEMS, load.items, ""),
        ("input_tokens", Quantity.ITEM, load.lengths.mean_tok if load.lengths else None, "tok"),
        ("steps", Quantity.STEPS, load.steps, ""),
    )
    for name, quantity, number, unit in numbers:
        if number is not None and number.low < number.high:
            yield unknown_of(f"{service.name}.load.{name}", quantity, number, unit)
