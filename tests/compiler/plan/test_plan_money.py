"""Money in plans: what they cost, budgets that they keep to, prices that lack."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.money import Desk, costs, planned, told

from inferc import api
from inferc.compiler.plan import ServicePlan, Verdict
from inferc.compiler.units import from_unit
from inferc.dsl import SourceFile

HOUR = 3600.0


def only(**parts: str) -> ServicePlan:
    """Return the plan of the one service of a desk."""
    (plan,) = planned(Desk(**parts)).plans[0].services
    return plan


# ---- what it costs -----------------------------------------------------------------------------


def test_hardware_that_is_there_costs_its_share_and_the_whole_place() -> None:
    plan = only(pool="nodes = 2; gpu = 4 * cat.gpu.nvidia.l40s; price = $1/gpu/h")
    cost = plan.cost
    assert cost is not None
    assert cost.usd_per_s == pytest.approx(plan.configuration.accelerators / HOUR)
    assert cost.place_usd_per_s == pytest.approx(8 / HOUR)
    assert not cost.follows
    assert cost.usd_per_request == pytest.approx(cost.usd_per_s / 4.0)


@pytest.mark.parametrize("nodes", ["nodes = 4", "nodes in 1..4"])
def test_replicas_for_prompts_are_paid_for(nodes: str) -> None:
    plan = only(
        pool=f"{nodes}; gpu = 1 * cat.gpu.nvidia.l40s; price = $1/gpu/h; network = 400 Gbps",
        more='pin { chat.serving = disaggregated because "measured" }',
    )
    cost, used = plan.cost, plan.configuration.accelerators
    assert cost is not None
    assert plan.configuration.prefill is not None
    assert used > plan.configuration.replicas
    assert cost.usd_per_s == pytest.approx(used / HOUR)
    assert cost.usd_per_s == pytest.approx(sum(item.usd_per_s for item in cost.expenses))


def test_the_parts_of_a_request_are_its_cost() -> None:
    cost = only(pool="nodes = 2; gpu = 4 * cat.gpu.nvidia.l40s; price = $1/gpu/h").cost
    assert cost is not None
    parts = 900.0 * cost.usd_per_input_tok + 250.0 * cost.usd_per_output_tok
    assert parts == pytest.approx(cost.usd_per_request)
    assert cost.usd_per_tok * 1150.0 == pytest.approx(cost.usd_per_request)
    assert cost.usd_per_output_tok > cost.usd_per_input_tok


def test_owning_by_hand() -> None:
    # Four for $40,000 over 4 years, 2 kW at PUE 1.5 and 10 cents, 5 % a year of upkeep.
    plan = only(
        pool="nodes = 1; gpu = 4 * cat.gpu.nvidia.l40s; capital = $40k; lifetime = 4y; power = 2kW"
        "; pue = 1.5; electricity = $0.10/kWh; upkeep = 5%"
    )
    price = plan.service.place.price_usd_per_s
    assert price is not None
    depreciation = 40_000 / (4 * 8760)
    energy = 2.0 * 1.5 * 0.10
    upkeep = 40_000 * 0.05 / 8760
    assert price.value * HOUR == pytest.approx((depreciation + energy + upkeep) / 4)
    assert plan.cost is not None
    assert [item.name for item in plan.cost.expenses] == ["depreciation", "energy", "upkeep"]
    total = sum(item.usd_per_s for item in plan.cost.expenses)
    assert total == pytest.approx(plan.cost.usd_per_s)


def test_power_that_nobody_states_is_that_of_the_accelerators_and_the_host() -> None:
    plan = only(pool="nodes = 1; gpu = 4 * cat.gpu.nvidia.l40s; capital = $40k")
    owned = plan.service.place.ownership
    assert owned is not None
    assert owned.power_w.value == pytest.approx(4 * 350 * 1.8)
    assert owned.lifetime_s.value == from_unit(5, "y")
    assert owned.lifetime_s.source


def test_a_week_costs_less_where_machines_come_and_go() -> None:
    shape = 'shape = office_hours(peak = 5x, window = "08:00-18:00 UTC")'
    elastic = only(pool="nodes in 1..8; instances = aws.g6e_xlarge", load=shape, cloud="aws")
    assert elastic.cost is not None
    assert elastic.cost.follows
    assert elastic.cost.usd_per_s < 0.7 * elastic.cost.peak_usd_per_s
    schedule = elastic.autoscale.schedule
    assert schedule is not None
    assert (schedule.zone, schedule.end) == ("UTC", "0 18 * * 1-5")
    assert schedule.replicas == elastic.configuration.replicas
    assert elastic.autoscale.min_replicas < schedule.replicas


def test_hardware_of_ones_own_costs_the_peak_all_week() -> None:
    shape = 'shape = office_hours(peak = 5x, window = "08:00-18:00 UTC")'
    plan = only(pool="nodes in 1..8; gpu = cat.gpu.nvidia.l40s; capital = $20k", load=shape)
    assert plan.cost is not None
    assert plan.cost.usd_per_s == pytest.approx(plan.cost.peak_usd_per_s)


# ---- other ways to have it ---------------------------------------------------------------------


def test_offers_of_the_file_are_compared_by_hand() -> None:
    plan = only(
        pool="nodes = 2; gpu = 4 * cat.gpu.nvidia.l40s; price = $1/gpu/h",
        more='managed_api ours { title = "Ours"; model = m; input = $10/Mtok; output = $20/Mtok }',
    )
    assert plan.cost is not None
    (own,) = [item for item in plan.cost.options if item.title == "Ours"]
    request = 900 * 10e-6 + 250 * 20e-6
    assert own.usd_per_s == pytest.approx(4.0 * request)
    assert 0.0 < own.break_even_per_s < 4.0


def test_every_offer_of_the_catalog_says_where_and_when() -> None:
    cost = only(pool="nodes = 2; gpu = 4 * cat.gpu.nvidia.l40s; price = $1/gpu/h").cost
    assert cost is not None
    assert {item.kind for item in cost.options} == {"managed_api", "serverless_gpu"}
    assert all(item.source and item.as_of for item in cost.options)


@settings(deadline=None, max_examples=3)
@given(st.floats(0.2, 20.0))
def test_a_dearer_place_breaks_even_later(price: float) -> None:
    def point(usd: float) -> float:
        pool = f"nodes = 2; gpu = 4 * cat.gpu.nvidia.l40s; price = ${usd:.4f}/gpu/h"
        more = 'managed_api ours { title = "Ours"; model = m; input = $1/Mtok; output = $2/Mtok }'
        cost = only(pool=pool, more=more).cost
        assert cost is not None
        return next(item for item in cost.options if item.title == "Ours").break_even_per_s

    assert point(price) <= point(price * 1.5)


def test_spot_and_reserved_are_named_where_their_prices_are_known() -> None:
    shape = 'shape = office_hours(peak = 5x, window = "08:00-18:00 UTC")'
    cost = only(
        pool="nodes in 1..8; instances = azure.nc24ads_a100_v4", load=shape, cloud="azure"
    ).cost
    assert cost is not None
    spot = next(item for item in cost.options if item.kind == "spot")
    assert spot.usd_per_s < cost.usd_per_s
    assert not spot.breaks_even


# ---- budgets -----------------------------------------------------------------------------------

ELASTIC = "nodes in 1..6; gpu = cat.gpu.nvidia.l40s; price = $1/gpu/h"


@pytest.mark.parametrize(
    ("sla", "expected"),
    [
        ("cost <= $800/mo", []),
        ("cost <= $500/mo", ["INF412"]),
        ("cost <= $5/Mtok", []),
        ("cost <= $0.01/Mtok", ["INF412"]),
        ("prefer cost <= $200/mo", []),
    ],
)
def test_a_limit_on_cost_refuses_what_cannot_be_had(sla: str, expected: list[str]) -> None:
    assert told(Desk(pool=ELASTIC, sla=f"p95 ttft <= 2s; {sla}")) == expected


def test_what_has_no_price_cannot_be_limited() -> None:
    desk = Desk(pool="nodes = 1; gpu = cat.gpu.nvidia.l40s", sla="p95 ttft <= 2s; cost <= $9k/mo")
    assert told(desk) == ["INF413"]


@pytest.mark.parametrize("line", ["cost <= $2k/mo", "prefer cost <= $2k/mo"])
def test_choices_without_a_price_are_left_out_while_one_has_a_price(line: str) -> None:
    pool = "nodes in 1..4; instances = aws.g6e_xlarge; market in [on_demand, spot]"
    desk = Desk(pool=pool, sla=f"p95 ttft <= 2s; {line}", cloud="aws")
    found = planned(desk)
    assert [item.code for item in found.diagnostics] == ["INF143"]
    assert found.plans[0].services[0].service.place.market == "on_demand"
    left = replace(desk, more="pin { dc.gpu.market = spot }")
    assert told(left) == ["INF413"]


OTHER = """
  service other {
    model = m
    on    = dc.gpu
    load { rate = 1 req/s }
    sla { p95 ttft <= 2s }
  }
