"""Which replicas fit on a place together: against every way to place them."""

import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs

from inferc.compiler.model import Place
from inferc.compiler.plan.packing import (
    Block,
    Layout,
    Node,
    Room,
    arranged,
    blocks_of,
    fewest_nodes,
    fits,
    most_replicas,
    pack,
)


def place_of(nodes: int, per_node: int, domain: int) -> Place:
    place = designs.a100_node(float(nodes), per_node)
    return replace(place, accelerator=replace(place.accelerator, link_domain=domain))


# per node, link domain, nodes, replicas by (TP, PP), whether they fit
TABLE: list[tuple[int, int, int, dict[tuple[int, int], int], bool]] = [
    (8, 8, 1, {(4, 1): 2}, True),
    (8, 8, 1, {(4, 1): 2, (1, 1): 1}, False),
    (8, 8, 1, {(3, 1): 2, (2, 1): 1}, True),
    (8, 8, 2, {(3, 1): 5}, False),  # fifteen of sixteen, but two on each node
    (8, 8, 2, {(5, 1): 2, (3, 1): 2}, True),
    (8, 4, 1, {(3, 1): 2, (2, 1): 1}, False),  # what is left is one in each link domain
    (8, 4, 1, {(3, 1): 2, (1, 1): 2}, True),
    (8, 4, 1, {(3, 1): 1, (5, 1): 1}, True),  # five fit into no domain, and lie anywhere
    (4, 2, 1, {(4, 1): 1}, True),
    (4, 4, 3, {(4, 3): 1}, True),
    (4, 4, 3, {(2, 3): 2}, True),  # stages of replicas larger than a node share nodes
    (4, 4, 1, {(8, 1): 1}, False),
    (12, 12, 2, {(6, 1): 2, (4, 1): 3}, True),
    (12, 12, 2, {(5, 1): 2, (4, 1): 2, (3, 1): 2}, True),
    (10, 10, 2, {(5, 1): 1, (4, 1): 2, (3, 1): 2, (1, 1): 1}, True),
    (6, 6, 4, {(3, 1): 2, (2, 1): 9}, True),
    (8, 8, 1, {}, True),
]


@pytest.mark.parametrize(("per_node", "domain", "nodes", "wanted", "expected"), TABLE)
def test_what_fits(
    per_node: int, domain: int, nodes: int, wanted: dict[tuple[int, int], int], expected: bool
) -> None:
    layouts = {Layout(*shape): count for shape, count in wanted.items()}
    assert fits(Node(per_node, domain), nodes, layouts) is expected


def every_way(node: Node, nodes: int, wanted: Mapping[Layout, int]) -> bool:
    """Return whether some placement exists: each block onto each node, each part into each domain.

    A block that lies anywhere is given each split of its accelerators over the domains.
    """
    blocks = [
        block
        for layout, count in wanted.items()
        for block, each in (blocks_of(node, layout),)
        for _ in range(count * each)
    ]
    blocks.sort(key=lambda block: -block.size)
    seen: set[tuple[int, tuple[tuple[int, ...], ...]]] = set()

    def place(at: int, free: tuple[tuple[int, ...], ...]) -> bool:
        key = (at, tuple(sorted(free)))
        if at == len(blocks):
            return True
        if key in seen:
            return False
        seen.add(key)
        return any(
            place(at + 1, (*free[:index], after, *free[index + 1 :]))
            for index, before in enumerate(free)
            for after in ways(blocks[at], before)
        )

    return place(0, (node.domains,) * nodes)


