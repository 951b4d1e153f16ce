"""What a replica gets of an accelerator: all of it, a part of it, or turns on it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from inferc.compiler.model import Accelerator, Place
from inferc.compiler.model.partitions import (
    MIG,
    TIME_SLICE,
    WHOLE,
    Partitioning,
    Profile,
    part_of,
)
from inferc.compiler.problem.network_case import NetworkCase


@dataclass(frozen=True, kw_only=True, eq=False)
class Portion:
    """Where a replica runs, and on how much of an accelerator."""

    place: Place
    """As whole accelerators."""
    accelerator: Accelerator
    """As a replica sees it."""
    mode: str = WHOLE
    table: Partitioning | None = None
    profile: Profile | None = None
    """Of ``mig``."""
    sharers: int = 1
    """Of ``time_slice``: in the worst case everything takes as many times as long."""

    @property
    def name(self) -> str:
        """What tells it from others of its place."""
        return self.profile.name if self.profile else f"{self.mode}{self.sharers}"

    @property
    def most(self) -> int:
        """How many of it an accelerator has room for."""
        if self.table is not None and self.profile is not None:
            return self.table.most(self.profile)
        return self.sharers

    @property
    def replicas_that_fit(self) -> int:
        """How many of it the whole place has room for."""
        return self.place.accelerators * self.most

    def taken(self, replicas: int) -> float:
        """Return the accelerators that so many replicas come to, in parts of one."""
        return replicas / self.most


def portions_of(case: NetworkCase) -> Iterator[Portion]:
    """Yield what a replica may get, place by place; of parts the smallest first."""
    share = case.share
    for place, table in zip(case.places, case.tables, strict=True):
        gpu = place.accelerator
        if share.mode == MIG and table is not None:
            for profile in table.profiles:
                if share.profile in {"", profile.name}:
                    part = part_of(gpu, table, profile)
                    yield Portion(
                        place=place, accelerator=part, mode=MIG, table=table, profile=profile
                    )
        elif share.mode == TIME_SLICE:
            yield Portion(
                place=place,
                accelerator=_sliced(gpu, share.sharers),
                mode=TIME_SLICE,
                sharers=share.sharers,
            )
        else:
            yield Portion(place=place, accelerator=gpu)


def _sliced(gpu: Accelerator, sharers: int) -> Accelerator:
    """Return an accelerator of which each of ``sharers`` may fill its part of the memory."""
    memory = gpu.memory_bytes
    size = memory.value / sharers
    return replace(gpu, memory_bytes=replace(memory, value=size, low=size, high=size, text=""))
