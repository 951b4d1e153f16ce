"""Hardware and links of the catalog: published anchors, and what holds for all of them."""

import re

import pytest

from inferc import stdlib
from inferc.compiler.model import Accelerator, find_accelerator
from inferc.compiler.model.catalog import HARDWARE, accelerator_at, paths, place_of
from inferc.compiler.provenance import Origin
from inferc.compiler.units import from_unit

ALL = paths(*HARDWARE)
GPUS = paths("gpu")

ANCHORS = {
    # path: memory in GiB, GB/s, dense TFLOP/s of 16 bit, watts of the device (0: unpublished)
    "gpu.nvidia.v100_16gb_sxm2": (16, 900, 125, 300),
    "gpu.nvidia.v100s_32gb_pcie": (32, 1134, 130, 250),
    "gpu.nvidia.t4": (15, 300, 65, 70),
    "gpu.nvidia.a10": (22.5, 600, 125, 150),
    "gpu.nvidia.a10g": (22.5, 600, 70, 300),
    "gpu.nvidia.a30": (24, 933, 165, 165),
    "gpu.nvidia.a40": (45, 696, 149.7, 300),
    "gpu.nvidia.a100_40gb_sxm": (40, 1555, 312, 400),
    "gpu.nvidia.a100_80gb_pcie": (80, 1935, 312, 300),
    "gpu.nvidia.a100_80gb_sxm": (80, 2039, 312, 400),
    "gpu.nvidia.l4": (22.5, 300, 121, 72),
    "gpu.nvidia.l40": (45, 864, 181, 300),
    "gpu.nvidia.l40s": (45, 864, 362, 350),
    "gpu.nvidia.rtx_3090": (24, 936, 71, 350),
    "gpu.nvidia.rtx_4090": (24, 1008, 165, 450),
    "gpu.nvidia.rtx_5090": (31.8, 1792, 209.5, 575),
    "gpu.nvidia.rtx_a6000": (48, 768, 154.8, 300),
    "gpu.nvidia.rtx_6000_ada": (48, 960, 364, 300),
    "gpu.nvidia.h20_96gb_sxm": (95.6, 4000, 148, 500),
    "gpu.nvidia.h100_80gb_pcie": (79.6, 2000, 756, 350),
    "gpu.nvidia.h100_80gb_sxm": (79.6, 3350, 989, 700),
    "gpu.nvidia.h100_94gb_nvl": (93.1, 3900, 835, 400),
    "gpu.nvidia.h200_141gb_sxm": (140.4, 4800, 989, 700),
    "gpu.nvidia.gh200_96gb": (95.6, 4000, 989, 900),
    "gpu.nvidia.b200_180gb_sxm": (179, 7700, 2250, 1000),
    "gpu.nvidia.gb200_186gb": (185, 8000, 2500, 1200),
    "gpu.nvidia.gb300_288gb": (277.5, 8000, 2500, 1400),
    "gpu.amd.mi210": (64, 1638, 181, 300),
    "gpu.amd.mi300x": (192, 5300, 1307, 750),
    "gpu.amd.mi325x": (256, 6000, 1307, 1000),
    "gpu.amd.mi350x": (288, 8000, 2300, 1000),
    "gpu.amd.mi355x": (288, 8000, 2500, 1400),
    "accelerator.google.tpu_v5e": (16, 819, 197, 0),
    "accelerator.google.tpu_v5p": (95, 2765, 459, 0),
    "accelerator.google.tpu_v6e": (32, 1640, 918, 0),
    "accelerator.google.tpu_v7": (192, 7380, 2307, 0),
    "accelerator.amazon.trainium2": (96, 2900, 667, 0),
    "accelerator.intel.gaudi_2": (96, 2450, 432, 600),
    "cpu.intel.xeon_8480plus": (512, 307.2, 114.7, 350),
    "cpu.apple.m2_ultra": (192, 800, 27.2, 0),
}
"""From datasheets and logs of drivers, written down apart from the entries, two or three digits."""

