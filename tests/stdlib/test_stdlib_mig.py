"""How GPUs can be cut: the tables of the catalog against NVIDIA's own."""

import pytest
from support.catalog import ENTRIES
from support.network_plans import device

from inferc.compiler.model.catalog import place_of
from inferc.compiler.model.partitions import Partitioning, part_of, part_place, partitioning_of

SEVEN = (7, 4, 3, 2, 1, 1)
FOUR = (4, 2, 1)

# accelerator, names of the parts, how many of each a GPU holds (MIG User Guide)
TABLES = [
    ("a100_40gb_sxm", "1g.5gb 1g.10gb 2g.10gb 3g.20gb 4g.20gb 7g.40gb", SEVEN),
    ("a100_80gb_pcie", "1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb", SEVEN),
    ("h100_80gb_sxm", "1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb", SEVEN),
    ("h100_94gb_nvl", "1g.12gb 1g.24gb 2g.24gb 3g.47gb 4g.47gb 7g.94gb", SEVEN),
    ("gh200_96gb", "1g.12gb 1g.24gb 2g.24gb 3g.48gb 4g.48gb 7g.96gb", SEVEN),
    ("h200_141gb_sxm", "1g.18gb 1g.35gb 2g.35gb 3g.71gb 4g.71gb 7g.141gb", SEVEN),
    ("b200_180gb_sxm", "1g.23gb 1g.45gb 2g.45gb 3g.90gb 4g.90gb 7g.180gb", SEVEN),
    ("a30", "1g.6gb 2g.12gb 4g.24gb", FOUR),
    ("rtx_pro_6000_blackwell_server", "1g.24gb 2g.48gb 4g.96gb", FOUR),
]


def table(name: str) -> Partitioning:
    found = partitioning_of(device(name))
    assert found is not None
    return found


@pytest.mark.parametrize(("name", "parts", "counts"), TABLES)
def test_parts_and_how_many_there_are(name: str, parts: str, counts: tuple[int, ...]) -> None:
    cut = table(name)
    assert [item.name for item in cut.profiles] == parts.split()
    assert tuple(cut.most(item) for item in cut.profiles) == counts


@pytest.mark.parametrize("name", [row[0] for row in TABLES])
def test_a_part_is_a_part_of_the_whole(name: str) -> None:
    gpu, cut = device(name), table(name)
    for profile in cut.profiles:
        part = part_of(gpu, cut, profile)
        share = profile.memory_slices / cut.memory_slices
        gigabytes = float(profile.name.partition(".")[2].removesuffix("gb"))
        assert part.memory_bytes.value <= gpu.memory_bytes.value * share * 1.0001
        assert part.memory_bytes.value == pytest.approx(gigabytes * 2**30, rel=0.12)
        assert part.bandwidth_bytes_per_s.value == gpu.bandwidth_bytes_per_s.value * share
        for dtype, peak in part.flop_per_s.items():
            assert 0 < peak.value <= gpu.flop_per_s[dtype].value
        assert part.link is None
    computing = [part_of(gpu, cut, item).flop_per_s["fp16"].value for item in cut.profiles]
    assert computing == sorted(computing)


def test_accelerators_without_parts_have_no_table() -> None:
    assert partitioning_of(device("l4")) is None


def test_a_place_of_parts_counts_and_pays_parts() -> None:
    whole = place_of(device(), per_node=8, nodes=2)
    cut = table("a100_80gb_sxm")
    profile = cut.profile("2g.20gb")
    assert profile is not None
    parts = part_place(whole, cut, profile)
    assert (parts.slices, parts.per_node, parts.accelerators) == (3, 24, 48)


def test_every_entry_names_gpus_of_the_catalog() -> None:
    paths = {path for path in ENTRIES if path.startswith("catalog.gpu.")}
    for name in (row[0] for row in TABLES):
        assert f"catalog.gpu.nvidia.{name}" in paths
