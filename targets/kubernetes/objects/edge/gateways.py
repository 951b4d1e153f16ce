"""The gateway itself: listeners, certificates, who may call, and what is taken off requests."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from inferc.compiler.model.gateway import Certificate
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.ways import Way

if TYPE_CHECKING:
    from inferc.compiler.model.gateway import Gateway

GATEWAY_API: Final = "gateway.networking.k8s.io"

CALLER: Final = "x-inferc-caller"
"""The header in which the gateway tells engines whose key it was."""

KEY_HEADERS: Final = ("authorization", "x-api-key")
"""Where the clients of OpenAI and of others have their key; Envoy takes off a leading `Bearer`.

Source: Envoy, ``api_key_auth.v3.KeySource.header``.
"""

TAKEN_OFF: Final = (
    CALLER,
    "x-ai-eg-model",
    "x-gateway-destination-endpoint",
    "x-gateway-destination-endpoint-subset",
    "x-gateway-inference-fairness-id",
    "x-gateway-inference-objective",
    "x-gateway-model-name-rewrite",
    "x-llm-d-inference-fairness-id",
    "x-llm-d-inference-objective",
    "x-llm-d-model-name-rewrite",
)
"""Headers that gateway and picker believe, so that no caller may send them: who calls, with which
priority, which model and which pod.

Source: llm-d-router, ``pkg/epp/metadata/consts.go``; Envoy AI Gateway, ``x-ai-eg-model``.
"""

BODY_LIMIT: Final = "50Mi"
"""How much of a request is held while a picker reads it: Envoy Gateway's 32 KiB are a short prompt.

Source: Envoy AI Gateway, ``examples/basic``.
"""

CLUSTER_ISSUER: Final = "cert-manager.io/cluster-issuer"
ISSUER: Final = "cert-manager.io/issuer"
"""Annotations of a Gateway. Source: cert-manager, annotated Gateway resource."""


def name_of(gateway: "Gateway") -> str:
    """Return the name of the object."""
    return dns_label(gateway.name)


def namespace_of(gateway: "Gateway", layout: Layout) -> str:
    """Return where the object lives: where the file says, else beside the services."""
    return gateway.namespace or layout.namespace


def certificate_name(gateway: "Gateway") -> str:
    """Return the name of the secret with the certificate; empty where there is none."""
    certificate = gateway.certificate
    if certificate is None:
        return ""
    return certificate.secret or dns_label(f"{gateway.name}_tls")


def gateway_objects(layout: Layout, gateway: "Gateway", ways: Sequence[Way]) -> Iterator[Manifest]:
    """Yield one gateway with its policies; ``ways`` are its routes."""
    yield _gateway(layout, gateway)
    yield from _grant(layout, gateway)
    yield _client_policy(layout, gateway, ways)
    if gateway.keys is not None:
        yield _key_policy(layout, gateway)


def reference(gateway: "Gateway") -> dict[str, Data]:
    """Return what the policies of a gateway are attached to."""
    return {"group": GATEWAY_API, "kind": "Gateway", "name": name_of(gateway)}


def _gateway(layout: Layout, gateway: "Gateway") -> Manifest:
    spec: dict[str, Data] = {
        "gatewayClassName": gateway.gateway_class or layout.settings["gateway_class"],
        "listeners": _listeners(layout, gateway),
    }
    return _manifest(layout, gateway, "Gateway", name_of(gateway), spec, _issued(gateway))


def _listeners(layout: Layout, gateway: "Gateway") -> list[Data]:
    """Return one listener for each host, so that each has a certificate of its own name."""
    protocol = "HTTP" if gateway.certificate is None else "HTTPS"
    listeners: list[Data] = []
    for number, host in enumerate(gateway.hosts, start=1):
        several = len(gateway.hosts) > 1
        listener: dict[str, Data] = {
            "name": f"{protocol.lower()}-{number}" if several else protocol.lower(),
            "hostname": host,
            "port": gateway.port,
            "protocol": protocol,
            "allowedRoutes": {
                "namespaces": _allowed(layout, gateway),
                "kinds": [{"group": GATEWAY_API, "kind": "HTTPRoute"}],
            },
        }
        if gateway.certificate is not None:
            listener["tls"] = {
                "mode": "Terminate",
                "certificateRefs": [_certificate(layout, gateway, gateway.certificate)],
            }
        listeners.append(listener)
    return listeners


def _certificate(layout: Layout, gateway: "Gateway", certificate: Certificate) -> dict[str, Data]:
    found: dict[str, Data] = {"group": "", "kind": "Secret", "name": certificate_name(gateway)}
    if certificate.namespace not in {"", namespace_of(gateway, layout)}:
        found["namespace"] = certificate.namespace
    return found


def _allowed(layout: Layout, gateway: "Gateway") -> dict[str, Data]:
    """Return whose routes a listener takes: those of the services' namespace, and no others."""
    if namespace_of(gateway, layout) == layout.namespace:
        return {"from": "Same"}
    labels: dict[str, Data] = {"kubernetes.io/metadata.name": layout.namespace}
    return {"from": "Selector", "selector": {"matchLabels": labels}}


