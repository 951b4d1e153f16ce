"""The topology: what is deployed and who talks to whom. All that a target may know.

The graph itself (``graph.py``) is built from these values with networkx.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from inferc.compiler.model import Emission
from inferc.compiler.plan import ServicePlan, Verdict

if TYPE_CHECKING:
    from inferc.compiler.model.gateway import Gateway
    from inferc.compiler.plan.networks import NetworkPlan

Attribute: TypeAlias = str | int | float | bool
"""A plain value for reports and pictures."""


class NodeKind(Enum):
    """What a node of the graph stands for."""

    CLIENT = "client"
    GATEWAY = "gateway"
    ROUTER = "router"
    SERVICE = "service"
    POOL = "pool"
    """Replicas that take requests over from others: those that decode, of disaggregated serving."""
    REPLICA = "replica"
    GPU = "gpu"
    HOST = "host"
    AUTOSCALER = "autoscaler"
    METRICS = "metrics"
    WEIGHTS = "weights"


class EdgeKind(Enum):
    """What flows along an edge."""

    TRAFFIC = "traffic"
    PLACEMENT = "placement"
    METRICS = "metrics"
    CONTROL = "control"
    WEIGHTS = "weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """One node; ``attributes`` are plain values for reports and pictures."""

    id: str
    kind: NodeKind
    title: str
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """One edge; ``rate_per_s`` is set on traffic edges: requests a second at the mean."""

    source: str
    target: str
    kind: EdgeKind
    rate_per_s: float | None = None
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """One planned topology."""

    name: str
    """As in the user's file."""
    doc: str
    verdict: Verdict
    services: tuple[ServicePlan, ...]
    networks: "tuple[NetworkPlan, ...]" = ()
    """Those of networks."""
    gateways: "tuple[Gateway, ...]" = ()
    """Where callers come in; each leads somewhere."""
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    emissions: tuple[Emission, ...]
    digest: str
    """Of the decisions: the same plan has the same digest."""

    @property
    def planned(self) -> "tuple[ServicePlan | NetworkPlan, ...]":
        """The plans of language models, then those of networks."""
        return (*self.services, *self.networks)
