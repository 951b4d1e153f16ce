"""Gateways with their routes, from blocks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inferc.compiler.model import diagnostics_gateways as report
from inferc.compiler.model import gateway_rules as rules
from inferc.compiler.model import values
from inferc.compiler.model.gateway import Certificate, Gateway, Keys, Route, Session
from inferc.compiler.resolve import CallValue, ResolvedBlock, Value, Word
from inferc.compiler.schema import BY_MODEL
from inferc.dsl import Diagnostic

if TYPE_CHECKING:
    from inferc.compiler.model.design import Service
    from inferc.compiler.model.network_service import NetworkService

HTTPS_PORT, HTTP_PORT = 443, 80


APIS: Mapping[str, str] = {
    "openai_chat": "/v1/*",
    "openai_completions": "/v1/*",
    "kserve_v2": "/v2/*",
}
"""Where each API lives: what lies beside it, such as metrics, is nobody's business outside."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a gateway must know of a service that it may lead to."""

    name: str
    api: str
    issuer: str
    """What the cluster that it runs in names; empty for nothing."""

    @classmethod
    def of(cls, service: "Service | NetworkService") -> "Served":
        """Return what a gateway must know of ``service``."""
        cluster = service.place.cluster
        stated = None if cluster is None else cluster.settings.get("issuer")
        return cls(service.name, service.api, "" if stated is None else stated.value)


def gateways(
    topology: ResolvedBlock, services: Sequence[Served], found: list[Diagnostic]
) -> tuple[Gateway, ...]:
    """Return the gateways of a topology that are sound; what is wrong with the others is reported.

    ``services`` are those that could be built: a route to another one is left out, silently.
    """
    known = {service.name: service for service in services}
    blocks = [block for block in topology.children if block.kind == "gateway"]
    built = tuple(_gateway(block, known, found) for block in blocks)
    found.extend(rules.taken_hosts(built))
    return built


def _gateway(block: ResolvedBlock, known: Mapping[str, Served], found: list[Diagnostic]) -> Gateway:
    before = len(found)
    hosts = _checked(block, "host", rules.wrong_host, found)
    children = [child for child in block.children if child.kind == "route"]
    routes = tuple(
        _route(child, block, (hosts, known[target]), found)
        for child in children
        if (target := _target(child)) in known
    )
    if not children:
        found.append(report.leads_nowhere(block.span, gateway=block.name))
    certificate = _certificate(block, [known[route.service] for route in routes], found)
    keys = _keys(block, found)
    built = Gateway(
        name=block.name,
        port=values.count_or(block, "port", HTTPS_PORT if certificate else HTTP_PORT),
        certificate=certificate,
        keys=keys,
        gateway_class=values.text_or(block, "gateway_class"),
        namespace=values.text_or(block, "namespace"),
        routes=routes,
        span=block.span,
    )
    if len(found) == before:
        found.extend(rules.problems(built))
        apis = {service.name: service.api for service in known.values()}
        found.extend(_open_doors(block, built, apis))
    return built


def _target(block: ResolvedBlock) -> str:
    """Return the name of the service that a route leads to; empty where that is reported."""
    found = block.fields.get("to")
    return "" if found is None else values.word(found.value).rpartition(".")[2]


def _route(
    block: ResolvedBlock,
    gateway: ResolvedBlock,
    ends: tuple[tuple[str, ...], Served],
    found: list[Diagnostic],
) -> Route:
    """Return a route; what it does not say, its gateway may. ``ends`` are hosts and service."""
    hosts, service = ends
    own = _checked(block, "host", rules.wrong_host, found)
    match = block.fields.get("match")
    by_model = match is not None and match.value == Word(BY_MODEL)
    paths = () if by_model else _checked(block, "match", rules.wrong_path, found)
    holders = (block, gateway)
    if not (own or hosts) and not ({"host"} & (block.fields.keys() | gateway.fields.keys())):
        found.append(report.no_host(block.span, gateway=gateway.name))
    return Route(
        name=block.name,
        service=service.name,
        hosts=own or hosts,
        paths=paths or (APIS.get(service.api, "/*"),),
        rewrite=_rewrite(block, paths, found),
        by_model=by_model,
        timeout_s=_amount(holders, "timeout"),
        idle_timeout_s=_amount(holders, "idle_timeout"),
        retries=_whole(holders, "retries"),
        routing=next(
            (values.text_or(item, "routing") for item in holders if "routing" in item.fields), ""
        ),
        session=_session(holders, found),
        span=block.span,
    )


