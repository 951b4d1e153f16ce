"""What the README and the preflight script say of gateways."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.edge.picker import COMPONENT, cpus, memory_gib
from inferc.targets.kubernetes.objects.ways import Way, picked, ways_of

Row = Mapping[str, object]
"""The values of one line of a table."""


def gateway_rows(topology: Topology, servings: Sequence[Deployed]) -> list[Row]:
    """Return one row for each host of each route."""
    return [
        {
            "address": f"{_scheme(way)}://{host}{_port(way)}",
            "match": _match(way),
            "service": way.serving.name,
            "dealt_out": _dealt_out(way),
            "timeout_s": way.timeout_s,
        }
        for way in ways_of(topology, servings)
        for host in way.route.hosts
    ]


def key_secrets(topology: Topology) -> list[str]:
    """Return the names of the Secrets with the keys of callers."""
    names = (one.keys.secret for one in topology.gateways if one.keys is not None)
    return list(dict.fromkeys(names))


def picker_rows(topology: Topology, servings: Sequence[Deployed]) -> list[Row]:
    """Return one row for each picker: what it takes, since no accelerator's price covers it."""
    return [
        {
            "name": serving.named(COMPONENT),
            "service": serving.name,
            "cpus": cpus(serving),
            "memory": f"{memory_gib(serving)} GiB",
        }
        for serving, _ in picked(topology, servings).values()
    ]


def gateway_needs(servings: Sequence[Deployed]) -> Iterator[tuple[str, str]]:
    """Yield what gateways need of the cluster, and the command that succeeds if it is there."""
    if not servings or not servings[0].topology.gateways:
        return
    topology, settings = servings[0].topology, servings[0].settings
    yield "Gateway API", "kubectl get crd httproutes.gateway.networking.k8s.io"
    yield "Envoy Gateway", "kubectl get crd securitypolicies.gateway.envoyproxy.io"
    for gateway in topology.gateways:
        name = gateway.gateway_class or settings["gateway_class"]
        yield f"GatewayClass {name}", f"kubectl get gatewayclass {shlex.quote(name)}"
        if gateway.namespace:
            space = shlex.quote(gateway.namespace)
            yield f"namespace {gateway.namespace}", f"kubectl get namespace {space}"
        certificate = gateway.certificate
        if certificate is not None and certificate.issuer:
            issuer = shlex.quote(certificate.issuer)
            place = shlex.quote(gateway.namespace or servings[0].namespace)
            kind = "clusterissuer" if certificate.for_cluster else f"-n {place} issuer"
            yield f"issuer {certificate.issuer}", f"kubectl get {kind} {issuer}"
    if picked(topology, servings):
        yield "InferencePool", "kubectl get crd inferencepools.inference.networking.k8s.io"
        yield "InferenceObjective", "kubectl get crd inferenceobjectives.llm-d.ai"
        yield "Envoy AI Gateway", "kubectl get crd aigatewayroutes.aigateway.envoyproxy.io"


def _scheme(way: Way) -> str:
    return "http" if way.gateway.certificate is None else "https"


def _port(way: Way) -> str:
    usual = 80 if way.gateway.certificate is None else 443
    return "" if way.gateway.port == usual else f":{way.gateway.port}"


def _match(way: Way) -> str:
    if way.route.by_model:
        return f"model {way.serving.plan.service.model_name}"
    return ", ".join(way.route.paths)


def _dealt_out(way: Way) -> str:
    """Return in words who chooses the replica of a request."""
    if way.is_picked:
        return f"{way.serving.named(COMPONENT)}, {way.routing.replace('_', ' ')}"
    if way.route.session is not None:
        return f"by {way.route.session.kind}"
    return "in turn"
