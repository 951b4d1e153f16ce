"""The resources of one endpoint: model, configuration, endpoint, copies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inferc.targets.base import Data
from inferc.targets.sagemaker.cloudformation.shapes import Resources, ref, resource, sub
from inferc.targets.sagemaker.deployment import (
    ASYNCHRONOUS,
    CANDIDATE,
    COMPONENTS,
    TRAFFIC,
    VARIANT,
    Endpoint,
)

LOG_DAYS: Final = 30
LOG_GROUPS: Final[Mapping[str, str]] = {
    VARIANT: "/aws/sagemaker/Endpoints/",
    ASYNCHRONOUS: "/aws/sagemaker/Endpoints/",
    COMPONENTS: "/aws/sagemaker/InferenceComponents/",
}
"""Where containers of each kind write. Source: AWS, log groups and streams of SageMaker."""
ROUTING: Final = "LEAST_OUTSTANDING_REQUESTS"
"""Where a queue has a choice the shortest is never worse than a turn at random, which plans hold
for. What looks at prefixes needs settings that the provider of Pulumi has no arguments for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What an endpoint refers to, as its template says it."""

    role: Data
    key: Data
    bucket: str
    """The name of the parameter with the bucket of weights."""
    subnets: Data
    """None for no network of one's own."""
    groups: Data
    tags: Data


def endpoint_resources(
    one: Endpoint, links: Links, prefix: str, *, alarms_here: bool = True
) -> Resources:
    """Return the resources of an endpoint; ``prefix`` begins their names in the template.

    ``alarms_here`` says whether the template has its alarms too, for which it must wait.
    """
    found: Resources = {f"{prefix}Model": _model(one, links, (one.weights_prefix,))}
    if one.shadow_percent:
        found[f"{prefix}CandidateModel"] = _candidate(one, links, prefix)
    found[f"{prefix}Configuration"] = resource(
        "SageMaker::EndpointConfig", _configuration(one, links, prefix)
    )
    found[f"{prefix}Logs"] = resource(
        "Logs::LogGroup",
        {
            "LogGroupName": sub(f"{LOG_GROUPS[one.kind]}${{{prefix}EndpointName}}"),
            "RetentionInDays": LOG_DAYS,
            "KmsKeyId": links.key,
        },
    )
    alarms = [f"{prefix}{alarm_id(alarm.name)}" for alarm in one.alarms if alarm.undoes]
    found[f"{prefix}Endpoint"] = resource(
        "SageMaker::Endpoint",
        {
            "EndpointName": ref(f"{prefix}EndpointName"),
            "EndpointConfigName": {"Fn::GetAtt": [f"{prefix}Configuration", "EndpointConfigName"]},
            **_takeover(one, prefix),
            "RetainAllVariantProperties": True,
            "Tags": links.tags,
        },
        after=[*(alarms if alarms_here else ()), f"{prefix}Logs"],
    )
    if one.kind == COMPONENTS:
        found[f"{prefix}Copies"] = _copies(one, links, prefix)
    return found


def alarm_id(name: str) -> str:
    """Return the letters and digits that stand for an alarm: ``e2e-p95`` is ``E2eP95Alarm``."""
    return "".join(part.capitalize() for part in name.split("-")) + "Alarm"


def _model(one: Endpoint, links: Links, weights: Sequence[Data]) -> Data:
    """Return the model of an endpoint; ``weights`` is where they lie in their bucket."""
    properties: dict[str, Data] = {
        "ExecutionRoleArn": links.role,
        "PrimaryContainer": {
            "Image": one.image_uri,
            "Environment": dict(one.environment),
            "ModelDataSource": {
                "S3DataSource": {
                    "S3Uri": {"Fn::Join": ["", ["s3://", ref(links.bucket), "/", *weights]]},
                    "S3DataType": "S3Prefix",
                    "CompressionType": "None",
                }
            },
        },
        "Tags": links.tags,
    }
    if one.kind == COMPONENTS:
        why = {"CKV_AWS_370": "the configuration of the endpoint isolates all of its containers"}
        return resource("SageMaker::Model", properties, unlike=why)
    properties["EnableNetworkIsolation"] = True
    if links.subnets is not None:
        properties["VpcConfig"] = _network(links)
    return resource("SageMaker::Model", properties)


def _candidate(one: Endpoint, links: Links, prefix: str) -> Data:
    """Return the model of the shadow: the same, with the weights of another revision."""
    start = f"models/{one.serving.repository}/"
    return _model(one, links, (start, ref(f"{prefix}CandidateRevision"), "/"))


def _network(links: Links) -> Data:
    return {"Subnets": links.subnets, "SecurityGroupIds": links.groups}


