"""Deploys the planned endpoints on Amazon SageMaker. Generated: change the .infer file."""

import pulumi
import pulumi_aws as aws

from components.access import ExecutionRole, ExecutionRoleArgs
from components.endpoint import Surroundings
from components.naming import endpoint_name
from components.network import PrivateNetwork, PrivateNetworkArgs
from components.plan import load
from components.shared_endpoint import SharedEndpoint, SharedEndpointArgs
from components.storage import Storage, StorageArgs

config = pulumi.Config()
plan = load()
region = aws.Provider(
    "region",
    region=plan["region"],
    default_tags=aws.ProviderDefaultTagsArgs(
        tags={"inferc:topology": plan["topology"], "inferc:stack": pulumi.get_stack()}
    ),
)
here = pulumi.ResourceOptions(provider=region)
account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(provider=region)).account_id
endpoints = plan["endpoints"]
queued = [label for label, one in endpoints.items() if one["kind"] == "asynchronous"]

storage = Storage(
    "storage",
    StorageArgs(
        partition=plan["partition"],
        region=plan["region"],
        domain=plan["domain"],
        account=account,
        weights_bucket=config.get("weightsBucket") or None,
        answers=bool(queued),
        protect=config.get_bool("protectData") or False,
    ),
    opts=here,
)
subnets: list[pulumi.Input[str]] = config.get_object("subnetIds") or []
groups: list[pulumi.Input[str]] = config.get_object("securityGroupIds") or []
if not subnets:
    network = PrivateNetwork(
        "network",
        PrivateNetworkArgs(region=plan["region"], domain=plan["domain"]),
        opts=here,
    )
    subnets, groups = [*network.subnet_ids], [*network.security_group_ids]


def topic(name: str, about: str) -> aws.sns.Topic:
    """Return a topic that people subscribe to."""
    return aws.sns.Topic(name, display_name=about, kms_master_key_id=storage.key.id, opts=here)


alarms = topic("alarms", "Alarms of endpoints")
if email := config.get("alarmEmail"):
    aws.sns.TopicSubscription(
        "alarms", topic=alarms.arn, protocol="email", endpoint=email, opts=here
    )

role = ExecutionRole(
    "role",
    ExecutionRoleArgs(
        partition=plan["partition"],
        region=plan["region"],
        domain=plan["domain"],
        account=account,
        registry_account=plan["registry_account"],
        repositories=plan["repositories"],
        weights_bucket=storage.weights_name,
        weights_prefixes=plan["weights_prefixes"],
        key_arn=storage.key.arn,
        private_network=bool(subnets),
        answers_bucket_arn=storage.answers.arn if storage.answers else None,
        topic_arns=[],
    ),
    opts=here,
)
around = Surroundings(
    role_arn=role.arn,
    key_arn=storage.key.arn,
    weights_bucket=storage.weights_name,
    topic_arn=alarms.arn,
    subnet_ids=subnets,
    security_group_ids=groups,
)
names = {
    label: endpoint_name(pulumi.get_project(), pulumi.get_stack(), label, one["kind"])
    for label, one in endpoints.items()
}
served: dict[str, pulumi.Output[str]] = {}
# The weights must be in the bucket before a container can start: see README.md.
if config.get_bool("weightsStaged"):
    for label, one in endpoints.items():
        shared = SharedEndpoint(
            label,
            SharedEndpointArgs(plan=one, label=label, endpoint=names[label], around=around),
            opts=here,
        )
        served[label] = shared.name

pulumi.export("endpoints", served)
pulumi.export("region", plan["region"])
pulumi.export("weightsBucket", storage.weights_name)
pulumi.export("alarmTopic", alarms.arn)
pulumi.export("planDigest", plan["digest"])
pulumi.export("verdict", plan["verdict"])
pulumi.export("predicted", {label: one["predicted"] for label, one in endpoints.items()})
pulumi.export("sla", {label: one["sla"] for label, one in endpoints.items()})
pulumi.export("quota", plan["quota"])
