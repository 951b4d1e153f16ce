"""Alarms and scaling of one endpoint."""

from inferc.targets.base import Data
from inferc.targets.sagemaker.alarms import BAD_MINUTES, MINUTES, NAMESPACE, Alarm
from inferc.targets.sagemaker.cloudformation.endpoint import alarm_id
from inferc.targets.sagemaker.cloudformation.shapes import Resources, ref, resource, sub
from inferc.targets.sagemaker.deployment import ASYNCHRONOUS, COMPONENTS, TRAFFIC, Endpoint
from inferc.targets.sagemaker.limits import STEP_S


def watching_resources(one: Endpoint, prefix: str) -> Resources:
    """Return the alarms of an endpoint, and what scales it."""
    found: Resources = {
        f"{prefix}{alarm_id(alarm.name)}": _alarm(alarm, one, prefix) for alarm in one.alarms
    }
    if one.scaling.scales:
        found |= _scaling(one, prefix)
    return found


def _dimensions(one: Endpoint, prefix: str) -> list[Data]:
    name = ref(f"{prefix}EndpointName")
    if one.kind == COMPONENTS:
        return [{"Name": "InferenceComponentName", "Value": name}]
    return [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": TRAFFIC}]


def _alarm(alarm: Alarm, one: Endpoint, prefix: str) -> Data:
    statistic: dict[str, Data] = {"Statistic": alarm.statistic}
    if alarm.percentile:
        statistic = {"ExtendedStatistic": alarm.percentile}
    return resource(
        "CloudWatch::Alarm",
        {
            "AlarmName": sub(f"${{{prefix}EndpointName}}-{alarm.name}"),
            "AlarmDescription": alarm.text,
            "Namespace": NAMESPACE,
            "MetricName": alarm.metric,
            "Dimensions": _dimensions(one, prefix),
            **statistic,
            "Period": STEP_S,
            "EvaluationPeriods": MINUTES,
            "DatapointsToAlarm": BAD_MINUTES,
            "Threshold": alarm.threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [ref("AlarmTopic")],
            "OKActions": [ref("AlarmTopic")],
        },
    )


def _scaling(one: Endpoint, prefix: str) -> Resources:
    scale = one.scaling
    subject = sub(f"endpoint/${{{prefix}EndpointName}}/variant/{TRAFFIC}")
    waits = f"{prefix}Endpoint"
    if one.kind == COMPONENTS:
        subject, waits = sub(f"inference-component/${{{prefix}EndpointName}}"), f"{prefix}Copies"
    found: Resources = {
        f"{prefix}Scaled": resource(
            "ApplicationAutoScaling::ScalableTarget",
            {
                "ServiceNamespace": "sagemaker",
                "ScalableDimension": scale.dimension,
                "ResourceId": subject,
                "MinCapacity": scale.minimum,
                "MaxCapacity": scale.maximum,
            },
            after=[waits],
        ),
        f"{prefix}Follow": resource(
            "ApplicationAutoScaling::ScalingPolicy",
            {
                "PolicyName": "follow-the-load",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": ref(f"{prefix}Scaled"),
                "TargetTrackingScalingPolicyConfiguration": _tracking(one, prefix),
            },
        ),
    }
    if scale.wakes:
        found |= _waking(one, prefix)
    return found


def _tracking(one: Endpoint, prefix: str) -> dict[str, Data]:
    scale = one.scaling
    metric: dict[str, Data] = {
        "PredefinedMetricSpecification": {"PredefinedMetricType": scale.metric}
    }
    if scale.customized:
        metric = {
            "CustomizedMetricSpecification": {
                "Namespace": NAMESPACE,
                "MetricName": scale.metric,
                "Statistic": "Average",
                "Dimensions": [{"Name": "EndpointName", "Value": ref(f"{prefix}EndpointName")}],
            }
        }
    return {
        **metric,
        "TargetValue": scale.target,
        "ScaleInCooldown": scale.scale_in_s,
        "ScaleOutCooldown": scale.scale_out_s,
    }


def _waking(one: Endpoint, prefix: str) -> Resources:
    """Return what starts the first instance: a metric of what runs says nothing while none does."""
    name = ref(f"{prefix}EndpointName")
    queued = one.kind == ASYNCHRONOUS
    return {
        f"{prefix}Wake": resource(
            "ApplicationAutoScaling::ScalingPolicy",
            {
                "PolicyName": "wake-up",
                "PolicyType": "StepScaling",
                "ScalingTargetId": ref(f"{prefix}Scaled"),
                "StepScalingPolicyConfiguration": {
                    "AdjustmentType": "ChangeInCapacity",
                    "MetricAggregationType": "Maximum",
                    "Cooldown": one.scaling.scale_out_s,
                    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
                },
            },
        ),
        f"{prefix}AskedAsleep": resource(
            "CloudWatch::Alarm",
            {
                "AlarmName": sub(f"${{{prefix}EndpointName}}-asked-asleep"),
                "AlarmDescription": "somebody asks while nothing runs: starts the first instance",
                "Namespace": NAMESPACE,
                "MetricName": one.scaling.wakes,
                "Dimensions": [
                    {"Name": "EndpointName" if queued else "InferenceComponentName", "Value": name}
                ],
                "Statistic": "Maximum",
                "Period": STEP_S,
                "EvaluationPeriods": 1,
                "DatapointsToAlarm": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [ref(f"{prefix}Wake")],
            },
        ),
    }
