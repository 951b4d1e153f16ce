"""Pods fit on the machines they are planned for, where the catalog says how large those are."""

from dataclasses import replace

import pytest
from support import designs, topologies
from support.kubernetes import objects, one

from inferc.compiler.topology import Topology
from inferc.compiler.units import from_unit
from inferc.targets.kubernetes.objects import machines

PLACE = designs.a100_node()
SIZES = [
    (vcpus, memory_gib, per_node)
    for vcpus in (4, 7, 8, 12, 16, 24, 48, 96, 192)
    for memory_gib in (15, 16, 28, 61, 200, 2048)
    for per_node in (1, 2, 4, 8)
    if vcpus >= 4 * per_node and memory_gib >= 15 * per_node
]
"""Machines of clouds have at least 4 processors and 15 GiB for each accelerator."""


def sized(vcpus: int, memory_gib: float, per_node: int = 1) -> Topology:
    """Return one replica on one accelerator of a machine of that size."""
    topology = topologies.small_replicas()
    (plan,) = topology.services
    place = replace(
        plan.service.place,
        vcpus=vcpus,
        memory_bytes=from_unit(memory_gib, "GiB"),
        per_node=per_node,
    )
    return replace(topology, services=(replace(plan, service=replace(plan.service, place=place)),))


@pytest.mark.parametrize(
    ("vcpus", "memory_gib", "asked", "download"),
    [
        (4, 16, ("2", "10Gi"), ("1", "4Gi")),  # g5.xlarge, g6.xlarge
        (4, 32, ("2", "18Gi"), ("1", "8Gi")),  # g6e.xlarge
        (8, 64, ("5", "18Gi"), ("2", "8Gi")),
        (192, 2048, ("6", "18Gi"), ("2", "8Gi")),
        (0, 0, ("6", "18Gi"), ("2", "8Gi")),  # nobody said
    ],
)
def test_an_engine_leaves_room_for_the_system_and_a_download(
    vcpus: int, memory_gib: float, asked: tuple[str, str], download: tuple[str, str]
) -> None:
    made = objects(sized(vcpus, memory_gib))
    for kind, expected in (("Deployment", asked), ("Job", download)):
        requests = one(made, kind)["spec"]["template"]["spec"]["containers"][0]["resources"]
        assert (requests["requests"]["cpu"], requests["requests"]["memory"]) == expected
        assert requests["limits"]["memory"] == expected[1]


@pytest.mark.parametrize(("vcpus", "memory_gib", "per_node"), SIZES)
def test_all_engines_and_a_download_fit_at_one_time(
    vcpus: int, memory_gib: float, per_node: int
) -> None:
    place = replace(
        PLACE, vcpus=vcpus, memory_bytes=from_unit(memory_gib, "GiB"), per_node=per_node
    )
    cpus = per_node * machines.engine_cpus(place, 1, 6) + machines.download_cpus(place)
    memory = per_node * machines.engine_memory_gib(place, 1, 18)
    assert cpus <= 0.9 * vcpus
    assert memory + machines.download_memory_gib(place) <= 0.9 * memory_gib


@pytest.mark.parametrize("gpus", [1, 2, 4, 8])
def test_more_accelerators_have_a_larger_part(gpus: int) -> None:
    place = replace(PLACE, vcpus=48, memory_bytes=from_unit(384, "GiB"))
    whole = machines.engine_cpus(place, 8, 1000)
    assert machines.engine_cpus(place, gpus, 1000) == pytest.approx(whole * gpus / 8, abs=1)
