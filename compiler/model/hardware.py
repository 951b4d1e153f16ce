"""Where services run: clusters, pools, single devices."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import facts, values
from inferc.compiler.model.design import Cluster, Link, Place
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.money import Ownership
from inferc.compiler.model.ownership import accelerator_price, ownership
from inferc.compiler.model.places import (
    Machine,
    asked,
    chosen,
    cloud_of,
    fixed_nodes,
    machines,
    markets,
    network,
    other_prices,
    price,
    provider,
)
from inferc.compiler.provenance import Sourced, exactly
from inferc.compiler.resolve import FieldValue, ListValue, ResolvedBlock
from inferc.compiler.units import Quantity
from inferc.dsl import Diagnostic

SETTINGS = (
    "storage_class",
    "access_mode",
    "prometheus",
    "release_label",
    "image_registry",
    "image_pull_secret",
    "gateway_namespace",
    "gateway_class",
    "issuer",
)
"""What only the owner of a cluster knows. Targets have a common default for each."""

KUBERNETES = "kubernetes"
"""What runs on a cluster that does not say."""

NETWORK = "unstated"
"""The catalog's link for nodes whose network nobody states."""


def places(
    service: ResolvedBlock, topology: ResolvedBlock, blocks: Blocks, found: list[Diagnostic]
) -> tuple[Place, ...]:
    """Return every place where ``service`` may run; that there is none is reported.

    Raises:
        MissingFieldError: Something lacks a field without which it means nothing.
    """
    built: list[Place] = []
    for path in _targets(service):
        block, before = blocks.named(service, "on", path), len(built)
        if block.kind == "device":
            built.append(_device(block, blocks, found))
        elif block.kind == "serverless":
            built.extend(_serverless(block, topology, blocks, found))
        else:
            built.extend(_pools(block, topology, blocks, found))
        if "cold_start" in block.fields:
            start = values.sourced(block.fields["cold_start"])
            built[before:] = [replace(place, cold_start_s=start) for place in built[before:]]
    found.extend(
        report.no_hardware(item.nodes.span or service.span, place=item.path)
        for item in built
        if item.accelerators < 1
    )
    return tuple(built)


def _targets(service: ResolvedBlock) -> tuple[str, ...]:
    """Return the paths that ``on`` names: one, or several to choose from."""
    if "on" in service.fields:
        return (values.word(service.fields["on"].value),)
    paths = [
        values.word(item)
        for line in service.restrictions
        if line.target == "on" and line.operator == "in" and isinstance(line.value, ListValue)
        for item in line.value.items
    ]
    if not paths:
        raise values.MissingFieldError(service, "on")
    return tuple(dict.fromkeys(paths))


def _pools(
    block: ResolvedBlock, topology: ResolvedBlock, blocks: Blocks, found: list[Diagnostic]
) -> Iterator[Place]:
    """Yield a pool once for each type of machine, market and run of numbers of nodes."""
    before = len(found)
    usable = machines(block, topology, blocks, found)
    ways = markets(block, topology, blocks, found)
    nodes = asked(block, "nodes", topology)
    fixed = fixed_nodes(nodes)
    count = 0
    for machine in usable:
        for market in ways:
            built = _pool(block, machine, market, blocks, found)
            if fixed is not None:
                some = [replace(built, nodes=fixed)]
            else:
                some = list(chosen(built, nodes))
            count += len(some)
            yield from some
    if not count and len(found) == before:
        found.append(report.no_hardware(nodes.span or block.span, place=block.path))


