"""Places on managed platforms: a block of kind `serverless`, and the `platform` that it names."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from inferc.compiler.model import diagnostics_platforms as report
from inferc.compiler.model import values
from inferc.compiler.model.design import Link, Place
from inferc.compiler.model.diagnostics import price_not_listed
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.offers import managed_prices, platform_offer, with_host
from inferc.compiler.model.places import (
    Machine,
    asked,
    chosen,
    fixed_nodes,
    machines,
    price_in,
)
from inferc.compiler.model.platform import Platform, is_verified
from inferc.compiler.provenance import Sourced, exactly
from inferc.compiler.resolve import ListValue, ResolvedBlock
from inferc.compiler.schema import PLATFORM_LIMITS
from inferc.dsl import Diagnostic

KIND = "serverless"

MARKET = "serverless"
"""How instances of a managed platform are had."""


def serverless(
    block: ResolvedBlock,
    topology: ResolvedBlock,
    known: tuple[Blocks, Callable[[Machine], Link]],
    found: list[Diagnostic],
) -> Iterator[Place]:
    """Yield the place that ``block`` describes, once for each type and run of numbers of instances.

    ``known`` are all blocks, and what joins machines.

    Raises:
        MissingFieldError: The block lacks its platform or its accelerators.
    """
    blocks, _ = known
    runs_on = _platform(block, blocks)
    usable = machines(block, topology, blocks, found, field="instance")
    said = asked(block, "instances", topology)
    fixed = fixed_nodes(said)
    for machine in usable:
        if not _offered(block, runs_on, machine, topology, found):
            continue
        built = _place(block, runs_on, machine, known, found)
        some = [replace(built, nodes=fixed)] if fixed is not None else list(chosen(built, said))
        yield from (_within_limit(place, runs_on, found) for place in some)


def _place(
    block: ResolvedBlock,
    platform: Platform,
    machine: Machine,
    known: tuple[Blocks, Callable[[Machine], Link]],
    found: list[Diagnostic],
) -> Place:
    blocks, link = known
    instance = machine.instance
    stated = block.fields.get("price")
    listed = None if stated else _listed(block, platform, machine, blocks, found)
    return Place(
        path=block.path,
        cluster=None,
        accelerator=machine.accelerator,
        per_node=machine.per_node,
        nodes=exactly(1.0, text="1", span=block.span),
        network=link(machine),
        price_usd_per_s=values.sourced(stated) if stated else listed,
        market=MARKET,
        instance="" if instance is None else instance.path,
        instance_type="" if instance is None else values.text_or(instance, "type"),
        cloud=platform.cloud,
        platform=platform,
        span=block.span,
    )


def _listed(
    block: ResolvedBlock,
    platform: Platform,
    machine: Machine,
    blocks: Blocks,
    found: list[Diagnostic],
) -> Sourced[float] | None:
    """Return the catalog's price of an accelerator; one of another region is reported."""
    if machine.instance is not None:
        listed = managed_prices(machine.instance.path, blocks)
        where = block.fields.get("region")
        return None if listed is None else price_in(machine, "on_demand", listed, where, found)
    hardware = machine.accelerator
    offer = platform_offer(hardware.id, platform.id, blocks)
    if offer is None:
        return None
    region = values.text_or(offer, "region")
    if region and platform.region not in {"", region}:
        unlisted = price_not_listed(
            block.fields["region"].span,
            machine=(f"{hardware.title} on {platform.title}", MARKET),
            region=platform.region,
            taken=region,
            known=[region],
        )
        if unlisted not in found:
            found.append(unlisted)
    return with_host(offer)


def _within_limit(place: Place, platform: Platform, found: list[Diagnostic]) -> Place:
    """Return ``place`` with no more instances than its platform allows; too many are reported."""
    limit = platform.limits.get("instances")
    if limit is None or not is_verified(limit) or place.nodes.value <= limit.value:
        return place
    if place.least_nodes is None or place.least_nodes > limit.value:
        span = place.nodes.span or place.span
        if span is not None:
            found.append(
                report.too_many_instances(span, platform=platform.title, most=int(limit.value))
            )
        return place
    text = f"{place.least_nodes}..{limit.text}"
    count = replace(place.nodes, value=limit.value, low=limit.value, high=limit.value, text=text)
    return replace(place, nodes=count)


def _platform(block: ResolvedBlock, blocks: Blocks) -> Platform:
    name = values.word(values.required(block, "platform").value)
    entry = blocks.entry("platform", name.rpartition(".")[2]) or blocks.at(name)
    if entry is None:
        raise values.MissingFieldError(block, "platform")
    return platform_of(entry, values.text_or(block, "region"))


def platform_of(entry: ResolvedBlock, region: str = "") -> Platform:
    """Return the platform that an entry of the catalog, or a block like one, describes."""
    start = entry.fields.get("start")
    return Platform(
        id=entry.path,
        title=values.text_or(entry, "title", entry.name),
        accelerators=_accelerators(entry),
        scale_to_zero=values.flag_or(entry, "scale_to_zero"),
        start_s=None if start is None else values.sourced(start),
        limits={
            name: values.number(entry, name)
            for name, _, _ in PLATFORM_LIMITS
            if name in entry.fields
        },
        region=region,
        cloud=values.text_or(entry, "cloud"),
        span=entry.span,
    )


def _accelerators(entry: ResolvedBlock) -> tuple[str, ...]:
    """Return the paths of the accelerators that a platform has."""
    found = entry.fields.get("accelerators")
    if found is None or not isinstance(found.value, ListValue):
        return ()
    return tuple(values.word(item) for item in found.value.items)


def _offered(
    block: ResolvedBlock,
    platform: Platform,
    machine: Machine,
    topology: ResolvedBlock,
    found: list[Diagnostic],
) -> bool:
    """Return whether the platform has such machines; what it lacks is reported."""
    known, instance = platform.accelerators, machine.instance
    if instance is not None and values.text_or(instance, "cloud") != platform.cloud:
        span = asked(block, "instance", topology).span or block.span
        machine_type = values.text_or(instance, "type")
        lacking = report.machine_not_on_platform(
            span, platform=platform.title, machine=machine_type, cloud=platform.cloud
        )
        if lacking not in found:
            found.append(lacking)
        return False
    if known and instance is None and machine.accelerator.id not in known:
        found.append(
            report.not_on_platform(
                block.fields["gpu"].span,
                platform=platform.title,
                accelerator=machine.accelerator.title,
                known=known,
            )
        )
    return True
