"""Which accelerator each replica gets."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from inferc.compiler.model import Place
from inferc.compiler.plan import ServicePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One accelerator of a place: which node, which index in it, which link domain of the node."""

    node: int
    index: int
    domain: int


Stages: TypeAlias = tuple[tuple[Slot, ...], ...]
"""The accelerators of a replica: one tensor-parallel group for each pipeline stage."""

Key: TypeAlias = Callable[[Slot], tuple[int, ...]]


def _domain(slot: Slot) -> tuple[int, ...]:
    return (slot.node, slot.domain)


def _node(slot: Slot) -> tuple[int, ...]:
    return (slot.node,)


def _pool(_: Slot) -> tuple[int, ...]:
    return ()


LEVELS: tuple[tuple[Key, Key], ...] = (
    (_domain, _domain),
    (_node, _domain),
    (_pool, _domain),
    (_node, _node),
    (_pool, _node),
    (_pool, _pool),
)
"""What confines a replica, and what confines each of its stages, the best first.

A stage exchanges activations twice a layer and suffers most from a slow link; between stages
only one tensor a step travels. So a stage leaves its link domain only when none has room.
"""


def slots(place: Place) -> tuple[Slot, ...]:
    """Return every accelerator of ``place``, node by node."""
    width = max(1, place.accelerator.link_domain)
    return tuple(
        Slot(node=node, index=index, domain=index // width)
        for node in range(int(place.nodes.value))
        for index in range(place.per_node)
    )


def assign(plans: Iterable[ServicePlan]) -> tuple[tuple[Stages, ...], ...]:
    """Return the stages of every replica of every service, in the order of ``plans``.

    Services on one place share its accelerators. A replica for which there is no room is left
    out; the verifier reports it.
    """
    free: dict[str, list[Slot]] = {}
    assigned: list[tuple[Stages, ...]] = []
    for plan in plans:
        place = plan.service.place
        left = free.setdefault(place.path, list(slots(place)))
        shape = plan.configuration
        replicas: list[Stages] = []
        for _ in range(shape.replicas):
            stages = _find_stages(left, shape.tensor_parallel, shape.pipeline_parallel)
            if stages is None:
                break
            replicas.append(stages)
            taken = {slot for stage in stages for slot in stage}
            left = [slot for slot in left if slot not in taken]
        free[place.path] = left
        assigned.append(tuple(replicas))
    return tuple(assigned)


def _find_stages(free: Sequence[Slot], width: int, depth: int) -> Stages | None:
    """Return ``depth`` groups of ``width`` free slots that lie as close together as they can."""
    for outer, inner in LEVELS:
        for group in _groups(free, outer):
            if len(group) >= width * depth:
                stages = _cut(group, inner, width, depth)
                if stages is not None:
                    return stages
    return None


def _cut(group: Sequence[Slot], inner: Key, width: int, depth: int) -> Stages | None:
    """Return ``depth`` stages out of ``group``, each inside one group of ``inner``."""
    stages: list[tuple[Slot, ...]] = []
    for part in _groups(group, inner):
        fits = len(part) // width
        stages.extend(part[i * width : (i + 1) * width] for i in range(fits))
        if len(stages) >= depth:
            return tuple(stages[:depth])
    return None


def _groups(free: Iterable[Slot], key: Key) -> Iterator[tuple[Slot, ...]]:
    """Yield the runs of slots with the same ``key``; ``free`` is in the order of the place."""
    for _, run in groupby(free, key):
        yield tuple(run)