def _rewrite(block: ResolvedBlock, paths: Sequence[str], found: list[Diagnostic]) -> str:
    """Return what a route puts in place of the beginning of a path; empty where it keeps it."""
    field = block.fields.get("rewrite")
    if field is None:
        return ""
    text = values.word(field.value)
    problem = rules.wrong_rewrite(text, paths)
    if problem is not None:
        found.append(report.bad_value(field.span, field="rewrite", value=text, problem=problem))
    return text


def _checked(
    block: ResolvedBlock, name: str, wrong: "rules.Rule", found: list[Diagnostic]
) -> tuple[str, ...]:
    """Return the texts of a field, each once, after reporting those that cannot be."""
    field = block.fields.get(name)
    if field is None:
        return ()
    texts = values.words(block, name)
    for text in dict.fromkeys(texts):
        problem = wrong(text)
        if problem is not None:
            found.append(report.bad_value(field.span, field=name, value=text, problem=problem))
    doubled = next((text for text in texts if texts.count(text) > 1), "")
    if doubled:
        found.append(report.said_twice(field.span, field=name, value=doubled))
    return tuple(dict.fromkeys(texts))


def _amount(holders: Sequence[ResolvedBlock], name: str) -> float | None:
    fields = (item.fields[name] for item in holders if name in item.fields)
    return next((values.amount(field.value) for field in fields), None)


def _whole(holders: Sequence[ResolvedBlock], name: str) -> int | None:
    found = _amount(holders, name)
    return None if found is None else int(found)


def _call(block: ResolvedBlock, name: str) -> CallValue | None:
    """Return the constructor in a field; None where it says ``none`` or nothing."""
    field = block.fields.get(name)
    return field.value if field is not None and isinstance(field.value, CallValue) else None


def _text(call: CallValue, name: str) -> str:
    value: Value | None = call.arguments.get(name)
    return "" if value is None else values.word(value)


def _certificate(
    block: ResolvedBlock, services: Sequence[Served], found: list[Diagnostic]
) -> Certificate | None:
    """Return what a gateway proves itself with; that nobody says it is reported."""
    call = _call(block, "tls")
    if call is None:
        if "tls" in block.fields:
            return None
        issuer = next((service.issuer for service in services if service.issuer), "")
        if issuer:
            return Certificate(issuer=issuer)
        if services:
            found.append(report.no_certificate(block.span, gateway=block.name))
        return None
    name = _text(call, "name")
    if call.name == "issuer":
        return Certificate(issuer=name, for_cluster=_text(call, "scope") != "namespace")
    return Certificate(secret=name, namespace=_text(call, "namespace"))


def _keys(block: ResolvedBlock, found: list[Diagnostic]) -> Keys | None:
    call = _call(block, "auth")
    if call is None:
        return None
    header = _text(call, "header")
    _check_header(block, "auth", header, found)
    return Keys(secret=_text(call, "secret"), header=header.lower())


def _session(holders: Sequence[ResolvedBlock], found: list[Diagnostic]) -> Session | None:
    for block in holders:
        call = _call(block, "session")
        if call is None:
            continue
        name, ttl = _text(call, "name"), call.arguments.get("ttl")
        if block is holders[0] or "session" not in holders[0].fields:
            _check_header(block, "session", name, found)
        return Session(kind=call.name, name=name, ttl_s=None if ttl is None else values.amount(ttl))
    return None


def _check_header(block: ResolvedBlock, field: str, name: str, found: list[Diagnostic]) -> None:
    problem = rules.wrong_header(name) if name else None
    if problem is not None:
        span = block.fields[field].span
        wrong = report.bad_value(span, field=field, value=name, problem=problem)
        if wrong.message not in {item.message for item in found if item.span == span}:
            found.append(wrong)


def _open_doors(
    block: ResolvedBlock, built: Gateway, apis: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Yield what a gateway lets in without a word that this is meant, or lets in for nothing."""
    if built.keys is None and "auth" not in block.fields:
        yield report.anybody_may_call(block.span, gateway=block.name)
    for route in built.routes:
        if any(path in {"/", "/*"} for path in route.paths):
            yield report.all_paths(route.span, service=route.service)
        root = APIS.get(apis[route.service], "/*").removesuffix("*")
        outside = [path for path in route.paths if not path.startswith(root)]
        if outside and not route.rewrite and "/" not in outside and "/*" not in outside:
            yield report.outside_api(
                route.span, service=route.service, path=outside[0], root=f"{root}*"
            )
