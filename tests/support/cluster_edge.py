"""What gateways count on in a cluster: a class whose controller runs them, and their secrets."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from support.cluster import Cluster, Object

CONTROLLER: Final = "gateway.envoyproxy.io/gatewayclass-controller"
ISSUED: Final = "cert-manager.io/"
ELSEWHERE: Final = ("ClientTrafficPolicy", "Gateway", "ReferenceGrant", "SecurityPolicy")
"""Kinds of objects that may live in a namespace of others."""


def prepare(cluster: Cluster, documents: Sequence[Object]) -> None:
    """Make the classes and the secrets that the gateways among ``documents`` name."""
    wanted = [*_namespaces(documents), *_classes(documents), *_secrets(documents)]
    if wanted:
        cluster.apply(wanted)


def _namespaces(documents: Sequence[Object]) -> Iterator[Object]:
    """Yield those of others that our objects live in."""
    own = {one["metadata"]["name"] for one in documents if one["kind"] == "Namespace"}
    named = {one["metadata"].get("namespace", "") for one in documents} - own - {""}
    for name in sorted(named):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _classes(documents: Sequence[Object]) -> Iterator[Object]:
    named = {one["spec"]["gatewayClassName"] for one in documents if one["kind"] == "Gateway"}
    for name in sorted(named):
        yield {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": name},
            "spec": {"controllerName": CONTROLLER},
        }


def _secrets(documents: Sequence[Object]) -> Iterator[Object]:
    places = {
        (reference.get("namespace") or one["metadata"]["namespace"], reference["name"])
        for one in documents
        for reference in _references(one)
    }
    for namespace, name in sorted(places):
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "stringData": {"made-by": "the test"},
        }


def _references(document: Object) -> Iterator[dict[str, Any]]:
    """Yield the secrets that an object refers to and nobody makes."""
    if document["kind"] == "SecurityPolicy":
        yield from document["spec"].get("apiKeyAuth", {}).get("credentialRefs", ())
    annotations = document["metadata"].get("annotations", {})
    if document["kind"] == "Gateway" and not any(key.startswith(ISSUED) for key in annotations):
        for listener in document["spec"]["listeners"]:
            yield from listener.get("tls", {}).get("certificateRefs", ())
