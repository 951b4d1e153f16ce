"""Which accelerator each replica gets."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeAlias

from inferc.compiler.model import Place
from inferc.compiler.plan import Layout, Mix, ServicePlan, arranged, node_of, pack

LARGE = 20_000
"""Replicas times accelerators of a place above which replicas are packed at once: looking at each
accelerator for each replica takes too long then."""


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

    Services on one place share its accelerators: each replica in turn takes what lies closest
    together. Where that leaves one without the room that its plan counts on, all of the place are
    packed anew, as the planner counted them. A replica for which there is no room even so is left
    out; the verifier reports it.
    """
    ordered = tuple(plans)
    places: dict[str, list[int]] = {}
    for at, plan in enumerate(ordered):
        places.setdefault(plan.service.place.path, []).append(at)
    assigned: dict[int, tuple[Stages, ...]] = {}
    for positions in places.values():
        here = [ordered[at] for at in positions]
        assigned.update(zip(positions, _on_place(here), strict=True))
    return tuple(assigned[at] for at in range(len(ordered)))


def _on_place(plans: Sequence[ServicePlan]) -> list[tuple[Stages, ...]]:
    """Return the stages of the replicas of services that share a place."""
    place = plans[0].service.place
    replicas = sum(plan.configuration.replicas for plan in plans)
    in_turn = _in_turn(plans) if replicas * place.accelerators <= LARGE else None
    if in_turn is not None and _kept(plans, in_turn):
        return in_turn
    return packed(plans) or in_turn or _in_turn(plans)


def _in_turn(plans: Sequence[ServicePlan]) -> list[tuple[Stages, ...]]:
    """Return where replicas lie that each take what is closest together when their turn comes."""
    left = list(slots(plans[0].service.place))
    assigned: list[tuple[Stages, ...]] = []
    for plan in plans:
        shape = plan.configuration
        replicas: list[Stages] = []
        for _ in range(shape.replicas):
            stages = _find_stages(left, shape.tensor_parallel, shape.pipeline_parallel)
            if stages is None:
                break
            replicas.append(stages)
            taken = {slot for stage in stages for slot in stage}
            left = [slot for slot in left if slot not in taken]
        assigned.append(tuple(replicas))
    return assigned


def _kept(plans: Sequence[ServicePlan], assigned: Sequence[tuple[Stages, ...]]) -> bool:
    """Return whether every replica has its place, and is as close together as its plan takes it."""
    return all(
        len(replicas) == plan.configuration.replicas
        and all(_close(plan.service.place, stages) for stages in replicas)
        for plan, replicas in zip(plans, assigned, strict=True)
    )


def _close(place: Place, stages: Stages) -> bool:
    """Return whether stages and replica lie in one link domain or node if they fit into one."""
    whole = tuple(slot for stage in stages for slot in stage)
    return all(_as_close_as(place, group) for group in (whole, *stages))


def _as_close_as(place: Place, group: tuple[Slot, ...]) -> bool:
    node = node_of(place)
    if len(group) > node.accelerators:
        return True
    key = _domain if len(group) <= node.domain else _node
    return len({key(slot) for slot in group}) == 1


def packed(plans: Sequence[ServicePlan]) -> list[tuple[Stages, ...]] | None:
    """Return where the replicas lie if they are packed as the planner counts, None without room."""
    place = plans[0].service.place
    layouts = [
        Layout(plan.configuration.tensor_parallel, plan.configuration.pipeline_parallel)
        for plan in plans
    ]
    wanted: Counter[Layout] = Counter()
    for layout, plan in zip(layouts, plans, strict=True):
        wanted[layout] += plan.configuration.replicas
    mixes = pack(place, wanted)
    if mixes is None:
        return None
    stages: dict[Layout, list[tuple[Slot, ...]]] = defaultdict(list)
    at = 0
    for mix, nodes in mixes:
        for _ in range(nodes):
            _fill(place, at, mix, stages)
            at += 1
    supply = {layout: iter(found) for layout, found in stages.items()}
    return [
        tuple(
            tuple(islice(supply[layout], layout.pipeline))
            for _ in range(plan.configuration.replicas)
        )
        for layout, plan in zip(layouts, plans, strict=True)
    ]


def _fill(place: Place, at: int, mix: Mix, stages: Mapping[Layout, list[tuple[Slot, ...]]]) -> None:
    """Add the stages that a node holds: those inside link domains first, the others in the rest."""
    width = max(1, place.accelerator.link_domain)
    free: dict[int, list[Slot]] = defaultdict(list)
    for index in range(place.per_node):
        free[index // width].append(Slot(node=at, index=index, domain=index // width))
    blocks = [block for block, count in mix for _ in range(count)]
    domains = arranged(node_of(place), mix) or ()
    for block, parts in zip(blocks, domains, strict=True):
        for domain in parts:
            part, free[domain] = free[domain][: block.part], free[domain][block.part :]
            stages[block.layout].extend(_cut_up(part, block.layout.tensor))
    rest = [slot for domain in sorted(free) for slot in free[domain]]
    for block in (item for item in blocks if not item.part):
        part, rest = rest[: block.size], rest[block.size :]
        stages[block.layout].extend(_cut_up(part, block.layout.tensor))


def _cut_up(part: Sequence[Slot], width: int) -> Iterator[tuple[Slot, ...]]:
    return (tuple(part[at : at + width]) for at in range(0, len(part), width))


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
