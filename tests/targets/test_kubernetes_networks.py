"""Networks on Kubernetes: Triton from the plan, on accelerators, parts of them, or turns."""

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from support import workloads
from support.kubernetes import (
    EACH_VERSION,
    changed,
    crd_folder,
    custom_problems,
    errors,
    is_native,
    native_problems,
    objects,
)

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import Manifest, cluster_objects, refuse
from inferc.targets.kubernetes.objects.triton import FLAGS

Document = dict[str, Any]

NAMED = workloads.NETWORKS

EVERY = {
    "whole": workloads.network,
    "parts": workloads.networks_in_parts,
    "turns": workloads.network_in_turns,
}
whole, in_parts, in_turns = EVERY.values()


def pod(topology: Topology, name: str = "embed") -> Document:
    manifests = objects(topology, **NAMED)
    (found,) = (one for one in manifests if (one.kind, one.name) == ("Deployment", name))
    plain: Document = json.loads(json.dumps(found.body))
    return plain["spec"]["template"]["spec"]


def engine(topology: Topology, name: str = "embed") -> Document:
    return pod(topology, name)["containers"][0]


def named(manifests: tuple[Manifest, ...], kind: str, part: str = "") -> Document:
    (found,) = (one for one in manifests if one.kind == kind and part in one.name)
    return found.document()


@pytest.mark.parametrize("name", sorted(EVERY))
def test_what_is_emitted_passes_its_own_checks(name: str):
    topology = EVERY[name]()
    assert errors(topology, NAMED) == []
    assert check(objects(topology, **NAMED), topology, NAMED) == ()


@pytest.mark.parametrize("version", EACH_VERSION)
def test_a_cluster_takes_the_objects(version: str):
    folder = crd_folder()
    for make in EVERY.values():
        topology = make()
        for one in (*objects(topology, **NAMED), *cluster_objects(topology, NAMED)):
            document = one.document()
            if is_native(document):
                assert native_problems(document, version) == []
            elif folder is not None:
                assert custom_problems(document, folder) == []


def test_without_a_file_to_serve_nothing_is_emitted():
    found = [item for item in refuse(whole(), {}) if item.code == "INF621"]
    assert [item.code for item in found] == ["INF621"]
    assert "embed/1/model.plan" in str(found[0].notes)
    assert TARGET.emit(whole(), {}).artifacts == ()


def test_an_engine_of_code_is_refused():
    (plan,) = whole().networks
    other = replace(plan.engine, id="engine.ray_serve", title="Ray Serve")
    shape = replace(plan.configuration, engine="ray_serve")
    service = replace(plan.service, engines=(other,))
    topology = replace(whole(), networks=(replace(plan, service=service, configuration=shape),))
    (found,) = refuse(topology, NAMED)
    assert (found.code, "pin" in found.help) == ("INF620", True)


def test_triton_gets_the_planned_batching():
    (plan,) = whole().networks
    shape = plan.configuration
    config = named(objects(whole(), **NAMED), "ConfigMap", "triton")["data"]["config.pbtxt"]
    assert f"max_batch_size: {shape.max_batch_size}\n" in config
    delay_us = round(shape.max_queue_delay_s * 1e6)
    assert f"max_queue_delay_microseconds: {delay_us} " in config
    assert 'backend: "tensorrt"' in config


def test_another_configuration_replaces_the_pods():
    (plan,) = whole().networks
    shape = replace(plan.configuration, max_batch_size=plan.configuration.max_batch_size + 1)
    other = replace(whole(), networks=(replace(plan, configuration=shape),))
    notes = [
        named(objects(topology, **NAMED), "Deployment")["spec"]["template"]["metadata"]
        for topology in (whole(), other)
    ]
    assert notes[0]["annotations"] != notes[1]["annotations"]


def test_tritons_flags_are_known():
    given = {word.partition("=")[0] for word in engine(whole())["args"]}
    assert given == FLAGS