"""


def test_a_pool_for_several_services_prefers_what_has_a_price() -> None:
    own = 'instance bare { title = "Bare"; type = "bare"; gpu = 1 * cat.gpu.nvidia.l40s }'
    pool = "nodes in 1..8; instances in [bare, aws.g6e_xlarge]"
    (plan,) = planned(Desk(pool=pool, cloud="aws", more=own + OTHER)).plans
    assert {item.service.place.instance_type for item in plan.services} == {"g6e.xlarge"}


def test_a_pool_for_several_services_is_of_a_kind_that_they_can_afford() -> None:
    pool = "nodes in 1..8; instances in {}; price = $1/gpu/h"
    limits = "p95 ttft <= 2s; prefer p95 itl <= 30ms; cost <= $2k/mo"
    sla = f"{limits} }}\n    survives = node\n    scale {{ idle = 5min"
    for kinds in ("[aws.g6e_xlarge]", "[aws.g6e_xlarge, aws.g6e_12xlarge]"):
        desk = Desk(pool=pool.format(kinds), sla=sla, cloud="aws", more=OTHER)
        assert planned(desk).plans[0].verdict is Verdict.FEASIBLE


def test_the_plan_keeps_to_its_budget() -> None:
    free = only(pool=ELASTIC, sla="p95 ttft <= 2s; prefer p95 itl <= 30ms")
    assert free.cost is not None
    limit = free.cost.usd_per_s * from_unit(1, "mo") * 0.8
    held = only(
        pool=ELASTIC,
        sla=f"p95 ttft <= 2s; prefer p95 itl <= 30ms; cost <= ${limit:.0f}/mo",
    )
    assert held.cost is not None
    assert held.cost.usd_per_s * from_unit(1, "mo") <= limit
    assert held.configuration.replicas < free.configuration.replicas
    (line,) = [item for item in held.margins if item.objective.metric == "cost"]
    assert line.ratio <= 1.0


def kept(plan: ServicePlan) -> dict[str, bool]:
    """Return which lines a plan keeps."""
    return {item.objective.metric: item.ratio <= 1.0 for item in plan.margins}


def test_wishes_act_in_their_order() -> None:
    first = "prefer p95 itl <= 30ms; prefer cost <= $800/mo"
    last = "prefer cost <= $800/mo; prefer p95 itl <= 30ms"
    quick = only(pool=ELASTIC, sla=f"p95 ttft <= 2s; {first}")
    cheap = only(pool=ELASTIC, sla=f"p95 ttft <= 2s; {last}")
    assert kept(quick) == {"ttft": True, "itl": True, "cost": False}
    assert kept(cheap) == {"ttft": True, "itl": False, "cost": True}


@settings(deadline=None, max_examples=4)
@given(st.floats(500.0, 9000.0), st.floats(1.0, 2.0))
def test_a_looser_budget_never_refuses(limit: float, more: float) -> None:
    def refused(usd: float) -> bool:
        desk = Desk(pool=ELASTIC, sla=f"p95 ttft <= 2s; cost <= ${usd:.2f}/mo", load="peak = 3x")
        return bool(told(desk))

    assert refused(limit) or not refused(limit * more)


SECOND = """
  service other {
    model = m
    on    = dc.gpu
    load { rate = 4 req/s; peak = 1.2x; prompt_tokens = 900 tok; output_tokens = 250 tok }
    sla { p95 ttft <= 2s; prefer p95 itl <= 30ms }
  }
