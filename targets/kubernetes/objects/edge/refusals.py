"""What of a gateway this target cannot do, said before anything is emitted."""

import re
from collections.abc import Iterator, Sequence

from inferc.dsl import Diagnostic
from inferc.targets.kubernetes import diagnostics_edge as problems
from inferc.targets.kubernetes.diagnostics import bad_value
from inferc.targets.kubernetes.objects.edge.gateways import certificate_name
from inferc.targets.kubernetes.objects.edge.picker import COMPONENT
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.names import DNS_LABEL
from inferc.targets.kubernetes.objects.ways import (
    PICKABLE,
    ROUND_ROBIN,
    Way,
    asked_of,
    is_pickable,
    ways_of,
)

SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
MAX_RULES = 15
"""Services of one host that are chosen by model. Source: Envoy AI Gateway, ``AIGatewayRoute``."""


def refused(layout: Layout) -> Iterator[Diagnostic]:
    """Yield what is wrong with the gateways of a topology on this target."""
    ways = ways_of(layout.topology, layout.deployed)
    yield from _names(layout)
    yield from _taken(layout, ways)
    for way in ways:
        yield from _choice(way)
        yield from _time(way)
    yield from _two_minds(ways)
    yield from _by_model(ways)


def _names(layout: Layout) -> Iterator[Diagnostic]:
    """Yield names of the user that no object can refer to."""
    for gateway in layout.topology.gateways:
        certificate, keys = gateway.certificate, gateway.keys
        texts = [
            ("gateway_class", gateway.gateway_class, SUBDOMAIN, "the name of a GatewayClass"),
            ("namespace", gateway.namespace, DNS_LABEL, "the name of a namespace"),
        ]
        if certificate is not None:
            secret, issuer = certificate_name(gateway), certificate.issuer
            texts += [
                ("tls", secret, SUBDOMAIN, "the name of a secret"),
                ("tls", certificate.namespace, DNS_LABEL, "the name of a namespace"),
                ("tls", issuer, SUBDOMAIN, "the name of an issuer"),
            ]
        if keys is not None:
            texts.append(("auth", keys.secret or "-", SUBDOMAIN, "the name of a secret"))
        for field, text, pattern, expected in texts:
            if text and not pattern.fullmatch(text):
                name = f"{field} of gateway {gateway.name}"
                yield bad_value(field=name, value=text, expected=expected, span=gateway.span)


def _taken(layout: Layout, ways: Sequence[Way]) -> Iterator[Diagnostic]:
    """Yield names that two objects would have, since `_` and `-` are one in them."""
    routes: dict[str, Way] = {}
    services = {serving.name: serving for serving in layout.deployed}
    for way in ways:
        first = routes.setdefault(way.name, way)
        if first is not way:
            both = f"{first.gateway.name}.{first.route.name}"
            field = f"name of route {way.gateway.name}.{way.route.name}"
            expected = f"one whose objects are called otherwise than those of `{both}`"
            yield bad_value(field=field, value=way.name, expected=expected, span=way.route.span)
        picker = way.serving.named(COMPONENT)
        if way.is_picked and picker in services:
            name = services[picker].plan.service.name
            expected = f"another one: the endpoint picker of `{way.route.service}` is called so"
            yield bad_value(
                field=f"name of service {name}",
                value=picker,
                expected=expected,
                span=services[picker].plan.service.span,
            )


def _choice(way: Way) -> Iterator[Diagnostic]:
    """Yield a way of dealing out that nothing here can do for this service."""
    route, serving = way.route, way.serving
    asked, engine = asked_of(serving), serving.engine.title
    if route.routing and asked and route.routing != asked:
        yield problems.routing_contradicts(
            service=route.service, route=route.routing, own=asked, span=route.span
        )
    elif (way.is_picked or route.by_model) and not is_pickable(serving):
        yield problems.no_picker(
            service=route.service,
            what="`match = model`" if route.by_model else f"`routing = {way.routing}`",
            engine=engine,
            known=tuple(sorted(PICKABLE)),
            span=route.span,
        )
    elif route.by_model and not way.is_picked:
        yield problems.model_needs_picker(service=route.service, span=route.span)
    elif route.session is not None and way.routing != ROUND_ROBIN:
        yield problems.routing_contradicts(
            service=route.service, route="session", own=way.routing, span=route.span
        )


def _time(way: Way) -> Iterator[Diagnostic]:
    """Yield that long answers are cut off."""
    stated, long_s = way.route.timeout_s, way.serving.drain_s
    if stated is not None and stated < long_s:
        yield problems.answers_cut_off(
            service=way.route.service, timeout_s=stated, answer_s=long_s, span=way.route.span
        )


def _two_minds(ways: Sequence[Way]) -> Iterator[Diagnostic]:
    """Yield routes of which each wants another picker for one service."""
    first: dict[str, Way] = {}
    for way in ways:
        if way.is_picked:
            other = first.setdefault(way.serving.name, way)
            if other.routing != way.routing:
                yield problems.routing_contradicts(
                    service=way.route.service,
                    route=way.routing,
                    own=other.routing,
                    span=way.route.span,
                )


def _by_model(ways: Sequence[Way]) -> Iterator[Diagnostic]:
    """Yield services that a request cannot tell apart by its model, or too many of them."""
    for hosts in dict.fromkeys((way.gateway.name, way.route.hosts) for way in ways):
        chosen = [
            way
            for way in ways
            if way.route.by_model and (way.gateway.name, way.route.hosts) == hosts
        ]
        if len(chosen) > MAX_RULES:
            yield problems.too_many_models(
                have=len(chosen), most=MAX_RULES, span=chosen[0].route.span
            )
        seen: dict[str, Way] = {}
        for way in chosen:
            model = way.serving.plan.service.model_name
            first = seen.setdefault(model, way)
            if first is not way:
                yield problems.same_model(
                    services=(first.route.service, way.route.service),
                    model=model,
                    span=way.route.span,
                )
