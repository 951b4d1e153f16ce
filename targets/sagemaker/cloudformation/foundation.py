"""What all endpoints share: network, key, buckets, role, topics."""

from collections.abc import Sequence
from typing import Final

from inferc.targets.base import Data
from inferc.targets.sagemaker.cloudformation.shapes import (
    ACCOUNT,
    POLICY_VERSION,
    Resources,
    allow,
    attribute,
    policy,
    ref,
    resource,
    sub,
)
from inferc.targets.sagemaker.deployment import ASYNCHRONOUS, Deployment
from inferc.targets.sagemaker.images import domain, registry

ZONES: Final = 3
NETWORK: Final = "10.42.0.0/16"
SUBNETS: Final = ("10.42.0.0/20", "10.42.16.0/20", "10.42.32.0/20")
SERVICES: Final = ("ecr.api", "ecr.dkr", "logs", "monitoring", "sts", "sagemaker.runtime")
"""What a container in a private subnet calls, and callers inside the network.

Source: AWS, give SageMaker hosted endpoints access to resources in your VPC.
"""

INTERFACES: Final = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
NETWORK_FACTS: Final = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
"""Source: AWS, SageMaker execution roles, CreateModel with a network of one's own."""

LOG_KEY_USE: Final = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)
LOG_WRITING: Final = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
)

EVERYTHING_HTTPS: Final[Data] = [
    {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "CidrIp": "0.0.0.0/0",
        "Description": "To the endpoints of services and to S3; there is no way out",
    }
]


def foundation(planned: Deployment) -> Resources:
    """Return the resources that every endpoint uses."""
    found: Resources = {}
    if planned.choices.vpc:
        found |= _network(planned)
    found |= _key(planned)
    found["Role"] = _role(planned)
    found["AlarmTopic"] = resource(
        "SNS::Topic", {"KmsMasterKeyId": ref("Key"), "DisplayName": "Alarms of endpoints"}
    )
    if planned.has(ASYNCHRONOUS):
        found |= _answers()
    return found


def _network(planned: Deployment) -> Resources:
    found: Resources = {
        "Network": resource(
            "EC2::VPC",
            {"CidrBlock": NETWORK, "EnableDnsHostnames": True, "EnableDnsSupport": True},
        ),
        "Routes": resource("EC2::RouteTable", {"VpcId": ref("Network")}),
        "Containers": resource(
            "EC2::SecurityGroup",
            {
                "GroupDescription": "Containers of the endpoints",
                "VpcId": ref("Network"),
                "SecurityGroupEgress": EVERYTHING_HTTPS,
            },
        ),
        "Services": resource(
            "EC2::SecurityGroup",
            {
                "GroupDescription": "Endpoints of services that containers call",
                "VpcId": ref("Network"),
                "SecurityGroupIngress": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": 443,
                        "ToPort": 443,
                        "CidrIp": NETWORK,
                        "Description": "From the network",
                    }
                ],
            },
        ),
        "StorageEndpoint": resource(
            "EC2::VPCEndpoint",
            {
                "VpcId": ref("Network"),
                "ServiceName": sub("com.amazonaws.${AWS::Region}.s3"),
                "VpcEndpointType": "Gateway",
                "RouteTableIds": [ref("Routes")],
            },
        ),
    }
    for number, block in enumerate(SUBNETS, start=1):
        found[f"Subnet{number}"] = resource(
            "EC2::Subnet",
            {
                "VpcId": ref("Network"),
                "CidrBlock": block,
                "AvailabilityZone": {"Fn::Select": [number - 1, {"Fn::GetAZs": ""}]},
                "MapPublicIpOnLaunch": False,
            },
        )
        found[f"Subnet{number}Routes"] = resource(
            "EC2::SubnetRouteTableAssociation",
            {"SubnetId": ref(f"Subnet{number}"), "RouteTableId": ref("Routes")},
        )
    for name in SERVICES:
        title = "".join(part.capitalize() for part in name.split("."))
        found[f"{title}Endpoint"] = _interface(name, planned.region)
    return found


def _interface(name: str, region: str) -> Data:
    """Return the endpoint of a service inside the network."""
    owner = "cn.com.amazonaws" if domain(region).endswith(".cn") else "com.amazonaws"
    return resource(
        "EC2::VPCEndpoint",
        {
            "VpcId": ref("Network"),
            "ServiceName": sub(f"{owner}.${{AWS::Region}}.{name}"),
            "VpcEndpointType": "Interface",
            "PrivateDnsEnabled": True,
            "SubnetIds": subnets(),
            "SecurityGroupIds": [ref("Services")],
        },
    )


def subnets() -> list[Data]:
    """Return the subnets of the containers."""
    return [ref(f"Subnet{number}") for number in range(1, ZONES + 1)]