"""


@pytest.mark.parametrize(("budget", "expected"), [("$9k/mo", []), ("$1k/mo", ["INF414"])])
def test_a_budget_is_for_all_services(budget: str, expected: list[str]) -> None:
    desk = Desk(
        pool="nodes = 8; gpu = cat.gpu.nvidia.l40s; price = $1/gpu/h",
        more=SECOND + f"  budget all {{ cost <= {budget} }}",
    )
    assert told(desk) == expected


def test_services_share_out_what_a_budget_leaves() -> None:
    pool = "nodes = 8; gpu = cat.gpu.nvidia.l40s; price = $1/gpu/h"
    wish = "p95 ttft <= 2s; prefer p95 itl <= 30ms"
    free = sum(costs(Desk(pool=pool, sla=wish, more=SECOND)))
    least = sum(costs(Desk(pool=pool, more=SECOND.replace("prefer p95 itl <= 30ms", ""))))
    assert least < free
    month = from_unit(1, "mo")
    limit = (free + least) / 2 * month
    budget = f"  budget all {{ cost <= ${limit:.0f}/mo }}"
    total = sum(costs(Desk(pool=pool, sla=wish, more=SECOND + budget)))
    assert total * month <= limit


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ("p95 ttft <= 1s", ["INF190"]),
        ("prefer cost <= $9k/mo", ["INF190"]),
        ("cost <= $1/Mtok", ["INF190"]),
        ("cost <= $9k/mo; alert = [50%, 80%]", ["INF190"]),
        ("prefer chat.cost <= $1/Mtok", []),
        ("chat.cost <= $0.01/Mtok", ["INF412"]),
    ],
)
def test_what_a_budget_may_say(budget: str, expected: list[str]) -> None:
    assert told(Desk(pool=ELASTIC, more=f"budget all {{ {budget} }}")) == expected


def test_an_overlay_may_tighten_a_budget() -> None:
    desk = Desk(
        pool=ELASTIC, more="budget all { cost <= $9k/mo }\n  env small { all.cost <= $500/mo }"
    )
    assert told(desk) == []
    assert told(replace(desk, env="small")) == ["INF412"]


def test_nothing_costs_nothing() -> None:
    plan = only(pool="nodes = 1; gpu = cat.gpu.nvidia.l40s; price = $0/gpu/h")
    assert plan.cost is not None
    assert plan.cost.usd_per_s == 0.0
    apis = [item for item in plan.cost.options if item.kind == "managed_api"]
    assert all(item.break_even_per_s == 0.0 for item in apis)


def test_a_platform_of_the_catalog_brings_its_price_and_sleeps() -> None:
    text = """infer 1
