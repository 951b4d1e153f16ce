"""Which replicas fit on a place together, and on which nodes.

A replica is placed as the performance model takes it to be: a stage stays inside one link domain
where it fits into one and inside one node where it does not; the stages of a replica stay together
in a domain, or else in a node, wherever they fit into one; those of a larger replica lie anywhere.

Nodes are alike, so what counts is how many of them hold which mix. Largest first, each onto the
first node with room, is exact where sizes divide each other, as powers of two do. Where that fails
though there seems to be room, the mixes are searched.

Source: Coffman, Garey, Johnson, Bin packing with divisible item sizes (1987).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from inferc.compiler.model import Place

LOOKED_AT = 4_000
"""Mixes that are looked at before it is taken that there is no room. Sizes that do not divide each
other on thousands of nodes may need more; a plan then has some room to spare."""


class Layout(NamedTuple):
    """How one replica is laid out: what decides where it fits."""

    tensor: int
    pipeline: int = 1

    @property
    def size(self) -> int:
        """Accelerators of a replica."""
        return self.tensor * self.pipeline


Wanted = Mapping[Layout, int]
"""Replicas by layout."""


class Node(NamedTuple):
    """What the nodes of a place are like."""

    accelerators: int
    domain: int
    """How many of them a link joins."""

    @property
    def domains(self) -> tuple[int, ...]:
        """The accelerators of each link domain."""
        whole, rest = divmod(self.accelerators, self.domain)
        return (self.domain,) * whole + ((rest,) if rest else ())


class Room(NamedTuple):
    """What others leave of a place."""

    nodes: int
    taken: Wanted
    """Replicas of others, by layout."""

    def replicas(self, place: Place, layout: Layout) -> int:
        """Return how many replicas of one layout ``place`` has room for beside the others."""
        return most_replicas(place, layout, self.taken, self.nodes)

    def accelerators(self, place: Place) -> int:
        """Return how many accelerators of ``place`` are not taken."""
        used = sum(count * layout.size for layout, count in self.taken.items())
        return max(0, self.nodes * place.per_node - used)


class Block(NamedTuple):
    """What lies on one node as a whole: a replica, or a stage of one that is larger than a node."""

    size: int
    part: int
    """Accelerators that stay in one link domain; 0 for a block that none can hold, and that
    therefore lies anywhere on its node."""
    layout: Layout

    @property
    def parts(self) -> int:
        """How many parts it has."""
        return self.size // self.part if self.part else 0


Mix = tuple[tuple[Block, int], ...]
"""The blocks of one node, with how many there are of each."""


def node_of(place: Place) -> Node:
    """Return what the nodes of ``place`` are like."""
    domain = max(1, min(place.accelerator.link_domain, place.per_node))
    return Node(place.per_node, domain)


def blocks_of(node: Node, layout: Layout) -> tuple[Block, int]:
    """Return the blocks that a replica comes in, and how many."""
    if layout.size > node.accelerators:
        part = layout.tensor if layout.tensor <= node.domain else 0
        return Block(layout.tensor, part, layout), layout.pipeline
    if layout.size <= node.domain:
        return Block(layout.size, layout.size, layout), 1
    part = layout.tensor if layout.tensor <= node.domain else 0
    return Block(layout.size, part, layout), 1


def most_replicas(
    place: Place, layout: Layout, beside: Wanted | None = None, nodes: int | None = None
) -> int:
    """Return how many replicas of one layout a place has room for, ``beside`` what is there.

    On all of its nodes, or on as many as are said.
    """
    node = node_of(place)
    nodes = int(place.nodes.value) if nodes is None else nodes
    if layout.tensor > node.accelerators:
        return 0
    block, each = blocks_of(node, layout)
    most = nodes * _alone(node, block) // each
    taken = {other: count for other, count in (beside or {}).items() if count}
    if not taken:
        return most
    free = nodes * node.accelerators - sum(count * item.size for item, count in taken.items())
    least, most = 0, min(most, max(0, free) // layout.size)
    while least < most:
        middle = (least + most + 1) // 2
        if fits(node, nodes, {**taken, layout: taken.get(layout, 0) + middle}):
            least = middle
        else:
            most = middle - 1
    return least


def fewest_nodes(place: Place, layout: Layout, replicas: int) -> int:
    """Return the fewest nodes that hold so many replicas of one layout, and nothing else."""
    node = node_of(place)
    block, each = blocks_of(node, layout)
    return -(-replicas * each // _alone(node, block))


def fits(node: Node, nodes: int, wanted: Wanted) -> bool:
    """Return whether all of ``wanted`` fit on so many nodes."""
    counted = tuple(sorted((layout, count) for layout, count in wanted.items() if count))
    return _packed(node, nodes, counted) is not None


def pack(place: Place, wanted: Wanted) -> tuple[tuple[Mix, int], ...] | None:
    """Return the mixes of the nodes of ``place`` and how many nodes have each, or None for no room.

    Nodes that stay empty are left out.
    """
    counted = tuple(sorted((layout, count) for layout, count in wanted.items() if count))
    return _packed(node_of(place), int(place.nodes.value), counted)


@lru_cache(maxsize=4096)
def _packed(
    node: Node, nodes: int, wanted: tuple[tuple[Layout, int], ...]
) -> tuple[tuple[Mix, int], ...] | None:
    blocks: dict[Block, int] = {}
    for layout, count in wanted:
        if layout.tensor > node.accelerators:
            return None
        block, each = blocks_of(node, layout)
        blocks[block] = blocks.get(block, 0) + count * each
    if sum(block.size * count for block, count in blocks.items()) > nodes * node.accelerators:
        return None
    ordered = sorted(blocks, key=lambda block: (-block.size, -block.part, block.layout))
    counts = tuple(blocks[block] for block in ordered)
    found = _largest_first(node, nodes, tuple(zip(ordered, counts, strict=True)))
    if found is not None or _is_exact(node, ordered):
        return found
    return _Mixes(node, tuple(ordered)).search(nodes, counts)


def _is_exact(node: Node, blocks: Sequence[Block]) -> bool:
    """Return whether largest first misses nothing.

    That is so where each block lies in one domain, all domains are alike, and each size divides the
    next larger one.
    """
    sizes = sorted({block.size for block in blocks})
    chain = all(large % small == 0 for small, large in pairwise(sizes))
    inside = all(block.part == block.size for block in blocks)
    return chain and inside and node.accelerators % node.domain == 0


@lru_cache(maxsize=1024)
def _alone(node: Node, block: Block) -> int:
    """Return how many of one block a node holds: each part has a domain's share of the same size.

    A block that lies anywhere takes what there is.
    """
    if not block.part:
        return node.accelerators // block.size
    return sum(have // block.part for have in node.domains) // block.parts


class _State(NamedTuple):
    """What is free on a node.

    Blocks that lie anywhere take what is left over, so they only count: together free accelerators
    are always enough for them.
    """

    free: tuple[int, ...]
    """Of each link domain, apart from ``spread``; most first."""
    spread: int
    """Accelerators that blocks take which lie anywhere."""

    def with_block(self, block: Block) -> "_State | None":
        """Return the node with one block more, each part in the fullest domain that has room."""
        left = sum(self.free) - self.spread - block.size
        if left < 0:
            return None
        if not block.part:
            return _State(self.free, self.spread + block.size)
        free = list(self.free)
        for _ in range(block.parts):
            room = [(have, at) for at, have in enumerate(free) if have >= block.part]
            if not room:
                return None
            free[min(room)[1]] -= block.part
        return _State(tuple(sorted(free, reverse=True)), self.spread)


class _Group(NamedTuple):
    """Nodes that hold the same."""

    state: _State
    mix: Mix
    nodes: int


def _largest_first(node: Node, nodes: int, blocks: Mix) -> tuple[tuple[Mix, int], ...] | None:
    """Return the mixes that come of placing each block on the first node with room for it."""
    groups = [_Group(_State(node.domains, 0), (), nodes)]
    for block, wanted in blocks:
        filled: list[_Group] = []
        left = wanted
        for group in groups:
            added, left = _filled(group, block, left)
            filled += added
        if left:
            return None
        groups = filled
    return tuple((group.mix, group.nodes) for group in groups if group.mix)


def _filled(group: _Group, block: Block, wanted: int) -> tuple[list[_Group], int]:
    """Return a group of nodes with as many blocks as it has room for, and how many are left."""
    states = [group.state]
    while len(states) <= wanted and (after := states[-1].with_block(block)) is not None:
        states.append(after)
    each = len(states) - 1
    if each == 0:
        return [group], wanted
    full = min(group.nodes, wanted // each)
    rest = min(wanted - full * each, each) if full < group.nodes else 0
    parts = [
        (states[each], each, full),
        (states[rest], rest, 1 if rest else 0),
        (group.state, 0, group.nodes - full - (1 if rest else 0)),
    ]
    made = [
        _Group(state, (*group.mix, (block, count)) if count else group.mix, many)
        for state, count, many in parts
        if many
    ]
    return made, wanted - full * each - rest


class _Mixes:
    """The search over what each node holds."""

    def __init__(self, node: Node, blocks: tuple[Block, ...]) -> None:
        self.node = node
        self.blocks = blocks
        self.left = LOOKED_AT
        self.failed: set[tuple[int, tuple[int, ...]]] = set()

    def search(self, nodes: int, wanted: tuple[int, ...]) -> tuple[tuple[Mix, int], ...] | None:
        """Return mixes that hold all of ``wanted``, or None where there are none.

        The first node without a mix gets the largest block that is left, without loss: some node
        must. A mix that could hold more of what is wanted is not looked at. The search goes from
        node to node with a list of its own, since there may be more nodes than calls may nest.
        """
        trail: list[tuple[Iterator[tuple[int, ...]], tuple[int, ...]]] = []
        chosen: list[tuple[int, ...]] = []
        trail.append((self._mixes(wanted), wanted))
        while trail:
            options, left = trail[-1]
            mix = next(options, None)
            if mix is None:
                self.failed.add((nodes - len(chosen), left))
                trail.pop()
                if chosen:
                    chosen.pop()
                continue
            self.left -= 1
            if self.left < 0:
                return None
            rest = tuple(have - taken for have, taken in zip(left, mix, strict=True))
            remaining = nodes - len(chosen) - 1
            if not any(rest):
                return self._named([*chosen, mix])
            if self._possible(remaining, rest):
                chosen.append(mix)
                trail.append((self._mixes(rest), rest))
        return None

    def _possible(self, nodes: int, wanted: tuple[int, ...]) -> bool:
        volume = sum(block.size * count for block, count in zip(self.blocks, wanted, strict=True))
        return volume <= nodes * self.node.accelerators and (nodes, wanted) not in self.failed

    def _mixes(self, wanted: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """Yield the mixes of a node that hold the largest block left and have no room for more."""
        first = next(at for at, count in enumerate(wanted) if count)
        for mix in self._within(first, wanted, (0,) * first):
            if mix[first] and not self._room_for_more(mix, wanted):
                yield mix

    def _within(
        self, at: int, wanted: tuple[int, ...], before: tuple[int, ...]
    ) -> Iterator[tuple[int, ...]]:
        if at == len(wanted):
            yield before
            return
        zeros = (0,) * (len(wanted) - at - 1)
        most = 0
        while most < wanted[at] and self._holds((*before, most + 1, *zeros)):
            most += 1
        for count in range(most, -1, -1):
            yield from self._within(at + 1, wanted, (*before, count))

    def _room_for_more(self, mix: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
        return any(
            mix[at] < wanted[at] and self._holds((*mix[:at], mix[at] + 1, *mix[at + 1 :]))
            for at in range(len(mix))
        )

    def _holds(self, mix: tuple[int, ...]) -> bool:
        chosen = [(block, n) for block, n in zip(self.blocks, mix, strict=True) if n]
        return arranged(self.node, chosen) is not None

    def _named(self, chosen: Sequence[tuple[int, ...]]) -> tuple[tuple[Mix, int], ...]:
        """Return the mixes in the order in which they were found, equal neighbours counted."""
        found: list[tuple[Mix, int]] = []
        for counts in chosen:
            mix = tuple((block, n) for block, n in zip(self.blocks, counts, strict=True) if n)
            if found and found[-1][0] == mix:
                found[-1] = (mix, found[-1][1] + 1)
            else:
                found.append((mix, 1))
        return tuple(found)


def arranged(node: Node, mix: Sequence[tuple[Block, int]]) -> tuple[tuple[int, ...], ...] | None:
    """Return the domain of each part, by block and its copies in turn, or None for no room.

    Blocks that lie anywhere have none: they take what the others leave.
    """
    if sum(block.size * count for block, count in mix) > node.accelerators:
        return None
    parts = [block.part for block, count in mix for _ in range(count * block.parts)]
    domains = _domains(node.domains, tuple(parts))
    if domains is None:
        return None
    found: list[tuple[int, ...]] = []
    at = 0
    for block, count in mix:
        for _ in range(count):
            found.append(domains[at : at + block.parts])
            at += block.parts
    return tuple(found)


@lru_cache(maxsize=4096)
def _domains(free: tuple[int, ...], parts: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return a domain for each part such that all have room: those with least room tried first."""
    if not parts:
        return ()
    if sum(parts) > sum(free):
        return None
    order = sorted(range(len(parts)), key=lambda at: -parts[at])
    if order != list(range(len(parts))):
        found = _domains(free, tuple(parts[at] for at in order))
        if found is None:
            return None
        back = dict(zip(order, found, strict=True))
        return tuple(back[at] for at in range(len(parts)))
    tried: set[int] = set()
    for at in sorted(range(len(free)), key=lambda at: (free[at], at)):
        if free[at] < parts[0] or free[at] in tried:
            continue
        tried.add(free[at])
        rest = _domains((*free[:at], free[at] - parts[0], *free[at + 1 :]), parts[1:])
        if rest is not None:
            return (at, *rest)
    return None
