"""Replicas that a file keeps warm: there must be room for them, and they are paid for."""

import pytest
from support.cold import designs_text
from support.money import Desk, costs, planned, told

from inferc import api
from inferc.compiler.units import from_unit
from inferc.dsl import SourceFile

HOUR_S = from_unit(1.0, "h")


def kept(instances: int, keep: str = "weights_in_gpu", nodes: str = "1..4") -> Desk:
    """Return a service that one replica carries, and of which so many wait for work."""
    return Desk(
        pool=f"instances = aws.g6e_xlarge; market = on_demand; nodes in {nodes}; price = $2/gpu/h",
        cloud="aws",
        load="shape = steady",
        sla=f"p95 ttft <= 2s }}\n scale {{ warm_pool {{ instances = {instances}; keep = {keep} }}",
    )


@pytest.mark.parametrize("instances", [1, 2, 4])
def test_warm_replicas_are_there_and_paid_for(instances: int) -> None:
    desk = kept(instances)
    (plan,) = planned(desk).plans[0].services
    assert plan.configuration.replicas == instances
    assert plan.autoscale.min_replicas == instances <= plan.autoscale.max_replicas <= 4
    assert costs(desk) == [pytest.approx(2.0 * instances / HOUR_S)]


@pytest.mark.parametrize(("instances", "nodes"), [(5, "1..4"), (99_999, "1..4"), (2, "1..1")])
def test_warm_replicas_without_room_are_refused(instances: int, nodes: str) -> None:
    desk = kept(instances, nodes=nodes)
    assert told(desk) == ["INF501"]
    (error,) = planned(desk).diagnostics
    (note,) = error.notes
    most = nodes.rpartition(".")[2]
    assert f"`warm_pool` keeps {instances} ready" in note
    assert f"at most {most} replica" in note
    assert error.span.text.startswith("instances = ")


def test_what_waits_on_disk_takes_no_accelerator() -> None:
    (plan,) = planned(kept(3, keep="weights_on_disk")).plans[0].services
    assert plan.configuration.replicas == 1


def test_a_service_that_sleeps_pays_for_what_is_kept_warm() -> None:
    """Four requests an hour: it sleeps most of the time, and not where a replica is kept warm."""

    def replicas(pool: str) -> float:
        found = api.plan(SourceFile("notes.infer", designs_text(pool=pool)))
        assert found.ok, found.diagnostics
        (plan,) = found.plans[0].services
        assert plan.cold.sleeps
        assert plan.cost is not None
        return plan.cost.replicas

    free = replicas("")
    half = replicas('warm_pool { instances = 1; window = "08:00-20:00 UTC" }')
    assert free < 0.9
    assert half == pytest.approx((1.0 + free) / 2.0)
    assert replicas("warm_pool { instances = 1 }") == pytest.approx(1.0)
    on_disk = "warm_pool { instances = 1; keep = weights_on_disk }"
    assert replicas(on_disk) == pytest.approx(free)
