"""Replicas of two kinds: prompts are computed by some and handed over to those that answer."""

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from support import crds, gateways, topologies, workloads
from support.kubernetes import changed, crd_folder, custom_problems, errors, is_native, objects, one

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import Manifest, refuse
from inferc.targets.kubernetes.objects.releases import RELEASES
from inferc.targets.kubernetes.objects.serving import SPLIT_NAME_LIMIT
from inferc.targets.kubernetes.objects.split import PROXY_FLAGS

Document = dict[str, Any]


split, over_nodes = workloads.split, workloads.split_over_nodes
on_release = workloads.on_release


def roles(topology: Topology) -> dict[str, Document]:
    spec = one(objects(topology), "DisaggregatedSet")["spec"]
    return {role["name"]: role["spec"] for role in spec["roles"]}


def pod(topology: Topology, role: str) -> Document:
    return roles(topology)[role]["leaderWorkerTemplate"]["workerTemplate"]


def engine(topology: Topology, role: str) -> Document:
    return pod(topology, role)["spec"]["containers"][0]


def named(manifests: tuple[Manifest, ...], kind: str, name: str) -> Document:
    (found,) = (item for item in manifests if (item.kind, item.name) == (kind, name))
    plain: Document = json.loads(json.dumps(found.document()))
    return plain


@pytest.mark.parametrize("make", [split, over_nodes])
def test_what_is_emitted_passes_the_checks_and_the_crds(make):
    manifests = objects(make())
    assert check(manifests, make(), {}) == ()
    folder = crd_folder()
    if folder is not None:
        for item in manifests:
            document = item.document()
            if not is_native(document):
                assert custom_problems(document, folder) == [], item.id


@pytest.mark.parametrize("make", [split, over_nodes])
def test_nothing_in_the_list_of_roles_is_left_to_defaults(make):
    """A list is sent again by each apply where the server has filled something in."""
    folder = crd_folder()
    if folder is None:
        pytest.skip("INFERC_CRD_SCHEMAS names no folder of CRDs")
    document = one(objects(make()), "DisaggregatedSet")
    schema = crds.schema_of(document["apiVersion"], document["kind"], folder)
    assert schema is not None
    assert crds.with_defaults(schema, document)["spec"] == document["spec"]


def test_each_kind_has_its_replicas_and_accelerators():
    (plan,) = split().services
    shape = plan.configuration
    assert shape.prefill is not None
    found = roles(split())
    assert list(found) == ["prefill", "decode"]
    assert found["prefill"]["replicas"] == shape.prefill.replicas
    assert found["decode"]["replicas"] == shape.replicas
    for role in found:
        resources = engine(split(), role)["resources"]
        assert resources["limits"]["nvidia.com/gpu"] == resources["requests"]["nvidia.com/gpu"]