SUCCESSORS = [
    ("gpu.nvidia.v100_16gb_sxm2", "gpu.nvidia.a100_40gb_sxm"),
    ("gpu.nvidia.t4", "gpu.nvidia.l4"),
    ("gpu.nvidia.a10g", "gpu.nvidia.a10"),
    ("gpu.nvidia.a10g", "gpu.nvidia.l40s"),
    ("gpu.nvidia.a40", "gpu.nvidia.l40"),
    ("gpu.nvidia.l40", "gpu.nvidia.l40s"),
    ("gpu.nvidia.l4", "gpu.nvidia.l40s"),
    ("gpu.nvidia.rtx_3090", "gpu.nvidia.rtx_4090"),
    ("gpu.nvidia.rtx_4090d", "gpu.nvidia.rtx_4090"),
    ("gpu.nvidia.rtx_4090", "gpu.nvidia.rtx_5090"),
    ("gpu.nvidia.rtx_a6000", "gpu.nvidia.rtx_6000_ada"),
    ("gpu.nvidia.rtx_6000_ada", "gpu.nvidia.rtx_pro_6000_blackwell_workstation"),
    ("gpu.nvidia.rtx_pro_6000_blackwell_server", "gpu.nvidia.rtx_pro_6000_blackwell_workstation"),
    ("gpu.nvidia.a100_40gb_pcie", "gpu.nvidia.a100_40gb_sxm"),
    ("gpu.nvidia.a100_40gb_sxm", "gpu.nvidia.a100_80gb_sxm"),
    ("gpu.nvidia.a100_80gb_pcie", "gpu.nvidia.a100_80gb_sxm"),
    ("gpu.nvidia.a100_80gb_sxm", "gpu.nvidia.h100_80gb_sxm"),
    ("gpu.nvidia.h100_80gb_pcie", "gpu.nvidia.h100_94gb_nvl"),
    ("gpu.nvidia.h100_80gb_pcie", "gpu.nvidia.h100_80gb_sxm"),
    ("gpu.nvidia.h20_96gb_sxm", "gpu.nvidia.h20_141gb_sxm"),
    ("gpu.nvidia.h20_141gb_sxm", "gpu.nvidia.h200_141gb_sxm"),
    ("gpu.nvidia.h100_80gb_sxm", "gpu.nvidia.h200_141gb_sxm"),
    ("gpu.nvidia.h200_141gb_nvl", "gpu.nvidia.h200_141gb_sxm"),
    ("gpu.nvidia.gh200_96gb", "gpu.nvidia.gh200_144gb"),
    ("gpu.nvidia.h200_141gb_sxm", "gpu.nvidia.b200_180gb_sxm"),
    ("gpu.nvidia.b200_180gb_sxm", "gpu.nvidia.b300_288gb_sxm"),
    ("gpu.nvidia.b200_180gb_sxm", "gpu.nvidia.gb200_186gb"),
    ("gpu.nvidia.gb200_186gb", "gpu.nvidia.gb300_288gb"),
    ("gpu.nvidia.b300_288gb_sxm", "gpu.nvidia.gb300_288gb"),
    ("gpu.nvidia.jetson_orin_nano_8gb", "gpu.nvidia.jetson_orin_nx_16gb"),
    ("gpu.nvidia.jetson_orin_nx_16gb", "gpu.nvidia.jetson_agx_orin_64gb"),
    ("gpu.amd.mi250_gcd", "gpu.amd.mi250x_gcd"),
    ("gpu.amd.mi250x_gcd", "gpu.amd.mi300x"),
    ("gpu.amd.mi300x", "gpu.amd.mi325x"),
    ("gpu.amd.mi325x", "gpu.amd.mi350x"),
    ("gpu.amd.mi350x", "gpu.amd.mi355x"),
    ("accelerator.google.tpu_v5e", "accelerator.google.tpu_v6e"),
    ("accelerator.google.tpu_v5p", "accelerator.google.tpu_v7"),
    ("accelerator.amazon.trainium1", "accelerator.amazon.trainium2"),
    ("accelerator.intel.gaudi_2", "accelerator.intel.gaudi_3"),
    ("cpu.intel.xeon_8380", "cpu.intel.xeon_8480plus"),
    ("cpu.intel.xeon_8480plus", "cpu.intel.xeon_6980p"),
    ("cpu.amd.epyc_7763", "cpu.amd.epyc_9654"),
    ("cpu.amd.epyc_9654", "cpu.amd.epyc_9965"),
    ("cpu.amazon.graviton3", "cpu.amazon.graviton4"),
    ("board.raspberry_pi_4b_8gb", "board.raspberry_pi_5_8gb"),
]

