"""Where callers come in: gateways, and the routes from them to services."""

from inferc.compiler.schema.build import (
    TEXT,
    call,
    constructor,
    count,
    field,
    kind,
    later,
    listed,
    part,
    positive,
    ref,
    words,
)
from inferc.compiler.schema.spec import Constructor, Field, Kind, Types
from inferc.compiler.units import TIME

BY_MODEL = "model"
"""The word of `match` that sends a request to the service whose model it asks for."""

NOTHING = "none"
"""What is said of `tls` and `auth` where there is to be none."""

DEALT_OUT = ("round_robin", "least_outstanding", "prefix_aware")
"""How a gateway may deal requests out: in turn, to the replica with the fewest, to the one that
holds most of the prompt."""

ISSUERS = ("cluster", "namespace")
"""Where an issuer of certificates lives: for the whole cluster, or beside the gateway."""

_TEXTS: Types = TEXT + listed(TEXT)

_TRAFFIC: tuple[Field, ...] = (
    field("timeout", positive(TIME), "How long a request may take; absent: from the plan."),
    field(
        "idle_timeout", positive(TIME), "How long a stream may be silent; absent: from the plan."
    ),
    field("retries", count(low=0), "How often a request that reached no engine is sent again."),
    field(
        "routing",
        words(*DEALT_OUT),
        "How requests are dealt out; absent: by the state of the replicas, where it is known.",
    ),
    field("session", call("header", "cookie"), "What keeps a caller at one replica."),
)
"""What a gateway may say of all its routes, and a route of itself."""

GATEWAY = kind(
    "gateway",
    "Where callers come in: hosts, certificates, keys, and which service gets which request.",
    field("host", _TEXTS, "Names that callers use; a route may have others."),
    field("tls", call("secret", "issuer") + words(NOTHING), "Where the certificate comes from."),
    field("auth", call("api_key") + words(NOTHING), "Who may call."),
    field("gateway_class", TEXT, "Which controller runs it; absent: the cluster's."),
    field("namespace", TEXT, "Where it lives; absent: beside the services."),
    field("port", count(), "Where it listens; absent: 443, without `tls` 80."),
    _TRAFFIC,
    part("route", many=True),
    *(part(name, many=True) for name in ("audit", "redact", "tenant")),
    later("limits", "region", "via"),
)

ROUTE = kind(
    "route",
    "Requests that go to one service: `edge -> chat { … }`, or a block of the gateway.",
    field("to", ref("service"), "The service that answers them.", required=True),
    field(
        "match",
        _TEXTS + words(BY_MODEL),
        "Paths, or `model`: the one that a request asks for; absent: all of the service's API.",
    ),
    field("host", _TEXTS, "Names that callers use; absent: those of the gateway."),
    field(
        "rewrite",
        TEXT,
        "What the service gets in place of a matched beginning; absent: the path stays.",
    ),
    _TRAFFIC,
    later("weight", "shadow", "priority", "limits"),
)

GATEWAY_KINDS: tuple[Kind, ...] = (GATEWAY, ROUTE)

GATEWAY_CONSTRUCTORS: tuple[Constructor, ...] = (
    constructor(
        "secret",
        "A secret by its name; what is in it never stands in a file.",
        field("name", TEXT, "Its name.", required=True),
        field("namespace", TEXT, "Where it lives; absent: beside the gateway."),
    ),
    constructor(
        "issuer",
        "Certificates that cert-manager has made and renews.",
        field("name", TEXT, "Its name.", required=True),
        field("scope", words(*ISSUERS), "Where it lives; absent: `cluster`."),
    ),
    constructor(
        "api_key",
        "Keys of callers, one for each, in a secret.",
        field(
            "secret",
            TEXT,
            "Its name: each entry is the name of a caller, and the key.",
            required=True,
        ),
        field("header", TEXT, "Where a request has it; absent: where OpenAI's clients put it."),
    ),
    constructor(
        "header",
        "A header of requests.",
        field("name", TEXT, "Its name.", required=True),
    ),
    constructor(
        "cookie",
        "A cookie that the gateway sets.",
        field("name", TEXT, "Its name.", required=True),
        field("ttl", positive(TIME), "How long it is kept; absent: as long as the session."),
    ),
)
