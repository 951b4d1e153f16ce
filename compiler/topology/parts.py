"""What every service has in the graph, whatever kind of model it serves."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from inferc.compiler.topology.graph_types import EdgeKind, GraphEdge, GraphNode, NodeKind
from inferc.compiler.topology.ids import join, service_id

if TYPE_CHECKING:
    from inferc.compiler.plan import ServicePlan
    from inferc.compiler.plan.networks import NetworkPlan

METRICS = "metrics"

Planned: TypeAlias = "ServicePlan | NetworkPlan"


def rate(plan: Planned) -> float:
    """Return the mean rate of requests."""
    return plan.service.load.rate_per_s.value


def peak(plan: Planned) -> float:
    """Return the rate of the busiest stretch."""
    return rate(plan) * plan.service.load.peak.value


def scaler_and_weights(plan: Planned) -> Iterator[GraphNode]:
    """Yield the autoscaler of a service and its weights."""
    service, scale = plan.service, plan.autoscale
    name = service.name
    yield GraphNode(
        id=join(name, "autoscaler"),
        kind=NodeKind.AUTOSCALER,
        title=f"{name} autoscaler",
        attributes={
            "service": name,
            "min_replicas": scale.min_replicas,
            "max_replicas": scale.max_replicas,
            "signal": scale.signal,
            "threshold": scale.threshold,
        },
    )
    yield GraphNode(
        id=join(name, "weights"),
        kind=NodeKind.WEIGHTS,
        title=f"{service.model.title} weights",
        attributes={
            "service": name,
            "repository": service.model.repository,
            "precision": plan.configuration.precision,
            "bytes": plan.weights_bytes,
        },
    )


def around_replica(plan: Planned, replica: str) -> Iterator[GraphEdge]:
    """Yield where a replica has its weights from, and who looks at it."""
    yield edge(join(plan.service.name, "weights"), replica, EdgeKind.WEIGHTS, "loads")
    yield edge(replica, METRICS, EdgeKind.METRICS, "scraped_by")


def scaling(plan: Planned) -> Iterator[GraphEdge]:
    """Yield what the autoscaler of a service looks at, and what it scales."""
    name = plan.service.name
    yield edge(METRICS, join(name, "autoscaler"), EdgeKind.METRICS, plan.autoscale.signal)
    yield edge(join(name, "autoscaler"), service_id(name), EdgeKind.CONTROL, "scales")


def traffic(
    source: str, target: str, rate_per_s: float, peak_rate_per_s: float, *, role: str = ""
) -> GraphEdge:
    """Return requests from one node to another; ``role`` says what goes with them."""
    return GraphEdge(
        source=source,
        target=target,
        kind=EdgeKind.TRAFFIC,
        rate_per_s=rate_per_s,
        attributes={
            "peak_rate_per_s": peak_rate_per_s,
            **({"role": role} if role else {}),
        },
    )


def edge(source: str, target: str, kind: EdgeKind, role: str) -> GraphEdge:
    """Return an edge of which the role is all there is to say."""
    return GraphEdge(source=source, target=target, kind=kind, attributes={"role": role})
