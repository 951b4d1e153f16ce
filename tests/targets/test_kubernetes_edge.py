"""Gateways on Kubernetes: what is emitted for which route, and that an API server would take it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import gateways, kubernetes, topologies
from support.crds import problems as custom_problems
from support.crds import schema_of, with_defaults
from support.gateways import gateway, route, routed_chat
from support.kubernetes import crd_folder, native_problems, one

from inferc.compiler.model.gateway import Certificate, Keys, Session
from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import Manifest, build_objects
from inferc.targets.kubernetes.objects.edge import picker
from inferc.targets.versions import KUBERNETES

EDGE_KINDS = {
    "AIGatewayRoute",
    "BackendTrafficPolicy",
    "ClientTrafficPolicy",
    "Gateway",
    "HTTPRoute",
    "InferenceObjective",
    "InferencePool",
    "ReferenceGrant",
    "SecurityPolicy",
}


BY_HAND = Certificate(secret="edge-tls")  # noqa: S106 - a name
WILD = Certificate(secret="wild", namespace="certs")  # noqa: S106 - a name
OWN_HEADER = Keys(secret="edge-keys", header="x-key")  # noqa: S106 - a name


@cache
def two() -> Topology:
    """Return two services behind one gateway, told apart by the model."""
    base = topologies.two_services()
    names = [plan.service.name for plan in base.services]
    routes = [route(name, by_model=True, paths=("/v1/*",)) for name in names]
    return gateways.behind(base, gateway(*routes))


@cache
def shapes() -> Mapping[str, Topology]:
    """Return topologies behind every kind of gateway."""
    names = [plan.service.name for plan in topologies.two_services().services]
    return {
        "plain": routed_chat(),
        "in_turn": routed_chat(route(routing="round_robin")),
        "fewest": routed_chat(route(routing="least_outstanding")),
        "session": routed_chat(route(session=Session(kind="header", name="x-session-id"))),
        "cookie": routed_chat(route(session=Session(kind="cookie", name="s", ttl_s=3600.0))),
        "open": routed_chat(keys=None, certificate=None, port=8080),
        "issued": routed_chat(certificate=Certificate(issuer="le", for_cluster=False)),
        "granted": routed_chat(certificate=WILD),
        "elsewhere": routed_chat(namespace="infra", gateway_class="shared"),
        "header": routed_chat(keys=OWN_HEADER),
        "times": routed_chat(route(timeout_s=1200.0, idle_timeout_s=60.0, retries=0)),
        "paths": routed_chat(route(paths=("/v1/chat/*", "/v1/models", "/*"))),
        "hosts": routed_chat(route(hosts=("a.example.com", "*.b.example.com"))),
        "two_gateways": gateways.behind(
            topologies.support_chat(),
            gateway(),
            gateway(route(hosts=("in.example.com",)), name="inner", keys=None),
        ),
        "by_path": gateways.behind(
            topologies.two_services(),
            gateway(
                *(route(name, paths=(f"/{name}/*", f"/x/{name}/*"), rewrite="/") for name in names)
            ),
        ),
        "by_model": two(),
        "groups": gateways.behind(topologies.pipelined(), gateway(route(routing="prefix_aware"))),
    }


def made(topology: Topology) -> tuple[Manifest, ...]:
    assert not kubernetes.errors(topology, {})
    manifests = build_objects(topology, {})
    assert [item.message for item in check(manifests, topology, {})] == []
    return manifests


def of(manifests: tuple[Manifest, ...], kind: str, name: str = "") -> list[dict[str, Any]]:
    return [
        one.document() for one in manifests if one.kind == kind and (not name or one.name == name)
    ]


@pytest.fixture(scope="module")
def crds() -> Path:
    folder = crd_folder()
    if folder is None:
        pytest.skip(f"set {kubernetes.CRD_FOLDER_VARIABLE} to a folder with CRDs")
    return folder


@pytest.mark.parametrize("name", shapes())
def test_an_api_server_takes_every_object(name: str, crds: Path):
    documents = [
        item.document() for item in made(shapes()[name]) if item.kind in EDGE_KINDS | {"PodMonitor"}
    ]
    assert {item["kind"] for item in documents} >= {"Gateway", "ClientTrafficPolicy"}
    assert [problem for item in documents for problem in custom_problems(item, crds)] == []


def filled_in(before: object, after: object, path: str = "", *, listed: bool = False) -> list[str]:
    """Return the places inside lists where a default was filled in."""
    if isinstance(after, dict):
        known = before if isinstance(before, dict) else {}
        return [
            place
            for key, item in after.items()
            for place in (
                filled_in(known[key], item, f"{path}/{key}", listed=listed)
                if key in known
                else [f"{path}/{key}"] * listed
            )
        ]
    if isinstance(after, list) and isinstance(before, list):
        pairs = enumerate(zip(before, after, strict=True))
        return [
            place
            for number, (one_, other) in pairs
            for place in filled_in(one_, other, f"{path}/{number}", listed=True)
        ]
    return []


@pytest.mark.parametrize("name", ["plain", "in_turn", "by_model", "granted"])
def test_a_second_apply_finds_nothing_that_the_server_filled_in(name: str, crds: Path):
    """Found by a real API server: `kubectl apply` sends a list again that it finds grown."""
    for item in made(shapes()[name]):
        if item.kind in EDGE_KINDS:
            document = json.loads(json.dumps(item.document()))
            schema = schema_of(item.api_version, item.kind, crds)
            assert schema is not None
            assert filled_in(document, with_defaults(schema, document)) == []


@pytest.mark.parametrize("name", ["plain", "by_model", "groups"])
def test_the_objects_of_kubernetes_itself_are_strictly_valid(name: str):
    documents = [item.document() for item in made(shapes()[name])]
    native = [item for item in documents if kubernetes.is_native(item)]
    assert {"Role", "RoleBinding", "ConfigMap"} <= {item["kind"] for item in native}
    found = [problem for item in native for problem in native_problems(item, KUBERNETES.version)]
    assert found == []


def test_without_a_gateway_nothing_of_it_is_emitted():
    kinds = {item.kind for item in build_objects(topologies.support_chat(), {})}
    assert not kinds & (EDGE_KINDS | {"Role", "RoleBinding"})


# ---- who chooses the replica ----


@pytest.mark.parametrize(
    ("name", "backend", "balancer"),
    [
        ("plain", "InferencePool", None),
        ("fewest", "InferencePool", None),
        ("in_turn", "Service", {"type": "RoundRobin"}),
        (
            "session",
            "Service",
            {
                "type": "ConsistentHash",
                "consistentHash": {"type": "Header", "header": {"name": "x-session-id"}},
            },
        ),
        (
            "cookie",
            "Service",
            {
                "type": "ConsistentHash",
                "consistentHash": {"type": "Cookie", "cookie": {"name": "s", "ttl": "3600s"}},
            },
        ),
    ],
)
def test_a_pool_is_there_where_somebody_looks_at_the_replicas(
    name: str, backend: str, balancer: object
):
    manifests = made(shapes()[name])
    (rule,) = one(manifests, "HTTPRoute")["spec"]["rules"]
    assert [item["kind"] for item in rule["backendRefs"]] == [backend]
    policy = one(manifests, "BackendTrafficPolicy")["spec"]
    assert policy.get("loadBalancer") == balancer
    assert len(of(manifests, "InferencePool")) == (backend == "InferencePool")
    assert len(of(manifests, "Deployment", "chat-picker")) == (backend == "InferencePool")


def test_one_replica_needs_nobody_who_chooses():
    manifests = made(gateways.behind(topologies.with_idle()))
    (rule,) = one(manifests, "HTTPRoute")["spec"]["rules"]
    assert rule["backendRefs"] == [
        {"group": "", "kind": "Service", "name": "chat", "port": 80, "weight": 1}
    ]


def test_a_line_of_the_service_decides_where_the_gateway_says_nothing():
    asked = gateways.asking(routed_chat(), "least_outstanding")
    (config,) = of(made(asked), "ConfigMap", "chat-picker")
    chosen = yaml.safe_load(config["data"]["picker.yaml"])["schedulingProfiles"][0]["plugins"]
    assert chosen[0] == {"pluginRef": "active-request-scorer", "weight": 1}
    assert "INF617" in kubernetes.errors(replace(asked, gateways=()), {})


def test_each_rewritten_beginning_has_a_rule_of_its_own():
    for document in of(made(shapes()["by_path"]), "HTTPRoute"):
        rules = document["spec"]["rules"]
        assert [len(rule["matches"]) for rule in rules] == [1, 1]
        for rule in rules:
            assert rule["filters"][-1] == {
                "type": "URLRewrite",
                "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
            }


def test_two_gateways_share_one_picker():
    manifests = made(shapes()["two_gateways"])
    assert len(of(manifests, "InferencePool")) == 1
    assert len(of(manifests, "HTTPRoute")) == 2


def test_by_model_each_service_is_a_rule_of_one_route():
    manifests = made(two())
    (found,) = of(manifests, "AIGatewayRoute")
    models = [
        rule["matches"][0]["headers"][0] | {"to": rule["backendRefs"][0]["name"]}
        for rule in found["spec"]["rules"]
    ]
    assert models == [
        {
            "type": "Exact",
            "name": "x-ai-eg-model",
            "value": plan.service.model_name,
            "to": plan.service.name,
        }
        for plan in two().services
    ]
    assert of(manifests, "HTTPRoute") == []
    assert len(of(manifests, "InferencePool")) == 2


# ---- certificates, keys, headers ----


def test_each_host_has_a_listener_with_the_certificate():
    found = one(made(shapes()["hosts"]), "Gateway")["spec"]["listeners"]
    assert [(item["name"], item["hostname"]) for item in found] == [
        ("https-1", "a.example.com"),
        ("https-2", "*.b.example.com"),
    ]
    assert {item["tls"]["certificateRefs"][0]["name"] for item in found} == {"edge-tls"}


@pytest.mark.parametrize(
    ("certificate", "annotation"),
    [
        (Certificate(issuer="le"), {"cert-manager.io/cluster-issuer": "le"}),
        (Certificate(issuer="le", for_cluster=False), {"cert-manager.io/issuer": "le"}),
        (BY_HAND, None),
    ],
)
def test_an_issuer_is_asked_by_annotation(certificate: Certificate, annotation: object):
    found = one(made(routed_chat(certificate=certificate)), "Gateway")
    assert found["metadata"].get("annotations") == annotation


def test_a_certificate_of_another_namespace_needs_a_grant_there():
    grant = one(made(shapes()["granted"]), "ReferenceGrant")
    assert grant["metadata"]["namespace"] == "certs"
    assert grant["spec"] == {
        "from": [
            {
                "group": "gateway.networking.k8s.io",
                "kind": "Gateway",
                "namespace": "support-chat",
            }
        ],
        "to": [{"group": "", "kind": "Secret", "name": "wild"}],
    }


def test_a_gateway_elsewhere_takes_routes_of_the_services_namespace_only():
    manifests = made(shapes()["elsewhere"])
    found = one(manifests, "Gateway")
    assert found["metadata"]["namespace"] == "infra"
    assert found["spec"]["gatewayClassName"] == "shared"
    (listener,) = found["spec"]["listeners"]
    assert listener["allowedRoutes"]["namespaces"] == {
        "from": "Selector",
        "selector": {"matchLabels": {"kubernetes.io/metadata.name": "support-chat"}},
    }
    (parent,) = one(manifests, "HTTPRoute")["spec"]["parentRefs"]
    assert parent["namespace"] == "infra"
    assert one(manifests, "SecurityPolicy")["metadata"]["namespace"] == "infra"
    assert one(manifests, "BackendTrafficPolicy")["metadata"]["namespace"] == "support-chat"


def test_the_engine_learns_whose_key_it_was_and_nobody_can_pretend():
    manifests = made(shapes()["plain"])
    auth = one(manifests, "SecurityPolicy")["spec"]["apiKeyAuth"]
    assert auth["sanitize"] is True
    removed = one(manifests, "ClientTrafficPolicy")["spec"]["headers"]["earlyRequestHeaders"]
    assert auth["forwardClientIDHeader"] in removed["remove"]
    (rule,) = one(manifests, "HTTPRoute")["spec"]["rules"]
    believed = {item["name"] for item in rule["filters"][0]["requestHeaderModifier"]["set"]}
    assert believed <= set(removed["remove"])


def test_without_keys_anybody_may_call():
    assert of(made(shapes()["open"]), "SecurityPolicy") == []
    (listener,) = one(made(shapes()["open"]), "Gateway")["spec"]["listeners"]
    assert (listener["protocol"], listener["port"], "tls" in listener) == ("HTTP", 8080, False)


def test_secrets_are_named_and_never_emitted():
    manifests = made(shapes()["granted"])
    assert "Secret" not in {item.kind for item in manifests}
    (readme,) = [
        item.content.decode()
        for item in TARGET.emit(shapes()["granted"], {}).artifacts
        if item.path == "README.md"
    ]
    assert "kubectl -n certs create secret tls wild" in readme
    assert "kubectl -n support-chat create secret generic edge-keys" in readme


# ---- times ----


def test_times_are_those_of_the_file():
    manifests = made(shapes()["times"])
    (rule,) = one(manifests, "HTTPRoute")["spec"]["rules"]
    assert rule["timeouts"] == {"request": "1200s"}
    policy = one(manifests, "BackendTrafficPolicy")["spec"]
    assert policy["timeout"] == {"http": {"streamIdleTimeout": "60s"}}
    assert policy["retry"]["numRetries"] == 0


def test_an_answer_that_is_not_streamed_may_be_silent_until_it_is_there():
    manifests = made(shapes()["plain"])
    (rule,) = one(manifests, "HTTPRoute")["spec"]["rules"]
    silent = one(manifests, "BackendTrafficPolicy")["spec"]["timeout"]["http"]["streamIdleTimeout"]
    assert silent == rule["timeouts"]["request"]
    client = one(manifests, "ClientTrafficPolicy")["spec"]["timeout"]["http"]["streamIdleTimeout"]
    assert client == silent


def test_more_requests_get_through_than_all_replicas_compute():
    policy = one(made(shapes()["plain"]), "BackendTrafficPolicy")["spec"]["circuitBreaker"]
    (plan,) = shapes()["plain"].services
    computed = plan.configuration.max_num_seqs * plan.configuration.replicas
    assert min(policy.values()) >= max(1024, 2 * computed)


# ---- the picker ----


def test_the_picker_has_only_flags_that_it_knows():
    (found,) = of(made(shapes()["plain"]), "Deployment", "chat-picker")
    (container,) = found["spec"]["template"]["spec"]["containers"]
    flags = {word.removeprefix("--").partition("=")[0] for word in container["args"]}
    assert flags <= picker.FLAGS
    assert all(word.startswith("--") and "=" in word for word in container["args"])


def test_the_pool_has_the_engines_alone_and_the_picker_their_port():
    manifests = made(shapes()["groups"])
    pool = one(manifests, "InferencePool")["spec"]
    workload = one(manifests, "LeaderWorkerSet")["spec"]["leaderWorkerTemplate"]
    leader = workload["leaderTemplate"]["metadata"]["labels"]
    worker = workload["workerTemplate"]["metadata"]["labels"]
    wanted = pool["selector"]["matchLabels"].items()
    assert wanted <= leader.items()
    assert not wanted <= worker.items()
    assert pool["targetPorts"] == [{"number": 8000}]


def test_another_picker_is_started_when_what_it_weighs_changes():
    one_, other = (
        of(made(shapes()[name]), "Deployment", "chat-picker")[0]["spec"]["template"]["metadata"]
        for name in ("plain", "fewest")
    )
    assert one_["annotations"] != other["annotations"]


@pytest.mark.parametrize(
    ("rate_per_s", "replicas", "measured"), [(5.0, 100, 3.82), (98.8, 100, 46.5)]
)
def test_a_picker_has_the_cores_that_were_measured(
    rate_per_s: float, replicas: int, measured: float
):
    serving = gateways.loaded(rate_per_s, 100_000.0, replicas=replicas)
    assert measured <= picker.cpus(serving) <= 3 * measured


def test_a_small_service_has_a_small_picker():
    assert picker.cpus(gateways.loaded(1.0, 500.0, replicas=2)) == 1


def test_what_promises_nothing_waits_first():
    (found,) = of(made(shapes()["plain"]), "InferenceObjective")
    assert found["spec"]["priority"] == 1
    wish = gateways.behind(gateways.wishing(topologies.support_chat()))
    (found,) = of(made(wish), "InferenceObjective")
    assert found["spec"]["priority"] == 0


# ---- fences ----


def test_the_picker_may_be_asked_by_the_gateway_and_may_ask_the_engines():
    manifests = made(shapes()["plain"])
    (fence,) = of(manifests, "NetworkPolicy", "chat-picker")
    sources = {
        rule["from"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]: [
            port["port"] for port in rule["ports"]
        ]
        for rule in fence["spec"]["ingress"]
    }
    assert sources == {"envoy-gateway-system": ["grpc"], "monitoring": ["metrics"]}
    (inner,) = of(manifests, "NetworkPolicy", "chat-engine-from-picker")
    (rule,) = inner["spec"]["ingress"]
    asking = rule["from"][0]["podSelector"]["matchLabels"]
    (deployment,) = of(manifests, "Deployment", "chat-picker")
    assert asking.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert rule["ports"] == [{"port": "http", "protocol": "TCP"}]