def test_one_gives_the_cache_and_the_other_takes_it():
    configs = {}
    for role in ("prefill", "decode"):
        words = engine(split(), role)["args"]
        (text,) = (word for word in words if word.startswith("--kv-transfer-config="))
        configs[role] = json.loads(text.partition("=")[2])
        channel = engine(split(), role)["env"]
        (address,) = (v for v in channel if v["name"] == "VLLM_NIXL_SIDE_CHANNEL_HOST")
        assert address["valueFrom"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    assert {role: config["kv_role"] for role, config in configs.items()} == {
        "prefill": "kv_producer",
        "decode": "kv_consumer",
    }
    assert {config["kv_connector"] for config in configs.values()} == {"NixlConnector"}


def test_requests_reach_an_engine_that_answers_through_a_proxy():
    containers = pod(split(), "decode")["spec"]
    proxy = containers["initContainers"][-1]
    assert proxy["restartPolicy"] == "Always"
    assert proxy["ports"] == [{"name": "http", "containerPort": 8000, "protocol": "TCP"}]
    assert {word.partition("=")[0] for word in proxy["args"]} == PROXY_FLAGS
    assert "--vllm-port=8200" in proxy["args"]
    assert "--port=8200" in engine(split(), "decode")["args"]
    assert engine(split(), "decode")["ports"][0]["containerPort"] == 8200
    assert engine(split(), "decode")["startupProbe"]["httpGet"]["port"] == "engine"
    names = [item["name"] for item in pod(split(), "prefill")["spec"]["initContainers"]]
    assert names == ["wait-for-weights"]
    assert "--port=8000" in engine(split(), "prefill")["args"]


def test_a_service_leads_to_those_that_answer_and_the_pool_has_both():
    manifests = objects(split())
    labels = {role: pod(split(), role)["metadata"]["labels"] for role in roles(split())}
    assert {role: own["llm-d.ai/role"] for role, own in labels.items()} == {
        "prefill": "prefill",
        "decode": "decode",
    }

    def chosen(selector: Document) -> list[str]:
        return [role for role, own in labels.items() if selector.items() <= own.items()]

    assert chosen(named(manifests, "Service", "chat")["spec"]["selector"]) == ["decode"]
    pool = one(manifests, "InferencePool")["spec"]
    assert chosen(pool["selector"]["matchLabels"]) == ["prefill", "decode"]
    assert pool["targetPorts"] == [{"number": 8000}]
    budget = one(manifests, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    assert chosen(budget) == ["prefill", "decode"]
    monitors = {
        item.name: chosen(item.document()["spec"]["selector"]["matchLabels"])
        for item in manifests
        if item.kind == "PodMonitor" and item.name in {"chat", "chat-prefill"}
    }
    assert monitors == {"chat": ["decode"], "chat-prefill": ["prefill"]}


def test_pods_of_both_kinds_say_everything_to_each_other():
    rule = named(objects(split()), "NetworkPolicy", "chat-group")["spec"]
    selector = rule["podSelector"]["matchLabels"]
    for role in roles(split()):
        assert selector.items() <= pod(split(), role)["metadata"]["labels"].items()
    assert rule["ingress"] == [{"from": [{"podSelector": {"matchLabels": selector}}]}]


def test_the_picker_chooses_one_of_each_kind():
    config = next(
        yaml.safe_load(item.document()["data"]["picker.yaml"])
        for item in objects(split())
        if item.kind == "ConfigMap" and "picker.yaml" in item.document()["data"]
    )
    types = [plugin["type"] for plugin in config["plugins"]]
    assert {"disagg-profile-handler", "prefill-filter", "decode-filter"} <= set(types)
    assert "single-profile-handler" not in types
    profiles = {profile["name"]: profile["plugins"] for profile in config["schedulingProfiles"]}
    for name, plugins in profiles.items():
        assert plugins[0]["pluginRef"] == f"{name}-filter"
        assert {plugin["pluginRef"] for plugin in plugins} <= set(types)


def test_replicas_on_several_nodes_have_leaders_that_are_picked():
    group = roles(over_nodes())["prefill"]["leaderWorkerTemplate"]
    assert group["size"] == 2
    labels = [group[name]["metadata"]["labels"] for name in ("leaderTemplate", "workerTemplate")]
    assert ["inferc.dev/pool" in own for own in labels] == [True, False]
    assert all("inferc.dev/group" in own for own in labels)
    words = [
        group[name]["spec"]["containers"][0]["args"]
        for name in ("leaderTemplate", "workerTemplate")
    ]
    assert all(any(w.startswith("--kv-transfer-config") for w in own) for own in words)


@pytest.mark.parametrize("name", ["a" * 63, "Ünïcode ☃" * 9])
def test_the_name_leaves_room_for_slices_revisions_and_roles(name: str):
    (plan,) = split().services
    renamed = replace(plan, service=replace(plan.service, name=name))
    topology = replace(on_release(topologies.disaggregated(), "0.33.0"), services=(renamed,))
    route = replace(gateways.gateway().routes[0], service=name)
    behind = gateways.behind(topology, gateways.gateway(route))
    assert len(one(objects(behind), "DisaggregatedSet")["metadata"]["name"]) <= SPLIT_NAME_LIMIT


def test_a_release_whose_image_cannot_is_refused():
    topology = gateways.behind(topologies.disaggregated())
    (found,) = (item for item in refuse(topology, {}) if item.code == "INF617")
    assert "vllm 0.33.0" in str(found.notes)


def test_without_a_picker_it_is_refused():
    alone = on_release(topologies.disaggregated(), "0.33.0")
    assert errors(alone, {}) == ["INF622"]
    route = replace(gateways.gateway().routes[0], routing="round_robin")
    assert "INF622" in errors(gateways.behind(alone, gateways.gateway(route)), {})


def test_releases_that_split_have_the_flag():
    able = [release for release in RELEASES.values() if release.splits]
    assert able
    assert all("--kv-transfer-config" in release.flags for release in able)


PREFILL = ("spec", "roles", 0, "spec")
DECODE = ("spec", "roles", 1, "spec", "leaderWorkerTemplate", "workerTemplate")
ENGINE = (*DECODE, "spec", "containers", 0)
MUTATIONS = (
    ("INF692", (*PREFILL, "replicas"), 3),
    ("INF692", ("spec", "roles", 0, "name"), "prompts"),
    ("INF692", (*ENGINE, "resources", "limits", "nvidia.com/gpu"), "2"),
    ("INF692", (*PREFILL, "leaderWorkerTemplate", "size"), 2),
    ("INF693", (*ENGINE, "resources", "limits", "memory"), "1Gi"),
    ("INF694", (*ENGINE, "startupProbe", "failureThreshold"), 1),
    ("INF697", (*DECODE, "spec", "securityContext"), {}),
    ("INF697", (*DECODE, "spec", "initContainers", 1, "securityContext"), {}),
    ("INF691", (*DECODE, "spec", "initContainers", 1, "ports"), []),
    ("INF691", (*DECODE, "metadata", "labels"), {}),
    ("INF691", (*DECODE, "spec", "serviceAccountName"), "nobody"),
)


@pytest.mark.parametrize(("code", "path", "value"), MUTATIONS)
def test_a_broken_set_is_found(code: str, path: tuple, value: object):
    manifests = changed(objects(split()), "DisaggregatedSet", path, value)
    assert code in {item.code for item in check(manifests, split(), {})}


def test_the_readme_and_the_preflight_know_it():
    files = {a.path: a.content.decode() for a in TARGET.emit(split(), {}).artifacts}
    assert "wait --for=condition=Ready pod -l app.kubernetes.io/part-of=" in files["README.md"]
    assert "1, and 2 for prompts" in files["README.md"]
    assert "disaggregatedsets.disaggregatedset.x-k8s.io" in files["preflight.sh"]