def _pool(
    block: ResolvedBlock,
    machine: Machine,
    market: str,
    blocks: Blocks,
    found: list[Diagnostic],
) -> Place:
    owner, cloud = _owner(block, blocks), cloud_of(block, blocks)
    instance = machine.instance
    owned = ownership(block, machine.accelerator, machine.per_node, blocks, found)
    stated = _price(block, owned, machine.per_node)
    listed = None if stated else price(machine, market, cloud, blocks, found)
    others: Mapping[str, Sourced[float]] = {}
    if stated is None:
        others = other_prices(machine, market, cloud, blocks)
    return Place(
        path=block.path,
        cluster=None if owner is None else _cluster(owner),
        accelerator=machine.accelerator,
        per_node=machine.per_node,
        nodes=exactly(1.0, text="1", span=block.span),
        network=_network((block, owner), machine, blocks),
        price_usd_per_s=stated or listed,
        instance="" if instance is None else instance.path,
        instance_type="" if instance is None else values.text_or(instance, "type"),
        vcpus=0 if instance is None else values.count_or(instance, "vcpus", 0),
        memory_bytes=0.0 if instance is None else values.amount_or(instance, "memory", 0.0),
        cloud=provider(cloud) or ("" if instance is None else values.text_or(instance, "cloud")),
        market=market,
        ownership=owned,
        other_prices=others,
        span=block.span,
    )


def _device(block: ResolvedBlock, blocks: Blocks, found: list[Diagnostic]) -> Place:
    hardware = facts.accelerator(blocks.target(block, "hardware"), blocks, per_node=1)
    stated = block.fields.get("count")
    owned = ownership(block, hardware, 1, blocks, found)
    return Place(
        path=block.path,
        cluster=None,
        accelerator=hardware,
        per_node=1,
        nodes=values.sourced(stated) if stated else exactly(1.0, text="1", span=block.span),
        network=_network((block,), Machine(accelerator=hardware, per_node=1), blocks),
        price_usd_per_s=_price(block, owned, 1),
        ownership=owned,
        span=block.span,
    )


def _serverless(
    block: ResolvedBlock, topology: ResolvedBlock, blocks: Blocks, found: list[Diagnostic]
) -> Iterator[Place]:
    """Return places on a managed platform; the code for them is read only where there are some."""
    from inferc.compiler.model.platforms import serverless

    def link(machine: Machine) -> Link:
        return _network((block,), machine, blocks)

    return serverless(block, topology, (blocks, link), found)


def _owner(block: ResolvedBlock, blocks: Blocks) -> ResolvedBlock | None:
    """Return the cluster that a pool belongs to."""
    return blocks.at(block.path.rpartition(".")[0])


def _cluster(block: ResolvedBlock) -> Cluster:
    stated = {name: block.fields[name] for name in SETTINGS if name in block.fields}
    return Cluster(
        name=block.name,
        platform=values.text_or(block, "platform", KUBERNETES),
        namespace=values.text_or(block, "namespace"),
        settings={name: values.setting(field) for name, field in stated.items()},
        span=block.span,
    )


def _network(holders: tuple[ResolvedBlock | None, ...], machine: Machine, blocks: Blocks) -> Link:
    """Return what joins the nodes: as stated, else the machine's own port, else the catalog's."""
    default = blocks.entry("link", NETWORK)
    usual = None if default is None else facts.link(default)
    for holder in holders:
        field = None if holder is None else holder.fields.get("network")
        if holder is not None and field is not None:
            if isinstance(field.value, Quantity):
                return _wire(field, usual)
            return facts.link(blocks.target(holder, "network"))
    instance, count = machine.instance, machine.per_node
    own = None if instance is None else network(instance, count, usual, blocks)
    found = own or machine.accelerator.network or usual
    if found is None:
        holder = next(holder for holder in holders if holder is not None)
        raise values.MissingFieldError(holder, "network")
    return found


def _wire(field: FieldValue, usual: Link | None) -> Link:
    """Return a network of which only the bandwidth is stated."""
    return Link(
        id="",
        title=field.text,
        bandwidth_bytes_per_s=values.sourced(field),
        latency_s=facts.NO_LATENCY if usual is None else usual.latency_s,
    )


def _price(block: ResolvedBlock, owned: Ownership | None, per_node: int) -> Sourced[float] | None:
    """Return the price of one accelerator: as stated, or from what its node cost."""
    if owned is not None:
        return accelerator_price(owned, per_node)
    field = block.fields.get("price")
    return None if field is None else values.sourced(field)
