"""The fleets that planning is measured with."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from support.repository import ROOT

from inferc import api
from inferc.compiler.plan import Plan, Verdict
from inferc.dsl import SourceFile

FOLDER = ROOT / "benchmarks"


@pytest.fixture(name="fleets")
def _fleets() -> Iterator[ModuleType]:
    """Import the generator, as the script does where it is run."""
    sys.path.insert(0, str(FOLDER))
    import fleets

    yield fleets
    sys.path.remove(str(FOLDER))


def plan_of(text: str) -> Plan:
    planned = api.plan(SourceFile("fleet.infer", text))
    assert planned.diagnostics == ()
    (plan,) = planned.plans
    return plan


def test_the_example_is_the_fleet(fleets: ModuleType) -> None:
    path = ROOT / "examples" / "fleet" / "topology.infer"
    assert path.read_text(encoding="utf-8") == fleets.fleet()


def test_forty_services_share_three_pools(fleets: ModuleType) -> None:
    plan = plan_of(fleets.fleet())
    assert plan.verdict is Verdict.FEASIBLE
    assert len(plan.services) == fleets.A_FLEET
    pools = {item.service.place.path: item.service.place for item in plan.services}
    assert sorted(pools) == ["dc.fast", "dc.main", "dc.old"]
    for path, place in pools.items():
        used = [
            item.configuration.accelerators
            for item in plan.services
            if item.service.place.path == path
        ]
        assert sum(used) <= place.accelerators


@pytest.mark.slow
def test_most_of_a_large_fleet_is_planned_once(fleets: ModuleType) -> None:
    plan = plan_of(fleets.grown(240))
    assert len(plan.services) == 240
    assert sum(1 for item in plan.services if item.same_as) == 140
