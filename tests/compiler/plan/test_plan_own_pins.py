"""Pins of numbers that a plan chose anyway: they are those of the peak, and cost nothing."""

from functools import cache

import pytest
from support.money import Desk, planned

from inferc.compiler.cost import ServiceCost
from inferc.compiler.plan import ServicePlan

POOL = "instances = aws.g6e_xlarge; market = on_demand; nodes in 1..24; price = $2/gpu/h"
WEEK = 'shape = diurnal(peak = 9x, window = "14:00-18:00 UTC")'


@cache
def plan_with(pin: str) -> ServicePlan:
    """Return the plan of a service of few replicas at night and more in the afternoon."""
    more = f"pin {{ {pin} }}" if pin else ""
    found = planned(Desk(pool=POOL, cloud="aws", load=WEEK, more=more))
    assert found.ok, found.diagnostics
    (plan,) = found.plans[0].services
    return plan


def cost_with(pin: str) -> ServiceCost:
    found = plan_with(pin).cost
    assert found is not None
    return found


def chosen() -> tuple[int, int]:
    """Return the replicas and nodes of the plan without pins, which has more than one."""
    plan = plan_with("")
    nodes = int(plan.service.place.nodes.value)
    assert nodes > 1
    assert plan.autoscale.min_replicas < plan.configuration.replicas
    return plan.configuration.replicas, nodes


@pytest.mark.parametrize(
    "pin",
    [
        "chat.nodes = {nodes}",
        "chat.nodes in [{nodes}]",
        "chat.replicas = {replicas}",
        "chat.replicas = {replicas}; chat.nodes = {nodes}",
    ],
)
def test_a_pin_of_what_is_chosen_anyway_costs_nothing(pin: str) -> None:
    replicas, nodes = chosen()
    line = pin.format(replicas=replicas, nodes=nodes)
    free, fixed = plan_with(""), plan_with(line)
    assert fixed.configuration == free.configuration
    assert fixed.service.place.nodes.value == nodes
    assert fixed.autoscale.min_replicas == free.autoscale.min_replicas
    assert cost_with(line).usd_per_s == pytest.approx(cost_with("").usd_per_s)
    assert cost_with(line).follows


@pytest.mark.parametrize(
    "pin", ["chat.nodes >= {nodes}", "chat.nodes in {nodes}..24", "chat.replicas >= {replicas}"]
)
def test_a_bound_holds_at_any_load(pin: str) -> None:
    replicas, nodes = chosen()
    line = pin.format(replicas=replicas, nodes=nodes)
    cost = cost_with(line)
    assert cost.usd_per_s == pytest.approx(cost.peak_usd_per_s)
    assert cost.usd_per_s > cost_with("").usd_per_s


def test_more_nodes_than_the_plan_needs_are_paid_for_at_the_peak() -> None:
    _, nodes = chosen()
    line = f"chat.nodes = {nodes + 2}"
    more, free = cost_with(line), cost_with("")
    each = free.peak_usd_per_s / nodes
    assert more.peak_usd_per_s == pytest.approx(each * (nodes + 2))
    assert free.usd_per_s < more.usd_per_s < more.peak_usd_per_s
