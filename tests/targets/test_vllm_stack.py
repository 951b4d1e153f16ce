"""Values for the chart of the vLLM production stack: keys that it reads, traps left out."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from support import deployables, gateways, topologies

from inferc.targets import charts
from inferc.targets.vllm_stack.emitter import TARGET as STACK

DEPLOYABLE = ("support_chat", "with_idle", "fleet", "small_replicas", "two_services")
TABLE = charts.keys("vllm_stack", "keys")
CHART = Path("vllm-production-stack") / "helm"


def values(name: str = "fleet", **options: Any) -> dict[str, Any]:
    emitted = deployables.emit(STACK, deployables.shape(name), options)
    found: dict[str, Any] = yaml.safe_load(deployables.texts(emitted)["values.yaml"])
    return found


def model(name: str = "fleet", **options: Any) -> dict[str, Any]:
    (found,) = values(name, **options)["servingEngineSpec"]["modelSpec"]
    return dict(found)


def extra(kind: str, **options: Any) -> list[dict[str, Any]]:
    return [one for one in values(**options)["extraObjects"] if one["kind"] == kind]


@pytest.mark.parametrize("router", ["", "v0.1.9"])
@pytest.mark.parametrize("name", DEPLOYABLE)
def test_the_chart_reads_every_key(name: str, router: str):
    options = {"router_tag": router} if router else {}
    assert list(charts.unread(values(name, **options), TABLE.tree)) == []


@pytest.mark.parametrize("name", DEPLOYABLE)
def test_the_values_meet_the_schema_of_the_chart(name: str):
    folder = deployables.folder_or_skip() / CHART
    schema = json.loads((folder / "values.schema.json").read_text("utf-8"))
    defaults = yaml.safe_load((folder / "values.yaml").read_text("utf-8"))
    merged = merge(defaults, values(name, router_tag="v0.1.9"))
    validator = jsonschema.Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(merged)] == []


def merge(base: Any, over: Any) -> Any:
    """Return values over those of a chart, as Helm does: maps are merged, null takes away."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    keys = [key for key in {**base, **over} if not (key in over and over[key] is None)]
    return {key: merge(base.get(key), over[key]) if key in over else base[key] for key in keys}


def test_the_table_has_only_keys_of_the_chart():
    folder = deployables.folder_or_skip() / CHART
    chart = yaml.safe_load((folder / "Chart.yaml").read_text("utf-8"))
    assert (chart["name"], str(chart["version"])) == (TABLE.chart, TABLE.version)
    defaults = (folder / "values.yaml").read_text("utf-8")
    assert [key for key in names(TABLE.tree) if f"{key}:" not in defaults] == []


def names(tree: Any) -> list[str]:
    """Return every key of a table."""
    if isinstance(tree, list):
        return names(tree[0])
    if not isinstance(tree, dict):
        return []
    return [name for key, below in tree.items() for name in (key, *names(below))]


@pytest.mark.parametrize("trap", ["keda", "raySpec", "lmcacheConfig", "hf_token", "initContainer"])
def test_the_traps_of_the_chart_are_left_out(trap: str):
    assert trap not in model()
    assert isinstance(TABLE.tree, dict)
    assert trap not in TABLE.tree["servingEngineSpec"]["modelSpec"][0]


BROKEN = (
    (("servingEngineSpec", "modelSpec", 0, "vllmConfig", "tensorParalelSize"), 4),
    (("servingEngineSpec", "modelSpec", 0, "keda"), {"enabled": True}),
    (("servingEngineSpec", "modelSpec", 0, "raySpec"), {"enabled": False}),
    (("routerSpec", "routingLogik"), "roundrobin"),
    (("servingEngineSpecs",), {}),
)


@pytest.mark.parametrize(("path", "value"), BROKEN)
def test_a_key_that_nobody_reads_is_found(path: tuple[Any, ...], value: Any):
    broken = copy.deepcopy(values())
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (found,) = charts.unread(broken, TABLE.tree)
    assert found.endswith(str(path[-1]))


def test_an_unread_key_is_a_fault_of_the_compiler(monkeypatch: pytest.MonkeyPatch):
    known = replace(TABLE, tree={"servingEngineSpec": "*", "extraObjects": "*"})
    monkeypatch.setattr(charts, "keys", lambda *_: known)
    emitted = STACK.emit(topologies.fleet(4), {})
    assert emitted.artifacts == ()
    (fault,) = emitted.diagnostics
    assert fault.code == "INF635"
    assert fault.message == "the chart `vllm-stack` reads no value `routerSpec`"


# ---- the traps -----------------------------------------------------------------------------------


def test_memory_has_a_limit_and_images_a_version():
    one = model()
    assert one["limitMemory"] == one["requestMemory"]
    assert one["tag"] not in {"", "latest"}
    assert values(router_tag="v0.1.9")["routerSpec"]["tag"] == "v0.1.9"
    assert values()["routerSpec"] == {"enableRouter": False}