def test_a_pod_waits_for_its_file_and_writes_only_beside_it():
    (waiter,) = pod(whole())["initContainers"]
    values = {item["name"]: item["value"] for item in waiter["env"]}
    assert (values["MODEL"], values["MODEL_FILE"]) == ("embed", "model.plan")
    mounts = {item["name"]: item.get("readOnly", False) for item in waiter["volumeMounts"]}
    assert mounts == {"models": True, "config": True, "repository": False}
    volumes = {item["name"]: item for item in pod(whole())["volumes"]}
    assert volumes["models"]["persistentVolumeClaim"] == {"claimName": "models", "readOnly": True}


@pytest.mark.parametrize(
    ("make", "resource"),
    [
        (whole, "nvidia.com/gpu"),
        (in_parts, "nvidia.com/mig-2g.20gb"),
        (in_turns, "nvidia.com/gpu.shared"),
    ],
)
def test_a_pod_asks_for_what_was_planned(make, resource: str):
    resources = engine(make())["resources"]
    assert resources["limits"][resource] == resources["requests"][resource] == "1"
    assert [key for key in resources["limits"] if "/" in key] == [resource]
    (toleration, *_) = pod(make())["tolerations"]
    assert toleration["key"] == "nvidia.com/gpu"  # taints know no parts


