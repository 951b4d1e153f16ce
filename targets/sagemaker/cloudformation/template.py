"""Whole templates: of a deployment, and of one endpoint inside a Pulumi program."""

import json
from collections.abc import Mapping
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.sagemaker.cloudformation.endpoint import Links, endpoint_resources
from inferc.targets.sagemaker.cloudformation.foundation import foundation, subnets
from inferc.targets.sagemaker.cloudformation.registry import registry_resources, version
from inferc.targets.sagemaker.cloudformation.shapes import Resources, logical_ids, ref
from inferc.targets.sagemaker.cloudformation.watching import watching_resources
from inferc.targets.sagemaker.deployment import ASYNCHRONOUS, NAME_ENDS, Deployment, Endpoint
from inferc.targets.sagemaker.limits import NAME, NAME_LIMIT

FORMAT: Final = "2010-09-09"
SHORT_NAME: Final = 48
"""Of an endpoint's name, so that those of its parts have room."""
BUCKET_PATTERN: Final = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
REVISION_PATTERN: Final = "[A-Za-z0-9][A-Za-z0-9_./-]*"


def mirror(planned: Deployment) -> str:
    """Return the template of everything that ``planned`` deploys."""
    ids = logical_ids(one.label for one in planned.endpoints)
    parameters: dict[str, Data] = {"WeightsBucket": _bucket()}
    resources: Resources = foundation(planned)
    outputs: dict[str, Data] = {}
    links = Links(
        role={"Fn::GetAtt": ["Role", "Arn"]},
        key={"Fn::GetAtt": ["Key", "Arn"]},
        bucket="WeightsBucket",
        subnets=subnets() if planned.choices.vpc else None,
        groups=[ref("Containers")],
        tags=_tags(planned),
    )
    for one in planned.endpoints:
        prefix = ids[one.label]
        parameters |= _parameters(one, prefix, _default_name(planned, one))
        resources |= endpoint_resources(one, links, prefix)
        resources |= watching_resources(one, prefix)
        if planned.choices.registry:
            resources |= registry_resources(one, links, prefix)
        outputs[f"{prefix}EndpointName"] = {
            "Description": "Name of the endpoint",
            "Value": {"Fn::GetAtt": [f"{prefix}Endpoint", "EndpointName"]},
        }
    outputs["PlanDigest"] = {
        "Description": "Which plan this is",
        "Value": planned.topology.digest,
    }
    if planned.has(ASYNCHRONOUS):
        outputs["AnswersBucket"] = {
            "Description": "Where requests and answers lie",
            "Value": ref("AnswersBucket"),
        }
    return _dump("Endpoints of Amazon SageMaker, as planned", parameters, resources, outputs)


def fragment(planned: Deployment, one: Endpoint) -> str:
    """Return the template of one endpoint with shared instances, which a Pulumi program runs.

    The provider for AWS has no class for inference components, and none of its arguments says in
    which network their endpoint is.
    """
    parameters: dict[str, Data] = {
        "WeightsBucket": _bucket(),
        "RoleArn": {"Type": "String", "Description": "Role of the containers"},
        "KeyArn": {"Type": "String", "Description": "Key that disks and logs are encrypted with"},
        **_parameters(one, "", _default_name(planned, one)),
    }
    if planned.choices.vpc:
        parameters["Subnets"] = {
            "Type": "List<AWS::EC2::Subnet::Id>",
            "Description": "Where the containers are",
        }
        parameters["Groups"] = {
            "Type": "List<AWS::EC2::SecurityGroup::Id>",
            "Description": "What they may talk to",
        }
    links = Links(
        role=ref("RoleArn"),
        key=ref("KeyArn"),
        bucket="WeightsBucket",
        subnets=ref("Subnets") if planned.choices.vpc else None,
        groups=ref("Groups"),
        tags=_tags(planned),
    )
    resources = endpoint_resources(one, links, "", alarms_here=False)
    return _dump("An endpoint whose instances copies share", parameters, resources, {})


def version_fragment(one: Endpoint) -> str:
    """Return the template of one version in the registry, which a Pulumi program runs."""
    parameters: dict[str, Data] = {
        "WeightsBucket": _bucket(),
        "GroupName": {"Type": "String", "Description": "The group that it is a version of"},
    }
    resources: Resources = {"Version": version(one, ref("GroupName"))}
    return _dump("A model in the registry", parameters, resources, {})


def _default_name(planned: Deployment, one: Endpoint) -> str:
    whole = f"{dns_label(planned.topology.name)}-{one.label}"
    return dns_label(whole, *NAME_ENDS[one.kind], limit=SHORT_NAME)


def _tags(planned: Deployment) -> Data:
    return [
        {"Key": "inferc:topology", "Value": dns_label(planned.topology.name)},
        {"Key": "managed-by", "Value": "inferc"},
    ]


def _bucket() -> Data:
    return {
        "Type": "String",
        "Description": "Bucket that the weights were staged to",
        "AllowedPattern": BUCKET_PATTERN,
    }


def _parameters(one: Endpoint, prefix: str, name: str) -> Mapping[str, Data]:
    found: dict[str, Data] = {
        f"{prefix}EndpointName": {
            "Type": "String",
            "Description": "Name of the endpoint, by which callers know it",
            "Default": name,
            "AllowedPattern": NAME,
            "MaxLength": NAME_LIMIT,
        }
    }
    if one.shadow_percent:
        found[f"{prefix}CandidateRevision"] = {
            "Type": "String",
            "Description": "Revision of the weights that the candidate has",
            "AllowedPattern": REVISION_PATTERN,
        }
    return found


def _dump(
    about: str, parameters: Mapping[str, Data], resources: Resources, outputs: Mapping[str, Data]
) -> str:
    document: dict[str, Data] = {
        "AWSTemplateFormatVersion": FORMAT,
        "Description": about,
        "Parameters": parameters,
        "Resources": resources,
    }
    if outputs:
        document["Outputs"] = outputs
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"
