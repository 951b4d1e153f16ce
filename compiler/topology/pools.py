"""Replicas of one service that do the same work: of disaggregated serving there are two kinds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from inferc.compiler.perf import Configuration
from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology.graph_types import EdgeKind, GraphEdge, GraphNode, NodeKind
from inferc.compiler.topology.ids import gpu_id, join, prefill_id, replica_id, service_id
from inferc.compiler.topology.parts import around_replica, peak, rate, traffic
from inferc.compiler.topology.placement import Stages, assign

PREFILL = "prefill"
DECODE = "decode"


class Pool(NamedTuple):
    """Replicas that do the same work."""

    plan: ServicePlan
    shape: Configuration
    role: str
    """``prefill`` or ``decode``; empty where a replica does both."""
    replicas: Sequence[Stages]

    def replica(self, index: int) -> str:
        """Return the id of the node of a replica."""
        make = prefill_id if self.role == PREFILL else replica_id
        return make(self.plan.service.name, index)


def pools_of(plans: Sequence[ServicePlan]) -> tuple[tuple[Pool, ...], ...]:
    """Return the pools of every service with where their replicas lie, prefill before decode."""
    kinds = [tuple(_kinds(plan)) for plan in plans]
    placed = iter(
        assign(
            _alone(plan, shape) for plan, of in zip(plans, kinds, strict=True) for _, shape in of
        )
    )
    found: list[tuple[Pool, ...]] = []
    for plan, of in zip(plans, kinds, strict=True):
        own = tuple(Pool(plan, shape, role, next(placed)) for role, shape in of)
        found.append(own[::-1])
    return tuple(found)


def _kinds(plan: ServicePlan) -> Iterator[tuple[str, Configuration]]:
    """Yield role and shape of the replicas of a service: those that decode choose a seat first."""
    shape = plan.configuration
    yield DECODE if shape.prefill else "", shape
    if shape.prefill:
        yield PREFILL, shape.prefill


def _alone(plan: ServicePlan, shape: Configuration) -> ServicePlan:
    """Return the plan as if these replicas were all there are."""
    return plan if shape is plan.configuration else replace(plan, configuration=shape)


def pool_nodes(pools: Iterable[Pool]) -> Iterator[GraphNode]:
    """Yield the replicas of a service, and what hands requests on from one pool to the other."""
    for pool in pools:
        plan, shape, role = pool.plan, pool.shape, pool.role
        name = plan.service.name
        if role == DECODE:
            yield GraphNode(
                id=decode_pool_id(name),
                kind=NodeKind.POOL,
                title=f"{name} {role}",
                attributes={"service": name, "role": role, "replicas": shape.replicas},
            )
        for index in range(len(pool.replicas)):
            yield GraphNode(
                id=pool.replica(index),
                kind=NodeKind.REPLICA,
                title=f"{name} {role} replica {index}" if role else f"{name} replica {index}",
                attributes={
                    "service": name,
                    "index": index,
                    **({"role": role} if role else {}),
                    "tensor_parallel": shape.tensor_parallel,
                    "pipeline_parallel": shape.pipeline_parallel,
                    "rate_per_s": rate(plan) / shape.replicas,
                },
            )


def pool_edges(pools: Iterable[Pool]) -> Iterator[GraphEdge]:
    """Yield what comes to the replicas of a service, and where they lie.

    A request goes to a replica that computes its prompt, and with the KV cache on to one that
    decodes.
    """
    for pool in pools:
        plan, count = pool.plan, pool.shape.replicas
        name, place = plan.service.name, plan.service.place.path
        each = (rate(plan) / count, peak(plan) / count)
        source = decode_pool_id(name) if pool.role == DECODE else service_id(name)
        for index, stages in enumerate(pool.replicas):
            replica = pool.replica(index)
            yield traffic(source, replica, *each)
            if pool.role == PREFILL:
                yield traffic(replica, decode_pool_id(name), *each, role="kv_cache")
            for stage, group in enumerate(stages):
                for rank, slot in enumerate(group):
                    yield GraphEdge(
                        source=replica,
                        target=gpu_id(place, slot),
                        kind=EdgeKind.PLACEMENT,
                        attributes={"role": "runs_on", "stage": stage, "rank": rank},
                    )
            yield from around_replica(plan, replica)


def decode_pool_id(service: str) -> str:
    """Return the id of what hands requests to the replicas that decode."""
    return join(service, DECODE)


def owners(pools: Iterable[Pool]) -> dict[str, tuple[str, int, str]]:
    """Return service, replica and role for the id of every accelerator in use."""
    return {
        gpu_id(pool.plan.service.place.path, slot): (pool.plan.service.name, index, pool.role)
        for pool in pools
        for index, stages in enumerate(pool.replicas)
        for stage in stages
        for slot in stage
    }