def _key(planned: Deployment) -> Resources:
    """Return the key that weights, answers, logs and notices are encrypted with."""
    same_account: Data = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    logs = f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{LOGS}*"
    statements: list[Data] = [
        allow("Owner", ["kms:*"], "*")
        | {"Principal": {"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}},
        allow("Alarms", ["kms:Decrypt", "kms:GenerateDataKey*"], "*", same_account)
        | {"Principal": {"Service": f"cloudwatch.{_principals(planned)}"}},
        allow(
            "Logs",
            LOG_KEY_USE,
            "*",
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": sub(logs)}},
        )
        | {"Principal": {"Service": sub("logs.${AWS::Region}." + domain(planned.region))}},
    ]
    return {
        "Key": resource(
            "KMS::Key",
            {
                "Description": "Weights, answers, logs and notices of the endpoints",
                "EnableKeyRotation": True,
                "KeyPolicy": policy(*statements),
            },
            keep=True,
        )
    }


LOGS: Final = "/aws/sagemaker/"


def _principals(planned: Deployment) -> str:
    return "amazonaws.com" if domain(planned.region).endswith((".com", ".cn")) else "amazonaws.eu"


def _role(planned: Deployment) -> Data:
    """Return the role of the containers: what they read and write, by name."""
    return resource(
        "IAM::Role",
        {
            "Description": "What SageMaker does for the endpoints",
            "AssumeRolePolicyDocument": {
                "Version": POLICY_VERSION,
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"Service": f"sagemaker.{_principals(planned)}"},
                        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                    }
                ],
            },
            "Policies": [{"PolicyName": "serve", "PolicyDocument": policy(*_rights(planned))}],
        },
    )


def _rights(planned: Deployment) -> list[Data]:
    """Return the statements of the role, each with the resources that it is about."""
    bucket = "arn:${AWS::Partition}:s3:::${WeightsBucket}"
    prefixes, repositories = planned.readable_prefixes, planned.repositories
    images = f"arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:{registry(planned.region)}:repository/"
    groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:" + LOGS + "*"
    serving: Data = {"StringLike": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/*"]}}
    own = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:"
    found: list[Data] = [
        allow("ReadWeights", ["s3:GetObject"], _under(prefixes)),
        allow(
            "ListWeights",
            ["s3:ListBucket"],
            sub(bucket),
            {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        ),
        allow("UseKey", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], KEY),
        allow(
            "LendKey",
            ["kms:CreateGrant"],
            KEY,
            {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        allow("EnterRegistry", ["ecr:GetAuthorizationToken"], "*"),
        allow(
            "PullImages",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [sub(images + name) for name in repositories],
        ),
        allow(
            "WriteLogs",
            LOG_WRITING,
            [sub(groups)],
        ),
        allow("PublishMetrics", ["cloudwatch:PutMetricData"], "*", serving),
    ]
    if planned.choices.vpc:
        kinds = ("network-interface", "security-group", "subnet")
        found += [
            allow("JoinNetwork", INTERFACES, [sub(f"{own}{kind}/*") for kind in kinds]),
            allow("SeeNetwork", NETWORK_FACTS, "*"),
        ]
    if planned.has(ASYNCHRONOUS):
        found += [
            allow("ReadRequests", ["s3:GetObject"], sub("${AnswersBucket.Arn}/requests/*")),
            allow(
                "WriteAnswers",
                ["s3:AbortMultipartUpload", "s3:PutObject"],
                [sub("${AnswersBucket.Arn}/answers/*"), sub("${AnswersBucket.Arn}/failures/*")],
            ),
            allow("FindAnswers", ["s3:ListBucket"], attribute("AnswersBucket", "Arn")),
            allow("Notify", ["sns:Publish"], [ref("SuccessTopic"), ref("ErrorTopic")]),
        ]
    return found


KEY: Final[Data] = {"Fn::GetAtt": ["Key", "Arn"]}


def _under(prefixes: Sequence[str]) -> list[Data]:
    """Return the objects below each of ``prefixes`` in the bucket of weights."""
    return [
        {
            "Fn::Join": [
                "",
                [sub("arn:${AWS::Partition}:s3:::${WeightsBucket}/"), f"{prefix}*"],
            ]
        }
        for prefix in prefixes
    ]


def _answers() -> Resources:
    """Return where requests and answers of asynchronous endpoints lie, and who is told."""
    return {
        "AnswersBucket": resource(
            "S3::Bucket",
            _bucket(),
            keep=True,
            unlike={
                "CKV_AWS_18": "who reads is in CloudTrail; a log needs a bucket of the account's",
                "CKV_AWS_21": "requests and answers are kept for 30 days, and no longer",
            },
        ),
        "AnswersBucketPolicy": resource(
            "S3::BucketPolicy",
            {"Bucket": ref("AnswersBucket"), "PolicyDocument": policy(_encrypted_only())},
        ),
        **{
            name: resource("SNS::Topic", {"KmsMasterKeyId": ref("Key"), "DisplayName": about})
            for name, about in (("SuccessTopic", "Answers"), ("ErrorTopic", "Failed requests"))
        },
    }


def _bucket() -> dict[str, Data]:
    return {
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": True,
                    "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": KEY,
                    },
                }
            ]
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "LifecycleConfiguration": {
            "Rules": [{"Id": "forget", "Status": "Enabled", "ExpirationInDays": 30}]
        },
    }


def _encrypted_only() -> Data:
    """Return that nobody gets at a bucket without TLS."""
    return {
        "Sid": "EncryptedOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [attribute("AnswersBucket", "Arn"), sub("${AnswersBucket.Arn}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
