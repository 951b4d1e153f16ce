"""What joins accelerators: by hand, and against published runs of nccl-tests and rccl-tests."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs

from inferc.compiler.model import Accelerator, Place
from inferc.compiler.model.catalog import accelerator_at, place_of
from inferc.compiler.perf.coefficients import ALL
from inferc.compiler.perf.collectives import (
    Fabric,
    all_reduce_s,
    all_to_all_s,
    joined,
    pipeline_fabric,
    send_s,
    tensor_fabric,
)

TYPICAL = {name: item.typical for name, item in ALL.items()}
SWITCH = Fabric(bytes_per_s=100e9, latency_s=2e-6, switched=True)
RING = replace(SWITCH, switched=False)
LARGE_BYTES = 4e9


def place(path: str, per_node: int = 8, nodes: int = 4) -> Place:
    """Return nodes with an accelerator of the catalog."""
    accelerator = accelerator_at(path)
    assert accelerator is not None
    return place_of(accelerator, per_node=per_node, nodes=nodes)


def bus_bandwidth(at: Place, degree: int) -> float:
    """Return what nccl-tests call so: the bytes that an ideal ring sends over the time it takes."""
    taken_s = all_reduce_s(LARGE_BYTES, degree, tensor_fabric(at, degree, TYPICAL))
    return 2.0 * (degree - 1) / degree * LARGE_BYTES / taken_s


def test_all_reduce_by_hand() -> None:
    assert all_reduce_s(1e6, 1, SWITCH) == 0.0
    assert all_reduce_s(1e3, 8, SWITCH) == pytest.approx(2e-6 + 7 * 1e3 / 100e9)  # one shot
    assert all_reduce_s(1e8, 8, SWITCH) == pytest.approx(4e-6 + 1.75 * 1e8 / 100e9)  # two shots
    assert all_reduce_s(1e8, 8, RING) == pytest.approx(28e-6 + 1.75 * 1e8 / 100e9)


def test_a_group_of_groups_by_hand() -> None:
    """Two nodes of eight: inside, then each with its like of the other node, an eighth each."""
    network = Fabric(bytes_per_s=5e9, latency_s=10e-6, switched=False)
    fabric = replace(SWITCH, size=8, beyond=network)
    inside_s = all_reduce_s(1e8, 8, SWITCH)
    across_s = 20e-6 + 1e8 / 8 / 5e9
    assert all_reduce_s(1e8, 16, fabric) == pytest.approx(inside_s + across_s)
    assert all_reduce_s(1e8, 8, fabric) == pytest.approx(inside_s)
    # of what is sent to sixteen, half leaves the node
    assert all_to_all_s(1e8, 16, fabric) == pytest.approx(10e-6 + 0.5e8 / 5e9)


def test_all_to_all_by_hand() -> None:
    assert all_to_all_s(1e6, 1, SWITCH) == 0.0
    assert all_to_all_s(1e6, 8, SWITCH) == pytest.approx(2e-6 + 7 / 8 * 1e6 / 100e9)
    assert all_to_all_s(1e6, 8, RING) == pytest.approx(4 * (2e-6 + 7 / 8 * 1e6 / 100e9))


BUS_BANDWIDTH = [
    # nccl-tests, all_reduce_perf on a DGX A100: 230 of 300 GB/s
    ("gpu.nvidia.a100_80gb_sxm", 8, 230e9, 0.10),
    # https://github.com/NVIDIA/nccl/issues/1455: a ring of 2 to 8 H100 SXM, 365 to 370 GB/s;
    # sums in the switch, which this leaves out, reach 480 with eight
    ("gpu.nvidia.h100_80gb_sxm", 2, 367e9, 0.10),
    ("gpu.nvidia.h100_80gb_sxm", 4, 367e9, 0.10),
    ("gpu.nvidia.h100_80gb_sxm", 8, 367e9, 0.10),
    # https://github.com/NVIDIA/nccl-tests/issues/178: two A100 PCIe over their bridge 208 GB/s,
    # three over the bus 20 GB/s
    ("gpu.nvidia.a100_80gb_pcie", 2, 208e9, 0.10),
    ("gpu.nvidia.a100_80gb_pcie", 4, 20e9, 0.20),
    # https://github.com/NVIDIA/nccl/issues/1639: RTX 5090 without peer access
    ("gpu.nvidia.rtx_5090", 8, 28e9, 0.10),
    ("gpu.nvidia.rtx_5090", 4, 35e9, 0.20),
    # https://rocm.blogs.amd.com/software-tools-optimization/mi300x-rccl-xgmi/README.html: 48 GB/s
    # of each of seven links
    ("gpu.amd.mi300x", 8, 336e9, 0.10),
    # https://www.lixueduan.com/posts/ai/13-gb200-mnnvl-nccl-test: two nodes of four GB200, 811 GB/s
    ("gpu.nvidia.gb200_186gb", 8, 811e9, 0.20),
]


@pytest.mark.parametrize(("path", "degree", "measured", "within"), BUS_BANDWIDTH, ids=str)
def test_bus_bandwidth_is_near_what_was_measured(
    path: str, degree: int, measured: float, within: float
) -> None:
    at = place(path, per_node=4 if "gb200" in path else 8)
    assert bus_bandwidth(at, degree) == pytest.approx(measured, rel=within)


def test_a_small_message_through_the_hosts_memory_takes_as_long_as_measured() -> None:
    """https://github.com/NVIDIA/nccl/issues/1530: 8 bytes over eight RTX 4090, 40 to 42 us."""
    fabric = tensor_fabric(place("gpu.nvidia.rtx_4090"), 8, TYPICAL)
    taken_s = all_reduce_s(8.0, 8, fabric) + TYPICAL["collective_overhead_s"]
    assert taken_s == pytest.approx(41e-6, rel=0.1)


