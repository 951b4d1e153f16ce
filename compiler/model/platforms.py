"""Places on managed platforms: a block of kind `serverless`, and the `platform` that it names."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from inferc.compiler.model import diagnostics_platforms as report
from inferc.compiler.model import facts, values
from inferc.compiler.model.design import Accelerator, Link, Place
from inferc.compiler.model.diagnostics import price_not_listed
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.offers import platform_offer, with_host
from inferc.compiler.model.places import Machine, asked, chosen, fixed_nodes
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
    """Yield the place that ``block`` describes, once for each run of numbers of instances.

    ``known`` are all blocks, and what joins machines.

    Raises:
        MissingFieldError: The block lacks its platform or its accelerators.
    """
    blocks, link = known
    per_node, path = values.multiple(values.required(block, "gpu").value)
    hardware = facts.accelerator(blocks.named(block, "gpu", path), blocks, per_node=per_node)
    runs_on = _platform(block, blocks)
    _check(block, runs_on, hardware, found)
    stated = block.fields.get("price")
    listed = None if stated else _listed(block, runs_on, hardware, blocks, found)
    built = Place(
        path=block.path,
        cluster=None,
        accelerator=hardware,
        per_node=per_node,
        nodes=exactly(1.0, text="1", span=block.span),
        network=link(Machine(accelerator=hardware, per_node=per_node)),
        price_usd_per_s=values.sourced(stated) if stated else listed,
        market=MARKET,
        platform=runs_on,
        span=block.span,
    )
    said = asked(block, "instances", topology)
    fixed = fixed_nodes(said)
    some = [replace(built, nodes=fixed)] if fixed is not None else list(chosen(built, said))
    yield from (_within_limit(place, runs_on, found) for place in some)


def _listed(
    block: ResolvedBlock,
    platform: Platform,
    hardware: Accelerator,
    blocks: Blocks,
    found: list[Diagnostic],
) -> Sourced[float] | None:
    """Return the catalog's price of an accelerator; one of another region is reported."""
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
        region=values.text_or(block, "region"),
        span=entry.span,
    )


def _accelerators(entry: ResolvedBlock) -> tuple[str, ...]:
    """Return the paths of the accelerators that a platform has."""
    found = entry.fields.get("accelerators")
    if found is None or not isinstance(found.value, ListValue):
        return ()
    return tuple(values.word(item) for item in found.value.items)


def _check(
    block: ResolvedBlock, platform: Platform, hardware: Accelerator, found: list[Diagnostic]
) -> None:
    """Report accelerators that the platform does not have."""
    known = platform.accelerators
    if known and hardware.id not in known:
        span = block.fields["gpu"].span
        found.append(
            report.not_on_platform(
                span, platform=platform.title, accelerator=hardware.title, known=known
            )
        )
