"""What an engine does unless told, on one kind of accelerator."""

from collections.abc import Mapping
from dataclasses import replace

from inferc.compiler.model.design import Accelerator, Engine, Tier
from inferc.compiler.provenance import Sourced

OFFLINE = "offline_"
"""Before the name of a default that holds where an engine runs inside of a program."""
WIDE = "wide_"
"""Before the name of a default that holds for replicas of ``WIDE_FROM`` accelerators and more."""
WIDE_FROM = 4


def defaults_of(
    engine: Engine, accelerator: Accelerator, *, accelerators: int = 1, offline: bool = False
) -> Mapping[str, Sourced[float]]:
    """Return what ``engine`` does unless told: ``max_num_seqs``, ``max_num_batched_tokens``, ….

    Its tiers apply in the order of their memory. ``memory_share`` follows from what the engine
    reserves, where it reserves bytes instead of taking a share. ``accelerators`` are those of a
    replica.
    """
    found = dict(engine.defaults)
    for tier in engine.tiers:
        if _applies(tier, accelerator):
            found.update(tier.defaults)
    prefixes = {OFFLINE: offline, WIDE: accelerators >= WIDE_FROM}
    for prefix, holds in prefixes.items():
        special = [name for name in found if name.startswith(prefix)]
        for name in special:
            value = found.pop(name)
            if holds:
                found[name.removeprefix(prefix)] = value
    base = found.get("reserved_bytes")
    if base is not None and "memory_share" not in found:
        share = _share(found, accelerator.memory_bytes.value, accelerators)
        found["memory_share"] = replace(base, value=share, low=share, high=share, text="")
    return found


def _applies(tier: Tier, accelerator: Accelerator) -> bool:
    """Return whether an accelerator has the defaults of a tier, by memory and by title."""
    title = accelerator.title.lower()
    named = not tier.only_for or any(part.lower() in title for part in tier.only_for)
    spared = any(part.lower() in title for part in tier.except_for)
    return accelerator.memory_bytes.value >= tier.memory_from_bytes and named and not spared


def _share(found: Mapping[str, Sourced[float]], memory_bytes: float, accelerators: int) -> float:
    """Return the share of memory that is left after what an engine reserves."""

    def amount(name: str) -> float:
        return found[name].value if name in found else 0.0

    reserved_bytes = (
        amount("reserved_bytes")
        + amount("reserved_bytes_per_tok") * amount("max_num_batched_tokens")
        + amount("reserved_bytes_per_graph_seq") * amount("graph_max_seqs")
        + amount("reserved_bytes_per_accelerator") * accelerators
    )
    reserved_bytes = max(reserved_bytes, amount("least_reserved_bytes"))
    return max(0.0, 1.0 - reserved_bytes / memory_bytes)