import std.catalog as cat
topology t {
  serverless run { platform = cloud_run; gpu = cat.gpu.nvidia.l4; instances in 0..6 }
  service notes {
    model = cat.models.google.gemma_2_9b_it
    precision in [fp8, int4]
    on = run
    load {
      rate          = 3 req/min
      shape         = office_hours(peak = 20x, window = "08:00-19:00 UTC")
      prompt_tokens = 600 tok
      output_tokens = 200 tok
    }
    sla { p95 ttft <= 5s at warm; cost <= $300/mo }
    scale { to_zero = true; idle = 15min }
  }
}
"""
    (plan,) = api.plan(SourceFile("notes.infer", text)).plans[0].services
    assert plan.cost is not None
    # A GPU, four processors and 16 GiB, in 55 of 168 hours.
    hour = (0.0001867 + 4 * 0.000018 + 16 * 0.000002) * HOUR
    assert plan.cost.peak_usd_per_s * HOUR == pytest.approx(hour)
    assert plan.cost.usd_per_s * HOUR == pytest.approx(hour * 55 / 168, rel=0.02)


def test_the_whole_costs_what_its_services_cost() -> None:
    pool = "nodes = 8; gpu = cat.gpu.nvidia.l40s; price = $1/gpu/h"
    (plan,) = planned(Desk(pool=pool, more=SECOND)).plans
    assert plan.cost_usd_per_s == pytest.approx(sum(costs(Desk(pool=pool, more=SECOND))))
    (unpriced,) = planned(Desk(pool="nodes = 1; gpu = cat.gpu.nvidia.l40s")).plans
    assert unpriced.cost_usd_per_s is None


def test_a_pool_of_any_size_is_explained_soon() -> None:
    plan = only(pool="nodes in 1..1_000_000_000; gpu = 1 * cat.gpu.nvidia.l40s; price = $1/gpu/h")
    nodes = next(item for item in plan.choices if item.path == "chat.nodes")
    assert str(plan.service.place.accelerators + 1) in {loser.value for loser in nodes.alternatives}
