"""The emitted Pulumi program, run: it registers what the API takes, and what the template has."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import pulumi, sagemaker
from support.repository import ROOT

from inferc.compiler.topology import Topology
from inferc.targets.base import Options
from inferc.targets.sagemaker.emitter import TARGET

HOSTILE = (
    'a"b\'c\\d\n"""; import os; os.system("x") # {x!r} $(y) ${z} ${AWS::AccountId} %s 模型\u202e'
)

CASES: Mapping[str, tuple[Options, dict[str, str]]] = {
    "variant": ({"registry": True}, {"rate": "900 req/min"}),
    "shared": ({}, sagemaker.SHARED),
    "queue": ({"canary": 0}, sagemaker.QUEUE),
    "shadow": ({"shadow": 20, "vpc": False}, {"rate": "900 req/min"}),
    "asleep": ({}, sagemaker.ASLEEP),
}


def files(case: str) -> Mapping[str, str]:
    options, parts = CASES[case]
    return sagemaker.files(sagemaker.emitted(options, **parts))


def hostile(topology: Topology) -> Topology:
    """Return a topology whose every text of the user's is code for somebody."""
    plans = tuple(
        replace(plan, service=replace(plan.service, name=f"s{number}", deployed_name=HOSTILE))
        for number, plan in enumerate(topology.services)
    )
    return replace(topology, name=HOSTILE, doc=HOSTILE, services=plans)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Write all programs, and one with hostile names."""
    found: dict[str, Path] = {}
    for case, (options, parts) in CASES.items():
        folder = tmp_path_factory.mktemp("program")
        found[case] = pulumi.write(sagemaker.emitted(options, **parts).artifacts, folder)
    for case, topology in (
        ("hostile", hostile(sagemaker.topology())),
        ("mixed", sagemaker.mixed()),
    ):
        emitted = TARGET.emit(topology, {"registry": True})
        found[case] = pulumi.write(emitted.artifacts, tmp_path_factory.mktemp("program"))
    return found


@pytest.fixture(scope="module")
def ran(folders: Mapping[str, Path]) -> Mapping[str, Mapping[str, Any]]:
    """Run all programs, in one process since the SDK takes seconds to load."""
    return dict(zip(folders, sagemaker.run(*folders.values()), strict=True))


REQUESTS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "sagemaker/model:Model": ("sagemaker", "CreateModelInput", {"ModelName": "m"}),
    "sagemaker/endpointConfiguration:EndpointConfiguration": (
        "sagemaker",
        "CreateEndpointConfigInput",
        {"EndpointConfigName": "c"},
    ),
    "sagemaker/modelPackageGroup:ModelPackageGroup": (
        "sagemaker",
        "CreateModelPackageGroupInput",
        {},
    ),
    "appautoscaling/target:Target": (
        "application-autoscaling",
        "RegisterScalableTargetRequest",
        {},
    ),
    "cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch", "PutMetricAlarmInput", {}),
}


def as_request(kind: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a resource as the API gets them."""
    asked = sagemaker.as_api({key: value for key, value in inputs.items() if key != "tagsAll"})
    if kind.startswith("cloudwatch/"):
        asked["AlarmName"] = asked.pop("Name")
        asked["Dimensions"] = [
            {"Name": name, "Value": value} for name, value in sorted(inputs["dimensions"].items())
        ]
        asked["OKActions"] = asked.pop("OkActions", [])
    if kind.startswith("sagemaker/endpoint:"):
        asked["EndpointName"] = asked.pop("Name")
    return asked


@pytest.mark.parametrize("case", [*CASES, "hostile", "mixed"])
def test_what_a_program_registers_is_what_the_api_takes(
    case: str, ran: Mapping[str, Mapping[str, Any]]
) -> None:
    looked_at = 0
    for kind, (service, shape, added) in REQUESTS.items():
        for inputs in sagemaker.of_type(ran[case], kind):
            asked = {**added, **as_request(kind, inputs)}
            assert sagemaker.problems(service, shape, asked) == [], kind
            looked_at += 1
    for inputs in sagemaker.of_type(ran[case], "sagemaker/endpoint:Endpoint"):
        asked = as_request("sagemaker/endpoint:Endpoint", inputs)
        assert sagemaker.problems("sagemaker", "UpdateEndpointInput", asked) == []
        looked_at += 1
    for inputs in sagemaker.of_type(ran[case], "appautoscaling/policy:Policy"):
        tracked = inputs.get("targetTrackingScalingPolicyConfiguration")
        if tracked:
            asked = sagemaker.as_api(tracked)
            metric = asked.get("CustomizedMetricSpecification")
            if metric:
                metric["Dimensions"] = sagemaker.as_api(metric["Dimensions"])
            shape = "TargetTrackingScalingPolicyConfiguration"
            assert sagemaker.problems("application-autoscaling", shape, asked) == []
            looked_at += 1
    assert looked_at >= 4


