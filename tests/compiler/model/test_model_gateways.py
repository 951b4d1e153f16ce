"""Gateways of a file: what they mean, and what is wrong with those that cannot be."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.gateways import EDGE, design_of, problems_of, text_of

from inferc.compiler.model.gateway import Certificate, Gateway, Keys, Route, Session
from inferc.compiler.model.gateway_rules import wrong_header, wrong_host, wrong_path

ROUTED = EDGE + "  edge -> chat\n"


def gateways(body: str, env: str = "") -> tuple[Gateway, ...]:
    return design_of(text_of(body), env=env).gateways


def route_of(body: str, env: str = "") -> Route:
    ((found,),) = [one.routes for one in gateways(body, env)]
    return found


def test_a_file_without_gateways_has_none():
    assert gateways("") == ()


def test_what_nobody_says_is_left_to_the_target():
    (found,) = gateways(ROUTED)
    assert (found.name, found.port, found.hosts) == ("edge", 443, ("ai.example.com",))
    assert found.certificate == Certificate(secret="edge-tls")  # noqa: S106 - a name
    assert found.keys == Keys(secret="edge-keys")  # noqa: S106 - a name
    (route,) = found.routes
    assert (route.service, route.paths, route.by_model) == ("chat", ("/v1/*",), False)
    assert (route.timeout_s, route.idle_timeout_s, route.retries) == (None, None, None)
    assert (route.routing, route.session) == ("", None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('match = "/v1/chat/*"', {"paths": ("/v1/chat/*",)}),
        ('match = ["/a", "/b/*"]', {"paths": ("/a", "/b/*")}),
        ("match = model", {"by_model": True}),
        ('match = "/draft/*"; rewrite = "/"', {"paths": ("/draft/*",), "rewrite": "/"}),
        ('host = "chat.example.com"', {"hosts": ("chat.example.com",)}),
        ("timeout = 10min", {"timeout_s": 600.0}),
        ("idle_timeout = 90s", {"idle_timeout_s": 90.0}),
        ("retries = 0", {"retries": 0}),
        ("routing = least_outstanding", {"routing": "least_outstanding"}),
        ('session = header("x-id")', {"session": Session(kind="header", name="x-id")}),
        (
            'session = cookie("id", ttl = 1h)',
            {"session": Session(kind="cookie", name="id", ttl_s=3600.0)},
        ),
    ],
)
def test_a_route_says_it_for_itself_or_its_gateway_for_all(
    line: str, expected: Mapping[str, object]
):
    own = route_of(EDGE + f"  edge -> chat {{ {line} }}\n")
    assert {name: getattr(own, name) for name in expected} == expected
    if "match" not in line and "host" not in line:
        shared = route_of(EDGE.replace("  }\n", f"    {line}\n  }}\n") + "  edge -> chat\n")
        assert {name: getattr(shared, name) for name in expected} == expected


def test_a_route_wins_over_its_gateway():
    body = EDGE.replace("  }\n", "    timeout = 1min\n  }\n")
    assert route_of(body + "  edge -> chat { timeout = 2min }\n").timeout_s == 120.0


def test_a_route_may_be_written_as_a_block_of_the_gateway():
    block = EDGE.replace("  }\n", '    route talk { to = chat; match = "/t/*" }\n  }\n')
    found = route_of(block)
    assert (found.name, found.service, found.paths) == ("talk", "chat", ("/t/*",))


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        ('secret("a")', Certificate(secret="a")),  # noqa: S106 - a name
        ('secret("a", namespace = "b")', Certificate(secret="a", namespace="b")),  # noqa: S106
        ('issuer("le")', Certificate(issuer="le")),
        ('issuer("le", scope = namespace)', Certificate(issuer="le", for_cluster=False)),
    ],
)
def test_a_certificate_is_a_secret_or_comes_from_an_issuer(tls: str, expected: Certificate):
    (found,) = gateways(ROUTED.replace('secret("edge-tls")', tls))
    assert found.certificate == expected


def test_an_issuer_of_the_cluster_serves_gateways_that_name_none():
    body = ROUTED.replace('    tls  = secret("edge-tls")\n', "")
    text = text_of(body).replace("cluster dc1 {", 'cluster dc1 {\n    issuer = "corp"')
    (found,) = design_of(text).gateways
    assert found.certificate == Certificate(issuer="corp")


def test_an_overlay_changes_gateways_and_routes():
    dev = """
  env dev {
    edge.auth = none
    edge -> chat { timeout = 5min }
    edge.chat.retries = 1
    edge -> coder { match = "/code/*" }
  }
