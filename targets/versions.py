"""The outside world that the emitted files are written for: the one table of versions, as data.

Every target reads it; a target that needs another version of something adds a row here and
nothing anywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Something that the emitted files rely on and do not bring along."""

    title: str
    version: str
    """The release whose schema the emitted objects are checked against."""
    at_least: str
    """The oldest release that has every field in use."""
    provides: str
    """What breaks without it."""
    where: str
    """Where to get it."""


KUBERNETES: Final = Component(
    title="Kubernetes",
    version="1.34",
    at_least="1.32",  # preStop.sleep and unhealthyPodEvictionPolicy are on by default
    provides="everything",
    where="https://kubernetes.io/releases/",
)
KEDA: Final = Component(
    title="KEDA",
    version="2.20",
    at_least="2.17",  # fallback.behavior
    provides="ScaledObject: replicas that follow the queue of the engine",
    where="https://keda.sh/docs/latest/deploy/",
)
PROMETHEUS_OPERATOR: Final = Component(
    title="Prometheus operator",
    version="0.93",
    at_least="0.60",
    provides="PodMonitor and PrometheusRule: Prometheus scrapes the engine, and warns",
    where="https://prometheus-operator.dev/",
)
PROMETHEUS_ADAPTER: Final = Component(
    title="Prometheus adapter",
    version="0.12",
    at_least="0.10",
    provides="custom metrics for the HorizontalPodAutoscaler",
    where="https://github.com/kubernetes-sigs/prometheus-adapter",
)
NVIDIA_DEVICE_PLUGIN: Final = Component(
    title="NVIDIA GPU operator, or device plugin with GPU feature discovery",
    version="26.7",
    at_least="23.3",
    provides="the resource nvidia.com/gpu and the node label nvidia.com/gpu.product",
    where="https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/",
)
AMD_DEVICE_PLUGIN: Final = Component(
    title="AMD GPU operator, or device plugin",
    version="1.4",
    at_least="1.0",
    provides="the resource amd.com/gpu",
    where="https://instinct.docs.amd.com/projects/gpu-operator/",
)
LEADER_WORKER_SET: Final = Component(
    title="LeaderWorkerSet",
    version="0.10",
    at_least="0.6",  # LWS_WORKER_INDEX
    provides="LeaderWorkerSet: replicas on several nodes, started and replaced as one",
    where="https://lws.sigs.k8s.io/docs/installation/",
)
PULUMI: Final = Component(
    title="Pulumi",
    version="3.272.0",
    at_least="3.150",
    provides="the engine and the Python SDK that run the emitted program",
    where="https://www.pulumi.com/docs/install/",
)
PULUMI_KUBERNETES: Final = Component(
    title="Pulumi provider for Kubernetes",
    version="4.34.2",
    at_least="4.20",
    provides="the typed classes of the Kubernetes API",
    where="https://pypi.org/project/pulumi-kubernetes/",
)
HELM: Final = Component(
    title="Helm",
    version="4.2",
    at_least="3.14",
    provides="the program that installs the chart",
    where="https://helm.sh/docs/intro/install/",
)

API_VERSIONS: Final[Mapping[str, str]] = {
    "ConfigMap": "v1",
    "Deployment": "apps/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Job": "batch/v1",
    "LeaderWorkerSet": "leaderworkerset.x-k8s.io/v1",
    "Namespace": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PersistentVolumeClaim": "v1",
    "PodDisruptionBudget": "policy/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "ResourceQuota": "v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "Service": "v1",
    "ServiceAccount": "v1",
}
"""The API version that each kind is emitted with."""

GPU_RESOURCES: Final[Mapping[str, tuple[str, Component]]] = {
    "nvidia": ("nvidia.com/gpu", NVIDIA_DEVICE_PLUGIN),
    "amd": ("amd.com/gpu", AMD_DEVICE_PLUGIN),
}
"""By vendor: the extended resource of a whole, unshared accelerator, and who offers it."""

SELF_MANAGED: Final = ("kubernetes", "eks", "gke", "aks", "openshift", "k3s", "rke2")
"""Platforms of a cluster that take Kubernetes objects."""
