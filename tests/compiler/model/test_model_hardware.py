"""Hardware of a design: which kinds pools and devices take, and the facts that come through."""

import pytest
from support.models import design_of

from inferc.compiler.model import Accelerator, find_accelerator
from inferc.compiler.model.catalog import accelerator_at
from inferc.compiler.provenance import Origin

ENGINE = """
  engine any {
    title = "Any"
    version = "1"
    image = "example.org/any:1"
    devices = [gpu, accelerator, cpu, board]
    precisions = [bf16, fp16]
    tensor_parallel = true
    port = 8000
    health_path = "/health"
    ready_path = "/health"
  }
"""
OWN = """
  {kind} mine {{
    title = "Mine"
    vendor = {vendor}
    memory = 64 GB
    bandwidth = 2 TB/s
    compute {{ bf16 = 100 TFLOP/s }}
    {more}
  }}
"""


def placed(where: str, facts: str = "") -> tuple[Accelerator, int]:
    """Return the hardware of a service at ``where``, and how many a node has."""
    on, block = ("here", where) if where.startswith("device") else ("dc.here", cluster(where))
    text = f"""infer 1
import std.catalog as cat
topology t {{
  {ENGINE}
  {facts}
  {block}
  service s {{
    model = cat.models.tinyllama_1_1b_chat
    on = {on}
    load {{ rate = 1 req/s }}
    sla {{ p95 ttft <= 1s }}
  }}
}}
"""
    (service,) = design_of(text).services
    return service.place.accelerator, service.place.per_node


def cluster(pool: str) -> str:
    return f"cluster dc {{ platform = kubernetes\n {pool} }}"


@pytest.mark.parametrize(
    ("gpu", "path", "per_node"),
    [
        ("8 * cat.gpu.amd.mi250_gcd", "gpu.amd.mi250_gcd", 8),
        ("4 * cat.accelerator.google.tpu_v6e", "accelerator.google.tpu_v6e", 4),
        ("16 * cat.accelerator.amazon.trainium2", "accelerator.amazon.trainium2", 16),
        ("2 * cat.cpu.amd.epyc_9654", "cpu.amd.epyc_9654", 2),
        ("cat.cpu.amazon.graviton4", "cpu.amazon.graviton4", 1),
    ],
)
def test_pools_hold_any_hardware_but_boards(gpu: str, path: str, per_node: int) -> None:
    found, count = placed(f"pool here {{ nodes = 1; gpu = {gpu} }}")
    assert (found.id, count) == (path, per_node)
    assert found.kind == path.partition(".")[0]


@pytest.mark.parametrize(
    "path",
    [
        "gpu.nvidia.jetson_agx_orin_64gb",
        "accelerator.intel.gaudi_3",
        "cpu.apple.m2_ultra",
        "board.raspberry_pi_5_8gb",
    ],
)
def test_devices_are_any_hardware(path: str) -> None:
    found, count = placed(f"device here {{ hardware = cat.{path} }}")
    assert (found.id, count) == (path, 1)


@pytest.mark.parametrize(
    ("kind", "vendor"),
    [("gpu", "other"), ("accelerator", "amazon"), ("cpu", "arm"), ("board", "ampere")],
)
def test_a_design_has_hardware_of_its_own(kind: str, vendor: str) -> None:
    own = OWN.format(kind=kind, vendor=vendor, more="")
    found, _ = placed("device here { hardware = mine }", own)
    assert (found.kind, found.vendor) == (kind, vendor)
    assert found.memory_bytes.origin is Origin.GIVEN


def test_what_nobody_states_is_the_usual() -> None:
    found, _ = placed(
        "device here { hardware = mine }", OWN.format(kind="gpu", vendor="other", more="")
    )
    assert found.host_link is None
    assert found.peer_to_peer
    assert found.per_package == 1


def test_what_is_stated_comes_through() -> None:
    more = "host_link = cat.link.pcie_5_x8; peer_to_peer = false; per_package = 4"
    own = OWN.format(kind="gpu", vendor="other", more=more)
    found, _ = placed("device here { hardware = mine }", own)
    assert found.host_link is not None
    assert found.host_link.id == "link.pcie_5_x8"
    assert not found.peer_to_peer
    assert found.per_package == 4


def test_a_host_link_is_no_link_between_accelerators() -> None:
    found = accelerator_at("gpu.nvidia.l40s", per_node=8)
    assert found is not None
    assert found.link is None
    assert found.link_domain == 1


def test_a_name_is_found_whatever_its_signs() -> None:
    names = ("rtx_4090", "RTX 4090", "rtx-4090", "GeForce RTX 4090", "nvidia geforce rtx 4090")
    assert {find_accelerator(name) for name in names} == {"gpu.nvidia.rtx_4090"}
