"""Routes with what follows from the plan: who picks replicas, how long a request may take."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeGuard

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.serving import Serving

if TYPE_CHECKING:
    from inferc.compiler.model.gateway import Gateway, Route

ROUND_ROBIN: Final = "round_robin"
LEAST_OUTSTANDING: Final = "least_outstanding"
PREFIX_AWARE: Final = "prefix_aware"

PICKED: Final = (LEAST_OUTSTANDING, PREFIX_AWARE)
"""Ways of dealing out that take a look at the replicas."""

PICKABLE: Final[Mapping[str, str]] = {"sglang": "sglang", "vllm": "vllm"}
"""Engines whose metrics the endpoint picker understands, by what it calls them.

Source: llm-d-router 0.10, chart routerlib, ``modelServers.type``.
"""

REQUEST_LEAST_S: Final = 300
"""What the chart of llm-d-router gives a request."""
REQUEST_HEADROOM: Final = 2
"""Of the time of a request over that of a long answer without a queue."""
IDLE_S: Final = 300
"""What Envoy gives a stream in which nothing moves."""
RETRIES: Final = 2
"""What Envoy Gateway does where nobody says."""
PARALLEL_LEAST: Final = 1024
"""What Envoy lets through to one service at once where nobody says: fewer than two large replicas
take, and the rest would be refused."""


@dataclass(frozen=True, slots=True)
class Way:
    """One route of one gateway, and the service at its end."""

    gateway: "Gateway"
    route: "Route"
    serving: Deployed

    @property
    def name(self) -> str:
        """The name of the objects of the route: ``edge-chat``."""
        return dns_label(f"{self.gateway.name}_{self.route.name}")

    @property
    def routing(self) -> str:
        """How requests are dealt out to the replicas.

        As the route says, else as the service does. Where nobody says anything, a picker looks at
        the replicas if there may be several and it understands their engine.
        """
        asked = self.route.routing or asked_of(self.serving)
        if asked:
            return asked
        if self.route.session is not None:
            return ROUND_ROBIN
        is_split = isinstance(self.serving, Serving) and self.serving.is_split
        alone = self.serving.max_replicas == 1 and not self.route.by_model and not is_split
        return ROUND_ROBIN if alone or not is_pickable(self.serving) else PREFIX_AWARE

    @property
    def is_picked(self) -> bool:
        """Whether an endpoint picker chooses the replica of each request."""
        return self.routing in PICKED

    @property
    def timeout_s(self) -> int:
        """How long a request may take: long enough for a long answer that has waited."""
        stated = self.route.timeout_s
        if stated is not None:
            return max(1, math.ceil(stated))
        return max(REQUEST_LEAST_S, REQUEST_HEADROOM * self.serving.drain_s)

    @property
    def idle_s(self) -> int:
        """How long a stream may be silent: an answer that is not streamed is, until it is there."""
        stated = self.route.idle_timeout_s
        return max(IDLE_S, self.timeout_s) if stated is None else max(1, math.ceil(stated))

    @property
    def retries(self) -> int:
        """How often a request that reached no engine is sent again."""
        return RETRIES if self.route.retries is None else self.route.retries

    @property
    def parallel(self) -> int:
        """Requests that may be under way at once: twice what all replicas compute."""
        serving = self.serving
        if not isinstance(serving, Serving):
            return PARALLEL_LEAST
        return max(PARALLEL_LEAST, 2 * serving.shape.max_num_seqs * serving.max_replicas)


def asked_of(serving: Deployed) -> str:
    """Return how the file says that a service's requests are dealt out; empty where it does not."""
    if not isinstance(serving, Serving):
        return ""
    asked = any(item.field == "routing" for item in serving.plan.service.decisions)
    return serving.plan.configuration.routing if asked else ""


def is_pickable(serving: Deployed) -> TypeGuard[Serving]:
    """Return whether the endpoint picker understands the engine of a service."""
    return isinstance(serving, Serving) and serving.engine.name in PICKABLE


def ways_of(topology: Topology, servings: Sequence[Deployed]) -> tuple[Way, ...]:
    """Return every route to a service among ``servings``, in the order of the file."""
    known = {serving.plan.service.name: serving for serving in servings}
    return tuple(
        Way(gateway, route, known[route.service])
        for gateway in topology.gateways
        for route in gateway.routes
        if route.service in known
    )


def picked(topology: Topology, servings: Sequence[Deployed]) -> Mapping[str, tuple[Serving, str]]:
    """Return the services that a picker serves, by name, each with how it picks."""
    found: dict[str, tuple[Serving, str]] = {}
    for way in ways_of(topology, servings):
        if way.is_picked and is_pickable(way.serving):
            found.setdefault(way.serving.name, (way.serving, way.routing))
    return found
