"""What the catalog knows, by name: models, accelerators and engines without a topology.

Each entry is read once and kept. A path is as a design writes it behind ``cat.``:
``gpu.nvidia.h100_80gb_sxm``.
"""

from collections.abc import Mapping
from functools import cache

from inferc.compiler.model import facts, models, names, networks
from inferc.compiler.model.design import Accelerator, Engine, LanguageModel, Link, Place
from inferc.compiler.model.hardware import NETWORK
from inferc.compiler.model.items import ItemModel
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.provenance import Origin, exactly
from inferc.compiler.resolve import ResolvedBlock, catalog_blocks
from inferc.dsl import SourceFile, Span

HARDWARE = names.HARDWARE
"""The folders of the catalog that hold what computes."""

NODE = 8
"""Accelerators of a node where nobody says: HGX and OAM boards have as many."""

NOWHERE = Span(SourceFile("", ""), 0, 0)
NOTHING = ResolvedBlock(
    kind="topology", name="", path="", fields={}, restrictions=(), children=(), doc="", span=NOWHERE
)


def paths(*folders: str) -> tuple[str, ...]:
    """Return the paths of every entry in these folders of the catalog, sorted."""
    return tuple(sorted(names.paths(*folders)))


@cache
def language_model_at(path: str) -> LanguageModel | None:
    """Return the language model at ``path``, or None where there is none."""
    block = _blocks(path).get(path)
    return None if block is None or block.kind != "llm" else models.language_model(block)


@cache
def item_model_at(path: str) -> ItemModel | None:
    """Return the network at ``path``, or None where there is none."""
    block = _blocks(path).get(path)
    return None if block is None or block.kind != networks.KIND else networks.item_model(block)


@cache
def accelerator_at(path: str, per_node: int = NODE) -> Accelerator | None:
    """Return the accelerator at ``path`` in a node of ``per_node``, or None."""
    found = _blocks(path)
    block = found.get(path)
    if block is None or block.kind not in HARDWARE:
        return None
    return facts.accelerator(block, Blocks(NOTHING, found), per_node=per_node)


@cache
def engine_at(path: str) -> Engine | None:
    """Return the engine at ``path``, or None."""
    block = _blocks(path).get(path)
    return None if block is None or block.kind != "engine" else facts.engine(block)


def place_of(accelerator: Accelerator, *, per_node: int, nodes: int, network: str = "") -> Place:
    """Return ``nodes`` nodes of ``per_node`` accelerators, joined as the catalog assumes.

    ``network`` is the path of another link between the nodes.
    """
    return Place(
        path=accelerator.id.rpartition(".")[2],
        cluster=None,
        accelerator=accelerator,
        per_node=per_node,
        nodes=exactly(float(nodes), Origin.GIVEN, text=str(nodes)),
        network=accelerator.network or _link(network or f"link.{NETWORK}"),
        price_usd_per_s=None,
        span=None,
    )


@cache
def _link(path: str) -> Link:
    return facts.link(_blocks(path)[path])


@cache
def _blocks(path: str) -> Mapping[str, ResolvedBlock]:
    """Return the entry at ``path`` and what it refers to."""
    return catalog_blocks((path,))
