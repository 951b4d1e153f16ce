"""The model in the registry of SageMaker: a group, and this plan's version in it."""

from inferc.targets.base import Data
from inferc.targets.sagemaker.cloudformation.endpoint import Links
from inferc.targets.sagemaker.cloudformation.shapes import Resources, ref, resource, sub
from inferc.targets.sagemaker.deployment import Endpoint


def registry_resources(one: Endpoint, links: Links, prefix: str) -> Resources:
    """Return the group of an endpoint's models, with the version that is deployed."""
    return {
        f"{prefix}Models": resource(
            "SageMaker::ModelPackageGroup",
            {
                "ModelPackageGroupName": sub(f"${{{prefix}EndpointName}}-models"),
                "ModelPackageGroupDescription": f"Models of the endpoint {one.label}",
                "Tags": links.tags,
            },
        ),
        f"{prefix}Version": version(one, ref(f"{prefix}Models")),
    }


def version(one: Endpoint, group: Data) -> Data:
    """Return the model of an endpoint as a version in a group: another model is another one."""
    uri: Data = {"Fn::Join": ["", ["s3://", ref("WeightsBucket"), "/", one.weights_prefix]]}
    container: Data = {
        "Image": one.image_uri,
        "Environment": dict(one.environment),
        "ModelDataSource": {
            "S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
        },
    }
    revision = one.serving.revision or "main"
    return resource(
        "SageMaker::ModelPackage",
        {
            "ModelPackageGroupName": group,
            "ModelApprovalStatus": "Approved",
            "ModelPackageDescription": f"{one.serving.repository} at {revision}",
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
                "SupportedRealtimeInferenceInstanceTypes": [one.instance_type],
            },
        },
    )
