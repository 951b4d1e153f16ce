"""Prices that a design rests on without naming them: they lie where their subject lies.

``prices.api.<model>.<provider>`` for a model ``models.<model>``, ``prices.serverless.<hardware>.
<platform>`` for an accelerator, ``prices.managed.<cloud>.<type>`` for a machine that a platform of
its cloud runs, and what owning hardware costs where a pool states its capital.
"""

from collections.abc import Iterable, Iterator

from inferc.compiler.load import Library
from inferc.compiler.resolve.blocks import ResolvedBlock

APIS = "prices.api"
SERVERLESS = "prices.serverless"
MANAGED = "prices.managed"
OWNERSHIP = "prices.ownership.unstated"

MODELS = "models."
INSTANCES = "instance."
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
        elif path.startswith(INSTANCES):
            cloud, _, name = path.removeprefix(INSTANCES).partition(".")
            if name in library.names(f"{MANAGED}.{cloud}"):
                yield f"{MANAGED}.{cloud}.{name}"
    if any(_is_bought(block) for block in topologies):
        yield OWNERSHIP


def _below(library: Library, folder: str) -> Iterator[str]:
    return (f"{folder}.{name}" for name in library.names(folder))


def _is_bought(block: ResolvedBlock) -> bool:
    """Return whether a block, or one inside it, says what its hardware cost."""
    return "capital" in block.fields or any(_is_bought(child) for child in block.children)
