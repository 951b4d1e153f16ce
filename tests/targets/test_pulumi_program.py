"""The emitted program, run: it creates the objects of the Kubernetes target, and tests itself."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support import designs, gateways, pulumi, topologies, workloads

from inferc.compiler.topology import Topology
from inferc.targets.base import Options
from inferc.targets.kubernetes.emitter import TARGET as KUBERNETES
from inferc.targets.pulumi.emitter import TARGET as PULUMI

HOSTILE = 'a"b\'c\\d\n"""; import os; os.system("x") # {x!r} $(y) ${z} %s 模型\u202e\x00'

CASES: Mapping[str, tuple[Topology, Options]] = {
    "support_chat": (topologies.support_chat(), {}),
    "two_services": (topologies.two_services(), {}),
    "fleet": (topologies.fleet(4), {}),
    "fixed_replicas": (topologies.small_replicas(), {"scaler": "none"}),
    "hpa": (topologies.support_chat(), {"scaler": "hpa"}),
    "own_namespace": (topologies.support_chat(), {"create_namespace": False, "namespace": "llm"}),
    "secrets": (topologies.support_chat(), {"image_pull_secret": "regcred", "hf_token_secret": ""}),
    "groups": (topologies.pipelined(), {}),
    "roles": (workloads.split_over_nodes(), {}),
    "networks": (workloads.networks_in_parts(), workloads.NETWORKS),
    "gateway": (gateways.routed_chat(gateways.route()), {}),
    "keyword": (topologies.named("class", design="import"), {}),
    "foundation": (topologies.named("foundation"), {}),
    "like_a_module": (topologies.named("pulumi", design="k8s"), {}),
    "digits": (topologies.named("_9lives"), {}),
    "long": (topologies.named("a_long_name_" * 5, design="topology_" * 9), {}),
    "hostile": (topologies.named(HOSTILE, doc=HOSTILE, design=HOSTILE), {}),
    "hostile_model": (
        replace(
            topologies.support_chat(),
            services=tuple(
                replace(plan, service=replace(plan.service, model_name=HOSTILE.replace("\x00", "")))
                for plan in topologies.support_chat().services
            ),
        ),
        {},
    ),
}


@cache
def files(case: str) -> Mapping[str, str]:
    emitted = PULUMI.emit(*CASES[case])
    assert emitted.artifacts, emitted.diagnostics
    return {one.path: one.content.decode("utf-8") for one in emitted.artifacts}


def write(case: str, folder: Path) -> Path:
    return pulumi.write(PULUMI.emit(*CASES[case]).artifacts, folder)


def manifests(case: str) -> dict[str, Any]:
    """Return the objects in the files of the Kubernetes target."""
    found: dict[str, Any] = {}
    for artifact in KUBERNETES.emit(*CASES[case]).artifacts:
        if artifact.path.removeprefix("cluster/")[0].isdigit():
            for document in yaml.safe_load_all(artifact.content):
                found[f"{document['kind']}/{document['metadata']['name']}"] = document
    assert len(found) > 5
    return found


QUICK = ("two_services", "networks", "hostile")
OTHERS = tuple(case for case in CASES if case not in QUICK)


@pytest.mark.parametrize(
    "cases", [QUICK, pytest.param(OTHERS, marks=pytest.mark.slow)], ids=["some", "others"]
)
def test_objects_are_those_of_the_kubernetes_target(cases: tuple[str, ...], tmp_path: Path) -> None:
    """All programs run in one process, since the SDK takes a second to load."""
    folders = [write(case, tmp_path / case) for case in cases]
    for case, (objects, outputs) in zip(cases, pulumi.run(*folders), strict=True):
        expected = manifests(case)
        assert sorted(objects) == sorted(expected)
        for name, document in expected.items():
            assert objects[name] == document, (case, name)
        assert outputs["planDigest"] == CASES[case][0].digest
        assert all(url.startswith("http://") for url in outputs["endpoints"].values())