def _configuration(one: Endpoint, links: Links, prefix: str) -> dict[str, Data]:
    found: dict[str, Data] = {
        "KmsKeyId": links.key,
        "ProductionVariants": [_variant(one, prefix)],
        "Tags": links.tags,
    }
    if one.shadow_percent:
        shadow = {
            **_variant(one, prefix),
            "VariantName": CANDIDATE,
            "ModelName": {"Fn::GetAtt": [f"{prefix}CandidateModel", "ModelName"]},
            "InitialInstanceCount": one.shadow_instances,
            "InitialVariantWeight": one.shadow_percent / 100,
        }
        found["ShadowProductionVariants"] = [shadow]
    if one.kind == COMPONENTS:
        found["ExecutionRoleArn"] = links.role
        found["EnableNetworkIsolation"] = True
        if links.subnets is not None:
            found["VpcConfig"] = _network(links)
    if one.kind == ASYNCHRONOUS:
        found["AsyncInferenceConfig"] = _queue(one)
    return found


def _variant(one: Endpoint, prefix: str) -> dict[str, Data]:
    found: dict[str, Data] = {
        "VariantName": TRAFFIC,
        "InstanceType": one.instance_type,
        "InitialInstanceCount": max(1, one.instances),
        "InitialVariantWeight": 1,
        "InferenceAmiVersion": one.ami,
        "ContainerStartupHealthCheckTimeoutInSeconds": one.startup_s,
        "ModelDataDownloadTimeoutInSeconds": one.download_s,
    }
    if one.kind == COMPONENTS:
        found["ManagedInstanceScaling"] = {
            "Status": "ENABLED",
            "MinInstanceCount": one.least_instances,
            "MaxInstanceCount": one.most_instances,
        }
    else:
        found["ModelName"] = {"Fn::GetAtt": [f"{prefix}Model", "ModelName"]}
    if one.kind != ASYNCHRONOUS:
        found["RoutingConfig"] = {"RoutingStrategy": ROUTING}
    return found


def _queue(one: Endpoint) -> Data:
    return {
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": one.max_concurrent},
        "OutputConfig": {
            "S3OutputPath": sub("s3://${AnswersBucket}/answers/"),
            "S3FailurePath": sub("s3://${AnswersBucket}/failures/"),
            "KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
            "NotificationConfig": {
                "SuccessTopic": ref("SuccessTopic"),
                "ErrorTopic": ref("ErrorTopic"),
            },
        },
    }


def _rollback(one: Endpoint, prefix: str) -> Data:
    names = [alarm.name for alarm in one.alarms if alarm.undoes]
    return {"Alarms": [{"AlarmName": sub(f"${{{prefix}EndpointName}}-{name}")} for name in names]}


def _takeover(one: Endpoint, prefix: str) -> dict[str, Data]:
    """Return how a new configuration takes over: a new fleet beside the old one.

    With inference components it is they that take over, copy by copy.
    """
    if one.kind == COMPONENTS:
        return {}
    canary = one.rollout.canary_instances
    routing: dict[str, Data] = {
        "Type": "CANARY" if canary else "ALL_AT_ONCE",
        "WaitIntervalInSeconds": one.rollout.bake_s,
    }
    if canary:
        routing["CanarySize"] = {"Type": "INSTANCE_COUNT", "Value": canary}
    policy: dict[str, Data] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": one.rollout.execution_s,
        },
        "AutoRollbackConfiguration": _rollback(one, prefix),
    }
    return {"DeploymentConfig": policy}


def _copies(one: Endpoint, links: Links, prefix: str) -> Data:
    return resource(
        "SageMaker::InferenceComponent",
        {
            "InferenceComponentName": ref(f"{prefix}EndpointName"),
            "EndpointName": {"Fn::GetAtt": [f"{prefix}Endpoint", "EndpointName"]},
            "VariantName": TRAFFIC,
            "RuntimeConfig": {"CopyCount": one.copies},
            "Specification": {
                "ModelName": {"Fn::GetAtt": [f"{prefix}Model", "ModelName"]},
                "ComputeResourceRequirements": {
                    "NumberOfAcceleratorDevicesRequired": one.serving.gpus,
                    "MinMemoryRequiredInMb": one.copy_memory_mib,
                },
                "StartupParameters": {
                    "ContainerStartupHealthCheckTimeoutInSeconds": one.startup_s,
                    "ModelDataDownloadTimeoutInSeconds": one.download_s,
                },
            },
            "DeploymentConfig": {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {
                        "Type": "CAPACITY_PERCENT",
                        "Value": one.rollout.rolling_percent,
                    },
                    "WaitIntervalInSeconds": one.rollout.bake_s,
                    "MaximumExecutionTimeoutInSeconds": one.rollout.execution_s,
                },
                "AutoRollbackConfiguration": _rollback(one, prefix),
            },
            "Tags": links.tags,
        },
    )
