"""The CloudFormation template: held to cfn-lint, and to the API's own models."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from support import sagemaker

from inferc.targets.base import Options
from inferc.targets.sagemaker.emitter import TARGET

CASES: Mapping[str, tuple[Options, dict[str, str]]] = {
    "variant": ({"registry": True}, {"rate": "900 req/min"}),
    "shared": ({}, sagemaker.SHARED),
    "asleep": ({}, sagemaker.ASLEEP),
    "queue": ({}, sagemaker.QUEUE),
    "shadow": ({"shadow": 20, "vpc": False}, {"rate": "900 req/min"}),
    "sglang": ({}, {"engine": "sglang"}),
    "china": ({}, {"region": 'region = "cn-north-1"', "instance": "aws.g5_xlarge"}),
}


def templates(case: str) -> Mapping[str, str]:
    """Return the templates of a case by their paths."""
    options, parts = CASES[case]
    found = sagemaker.files(sagemaker.emitted(options, **parts))
    return {path: text for path, text in found.items() if "AWSTemplateFormatVersion" in text}


def lint(text: str, *regions: str) -> list[str]:
    """Return what cfn-lint finds in a template."""
    from cfnlint.api import lint as run
    from cfnlint.config import ManualArgs

    found = run(text, config=ManualArgs(regions=list(regions)))
    return [f"{item.rule.id} {item.message[:160]}" for item in found]


def whole(case: str) -> sagemaker.Template:
    return sagemaker.Template(
        templates(case)["cloudformation.json"],
        WeightsBucket="models-of-ours",
        ChatCandidateRevision="0123abc",
    )


LONG = [pytest.param(case, marks=pytest.mark.slow) for case in CASES if case != "variant"]
"""The linter takes seconds for each template."""


@pytest.mark.parametrize("case", ["variant", *LONG])
def test_cfn_lint_has_nothing_to_say(case: str) -> None:
    region = "cn-north-1" if case == "china" else "us-east-1"
    for path, text in templates(case).items():
        assert lint(text, region) == [], path


API: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "SageMaker::Model": ("sagemaker", "CreateModelInput", {"ModelName": "m"}),
    "SageMaker::EndpointConfig": (
        "sagemaker",
        "CreateEndpointConfigInput",
        {"EndpointConfigName": "c"},
    ),
    "SageMaker::InferenceComponent": ("sagemaker", "CreateInferenceComponentInput", {}),
    "SageMaker::ModelPackageGroup": ("sagemaker", "CreateModelPackageGroupInput", {}),
    "SageMaker::ModelPackage": ("sagemaker", "CreateModelPackageInput", {}),
    "CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarmInput", {}),
    "ApplicationAutoScaling::ScalableTarget": (
        "application-autoscaling",
        "RegisterScalableTargetRequest",
        {},
    ),
}
"""By type: the request that CloudFormation makes of it, with what it fills in itself."""


@pytest.mark.parametrize("case", CASES)
def test_the_api_would_take_it(case: str) -> None:
    template = whole(case)
    looked_at = 0
    for kind, (service, shape, added) in API.items():
        for properties in template.of_type(kind):
            asked = {key: value for key, value in properties.items() if key != "DeploymentConfig"}
            assert sagemaker.problems(service, shape, {**added, **asked}) == [], kind
            looked_at += 1
    (endpoint,) = template.of_type("SageMaker::Endpoint")
    assert sagemaker.problems("sagemaker", "UpdateEndpointInput", without_tags(endpoint)) == []
    for component in template.of_type("SageMaker::InferenceComponent"):
        takeover = component["DeploymentConfig"]
        assert sagemaker.problems("sagemaker", "InferenceComponentDeploymentConfig", takeover) == []
    assert looked_at >= 4


def without_tags(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != "Tags"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"ml.g6e.xlarge"', '"ml.g6e.nano"', "is not one of"),
        ('"LEAST_OUTSTANDING_REQUESTS"', '"SHORTEST"', "is not one of"),
        ('"EndpointConfigName": {', '"EndpointConfigNames": {', "EndpointConfigName"),
        ('"Role",\n', '"Rule",\n', "Rule"),
        ('"MinCapacity": ', '"MinCapacities": ', "MinCapacit"),
        ('"sagemaker:variant:DesiredInstanceCount"', '"sagemaker:variant:Count"', "is not one of"),
        ('"TargetTrackingScaling"', '"TargetTracking"', "is not one of"),
    ],
)
def test_cfn_lint_catches_what_is_broken(before: str, after: str, said: str) -> None:
    text = templates("variant")["cloudformation.json"]
    assert before in text
    found = lint(text.replace(before, after), "us-east-1")
    assert any(said in item for item in found), found


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("ProductionVariants", 0, "ModelDataDownloadTimeoutInSeconds"), 3601, "not within"),
        (("ProductionVariants", 0, "InferenceAmiVersion"), "al2023", "is none of"),
        (("ProductionVariants", 0, "VariantName"), "-traffic", "is not"),
        (("ProductionVariants", 0, "InitialInstanceCount"), "1", "is no int"),
        (("ProductionVariants", 0, "Instances"), 1, "knows no"),
        (("ProductionVariants",), [], "not within"),
        (("KmsKeyId",), "a key", "is not"),
    ],
)
def test_the_walk_over_the_api_catches_what_is_broken(
    path: tuple[Any, ...], value: object, said: str
) -> None:
    (properties,) = whole("variant").of_type("SageMaker::EndpointConfig")
    asked = {"EndpointConfigName": "c", **properties}
    assert sagemaker.problems("sagemaker", "CreateEndpointConfigInput", asked) == []
    at: Any = asked
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    found = sagemaker.problems("sagemaker", "CreateEndpointConfigInput", asked)
    assert any(said in item for item in found), found


def test_what_cannot_be_changed_has_no_name_of_its_own() -> None:
    for case in CASES:
        for kind in ("SageMaker::Model", "SageMaker::EndpointConfig"):
            for properties in whole(case).of_type(kind):
                assert not {"ModelName", "EndpointConfigName"} & set(properties)


def test_an_update_keeps_the_number_of_instances_and_comes_back_from_alarms() -> None:
    template = whole("variant")
    (endpoint,) = template.of_type("SageMaker::Endpoint")
    assert endpoint["RetainAllVariantProperties"] is True
    names = {one["AlarmName"] for one in template.of_type("CloudWatch::Alarm")}
    undone = endpoint["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert undone
    assert {one["AlarmName"] for one in undone} <= names
    routing = endpoint["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"


def test_a_shared_endpoint_has_its_model_in_a_component_and_its_network_in_the_configuration() -> (
    None
):
    template = whole("shared")
    (configuration,) = template.of_type("SageMaker::EndpointConfig")
    (variant,) = configuration["ProductionVariants"]
    assert "ModelName" not in variant
    assert variant["ManagedInstanceScaling"]["Status"] == "ENABLED"
    assert "VpcConfig" in configuration
    assert "ExecutionRoleArn" in configuration
    (model,) = template.of_type("SageMaker::Model")
    assert "VpcConfig" not in model
    (asleep,) = whole("asleep").of_type("SageMaker::EndpointConfig")
    scaling = asleep["ProductionVariants"][0]["ManagedInstanceScaling"]
    assert scaling["MinInstanceCount"] == 0


def test_the_role_reads_the_weights_and_nothing_else() -> None:
    (role,) = whole("variant").of_type("IAM::Role")
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    everything = {one["Sid"] for one in statements if one["Resource"] == "*"}
    assert everything == {"EnterRegistry", "PublishMetrics", "SeeNetwork"}
    assert not [one for one in statements if "*" in one["Action"] or "s3:*" in one["Action"]]
    (read,) = (one for one in statements if one["Sid"] == "ReadWeights")
    (below,) = read["Resource"]
    assert below.startswith("arn:aws:s3:::models-of-ours/models/meta-llama/Llama-3.1-8B-Instruct/")


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say_of_endpoints_of_every_kind() -> None:
    found = sagemaker.files(TARGET.emit(sagemaker.mixed(), {"registry": True}))
    for path, text in found.items():
        if "AWSTemplateFormatVersion" in text:
            assert lint(text, "us-east-1") == [], path


def test_no_secret_and_no_floating_image_is_in_a_template() -> None:
    for case in CASES:
        for text in templates(case).values():
            assert ":latest" not in text
            assert "HF_TOKEN" not in text


def test_templates_are_small_enough() -> None:
    """A template in a request has at most 51,200 bytes."""
    for case in CASES:
        for path, text in templates(case).items():
            assert len(text.encode()) < 51_200, path
            assert json.loads(text)["Description"]
