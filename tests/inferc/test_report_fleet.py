"""Plans with many services: a table, and one of them when it is asked for."""

from dataclasses import replace

import pytest
from support import designs, plans

from inferc.compiler.model import Design
from inferc.compiler.plan import Plan
from inferc.compiler.trial import Verification
from inferc.report.fleet_text import MANY, MOST_DECIDING
from inferc.report.plan_text import render_plan

DESIGN = designs.support_chat()


def fleet(count: int) -> Plan:
    """Return a plan with so many services on one place."""
    base = DESIGN.services[0]
    services = [replace(base, name=f"chat{at}") for at in range(count)]
    return plans.plan_of("fleet", *(plans.service_plan(service) for service in services))


def designs_of(count: int) -> Design:
    """Return the design of such a plan."""
    return replace(DESIGN, services=tuple(item.service for item in fleet(count).services))


def test_few_services_are_shown_one_by_one() -> None:
    assert render_plan(fleet(MANY), DESIGN).count("memory of one accelerator") == MANY


def test_many_are_a_table_with_a_line_each() -> None:
    shown = render_plan(fleet(MANY + 1), DESIGN)
    assert "memory of one accelerator" not in shown
    rows = [
        line for line in shown.splitlines() if line.strip().startswith("chat") and "vllm" in line
    ]
    assert len(rows) == MANY + 1
    assert all("conditional" in row and "p95 ttft" in row for row in rows)
    assert "5 services" in shown


def test_one_of_them_is_shown_in_full() -> None:
    shown = render_plan(fleet(MANY + 1), DESIGN, service="chat2")
    assert shown.count("memory of one accelerator") == 1
    assert "chat3" not in shown.split("inferc explain")[0]


def test_many_say_how_to_see_one_of_them() -> None:
    hint = "--service chat0"
    shown = render_plan(fleet(MANY + 1), designs_of(MANY + 1))
    assert hint in shown
    assert hint not in render_plan(fleet(MANY), designs_of(MANY))
    one = render_plan(fleet(MANY + 1), designs_of(MANY + 1), service="chat2")
    assert "--service" not in one
    assert "chat2.tensor_parallel" in one


def test_many_that_were_verified_show_what_came_of_each() -> None:
    plan = fleet(MANY + 1)
    found = [Verification(topology="fleet", plan=item, tested=()) for item in (plan.services[1:3])]
    shown = render_plan(plan, DESIGN, verifications=found)
    assert shown.count("verified by simulation") == len(found)
    assert "  chat1\n  verified by simulation" in shown


@pytest.mark.parametrize("count", [5, 40])
def test_only_so_many_deciding_numbers_are_listed(count: int) -> None:
    shown = render_plan(fleet(count), DESIGN)
    listed = [line for line in shown.splitlines() if ".load." in line and "decides:" in line]
    assert 0 < len(listed) <= MOST_DECIDING
    assert ("more" in shown) is (len(listed) == MOST_DECIDING)