def test_a_rollout_does_not_double_the_pods():
    strategy = values()["servingEngineSpec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 0, "maxUnavailable": 1}
    roomy = values("with_idle")["servingEngineSpec"]["strategy"]["rollingUpdate"]
    assert roomy == {"maxSurge": 1, "maxUnavailable": 0}


def test_prefix_caching_is_said_since_the_chart_turns_it_off():
    assert "enablePrefixCaching" in model()["vllmConfig"]


def test_replicas_are_left_to_the_autoscaler_or_stated():
    assert "replicaCount" not in model()
    assert model(scaler="none")["replicaCount"] == 8
    (scaled,) = extra("ScaledObject")
    assert isinstance(scaled["spec"]["triggers"], list)
    assert extra("ScaledObject", scaler="none") == []


def test_what_names_the_chart_s_objects_has_their_names():
    readme = deployables.texts(deployables.emit(STACK, topologies.fleet(4)))["README.md"]
    assert "helm upgrade --install support-chat vllm/vllm-stack --version 0.1.12" in readme
    (scaled,) = extra("ScaledObject")
    assert scaled["spec"]["scaleTargetRef"]["name"] == "support-chat-chat-deployment-vllm"
    labels = {"model": "chat", "helm-release-name": "support-chat"}
    (fence,), (budget,) = extra("NetworkPolicy"), extra("PodDisruptionBudget")
    assert fence["spec"]["podSelector"]["matchLabels"] == labels
    assert budget["spec"]["selector"]["matchLabels"] == labels


def test_the_extra_objects_meet_their_schemas():
    folder = deployables.folder_or_skip()
    assert deployables.problems(values()["extraObjects"], folder) == []


def test_everything_planned_is_said_once():
    config = model()["vllmConfig"]
    flags = {argument.partition("=")[0] for argument in config["extraArgs"]}
    assert config["tensorParallelSize"] == 4
    assert {"--pipeline-parallel-size", "--max-num-batched-tokens", "--revision"} <= flags
    assert not flags & {"--tensor-parallel-size", "--max-model-len", "--port"}


def test_names_of_the_chart_fit_a_label():
    topology = topologies.named("a_long_name_" * 5, design="topology_" * 9)
    emitted = deployables.emit(STACK, topology)
    found = yaml.safe_load(deployables.texts(emitted)["values.yaml"])
    (one,) = found["servingEngineSpec"]["modelSpec"]
    (scaled,) = [item for item in found["extraObjects"] if item["kind"] == "ScaledObject"]
    name = scaled["spec"]["scaleTargetRef"]["name"]
    assert len(name) <= 63
    assert f"-{one['name']}-deployment-vllm" in name


def test_a_text_never_becomes_a_template():
    hostile = '{{ .Values }}"\n{{ fail "x" }}'
    base = topologies.fleet(4)
    (plan,) = base.services
    named = replace(plan, service=replace(plan.service, model_name=hostile))
    emitted = deployables.emit(STACK, replace(base, services=(named,)))
    found = yaml.safe_load(deployables.texts(emitted)["values.yaml"])
    text = json.dumps(found["extraObjects"])
    assert "{{" in text
    assert "{{" not in text.replace(json.dumps('{{ "{{" }}')[1:-1], "")


def test_every_pod_is_restricted():
    spec = values(router_tag="v0.1.9")
    for part in (spec["servingEngineSpec"], spec["routerSpec"]):
        assert part["securityContext"]["runAsNonRoot"] is True
        assert part["containerSecurityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert spec["servingEngineSpec"]["runtimeClassName"] == ""


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("pipelined", {}, "INF601"),
        ("on_sglang", {}, "INF601"),
        ("one_board", {}, "INF601"),
        ("fleet", {"scaler": "hpa"}, "INF601"),
        ("fleet", {"router_tag": "latest"}, "INF603"),
        ("fleet", {"router": "v1"}, "INF602"),
    ],
)
def test_what_cannot_be_served_is_refused(name: str, options: dict[str, str], code: str):
    assert deployables.refused(STACK, deployables.shape(name), options) == code


def test_a_gateway_is_refused_and_not_left_out():
    assert deployables.refused(STACK, gateways.routed_chat(gateways.route())) == "INF601"


@pytest.mark.parametrize("option", ["dra", "queue", "rdma"])
def test_options_that_another_controller_would_have_to_know_are_refused(option: str):
    options = {option: "gpus" if option != "dra" else True}
    assert deployables.refused(STACK, topologies.support_chat(), options) == "INF603"


def test_prompts_that_are_computed_apart_are_refused():
    assert deployables.refused(STACK, topologies.disaggregated()) == "INF601"