BENCHMARKED = {
    "a100_80gb_pcie": "gpu.nvidia.a100_80gb_pcie",
    "a100_80gb_sxm": "gpu.nvidia.a100_80gb_sxm",
    "a100_unspecified": "gpu.nvidia.a100_40gb_sxm",
    "a10g": "gpu.nvidia.a10g",
    "b200_sxm": "gpu.nvidia.b200_180gb_sxm",
    "gb200": "gpu.nvidia.gb200_186gb",
    "gh200_144gb": "gpu.nvidia.gh200_144gb",
    "gh200_96gb": "gpu.nvidia.gh200_96gb",
    "h100_nvl": "gpu.nvidia.h100_94gb_nvl",
    "h100_pcie": "gpu.nvidia.h100_80gb_pcie",
    "h100_sxm": "gpu.nvidia.h100_80gb_sxm",
    "h100_unspecified": "gpu.nvidia.h100_80gb_sxm",
    "h200_sxm": "gpu.nvidia.h200_141gb_sxm",
    "h20_96gb": "gpu.nvidia.h20_96gb_sxm",
    "l40s": "gpu.nvidia.l40s",
    "mi250": "gpu.amd.mi250_gcd",
    "mi300x": "gpu.amd.mi300x",
    "mi355x": "gpu.amd.mi355x",
    "rtx_3090": "gpu.nvidia.rtx_3090",
    "rtx_4000_ada": "gpu.nvidia.rtx_4000_ada",
    "rtx_4090": "gpu.nvidia.rtx_4090",
    "rtx_4090d": "gpu.nvidia.rtx_4090d",
    "rtx_a6000": "gpu.nvidia.rtx_a6000",
    "t4": "gpu.nvidia.t4",
    "v100s_pcie_32gb": "gpu.nvidia.v100s_32gb_pcie",
    # price lists
    "A100": "gpu.nvidia.a100_40gb_sxm",
    "A100-80GB": "gpu.nvidia.a100_80gb_sxm",
    "A100-80GB-SXM": "gpu.nvidia.a100_80gb_sxm",
    "A6000": "gpu.nvidia.rtx_a6000",
    "B200 SXM": "gpu.nvidia.b200_180gb_sxm",
    "GB300 NVL72": "gpu.nvidia.gb300_288gb",
    "H100": "gpu.nvidia.h100_80gb_sxm",
    "H100 SXM": "gpu.nvidia.h100_80gb_sxm",
    "RTX4090": "gpu.nvidia.rtx_4090",
    "V100": "gpu.nvidia.v100_16gb_sxm2",
    # other ways of saying it
    "gpu.nvidia.l4": "gpu.nvidia.l4",
    "NVIDIA GeForce RTX 4090": "gpu.nvidia.rtx_4090",
    "GeForce RTX 4090": "gpu.nvidia.rtx_4090",
    "trn2": "accelerator.amazon.trainium2",
    "Raspberry Pi 5 8GB": "board.raspberry_pi_5_8gb",
}

SLOW_INT8 = {"gpu.nvidia.b300_288gb_sxm", "gpu.nvidia.gb300_288gb"}
"""Blackwell Ultra gave up the int8 speed of its tensor cores for fp4."""
FP8_AS_BF16 = {
    "accelerator.amazon.inferentia2",
    "accelerator.amazon.trainium1",
    "accelerator.intel.gaudi_3",
}
"""Fp8 saves them memory, not time."""
KNOW_FP8 = {
    "Ada Lovelace", "Hopper", "Blackwell", "Blackwell Ultra", "CDNA 3", "CDNA 4",
    "NeuronCore-v2", "NeuronCore-v3", "Gaudi 2", "Gaudi 3", "v7",
}  # fmt: skip
KNOW_FP4 = {"Blackwell", "Blackwell Ultra", "CDNA 4"}
NO_BF16 = {"Volta", "Turing"}

GIB, GB, TERA = from_unit(1, "GiB"), from_unit(1, "GB"), from_unit(1, "TFLOP/s")


def at(path: str) -> Accelerator:
    found = accelerator_at(path)
    assert found is not None, path
    return found


def peaks(found: Accelerator) -> dict[str, float]:
    return {name: number.value for name, number in found.flop_per_s.items()}


def widest_of_16_bit(found: Accelerator) -> float:
    """Return the peak with bf16, else fp16, else fp32."""
    speeds = peaks(found)
    return next(speeds[name] for name in ("bf16", "fp16", "fp32") if name in speeds)


@pytest.mark.parametrize("path", ALL)
def test_every_entry_resolves_with_a_source_for_each_number(path: str) -> None:
    found = at(path)
    assert found.id == path
    assert found.kind == path.partition(".")[0]
    numbers = [found.memory_bytes, found.bandwidth_bytes_per_s, *found.flop_per_s.values()]
    numbers += [found.power_w] if found.power_w else []
    for link in (found.link, found.host_link, found.network):
        numbers += [link.bandwidth_bytes_per_s, link.latency_s] if link else []
    for number in numbers:
        assert number.origin is Origin.CATALOG
        assert 0 < number.low <= number.value <= number.high
        assert number.source
        assert number.as_of
    assert found.title
    assert found.architecture
    assert found.vendor != "other"


