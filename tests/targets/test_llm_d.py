"""Values for the charts of llm-d: keys that they read, the pod of the Kubernetes target."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from support import deployables, gateways, topologies
from support.kubernetes import objects as kubernetes_objects

from inferc.targets import charts
from inferc.targets.llm_d.emitter import TARGET as LLM_D

DEPLOYABLE = ("support_chat", "with_idle", "fleet", "small_replicas", "two_services", "on_sglang")
MODELSERVICE = charts.keys("llm_d", "modelservice")
ROUTER = charts.keys("llm_d", "router")
CHARTS = {
    MODELSERVICE.chart: Path("llm-d-modelservice/charts/llm-d-modelservice"),
    ROUTER.chart: Path("llm-d-router/config/charts/llm-d-router-gateway"),
}


def sheets(name: str = "fleet", **options: Any) -> dict[str, dict[str, Any]]:
    files = deployables.texts(deployables.emit(LLM_D, deployables.shape(name), options))
    return {
        path: yaml.safe_load(text) for path, text in files.items() if path.startswith("values/")
    }


def engine(**options: Any) -> dict[str, Any]:
    return sheets(**options)["values/chat.yaml"]


def router(**options: Any) -> dict[str, Any]:
    return sheets(**options)["values/chat-router.yaml"]


@pytest.mark.parametrize("name", DEPLOYABLE)
def test_the_charts_read_every_key(name: str):
    for path, sheet in sheets(name, gateway="edge").items():
        table = ROUTER if path.endswith("-router.yaml") else MODELSERVICE
        assert list(charts.unread(sheet, table.tree)) == []


@pytest.mark.parametrize(
    ("table", "path", "value"),
    [
        (MODELSERVICE, ("decode", "parallelism", "pipeline"), 2),
        (MODELSERVICE, ("decode", "replica"), 2),
        (MODELSERVICE, ("decode", "containers", 0, "argz"), []),
        (ROUTER, ("router", "epp", "resource"), {}),
        (ROUTER, ("inferencePool",), {}),
    ],
)
def test_a_key_that_nobody_reads_is_found(table: charts.Keys, path: tuple[Any, ...], value: Any):
    broken = copy.deepcopy(engine() if table is MODELSERVICE else router())
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (found,) = charts.unread(broken, table.tree)
    assert found.endswith(str(path[-1]))


@pytest.mark.parametrize("name", ["fleet", "two_services"])
def test_the_values_meet_the_schema_of_the_chart(name: str):
    folder = deployables.folder_or_skip() / CHARTS[MODELSERVICE.chart]
    schema = json.loads((folder / "values.schema.json").read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    for path, sheet in sheets(name).items():
        if not path.endswith("-router.yaml"):
            assert [error.message for error in validator.iter_errors(sheet)] == []


def test_the_tables_are_of_the_releases_that_the_readme_names():
    readme = deployables.texts(deployables.emit(LLM_D, topologies.fleet(4)))["README.md"]
    assert f"--version v{MODELSERVICE.version} " in readme
    assert f"--version v{ROUTER.version} " in readme
    folder = deployables.folder_or_skip()
    chart = yaml.safe_load((folder / CHARTS[MODELSERVICE.chart] / "Chart.yaml").read_text("utf-8"))
    assert chart["version"] == f"v{MODELSERVICE.version}"


def test_the_pod_is_that_of_the_kubernetes_target():
    planned = deployables.one(
        [one.document() for one in kubernetes_objects(topologies.fleet(4))], "Deployment"
    )["spec"]["template"]["spec"]
    decode = engine()["decode"]
    (theirs,), (ours,) = planned["containers"], decode["containers"]
    for field in ("image", "command", "args", "resources", "volumeMounts", "env", "ports"):
        assert ours[field] == json.loads(json.dumps(theirs[field])), field
    for field in (
        "startupProbe",
        "readinessProbe",
        "livenessProbe",
        "lifecycle",
        "securityContext",
    ):
        assert ours["extraConfig"][field] == json.loads(json.dumps(theirs[field])), field
    for field in ("initContainers", "volumes", "nodeSelector", "tolerations"):
        assert decode[field] == json.loads(json.dumps(planned[field])), field
    assert decode["extraConfig"]["securityContext"]["runAsNonRoot"] is True
    assert decode["extraConfig"]["automountServiceAccountToken"] is False


def test_the_accelerators_that_the_chart_works_out_are_those_asked_for():
    decode = engine()["decode"]
    limits = decode["containers"][0]["resources"]["limits"]
    shape = decode["parallelism"]
    assert str(shape["tensor"] * shape["dataLocal"]) == limits["nvidia.com/gpu"]


def test_the_picker_picks_from_the_planned_pods():
    labels = engine()["modelArtifacts"]["labels"]
    servers = router()["router"]["modelServers"]
    assert servers["matchLabels"] == labels
    port = engine()["decode"]["containers"][0]["ports"][0]["containerPort"]
    assert servers["targetPorts"] == [{"number": port}]
    picker = router()["router"]["epp"]
    assert picker["image"]["tag"] != "main"
    assert set(picker["resources"]["requests"]) == {"cpu", "memory"}


def test_what_selects_the_pods_knows_their_labels():
    labels = engine()["modelArtifacts"]["labels"]
    documents = deployables.objects(deployables.emit(LLM_D, topologies.fleet(4)))
    selector = deployables.one(documents, "Service")["spec"]["selector"]
    assert selector.items() <= labels.items()
    budget = deployables.one(documents, "PodDisruptionBudget")["spec"]
    assert budget["selector"]["matchLabels"].items() <= labels.items()
    scaled = deployables.one(documents, "ScaledObject")["spec"]["scaleTargetRef"]
    assert scaled["name"] == f"{engine()['fullnameOverride']}-decode"
    kinds = {one["kind"] for one in documents}
    assert not kinds & {"Deployment", "LeaderWorkerSet"}


def test_the_picker_may_run_and_ask():
    documents = deployables.objects(deployables.emit(LLM_D, topologies.fleet(4)))
    space = deployables.one(documents, "Namespace")["metadata"]["labels"]
    assert space["pod-security.kubernetes.io/enforce"] == "baseline"
    assert space["pod-security.kubernetes.io/warn"] == "restricted"
    chosen = {"llm-d-router-gateway": "chat-router-epp"}
    policies = [one["spec"] for one in documents if one["kind"] == "NetworkPolicy"]
    assert chosen in [one["podSelector"].get("matchLabels") for one in policies]
    assert json.dumps(chosen) in json.dumps([one.get("ingress") for one in policies])


@pytest.mark.slow  # the definitions have megabytes
@pytest.mark.parametrize("name", ["fleet", "two_services", "parts"])
def test_the_objects_around_meet_their_schemas(name: str):
    folder = deployables.folder_or_skip()
    documents = deployables.objects(deployables.emit(LLM_D, deployables.shape(name)))
    assert deployables.problems(documents, folder) == []


def test_a_route_is_made_for_a_gateway_that_is_named():
    assert router()["httpRoute"] == {"create": False}
    assert router(gateway="edge")["httpRoute"]["inferenceGatewayName"] == "edge"
    files = deployables.texts(deployables.emit(LLM_D, topologies.fleet(4), {"gateway": "edge"}))
    assert "need Gateway kubectl get gateway edge" in files["preflight.sh"]


def test_what_the_chart_makes_a_template_of_renders_as_it_is():
    base = topologies.fleet(4)
    (plan,) = base.services
    (own,) = plan.service.engines
    hostile = replace(own, health_path="/{{ .Values }}")
    other = replace(plan, service=replace(plan.service, engines=(hostile,)))
    emitted = deployables.emit(LLM_D, replace(base, services=(other,)))
    found = yaml.safe_load(deployables.texts(emitted)["values/chat.yaml"])
    probe = found["decode"]["containers"][0]["extraConfig"]["startupProbe"]
    assert probe["httpGet"]["path"] == '/{{ "{{" }} .Values }}'


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("pipelined", {}, "INF601"),
        ("one_board", {}, "INF601"),
        ("fleet", {"provider": "envoy"}, "INF603"),
        ("fleet", {"gateway": "A B"}, "INF603"),
        ("fleet", {"gatway": "edge"}, "INF602"),
    ],
)
def test_what_cannot_be_served_is_refused(name: str, options: dict[str, str], code: str):
    assert deployables.refused(LLM_D, deployables.shape(name), options) == code


def test_a_gateway_of_the_file_is_refused_and_not_left_out():
    assert deployables.refused(LLM_D, gateways.routed_chat(gateways.route())) == "INF601"


@pytest.mark.parametrize("option", ["dra", "queue", "rdma"])
def test_options_that_another_controller_would_have_to_know_are_refused(option: str):
    options = {option: "gpus" if option != "dra" else True}
    assert deployables.refused(LLM_D, topologies.support_chat(), options) == "INF603"


def test_prompts_that_are_computed_apart_are_refused():
    assert deployables.refused(LLM_D, topologies.disaggregated()) == "INF601"


def test_the_readme_has_the_cluster_s_own_objects_applied_first():
    files = deployables.texts(deployables.emit(LLM_D, deployables.shape("fleet")))
    assert "kind: PriorityClass" in files["cluster/10-cluster.yaml"]
    lines = files["README.md"].splitlines()
    own = next(n for n, line in enumerate(lines) if line.startswith("kubectl apply -k cluster "))
    assert own < lines.index("kubectl apply -k .")