def test_a_mesh_shares_its_wires_out() -> None:
    """MI300X has one link to each of seven others: two of them use one."""
    mesh = place("gpu.amd.mi300x")
    assert bus_bandwidth(mesh, 2) == pytest.approx(64e9 * 0.75, rel=0.01)
    assert bus_bandwidth(mesh, 4) == pytest.approx(3 * 64e9 * 0.75, rel=0.01)
    assert pipeline_fabric(mesh, 4, 2, TYPICAL).bytes_per_s == pytest.approx(64e9 * 0.75)


def test_a_torus_is_a_ring() -> None:
    assert not tensor_fabric(place("gpu.nvidia.v100_32gb_sxm2"), 8, TYPICAL).switched
    assert not tensor_fabric(place("accelerator.google.tpu_v5e"), 8, TYPICAL).switched


DOMAINS = [
    ("gpu.nvidia.h100_80gb_sxm", 8, 8),
    ("gpu.nvidia.h100_80gb_sxm", 4, 4),  # half a board: no NVLink to the other node
    ("gpu.nvidia.gb200_186gb", 4, 72),  # a rack
    ("gpu.nvidia.h100_80gb_pcie", 8, 2),  # bridged pairs
    ("gpu.nvidia.l4", 8, 1),
]


@pytest.mark.parametrize(("path", "per_node", "expected"), DOMAINS, ids=str)
def test_how_far_a_link_reaches(path: str, per_node: int, expected: int) -> None:
    assert joined(place(path, per_node=per_node)) == expected


def test_a_rack_is_one_domain_for_shards_and_for_stages() -> None:
    rack = place("gpu.nvidia.gb200_186gb", per_node=4, nodes=18)
    inside = tensor_fabric(rack, 4, TYPICAL)
    assert tensor_fabric(rack, 8, TYPICAL) == inside
    assert pipeline_fabric(rack, 8, 9, TYPICAL) == inside
    beyond = tensor_fabric(rack, 144, TYPICAL)
    assert beyond.size == 72
    assert beyond.beyond is not None


def test_beyond_a_node_messages_take_the_network() -> None:
    """Eight accelerators of a node share it, so each has an eighth."""
    nodes = place("gpu.nvidia.h100_80gb_sxm")
    network = nodes.network.bandwidth_bytes_per_s.value * TYPICAL["link_efficiency"]
    wide = tensor_fabric(nodes, 16, TYPICAL)
    assert wide.size == 8
    assert wide.beyond is not None
    assert wide.beyond.bytes_per_s == pytest.approx(network / 8)
    assert pipeline_fabric(nodes, 8, 2, TYPICAL) == wide.beyond
    # whole activations of 1 MB, an eighth from each accelerator
    sent_s = send_s(1e6 / 8, pipeline_fabric(nodes, 8, 2, TYPICAL))
    assert sent_s == pytest.approx(nodes.network.latency_s.value + 1e6 / network)


def test_bridged_pairs_hand_over_inside_the_pair_only() -> None:
    pairs = place("gpu.nvidia.h100_80gb_pcie")
    bridge = tensor_fabric(pairs, 2, TYPICAL)
    assert pipeline_fabric(pairs, 1, 2, TYPICAL) == bridge
    assert pipeline_fabric(pairs, 2, 2, TYPICAL).bytes_per_s < bridge.bytes_per_s / 4


def test_without_a_host_link_the_engines_figures_hold() -> None:
    gpu: Accelerator = replace(designs.A100_80GB_SXM, link=None, link_domain=1, host_link=None)
    fabric = tensor_fabric(replace(designs.a100_node(), accelerator=gpu), 2, TYPICAL)
    assert fabric.bytes_per_s == pytest.approx(TYPICAL["host_bus_bytes_per_s"] * 0.75)
    assert fabric.latency_s == TYPICAL["host_bus_latency_s"]
    assert not fabric.switched


PATHS = st.sampled_from(
    [
        "gpu.nvidia.h100_80gb_sxm",
        "gpu.nvidia.h100_80gb_pcie",
        "gpu.nvidia.gb200_186gb",
        "gpu.nvidia.rtx_4090",
        "gpu.amd.mi300x",
        "accelerator.google.tpu_v5e",
    ]
)


@settings(max_examples=100, deadline=None)
@given(
    path=PATHS,
    degree=st.sampled_from([2, 4, 8, 16, 32, 128]),
    message=st.floats(1.0, 1e9),
    more=st.floats(1.0, 100.0),
)
def test_more_bytes_never_take_less_time(
    path: str, degree: int, message: float, more: float
) -> None:
    fabric = tensor_fabric(place(path), degree, TYPICAL)
    for taken_s in (all_reduce_s, all_to_all_s):
        before_s = taken_s(message, degree, fabric)
        assert 0.0 < before_s <= taken_s(message * more, degree, fabric) * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(path=PATHS, inside=st.sampled_from([2, 4, 8]), message=st.floats(1e6, 1e9))
def test_leaving_a_node_is_never_quicker(path: str, inside: int, message: float) -> None:
    """The whole group on one node against the same split over several."""
    whole, split = place(path, per_node=inside), place(path, per_node=inside // 2)
    one_s = all_reduce_s(message, inside, tensor_fabric(whole, inside, TYPICAL))
    two_s = all_reduce_s(message, inside, tensor_fabric(split, inside, TYPICAL))
    assert one_s <= two_s * (1 + 1e-12)
