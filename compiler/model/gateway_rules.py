"""What hosts, paths and headers may be, and which gateways contradict themselves or each other."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from inferc.compiler.model import diagnostics_gateways as report
from inferc.compiler.model.diagnostics_gateways import Problem
from inferc.dsl import Diagnostic

if TYPE_CHECKING:
    from inferc.compiler.model.gateway import Gateway, Route

Rule: TypeAlias = Callable[[str], Problem | None]
"""Says what is wrong with a text; None where nothing is."""

HOST = re.compile(
    r"(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII
)
"""A name of the DNS, with at most one star as its first label. Source: RFC 1123; Gateway API,
``Hostname``."""
HOST_LIMIT = 253
ADDRESS = re.compile(r"[0-9.]+", re.ASCII)
PATH = re.compile(r"/([-A-Za-z0-9/._~!$&'()+,;=:@]|%[0-9a-fA-F]{2})*", re.ASCII)
"""Source: RFC 3986, ``path-absolute``; Gateway API, ``HTTPPathMatch``."""
PATH_LIMIT = 1024
NEVER_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")
NEVER_AT_THE_END = ("/..", "/.")
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
"""Source: RFC 9110, ``token``."""
HEADER_LIMIT = 256
LAST_PORT = 65535
MAX_HOSTS = 64
"""Listeners of one gateway. Source: Gateway API, ``GatewaySpec.listeners``."""
MAX_HOSTS_OF_ROUTE = 16
"""Source: Gateway API, ``HTTPRouteSpec.hostnames``."""
MAX_PATHS = 64
"""Source: Gateway API, ``HTTPRouteRule.matches``."""
MAX_REWRITTEN = 16
"""Each takes a rule of its own. Source: Gateway API, ``HTTPRouteSpec.rules``."""
ALONE = "round_robin"
"""The way of dealing out that a session may be laid over: it looks at no replica."""


def wrong_host(text: str) -> Problem | None:
    """Return what is wrong with the name of a host."""
    plain = text.rstrip(".").lower()
    proposed = plain if plain != text and HOST.fullmatch(plain) else ""
    if ADDRESS.fullmatch(text):
        return Problem("no name of the DNS: an address has no certificate", "")
    if len(text) > HOST_LIMIT or not HOST.fullmatch(text):
        return Problem("no name of the DNS", proposed)
    return None


def wrong_path(text: str) -> Problem | None:
    """Return what is wrong with a path, which may end in ``/*``."""
    plain = text.removesuffix("*") if text.endswith("/*") else text
    if not text.startswith("/"):
        return Problem("no path: a path begins with `/`", f"/{text}")
    if "*" in plain:
        return Problem("no path: a star stands at the end, behind a `/`, or nowhere", "")
    if len(plain) > PATH_LIMIT or not PATH.fullmatch(plain):
        return Problem("no path", "")
    if any(part in plain for part in NEVER_IN_PATHS) or plain.endswith(NEVER_AT_THE_END):
        return Problem("no path that two programs read alike", "")
    return None


def wrong_rewrite(text: str, paths: Sequence[str]) -> Problem | None:
    """Return what is wrong with what stands in place of the matched beginnings of ``paths``."""
    if text.endswith("*"):
        return Problem("no path: what stands in place has no star", text.removesuffix("*"))
    if not paths or not all(path.endswith("/*") for path in paths):
        return Problem("in place of a beginning, and not every path of the route ends in `/*`", "")
    if len(paths) > MAX_REWRITTEN:
        return Problem(f"for more paths than a route can rewrite, which is {MAX_REWRITTEN}", "")
    return wrong_path(text)


def wrong_header(text: str) -> Problem | None:
    """Return what is wrong with the name of a header or a cookie."""
    if len(text) > HEADER_LIMIT or not HEADER.fullmatch(text):
        return Problem("no name of a header or cookie", "")
    return None


def problems(gateway: "Gateway") -> Iterator[Diagnostic]:
    """Yield what is contradictory in one gateway."""
    if gateway.keys is not None and gateway.certificate is None:
        yield report.keys_in_plain_text(gateway.span, gateway=gateway.name)
    if not 0 < gateway.port <= LAST_PORT:
        problem = Problem(f"no port: a port lies between 1 and {LAST_PORT}", "")
        yield report.bad_value(gateway.span, field="port", value=str(gateway.port), problem=problem)
    if len(gateway.hosts) > MAX_HOSTS:
        yield report.too_many(
            gateway.span, what=f"hosts of `{gateway.name}`", have=len(gateway.hosts), most=MAX_HOSTS
        )
    for route in gateway.routes:
        yield from _crowded(route)
        if route.session is not None and route.routing not in {"", ALONE}:
            yield report.session_without_room(
                route.span, service=route.service, routing=route.routing
            )
    yield from _clashes(gateway.routes)


def _crowded(route: "Route") -> Iterator[Diagnostic]:
    counts = (("hosts", route.hosts, MAX_HOSTS_OF_ROUTE), ("paths", route.paths, MAX_PATHS))
    for what, items, most in counts:
        if len(items) > most:
            whose = f"{what} of the route to `{route.service}`"
            yield report.too_many(route.span, what=whose, have=len(items), most=most)


def _clashes(routes: "Sequence[Route]") -> Iterator[Diagnostic]:
    """Yield routes that claim the same requests, and hosts that mix both ways of choosing."""
    taken: dict[tuple[str, str], Route] = {}
    ways: dict[str, Route] = {}
    for route in routes:
        for host in route.hosts:
            other = ways.setdefault(host, route)
            if other.by_model != route.by_model:
                yield report.mixed_ways(route.span, host=host, first=other.span)
            for path in (f"model of {route.service}",) if route.by_model else route.paths:
                first = taken.setdefault((host, path), route)
                if first is not route:
                    yield report.ambiguous(
                        route.span,
                        what=f"{host}{path}" if path.startswith("/") else path,
                        services=(first.service, route.service),
                        first=first.span,
                    )


def taken_hosts(gateways: "Sequence[Gateway]") -> Iterator[Diagnostic]:
    """Yield hosts that two gateways answer for at one port."""
    owners: dict[tuple[str, int], Gateway] = {}
    for gateway in gateways:
        for host in gateway.hosts:
            first = owners.setdefault((host, gateway.port), gateway)
            if first is not gateway:
                yield report.host_taken(
                    gateway.span, host=host, first=(first.name, first.span), second=gateway.name
                )