@pytest.mark.parametrize(("path", "published"), ANCHORS.items())
def test_figures_are_the_published_ones(
    path: str, published: tuple[float, float, float, float]
) -> None:
    found = at(path)
    memory, bandwidth, speed, power = published
    assert found.memory_bytes.value / GIB == pytest.approx(memory, rel=0.004)
    assert found.bandwidth_bytes_per_s.value / GB == pytest.approx(bandwidth, rel=0.006)
    assert widest_of_16_bit(found) / TERA == pytest.approx(speed, rel=0.007)
    assert (found.power_w.value if found.power_w else 0) == power


@pytest.mark.parametrize("path", ALL)
def test_a_byte_from_memory_is_worth_a_plausible_number_of_operations(path: str) -> None:
    """The ridge of the roofline: below 5 only the Pi 4, which has no half precision."""
    found = at(path)
    ridge = widest_of_16_bit(found) / found.bandwidth_bytes_per_s.value
    assert (4 if "fp16" not in found.flop_per_s else 5) <= ridge <= 1000


@pytest.mark.parametrize("path", ALL)
def test_narrower_formats_are_not_slower_and_peaks_are_dense(path: str) -> None:
    found = peaks(at(path))
    pairs = [("fp32", "fp16"), ("fp32", "bf16"), ("fp16", "fp8"), ("bf16", "fp8")]
    pairs += [("fp8", "fp4"), ("int8", "int4"), *([] if path in SLOW_INT8 else [("bf16", "int8")])]
    for wide, narrow in pairs:
        if wide in found and narrow in found:
            assert found[wide] <= found[narrow], (wide, narrow)
    if "fp8" in found and path not in FP8_AS_BF16:
        assert found["fp8"] == pytest.approx(2 * found["bf16"], rel=0.03)
    if path.startswith("gpu.") and "bf16" in found:
        assert found["bf16"] == found["fp16"]


@pytest.mark.parametrize("path", ALL)
def test_formats_are_those_that_the_architecture_computes_with(path: str) -> None:
    found = at(path)
    assert ("fp8" in found.flop_per_s) == (found.architecture in KNOW_FP8)
    assert ("fp4" in found.flop_per_s) == (found.architecture in KNOW_FP4)
    if found.kind == "gpu":
        assert ("bf16" in found.flop_per_s) == (found.architecture not in NO_BF16)


@pytest.mark.parametrize("path", ALL)
def test_what_joins_accelerators_is_between_the_host_and_the_memory_in_speed(path: str) -> None:
    found = at(path)
    assert found.link_domain >= 1
    assert (found.link is None) == (found.link_domain == 1)
    if found.link is not None:
        assert found.link.bandwidth_bytes_per_s.value < found.bandwidth_bytes_per_s.value
        if found.host_link is not None:
            host = found.host_link.bandwidth_bytes_per_s.value
            assert host <= found.link.bandwidth_bytes_per_s.value


@pytest.mark.parametrize("path", GPUS)
def test_a_gpu_says_how_it_reaches_its_host(path: str) -> None:
    """PCIe is no link of its own: it is shared with the host, and has no switch for collectives."""
    found = at(path)
    if "jetson" not in path:
        assert found.host_link is not None
        assert found.host_link.id.startswith(("link.pcie_", "link.nvlink_c2c"))
    assert found.link is None or not found.link.id.startswith("link.pcie_")
    assert found.peer_to_peer == ("GeForce" not in found.title)


@pytest.mark.parametrize("path", [path for path in GPUS if path.endswith(("_sxm", "_sxm2"))])
def test_gpus_of_one_board_are_joined_at_full_speed(path: str) -> None:
    found = at(path)
    assert found.link is not None
    assert found.link.id.startswith("link.nvlink_")
    assert found.link_domain == 8


def test_racks_of_72_are_one_domain() -> None:
    domains = {path: at(path).link_domain for path in GPUS}
    assert [path for path, size in domains.items() if size == 72] == [
        "gpu.nvidia.gb200_186gb",
        "gpu.nvidia.gb300_288gb",
    ]


def test_only_packages_of_several_devices_say_so() -> None:
    """Memory of a device is what its engine can use: MI250 has 128 GiB, in two devices of 64."""
    several = {path: at(path).per_package for path in ALL if at(path).per_package > 1}
    assert several == {
        "gpu.amd.mi250_gcd": 2,
        "gpu.amd.mi250x_gcd": 2,
        "gpu.intel.max_1550_stack": 2,
        "gpu.nvidia.a16": 4,
    }
    die = at("gpu.amd.mi250_gcd")
    assert 2 * die.memory_bytes.value == 128 * GIB
    assert 2 * widest_of_16_bit(die) == pytest.approx(362.1 * TERA)


