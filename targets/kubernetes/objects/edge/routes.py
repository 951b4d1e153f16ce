"""Routes from a gateway to services, and how their requests are treated on the way."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.edge.gateways import GATEWAY_API, name_of, namespace_of
from inferc.targets.kubernetes.objects.edge.picker import objective_name, pool_name
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.ways import Way
from inferc.targets.kubernetes.objects.workload import SERVICE_PORT

POOLS: Final = "inference.networking.k8s.io"
MODEL_HEADER: Final = "x-ai-eg-model"
"""Where Envoy AI Gateway puts the model that a request asks for.

Source: Envoy AI Gateway, ``AIGatewayRouteRuleMatch``.
"""
OBJECTIVE_HEADERS: Final = ("x-gateway-inference-objective", "x-llm-d-inference-objective")
"""By which of its objectives the picker treats a request; the first is the older name.

Source: llm-d-router, ``pkg/epp/metadata/consts.go``.
"""
SAFE_TO_REPEAT: Final = ("connect-failure", "refused-stream", "reset-before-request")
"""What shows that no engine has begun with a request: to send it again costs nothing twice."""


def route_objects(layout: Layout, ways: Sequence[Way]) -> Iterator[Manifest]:
    """Yield the routes ``ways`` of one gateway with their policies."""
    by_model = [way for way in ways if way.route.by_model]
    for hosts in dict.fromkeys(way.route.hosts for way in by_model):
        group = [way for way in by_model if way.route.hosts == hosts]
        yield _model_route(layout, group)
    for way in ways:
        if not way.route.by_model:
            yield _path_route(layout, way)
            yield _policy(layout, way, (way.name,))
    for hosts in dict.fromkeys(way.route.hosts for way in by_model):
        first, *_ = [way for way in by_model if way.route.hosts == hosts]
        yield _policy(layout, first, (model_route_name(first),), balanced=False)


def model_route_name(way: Way) -> str:
    """Return the name of the route of all services that share hosts and are chosen by model."""
    return way.name


def _path_route(layout: Layout, way: Way) -> Manifest:
    """Return the route to a service that its paths are chosen for."""
    # A rule that rewrites may have one match only: the beginning that it takes off.
    groups = [(path,) for path in way.route.paths] if way.route.rewrite else [way.route.paths]
    spec: dict[str, Data] = {
        "parentRefs": [_parent(layout, way)],
        "hostnames": list(way.route.hosts),
        "rules": [_path_rule(way, paths) for paths in groups],
    }
    return _manifest(layout, way, "HTTPRoute", way.name, spec)


def _path_rule(way: Way, paths: Sequence[str]) -> dict[str, Data]:
    rule: dict[str, Data] = {
        "matches": [{"path": _path(path)} for path in paths],
        "timeouts": {"request": f"{way.timeout_s}s"},
        "backendRefs": [_backend(way)],
    }
    filters = list(_filters(way))
    return {**rule, "filters": filters} if filters else rule


def _filters(way: Way) -> Iterator[Data]:
    """Yield what is changed of a request: how urgent it is, and its path."""
    if way.is_picked:
        name = objective_name(way.serving)
        headers: list[Data] = [{"name": header, "value": name} for header in OBJECTIVE_HEADERS]
        yield {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": headers}}
    if way.route.rewrite:
        path: dict[str, Data] = {
            "type": "ReplacePrefixMatch",
            "replacePrefixMatch": way.route.rewrite,
        }
        yield {"type": "URLRewrite", "urlRewrite": {"path": path}}


def _path(path: str) -> Mapping[str, Data]:
    """Return the match of ``/v1/chat/*``, everything below, or of one path alone."""
    if path.endswith("/*"):
        return {"type": "PathPrefix", "value": path.removesuffix("/*") or "/"}
    return {"type": "Exact", "value": path}


def _backend(way: Way) -> dict[str, Data]:
    """Return where a rule leads to.

    The weight is said although it is the only one: what the API server fills into a list would be
    a change to every later `kubectl apply`.
    """
    if way.is_picked:
        pool = pool_name(way.serving)
        return {"group": POOLS, "kind": "InferencePool", "name": pool, "weight": 1}
    name = way.serving.name
    return {"group": "", "kind": "Service", "name": name, "port": SERVICE_PORT, "weight": 1}


def _parent(layout: Layout, way: Way) -> dict[str, Data]:
    parent: dict[str, Data] = {
        "group": GATEWAY_API,
        "kind": "Gateway",
        "name": name_of(way.gateway),
    }
    if namespace_of(way.gateway, layout) != layout.namespace:
        parent["namespace"] = namespace_of(way.gateway, layout)
    return parent


def _model_route(layout: Layout, ways: Sequence[Way]) -> Manifest:
    """Return the route to services of one host that the model in the request chooses between."""
    rules: list[Data] = [
        {
            "matches": [
                {
                    "headers": [
                        {
                            "type": "Exact",
                            "name": MODEL_HEADER,
                            "value": way.serving.plan.service.model_name,
                        }
                    ]
                }
            ],
            "backendRefs": [{**_backend(way), "priority": 0}],
            "timeouts": {"request": f"{way.timeout_s}s"},
            "modelsOwnedBy": way.serving.topology.name,
        }
        for way in ways
    ]
    spec: dict[str, Data] = {
        "parentRefs": [_parent(layout, ways[0])],
        "hostnames": list(ways[0].route.hosts),
        "rules": rules,
    }
    return _manifest(layout, ways[0], "AIGatewayRoute", model_route_name(ways[0]), spec)


def _policy(layout: Layout, way: Way, routes: Sequence[str], *, balanced: bool = True) -> Manifest:
    """Return how requests are sent on: how many at once, which again, and to which replica."""
    most = way.parallel
    spec: dict[str, Data] = {
        "targetRefs": [
            {"group": GATEWAY_API, "kind": "HTTPRoute", "name": name} for name in routes
        ],
        "timeout": {"http": {"streamIdleTimeout": f"{way.idle_s}s"}},
        "circuitBreaker": {
            "maxConnections": most,
            "maxParallelRequests": most,
            "maxPendingRequests": most,
        },
        "retry": {"numRetries": way.retries, "retryOn": {"triggers": list(SAFE_TO_REPEAT)}},
    }
    if balanced and not way.is_picked:
        spec["loadBalancer"] = _balancing(way)
    return _manifest(layout, way, "BackendTrafficPolicy", routes[0], spec)


def _balancing(way: Way) -> Mapping[str, Data]:
    """Return how Envoy chooses a replica where no picker does."""
    session = way.route.session
    if session is None:
        return {"type": "RoundRobin"}
    if session.kind == "header":
        by: dict[str, Data] = {"type": "Header", "header": {"name": session.name}}
    else:
        cookie: dict[str, Data] = {"name": session.name}
        if session.ttl_s is not None:
            cookie["ttl"] = f"{max(1, round(session.ttl_s))}s"
        by = {"type": "Cookie", "cookie": cookie}
    return {"type": "ConsistentHash", "consistentHash": by}


def _manifest(layout: Layout, way: Way, kind: str, name: str, spec: dict[str, Data]) -> Manifest:
    return Manifest(
        api_version=api_version(kind),
        kind=kind,
        name=name,
        namespace=layout.namespace,
        concern="edge",
        labels=way.serving.labels_of("route"),
        body={"spec": spec},
    )
