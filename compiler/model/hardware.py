"""Where services run: clusters, pools, single devices."""

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import facts, values
from inferc.compiler.model.design import Accelerator, Cluster, Link, Place
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.provenance import Sourced, exactly
from inferc.compiler.resolve import FieldValue, ResolvedBlock
from inferc.compiler.units import Quantity
from inferc.dsl import Diagnostic

SETTINGS = (
    "storage_class",
    "access_mode",
    "prometheus",
    "release_label",
    "image_registry",
    "gateway_namespace",
)
"""What only the owner of a cluster knows. Targets have a common default for each."""

NETWORK = "unstated"
"""The catalog's link for nodes whose network nobody states."""


def place(service: ResolvedBlock, blocks: Blocks, found: list[Diagnostic]) -> Place:
    """Return where ``service`` runs. Raises MissingFieldError."""
    block = blocks.target(service, "on")
    built = _device(block, blocks) if block.kind == "device" else _pool(block, blocks)
    if built.accelerators < 1:
        span = built.nodes.span or block.span
        found.append(report.no_hardware(span, place=built.path))
    return built


def _pool(block: ResolvedBlock, blocks: Blocks) -> Place:
    per_node, path = values.multiple(values.required(block, "gpu").value)
    hardware = facts.accelerator(blocks.named(block, "gpu", path), blocks, per_node=per_node)
    owner = _owner(block, blocks)
    return Place(
        path=block.path,
        cluster=None if owner is None else _cluster(owner),
        accelerator=hardware,
        per_node=per_node,
        nodes=values.number(block, "nodes"),
        network=_network((block, owner), hardware, blocks),
        price_usd_per_s=_price(block),
        span=block.span,
    )


def _device(block: ResolvedBlock, blocks: Blocks) -> Place:
    hardware = facts.accelerator(blocks.target(block, "hardware"), blocks, per_node=1)
    stated = block.fields.get("count")
    return Place(
        path=block.path,
        cluster=None,
        accelerator=hardware,
        per_node=1,
        nodes=values.sourced(stated) if stated else exactly(1.0, text="1", span=block.span),
        network=_network((block,), hardware, blocks),
        price_usd_per_s=_price(block),
        span=block.span,
    )


def _owner(block: ResolvedBlock, blocks: Blocks) -> ResolvedBlock | None:
    """Return the cluster that a pool belongs to."""
    return blocks.at(block.path.rpartition(".")[0])


def _cluster(block: ResolvedBlock) -> Cluster:
    stated = {name: block.fields[name] for name in SETTINGS if name in block.fields}
    return Cluster(
        name=block.name,
        platform=values.text_or(block, "platform"),
        namespace=values.text_or(block, "namespace"),
        settings={name: values.setting(field) for name, field in stated.items()},
        span=block.span,
    )


def _network(
    holders: tuple[ResolvedBlock | None, ...], hardware: Accelerator, blocks: Blocks
) -> Link:
    """Return what joins the nodes: as stated, else the board's own port, else the catalog's."""
    default = blocks.entry("link", NETWORK)
    usual = None if default is None else facts.link(default)
    for holder in holders:
        field = None if holder is None else holder.fields.get("network")
        if holder is not None and field is not None:
            if isinstance(field.value, Quantity):
                return _wire(field, usual)
            return facts.link(blocks.target(holder, "network"))
    if hardware.network is not None:
        return hardware.network
    if usual is None:
        holder = next(holder for holder in holders if holder is not None)
        raise values.MissingFieldError(holder, "network")
    return usual


def _wire(field: FieldValue, usual: Link | None) -> Link:
    """Return a network of which only the bandwidth is stated."""
    return Link(
        id="",
        title=field.text,
        bandwidth_bytes_per_s=values.sourced(field),
        latency_s=facts.NO_LATENCY if usual is None else usual.latency_s,
    )


def _price(block: ResolvedBlock) -> Sourced[float] | None:
    """Return the price of one accelerator."""
    field = block.fields.get("price")
    return None if field is None else values.sourced(field)
