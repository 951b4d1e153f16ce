"""Who may talk to the picker of a service, and to whom it may talk."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inferc.targets.kubernetes.objects.deployed import PORT_NAME
from inferc.targets.kubernetes.objects.edge.picker import COMPONENT, selector
from inferc.targets.kubernetes.objects.hub import ANYWHERE
from inferc.targets.kubernetes.objects.manifest import Manifest
from inferc.targets.kubernetes.objects.network import API_SERVER_PORTS, dns, in_namespace, policy
from inferc.targets.kubernetes.objects.serving import Serving

if TYPE_CHECKING:
    from inferc.targets.base import Data


def fences(serving: Serving) -> Iterator[Manifest]:
    """Yield what a picker may do, and that it may ask the engines."""
    yield _picker(serving)
    yield _engines(serving)


def _picker(serving: Serving) -> Manifest:
    gateway = in_namespace(serving.settings["gateway_namespace"])
    prometheus = in_namespace(serving.choices.monitoring_namespace)
    ingress: list[Data] = [
        {"from": [gateway], "ports": [{"port": "grpc", "protocol": "TCP"}]},
        {"from": [prometheus], "ports": [{"port": "metrics", "protocol": "TCP"}]},
    ]
    if serving.choices.node_cidr:
        nodes: dict[str, Data] = {"ipBlock": {"cidr": serving.choices.node_cidr}}
        ingress.append({"from": [nodes], "ports": [{"port": "grpc-health", "protocol": "TCP"}]})
    engines: dict[str, Data] = {"podSelector": {"matchLabels": dict(serving.pool_selector)}}
    anywhere: list[Data] = [
        {"ipBlock": {"cidr": block, "except": [local]}} for block, local in ANYWHERE
    ]
    egress: list[Data] = [
        dns(),
        {"to": [engines], "ports": [{"port": serving.engine.port, "protocol": "TCP"}]},
        {
            "to": anywhere,
            "ports": [{"port": port, "protocol": "TCP"} for port in API_SERVER_PORTS],
        },
    ]
    chosen: dict[str, Data] = dict(selector(serving))
    spec: dict[str, Data] = {
        "podSelector": {"matchLabels": chosen},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": egress,
    }
    return policy(serving, serving.named(COMPONENT), COMPONENT, spec)


def _engines(serving: Serving) -> Manifest:
    chosen: dict[str, Data] = dict(serving.pool_selector)
    asking: dict[str, Data] = {"podSelector": {"matchLabels": dict(selector(serving))}}
    spec: dict[str, Data] = {
        "podSelector": {"matchLabels": chosen},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [asking], "ports": [{"port": PORT_NAME, "protocol": "TCP"}]}],
    }
    return policy(serving, serving.named("engine", "from", COMPONENT), COMPONENT, spec)
