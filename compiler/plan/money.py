"""Why a service cannot be had for what it may cost, or cannot be compared with that."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inferc.compiler.model import Objective
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.diagnostics_money import Dear, price_missing
from inferc.compiler.plan.hardware import some_priced
from inferc.compiler.plan.objectives import is_cost
from inferc.compiler.plan.places import places_of
from inferc.compiler.plan.priced_search import PricedSearch
from inferc.compiler.plan.search import Candidate, Load, Search
from inferc.compiler.problem import Case
from inferc.compiler.units import show
from inferc.dsl.diagnostics import Diagnostic

if TYPE_CHECKING:
    from inferc.compiler.units_table import ShowKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TooDear:
    """The cheapest plan that holds the rest of an SLA, which costs more than a line allows."""

    candidate: Candidate
    line: Objective
    dear: Dear

    @property
    def change(self) -> Change:
        """What would make it hold."""
        return Change(
            field="cost",
            current=self.line.limit.text,
            proposed=self.dear.at_least,
            effect="holds at the planned values",
        )


def too_dear(search: Search, load: Load) -> TooDear | None:
    """Return the cheapest plan at ``load`` where its cost alone is what refuses a service."""
    if not isinstance(search, PricedSearch) or not search.limits_of_cost:
        return None
    found = search.cheapest(load)
    if found is None:
        return None
    line = max(search.limits_of_cost, key=lambda item: search.over(item, found, load, load))
    over = search.over(line, found, load, load)
    if over <= 1.0:
        return None
    shown: ShowKind = "usd_per_tok" if line.counts == "tok" else "usd_per_mo"
    plan = found.configuration
    return TooDear(
        candidate=found,
        line=line,
        dear=Dear(
            usd_per_s=search.usd_per_s(found, load, load),
            at_least=show(over * line.limit.value, shown),
            cheapest=f"{plan.engine}, {plan.precision}, tensor_parallel {plan.tensor_parallel}, "
            f"replicas {plan.replicas} on {found.shape.place.path}",
        ),
    )


def without_price(case: Case) -> list[Diagnostic]:
    """Return the error for a line about money where no hardware that is left has a price.

    Where some has one, what has none is not afforded, and taken only where nothing else holds.
    """
    line = next((item for item in case.objectives if is_cost(item)), None)
    if line is None:
        return []
    places = places_of(case)
    if not places or some_priced(places):
        return []
    return [price_missing(line, service=case.service, places=places)]
