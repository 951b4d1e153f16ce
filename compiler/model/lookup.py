"""Blocks by the paths that references name."""

from collections.abc import Iterator, Mapping

from inferc.compiler.model.values import MissingFieldError, required, word
from inferc.compiler.resolve import ResolvedBlock


class Blocks:
    """Every block of a topology and of the catalog, by path."""

    def __init__(self, topology: ResolvedBlock, catalog: Mapping[str, ResolvedBlock]) -> None:
        self._found = dict(catalog)
        self._found.update((block.path, block) for block in _below(topology))
        self._all = (*_below(topology), *(catalog[path] for path in sorted(catalog)))

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
        return tuple(block for block in self._all if block.kind == kind)


def _below(block: ResolvedBlock) -> Iterator[ResolvedBlock]:
    for child in block.children:
        yield child
        yield from _below(child)