@pytest.mark.slow
@pytest.mark.parametrize("example", ["support-chat", "cloud-instances"])
def test_an_example_compiled_for_both_targets_makes_the_same_objects(
    example: str, tmp_path: Path
) -> None:
    source = pulumi.ROOT / "examples" / example / "topology.infer"
    command = [sys.executable, "-m", "inferc", "compile", str(source), "-t", "kubernetes,pulumi"]
    done = subprocess.run([*command, "-o", str(tmp_path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    [folder] = tmp_path.iterdir()
    [(objects, _)] = pulumi.run(folder / "pulumi")
    tree = folder / "kubernetes"
    files = [*tree.glob("[0-9]*.yaml"), *tree.glob("cluster/[0-9]*.yaml")]
    documents = [one for path in files for one in yaml.safe_load_all(path.read_text("utf-8"))]
    assert objects == {f"{one['kind']}/{one['metadata']['name']}": one for one in documents}


@pytest.mark.parametrize("case", ["two_services", pytest.param("hostile", marks=pytest.mark.slow)])
def test_its_own_tests_pass(case: str, tmp_path: Path) -> None:
    done = pulumi.own_tests(write(case, tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Ran 20 tests" in done.stderr


MUTATIONS = {
    "fewer accelerators": ('"nvidia.com/gpu": "4"', '"nvidia.com/gpu": "2"'),
    "default timeouts": ("create=args.start_timeout", "create='10s'"),
    "no parent": ("parent=self,", ""),
    "replicas fought over": ('ignore_changes=["spec.replicas"],', ""),
    "protection ignored": ("protect=args.protect_weights", "protect=False"),
    "another namespace": ("namespace=args.namespace", 'namespace="default"'),
}


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_its_own_tests_can_fail(mutation: str, tmp_path: Path) -> None:
    module = write("support_chat", tmp_path) / "components" / "chat.py"
    before, after = MUTATIONS[mutation]
    text = module.read_text("utf-8")
    assert before in text
    module.write_text(text.replace(before, after), "utf-8")
    assert pulumi.own_tests(tmp_path).returncode == 1


def test_programs_are_formatted_and_clean(tmp_path: Path) -> None:
    for case in CASES:
        write(case, tmp_path / case)
    assert pulumi.lint(tmp_path) == ""


@pytest.mark.slow
@pytest.mark.parametrize("case", ["two_services", "own_namespace"])
def test_programs_are_well_typed(case: str, tmp_path: Path) -> None:
    assert pulumi.typed(write(case, tmp_path)) == ""


@pytest.mark.slow
def test_a_wrong_argument_is_found_by_the_type_checker(tmp_path: Path) -> None:
    folder = write("support_chat", tmp_path)
    module = folder / "components" / "chat.py"
    text = module.read_text("utf-8").replace("progress_deadline_seconds=", "progress_deadline=")
    module.write_text(text, "utf-8")
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, str(module)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "progress_deadline" in done.stdout


def test_same_input_same_bytes() -> None:
    for topology, options in CASES.values():
        assert PULUMI.emit(topology, options) == PULUMI.emit(topology, options)


def test_the_generator_loads_no_sdk() -> None:
    code = (
        "import sys; from inferc.targets.pulumi.emitter import TARGET;"
        "sys.exit(any(name.startswith('pulumi') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0


def test_a_refusal_emits_nothing() -> None:
    emitted = PULUMI.emit(topologies.one_board(), {})
    assert emitted.artifacts == ()
    assert [item.code for item in emitted.diagnostics] == ["INF601"]
    assert "the target `pulumi` cannot run service `chat`" in emitted.diagnostics[0].message


def test_a_wrong_option_is_one_of_this_target() -> None:
    emitted = PULUMI.emit(topologies.support_chat(), {"namespce": "llm"})
    found = [item for item in emitted.diagnostics if item.code == "INF602"]
    assert "the target `pulumi` has no option `namespce`" in found[0].message
    assert "kubernetes" not in found[0].notes[0]


def test_layout_of_the_program() -> None:
    assert [path for path in files("two_services") if not path.startswith("files/")] == [
        ".gitignore",
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.yaml",
        "README.md",
        "__main__.py",
        "components/__init__.py",
        "components/chat.py",
        "components/cluster_scoped.py",
        "components/common.py",
        "components/custom.py",
        "components/foundation.py",
        "components/secrets.py",
        "components/tagger.py",
        "customise.py",
        "plan.json",
        "plan.py",
        "policy/PulumiPolicy.yaml",
        "policy/__main__.py",
        "policy/limits.json",
        "policy/requirements.txt",
        "policy/rules.py",
        "pyrightconfig.json",
        "requirements-dev.txt",
        "requirements.txt",
        "ruff.toml",
        "settings.py",
        "tests/test_policy.py",
        "tests/test_program.py",
    ]


def test_what_is_the_users_is_made_once() -> None:
    emitted = PULUMI.emit(*CASES["support_chat"])
    assert [one.path for one in emitted.artifacts if one.starter] == [
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "customise.py",
    ]


def test_project_file() -> None:
    project = yaml.safe_load(files("hostile")["Pulumi.yaml"])
    assert re.fullmatch(r"[a-z0-9-]+", project["name"])
    assert project["description"] == " ".join(HOSTILE.split())
    assert project["runtime"]["name"] == "python"
    assert project["config"]["protectWeights"]["default"] is False


def test_plan_file() -> None:
    plan = json.loads(files("two_services")["plan.json"])
    assert set(plan["services"]) == {"chat", "tagger"}
    assert plan["services"]["chat"]["accelerators_per_replica"] == 4
    assert plan["services"]["chat"]["usd_per_h"] is None


@pytest.mark.slow
def test_cost_is_an_output_where_it_is_known(tmp_path: Path) -> None:
    base = topologies.support_chat()
    plans = tuple(replace(plan, price_usd_per_s=0.01) for plan in base.services)
    emitted = PULUMI.emit(replace(base, services=plans), {})
    [(_, outputs)] = pulumi.run(pulumi.write(emitted.artifacts, tmp_path))
    assert outputs["usdPerHour"] == {"chat": pytest.approx(36), "total": pytest.approx(36)}


def shape_of(text: str) -> str:
    """Return the syntax of a program with its strings left out."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(words, words)
def test_what_a_user_writes_is_only_ever_data(doc: str, model: str) -> None:
    base = topologies.support_chat()
    plan = base.services[0]
    service = replace(plan.service, model_name=model)
    changed = replace(base, doc=doc, services=(replace(plan, service=service),))
    emitted = PULUMI.emit(changed, {})
    assume(emitted.artifacts)  # no object can hold some texts, and both targets refuse them
    texts = {one.path: one.content.decode("utf-8") for one in emitted.artifacts}
    for path, text in files("support_chat").items():
        if path.endswith(".py"):
            assert shape_of(texts[path]) == shape_of(text)
            assert texts[path].isascii()


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(words, words)
def test_any_name_gives_a_program(service: str, design: str) -> None:
    emitted = PULUMI.emit(topologies.named(service, design=design), {})
    for artifact in emitted.artifacts:
        if artifact.path.endswith(".py"):
            compile(artifact.content, artifact.path, "exec")
            assert artifact.content.isascii()


def test_designs_have_places_to_point_at() -> None:
    """The SLA annotation is text of the user's file, so it must not be empty here."""
    assert designs.support_chat().services[0].objectives[0].span.text
