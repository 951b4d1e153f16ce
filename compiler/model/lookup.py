"""Blocks by the paths that references name."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from inferc.compiler.model.values import MissingFieldError, required, word
from inferc.compiler.resolve import ResolvedBlock, Restriction

T = TypeVar("T")


class Blocks:
    """Every block of a topology and of the catalog, by path."""

    def __init__(self, topology: ResolvedBlock, catalog: Mapping[str, ResolvedBlock]) -> None:
        self._found = dict(catalog)
        self._found.update((block.path, block) for block in _below(topology))
        self._kinds: dict[str, list[ResolvedBlock]] = {}
        for block in (*_below(topology), *(catalog[path] for path in sorted(catalog))):
            self._kinds.setdefault(block.kind, []).append(block)
        self._made: dict[tuple[Callable[[ResolvedBlock], object], int], object] = {}

    def at(self, path: str) -> ResolvedBlock | None:
        """Return the block at ``path``, or None."""
        return self._found.get(path)

    def target(self, block: ResolvedBlock, name: str) -> ResolvedBlock:
        """Return the block that the field ``name`` of ``block`` refers to.

        Raises:
            MissingFieldError: The field is absent, or leads nowhere.
        """
        return self.named(block, name, word(required(block, name).value))

    def named(self, block: ResolvedBlock, name: str, path: str) -> ResolvedBlock:
        """Return the block at ``path``, which the field ``name`` of ``block`` names.

        Raises:
            MissingFieldError: Nothing is there.
        """
        found = self.at(path)
        if found is None:
            raise MissingFieldError(block, name)
        return found

    def entry(self, kind: str, name: str) -> ResolvedBlock | None:
        """Return the block ``name`` of ``kind``: the topology's own, or the catalog's."""
        own = self.at(name)
        if own is not None and own.kind == kind:
            return own
        return self.at(f"{kind}.{name}")

    def of_kind(self, kind: str) -> tuple[ResolvedBlock, ...]:
        """Return the blocks of ``kind``: the topology's in its order, then the catalog's."""
        return tuple(self._kinds.get(kind, ()))

    def once(self, make: Callable[[ResolvedBlock], T], block: ResolvedBlock) -> T:
        """Return what ``make`` makes of a block, which is the same for all that refer to it."""
        at = (make, id(block))
        if at not in self._made:
            self._made[at] = make(block)
        return self._made[at]  # type: ignore[return-value]  # made by the function in its key


def pins_of(topology: ResolvedBlock) -> Iterator[Restriction]:
    """Yield the lines of the ``pin`` blocks of a topology, which come last among its parts."""
    for child in reversed(topology.children):
        if child.kind != "pin":
            break
        yield from child.restrictions


def _below(block: ResolvedBlock) -> Iterator[ResolvedBlock]:
    for child in block.children:
        yield child
        yield from _below(child)
