"""An EKS cluster for a program that brings its own: node groups of the plan, and what they need."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from inferc.compiler.model import Place
from inferc.dsl import Diagnostic
from inferc.targets.base import Data, Options, asked_at
from inferc.targets.kubernetes.objects import Layout
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.pods import USER_ID
from inferc.targets.kubernetes.objects.prerequisites import components as prerequisites
from inferc.targets.pulumi import diagnostics as report
from inferc.targets.pulumi.choices import CLUSTER, CLUSTERS, EKS, EXISTING
from inferc.targets.versions import (
    KEDA,
    KUBERNETES,
    LEADER_WORKER_SET,
    NVIDIA_DEVICE_PLUGIN,
    PROMETHEUS_OPERATOR,
    PULUMI_CHARTS,
    SHARED_STORAGE,
    Component,
)

DISK_BASE_GIB: Final = 100
"""Of a node's own disk: its system, and an engine's image unpacked and in layers."""
DISK_PER_ACCELERATOR_GIB: Final = 16
"""An engine may have 12 GiB of caches and temporary files, with something to spare."""
SYSTEM_POOL: Final = "system"
ARM_FAMILIES: Final = ("g5g.", "p6e-gb200.")
"""Instances whose processors are ARM. Source: AWS, instance types of EC2."""
CAPACITY: Final[Mapping[str, str]] = {"spot": "SPOT"}

INSTALLED: Final[Mapping[str, str]] = {
    KEDA.title: "keda",
    LEADER_WORKER_SET.title: "lws",
    NVIDIA_DEVICE_PLUGIN.title: "gpu-operator",
    PROMETHEUS_OPERATOR.title: "kube-prometheus-stack",
}
"""By title of what a cluster must have: the chart that brings it."""


class Storage(NamedTuple):
    """How volumes are made: the driver with its rights, and the class."""

    driver: str
    service_account: str
    policy: str
    provisioner: str
    parameters: Mapping[str, str]


DISKS: Final = Storage(
    driver="aws-ebs-csi-driver",
    service_account="ebs-csi-controller-sa",
    policy="service-role/AmazonEBSCSIDriverPolicy",
    provisioner="ebs.csi.aws.com",
    parameters={"type": "gp3"},
)
FILES: Final = Storage(
    driver="aws-efs-csi-driver",
    service_account="efs-csi-controller-sa",
    policy="service-role/AmazonEFSCSIDriverPolicy",
    provisioner="efs.csi.aws.com",
    parameters={
        "provisioningMode": "efs-ap",
        "directoryPerms": "700",
        "uid": str(USER_ID),
        "gid": str(USER_ID),
    },
)
"""Several nodes may mount a folder of a file system at one time; a disk only one.