def _issued(gateway: "Gateway") -> dict[str, str]:
    certificate = gateway.certificate
    if certificate is None or not certificate.issuer:
        return {}
    return {CLUSTER_ISSUER if certificate.for_cluster else ISSUER: certificate.issuer}


def _grant(layout: Layout, gateway: "Gateway") -> Iterator[Manifest]:
    """Yield what lets a gateway use a certificate of another namespace."""
    certificate, own = gateway.certificate, namespace_of(gateway, layout)
    if certificate is None or certificate.namespace in {"", own}:
        return
    yield Manifest(
        api_version=api_version("ReferenceGrant"),
        kind="ReferenceGrant",
        name=dns_label(f"{layout.namespace}_{gateway.name}"),
        namespace=certificate.namespace,
        concern="edge",
        labels=layout.labels,
        body={
            "spec": {
                "from": [{"group": GATEWAY_API, "kind": "Gateway", "namespace": own}],
                "to": [{"group": "", "kind": "Secret", "name": certificate_name(gateway)}],
            }
        },
    )


def _client_policy(layout: Layout, gateway: "Gateway", ways: Sequence[Way]) -> Manifest:
    """Return how callers are treated: silence that is no end, and headers that are not theirs."""
    spec: dict[str, Data] = {
        "targetRefs": [reference(gateway)],
        "timeout": {"http": {"streamIdleTimeout": f"{max(way.idle_s for way in ways)}s"}},
        "headers": {"earlyRequestHeaders": {"remove": list(TAKEN_OFF)}},
    }
    if gateway.certificate is not None:
        spec["tls"] = {"minVersion": "1.2", "alpnProtocols": ["h2", "http/1.1"]}
    if any(way.is_picked for way in ways):
        spec["connection"] = {"bufferLimit": BODY_LIMIT}
    return _manifest(layout, gateway, "ClientTrafficPolicy", name_of(gateway), spec)


def _key_policy(layout: Layout, gateway: "Gateway") -> Manifest:
    """Return that callers need a key. The engine learns whose it was, and not what it was."""
    keys = gateway.keys
    headers = KEY_HEADERS if keys is None or not keys.header else (keys.header,)
    auth: dict[str, Data] = {
        "credentialRefs": [
            {"group": "", "kind": "Secret", "name": "" if keys is None else keys.secret}
        ],
        "extractFrom": [{"headers": list(headers)}],
        "forwardClientIDHeader": CALLER,
        "sanitize": True,
    }
    spec: dict[str, Data] = {"targetRefs": [reference(gateway)], "apiKeyAuth": auth}
    return _manifest(layout, gateway, "SecurityPolicy", name_of(gateway), spec)


def _manifest(
    layout: Layout,
    gateway: "Gateway",
    kind: str,
    name: str,
    spec: dict[str, Data],
    annotations: dict[str, str] | None = None,
) -> Manifest:
    return Manifest(
        api_version=api_version(kind),
        kind=kind,
        name=name,
        namespace=namespace_of(gateway, layout),
        concern="edge",
        labels={**layout.labels, "app.kubernetes.io/component": "gateway"},
        annotations=annotations or {},
        body={"spec": spec},
    )
