"""Prices that a design rests on without naming them: they lie where their subject lies.

``prices.api.<model>.<provider>`` for a model ``models.<model>``, ``prices.serverless.<hardware>.
<platform>`` for an accelerator, and what owning hardware costs where a pool states its capital.
"""

from collections.abc import Iterable, Iterator

from inferc.compiler.load import Library
from inferc.compiler.resolve.blocks import ResolvedBlock

APIS = "prices.api"
SERVERLESS = "prices.serverless"
OWNERSHIP = "prices.ownership.unstated"

MODELS = "models."
HARDWARE = ("gpu.", "accelerator.")


def price_paths(
    library: Library, facts: Iterable[str], topologies: Iterable[ResolvedBlock]
) -> Iterator[str]:
    """Yield the dotted paths of the prices for the ``facts`` that were reached."""
    for path in sorted(facts):
        if path.startswith(MODELS):
            yield from _below(library, f"{APIS}.{path.removeprefix(MODELS)}")
        elif path.startswith(HARDWARE):
            yield from _below(library, f"{SERVERLESS}.{path}")
    if any(_is_bought(block) for block in topologies):
        yield OWNERSHIP


def _below(library: Library, folder: str) -> Iterator[str]:
    return (f"{folder}.{name}" for name in library.names(folder))


def _is_bought(block: ResolvedBlock) -> bool:
    """Return whether a block, or one inside it, says what its hardware cost."""
    return "capital" in block.fields or any(_is_bought(child) for child in block.children)
