"""The outside world that the emitted files are written for: the one table of versions, as data.

Every target reads it; a target that needs another version of something adds a row here and
nothing anywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple


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
SHARED_STORAGE: Final = Component(
    title="A storage class with ReadWriteMany",
    version="any",
    at_least="any",
    provides="the volumes of weights, which several nodes mount: NFS, EFS, Filestore, Azure Files, "
    "CephFS. The default classes of EKS, GKE and AKS are disks of one node, and the claims would "
    "stay Pending: name another with `storage_class` in the `cluster` block. Where one node only "
    "can run the pods, `access_mode = read_write_once` does",
    where="https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
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
    provides="PodMonitor and PrometheusRule: Prometheus scrapes the engine, and warns; about cold "
    "starts with kube-state-metrics 2.8 or later beside it",
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
KUEUE: Final = Component(
    title="Kueue, with the integrations of the kinds of workload in use",
    version="0.19",
    at_least="0.19",
    provides="quotas: what they do not admit waits",
    where="https://kueue.sigs.k8s.io/docs/installation/",
)
DRA_DRIVER: Final = Component(
    title="NVIDIA DRA driver, as the GPU operator brings it",
    version="26.7",
    at_least="26.7",
    provides="the device class gpu.nvidia.com",
    where="https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu",
)
DRA_KUBERNETES: Final = "1.34"
"""The first release that serves ``resource.k8s.io/v1``. Source: its own API, by release."""
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
PULUMI_POLICY: Final = Component(
    title="Pulumi policy SDK",
    version="1.21.0",
    at_least="1.13",
    provides="the policies that hold what is created to the plan",
    where="https://pypi.org/project/pulumi-policy/",
)
PULUMI_AWS: Final = Component(
    title="Pulumi provider for AWS",
    version="7.51.1",
    at_least="7.51",  # the only release that the emitted program was type-checked with
    provides="the typed classes of the AWS API",
    where="https://pypi.org/project/pulumi-aws/",
)
HELM: Final = Component(
    title="Helm",
    version="4.2",
    at_least="3.14",
    provides="the program that installs the chart",
    where="https://helm.sh/docs/intro/install/",
)

GATEWAY_API: Final = Component(
    title="Gateway API",
    version="1.6",
    at_least="1.2",  # timeouts of an HTTPRoute in the standard channel
    provides="Gateway and HTTPRoute: how requests come in",
    where="https://gateway-api.sigs.k8s.io/",
)
ENVOY_GATEWAY: Final = Component(
    title="Envoy Gateway",
    version="1.9",
    at_least="1.5",  # apiKeyAuth.sanitize
    provides="the controller of the gateways, keys of callers, time-outs of streams",
    where="https://gateway.envoyproxy.io/docs/install/",
)
ENVOY_AI_GATEWAY: Final = Component(
    title="Envoy AI Gateway, with InferencePool among the backend resources of Envoy Gateway",
    version="1.1",
    at_least="1.0",  # AIGatewayRoute v1beta1
    provides="routes to an InferencePool, and by the model that a request asks for",
    where="https://aigateway.envoyproxy.io/docs/capabilities/inference/httproute-inferencepool",
)
INFERENCE_EXTENSION: Final = Component(
    title="Gateway API Inference Extension, its custom resources",
    version="1.6",
    at_least="1.0",
    provides="InferencePool: replicas that a picker chooses from",
    where="https://gateway-api-inference-extension.sigs.k8s.io/",
)
LLM_D_OBJECTIVES: Final = Component(
    title="llm-d-router, its custom resources",
    version="0.10",
    at_least="0.9",
    provides="InferenceObjective: which requests wait",
    where="https://github.com/llm-d/llm-d-router",
)
CERT_MANAGER: Final = Component(
    title="cert-manager, with its support of the Gateway API switched on",
    version="1.21",
    at_least="1.15",
    provides="certificates of the gateways' hosts, made and renewed",
    where="https://cert-manager.io/docs/usage/gateway/",
)

ENDPOINT_PICKER_IMAGE: Final = "ghcr.io/llm-d/llm-d-router-endpoint-picker:v0.10.0"
"""The endpoint picker. Source: release 0.9 of llm-d, table of components."""
HANDOVER_PROXY_IMAGE: Final = "ghcr.io/llm-d/llm-d-router-disagg-sidecar:v0.10.0"
"""What stands before replicas that answer, where others compute prompts. Source: llm-d-router 0.10,
``pkg/sidecar``."""
KSERVE: Final = Component(
    title="KServe",
    version="0.20",
    at_least="0.18",
    provides="LLMInferenceService and InferenceService: Deployments, and what scales them",
    where="https://kserve.github.io/website/",
)
KUBERAY: Final = Component(
    title="KubeRay operator",
    version="1.7",
    at_least="1.3",
    provides="RayService: a Ray cluster, and Ray Serve on it",
    where="https://docs.ray.io/en/latest/cluster/kubernetes/",
)
VLLM_STACK: Final = Component(
    title="Chart vllm-stack of the vLLM production stack",
    version="0.1.12",
    at_least="0.1.12",
    provides="the engines and their router",
    where="https://vllm-project.github.io/production-stack",
)
LLM_D_MODELSERVICE: Final = Component(
    title="Chart llm-d-modelservice",
    version="0.4.12",
    at_least="0.4.12",
    provides="the engines",
    where="https://llm-d-incubation.github.io/llm-d-modelservice/",
)
LLM_D_ROUTER: Final = Component(
    title="Chart llm-d-router-gateway",
    version="0.10.0",
    at_least="0.10.0",
    provides="the endpoint picker, and the InferencePool that it picks from",
    where="https://github.com/llm-d/llm-d-router",
)

DOCKER: Final = Component(
    title="Docker Engine with Compose",
    version="2.40",
    at_least="2.20",  # of Compose: create_host_path and conditions of depends_on
    provides="runs the containers",
    where="https://docs.docker.com/engine/install/",
)
PODMAN: Final = Component(
    title="Podman",
    version="5.6",
    at_least="5.2",  # NetworkAlias
    provides="runs the containers as services of systemd",
    where="https://podman.io/docs/installation",
)
NVIDIA_TOOLKIT: Final = Component(
    title="NVIDIA container toolkit",
    version="1.18",
    at_least="1.14",
    provides="GPUs inside of containers",
    where="https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/",
)
NFS_DRIVER: Final = Component(
    title="NFS CSI driver",
    version="4.11",
    at_least="4.0",
    provides="volumes that all nodes may mount",
    where="https://github.com/kubernetes-csi/csi-driver-nfs",
)
METALLB: Final = Component(
    title="MetalLB",
    version="0.15",
    at_least="0.13",
    provides="IPAddressPool: addresses for services of the type LoadBalancer",
    where="https://metallb.universe.tf/installation/",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """Something that runs beside the engines where no cluster offers it."""

    title: str
    image: str


CADDY: Final = Bundled(title="Caddy", image="caddy:2.10.2")
PROMETHEUS: Final = Bundled(title="Prometheus", image="prom/prometheus:v3.5.0")
GRAFANA: Final = Bundled(title="Grafana", image="grafana/grafana:12.2.0")
DCGM_EXPORTER: Final = Bundled(
    title="NVIDIA DCGM exporter",
    # As in the values of the GPU operator 26.7.
    image="nvcr.io/nvidia/k8s/dcgm-exporter:4.6.0-4.8.3-distroless",
)


class Chart(NamedTuple):
    """A Helm chart that an emitted program installs."""

    name: str
    version: str
    repository: str
    namespace: str
    runs_on: str = ""
    """The minor version of Kubernetes that its release is for, where it is for one alone."""


PULUMI_CHARTS: Final[Mapping[str, Chart]] = {
    "cluster-autoscaler": Chart(
        "cluster-autoscaler",
        "9.52.1",
        "https://kubernetes.github.io/autoscaler",
        "kube-system",
        runs_on="1.34",  # its application is 1.34.1, and the one for the version of the cluster
    ),
    "gpu-operator": Chart(
        "gpu-operator", "v26.7.0", "https://helm.ngc.nvidia.com/nvidia", "gpu-operator"
    ),
    "keda": Chart("keda", "2.19.0", "https://kedacore.github.io/charts", "keda"),
    "kube-prometheus-stack": Chart(
        "kube-prometheus-stack",
        "67.8.0",
        "https://prometheus-community.github.io/helm-charts",
        "monitoring",
    ),
    "lws": Chart("lws", "0.10.0", "oci://registry.k8s.io/lws/charts", "lws-system"),
}
"""What a program that makes its own cluster installs there. Source: each project's own notes of
that release."""

API_VERSIONS: Final[Mapping[str, str]] = {
    "AIGatewayRoute": "aigateway.envoyproxy.io/v1beta1",
    "BackendTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
    "ClientTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
    "Gateway": "gateway.networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "InferenceObjective": "llm-d.ai/v1alpha2",
    "InferencePool": "inference.networking.k8s.io/v1",
    "ReferenceGrant": "gateway.networking.k8s.io/v1beta1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "SecurityPolicy": "gateway.envoyproxy.io/v1alpha1",
    "ConfigMap": "v1",
    "Deployment": "apps/v1",
    "ClusterQueue": "kueue.x-k8s.io/v1beta2",
    "LocalQueue": "kueue.x-k8s.io/v1beta2",
    "ResourceFlavor": "kueue.x-k8s.io/v1beta2",
    "ResourceClaimTemplate": "resource.k8s.io/v1",
    "DisaggregatedSet": "disaggregatedset.x-k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "InferenceService": "serving.kserve.io/v1beta1",
    "IPAddressPool": "metallb.io/v1beta1",
    "Job": "batch/v1",
    "L2Advertisement": "metallb.io/v1beta1",
    "LeaderWorkerSet": "leaderworkerset.x-k8s.io/v1",
    "LLMInferenceService": "serving.kserve.io/v1alpha2",
    "Namespace": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PersistentVolumeClaim": "v1",
    "PodDisruptionBudget": "policy/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "ResourceQuota": "v1",
    "RayService": "ray.io/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "StorageClass": "storage.k8s.io/v1",
}
"""The API version that each kind is emitted with."""

GPU_RESOURCES: Final[Mapping[str, tuple[str, Component]]] = {
    "nvidia": ("nvidia.com/gpu", NVIDIA_DEVICE_PLUGIN),
    "amd": ("amd.com/gpu", AMD_DEVICE_PLUGIN),
}
"""By vendor: the extended resource of a whole, unshared accelerator, and who offers it."""

SELF_MANAGED: Final = ("kubernetes", "eks", "gke", "aks", "openshift", "k3s", "rke2")
"""Platforms of a cluster that take Kubernetes objects."""
