"""What else there is to run on, and to run: accelerators, machines and models of the catalog.

Asked for only where a design cannot hold. Parsing takes most of the time, so that only entries are
parsed that may be the answer; each is read once and kept.
"""

import re
from collections.abc import Iterable
from functools import cache

from inferc import stdlib
from inferc.compiler.model import facts, names, values
from inferc.compiler.model.catalog import (
    NOTHING,
    NOWHERE,
    accelerator_at,
    language_model_at,
    paths,
)
from inferc.compiler.model.design import Accelerator, Engine, LanguageModel, Place
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.places import ON_DEMAND, Machine, network, price
from inferc.compiler.model.platform import Platform
from inferc.compiler.model.platforms import platform_of
from inferc.compiler.provenance import Origin, exactly
from inferc.compiler.resolve import catalog_blocks

LINK = "link.unstated"
"""What joins machines whose network the catalog does not know."""

HOLDS = re.compile(r"^\s*gpu\s*=.*\bcat\.([\w.]+)", re.MULTILINE)
"""The accelerators of an instance, in the text of its entry."""


@cache
def offer(path: str) -> Place | None:
    """Return a place of one machine of the type at ``path``; None where its price is not known."""
    found = catalog_blocks((path, LINK))
    blocks, block, usual = Blocks(NOTHING, found), found[path], facts.link(found[LINK])
    per_node, gpu = values.multiple(values.required(block, "gpu").value)
    hardware = facts.accelerator(found[gpu], blocks, per_node=per_node)
    machine = Machine(accelerator=hardware, per_node=per_node, instance=block)
    listed = price(machine, ON_DEMAND, None, blocks, [])
    if listed is None:
        return None
    return Place(
        path=values.text_or(block, "title", block.name),
        cluster=None,
        accelerator=hardware,
        per_node=per_node,
        nodes=exactly(1.0, Origin.CATALOG, text="1"),
        network=network(block, per_node, usual, blocks) or usual,
        price_usd_per_s=listed,
        instance=path,
        market=ON_DEMAND,
        cloud=values.text_or(block, "cloud"),
        span=NOWHERE,
    )


def offers_in(cloud: str) -> tuple[Place, ...]:
    """Return a place of one machine for each type that ``cloud`` rents out at a known price."""
    every = (offer(path) for path in paths("instance") if path.startswith(f"instance.{cloud}."))
    return tuple(item for item in every if item is not None)


@cache
def platforms() -> tuple[Platform, ...]:
    """Return the managed platforms of the catalog, by their paths."""
    found = catalog_blocks(paths("platform"))
    return tuple(platform_of(found[path]) for path in sorted(paths("platform")))


@cache
def _instances_by_accelerator() -> dict[str, tuple[str, ...]]:
    """Return the types of machines that hold each accelerator, told from their texts alone."""
    found: dict[str, tuple[str, ...]] = {}
    for path in paths("instance"):
        held = HOLDS.search(stdlib.read(f"catalog.{path}") or "")
        if held:
            found[held[1]] = (*found.get(held[1], ()), path)
    return found


def cheapest_with(accelerator: str) -> Place | None:
    """Return the machine that holds an accelerator at the lowest price of one; None without one."""
    every = (offer(path) for path in _instances_by_accelerator().get(accelerator, ()))
    priced = [item for item in every if item is not None and item.price_usd_per_s is not None]
    return min(
        priced,
        key=lambda item: (item.price_usd_per_s.value if item.price_usd_per_s else 0.0, item.path),
        default=None,
    )


def accelerators(folder: str, per_node: int) -> tuple[Accelerator, ...]:
    """Return the accelerators in a folder of the catalog, ``gpu.nvidia``, in nodes of so many."""
    kind = folder.partition(".")[0]
    every = (
        accelerator_at(path, per_node) for path in paths(kind) if path.startswith(f"{folder}.")
    )
    return tuple(item for item in every if item is not None)


def able(engines: Iterable[Engine], accelerator: Accelerator) -> tuple[Engine, ...]:
    """Return those of ``engines`` that run on an accelerator."""
    return tuple(item for item in engines if facts.runs_on(item, accelerator, ()))


def siblings(path: str) -> tuple[LanguageModel, ...]:
    """Return the other models of the catalog by the maker of the one at ``path``.

    None for a model that is not of the catalog, or whose maker has no folder.
    """
    folder = path.rpartition(".")[0]
    if path not in names.paths("models") or folder == "models":
        return ()
    every = (other for other in paths("models") if other.startswith(f"{folder}.") and other != path)
    found = (language_model_at(other) for other in every)
    return tuple(item for item in found if item is not None)