def test_prometheus_scrapes_the_port_of_metrics_and_may():
    manifests = objects(whole(), **NAMED)
    (endpoint,) = named(manifests, "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] == "metrics"
    rule = named(manifests, "NetworkPolicy", "embed-engine")["spec"]["ingress"][0]
    assert [port["port"] for port in rule["ports"]] == ["http", "metrics"]
    assert {port["name"] for port in engine(whole())["ports"]} == {"http", "metrics"}


# ---- what those who own the cluster are told ----------------------------------------------------


def cut() -> Document:
    document = named(cluster_objects(in_parts(), NAMED), "ConfigMap", "mig")
    assert document["metadata"]["namespace"] == "gpu-operator"
    return yaml.safe_load(document["data"]["config.yaml"])


def test_accelerators_are_cut_as_the_plan_has_packed_them():
    configs = cut()["mig-configs"]
    assert configs["all-disabled"] == [{"devices": "all", "mig-enabled": False}]
    ((entry, devices),) = (item for item in configs.items() if item[0] != "all-disabled")
    assert entry == "mixed-dc-gpu-0"
    assert [device["devices"] for device in devices] == [[index] for index in range(8)]
    held: dict[str, int] = {}
    for device in devices:
        assert device["mig-enabled"] == ("mig-devices" in device)
        for profile, count in device.get("mig-devices", {}).items():
            held[profile] = held.get(profile, 0) + count
    replicas = {
        plan.configuration.profile: max(plan.configuration.replicas, plan.autoscale.max_replicas)
        for plan in in_parts().networks
    }
    assert held == replicas


def test_turns_have_a_name_of_their_own_and_are_had_one_at_a_time():
    document = named(cluster_objects(in_turns(), NAMED), "ConfigMap", "device-plugin")
    config = yaml.safe_load(document["data"]["mixed-dc-gpu-shared"])
    (plan,) = in_turns().networks
    assert config["sharing"]["timeSlicing"] == {
        "renameByDefault": True,
        "failRequestsGreaterThanOne": True,
        "resources": [{"name": "nvidia.com/gpu", "replicas": plan.configuration.sharers}],
    }


@pytest.mark.parametrize(
    ("make", "part", "label"),
    [
        (in_parts, "migManager", "nvidia.com/mig.config=mixed-dc-gpu-0"),
        (in_turns, "devicePlugin", "nvidia.com/device-plugin.config=mixed-dc-gpu-shared"),
    ],
)
def test_the_operator_is_pointed_at_it(make, part: str, label: str):
    files = {a.path: a.content.decode() for a in TARGET.emit(make(), NAMED).artifacts}
    values = yaml.safe_load(files["cluster/gpu-operator-values.yaml"])
    maps = {one.name: one for one in cluster_objects(make(), NAMED) if one.kind == "ConfigMap"}
    config = values[part]["config"]
    named_map = yaml.safe_load(json.dumps(maps[config["name"]].body))
    entries = {**named_map["data"]}
    entries |= yaml.safe_load(entries.get("config.yaml", "{}")).get("mig-configs", {})
    assert config["default"] in entries
    assert f"kubectl label nodes --overwrite NODE {label}" in files["README.md"]
    assert label.partition("=")[2] in entries


def test_the_namespace_takes_no_more_parts_than_are_cut():
    quota = named(objects(in_parts(), **NAMED), "ResourceQuota")["spec"]["hard"]
    devices = [d for d in cut()["mig-configs"]["mixed-dc-gpu-0"] if d["mig-enabled"]]
    total = sum(device["mig-devices"].get("2g.20gb", 0) for device in devices)
    assert quota["requests.nvidia.com/mig-2g.20gb"] == str(total + 1), "one of them may end"


def test_whole_accelerators_need_no_configuration():
    assert [one.kind for one in cluster_objects(whole(), NAMED)] == ["PriorityClass"]
    paths = [artifact.path for artifact in TARGET.emit(whole(), NAMED).artifacts]
    assert "cluster/gpu-operator-values.yaml" not in paths


# ---- broken variants ----------------------------------------------------------------------------


ENGINE = ("spec", "template", "spec", "containers", 0)
VOLUME = ("spec", "template", "spec", "volumes", 0)
PARTS = {"memory": "7Gi", "nvidia.com/mig-1g.10gb": "1"}
MUTATIONS = (
    ("INF692", (*ENGINE, "resources", "limits"), PARTS),
    ("INF692", (*ENGINE, "resources", "requests", "nvidia.com/gpu"), "1"),
    ("INF694", (*ENGINE, "startupProbe", "failureThreshold"), 1),
    ("INF694", ("spec", "progressDeadlineSeconds"), 60),
    ("INF691", ("spec", "template", "spec", "volumes", 1, "configMap", "name"), "other"),
    (
        "INF691",
        ("spec", "template", "spec", "volumes", 0, "persistentVolumeClaim"),
        {"claimName": "x"},
    ),
    ("INF697", (*ENGINE, "securityContext"), {}),
)


@pytest.mark.parametrize(("code", "path", "value"), MUTATIONS)
def test_a_broken_network_is_found(code: str, path: tuple, value: object):
    manifests = changed(objects(in_parts(), **NAMED), "Deployment", path, value)
    assert code in {item.code for item in check(manifests, in_parts(), NAMED)}


def test_a_network_without_a_workload_is_found():
    manifests = tuple(one for one in objects(whole(), **NAMED) if one.kind != "Deployment")
    assert "INF698" in {item.code for item in check(manifests, whole(), NAMED)}


# ---- language models on parts -------------------------------------------------------------------


def test_a_language_model_on_parts_asks_for_one_and_all_are_cut_alike():
    topology = workloads.language_model_in_parts()
    assert check(objects(topology), topology, {}) == ()
    (deployment,) = (one for one in objects(topology) if one.kind == "Deployment")
    text = json.dumps(deployment.document())
    assert '"nvidia.com/mig-2g.20gb": "1"' in text
    assert '"nvidia.com/gpu": ' not in text
    document = named(cluster_objects(topology, {}), "ConfigMap", "mig")
    configs = yaml.safe_load(document["data"]["config.yaml"])["mig-configs"]
    ((_, devices),) = (item for item in configs.items() if item[0] != "all-disabled")
    assert [device["mig-devices"] for device in devices] == [{"2g.20gb": 3}] * 4


def test_a_language_model_on_several_parts_is_refused():
    topology = workloads.language_model_in_parts()
    (plan,) = topology.services
    shape = replace(plan.configuration, tensor_parallel=2)
    wide = replace(topology, services=(replace(plan, configuration=shape),))
    (found,) = (item for item in refuse(wide, {}) if item.code == "INF601")
    assert "takes 2 parts of accelerators, which no link joins" in found.message
