"""Where callers come in: gateways with their routes, as values."""

from dataclasses import dataclass

from inferc.dsl import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a gateway proves its hosts with: a secret, filled by hand or by an issuer."""

    secret: str = ""
    """Its name; empty where an issuer makes it."""
    namespace: str = ""
    """Where the secret lives; empty for beside the gateway."""
    issuer: str = ""
    """The issuer of cert-manager; empty where the secret is filled by hand."""
    for_cluster: bool = True
    """Whether that issuer serves the whole cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of callers."""

    secret: str
    """Its name; each entry is the name of a caller, and the key."""
    header: str = ""
    """Where a request has the key; empty for where the clients of OpenAI put it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What keeps a caller at one replica."""

    kind: str
    """``header`` or ``cookie``."""
    name: str
    ttl_s: float | None = None
    """Of a cookie; None for as long as the caller keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Requests that go from a gateway to one service."""

    name: str
    service: str
    hosts: tuple[str, ...]
    """Never empty: its own, else those of the gateway."""
    paths: tuple[str, ...]
    """``/v1/chat/*`` for everything below, ``/v1/models`` for that alone."""
    rewrite: str = ""
    """What a service gets in place of the matched beginning of a path; empty for the same."""
    by_model: bool
    """Whether those requests come here that ask for the service's model by its name."""
    timeout_s: float | None
    idle_timeout_s: float | None
    retries: int | None
    routing: str
    """How requests are dealt out to the replicas; empty for whatever suits the service."""
    session: Session | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Where callers come in."""

    name: str
    port: int
    certificate: Certificate | None
    """None for traffic that is not encrypted, which the file must say."""
    keys: Keys | None
    """None where anybody may call."""
    gateway_class: str
    """Which controller runs it; empty for the cluster's own."""
    namespace: str
    """Where it lives; empty for beside the services."""
    routes: tuple[Route, ...]
    span: Span

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that callers use, each once, in the order of the routes."""
        return tuple(dict.fromkeys(host for route in self.routes for host in route.hosts))
