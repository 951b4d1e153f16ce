"""Gateways as plain values. Secrets are names: what is in them is nowhere here."""

from inferc.compiler.model.gateway import Certificate, Gateway, Route, Session
from inferc.compiler.topology.digest import Json


def gateway_data(gateway: Gateway) -> dict[str, Json]:
    """Return a gateway; what its file does not say is null."""
    return {
        "name": gateway.name,
        "port": gateway.port,
        "hosts": list(gateway.hosts),
        "tls": None if gateway.certificate is None else _certificate(gateway.certificate),
        "auth": None if gateway.keys is None else {"api_key": gateway.keys.secret},
        "gateway_class": gateway.gateway_class or None,
        "namespace": gateway.namespace or None,
        "routes": [_route(route) for route in gateway.routes],
    }


def _certificate(certificate: Certificate) -> dict[str, Json]:
    if certificate.secret:
        return {"secret": certificate.secret, "namespace": certificate.namespace or None}
    return {
        "issuer": certificate.issuer,
        "scope": "cluster" if certificate.for_cluster else "namespace",
    }


def _route(route: Route) -> dict[str, Json]:
    return {
        "service": route.service,
        "hosts": list(route.hosts),
        "match": "model" if route.by_model else list(route.paths),
        "rewrite": route.rewrite or None,
        "timeout_s": route.timeout_s,
        "idle_timeout_s": route.idle_timeout_s,
        "retries": route.retries,
        "routing": route.routing or None,
        "session": None if route.session is None else _session(route.session),
    }


def _session(session: Session) -> dict[str, Json]:
    return {"kind": session.kind, "name": session.name, "ttl_s": session.ttl_s}
