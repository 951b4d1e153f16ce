"""The SageMaker program before a double of Pulumi's engine: what a sequence of commands changes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import pulumi, sagemaker
from support.pulumi_monitor import Stack
from support.pulumi_state import EngineError, Outcome

from inferc.compiler.topology import Topology
from inferc.targets.base import Options
from inferc.targets.sagemaker.emitter import TARGET

pytestmark = pytest.mark.slow

ACCOUNT = "123456789012"
STAGED = {"weightsStaged": "true"}


def stack(name: str = "test") -> Stack:
    """Return a stack in an account, with what the provider tells of its resources."""
    arn = f"arn:aws:mock:us-east-1:{ACCOUNT}:thing"
    return Stack(
        project="assistant",
        name=name,
        answers={
            "aws:index/getCallerIdentity:getCallerIdentity": lambda _: {"accountId": ACCOUNT},
            "aws:index/getAvailabilityZones:getAvailabilityZones": lambda _: {
                "names": ["a", "b", "c"]
            },
        },
        known={
            "aws:iam/role:Role": {"arn": f"arn:aws:iam::{ACCOUNT}:role/x", "name": "x"},
            "aws:kms/key:Key": {"arn": arn, "keyId": "k"},
            "aws:s3/bucket:Bucket": {"arn": "arn:aws:s3:::b", "bucket": "b"},
            "aws:sagemaker/model:Model": {"name": "model"},
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration": {"name": "configuration"},
            "aws:sns/topic:Topic": {"arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t"},
            "aws:appautoscaling/policy:Policy": {"arn": arn},
        },
    )


def write(topology: Topology, folder: Path, options: Options | None = None) -> Path:
    return pulumi.write(TARGET.emit(topology, options or {}).artifacts, folder)


def of_type(outcome: Outcome, kind: str) -> list[Any]:
    return [one for one in outcome.resources.values() if one.type == f"aws:{kind}"]


def changed(outcome: Outcome) -> Mapping[str, str]:
    """Return what is not the same, by type and name."""
    return {
        f"{outcome.resources[urn].type}/{outcome.resources[urn].name}": change
        for urn, change in outcome.changes.items()
        if change != "same" and urn in outcome.resources
    }


def test_the_weights_come_before_the_endpoints_and_nothing_changes_twice(tmp_path: Path) -> None:
    folder, own = write(sagemaker.mixed(), tmp_path), stack()
    own.preview(folder)
    first = own.up(folder)
    assert of_type(first, "s3/bucket:Bucket")
    assert not of_type(first, "sagemaker/endpoint:Endpoint")
    assert first.outputs["endpoints"] == {}
    second = own.up(folder, STAGED)
    assert set(changed(second).values()) == {"create"}, "what was there stays as it was"
    assert len(second.outputs["endpoints"]) == 4
    again = own.up(folder, STAGED)
    assert changed(again) == {}
    assert own.destroy().counts == {"delete": len(again.resources)}


def test_an_endpoint_waits_for_all_that_it_needs(tmp_path: Path) -> None:
    own = stack()
    outcome = own.up(write(sagemaker.mixed(), tmp_path), STAGED)
    types = {urn: one.type for urn, one in outcome.resources.items()}
    for endpoint in of_type(outcome, "sagemaker/endpoint:Endpoint"):
        needed = {types[urn] for urn in outcome.needed_by(endpoint.urn)}
        assert needed >= {
            "aws:cloudwatch/logGroup:LogGroup",
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "aws:iam/rolePolicy:RolePolicy",
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            "aws:sagemaker/model:Model",
        }
        assert endpoint.timeouts["update"] == endpoint.timeouts["create"] != ""
    for shared in of_type(outcome, "cloudformation/stack:Stack"):
        needed = {types[urn] for urn in outcome.needed_by(shared.urn)}
        assert {"aws:cloudwatch/metricAlarm:MetricAlarm", "aws:iam/rolePolicy:RolePolicy"} <= needed
    for target in of_type(outcome, "appautoscaling/target:Target"):
        needed = {types[urn] for urn in outcome.needed_by(target.urn)}
        assert needed & {
            "aws:cloudformation/stack:Stack",
            "aws:sagemaker/endpoint:Endpoint",
        }


def test_everything_is_in_the_planned_region(tmp_path: Path) -> None:
    outcome = stack().up(write(sagemaker.mixed(), tmp_path), STAGED)
    for one in outcome.resources.values():
        if one.type.startswith("aws:"):
            assert "pulumi:providers:aws::region" in one.provider, one.urn


def test_a_changed_plan_changes_the_endpoint_and_not_what_is_around_it(tmp_path: Path) -> None:
    base = sagemaker.topology()
    own = stack()
    own.up(write(base, tmp_path / "before"), STAGED)
    plans = tuple(
        replace(plan, configuration=replace(plan.configuration, max_num_seqs=7))
        for plan in base.services
    )
    after = own.preview(write(replace(base, services=plans), tmp_path / "after"), STAGED)
    assert {key for key in changed(after) if "Stack" not in key} <= {
        "aws:sagemaker/model:Model/chat",
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration/chat",
        "aws:sagemaker/endpoint:Endpoint/chat",
    }
    assert "aws:sagemaker/model:Model/chat" in changed(after)


def test_a_change_of_provenance_alone_changes_no_resource(tmp_path: Path) -> None:
    base = sagemaker.topology()
    own = stack()
    own.up(write(base, tmp_path / "before"), STAGED)
    other = replace(base, digest="0" * 64, doc="Another text.")
    after = own.up(write(other, tmp_path / "after"), STAGED)
    assert changed(after) == {}
    assert after.outputs["planDigest"] == "0" * 64


def test_protected_data_outlives_the_stack(tmp_path: Path) -> None:
    own = stack()
    own.up(write(sagemaker.topology(), tmp_path), {"protectData": "true"})
    with pytest.raises(EngineError, match="protected"):
        own.destroy()


def test_names_of_endpoints_differ_from_stack_to_stack(tmp_path: Path) -> None:
    folder = write(sagemaker.topology(), tmp_path)
    dev, prod = (stack(name).preview(folder, STAGED) for name in ("dev", "a-long-name-" * 4))
    (one,) = of_type(dev, "sagemaker/endpoint:Endpoint")
    (other,) = of_type(prod, "sagemaker/endpoint:Endpoint")
    assert one.inputs["name"] == "assistant-dev-chat"
    assert len(other.inputs["name"]) <= 48
    assert other.inputs["name"] != one.inputs["name"]


def test_a_network_that_is_there_is_taken(tmp_path: Path) -> None:
    config = STAGED | {"subnetIds": '["subnet-1", "subnet-2"]', "securityGroupIds": '["sg-1"]'}
    outcome = stack().up(write(sagemaker.topology(), tmp_path), config)
    assert not of_type(outcome, "ec2/vpc:Vpc")
    (model,) = of_type(outcome, "sagemaker/model:Model")
    assert model.inputs["vpcConfig"]["subnets"] == ["subnet-1", "subnet-2"]
    bucket = stack().up(
        write(sagemaker.topology(), tmp_path / "two"), STAGED | {"weightsBucket": "of-ours"}
    )
    assert not of_type(bucket, "s3/bucket:Bucket")
    (model,) = of_type(bucket, "sagemaker/model:Model")
    source = model.inputs["primaryContainer"]["modelDataSource"]["s3DataSources"][0]
    assert source["s3Uri"].startswith("s3://of-ours/models/")
