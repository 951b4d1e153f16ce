"""Facts about hardware, models and engines: blocks to values."""

from collections.abc import Iterable, Mapping

from inferc.compiler.model import values
from inferc.compiler.model.design import Accelerator, Engine, Link, Tier
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.provenance import Origin, Sourced, exactly
from inferc.compiler.resolve import FieldValue, ResolvedBlock

NO_LATENCY = exactly(0.0, Origin.DEFAULTED, text="0 s")
"""Of a link whose block does not say: the favourable end, as its bandwidth decides."""


def link(block: ResolvedBlock) -> Link:
    """Return the fabric that ``block`` describes."""
    latency = block.fields.get("latency")
    return Link(
        id=block.path,
        title=values.text_or(block, "title", block.name),
        bandwidth_bytes_per_s=values.number(block, "bandwidth"),
        latency_s=values.sourced(latency) if latency else NO_LATENCY,
        topology=values.text_or(block, "topology", "switch"),
    )


def accelerator(block: ResolvedBlock, blocks: Blocks, *, per_node: int) -> Accelerator:
    """Return the accelerator that ``block`` describes.

    A link that does not say how many accelerators it joins joins all of a node.
    """
    joined = link(blocks.target(block, "link")) if "link" in block.fields else None
    power = block.fields.get("power")
    return Accelerator(
        id=block.path,
        kind=block.kind,
        title=values.text_or(block, "title", block.name),
        vendor=values.text_or(block, "vendor", "other"),
        architecture=values.text_or(block, "architecture"),
        memory_bytes=values.number(block, "memory"),
        bandwidth_bytes_per_s=values.number(block, "bandwidth"),
        flop_per_s=_numbers(block.child("compute")),
        link=joined,
        link_domain=values.count_or(block, "link_domain", per_node if joined else 1),
        host_link=link(blocks.target(block, "host_link")) if "host_link" in block.fields else None,
        peer_to_peer=values.flag_or(block, "peer_to_peer", default=True),
        per_package=values.count_or(block, "per_package", 1),
        network=link(blocks.target(block, "network")) if "network" in block.fields else None,
        product_label=values.text_or(block, "product_label"),
        power_w=values.sourced(power) if power else None,
        span=block.span,
    )


def engine(block: ResolvedBlock) -> Engine:
    """Return the engine that ``block`` describes."""
    return Engine(
        id=block.path,
        title=values.text_or(block, "title", block.name),
        version=values.text_or(block, "version"),
        image=values.text_or(block, "image"),
        devices=values.words(block, "devices"),
        vendors=values.words(block, "vendors"),
        precisions=values.words(block, "precisions"),
        tensor_parallel=values.flag_or(block, "tensor_parallel"),
        pipeline_parallel=values.flag_or(block, "pipeline_parallel"),
        expert_parallel=values.flag_or(block, "expert_parallel"),
        attention_data_parallel=values.flag_or(block, "attention_data_parallel"),
        batching=values.text_or(block, "batching", "continuous"),
        scheduling=values.text_or(block, "scheduling", "mixed"),
        kv_admission=values.text_or(block, "kv_admission", "as_needed"),
        chunked_prefill=values.flag_or(block, "chunked_prefill", default=True),
        prefix_caching=values.flag_or(block, "prefix_caching"),
        kv_precisions=values.words(block, "kv_precisions") or ("fp16",),
        speculation=values.words(block, "speculation"),
        disaggregation=values.flag_or(block, "disaggregation"),
        memory_share_of=values.text_or(block, "memory_share_of", "all"),
        only_if_named=values.flag_or(block, "only_if_named"),
        defaults=_numbers(block.child("defaults")),
        tiers=_tiers(block),
        coefficients=_numbers(block.child("coefficients")),
        flags=_texts(block.child("flags")),
        metrics=_texts(block.child("metrics")),
        port=values.count(block, "port"),
        health_path=values.text_or(block, "health_path", "/health"),
        ready_path=values.text_or(block, "ready_path", "/health"),
        span=block.span,
    )


def runs_on(candidate: Engine, hardware: Accelerator, precisions: tuple[str, ...]) -> bool:
    """Return whether the engine knows this kind of device, its vendor and one of the formats.

    An engine that names no vendors runs on anybody's; no ``precisions`` means that any will do.
    """
    return (
        hardware.kind in candidate.devices
        and (not candidate.vendors or hardware.vendor in candidate.vendors)
        and (not precisions or any(name in candidate.precisions for name in precisions))
    )


def _tiers(block: ResolvedBlock) -> tuple[Tier, ...]:
    """Return an engine's defaults by memory, the least memory first."""
    found = (
        Tier(
            memory_from_bytes=values.number(child, "memory_from").value,
            only_for=values.words(child, "only_for"),
            except_for=values.words(child, "except_for"),
            defaults={
                name: values.sourced(field)
                for name, field in child.fields.items()
                if name not in {"memory_from", "only_for", "except_for"}
            },
        )
        for child in block.children
        if child.kind == "tier"
    )
    return tuple(sorted(found, key=lambda tier: tier.memory_from_bytes))


def _numbers(block: ResolvedBlock | None) -> Mapping[str, Sourced[float]]:
    return {name: values.sourced(field) for name, field in _fields(block)}


def _texts(block: ResolvedBlock | None) -> Mapping[str, str]:
    return {name: values.word(field.value) for name, field in _fields(block)}


def _fields(block: ResolvedBlock | None) -> Iterable[tuple[str, FieldValue]]:
    return () if block is None else block.fields.items()
