"""The answer for one topology: plans for all services, or refusals."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inferc.compiler.plan.decisions import Refusal, ServicePlan, Verdict

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The answer for one topology: plans for all services, or refusals."""

    topology: str
    verdict: Verdict
    services: tuple[ServicePlan, ...]
    networks: "tuple[NetworkPlan, ...]" = ()
    """Those of networks."""
    refusals: tuple[Refusal, ...]

    @property
    def planned(self) -> "tuple[ServicePlan | NetworkPlan, ...]":
        """The plans of language models, then those of networks."""
        return (*self.services, *self.networks)

    @property
    def cost_usd_per_s(self) -> float | None:
        """What all services together cost, on average; None where some price lacks."""
        models = (item.cost.usd_per_s if item.cost else None for item in self.services)
        costs = (*models, *(item.price_usd_per_s for item in self.networks))
        known = [cost for cost in costs if cost is not None]
        return sum(known) if known and len(known) == len(costs) else None
