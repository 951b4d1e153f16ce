"""A service of a network as this target deploys it: Triton, on an accelerator or a part of one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from inferc.compiler.topology import Topology
from inferc.compiler.units import to_unit
from inferc.targets import sharing
from inferc.targets.kubernetes.objects.deployed import DRAIN_LEAST_S, Deployed, deployed_name
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.settings import Choices, settings_of

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan

METRICS_PORT_NAME: Final = "metrics"
MEMORY_BASE_GIB: Final = 4
MEMORY_OVER_WEIGHTS: Final = 2
"""Of the container: a backend reads a model into the host's memory, and some keep a second copy
while they build it. Source: Triton, ONNX Runtime backend; an estimate."""
DISK_GIB: Final = 3
"""Of the container: /tmp, and what it logs."""
CPUS: Final = 4
"""Triton's HTTP threads, its batcher and the backend's own threads. An estimate."""


class Format(NamedTuple):
    """What one engine loads."""

    backend: str
    file: str


FORMATS: Final = {
    "triton": Format("tensorrt", "model.plan"),
    "onnxruntime": Format("onnxruntime", "model.onnx"),
}
"""By engine of the catalog: Triton's backend, and the file it looks for in a model's folder.

Source: Triton, model repository, r25.06, on default names of model files.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkServing(Deployed):
    """One service of a network as this target deploys it."""

    plan: "NetworkPlan"

    @property
    def format(self) -> Format | None:
        """What its engine loads; None for an engine that this target does not start."""
        return FORMATS.get(self.engine.name)

    @property
    def gpu_resource(self) -> str:
        """The extended resource that a pod asks for: a whole accelerator, a part, or a turn."""
        shape = self.plan.configuration
        return sharing.resource_name(self.whole_resource, mode=shape.share, profile=shape.profile)

    @property
    def metrics_port(self) -> str:
        """The name of the port that Prometheus scrapes."""
        return METRICS_PORT_NAME

    @property
    def memory_gib(self) -> int:
        """Memory of the engine's container."""
        weights_gib = to_unit(self.plan.weights_bytes, "GiB")
        return MEMORY_BASE_GIB + math.ceil(MEMORY_OVER_WEIGHTS * weights_gib)

    @property
    def pod_requests(self) -> tuple[tuple[int, Mapping[str, int]], ...]:
        """What its pods ask for, sizes in GiB, each with how many pods there are at most."""
        asked = {
            "cpu": CPUS + 1,
            "memory": self.memory_gib,
            "ephemeral-storage": DISK_GIB,
            self.gpu_resource: 1,
        }
        return ((self.most_replicas, asked),)

    @property
    def drain_s(self) -> int:
        """Time for running requests to end: that of the slowest answers."""
        slow_s = max(self.plan.estimate.latency_s.values())
        return max(DRAIN_LEAST_S, math.ceil(slow_s)) if math.isfinite(slow_s) else DRAIN_LEAST_S


def network_servings(
    topology: Topology, choices: Choices, namespace: str
) -> tuple[NetworkServing, ...]:
    """Return every network of ``topology`` as this target deploys it."""
    return tuple(
        NetworkServing(
            topology=topology,
            plan=plan,
            engine=engine,
            choices=choices,
            settings=settings_of(plan.place.cluster),
            namespace=namespace,
            name=dns_label(deployed_name(plan.service)),
            # Parts are cut beforehand, and each has its replica.
            can_surge=False,
        )
        for plan in topology.networks
        if (engine := plan.engine) is not None
    )
