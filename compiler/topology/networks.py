"""Networks in the graph: what serves them, and which accelerators or parts of them they get."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from inferc.compiler.model import Place
from inferc.compiler.model.partitions import Partitioning, partitioning_of
from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.plan.networks.packing import layouts_for
from inferc.compiler.topology.graph_types import EdgeKind, GraphEdge, GraphNode, NodeKind
from inferc.compiler.topology.ids import gpu_id, replica_id, service_id
from inferc.compiler.topology.parts import (
    around_replica,
    peak,
    rate,
    scaler_and_weights,
    scaling,
    traffic,
)
from inferc.compiler.topology.placement import Slot, slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What one replica of a network has: an accelerator, a part of it, or a turn on it."""

    place: Place
    slot: Slot
    part: str
    """``1g.10gb-at-0`` or ``turn-2``; empty for a whole accelerator."""
    service: str
    replica: int
    memory_bytes: float

    @property
    def id(self) -> str:
        """The id of its node."""
        whole = gpu_id(self.place.path, self.slot)
        return f"{whole}/{self.part}" if self.part else whole


Queue: TypeAlias = list[tuple[NetworkPlan, int]]
"""Replicas that wait for a seat, each with its number."""


def seats_of(networks: Sequence[NetworkPlan], taken: Iterable[str]) -> tuple[Seat, ...]:
    """Return the seat of every replica; ``taken`` are ids of accelerators that others have.

    Networks are placed from the end of a place, so that language models keep whole link domains. A
    replica for which there is no room is left out; the verifier reports it.
    """
    busy = set(taken)
    found: list[Seat] = []
    places = {plan.service.place.path: plan.service.place for plan in networks}
    for path, place in places.items():
        own = [plan for plan in networks if plan.service.place.path == path]
        free = [slot for slot in reversed(slots(place)) if gpu_id(path, slot) not in busy]
        for mode, seat in (("mig", _parts), ("time_slice", _turns), ("whole", _whole)):
            of_mode = [plan for plan in own if plan.configuration.share == mode]
            if of_mode:
                found += seat(of_mode, place, free)
            if mode == "time_slice" and len(of_mode) < len(own):
                # How the GPUs of a node are shared is set for the node as a whole.
                used = {item.slot.node for item in found if item.place.path == path}
                free = [slot for slot in free if slot.node not in used]
    return tuple(found)


def _replicas(plans: Iterable[NetworkPlan]) -> Queue:
    return [(plan, number) for plan in plans for number in range(plan.configuration.replicas)]


def _seat(plan: NetworkPlan, number: int, place: Place, slot: Slot, part: str = "") -> Seat:
    return Seat(
        place=place,
        slot=slot,
        part=part,
        service=plan.service.name,
        replica=number,
        memory_bytes=plan.estimate.memory.total_bytes,
    )


def _whole(plans: Sequence[NetworkPlan], place: Place, free: list[Slot]) -> Iterator[Seat]:
    """Yield an accelerator for each replica."""
    for plan, number in _replicas(plans):
        if free:
            yield _seat(plan, number, place, free.pop(0))


def _turns(plans: Sequence[NetworkPlan], place: Place, free: list[Slot]) -> Iterator[Seat]:
    """Yield turns on accelerators, as many on each as may share it."""
    for sharers in sorted({plan.configuration.sharers for plan in plans}):
        waiting = _replicas(p for p in plans if p.configuration.sharers == sharers)
        for start in range(0, len(waiting), sharers):
            if not free:
                return
            slot = free.pop(0)
            for turn, (plan, number) in enumerate(waiting[start : start + sharers]):
                yield _seat(plan, number, place, slot, f"turn-{turn}")


def _parts(plans: Sequence[NetworkPlan], place: Place, free: list[Slot]) -> Iterator[Seat]:
    """Yield parts of accelerators, by valid placements."""
    table = table_of(plans[0], place)
    if table is None:
        return
    waiting: dict[str, Queue] = {}
    for plan, number in _replicas(plans):
        waiting.setdefault(plan.configuration.profile, []).append((plan, number))
    counts = {profile: len(queue) for profile, queue in waiting.items()}
    for layout in layouts_for(table, counts):
        if not free:
            return
        slot = free.pop(0)
        for spot in layout:
            plan, number = waiting[spot.profile].pop(0)
            yield _seat(plan, number, place, slot, f"{spot.profile}-at-{spot.start}")


def table_of(plan: NetworkPlan, place: Place) -> Partitioning | None:
    """Return how the accelerators of a place are cut."""
    service = plan.service
    known = zip(service.places, service.tables, strict=True)
    own = (table for at, table in known if at.accelerator.id == place.accelerator.id)
    return next(own, None) or partitioning_of(place.accelerator)


# ---- nodes and edges ---------------------------------------------------------------------------


def service_nodes(plan: NetworkPlan, seats: Sequence[Seat]) -> Iterator[GraphNode]:
    """Yield a service with its replicas, autoscaler and weights."""
    service, shape = plan.service, plan.configuration
    name = service.name
    yield GraphNode(
        id=service_id(name),
        kind=NodeKind.SERVICE,
        title=name,
        attributes={
            "api": service.api,
            "model": service.model.title,
            "engine": shape.engine,
            "precision": shape.precision,
            "share": shape.part,
            "replicas": shape.replicas,
            "max_batch_size": shape.max_batch_size,
            "max_queue_delay_s": shape.max_queue_delay_s,
            "place": service.place.path,
            "rate_per_s": rate(plan),
            "peak_rate_per_s": peak(plan),
        },
    )
    for seat in seats:
        yield GraphNode(
            id=replica_id(name, seat.replica),
            kind=NodeKind.REPLICA,
            title=f"{name} replica {seat.replica}",
            attributes={
                "service": name,
                "index": seat.replica,
                "share": shape.part,
                "rate_per_s": rate(plan) / shape.replicas,
            },
        )
    yield from scaler_and_weights(plan)


def service_edges(plan: NetworkPlan, seats: Sequence[Seat]) -> Iterator[GraphEdge]:
    """Yield what flows between the parts of a service, and where its replicas lie."""
    name, share = plan.service.name, plan.configuration.replicas
    for seat in seats:
        replica = replica_id(name, seat.replica)
        yield traffic(service_id(name), replica, rate(plan) / share, peak(plan) / share)
        yield GraphEdge(
            source=replica,
            target=seat.id,
            kind=EdgeKind.PLACEMENT,
            attributes={"role": "runs_on", "stage": 0, "rank": 0},
        )
        yield from around_replica(plan, replica)
    yield from scaling(plan)


def part_nodes(seats: Iterable[Seat]) -> Mapping[str, tuple[GraphNode, ...]]:
    """Return the nodes of parts and turns, by the id of the accelerator that they are of."""
    found: dict[str, list[GraphNode]] = {}
    for seat in seats:
        if seat.part:
            node = GraphNode(
                id=seat.id,
                kind=NodeKind.GPU,
                title=f"{seat.place.accelerator.title} {seat.slot.index} {seat.part}",
                attributes={
                    "place": seat.place.path,
                    "node": seat.slot.node,
                    "index": seat.slot.index,
                    "link_domain": seat.slot.domain,
                    "memory_bytes": seat.memory_bytes,
                    "part": seat.part,
                    "used": True,
                    "service": seat.service,
                    "replica": seat.replica,
                },
            )
            found.setdefault(gpu_id(seat.place.path, seat.slot), []).append(node)
    return {gpu: tuple(nodes) for gpu, nodes in found.items()}
