"""Design and plan to topology."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from inferc.compiler.model import Design, Place
from inferc.compiler.plan import Plan, ServicePlan
from inferc.compiler.topology.digest import decision_digest
from inferc.compiler.topology.front import front_edges, front_nodes, routed
from inferc.compiler.topology.graph_types import (
    Attribute,
    EdgeKind,
    GraphEdge,
    GraphNode,
    NodeKind,
    Topology,
)
from inferc.compiler.topology.ids import gpu_id, host_id, service_id
from inferc.compiler.topology.parts import (
    Planned,
    edge,
    peak,
    rate,
    scaler_and_weights,
    scaling,
)
from inferc.compiler.topology.placement import slots
from inferc.compiler.topology.pools import Pool, owners, pool_edges, pool_nodes, pools_of
from inferc.compiler.topology.verify import check
from inferc.dsl import Diagnostic

if TYPE_CHECKING:
    from inferc.compiler.topology.networks import Seat

Attributes: TypeAlias = Mapping[str, Attribute]

Owner: TypeAlias = tuple[str, int, str]
"""Service, replica, and its role where there are several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A topology, and what is wrong with it: an error here is a fault of the compiler."""

    topology: Topology
    diagnostics: tuple[Diagnostic, ...] = ()


def build(design: Design, plan: Plan) -> Outcome:
    """Return the topology of ``plan``: what is deployed, where, and who talks to whom."""
    pools = pools_of(plan.services)
    taken_by: dict[str, Owner] = owners(pool for own in pools for pool in own)
    seats = _seats(plan, taken_by)
    planned, gateways = plan.planned, routed(design, plan)
    nodes: list[GraphNode] = [*front_nodes(planned, gateways)]
    edges: list[GraphEdge] = [*front_edges(planned, gateways)]
    for service_plan, own in zip(plan.services, pools, strict=True):
        nodes += _service_nodes(service_plan, own)
        edges += [*pool_edges(own), *scaling(service_plan)]
    parts: Mapping[str, tuple[GraphNode, ...]] = {}
    if plan.networks:
        from inferc.compiler.topology import networks

        parts = networks.part_nodes(seats)
        taken: dict[str, list[Seat]] = {item.service.name: [] for item in plan.networks}
        for seat in seats:
            taken[seat.service].append(seat)
        for item in plan.networks:
            nodes += networks.service_nodes(item, taken[item.service.name])
            edges += networks.service_edges(item, taken[item.service.name])
        taken_by |= {seat.id: (seat.service, seat.replica, "") for seat in seats}
    users: dict[str, list[str]] = {}
    for each in planned:
        users.setdefault(each.service.place.path, []).append(each.service.name)
    for place in _places(planned):
        nodes += _place_nodes(place, taken_by, parts)
        edges += _place_edges(place, users[place.path], parts)
    topology = Topology(
        name=design.name,
        doc=design.doc,
        verdict=plan.verdict,
        services=plan.services,
        networks=plan.networks,
        gateways=gateways,
        nodes=tuple(nodes),
        edges=tuple(edges),
        emissions=design.emissions,
        digest=decision_digest(planned, edges),
    )
    return Outcome(topology=topology, diagnostics=check(topology))


def _service_nodes(plan: ServicePlan, pools: Sequence[Pool]) -> Iterable[GraphNode]:
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
            "tensor_parallel": shape.tensor_parallel,
            "pipeline_parallel": shape.pipeline_parallel,
            "replicas": shape.replicas,
            **({"prefill_replicas": shape.prefill.replicas} if shape.prefill else {}),
            "place": service.place.path,
            "rate_per_s": rate(plan),
            "peak_rate_per_s": peak(plan),
        },
    )
    yield from pool_nodes(pools)
    yield from scaler_and_weights(plan)


def _places(plans: Iterable[Planned]) -> tuple[Place, ...]:
    """Return the places in use, each once, in the order of the services."""
    return tuple({plan.service.place.path: plan.service.place for plan in plans}.values())


def _seats(plan: Plan, owners: Mapping[str, Owner]) -> "tuple[Seat, ...]":
    """Return what the replicas of networks have, beside what language models took."""
    if not plan.networks:
        return ()
    from inferc.compiler.topology.networks import seats_of

    return seats_of(plan.networks, owners)


def _place_nodes(
    place: Place,
    owners: Mapping[str, Owner],
    parts: Mapping[str, tuple[GraphNode, ...]],
) -> Iterable[GraphNode]:
    """Yield the hosts of ``place``, each followed by its accelerators, idle ones too.

    One that is shared stands as its parts, or the turns on it.
    """
    device = place.accelerator
    for slot in slots(place):
        if slot.index == 0:
            yield GraphNode(
                id=host_id(place.path, slot.node),
                kind=NodeKind.HOST,
                title=f"{place.path} node {slot.node}",
                attributes={
                    "place": place.path,
                    "platform": place.cluster.platform if place.cluster else "",
                    "index": slot.node,
                    "accelerator_kind": device.kind,
                    "accelerator": device.title,
                    "accelerators": place.per_node,
                    **_rented(place),
                },
            )
        shared = parts.get(gpu_id(place.path, slot))
        if shared is not None:
            yield from shared
            continue
        owner = owners.get(gpu_id(place.path, slot))
        yield GraphNode(
            id=gpu_id(place.path, slot),
            kind=NodeKind.GPU,
            title=f"{device.title} {slot.index}",
            attributes={
                "place": place.path,
                "node": slot.node,
                "index": slot.index,
                "link_domain": slot.domain,
                "memory_bytes": device.memory_bytes.value,
                "used": owner is not None,
                **({"service": owner[0], "replica": owner[1]} if owner else {}),
                **({"role": owner[2]} if owner and owner[2] else {}),
            },
        )


def _rented(place: Place) -> dict[str, str]:
    """Return how a host is had, where it is no machine of one's own."""
    if not place.instance_type:
        return {}
    return {"cloud": place.cloud, "instance": place.instance_type, "market": place.market}


def _place_edges(
    place: Place, users: Iterable[str], parts: Mapping[str, tuple[GraphNode, ...]]
) -> Iterable[GraphEdge]:
    """Yield what holds the accelerators of ``place``, and which services may use its hosts."""
    for slot in slots(place):
        host = host_id(place.path, slot.node)
        if slot.index == 0:
            for user in users:
                yield edge(service_id(user), host, EdgeKind.PLACEMENT, "may_run_on")
        gpu = gpu_id(place.path, slot)
        for held in [part.id for part in parts.get(gpu, ())] or [gpu]:
            yield edge(host, held, EdgeKind.PLACEMENT, "holds")