"""
    (found,) = gateways(ROUTED + dev, env="dev")
    assert found.keys is None
    assert [(route.service, route.timeout_s, route.retries) for route in found.routes] == [
        ("chat", 300.0, 1),
        ("coder", None, None),
    ]
    (plain,) = gateways(ROUTED + dev)
    assert len(plain.routes) == 1


def test_a_loop_makes_routes():
    body = EDGE + "  for s in [chat, coder] { edge -> s { match = model } }\n"
    ((chat, coder),) = [one.routes for one in gateways(body)]
    assert [(one.name, one.service) for one in (chat, coder)] == [
        ("chat", "chat"),
        ("coder", "coder"),
    ]


def edge(**fields: str) -> str:
    """Return a gateway with other fields; an empty one is left out."""
    written = {
        "host": '"ai.example.com"',
        "tls": 'secret("edge-tls")',
        "auth": 'api_key("edge-keys")',
    } | fields
    lines = "".join(f"    {name} = {value}\n" for name, value in written.items() if value)
    return f"  gateway edge {{\n{lines}  }}\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (edge(), ["INF205"]),
        (edge(host='"Ai.Example.com"') + "  edge -> chat\n", ["INF199"]),
        (edge(host='"10.0.0.1"') + "  edge -> chat\n", ["INF199"]),
        (edge(host='"a_b.com"') + "  edge -> chat\n", ["INF199"]),
        (edge(host='"a.com:8443"') + "  edge -> chat\n", ["INF199"]),
        (edge(host="") + "  edge -> chat\n", ["INF211"]),
        (edge(host='["a.com", "a.com"]') + "  edge -> chat\n", ["INF206"]),
        (edge(tls="") + "  edge -> chat\n", ["INF210"]),
        (edge(tls="none") + "  edge -> chat\n", ["INF208"]),
        (edge(tls="none", auth="none") + "  edge -> chat\n", []),
        (edge(auth="") + "  edge -> chat\n", ["INF209"]),
        (edge(auth="none") + "  edge -> chat\n", []),
        (edge(auth='api_key("k", header = "x y")') + "  edge -> chat\n", ["INF199"]),
        (edge(auth='oidc(issuer = "x")') + "  edge -> chat\n", ["INF190"]),
        (edge(port="70000") + "  edge -> chat\n", ["INF199"]),
        (edge(limits='"x"') + "  edge -> chat\n", ["INF190"]),
        (edge() + '  edge -> chat { match = "v1" }\n', ["INF199"]),
        (edge() + '  edge -> chat { match = "/a*" }\n', ["INF199"]),
        (edge() + '  edge -> chat { match = "/a//b" }\n', ["INF199"]),
        (edge() + '  edge -> chat { match = "/*" }\n', ["INF212"]),
        (edge() + '  edge -> chat { match = "/draft/*" }\n', ["INF215"]),
        (edge() + '  edge -> chat { match = "/v1/models"; rewrite = "/" }\n', ["INF199"]),
        (edge() + '  edge -> chat { match = "/d/*"; rewrite = "/*" }\n', ["INF199"]),
        (edge() + '  edge -> chat { match = model; rewrite = "/" }\n', ["INF199"]),
        (edge() + '  edge -> chat { rewrite = "/" }\n', ["INF199"]),
        (edge() + "  edge -> chat { weight = 95% }\n", ["INF190"]),
        (edge() + "  edge -> chat\n  edge -> coder\n", ["INF207"]),
        (
            edge() + '  edge -> chat { match = model }\n  edge -> coder { match = "/v1/c/*" }\n',
            ["INF207"],
        ),
        (
            edge() + "  edge -> chat { match = model }\n  edge -> coder { match = model }\n",
            [],
        ),
        (edge() + "  edge -> chat\n  edge -> chat\n", ["INF105"]),
        (edge() + "  edge -> chat -> coder\n", ["INF190"]),
        (edge() + "  chat -> coder\n  edge -> chat\n", ["INF190"]),
        (edge() + "  edge -> dc1\n", ["INF135"]),
        (edge() + "  edge -> nobody\n", ["INF101"]),
        (
            edge() + edge().replace("edge", "inner") + "  edge -> chat\n  inner -> coder\n",
            ["INF206"],
        ),
        (
            edge(routing="prefix_aware", session='header("x")') + "  edge -> chat\n",
            ["INF213"],
        ),
        (
            edge(host=str([f"h{n}.com" for n in range(17)]).replace("'", '"')) + "  edge -> chat\n",
            ["INF214"],
        ),
    ],
)
def test_what_is_wrong_is_said(body: str, expected: list[str]):
    assert problems_of(text_of(body)) == expected


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_is_taken_or_refused(text: str):
    for rule in (wrong_host, wrong_path, wrong_header):
        found = rule(text)
        if found is not None and found.instead and rule is not wrong_path:
            assert rule(found.instead) is None


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda text: not text.isdecimal()
)


@given(st.lists(LABEL, min_size=2, max_size=5), st.booleans())
@settings(deadline=None)
def test_names_of_the_dns_are_hosts(labels: list[str], star: bool):
    host = ".".join([*(["*"] if star else []), *labels])
    assert wrong_host(host) is None
    assert wrong_host(f"{host}:443") is not None
    assert wrong_host(f"{host}/") is not None
    assert wrong_host(f"{host}\n") is not None
