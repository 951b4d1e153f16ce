"""What the objects of any service share, whatever its model is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inferc.compiler.model import Engine, Place, Service
from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.nodes import node_labels
from inferc.targets.kubernetes.objects.settings import Choices, Settings
from inferc.targets.versions import GPU_RESOURCES

if TYPE_CHECKING:
    from inferc.compiler.model.network_service import NetworkService
    from inferc.compiler.plan import ServicePlan
    from inferc.compiler.plan.networks import NetworkPlan

PORT_NAME: Final = "http"
PROMISED: Final = "sla"
BEST_EFFORT: Final = "best-effort"
NO_CLASS: Final = "none"

STARTUP_HEADROOM: Final = 1.5
"""Of the start-up budget over the predicted load time."""
STARTUP_PERIOD_S: Final = 10
STARTUP_LEAST_S: Final = 300
"""Compilation and graph capture vary from start to start even for a small model."""
ENDPOINT_REMOVAL_S: Final = 15
"""From the start of a pod's end until every proxy has stopped sending to it."""
DRAIN_LEAST_S: Final = 30
STOP_MARGIN_S: Final = 15
IMAGE_PULL_S: Final = 600
"""An engine's image of 10 GB at 20 MB/s, with time to unpack it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One service as this target deploys it: a language model or a network."""

    topology: Topology
    plan: "ServicePlan | NetworkPlan"
    engine: Engine
    choices: Choices
    settings: Settings
    namespace: str
    name: str
    can_surge: bool
    """Whether one more replica fits into the pool beside everything planned for it."""

    @property
    def place(self) -> Place:
        """Where it runs."""
        return self.plan.service.place

    @property
    def selector(self) -> dict[str, str]:
        """The labels that select the serving pods and nothing else; never change them."""
        return {
            "app.kubernetes.io/name": self.name,
            "app.kubernetes.io/part-of": dns_label(self.topology.name),
            "app.kubernetes.io/component": "engine",
        }

    @property
    def labels(self) -> dict[str, str]:
        """The labels of an object that belongs to the service."""
        return self.labels_of("engine")

    def labels_of(self, component: str) -> dict[str, str]:
        """Return the labels of an object of ``component``."""
        return {
            **self.selector,
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/managed-by": "inferc",
        }

    def named(self, *suffixes: str) -> str:
        """Return the name of a part of the service: ``chat-weights``."""
        return dns_label(deployed_name(self.plan.service), *suffixes)

    @property
    def priority_class(self) -> str:
        """The PriorityClass of its pods: one for each namespace and kind of service, or none."""
        stated = self.choices.priority_class
        if stated:
            return "" if stated == NO_CLASS else stated
        promised = any(one.hard for one in self.plan.service.objectives)
        return dns_label(self.namespace, PROMISED if promised else BEST_EFFORT)

    @property
    def pull_secret(self) -> str:
        """The name of the Secret that pulls images: the option's, else the cluster's."""
        return self.choices.image_pull_secret or self.settings["image_pull_secret"]

    @property
    def max_replicas(self) -> int:
        """The most replicas that are ever wanted."""
        return max(1, self.plan.autoscale.max_replicas)

    @property
    def min_replicas(self) -> int:
        """The fewest replicas that are ever wanted; the engine's own metrics cannot wake it.

        Only KEDA knows hours of a week: without it those of the busy ones are there all the time.
        """
        scale = self.plan.autoscale
        least = scale.min_replicas
        if scale.schedule is not None and self.choices.scaler != "keda":
            least = scale.schedule.replicas
        return max(1, min(least, self.max_replicas))

    @property
    def scaler(self) -> str:
        """``keda``, ``hpa``, or nothing where the number of replicas is fixed."""
        if self.choices.scaler == "none" or self.min_replicas == self.max_replicas:
            return ""
        return self.choices.scaler

    @property
    def replicas(self) -> int:
        """How many replicas there are where nothing scales them: enough for the peak."""
        return max(self.plan.configuration.replicas, self.min_replicas)

    @property
    def whole_resource(self) -> str:
        """The extended resource of one whole accelerator, which taints are called by as well."""
        return GPU_RESOURCES[self.place.accelerator.vendor][0]

    @property
    def gpu_resource(self) -> str:
        """The extended resource that a pod asks for: ``nvidia.com/gpu``."""
        return self.whole_resource

    @property
    def replica_gpus(self) -> int:
        """Accelerators of one replica."""
        return self.plan.configuration.accelerators_per_replica

    @property
    def gpus(self) -> int:
        """Accelerators of one pod."""
        return self.replica_gpus

    @property
    def claims(self) -> bool:
        """Whether its pods claim accelerators instead of asking for a number of them."""
        return self.choices.dra

    @property
    def most_replicas(self) -> int:
        """The most replicas there are at once, one more while one is replaced."""
        return (self.max_replicas if self.scaler else self.replicas) + 1

    @property
    def pod_requests(self) -> tuple[tuple[int, Mapping[str, int]], ...]:
        """What its pods ask for, sizes in GiB, each with how many pods there are at most."""
        return ()

    @property
    def replica_selector(self) -> dict[str, str]:
        """The labels that select every pod of every replica; never change them."""
        return self.selector

    @property
    def workload_kind(self) -> str:
        """The kind of object that the replicas are."""
        return "Deployment"

    @property
    def workload_name(self) -> str:
        """The name of that object."""
        return self.name

    @property
    def metrics_port(self) -> str:
        """The name of the port that Prometheus scrapes."""
        return PORT_NAME

    @property
    def nodes_alike(self) -> int:
        """How many nodes of the file have the labels that its pods go by."""
        labels = node_labels(self.place)
        places = {plan.service.place.path: plan.service.place for plan in self.topology.planned}
        alike = (one for one in places.values() if labels.items() <= node_labels(one).items())
        return sum(int(one.nodes.value) for one in alike)

    @property
    def slow_start_s(self) -> float:
        """From what time on a start is slower than planned."""
        return max(float(STARTUP_LEAST_S), STARTUP_HEADROOM * self.plan.load_time_s)

    @property
    def startup_failures(self) -> int:
        """Failed probes that a starting engine is allowed."""
        return math.ceil(self.slow_start_s / STARTUP_PERIOD_S)

    @property
    def progress_s(self) -> int:
        """Time for a rollout to move on: image and start-up of one pod, and its end."""
        return IMAGE_PULL_S + self.startup_failures * STARTUP_PERIOD_S + self.grace_s

    @property
    def drain_s(self) -> int:
        """Time for running requests to end."""
        return DRAIN_LEAST_S

    @property
    def grace_s(self) -> int:
        """Time from the request to stop until the pod is killed."""
        return ENDPOINT_REMOVAL_S + self.drain_s + STOP_MARGIN_S


def gibibytes(count: int) -> str:
    """Return ``count`` GiB as Kubernetes writes it."""
    return f"{count}Gi"


def deployed_name(service: "Service | NetworkService") -> str:
    """Return the text that the names of the service's objects are made from."""
    return service.deployed_name or service.name