def test_one_program_has_endpoints_of_every_kind(ran: Mapping[str, Mapping[str, Any]]) -> None:
    one = ran["mixed"]
    assert set(one["outputs"]["endpoints"]) == {"chat", "search", "night", "docs"}
    assert len(set(one["outputs"]["endpoints"].values())) == 4
    assert len(sagemaker.of_type(one, "sagemaker/endpoint:Endpoint")) == 2
    stacks = sagemaker.of_type(one, "cloudformation/stack:Stack")
    assert len(stacks) == 2 + 4, "two shared endpoints, and a version of each model"
    assert len(sagemaker.of_type(one, "appautoscaling/target:Target")) == 4
    assert len(sagemaker.of_type(one, "iam/role:Role")) == 1
    assert len(sagemaker.of_type(one, "ec2/vpc:Vpc")) == 1


@pytest.mark.parametrize("case", ["variant", "queue", "shadow"])
def test_program_and_template_deploy_the_same(
    case: str, ran: Mapping[str, Mapping[str, Any]]
) -> None:
    (name,) = ran[case]["outputs"]["endpoints"].values()
    template = sagemaker.Template(
        files(case)["cloudformation.json"],
        ChatEndpointName=name,
        ChatCandidateRevision="0123abc",
        WeightsBucket="storage-weights",
    )
    alarms = {one["AlarmName"]: one for one in template.of_type("CloudWatch::Alarm")}
    kind = "cloudwatch/metricAlarm:MetricAlarm"
    registered = {
        one["AlarmName"]: one
        for one in (as_request(kind, inputs) for inputs in sagemaker.of_type(ran[case], kind))
    }
    assert set(registered) == set(alarms)
    for key, alarm in alarms.items():
        for member in ("MetricName", "Threshold", "Period", "Dimensions", "ComparisonOperator"):
            assert registered[key][member] == alarm[member], (key, member)
    for kind, words in (
        ("sagemaker/endpointConfiguration:EndpointConfiguration", "SageMaker::EndpointConfig"),
        ("sagemaker/endpoint:Endpoint", "SageMaker::Endpoint"),
        ("appautoscaling/target:Target", "ApplicationAutoScaling::ScalableTarget"),
    ):
        (inputs,) = sagemaker.of_type(ran[case], kind)
        (properties,) = template.of_type(words)
        assert comparable(as_request(kind, inputs)) == comparable(properties), kind
    models = sagemaker.of_type(ran[case], "sagemaker/model:Model")
    mirrored = template.of_type("SageMaker::Model")
    assert [one["primaryContainer"]["environment"] for one in models] == [
        one["PrimaryContainer"]["Environment"] for one in mirrored
    ]
    assert [one["primaryContainer"]["image"] for one in models] == [
        one["PrimaryContainer"]["Image"] for one in mirrored
    ]
    uris = [
        one["primaryContainer"]["modelDataSource"]["s3DataSources"][0]["s3Uri"] for one in models
    ]
    assert uris == [
        one["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]["S3Uri"] for one in mirrored
    ]


REFERENCES = re.compile(r"(Arn|Id|Topic|ModelName|ConfigName|Path)$")
ONLY_THERE = {"RetainAllVariantProperties", "Tags"}
"""What only CloudFormation has: the provider has no argument for the first, and tags everything."""


def comparable(value: Any) -> Any:
    """Return a request without what each way names for itself."""
    if isinstance(value, dict):
        return {
            key: comparable(item)
            for key, item in sorted(value.items())
            if key not in ONLY_THERE and not REFERENCES.search(key) and item is not None
        }
    return [comparable(item) for item in value] if isinstance(value, list) else value


def test_a_shared_endpoint_is_a_stack_whose_parameters_are_all_given(
    ran: Mapping[str, Mapping[str, Any]],
) -> None:
    (stack,) = sagemaker.of_type(ran["shared"], "cloudformation/stack:Stack")
    document = json.loads(stack["templateBody"])
    assert set(stack["parameters"]) == set(document["Parameters"])
    kinds = {one["Type"] for one in document["Resources"].values()}
    assert kinds == {
        "AWS::Logs::LogGroup",
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::InferenceComponent",
        "AWS::SageMaker::Model",
    }
    rollback = document["Resources"]["Copies"]["Properties"]["DeploymentConfig"]
    names = [one["AlarmName"] for one in rollback["AutoRollbackConfiguration"]["Alarms"]]
    template = sagemaker.Template(stack["templateBody"], **stack["parameters"])
    alarms = {
        one["name"]
        for one in sagemaker.of_type(ran["shared"], "cloudwatch/metricAlarm:MetricAlarm")
    }
    assert {template.value(name) for name in names} <= alarms


def test_the_registry_has_the_version_that_is_deployed(
    ran: Mapping[str, Mapping[str, Any]],
) -> None:
    (stack,) = sagemaker.of_type(ran["variant"], "cloudformation/stack:Stack")
    document = json.loads(stack["templateBody"])
    assert set(stack["parameters"]) == set(document["Parameters"])
    (version,) = document["Resources"].values()
    (model,) = sagemaker.of_type(ran["variant"], "sagemaker/model:Model")
    (container,) = version["Properties"]["InferenceSpecification"]["Containers"]
    assert container["Image"] == model["primaryContainer"]["image"]
    assert container["Environment"] == model["primaryContainer"]["environment"]


def test_the_role_may_do_in_the_program_what_it_may_in_the_template(
    ran: Mapping[str, Mapping[str, Any]],
) -> None:
    for case in ("variant", "queue", "shadow"):
        (policy,) = sagemaker.of_type(ran[case], "iam/rolePolicy:RolePolicy")
        statements = json.loads(policy["policy"])["Statement"]
        template = sagemaker.Template(files(case)["cloudformation.json"])
        (role,) = template.of_type("IAM::Role")
        mirrored = role["Policies"][0]["PolicyDocument"]["Statement"]
        assert [(one["Sid"], one["Action"]) for one in statements] == [
            (one["Sid"], one["Action"]) for one in mirrored
        ]


@pytest.mark.slow
@pytest.mark.parametrize("case", [*CASES, "hostile", "mixed"])
def test_the_program_tests_itself(case: str, folders: Mapping[str, Path]) -> None:
    done = pulumi.own_tests(folders[case])
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Ran 22 tests" in done.stderr
    assert "skipped" not in done.stderr, "a policy that no violation was tried of"


@pytest.mark.slow
@pytest.mark.parametrize("case", ["variant", "shared", "queue"])
def test_a_program_that_is_broken_fails_its_own_tests(
    case: str, folders: Mapping[str, Path], tmp_path: Path
) -> None:
    import shutil

    folder = shutil.copytree(folders[case], tmp_path / "program")
    watching = folder / "components" / "watching.py"
    text = watching.read_text("utf-8")
    if case == "variant":
        endpoint = folder / "components" / "endpoint.py"
        code = endpoint.read_text("utf-8").replace('plan["instances"]', 'plan["instances"] + 1')
        endpoint.write_text(code, "utf-8")
    elif case == "shared":
        (folder / "stacks" / "chat.json").unlink()
    else:
        watching.write_text(text.replace('if scale["wakes"]', 'if not scale["wakes"]'), "utf-8")
    assert pulumi.own_tests(folder).returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("case", [*CASES, "hostile", "mixed"])
def test_the_program_is_typed_to_the_last_argument(
    case: str, folders: Mapping[str, Path], tmp_path: Path
) -> None:
    settings_file = tmp_path / "pyrightconfig.json"
    checked = {
        "include": [str(folders[case])],
        "exclude": [str(folders[case] / "tests")],
        "typeCheckingMode": "strict",
        "executionEnvironments": [
            {"root": str(folders[case] / "policy")},
            {"root": str(folders[case])},
        ],
    }
    settings_file.write_text(json.dumps(checked), "utf-8")
    command = [sys.executable, "-m", "basedpyright", "-p", str(settings_file)]
    command += ["--pythonpath", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("case", [*CASES, "hostile", "mixed"])
def test_the_program_is_formatted_and_clean(case: str, folders: Mapping[str, Path]) -> None:
    python = [str(path) for path in sorted(folders[case].rglob("*.py"))]
    layout = ["--line-length", "100", "--isolated"]
    checks = ["--select", "E,F,I,N,UP,B,D1", "--ignore", "D102,D105,D107,E402,N802"]
    for command in (["format", "--check", *layout], ["check", *checks, *layout]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *python],
            capture_output=True,
            text=True,
            check=False,
            cwd=folders[case],
        )
        assert done.returncode == 0, done.stdout[-3000:]


def test_an_endpoint_of_another_kind_takes_no_name_of_the_old_one(
    ran: Mapping[str, Mapping[str, Any]],
) -> None:
    """The new one is created first: an old one's name is taken, and its alarms go with it."""
    names = {
        case: {
            str(inputs["name"])
            for kind in ("cloudwatch/metricAlarm:MetricAlarm", "sagemaker/endpoint:Endpoint")
            for inputs in sagemaker.of_type(ran[case], kind)
        }
        | {str(one["name"]) for one in sagemaker.of_type(ran[case], "cloudformation/stack:Stack")}
        for case in ("variant", "shared", "queue")
    }
    assert all(len(found) > 2 for found in names.values())
    assert not names["variant"] & names["shared"]
    assert not names["variant"] & names["queue"]
    assert not names["shared"] & names["queue"]


def test_components_are_the_same_for_all_plans() -> None:
    """A changed plan changes `plan.json`; what is reviewed as code stays as it is."""
    for name in ("access", "endpoint", "naming", "plan", "storage", "watching"):
        texts = {files(case)[f"components/{name}.py"] for case in CASES}
        assert len(texts) == 1, name


def test_scripts_are_valid_shell(folders: Mapping[str, Path]) -> None:
    for folder in folders.values():
        for script in ("preflight.sh", "stage_weights.sh"):
            done = subprocess.run(
                ["/bin/sh", "-n", str(folder / script)], capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr


AWS = """#!/bin/sh
case "$*" in
  *service-quotas*g6e.12xlarge*) echo "$QUOTA" ;;
  *batch-get-image*) echo 1 ;;
  *get-caller-identity* | *availability-zones*) echo ok ;;
  *) exit 1 ;;
esac
"""
"""Answers as the command line of AWS does."""


@pytest.mark.parametrize(("quota", "code"), [("64.0", 0), ("2.0", 1), ("null", 1)])
def test_preflight_asks_for_quota_and_image(
    quota: str, code: int, folders: Mapping[str, Path], tmp_path: Path
) -> None:
    tool = tmp_path / "aws"
    tool.write_text(AWS, "utf-8")
    tool.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(folders["shared"] / "preflight.sh")],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "QUOTA": quota},
    )
    assert done.returncode == code, done.stdout
    assert ("lacking  quota" in done.stdout) == bool(code)
    assert "ok       image vllm:0.11.2-" in done.stdout


