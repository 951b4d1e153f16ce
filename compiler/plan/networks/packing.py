"""How many accelerators portions take together: parts of GPUs by their valid placements.

A GPU is a row of memory slices; a part begins at one of a few of them and takes some. So packing
is that of bins with slots, and since sizes are powers of two that begin at multiples of their size,
largest first is nearly always exact. Where the count of slices would allow fewer GPUs than that,
every mix of parts is looked at.

Source: NVIDIA, MIG User Guide, supported profiles and placements; Coffman, Garey, Johnson, Bin
packing with divisible item sizes (1987).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from inferc.compiler.model import Place
from inferc.compiler.model.partitions import MIG, TIME_SLICE, Partitioning, Profile
from inferc.compiler.plan.networks.portion import Portion

SEARCHED = 5_000
"""Mixes that are looked at before largest first is taken as it is."""


class Spot(NamedTuple):
    """Where a part lies on its GPU."""

    start: int
    """Of its memory slices."""
    profile: str


Layout = tuple[Spot, ...]
"""The parts of one GPU, by where they begin."""

Shape = tuple[str, int, tuple[int, ...]]
"""A profile as packing sees it: name, memory slices, possible starts."""


def gpus_for(table: Partitioning, parts: Mapping[str, int]) -> int:
    """Return the fewest GPUs that hold so many parts of each profile."""
    return len(layouts_for(table, parts))


def layouts_for(table: Partitioning, parts: Mapping[str, int]) -> tuple[Layout, ...]:
    """Return the parts of each GPU that is needed, the fullest first."""
    shapes = tuple(_shape(item) for item in table.profiles)
    counts = tuple(parts.get(item.name, 0) for item in table.profiles)
    return _packed(table.memory_slices, shapes, counts)


def _shape(profile: Profile) -> Shape:
    return profile.name, profile.memory_slices, profile.starts


@lru_cache(maxsize=4096)
def _packed(slices: int, shapes: tuple[Shape, ...], counts: tuple[int, ...]) -> tuple[Layout, ...]:
    greedy = _largest_first(shapes, counts)
    taken = sum(count * size for (_, size, _), count in zip(shapes, counts, strict=True))
    least = ceil(taken / slices)
    if len(greedy) <= least:
        return greedy
    return _Search(slices, shapes).find(counts, least, len(greedy)) or greedy


def _largest_first(shapes: Sequence[Shape], counts: Sequence[int]) -> tuple[Layout, ...]:
    """Return GPUs filled with the largest parts first, those with the fewest places before others.

    Each part goes where it takes least from larger ones: at its last possible start.
    """
    order = sorted(range(len(shapes)), key=lambda at: (-shapes[at][1], len(shapes[at][2])))
    gpus: list[tuple[int, list[Spot]]] = []
    for at in order:
        name, size, starts = shapes[at]
        for _ in range(counts[at]):
            for index, (used, spots) in enumerate(gpus):
                start = _free(used, size, starts)
                if start is not None:
                    gpus[index] = (used | _mask(start, size), [*spots, Spot(start, name)])
                    break
            else:
                start = starts[-1]
                gpus.append((_mask(start, size), [Spot(start, name)]))
    return tuple(tuple(sorted(spots)) for _, spots in gpus)


def _mask(start: int, size: int) -> int:
    return ((1 << size) - 1) << start


def _free(used: int, size: int, starts: Sequence[int]) -> int | None:
    """Return the last start at which a part fits, or None."""
    return next((at for at in reversed(starts) if not used & _mask(at, size)), None)


@lru_cache(maxsize=64)
def _mixes(slices: int, shapes: tuple[Shape, ...]) -> tuple[tuple[tuple[int, ...], Layout], ...]:
    """Return every mix of parts that a GPU can hold, as counts and as a layout, fullest first."""
    names = [name for name, _, _ in shapes]
    found: dict[tuple[int, ...], Layout] = {}
    for layout in _layouts(slices, shapes, 0, 0, ()):
        held = [spot.profile for spot in layout]
        found.setdefault(tuple(held.count(name) for name in names), layout)
    sizes = [size for _, size, _ in shapes]
    order = sorted(found, key=lambda mix: (-_size(mix, sizes), mix))
    return tuple((mix, found[mix]) for mix in order)


def _layouts(
    slices: int, shapes: tuple[Shape, ...], used: int, least: int, layout: Layout
) -> Iterator[Layout]:
    """Yield every valid way to cut a GPU, each by where its parts begin."""
    if layout:
        yield layout
    for start in range(least, slices):
        for name, size, starts in shapes:
            if start in starts and not used & _mask(start, size):
                more = (*layout, Spot(start, name))
                yield from _layouts(slices, shapes, used | _mask(start, size), start + size, more)


def _size(counts: Sequence[int], sizes: Sequence[int]) -> int:
    return sum(count * size for count, size in zip(counts, sizes, strict=True))


class _Search:
    """The search for how parts fit on fewer GPUs than largest first takes."""

    def __init__(self, slices: int, shapes: tuple[Shape, ...]) -> None:
        self.slices = slices
        self.sizes = [size for _, size, _ in shapes]
        self.mixes = _mixes(slices, shapes)
        self.looked_at = 0

    def find(self, counts: tuple[int, ...], least: int, most: int) -> tuple[Layout, ...] | None:
        """Return layouts of fewer than ``most`` GPUs, or None where the parts need as many."""
        for gpus in range(least, most):
            found = self._fill(counts, gpus, 0)
            if found is not None:
                return found
        return None

    def _fill(self, counts: tuple[int, ...], gpus: int, first: int) -> tuple[Layout, ...] | None:
        """Return mixes from the ``first`` on that hold all that is left on so many GPUs."""
        if not any(counts):
            return ()
        if gpus * self.slices < _size(counts, self.sizes) or self.looked_at > SEARCHED:
            return None
        for at in range(first, len(self.mixes)):
            self.looked_at += 1
            mix, layout = self.mixes[at]
            after = tuple(count - part for count, part in zip(counts, mix, strict=True))
            if min(after) >= 0:
                rest = self._fill(after, gpus - 1, at)
                if rest is not None:
                    return (layout, *rest)
        return None


def accelerators_for(place: Place, wanted: Sequence[tuple[Portion, int]]) -> int:
    """Return the whole accelerators of ``place`` that so many replicas of each portion take.

    Parts share GPUs by their placements. Replicas that take turns share GPUs of nodes of their own:
    the device plugin offers all GPUs of a node in the same way.
    """
    whole, turns = 0, dict[int, int]()
    parts: dict[str, int] = {}
    table: Partitioning | None = None
    for portion, count in wanted:
        if portion.mode == MIG and portion.profile is not None:
            table = portion.table
            parts[portion.profile.name] = parts.get(portion.profile.name, 0) + count
        elif portion.mode == TIME_SLICE:
            turns[portion.sharers] = turns.get(portion.sharers, 0) + count
        else:
            whole += count
    total = whole + (gpus_for(table, parts) if table is not None else 0)
    for sharers, count in turns.items():
        gpus = ceil(count / sharers)
        nodes = ceil(gpus / place.per_node)
        total += nodes * place.per_node if whole or len(turns) > 1 else gpus
    return total
