"""``inferc cost``: what it prints, what it refuses, what programs get."""

import json
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from support.commands import call
from support.money import Desk, costs, planned

from inferc.compiler.cost import Option
from inferc.compiler.units import from_unit, show
from inferc.report.cost_text import break_even

POOL = "nodes = 1; gpu = 2 * cat.gpu.nvidia.l40s; price = $1/gpu/h"


def written(folder: Path, desk: Desk) -> str:
    """Return the path of a file with a desk."""
    path = folder / "desk.infer"
    path.write_text(desk.text, encoding="utf-8")
    return str(path)


def test_the_table_says_what_a_month_costs_and_what_others_ask(tmp_path: Path) -> None:
    done = call("cost", written(tmp_path, Desk(pool=POOL)))
    assert done.code == 0
    assert done.out.startswith("topology desk   $730.00/mo ($1.00/h)\n")
    assert "an hour, the whole place     $2.00/h" in done.out
    assert "by the token" in done.out
    assert "the plan is cheaper above" in done.out


def test_programs_get_dollars_and_break_evens(tmp_path: Path) -> None:
    done = call("cost", written(tmp_path, Desk(pool=POOL)), "--format", "json")
    found = json.loads(done.out)
    assert found["usd_per_month"] == 730.0
    (service,) = found["services"]
    assert service["cost"]["replicas"] == 1.0
    apis = [item for item in service["cost"]["options"] if item["kind"] == "managed_api"]
    assert apis
    assert all("plan_cheaper_above_req_per_s" in item for item in apis)


@pytest.mark.parametrize(
    ("now_usd_per_s", "said"),
    [(1.5, "dearer than the plan here, cheaper at larger loads"), (0.5, "at any load")],
)
def test_without_a_break_even_the_stated_load_decides_what_is_said(
    now_usd_per_s: float, said: str
) -> None:
    option = Option(
        kind="serverless_gpu",
        title="Other",
        usd_per_s=now_usd_per_s,
        arithmetic="",
        source="",
        as_of="",
        breaks_even=True,
        break_even_per_s=inf,
    )
    (plan,) = planned(Desk(pool=POOL)).plans
    cost = plan.services[0].cost
    assert cost is not None
    assert said in break_even(option, replace(cost, usd_per_s=1.0))


def test_without_a_price_it_says_how_to_state_one(tmp_path: Path) -> None:
    done = call("cost", written(tmp_path, Desk(pool="nodes = 1; gpu = cat.gpu.nvidia.l40s")))
    assert done.code == 0
    assert "`price = $2.50/gpu/h`" in done.out


def test_a_budget_that_cannot_be_kept_is_a_refusal(tmp_path: Path) -> None:
    desk = Desk(pool=POOL, sla="p95 ttft <= 2s; cost <= $600/mo")
    done = call("cost", written(tmp_path, desk))
    assert done.code == 3
    refused = json.loads(done.out)
    assert refused["nearest"][0]["proposed"] == "$730.00/mo"
    assert "INF412" in done.err


OTHER = """
  service other {
    model = m
    on    = dc.gpu
    load { rate = 1 req/s }
    sla { p95 ttft <= 2s }
  }
"""


@pytest.mark.parametrize("command", ["plan", "cost"])
def test_of_a_budget_of_several_services_the_sum_is_shown(command: str, tmp_path: Path) -> None:
    budget = "budget all { cost <= $9k/mo }"
    done = call(command, written(tmp_path, Desk(pool=POOL, more=OTHER + budget)))
    (plan,) = planned(Desk(pool=POOL, more=OTHER + budget)).plans
    assert plan.cost_usd_per_s is not None
    total = show(plan.cost_usd_per_s, "usd_per_mo")
    assert f"budget   all services together {total} <= $9,000/mo" in done.out
    if command == "plan":
        assert done.out.count("the budget of all services") == len(plan.services)
    alone = call(command, written(tmp_path, Desk(pool=POOL, more=budget)))
    assert "all services together" not in alone.out


def test_a_part_of_a_budget_is_called_one(tmp_path: Path) -> None:
    pool = "nodes = 8; gpu = cat.gpu.nvidia.l40s; price = $1/gpu/h"
    wish = "p95 ttft <= 2s; prefer p95 itl <= 30ms"
    other = OTHER.replace("rate = 1 req/s", "rate = 4 req/s").replace("p95 ttft <= 2s", wish)
    free = sum(costs(Desk(pool=pool, sla=wish, more=other)))
    limit = f"budget all {{ cost <= ${(free - 1 / 3600) * from_unit(1, 'mo'):.0f}/mo }}"
    done = call("plan", written(tmp_path, Desk(pool=pool, sla=wish, more=other + limit)))
    assert done.code == 0
    assert done.out.count("its part of the budget of $") == 2
    assert "all services together" in done.out


def test_programs_get_what_networks_cost_too() -> None:
    done = call("cost", "examples/mixed-models/topology.infer", "--format", "json")
    found = json.loads(done.out)
    each = [item["cost"]["usd_per_s"] for item in found["services"]]
    each += [item["usd_per_s"] for item in found["networks"]]
    assert len(found["networks"]) == 3
    assert found["usd_per_s"] == pytest.approx(sum(each))
