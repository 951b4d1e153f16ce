"""Networks of the catalog or of a file: blocks to values."""

from collections.abc import Iterator, Mapping

from inferc.compiler.model import values
from inferc.compiler.model.items import ItemModel, NetworkModule
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.provenance import Sourced
from inferc.compiler.resolve import Resolved, ResolvedBlock

KIND = "network"
REFERENCES = {"service": "model", "model": "source"}
"""The field by which a block names the model that it uses."""
MLP_MATRICES = {"plain": 2, "gated": 3}


def networks_of(resolved: Resolved) -> Mapping[str, ItemModel]:
    """Return the networks of a file by what it calls them: networks, models, services."""
    found = {
        name: item_model(block)
        for topology in resolved.topologies
        for name, block in _called(topology, Blocks(topology, resolved.catalog))
    }
    own = [block for path, block in resolved.catalog.items() if "." not in path]
    found.update({block.name: item_model(block) for block in own if block.kind == KIND})
    return dict(sorted(found.items()))


def _called(topology: ResolvedBlock, blocks: Blocks) -> Iterator[tuple[str, ResolvedBlock]]:
    """Yield the blocks of a topology that are networks or use one, by name."""
    for block in topology.children:
        used = _used(block, blocks)
        if used is not None and used.kind == KIND:
            yield block.name, used
            yield f"{topology.name}.{block.name}", used


def _used(block: ResolvedBlock, blocks: Blocks) -> ResolvedBlock | None:
    """Return the model at the end of what ``block`` refers to, or None where it leads nowhere."""
    while block.kind in REFERENCES:
        try:
            block = blocks.target(block, REFERENCES[block.kind])
        except values.MissingFieldError:
            return None
    return block


def item_model(block: ResolvedBlock) -> ItemModel:
    """Return the model that the ``network`` block describes. Raises MissingFieldError."""
    return ItemModel(
        id=block.path,
        title=values.text_or(block, "title", block.name),
        repository=values.text_or(block, "repository"),
        revision=values.text_or(block, "revision"),
        task=values.text_or(block, "task"),
        item=values.text_or(block, "item"),
        parameters=values.number(block, "parameters"),
        published=values.text_or(block, "dtype"),
        tokens=_number_or_none(block, "tokens"),
        context_tok=values.count_or(block, "context", 0),
        duration_s=_amount_or(block, "duration", 0.0),
        steps=_number_or_none(block, "steps"),
        modules=tuple(_module(child) for child in block.children if child.kind == "module"),
        span=block.span,
    )


def _module(block: ResolvedBlock) -> NetworkModule:
    hidden, heads = values.count_or(block, "hidden", 0), values.count_or(block, "heads", 0)
    per_step = _amount_or(block, "passes_per_step", 0.0)
    return NetworkModule(
        name=block.name,
        parameters=values.number(block, "parameters"),
        passes=_amount_or(block, "passes", 0.0 if per_step else 1.0),
        passes_per_step=per_step,
        convolution=values.text_or(block, "operators") == "convolution",
        flop=_number_or_none(block, "flop"),
        attention_flop=_amount_or(block, "attention", 0.0),
        activations=_number_or_none(block, "activations"),
        kernels=values.count_or(block, "kernels", 0),
        layers=values.count_or(block, "layers", 0),
        hidden=hidden,
        intermediate=values.count_or(block, "intermediate", 4 * hidden),
        heads=heads,
        kv_heads=values.count_or(block, "kv_heads", heads),
        head_dim=values.count_or(block, "head_dim", hidden // heads if heads else 0),
        mlp_matrices=MLP_MATRICES[values.text_or(block, "mlp", "plain")],
        vocabulary=values.count_or(block, "vocabulary", 0),
        tokens=values.count_or(block, "tokens", 0),
        cached_tok=_amount_or(block, "cached_tokens", 0.0),
        lookups=values.count_or(block, "lookups", 0),
        lookup_bytes=_amount_or(block, "lookup", 0.0),
    )


def _number_or_none(block: ResolvedBlock, name: str) -> Sourced[float] | None:
    field = block.fields.get(name)
    return None if field is None else values.sourced(field)


def _amount_or(block: ResolvedBlock, name: str, default: float) -> float:
    field = block.fields.get(name)
    return default if field is None else values.amount(field.value)
