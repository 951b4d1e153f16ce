"""Plans with many services: a table, and one of them when it is asked for."""

from dataclasses import replace

import pytest
from support import designs, plans

from inferc.compiler.plan import Plan
from inferc.report.fleet_text import MANY, MOST_DECIDING
from inferc.report.plan_text import render_plan

DESIGN = designs.support_chat()


def fleet(count: int) -> Plan:
    """Return a plan with so many services on one place."""
    base = DESIGN.services[0]
    services = [replace(base, name=f"chat{at}") for at in range(count)]
    return plans.plan_of("fleet", *(plans.service_plan(service) for service in services))


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


@pytest.mark.parametrize("count", [5, 40])
def test_only_so_many_deciding_numbers_are_listed(count: int) -> None:
    shown = render_plan(fleet(count), DESIGN)
    listed = [line for line in shown.splitlines() if ".load." in line and "decides:" in line]
    assert 0 < len(listed) <= MOST_DECIDING
    assert ("more" in shown) is (len(listed) == MOST_DECIDING)