def ways(block: Block, free: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Return what may be left of a node's domains when a block is on it."""
    if block.part:
        splits = product(range(len(free)), repeat=block.parts)
        taken = {tuple(block.part * split.count(at) for at in range(len(free))) for split in splits}
    else:
        whole = product(*(range(have + 1) for have in free))
        taken = {split for split in whole if sum(split) == block.size}
    left = {tuple(a - b for a, b in zip(free, split, strict=True)) for split in taken}
    return {domains for domains in left if min(domains) >= 0}


def test_packing_is_exact() -> None:
    chance = random.Random(7)
    held = 0
    for _ in range(600):
        accelerators = chance.choice([2, 4, 6, 8])
        node = Node(accelerators, min(accelerators, chance.choice([1, 2, 3, 4, 8])))
        wanted = {
            Layout(chance.choice([1, 2, 3, 4, 5, 6, 8]), chance.choice([1, 1, 1, 2, 3])): (
                chance.randint(1, 3)
            )
            for _ in range(chance.randint(1, 4))
        }
        wanted = {layout: n for layout, n in wanted.items() if layout.tensor <= accelerators}
        nodes = chance.randint(1, 3)
        expected = every_way(node, nodes, wanted)
        held += expected
        assert fits(node, nodes, wanted) is expected, (node, nodes, wanted)
    assert 150 < held < 450, "both answers are asked for"


sizes = st.sampled_from([1, 2, 3, 4, 6, 8])
layouts = st.builds(Layout, sizes, st.integers(1, 3))


@settings(deadline=None, max_examples=150)
@given(
    nodes=st.integers(1, 5),
    per_node=st.sampled_from([4, 6, 8, 16]),
    domain=st.sampled_from([2, 4, 8]),
    wanted=st.dictionaries(layouts, st.integers(1, 6), max_size=4),
)
def test_a_packing_holds_what_is_wanted_and_no_node_holds_too_much(
    nodes: int, per_node: int, domain: int, wanted: dict[Layout, int]
) -> None:
    place = place_of(nodes, per_node, domain)
    mixes = pack(place, wanted)
    if mixes is None:
        return
    node = Node(per_node, min(domain, per_node))
    assert sum(count for _, count in mixes) <= nodes
    held: dict[Block, int] = {}
    for mix, count in mixes:
        assert arranged(node, mix) is not None
        for block, each in mix:
            held[block] = held.get(block, 0) + each * count
    for layout, count in wanted.items():
        block, each = blocks_of(node, layout)
        assert held.pop(block) == count * each
    assert not held


@settings(deadline=None, max_examples=100)
@given(
    nodes=st.integers(1, 6),
    per_node=st.sampled_from([4, 6, 8]),
    domain=st.sampled_from([2, 4, 8]),
    layout=layouts,
    taken=st.dictionaries(layouts, st.integers(1, 3), max_size=2),
)
def test_room_beside_others_is_the_most_and_grows_with_nodes(
    nodes: int, per_node: int, domain: int, layout: Layout, taken: dict[Layout, int]
) -> None:
    place = place_of(nodes, per_node, domain)
    node = Node(per_node, min(domain, per_node))
    if not fits(node, nodes, taken):
        return
    most = most_replicas(place, layout, taken)
    assert fits(node, nodes, {**taken, layout: taken.get(layout, 0) + most})
    assert not fits(node, nodes, {**taken, layout: taken.get(layout, 0) + most + 1})
    assert Room(nodes + 1, taken).replicas(place, layout) >= most
    assert most <= most_replicas(place, layout)


@pytest.mark.parametrize("replicas", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (4, 2), (2, 3), (8, 1), (2, 8)])
def test_the_fewest_nodes_are_enough_and_one_less_is_not(
    shape: tuple[int, int], replicas: int
) -> None:
    layout = Layout(*shape)
    place = place_of(1, 8, 4)
    nodes = fewest_nodes(place, layout, replicas)
    node = Node(8, 4)
    assert fits(node, nodes, {layout: replicas})
    assert not fits(node, nodes - 1, {layout: replicas})


def test_thousands_of_nodes_are_packed_by_their_mixes() -> None:
    wanted = {Layout(4): 1500, Layout(2): 1000, Layout(1): 4000, Layout(8): 4000}
    mixes = pack(place_of(6000, 8, 8), wanted)
    assert mixes is not None
    assert len(mixes) < 12
    assert pack(place_of(5499, 8, 8), wanted) is None
    assert pack(place_of(5500, 8, 8), wanted) is not None


@pytest.mark.parametrize("domain", [1, 2, 4, 6, 8])
@pytest.mark.parametrize("layout", [Layout(1), Layout(2), Layout(3), Layout(2, 3), Layout(4, 2)])
def test_a_node_holds_as_many_alone_as_are_packed_one_by_one(domain: int, layout: Layout) -> None:
    for per_node in range(layout.size, 17):
        place = place_of(1, per_node, domain)
        most = most_replicas(place, layout)
        assert most == 0 or pack(place, {layout: most}) is not None
        assert pack(place, {layout: most + 1}) is None


def test_a_node_of_any_size_is_counted_at_once() -> None:
    assert most_replicas(place_of(100_000, 100_000, 8), Layout(8)) == 100_000 * 12_500
