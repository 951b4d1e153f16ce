"""Targets refuse hardware that they cannot ask a cluster for, and never ask for a wrong kind."""

import re
from dataclasses import replace

import pytest
from support import designs, topologies

from inferc.compiler.model import Accelerator
from inferc.compiler.model.catalog import HARDWARE, accelerator_at, paths
from inferc.compiler.topology import Topology
from inferc.targets.base import Target
from inferc.targets.kubernetes.emitter import TARGET as KUBERNETES
from inferc.targets.pulumi.emitter import TARGET as PULUMI

SERVED = {("gpu", "nvidia"), ("gpu", "amd")}
"""Kind and vendor of hardware that a device plugin known to the targets offers."""


def at(path: str) -> Accelerator:
    found = accelerator_at(path)
    assert found is not None
    return found


OTHERS = [path for path in paths(*HARDWARE) if (at(path).kind, at(path).vendor) not in SERVED]


def on(path: str) -> Topology:
    """Return the first example on other hardware of the catalog."""
    base = designs.support_chat()
    place = replace(designs.a100_node(), accelerator=at(path))
    service = replace(base.services[0], place=place)
    return topologies.topology_of(replace(base, services=(service,)), topologies.configuration())


def test_there_is_hardware_of_every_other_kind_and_vendor() -> None:
    assert {at(path).kind for path in OTHERS} == {"gpu", "accelerator", "cpu", "board"}
    assert {at(path).vendor for path in OTHERS} >= {"amd", "intel", "google", "amazon", "apple"}


@pytest.mark.parametrize("target", [KUBERNETES, PULUMI], ids=["kubernetes", "pulumi"])
@pytest.mark.parametrize("path", OTHERS)
def test_other_hardware_is_refused(path: str, target: Target) -> None:
    emitted = target.emit(on(path), {})
    assert emitted.artifacts == ()
    (refusal,) = emitted.diagnostics
    assert refusal.code == "INF601"
    assert f"no device plugin offers {at(path).title}" in refusal.message


def test_dies_of_a_package_are_asked_for_one_by_one() -> None:
    """The device plugin of AMD offers each die of an MI250 as a GPU."""
    base = on("gpu.amd.mi250_gcd")
    (plan,) = base.services
    engine = replace(plan.service.engines[0], image="example/vllm-rocm:v0.11.2")
    served = replace(plan, service=replace(plan.service, engines=(engine,)))
    emitted = KUBERNETES.emit(replace(base, services=(served,)), {})
    text = "".join(str(item.content) for item in emitted.artifacts)
    assert "nvidia.com/gpu" not in text
    assert plan.configuration.tensor_parallel == 4
    assert re.search(r"amd\.com/gpu: '?\"?4\b", text)
