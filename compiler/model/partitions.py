"""Parts of accelerators: which there are, how they go together, what one of them is.

Source: NVIDIA, MIG User Guide, supported profiles and placements.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from inferc.compiler.model import values
from inferc.compiler.model.design import Accelerator, Place
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.provenance import Sourced
from inferc.compiler.resolve import ListValue, ResolvedBlock, catalog_blocks
from inferc.dsl import Span
from inferc.stdlib import files as stdlib

KIND = "mig"
WHOLE, MIG, TIME_SLICE = "whole", "mig", "time_slice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One size of a part: ``2g.20gb``."""

    name: str
    memory_bytes: float
    """What the driver offers; 0 where only its part of the whole is known."""
    memory_slices: int
    processors: int
    starts: tuple[int, ...]
    """At which parts of the memory it may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioning:
    """The parts that one kind of GPU can be cut into."""

    title: str
    memory_slices: int
    processors: int
    profiles: tuple[Profile, ...]
    """The smallest first."""
    source: str

    def profile(self, name: str) -> Profile | None:
        """Return the profile of that name, or None."""
        return next((item for item in self.profiles if item.name == name), None)

    def most(self, profile: Profile) -> int:
        """Return how many parts of one size a GPU has room for."""
        ends, count = 0, 0
        for start in profile.starts:
            if start >= ends:
                ends, count = start + profile.memory_slices, count + 1
        return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a replica gets of an accelerator, as a service asks for it."""

    mode: str = WHOLE
    """``whole``, ``mig`` or ``time_slice``."""
    profile: str = ""
    """Of ``mig``; empty where the planner chooses it."""
    sharers: int = 1
    """Of ``time_slice``: replicas that take turns."""
    span: Span | None = None


def partitioning_of(accelerator: Accelerator, blocks: Blocks | None = None) -> Partitioning | None:
    """Return how ``accelerator`` can be cut, or None where it cannot.

    A ``mig`` block of the user's own wins over the catalog.
    """
    own = () if blocks is None else blocks.of_kind(KIND)
    for block in own:
        if accelerator.id in values.words(block, "accelerators"):
            return _partitioning(block)
    return _shipped().get(accelerator.id)


@cache
def _shipped() -> Mapping[str, Partitioning]:
    """Return the tables of the catalog, by the path of the accelerator."""
    paths = [f"{KIND}.{name}" for name in stdlib.names(f"catalog.{KIND}")]
    found: dict[str, Partitioning] = {}
    for block in catalog_blocks(paths).values():
        table = _partitioning(block)
        found.update(dict.fromkeys(values.words(block, "accelerators"), table))
    return found


def _partitioning(block: ResolvedBlock) -> Partitioning:
    profiles = [_profile(child) for child in block.children if child.kind == "profile"]
    return Partitioning(
        title=values.text_or(block, "title", block.name),
        memory_slices=values.count(block, "memory_slices"),
        processors=values.count(block, "processors"),
        profiles=tuple(sorted(profiles, key=lambda item: (item.memory_slices, item.processors))),
        source=block.fields["processors"].source,
    )


def _profile(block: ResolvedBlock) -> Profile:
    memory = block.fields.get("memory")
    starts = values.required(block, "starts").value
    items = starts.items if isinstance(starts, ListValue) else (starts,)
    return Profile(
        name=block.name,
        memory_bytes=values.amount(memory.value) if memory else 0.0,
        memory_slices=values.count(block, "memory_slices"),
        processors=values.count(block, "processors"),
        starts=tuple(sorted(int(values.amount(item)) for item in items)),
    )


def part_of(accelerator: Accelerator, table: Partitioning, profile: Profile) -> Accelerator:
    """Return one part of ``accelerator`` as an accelerator of its own.

    Peaks go by its multiprocessors, bandwidth by its parts of the memory. Parts cannot write into
    each other's memory, so no link joins them.
    """
    of_memory = profile.memory_slices / table.memory_slices
    computing = profile.processors / table.processors
    memory = _scaled(accelerator.memory_bytes, of_memory)
    if profile.memory_bytes:
        size = min(profile.memory_bytes, accelerator.memory_bytes.value)
        memory = replace(memory, value=size, low=size, high=size, source=table.source)
    power = accelerator.power_w
    return replace(
        accelerator,
        title=f"{profile.name} of {accelerator.title}",
        memory_bytes=memory,
        bandwidth_bytes_per_s=_scaled(accelerator.bandwidth_bytes_per_s, of_memory),
        flop_per_s={
            dtype: _scaled(peak, computing) for dtype, peak in accelerator.flop_per_s.items()
        },
        link=None,
        link_domain=1,
        peer_to_peer=False,
        power_w=None if power is None else _scaled(power, computing),
    )


def part_place(place: Place, table: Partitioning, profile: Profile) -> Place:
    """Return ``place`` as it is where every accelerator is cut into parts of one size."""
    most = table.most(profile)
    price = place.price_usd_per_s
    return replace(
        place,
        accelerator=part_of(place.accelerator, table, profile),
        per_node=place.per_node * most,
        price_usd_per_s=None if price is None else _scaled(price, 1.0 / most),
        slices=most,
    )


def _scaled(number: Sourced[float], factor: float) -> Sourced[float]:
    return replace(
        number,
        value=number.value * factor,
        low=number.low * factor,
        high=number.high * factor,
        text="",
    )