Source: the documentation of both drivers.
"""


def refuse(layout: Layout, options: Options) -> Iterator[Diagnostic]:
    """Yield why no cluster can be made for the topology."""
    value = options.get(CLUSTER, EXISTING)
    span = asked_at(layout.topology, "pulumi")
    if value not in CLUSTERS:
        yield report.bad_cluster(value=str(value), known=CLUSTERS, span=span)
    if value != EKS:
        return
    for one in layout.deployed:
        if one.place.cloud != "aws" or not one.place.instance_type:
            have = one.place.instance_type or one.place.accelerator.title
            service = one.plan.service
            yield report.not_on_aws(service=service.name, have=have, span=service.span)
    lacking = [one.title for one in _needed(layout) if one.title not in INSTALLED]
    if lacking:
        yield report.not_installed(lacking=lacking, span=span)
    if not layout.choices.create_namespace:
        yield report.no_namespace_yet(span=span)


def _needed(layout: Layout) -> tuple[Component, ...]:
    """Return what the cluster must have beside Kubernetes itself and its storage.

    The class for volumes is made with the cluster: of a file system where several nodes read them.
    """
    made = (KUBERNETES, SHARED_STORAGE)
    return tuple(one for one in prerequisites(layout.servings) if one not in made)


def cluster_file(layout: Layout) -> str:
    """Return what the program makes a cluster from."""
    storage = _storage(layout)
    document: dict[str, Data] = {
        "name": dns_label(layout.topology.name),
        "version": KUBERNETES.version,
        "pools": [_system_pool(), *_pools(layout.deployed)],
        "storage": {
            "driver": storage.driver,
            "service_account": storage.service_account,
            "policy": storage.policy,
        },
        "volume_class": {
            "name": layout.settings["storage_class"] or "weights",
            "provisioner": storage.provisioner,
            "parameters": dict(storage.parameters),
        },
        "charts": list(_charts(layout)),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _storage(layout: Layout) -> Storage:
    """Return how volumes are made: on disks, where a single node ever mounts one."""
    many = any(one.access_mode == "ReadWriteMany" for one in layout.servings)
    return FILES if many else DISKS


def _system_pool() -> Mapping[str, Data]:
    """Return the nodes of what runs beside the engines: DNS, controllers, Prometheus."""
    return {
        "name": SYSTEM_POOL,
        "instance_type": "m6i.xlarge",
        "capacity_type": "ON_DEMAND",
        "ami_type": "AL2023_x86_64_STANDARD",
        "disk_gib": DISK_BASE_GIB,
        "least_nodes": 2,
        "nodes": 2,
        "most_nodes": 4,
        "labels": {"inferc.dev/pool": SYSTEM_POOL},
        "taints": [],
    }


def _pools(services: Sequence[Deployed]) -> Iterator[Mapping[str, Data]]:
    """Yield the node group of each pool that services run in."""
    places: dict[str, list[Deployed]] = {}
    for one in services:
        places.setdefault(one.place.path, []).append(one)
    for path, sharers in sorted(places.items()):
        yield _pool(dns_label(path.replace(".", "-")), sharers[0].place, sharers)


def _pool(name: str, place: Place, services: Sequence[Deployed]) -> Mapping[str, Data]:
    arm = place.instance_type.startswith(ARM_FAMILIES)
    planned = int(place.nodes.value)
    most = max(planned, place.most_nodes)
    fewest = sum(
        one.replica_gpus * (one.min_replicas if one.scaler else one.replicas) for one in services
    )
    return {
        "name": name,
        "instance_type": place.instance_type,
        "capacity_type": CAPACITY.get(place.market, "ON_DEMAND"),
        "ami_type": "AL2023_ARM_64_NVIDIA" if arm else "AL2023_x86_64_NVIDIA",
        "disk_gib": DISK_BASE_GIB + DISK_PER_ACCELERATOR_GIB * place.per_node,
        "least_nodes": min(planned, math.ceil(fewest / place.per_node)),
        "nodes": planned,
        "most_nodes": most,
        "labels": {"inferc.dev/pool": name},
        "taints": [
            {"key": services[0].whole_resource, "value": "present", "effect": "NO_SCHEDULE"}
        ],
    }


def _charts(layout: Layout) -> Iterator[Mapping[str, Data]]:
    """Yield the charts that bring what the objects need."""
    needed = [INSTALLED[one.title] for one in _needed(layout)]
    values = _values(layout)
    spaces = {"kube-prometheus-stack": layout.choices.monitoring_namespace}
    for name in sorted({*needed, "cluster-autoscaler"}):
        chart = PULUMI_CHARTS[name]
        yield {
            "name": name,
            "chart": chart.name,
            "version": chart.version,
            "repository": chart.repository,
            "namespace": spaces.get(name, chart.namespace),
            "values": values.get(name, {}),
        }


def _values(layout: Layout) -> Mapping[str, Mapping[str, Data]]:
    """Return by chart what is not as it comes."""
    return {
        "gpu-operator": {
            # The image of the nodes has both.
            "driver": {"enabled": False},
            "toolkit": {"enabled": False},
        },
        "kube-prometheus-stack": {
            "prometheus": {
                "prometheusSpec": {
                    "podMonitorSelectorNilUsesHelmValues": False,
                    "ruleSelectorNilUsesHelmValues": False,
                }
            }
        },
        "cluster-autoscaler": {
            "autoDiscovery": {"clusterName": dns_label(layout.topology.name)},
            "rbac": {"serviceAccount": {"name": "cluster-autoscaler"}},
            # A pod that waits for a node must not be given up before one can have started.
            "extraArgs": {"balance-similar-node-groups": True, "expander": "least-waste"},
        },
    }
