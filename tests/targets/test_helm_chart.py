"""The emitted chart, through Helm's own engine: it renders to the objects of `kubernetes`."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import charts, gateways, network_plans, topologies, workloads
from support.kubernetes import is_native, native_problems

from inferc.compiler.topology import Topology
from inferc.targets.base import Options
from inferc.targets.helm.emitter import TARGET as HELM
from inferc.targets.helm.images import parts
from inferc.targets.kubernetes.emitter import TARGET as KUBERNETES
from inferc.targets.kubernetes.objects import build_objects
from inferc.targets.kubernetes.objects.layout import layout_of
from inferc.targets.versions import KUBERNETES as CLUSTER

HOSTILE = 'a"b\'c\\d\n{{ .Values }} {{"{{"}} }} {% x %} `y` ${z} $(w) {{- fail "no" }} 模型\u202e {'

CASES: Mapping[str, tuple[Topology, Options]] = {
    "support_chat": (topologies.support_chat(), {}),
    "two_services": (topologies.two_services(), {}),
    "fleet": (topologies.fleet(4), {}),
    "split": (workloads.split(), {}),
    "claims": (topologies.support_chat(), {"dra": True}),
    "queued": (topologies.support_chat(), {"queue": "gpus"}),
    "pipelined": (topologies.pipelined(), {}),
    "behind_a_gateway": (gateways.routed_chat(gateways.route()), {}),
    "on_sglang": (topologies.with_engine("sglang"), {}),
    "fixed_replicas": (topologies.small_replicas(), {"scaler": "none"}),
    "hpa": (topologies.support_chat(), {"scaler": "hpa"}),
    "own_namespace": (topologies.support_chat(), {"create_namespace": False, "namespace": "llm"}),
    "secrets": (topologies.support_chat(), {"image_pull_secret": "regcred"}),
    "parts": (workloads.language_model_in_parts(), {}),
    "keyword": (topologies.named("class", design="import"), {}),
    "digits": (topologies.named("_9lives"), {}),
    "long": (topologies.named("a_long_name_" * 5, design="topology_" * 9), {}),
    "hostile": (topologies.named(HOSTILE, doc=HOSTILE, design=HOSTILE), {}),
    "hostile_model": (
        replace(
            topologies.support_chat(),
            services=tuple(
                replace(plan, service=replace(plan.service, model_name=HOSTILE))
                for plan in topologies.support_chat().services
            ),
        ),
        {},
    ),
}

QUICK = ("two_services", "hpa", "split", "hostile")
"""Held in every run; the others in the slow ones."""
QUICKLY_RENDERED = (
    *QUICK,
    "behind_a_gateway",
    "claims",
    "hostile_model",
    "long",
    "parts",
)


def among(quick: tuple[str, ...]) -> list[Any]:
    """Return all cases, those beside ``quick`` marked as slow."""
    slow = pytest.mark.slow
    return [case if case in quick else pytest.param(case, marks=slow) for case in CASES]


def objects_of(topology: Topology, options: Options) -> list[dict[str, Any]]:
    """Return the objects of the namespace that the kubernetes target writes."""
    return [one.document() for one in build_objects(topology, options) if one.namespace]


@cache
def written(case: str, root: Path) -> Path:
    emitted = HELM.emit(*CASES[case])
    assert [item.code for item in emitted.diagnostics if item.severity.value == "error"] == []
    return charts.write(root / case, emitted.artifacts)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("charts")


@pytest.mark.parametrize("case", among(QUICKLY_RENDERED))
def test_the_chart_renders_to_the_objects_of_kubernetes(case: str, root: Path):
    topology, options = CASES[case]
    namespace = layout_of(topology, options).namespace
    chart = written(case, root) / "chart"
    rendered = charts.render(chart, namespace=namespace)
    wanted = charts.by_id(objects_of(topology, options))
    assert charts.by_id(rendered) == wanted
    assert len(rendered) == len(wanted)


@pytest.mark.parametrize("case", among(QUICK))
def test_helm_finds_nothing_wrong_with_the_chart(case: str, root: Path):
    assert charts.lint(written(case, root) / "chart") == []


@pytest.mark.parametrize("case", among(QUICK))
def test_the_planned_values_meet_the_closed_schema(case: str, root: Path):
    chart = written(case, root) / "chart"
    schema = json.loads((chart / "values.schema.json").read_text("utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    values = yaml.safe_load((chart / "values.yaml").read_text("utf-8"))
    assert list(jsonschema.Draft7Validator(schema).iter_errors(values)) == []
    assert open_objects(schema) == []


def open_objects(schema: Any, path: str = "") -> list[str]:
    """Return the parts of a schema that take any key and say nothing of it."""
    found: list[str] = []
    if isinstance(schema, Mapping):
        if schema.get("type") == "object" and "additionalProperties" not in schema:
            found += [path] if path != "/properties/global" else []
        for key, value in schema.items():
            found += open_objects(value, f"{path}/{key}")
    return found


def test_each_value_is_explained(root: Path):
    chart = written("two_services", root) / "chart"
    schema = json.loads((chart / "values.schema.json").read_text("utf-8"))
    chat = schema["properties"]["services"]["properties"]["chat"]["properties"]
    for name, part in {**schema["properties"], **chat}.items():
        assert part.get("description") or name in {"engine", "storage"}, name
    comments = [line for line in (chart / "values.yaml").read_text().splitlines() if "# " in line]
    assert len(comments) > 40


def test_everything_follows_the_namespace_of_the_release(root: Path):
    topology, options = CASES["fleet"]
    planned = layout_of(topology, options).namespace
    rendered = charts.render(written("fleet", root) / "chart", namespace="elsewhere")
    for document in rendered:
        assert document["metadata"]["namespace"] == "elsewhere"
    scaled = next(one for one in rendered if one["kind"] == "ScaledObject")
    query = scaled["spec"]["triggers"][0]["metadata"]["query"]
    assert 'namespace="elsewhere",job="elsewhere/chat"' in query
    left = json.dumps(rendered).replace(f'part-of": "{planned}"', "")
    assert f'="{planned}' not in left
    assert f"{planned}/" not in left


# ---- overrides ----------------------------------------------------------------------------------

OVERRIDES: Mapping[str, Any] = {
    "imageRegistry": "mirror.example:5000/hub/",
    "imagePullSecrets": [{"name": "mirror"}],
    "extraLabels": {"team": "search"},
    "nodeSelector": {"topology.kubernetes.io/zone": "a"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "hfToken": {"secretName": "our-token"},
    "services": {
        "chat": {
            "labels": {"tier": "gold"},
            "image": {"tag": "v0.11.3"},
            "storage": {"size": "500Gi", "storageClassName": "fast"},
            "engine": {
                "extraArgs": ["--seed=1"],
                "resources": {"requests": {"cpu": "24"}, "limits": {"memory": "96Gi"}},
                "scaler": {"min": 2, "max": 4},
            },
        }
    },
}


@pytest.fixture(scope="module")
def overridden(root: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return charts.by_id(charts.render(written("fleet", root) / "chart", OVERRIDES))


def of_kind(found: Mapping[tuple[str, str], dict[str, Any]], kind: str) -> dict[str, Any]:
    (one,) = [document for (known, _), document in found.items() if known == kind]
    return one


def test_overrides_reach_every_pod(overridden: dict[tuple[str, str], dict[str, Any]]):
    for kind in ("Deployment", "Job"):
        pod = of_kind(overridden, kind)["spec"]["template"]
        assert pod["metadata"]["labels"]["team"] == "search"
        assert pod["metadata"]["labels"]["tier"] == "gold"
        spec = pod["spec"]
        assert spec["imagePullSecrets"] == [{"name": "mirror"}]
        assert spec["nodeSelector"]["topology.kubernetes.io/zone"] == "a"
        assert "nvidia.com/gpu.product" in spec["nodeSelector"]
        assert [one["key"] for one in spec["tolerations"]] == ["dedicated", "nvidia.com/gpu"]
        images = {one["image"] for one in (*spec["containers"], *spec.get("initContainers", ()))}
        assert images == {"mirror.example:5000/hub/vllm/vllm-openai:v0.11.3"}


def test_overrides_change_what_they_name(overridden: dict[tuple[str, str], dict[str, Any]]):
    engine = of_kind(overridden, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert engine["args"][-1] == "--seed=1"
    assert engine["resources"]["requests"]["cpu"] == "24"
    assert engine["resources"]["limits"]["memory"] == "96Gi"
    assert engine["resources"]["limits"]["nvidia.com/gpu"] == "4"
    scaled = of_kind(overridden, "ScaledObject")["spec"]
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (2, 4)
    assert scaled["fallback"]["replicas"] <= 4
    claim = of_kind(overridden, "PersistentVolumeClaim")["spec"]
    assert claim["storageClassName"] == "fast"
    assert claim["resources"]["requests"]["storage"] == "500Gi"
    token = of_kind(overridden, "Job")["spec"]["template"]["spec"]["containers"][0]["env"][-1]
    assert token["valueFrom"]["secretKeyRef"]["name"] == "our-token"


def test_overrides_keep_selectors_and_schemas(overridden: dict[tuple[str, str], dict[str, Any]]):
    wanted = charts.by_id(objects_of(*CASES["fleet"]))
    for kind in ("Deployment", "Service", "PodMonitor", "PodDisruptionBudget"):
        assert (
            of_kind(overridden, kind)["spec"]["selector"]
            == of_kind(wanted, kind)["spec"]["selector"]
        )
    native = [document for document in overridden.values() if is_native(document)]
    assert [p for one in native for p in native_problems(one, CLUSTER.version)] == []


@pytest.mark.parametrize(
    "values",
    [
        {"services": {"chat": {"image": {"tag": "v0.11.3"}}}},
        {"imageRegistry": "mirror.example"},
        {"tolerations": [{"key": "dedicated", "operator": "Exists"}]},
        {"extraLabels": {"team": "search"}},
        {"hfToken": {"secretName": "other"}},
        {"services": {"chat": {"prefetch": {"resources": {"limits": {"memory": "16Gi"}}}}}},
    ],
)
def test_a_job_with_other_pods_is_another_job(values: dict[str, Any], root: Path):
    chart = written("support_chat", root) / "chart"
    planned = of_kind(charts.by_id(charts.render(chart)), "Job")
    other = of_kind(charts.by_id(charts.render(chart, values)), "Job")
    assert other["spec"]["template"] != planned["spec"]["template"]
    assert other["metadata"]["name"] != planned["metadata"]["name"]
    assert re.fullmatch(r"chat-prefetch-[0-9a-f]{10}", other["metadata"]["name"])


def test_a_job_with_the_same_pods_is_the_same_job(root: Path):
    chart = written("support_chat", root) / "chart"
    values = {"services": {"chat": {"engine": {"extraArgs": ["--seed=1"]}}}}
    planned = of_kind(charts.by_id(charts.render(chart)), "Job")
    assert of_kind(charts.by_id(charts.render(chart, values)), "Job") == planned


def test_without_an_autoscaler_the_replicas_are_fixed(root: Path):
    off = {"enabled": False}
    values = {"services": {"chat": {"engine": {"replicas": 3, "scaler": off}}}}
    found = charts.by_id(charts.render(written("fleet", root) / "chart", values))
    assert of_kind(found, "Deployment")["spec"]["replicas"] == 3
    assert not [kind for kind, _ in found if kind == "ScaledObject"]


def test_parts_can_be_left_out(root: Path):
    values = {"monitoring": {"enabled": False}, "networkPolicies": {"enabled": False}}
    chart = written("fleet", root) / "chart"
    planned, found = charts.by_id(charts.render(chart)), charts.by_id(charts.render(chart, values))
    gone = {kind for kind, _ in set(planned) - set(found)}
    assert {"NetworkPolicy", "PodMonitor"} <= gone
    assert not gone & {"Deployment", "Service", "Job", "ScaledObject"}


def test_volumes_stay_when_the_release_goes(root: Path):
    chart = written("support_chat", root) / "chart"
    policy = "helm.sh/resource-policy"
    for keep in (True, False):
        rendered = charts.render(chart, {"storage": {"keep": keep}})
        (claim,) = [one for one in rendered if one["kind"] == "PersistentVolumeClaim"]
        assert (claim["metadata"].get("annotations", {}).get(policy) == "keep") is keep


# ---- what Helm refuses ---------------------------------------------------------------------------


def chat(**engine: Any) -> dict[str, Any]:
    return {"services": {"chat": {"engine": engine}}}


REFUSED: Mapping[str, tuple[dict[str, Any], str]] = {
    "a key that nobody reads": ({"imageRegistri": "x"}, "imageRegistri"),
    "a key inside a service": (chat(replcias=3), "replcias"),
    "another service": ({"services": {"chatt": {}}}, "chatt"),
    "more replicas than fit": (chat(replicas=99), "maximum"),
    "a negative number": (chat(replicas=-1), "minimum"),
    "no replica at all": (chat(scaler={"min": 0}), "minimum"),
    "more at least than at most": (chat(scaler={"min": 4, "max": 2}), "min is more than max"),
    "other accelerators": (
        chat(resources={"limits": {"nvidia.com/gpu": "8"}}),
        "value must be '4'",
    ),
    "no amount of memory": (chat(resources={"limits": {"memory": "many"}}), "memory"),
    "any version": ({"services": {"chat": {"image": {"tag": "latest"}}}}, "tag"),
    "a label that selectors use": (
        {"extraLabels": {"app.kubernetes.io/name": "x"}},
        "invalid propertyName",
    ),
    "a label of bad form": ({"extraLabels": {"team": "a b"}}, "team"),
    "another plan": ({"plan": {"digest": "0"}}, "digest"),
    "one argument for many": (chat(args="--seed=1"), "args"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_cannot_work_are_refused(case: str, root: Path):
    values, word = REFUSED[case]
    assert word in charts.problem(written("fleet", root) / "chart", values)


# ---- hostile texts -------------------------------------------------------------------------------

texts = st.text(
    st.one_of(
        st.sampled_from(list("{}-\"'`$()%\\\n\t .:#&*!|>@")),
        st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(model=texts, design=texts, service=texts)
def test_a_text_never_becomes_a_template(
    model: str, design: str, service: str, tmp_path_factory: pytest.TempPathFactory
):
    base = topologies.named(service, doc=design, design=design)
    (plan,) = base.services
    named = replace(plan, service=replace(plan.service, model_name="m" + model))
    topology = replace(base, services=(named,))
    namespace = layout_of(topology, {}).namespace
    emitted = HELM.emit(topology, {})
    chart = charts.write(tmp_path_factory.mktemp("hostile"), emitted.artifacts) / "chart"
    rendered = charts.render(chart, namespace=namespace)
    assert charts.by_id(rendered) == charts.by_id(objects_of(topology, {}))
    assert "m" + model in "".join(
        argument.partition("=")[2]
        for one in rendered
        if one["kind"] == "Deployment"
        for argument in one["spec"]["template"]["spec"]["containers"][0]["args"]
    ).replace("$$(", "$(")


# ---- the output ----------------------------------------------------------------------------------


def test_the_same_topology_gives_the_same_bytes():
    first, second = (HELM.emit(topologies.two_services(), {}) for _ in range(2))
    assert first == second


def test_the_namespace_stands_beside_the_chart(root: Path):
    folder = written("support_chat", root)
    (namespace,) = yaml.safe_load_all((folder / "namespace.yaml").read_text())
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "kubectl apply -f namespace.yaml" in (folder / "README.md").read_text()
    assert not (written("own_namespace", root) / "namespace.yaml").exists()
    assert "namespace.yaml" not in (written("own_namespace", root) / "README.md").read_text()


def test_the_notes_say_where_the_services_answer(root: Path):
    text = charts.notes(written("two_services", root) / "chart", namespace="elsewhere")
    assert "http://chat.elsewhere.svc" in text
    assert "http://tagger.elsewhere.svc" in text
    assert "let in may call the services: `kubectl -n elsewhere get networkpolicy`" in text


def test_networks_are_installed_too(tmp_path: Path):
    source = network_plans.program(network_plans.service())
    (topology,) = network_plans.compilation(source).topologies.value or ()
    options = {"model_volume": "models"}
    emitted = HELM.emit(topology, options)
    assert emitted.artifacts, emitted.diagnostics
    chart = charts.write(tmp_path, emitted.artifacts) / "chart"
    namespace = layout_of(topology, options).namespace
    rendered = charts.by_id(charts.render(chart, namespace=namespace))
    assert rendered == charts.by_id(objects_of(topology, options))
    assert charts.lint(chart) == []


def test_the_overrides_are_the_users_own():
    emitted = HELM.emit(topologies.support_chat(), {})
    assert [one.path for one in emitted.artifacts if one.starter] == ["my-values.yaml"]
    (starter,) = [one for one in emitted.artifacts if one.starter]
    assert yaml.safe_load(starter.content) in ({}, None)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"chart_version": "1"}, "INF603"),
        ({"chart_version": 2.0}, "INF603"),
        ({"scaler": "sometimes"}, "INF603"),
        ({"scalr": "none"}, "INF602"),
    ],
)
def test_wrong_options_are_refused_by_name(options: Options, code: str):
    emitted = HELM.emit(topologies.support_chat(), options)
    (problem,) = emitted.diagnostics
    assert problem.code == code
    assert "`helm`" in problem.message
    assert emitted.artifacts == ()


def test_what_kubernetes_cannot_serve_the_chart_cannot_either():
    emitted = HELM.emit(topologies.one_board(), {})
    assert emitted.artifacts == ()
    theirs = KUBERNETES.emit(topologies.one_board(), {}).diagnostics
    assert [one.code for one in emitted.diagnostics] == [one.code for one in theirs]
    assert all("`kubernetes`" not in one.message for one in emitted.diagnostics)


def test_the_version_of_the_chart_can_be_chosen():
    emitted = HELM.emit(topologies.support_chat(), {"chart_version": "2.1.0-rc.1"})
    (text,) = [one.content for one in emitted.artifacts if one.path == "chart/Chart.yaml"]
    assert yaml.safe_load(text)["version"] == "2.1.0-rc.1"


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("vllm/vllm-openai:v1", ("", "vllm/vllm-openai", "v1", "")),
        ("mirror.example:5000/hub/vllm:v1", ("mirror.example:5000", "hub/vllm", "v1", "")),
        ("localhost/x/y", ("localhost", "x/y", "", "")),
        ("x@sha256:" + "0" * 64, ("", "x", "", "sha256:" + "0" * 64)),
        ("h.io/x:t@sha256:" + "0" * 64, ("h.io", "x", "t", "sha256:" + "0" * 64)),
    ],
)
def test_an_image_is_taken_apart(image: str, wanted: tuple[str, ...]):
    assert tuple(parts(image)) == wanted
