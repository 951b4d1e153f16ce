"""Hours of a week that are known to be busy, as the scalers have them."""

from dataclasses import replace

import pytest
from support import topologies
from support.kubernetes import objects, one

from inferc.compiler.plan import Schedule
from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.checks import check

HOURS = Schedule(replicas=2, start="55 7 * * 1-5", end="0 19 * * 1-5", zone="Europe/Berlin")


def busy(schedule: Schedule | None = HOURS) -> Topology:
    """Return the first example with hours in which both replicas are there."""
    topology = topologies.support_chat()
    (plan,) = topology.services
    scale = replace(plan.autoscale, min_replicas=1, max_replicas=2, schedule=schedule)
    return replace(topology, services=(replace(plan, autoscale=scale),))


def test_the_clock_starts_replicas_beside_the_signal() -> None:
    manifests = objects(busy())
    spec = one(manifests, "ScaledObject")["spec"]
    signal, hours = spec["triggers"]
    assert signal["type"] == "prometheus"
    assert hours == {
        "type": "cron",
        "metadata": {
            "timezone": "Europe/Berlin",
            "start": "55 7 * * 1-5",
            "end": "0 19 * * 1-5",
            "desiredReplicas": "2",
        },
    }
    assert spec["minReplicaCount"] == 1
    assert list(check(manifests, busy(), {})) == []


def test_the_clock_asks_for_no_more_than_there_may_be() -> None:
    spec = one(objects(busy(replace(HOURS, replicas=9))), "ScaledObject")["spec"]
    assert spec["triggers"][1]["metadata"]["desiredReplicas"] == "2"


@pytest.mark.parametrize("scaler", ["hpa", "none"])
def test_without_a_clock_the_replicas_are_there_all_the_time(scaler: str) -> None:
    manifests = objects(busy(), scaler=scaler)
    assert "ScaledObject" not in {manifest.kind for manifest in manifests}
    assert one(manifests, "Deployment")["spec"]["replicas"] == 2


def test_without_hours_there_is_one_trigger() -> None:
    spec = one(objects(busy(None)), "ScaledObject")["spec"]
    assert len(spec["triggers"]) == 1
