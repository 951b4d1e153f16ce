"""Parts of GPUs: packed by valid placements, and on no more GPUs than need be."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.network_plans import device

from inferc.compiler.model.partitions import Partitioning, partitioning_of
from inferc.compiler.plan.networks.packing import Layout, gpus_for, layouts_for


def table(name: str) -> Partitioning:
    found = partitioning_of(device(name))
    assert found is not None
    return found


A100, A30 = table("a100_80gb_sxm"), table("a30")

# parts of an A100 80GB, GPUs that they take
MIXES = [
    ({}, 0),
    ({"7g.80gb": 3}, 3),
    ({"1g.10gb": 7}, 1),
    ({"1g.10gb": 8}, 2),
    ({"1g.20gb": 4}, 1),
    ({"2g.20gb": 3, "1g.10gb": 1}, 1),
    ({"2g.20gb": 4}, 2),
    ({"3g.40gb": 2}, 1),
    ({"4g.40gb": 1, "3g.40gb": 1}, 1),
    ({"4g.40gb": 2}, 2),
    ({"3g.40gb": 1, "2g.20gb": 2}, 1),
    ({"3g.40gb": 1, "2g.20gb": 1, "1g.10gb": 1}, 1),
    ({"4g.40gb": 1, "1g.10gb": 3}, 1),
    ({"4g.40gb": 1, "1g.10gb": 4}, 2),
    ({"3g.40gb": 3, "2g.20gb": 2, "4g.40gb": 1}, 3),
]


@pytest.mark.parametrize(("parts", "gpus"), MIXES, ids=str)
def test_mixes_of_an_a100(parts: dict[str, int], gpus: int) -> None:
    assert gpus_for(A100, parts) == gpus


def assert_valid(cut: Partitioning, layout: Layout) -> None:
    """Every part begins where it may, ends inside the GPU and overlaps no other."""
    taken: set[int] = set()
    for spot in layout:
        profile = cut.profile(spot.profile)
        assert profile is not None
        assert spot.start in profile.starts
        slices = set(range(spot.start, spot.start + profile.memory_slices))
        assert max(slices) < cut.memory_slices
        assert not slices & taken
        taken |= slices


COUNTS = st.fixed_dictionaries(
    {item.name: st.integers(min_value=0, max_value=4) for item in A100.profiles}
)


@settings(deadline=None, max_examples=200)
@given(parts=COUNTS)
def test_every_part_has_a_valid_place(parts: dict[str, int]) -> None:
    layouts = layouts_for(A100, parts)
    for layout in layouts:
        assert_valid(A100, layout)
    for name, count in parts.items():
        assert sum(spot.profile == name for layout in layouts for spot in layout) == count
    size = {item.name: item.memory_slices for item in A100.profiles}
    least = sum(size[name] * count for name, count in parts.items()) / A100.memory_slices
    assert least <= len(layouts) <= 2 * least + 1


def fewest(cut: Partitioning, parts: dict[str, int], gpus: int) -> bool:
    """Return whether parts fit on so many GPUs, by trying every place of every one of them."""
    one_by_one = [
        profile
        for profile in sorted(cut.profiles, key=lambda item: -item.memory_slices)
        for _ in range(parts.get(profile.name, 0))
    ]

    def put(at: int, used: tuple[int, ...]) -> bool:
        if at == len(one_by_one):
            return True
        profile = one_by_one[at]
        tried: set[tuple[int, int]] = set()
        for gpu, start in product(range(gpus), profile.starts):
            mask = ((1 << profile.memory_slices) - 1) << start
            if used[gpu] & mask or (used[gpu], start) in tried:
                continue
            tried.add((used[gpu], start))
            if put(at + 1, (*used[:gpu], used[gpu] | mask, *used[gpu + 1 :])):
                return True
        return False

    return put(0, (0,) * gpus)


SMALL = st.fixed_dictionaries(
    {item.name: st.integers(min_value=0, max_value=2) for item in A100.profiles}
)


@settings(deadline=None, max_examples=60)
@given(parts=SMALL)
def test_no_more_gpus_than_trying_everything_needs(parts: dict[str, int]) -> None:
    gpus = gpus_for(A100, parts)
    assert fewest(A100, parts, gpus)
    assert gpus == 0 or not fewest(A100, parts, gpus - 1)


@settings(deadline=None, max_examples=60)
@given(
    parts=st.fixed_dictionaries(
        {item.name: st.integers(min_value=0, max_value=3) for item in A30.profiles}
    ),
    more=st.sampled_from([item.name for item in A30.profiles]),
)
def test_one_more_part_never_takes_fewer_gpus(parts: dict[str, int], more: str) -> None:
    assert gpus_for(A30, {**parts, more: parts[more] + 1}) >= gpus_for(A30, parts)
