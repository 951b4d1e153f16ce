"""Each rule about gateways catches an object that breaks it, and refusals say why."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from support import gateways, kubernetes, topologies
from support.gateways import gateway, route, routed_chat

from inferc.compiler.model.gateway import Certificate
from inferc.compiler.topology import Topology
from inferc.dsl import Severity
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.objects import Manifest, build_objects, refuse

Objects = tuple[Manifest, ...]
WILD = Certificate(secret="wild", namespace="certs")  # noqa: S106 - a name


@cache
def chat() -> Topology:
    return routed_chat(certificate=WILD)


@cache
def manifests() -> Objects:
    return build_objects(chat(), {})


def without(kind: str, name: str = "") -> Callable[[Objects], Objects]:
    def change(objects: Objects) -> Objects:
        return tuple(one for one in objects if one.kind != kind or (name and one.name != name))

    return change


def renamed(kind: str, name: str) -> Callable[[Objects], Objects]:
    def change(objects: Objects) -> Objects:
        return tuple(replace(one, name=name) if one.kind == kind else one for one in objects)

    return change


def spec(kind: str, **fields: object) -> Callable[[Objects], Objects]:
    """Return the change that gives every object of ``kind`` these fields of its spec."""

    def change(objects: Objects) -> Objects:
        return tuple(
            replace(one, body={"spec": {**one.body["spec"], **fields}})  # type: ignore[dict-item]
            if one.kind == kind
            else one
            for one in objects
        )

    return change


POOL = {"group": "inference.networking.k8s.io", "kind": "InferencePool"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("HTTPRoute"), "Gateway/edge: no route is attached to it"),
        (without("Gateway"), "HTTPRoute/edge-chat: there is no Gateway `edge`"),
        (without("ReferenceGrant"), "nothing lets it use a Secret of the namespace `certs`"),
        (without("InferencePool"), "HTTPRoute/edge-chat: there is no InferencePool `chat`"),
        (without("Service", "chat-picker"), "there is no Service `chat-picker` that picks for it"),
        (without("Deployment", "chat"), "InferencePool/chat: its selector selects no pod"),
        (renamed("HTTPRoute", "other"), "BackendTrafficPolicy/edge-chat: there is no HTTPRoute"),
        (
            spec("HTTPRoute", hostnames=["b.example.com"]),
            "no listener of Gateway/edge answers for `b.example.com`",
        ),
        (spec("HTTPRoute", rules=[]), "HTTPRoute/edge-chat: it has no rule"),
        (spec("HTTPRoute", rules=[{"backendRefs": []}]), "a rule leads to nothing"),
        (
            spec("HTTPRoute", rules=[{"backendRefs": [{**POOL, "name": "chat", "weight": 0}]}]),
            "the weights of a rule add up to nothing",
        ),
        (
            spec("HTTPRoute", rules=[{"backendRefs": [{"name": "chat", "port": 8080}]}]),
            "Service/chat has no port 8080",
        ),
        (
            spec("InferencePool", targetPorts=[{"number": 8001}]),
            "InferencePool/chat: no container of Deployment/chat listens at 8001",
        ),
        (
            spec(
                "InferencePool",
                endpointPickerRef={"name": "chat-picker", "port": {"number": 9009}},
            ),
            "Service/chat-picker has no port 9009",
        ),
        (
            spec(
                "InferencePool",
                selector={"matchLabels": {"app.kubernetes.io/part-of": "support-chat"}},
            ),
            "its selector selects the pods of several workloads",
        ),
        (
            spec("SecurityPolicy", apiKeyAuth={"credentialRefs": [{"name": "others"}]}),
            "the Secret `others` is not among the prerequisites",
        ),
    ],
)
def test_what_leads_nowhere_is_caught(change: Callable[[Objects], Objects], said: str):
    assert check(manifests(), chat(), {}) == ()
    found = [item for item in check(change(manifests()), chat(), {}) if item.code == "INF648"]
    assert any(said in item.message for item in found), [item.message for item in found]
    assert {item.slug for item in found} == {"edge-leads-nowhere"}


def test_a_host_of_two_gateways_is_caught():
    (one,) = [item for item in manifests() if item.kind == "Gateway"]
    (route_,) = [item for item in manifests() if item.kind == "HTTPRoute"]
    second = replace(one, name="second")
    parents = [{"kind": "Gateway", "name": "second"}]
    attached = replace(
        route_, name="again", body={"spec": {**route_.body["spec"], "parentRefs": parents}}
    )
    found = check((*manifests(), second, attached), chat(), {})
    assert [item.message for item in found] == [
        "Gateway/second: `ai.example.com` belongs to Gateway/edge already"
    ]


def test_a_pod_with_a_right_and_no_token_is_caught_and_the_reverse():
    broken = check(without("RoleBinding")(manifests()), chat(), {})
    assert {item.code for item in broken} == {"INF697"}


# ---- refusals ----


def said(topology: Topology) -> list[tuple[str, bool]]:
    """Return the codes about gateways, each with whether it is an error."""
    return [
        (item.code, item.severity is Severity.ERROR)
        for item in refuse(topology, {})
        if item.code in {"INF616", "INF617", "INF645", "INF646", "INF647", "INF649"}
    ]


NAMES = [plan.service.name for plan in topologies.two_services().services]


def same_models() -> Topology:
    base = topologies.two_services()
    plans = tuple(
        replace(plan, service=replace(plan.service, model_name="same")) for plan in base.services
    )
    routes = (route(name, by_model=True) for name in NAMES)
    return gateways.behind(replace(base, services=plans), gateway(*routes))


@pytest.mark.parametrize(
    ("topology", "expected"),
    [
        (routed_chat(), []),
        (routed_chat(route(by_model=True, routing="round_robin")), [("INF645", True)]),
        (
            gateways.asking(routed_chat(route(routing="least_outstanding")), "prefix_aware"),
            [("INF646", True)],
        ),
        (gateways.asking(routed_chat(), "prefix_aware"), []),
        (gateways.asking(routed_chat(), "weighted"), [("INF617", True)]),
        (routed_chat(route(timeout_s=1.0)), [("INF647", False)]),
        (same_models(), [("INF649", True)]),
        (routed_chat(namespace="No Namespace"), [("INF616", True)]),
        (routed_chat(gateway_class="a b"), [("INF616", True)]),
        (routed_chat(certificate=Certificate(issuer="$(rm)")), [("INF616", True)]),
        (
            gateways.behind(
                topologies.support_chat(),
                gateway(route(routing="prefix_aware")),
                gateway(
                    route(routing="least_outstanding", hosts=("in.example.com",)), name="inner"
                ),
            ),
            [("INF646", True)],
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_emitted(
    topology: Topology, expected: list[tuple[str, bool]]
):
    assert said(topology) == expected


def renamed_services(**names: str) -> Topology:
    """Return two services under other names."""
    base = topologies.two_services()
    plans = tuple(
        replace(plan, service=replace(plan.service, name=names[plan.service.name]))
        for plan in base.services
    )
    return replace(base, services=plans)


def test_a_service_may_not_be_called_as_the_picker_of_another():
    one, other = NAMES
    base = renamed_services(**{one: "chat", other: "chat_picker"})
    led = gateways.behind(base, gateway(route("chat", routing="prefix_aware")))
    assert ("INF616", True) in said(led)
    assert said(gateways.behind(base, gateway(route("chat", routing="round_robin")))) == []


def test_two_routes_may_not_be_called_alike():
    two = gateways.behind(
        topologies.support_chat(),
        gateway(route(name="b_c"), name="a"),
        gateway(route(name="c", hosts=("in.example.com",)), name="a_b"),
    )
    assert said(two) == [("INF616", True)]


def test_an_engine_that_no_picker_understands_is_routed_in_turn():
    topology = gateways.on_engine(routed_chat(), "llama_cpp")
    (found,) = gateways.ways(topology)
    assert not found.is_picked
    asked = gateways.on_engine(routed_chat(route(routing="prefix_aware")), "llama_cpp")
    assert ("INF645", True) in said(asked)


def test_settings_of_the_cluster_name_class_namespace_and_issuer():
    topology = kubernetes.with_settings(
        routed_chat(), gateway_class="shared", gateway_namespace="edge"
    )
    objects = build_objects(topology, {})
    (found,) = [one for one in objects if one.kind == "Gateway"]
    assert found.document()["spec"]["gatewayClassName"] == "shared"  # type: ignore[index]
    fences = [str(one.body) for one in objects if one.kind == "NetworkPolicy"]
    assert sum("'kubernetes.io/metadata.name': 'edge'" in text for text in fences) == len(
        ("the engine's", "the picker's")
    )


def test_a_secret_of_the_cluster_pulls_every_image():
    topology = kubernetes.with_settings(routed_chat(), image_pull_secret="mirror")  # noqa: S106
    objects = build_objects(topology, {})
    pods = [
        one.body["spec"]["template"]["spec"]  # type: ignore[index, call-overload]
        for one in objects
        if one.kind in {"Deployment", "Job"}
    ]
    assert [pod["imagePullSecrets"] for pod in pods] == [[{"name": "mirror"}]] * len(pods)  # type: ignore[index, call-overload]
    assert len(pods) == len(("engine", "picker", "download"))
