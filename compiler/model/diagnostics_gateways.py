"""What may be wrong with gateways and their routes."""

from typing import NamedTuple

from inferc.dsl import Diagnostic, Label, Severity, Span


class Problem(NamedTuple):
    """What is wrong with a text, and what to write instead where that is clear."""

    what: str
    instead: str


def bad_value(span: Span, *, field: str, value: str, problem: Problem) -> Diagnostic:
    """INF199: a host, a path or a header that no gateway could take."""
    return Diagnostic(
        code="INF199",
        slug="bad-gateway-value",
        message=f"`{_printable(value)}` is {problem.what}",
        span=span,
        label=f"this `{field}`",
        help=f"write `{problem.instead}`" if problem.instead else f"correct `{field}`",
    )


def said_twice(span: Span, *, field: str, value: str) -> Diagnostic:
    """INF206: a list of hosts or paths names one twice."""
    return Diagnostic(
        code="INF206",
        slug="host-taken",
        message=f"`{value}` stands twice in `{field}`",
        span=span,
        label="named twice",
        help="keep one of the two",
    )


def host_taken(span: Span, *, host: str, first: tuple[str, Span], second: str) -> Diagnostic:
    """INF206: two gateways answer for one host."""
    name, place = first
    return Diagnostic(
        code="INF206",
        slug="host-taken",
        message=f"`{second}` and `{name}` both answer for `{host}`",
        span=span,
        label=f"`{second}` has it",
        labels=(Label(place, f"`{name}` has it already"),),
        help="give one of them another host, or join both into one gateway",
    )


def leads_nowhere(span: Span, *, gateway: str) -> Diagnostic:
    """INF205: no request that comes in gets anywhere."""
    return Diagnostic(
        code="INF205",
        slug="gateway-without-routes",
        message=f"gateway `{gateway}` leads to no service",
        span=span,
        label="callers would find nothing here",
        help=f"write where requests go: `{gateway} -> chat`",
    )


def no_host(span: Span, *, gateway: str) -> Diagnostic:
    """INF211: nobody says by which name callers come."""
    return Diagnostic(
        code="INF211",
        slug="route-without-host",
        message=f"neither this route nor gateway `{gateway}` has a `host`",
        span=span,
        label="by which name do callers come?",
        help=f'add `host = "ai.example.com"` to `{gateway}`',
    )


def no_certificate(span: Span, *, gateway: str) -> Diagnostic:
    """INF210: nobody says how a gateway proves that it is the host."""
    return Diagnostic(
        code="INF210",
        slug="gateway-without-tls",
        message=f"gateway `{gateway}` does not say where its certificate comes from",
        span=span,
        label="no `tls`",
        notes=("prompts, answers and keys would be readable on the way",),
        help='add `tls = secret("my-tls")`, `tls = issuer("letsencrypt")` or, where something in '
        "front of it encrypts, `tls = none`",
    )


def keys_in_plain_text(span: Span, *, gateway: str) -> Diagnostic:
    """INF208: keys are sent over a connection that anybody on the way can read."""
    return Diagnostic(
        code="INF208",
        slug="keys-in-plain-text",
        message=f"gateway `{gateway}` asks for keys over connections that are not encrypted",
        span=span,
        label="`tls = none` with `auth = api_key(…)`",
        help='write `tls = secret("my-tls")` or `tls = issuer("letsencrypt")`',
    )


def anybody_may_call(span: Span, *, gateway: str) -> Diagnostic:
    """INF209: a gateway without keys, and no word that this is meant."""
    return Diagnostic(
        code="INF209",
        slug="gateway-without-keys",
        severity=Severity.WARNING,
        message=f"anybody who finds gateway `{gateway}` may use your accelerators",
        span=span,
        label="no `auth`",
        help='add `auth = api_key("my-keys")`, or `auth = none` where the network lets nobody else '
        "in",
    )


def all_paths(span: Span, *, service: str) -> Diagnostic:
    """INF212: a route hands out more than the API of its service."""
    return Diagnostic(
        code="INF212",
        slug="route-to-all-paths",
        severity=Severity.WARNING,
        message=f"callers get at everything that the engine of `{service}` answers, its metrics "
        "too",
        span=span,
        label="matches every path",
        help="leave `match` out for the paths of the service's API, or list those that you mean",
    )


def outside_api(span: Span, *, service: str, path: str, root: str) -> Diagnostic:
    """INF215: a route matches paths at which its service answers nothing."""
    return Diagnostic(
        code="INF215",
        slug="path-outside-api",
        severity=Severity.WARNING,
        message=f"`{service}` answers below `{root}`, and this route sends it `{path}`",
        span=span,
        label="the service would say that there is no such path",
        help='add `rewrite = "/"`, which takes the matched beginning off, or match what lies below '
        f"`{root}`",
    )


def ambiguous(span: Span, *, what: str, services: tuple[str, str], first: Span) -> Diagnostic:
    """INF207: two routes claim one request."""
    one, other = services
    both = f"`{one}` and `{other}`" if one != other else f"`{one}` twice"
    return Diagnostic(
        code="INF207",
        slug="ambiguous-routes",
        message=f"requests for `{what}` lead to {both}",
        span=span,
        label="claims them too",
        labels=(Label(first, "claims them first"),),
        help="give the routes different paths or hosts, or choose by `match = model`",
    )


def mixed_ways(span: Span, *, host: str, first: Span) -> Diagnostic:
    """INF207: of two routes of one host, one goes by the path and one by the model."""
    return Diagnostic(
        code="INF207",
        slug="ambiguous-routes",
        message=f"at `{host}`, one route goes by the model and another by the path",
        span=span,
        label="goes by the other",
        labels=(Label(first, "goes by one"),),
        help="choose by `match = model` in both, or in neither, or give them different hosts",
    )


def session_without_room(span: Span, *, service: str, routing: str) -> Diagnostic:
    """INF213: a route both pins callers to replicas and chooses a replica for each request."""
    return Diagnostic(
        code="INF213",
        slug="session-and-routing",
        message=f"the route to `{service}` cannot have both a `session` and `routing = {routing}`",
        span=span,
        label="which of them decides?",
        notes=("`prefix_aware` finds the replica that has seen a conversation by itself",),
        help="remove one of the two",
    )


def too_many(span: Span, *, what: str, have: int, most: int) -> Diagnostic:
    """INF214: more than one object of a gateway can hold."""
    return Diagnostic(
        code="INF214",
        slug="gateway-too-large",
        message=f"{what}: {have} are more than a gateway can hold, which is {most}",
        span=span,
        help="use a star, `*.example.com` or `/v1/*`, or share them out over several",
    )


def _printable(text: str) -> str:
    """Return ``text`` with escapes for what would break the line of a message."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