def test_the_sdk_is_never_imported_by_the_compiler() -> None:
    for path in (ROOT / "targets" / "sagemaker").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            assert not [name for name in (*names, module) if name.startswith(("pulumi", "boto"))]


TEXTS = st.text(max_size=60) | st.sampled_from([HOSTILE, "${AWS::Region}", "{{ x }}", "../..", ""])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=TEXTS, doc=TEXTS, deployed=TEXTS)
def test_what_a_user_writes_ends_as_data(name: str, doc: str, deployed: str) -> None:
    topology = sagemaker.topology()
    plans = tuple(
        replace(plan, service=replace(plan.service, deployed_name=deployed))
        for plan in topology.services
    )
    usual = sagemaker.files(sagemaker.emitted())
    found = TARGET.emit(replace(topology, name=name or "t", doc=doc, services=plans), {})
    texts = {one.path: one.content.decode("utf-8") for one in found.artifacts}
    assert set(texts) == set(usual)
    for path, text in texts.items():
        if path.endswith(".json"):
            document = json.loads(text)
            assert keys(document, path) == keys(json.loads(usual[path]), path)
        if path.startswith("components/") or path == "__main__.py":
            assert text == usual[path], "no name of a user's is in the code"
        if path == "tests/test_program.py":
            ast.parse(text)
    parameters = json.loads(texts["cloudformation.json"])["Parameters"]
    for parameter in parameters.values():
        if "Default" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], parameter["Default"])
            assert len(parameter["Default"]) <= 48
    assert "${" not in filled_in(texts["cloudformation.json"])


def keys(document: Any, path: str) -> Any:
    """Return the shape of a document: its keys, without those that are names of services."""
    if path == "plan.json":
        (endpoint,) = document["endpoints"].values()
        return sorted(document), sorted(endpoint)
    return len(document["Resources"]), sorted(one["Type"] for one in document["Resources"].values())


def filled_in(source: str) -> str:
    """Return the resources of a template once everything that it knows is filled in."""
    template = sagemaker.Template(source, WeightsBucket="models-of-ours")
    resources = template.document["Resources"].values()
    return json.dumps([template.value(one["Properties"]) for one in resources])
