"""The model in the registry of SageMaker: a group, and this plan's version in it."""

from inferc.targets.sagemaker.cloudformation.endpoint import Links
from inferc.targets.sagemaker.cloudformation.shapes import Resources, ref, resource, sub
from inferc.targets.sagemaker.deployment import Endpoint


def registry_resources(one: Endpoint, links: Links, prefix: str) -> Resources:
    """Return the group of an endpoint's models, with the version that is deployed."""
    uri = {"Fn::Join": ["", ["s3://", ref(links.bucket), "/", one.weights_prefix]]}
    return {
        f"{prefix}Models": resource(
            "SageMaker::ModelPackageGroup",
            {
                "ModelPackageGroupName": sub(f"${{{prefix}EndpointName}}-models"),
                "ModelPackageGroupDescription": f"Models of the endpoint {one.label}",
                "Tags": links.tags,
            },
        ),
        f"{prefix}Version": resource(
            "SageMaker::ModelPackage",
            {
                "ModelPackageGroupName": ref(f"{prefix}Models"),
                "ModelApprovalStatus": "Approved",
                "ModelPackageDescription": f"{one.serving.repository} at "
                f"{one.serving.revision or 'main'}",
                "InferenceSpecification": {
                    "Containers": [
                        {
                            "Image": one.image_uri,
                            "Environment": dict(one.environment),
                            "ModelDataSource": {
                                "S3DataSource": {
                                    "S3Uri": uri,
                                    "S3DataType": "S3Prefix",
                                    "CompressionType": "None",
                                }
                            },
                        }
                    ],
                    "SupportedContentTypes": ["application/json"],
                    "SupportedResponseMIMETypes": ["application/json"],
                    "SupportedRealtimeInferenceInstanceTypes": [one.instance_type],
                },
            },
            after=[f"{prefix}Models"],
        ),
    }
