"""The way of a request up to the services: clients, gateways, routes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inferc.compiler.topology.graph_types import Attribute, GraphEdge, GraphNode, NodeKind
from inferc.compiler.topology.ids import join, service_id
from inferc.compiler.topology.parts import METRICS, Planned, peak, rate, traffic

if TYPE_CHECKING:
    from inferc.compiler.model import Design
    from inferc.compiler.model.gateway import Gateway, Route
    from inferc.compiler.plan import Plan

CLIENT = "client"
GATEWAY = "gateway"
ROUTER = "router"


def front_nodes(plans: Sequence[Planned], gateways: "Sequence[Gateway]") -> Iterator[GraphNode]:
    """Yield what stands before the services.

    Services that no gateway leads to have one that the file does not name, and so all of them where
    it names none.
    """
    yield GraphNode(id=CLIENT, kind=NodeKind.CLIENT, title="clients", attributes=_load(plans))
    others = _others(plans, gateways)
    if others:
        load = _load(others)
        door, router = _titles(others)
        yield GraphNode(id=GATEWAY, kind=NodeKind.GATEWAY, title=door, attributes=load)
        yield GraphNode(
            id=ROUTER,
            kind=NodeKind.ROUTER,
            title=router,
            attributes={**load, "services": len(others)},
        )
    ways = _ways(gateways)
    known = {plan.service.name: plan for plan in plans}
    for gateway in gateways:
        yield _gateway(gateway, known, ways)
        for route in gateway.routes:
            yield _route(gateway, route, _share(known[route.service], ways))
    yield GraphNode(id=METRICS, kind=NodeKind.METRICS, title="metrics", attributes={})


def _titles(plans: Sequence[Planned]) -> tuple[str, str]:
    """Return what the door and the router are called: a managed platform is both itself."""
    platforms = [plan.service.place.platform for plan in plans]
    titles = {platform.title if platform else "" for platform in platforms}
    if len(titles) > 1 or "" in titles:
        return "gateway", "router"
    return titles.pop(), "endpoints"


def front_edges(plans: Sequence[Planned], gateways: "Sequence[Gateway]") -> Iterator[GraphEdge]:
    """Yield the requests from the clients up to the services."""
    others = _others(plans, gateways)
    if others:
        total, highest = sum(map(rate, others)), sum(map(peak, others))
        yield traffic(CLIENT, GATEWAY, total, highest)
        yield traffic(GATEWAY, ROUTER, total, highest)
    for plan in others:
        yield traffic(ROUTER, service_id(plan.service.name), rate(plan), peak(plan))
    ways = _ways(gateways)
    known = {plan.service.name: plan for plan in plans}
    for gateway in gateways:
        shares = [_share(known[route.service], ways) for route in gateway.routes]
        means, peaks = (sum(part) for part in zip(*shares, strict=True))
        yield traffic(CLIENT, gateway_id(gateway), means, peaks)
        for route, (mean, highest) in zip(gateway.routes, shares, strict=True):
            yield traffic(gateway_id(gateway), route_id(gateway, route), mean, highest)
            yield traffic(route_id(gateway, route), service_id(route.service), mean, highest)


def routed(design: "Design", plan: "Plan") -> "tuple[Gateway, ...]":
    """Return the gateways of a design, each with the routes to services that are planned."""
    names = {item.service.name for item in plan.planned}
    kept = (
        replace(one, routes=tuple(route for route in one.routes if route.service in names))
        for one in design.gateways
    )
    return tuple(one for one in kept if one.routes)


def gateway_id(gateway: "Gateway") -> str:
    """Return the id of the node of a gateway: ``edge/gateway``."""
    return join(gateway.name, "gateway")


def route_id(gateway: "Gateway", route: "Route") -> str:
    """Return the id of the node of a route: ``edge/chat/route``."""
    return join(gateway.name, route.name, "route")


def _others(plans: Sequence[Planned], gateways: "Sequence[Gateway]") -> list[Planned]:
    """Return the services that no gateway leads to."""
    ways = _ways(gateways)
    return [plan for plan in plans if not ways[plan.service.name]]


def _ways(gateways: "Sequence[Gateway]") -> Counter[str]:
    """Return how many routes lead to each service."""
    return Counter(route.service for gateway in gateways for route in gateway.routes)


def _share(plan: Planned, ways: Mapping[str, int]) -> tuple[float, float]:
    """Return mean and peak rate of one of the routes to a service.

    Nobody says how callers choose between several: all of them count the same.
    """
    count = ways[plan.service.name]
    return rate(plan) / count, peak(plan) / count


def _load(plans: Iterable[Planned]) -> Mapping[str, Attribute]:
    every = tuple(plans)
    return {"rate_per_s": sum(map(rate, every)), "peak_rate_per_s": sum(map(peak, every))}


def _gateway(
    gateway: "Gateway", known: Mapping[str, Planned], ways: Mapping[str, int]
) -> GraphNode:
    shares = [_share(known[route.service], ways) for route in gateway.routes]
    means, peaks = (sum(part) for part in zip(*shares, strict=True))
    return GraphNode(
        id=gateway_id(gateway),
        kind=NodeKind.GATEWAY,
        title=gateway.name,
        attributes={
            "hosts": ", ".join(gateway.hosts),
            "port": gateway.port,
            "encrypted": gateway.certificate is not None,
            "keys": gateway.keys is not None,
            "rate_per_s": means,
            "peak_rate_per_s": peaks,
        },
    )


def _route(gateway: "Gateway", route: "Route", share: tuple[float, float]) -> GraphNode:
    paths = "by model" if route.by_model else ", ".join(route.paths)
    return GraphNode(
        id=route_id(gateway, route),
        kind=NodeKind.ROUTER,
        title=paths,
        attributes={
            "gateway": gateway.name,
            "service": route.service,
            "hosts": ", ".join(route.hosts),
            "paths": paths,
            "rate_per_s": share[0],
            "peak_rate_per_s": share[1],
        },
    )