@pytest.mark.parametrize(("slower", "faster"), SUCCESSORS)
def test_a_successor_is_not_beaten(slower: str, faster: str) -> None:
    old, new = at(slower), at(faster)
    assert old.bandwidth_bytes_per_s.value <= new.bandwidth_bytes_per_s.value
    assert widest_of_16_bit(old) <= widest_of_16_bit(new)
    assert old.bandwidth_bytes_per_s.value < new.bandwidth_bytes_per_s.value or (
        old.memory_bytes.value <= new.memory_bytes.value
    )


# ---- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "path"), BENCHMARKED.items())
def test_benchmarks_and_price_lists_are_understood(name: str, path: str) -> None:
    assert find_accelerator(name) == path


@pytest.mark.parametrize("name", ["", " ", "unknown", "gpu", "nvidia", "h1000", "models.mistral"])
def test_other_names_mean_nothing(name: str) -> None:
    assert find_accelerator(name) is None


@pytest.mark.parametrize("path", ALL)
def test_every_entry_is_found_by_its_path_its_name_and_its_title(path: str) -> None:
    found = at(path)
    for name in (path, path.rpartition(".")[2], found.title, found.title.upper()):
        assert find_accelerator(name) == path


def test_no_two_entries_share_a_name() -> None:
    owners: dict[str, str] = {}
    for path in ALL:
        text = stdlib.read(f"catalog.{path}") or ""
        stated = re.search(r"^  aliases +=(.*?)\]", text, re.MULTILINE | re.DOTALL)
        names = [path.rpartition(".")[2], *re.findall('"(.*?)"', stated[1] if stated else "")]
        for key in {"".join(filter(str.isalnum, name.lower())) for name in names}:
            assert owners.setdefault(key, path) == path, key


# ---- links -------------------------------------------------------------------------------------


def bandwidth(name: str) -> float:
    """Return bandwidth in bytes a second, a direction, as the entry says."""
    place = place_of(at("gpu.nvidia.l4"), per_node=1, nodes=2, network=f"link.{name}")
    return place.network.bandwidth_bytes_per_s.value


@pytest.mark.parametrize(
    ("name", "gigabytes"),
    [
        ("nvlink_2", 150),
        ("nvlink_3", 300),
        ("nvlink_4", 450),
        ("nvlink_5", 900),
        ("nvlink_c2c", 450),
        ("nvlink_bridge_rtx", 56.25),
        ("infinity_fabric_3", 448),
        ("infinity_fabric_4", 537.6),
        ("pcie_3_x16", 15.75),
        ("pcie_4_x16", 31.5),
        ("pcie_5_x16", 63),
        ("pcie_6_x16", 121),
        ("infiniband_200g", 25),
        ("infiniband_400g", 50),
        ("infiniband_800g", 100),
        ("ethernet_2_5g", 0.3125),
        ("ethernet_10g", 1.25),
        ("ethernet_800g", 100),
        ("roce_400g", 50),
        ("tpu_ici_v5p", 600),
        ("gaudi_2_roce", 262.5),
    ],
)
def test_links_carry_what_is_published(name: str, gigabytes: float) -> None:
    assert bandwidth(name) / GB == pytest.approx(gigabytes, rel=0.001)


def test_half_the_lanes_carry_half() -> None:
    for wide, narrow, share in (("3_x16", "3_x8", 2), ("4_x16", "4_x8", 2), ("4_x16", "4_x4", 4)):
        assert bandwidth(f"pcie_{wide}") == pytest.approx(share * bandwidth(f"pcie_{narrow}"), 1e-3)
    assert bandwidth("pcie_5_x8") == pytest.approx(bandwidth("pcie_4_x16"), 1e-3)


def test_fabrics_without_a_switch_say_so() -> None:
    shapes = {link.id: link.topology for path in ALL if (link := at(path).link)}
    assert {name for name, shape in shapes.items() if shape == "switch"} == {
        "link.nvlink_3",
        "link.nvlink_4",
        "link.nvlink_5",
        "link.nvlink_bridge_a100",
        "link.nvlink_bridge_a30",
        "link.nvlink_bridge_h100",
        "link.nvlink_bridge_rtx",
    }
    assert {name for name, shape in shapes.items() if shape == "mesh"} == {
        "link.gaudi_2_roce",
        "link.gaudi_3_roce",
        "link.infinity_fabric_3",
        "link.infinity_fabric_4",
        "link.infinity_fabric_bridge_mi210",
        "link.nvlink_bridge_h200",
        "link.xe_link",
    }
