"""What the objects of one service share: names, sizes and times, derived once from its plan."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inferc.compiler.plan import Configuration, ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import to_unit
from inferc.targets import sharing
from inferc.targets.kubernetes.objects import groups, machines
from inferc.targets.kubernetes.objects.deployed import (
    DRAIN_LEAST_S,
    IMAGE_PULL_S,
    PORT_NAME,
    STARTUP_PERIOD_S,
    Deployed,
    deployed_name,
)
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.nodes import node_labels
from inferc.targets.kubernetes.objects.settings import ACCESS_MODES, Choices, settings_of

SHM_PER_WORKER_GIB = 2
"""Shared memory of one worker process. Source: the Deployment in vLLM's Kubernetes guide."""
MEMORY_BASE_GIB = 8
MEMORY_PER_WORKER_GIB = 8
"""Host memory of the API server with its engine core, and of one worker process.

With the shared memory this makes 18 GiB for one GPU; the Deployment in vLLM's Kubernetes guide
has 20 GB. The weights need no room here: their pages are cache that the kernel takes back.
"""
PROCESSES_BASE = 2
CPUS_PER_PROCESS = 2
"""Beside one worker for each accelerator run the API server and the engine core; each process
wants a physical core, which is two hyperthreads, what Kubernetes counts as CPUs.

Source: vLLM's guide to optimisation, on CPU resources for GPU deployments.
"""
STORAGE_HEADROOM = 1.2
"""Of the volume over the weights: tokenizer, partial files, the file system's own blocks."""
DRAIN_OVERLOADED_S = 600
"""Longer than clients wait: at the peak of a plan that holds conditionally a queue may grow without
end, and no time would be enough for it."""
RDMA_NETWORKS = ("infiniband_", "roce_")
"""How the catalog calls the links between nodes that are used by RDMA."""
PART_OF = "app.kubernetes.io/part-of"
ENGINE_PORT_NAME = "engine"
SPLIT_NAME_LIMIT = 26
"""Beside what follows, such a set adds slice, revision and role to the name of each of its sets."""
GROUP_NAME_LIMIT = 45
"""A pod's label ``controller-revision-hash`` is the name of its StatefulSet, which is that of the
set with the number of the group, and eleven characters more; a label's value has 63."""
DOWNLOAD_BYTES_PER_S = 50e6
"""A slow line to the hub: 0.4 Gbit/s."""
DOWNLOAD_LEAST_S = 600
SLOW_VOLUME_BYTES_PER_S = 125e6
"""A disk of a cloud at its default, or a share behind 1 Gbit/s. Source: Amazon EBS, gp3 volumes:
125 MiB/s are included."""
CACHE_GIB = 10
TMP_GIB = 2
"""Of the container's disk: what the engine compiles and keeps, and what is only for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving(Deployed):
    """One service of a language model as this target deploys it."""

    plan: ServicePlan
    in_role: str = ""
    """``prefill`` or ``decode`` where it stands for the replicas of one kind; empty for all."""

    @property
    def shape(self) -> Configuration:
        """The decided configuration of its replicas."""
        return self.plan.configuration

    @property
    def profile(self) -> str:
        """The profile of the part of an accelerator that it gets; empty for whole ones."""
        title = self.place.accelerator.title  # ``2g.20gb of NVIDIA A100 80GB SXM``
        return title.partition(" ")[0] if self.place.slices > 1 else ""

    @property
    def gpu_resource(self) -> str:
        """The extended resource that a pod asks for: whole accelerators, or a part of one."""
        mode = "mig" if self.profile else "whole"
        return sharing.resource_name(self.whole_resource, mode=mode, profile=self.profile)

    @property
    def is_split(self) -> bool:
        """Whether some replicas compute prompts and others answer."""
        return self.shape.prefill is not None

    @property
    def selector(self) -> dict[str, str]:
        """The labels that select the pods that answer and nothing else; never change them.

        Of replicas of two kinds those that only compute prompts have a component of their own.
        """
        chosen = super(Serving, self).selector
        component = "engine-prefill" if self.in_role == "prefill" else "engine"
        return {**chosen, "app.kubernetes.io/component": component}

    @property
    def pool_label(self) -> dict[str, str]:
        """The label of every pod that the endpoint picker may name, of replicas of two kinds."""
        return {"inferc.dev/pool": self.name}

    @property
    def pool_selector(self) -> dict[str, str]:
        """The labels that select every pod that the endpoint picker may name."""
        if not self.is_split:
            return self.selector
        return {PART_OF: self.selector[PART_OF], **self.pool_label}

    @property
    def metrics_port(self) -> str:
        """The name of the port that Prometheus scrapes: the engine's own, behind any proxy."""
        return ENGINE_PORT_NAME if self.is_split else PORT_NAME

    @property
    def pods_per_replica(self) -> int:
        """Pods of one replica: one, unless it takes several nodes."""
        tensor, pipeline = self.shape.tensor_parallel, self.shape.pipeline_parallel
        return groups.pods_of(tensor, pipeline, self.place.per_node)

    @property
    def is_group(self) -> bool:
        """Whether a replica is a group of pods, of which one leads."""
        return self.pods_per_replica > 1

    @property
    def gpus(self) -> int:
        """Accelerators of one pod."""
        return self.replica_gpus // self.pods_per_replica

    @property
    def talks(self) -> bool:
        """Whether its pods talk to each other."""
        return self.is_group or self.is_split or bool(self.in_role)

    @property
    def needs_rdma(self) -> bool:
        """Whether its replicas were planned for a network that only RDMA gets its speed from."""
        network = self.place.network.id.rpartition(".")[2]
        return self.talks and network.startswith(RDMA_NETWORKS)

    @property
    def rdma(self) -> str:
        """The resource by which its pods get at RDMA devices; empty for none."""
        return self.choices.rdma if self.talks else ""

    @property
    def group_label(self) -> dict[str, str]:
        """The label of every pod of a group, those that answer no requests included."""
        return {"inferc.dev/group": self.name}

    @property
    def replica_selector(self) -> dict[str, str]:
        """The labels that select every pod of every replica; never change them."""
        if not self.talks:
            return self.selector
        return {PART_OF: self.selector[PART_OF], **self.group_label}

    @property
    def workload_kind(self) -> str:
        """The kind of object that the replicas are."""
        if self.is_split:
            return "DisaggregatedSet"
        return "LeaderWorkerSet" if self.is_group else "Deployment"

    @property
    def workload_name(self) -> str:
        """The name of that object.

        The controller of groups makes a headless Service of the same name, which must not be the
        service's own; and it appends to the name what must fit into a label with it.
        """
        name = deployed_name(self.plan.service)
        if self.is_split:
            return dns_label(name, "roles", limit=SPLIT_NAME_LIMIT)
        return dns_label(name, "group", limit=GROUP_NAME_LIMIT) if self.is_group else self.name

    @property
    def pod_requests(self) -> tuple[tuple[int, Mapping[str, int]], ...]:
        """What its pods ask for, sizes in GiB, each with how many pods there are at most."""
        found = [(self.most_replicas * self.pods_per_replica, self._asked())]
        before = self.shape.prefill
        if before is not None:
            part = replace(self, plan=replace(self.plan, configuration=before))
            found.append(((before.replicas + 1) * part.pods_per_replica, part._asked()))
        return tuple(found)

    def _asked(self) -> Mapping[str, int]:
        """Return what one pod asks for: the engine, and a core for what stands before it."""
        return {
            "cpu": self.cpus + 1,
            "memory": self.memory_gib + 1,
            "ephemeral-storage": CACHE_GIB + TMP_GIB + 1,
            self.gpu_resource: self.gpus,
            **({self.rdma: 1} if self.rdma else {}),
        }

    @property
    def shared(self) -> bool:
        """Whether pods on several nodes may hold the weights at one time.

        A single replica is no exception: the download, or the replica that replaces it in a
        rollout, may wait on one node for a volume that the replica holds on another, and the
        replica waits for them. Nothing but labels keeps the download off nodes of other pools.
        """
        return not node_labels(self.place) or self.nodes_alike > 1

    @property
    def access_mode(self) -> str:
        """Who may mount the weights: the cluster's own word, else as few as will do."""
        stated = ACCESS_MODES.get(self.settings["access_mode"], "")
        return stated or ("ReadWriteMany" if self.shared else "ReadWriteOnce")

    @property
    def repository(self) -> str:
        """Where the weights come from."""
        return self.plan.service.model.repository

    @property
    def revision(self) -> str:
        """The commit of the weights; empty where none is pinned."""
        return self.plan.service.model.revision

    @property
    def shm_gib(self) -> int:
        """Size of /dev/shm."""
        return SHM_PER_WORKER_GIB * self.gpus

    @property
    def memory_gib(self) -> int:
        """Memory of the engine's container, with what it puts into /dev/shm."""
        wanted = MEMORY_BASE_GIB + MEMORY_PER_WORKER_GIB * self.gpus + self.shm_gib
        return machines.engine_memory_gib(self.place, self.gpus, wanted)

    @property
    def cpus(self) -> int:
        """Cores that the engine's container asks for."""
        wanted = CPUS_PER_PROCESS * (PROCESSES_BASE + self.gpus)
        return machines.engine_cpus(self.place, self.gpus, wanted)

    @property
    def storage_gib(self) -> int:
        """Size of the volume of weights."""
        return max(1, math.ceil(to_unit(self.download_bytes * STORAGE_HEADROOM, "GiB")))

    @property
    def download_bytes(self) -> float:
        """What the repository holds: weights that are quantised on loading are larger there."""
        if self.plan.configuration.precision != "fp8":
            return self.plan.weights_bytes
        return max(self.plan.weights_bytes, 2 * self.plan.service.model.parameters.value)

    @property
    def download_s(self) -> int:
        """Time that the weights may take to arrive."""
        return DOWNLOAD_LEAST_S + math.ceil(self.download_bytes / DOWNLOAD_BYTES_PER_S)

    @property
    def startup_failures(self) -> int:
        """Failed probes that a starting engine is allowed.

        The plan knows no volume: weights that come off a slow one must not be begun again and again
        by a probe that gives up, since what was read does not stay in the memory of the pod.
        """
        read_s = self.download_bytes / self.pods_per_replica / SLOW_VOLUME_BYTES_PER_S
        budget_s = max(self.slow_start_s, self.plan.load_time_s + read_s)
        if self.is_group:  # the first may wait for the others' nodes to get the image
            budget_s += IMAGE_PULL_S
        return math.ceil(budget_s / STARTUP_PERIOD_S)

    @property
    def progress_s(self) -> int:
        """Time for a rollout to move on: image, download and start-up of one pod, and its end."""
        startup_s = self.startup_failures * STARTUP_PERIOD_S
        return IMAGE_PULL_S + self.download_s + startup_s + self.grace_s

    @property
    def drain_s(self) -> int:
        """Time for running requests to end: that of a long answer."""
        tail = self.plan.service.load.output.p95_over_mean.value
        long_s = self.plan.estimate.e2e_s * max(1.0, tail)
        if not math.isfinite(long_s):
            return DRAIN_OVERLOADED_S
        return max(DRAIN_LEAST_S, math.ceil(long_s))


def namespace_of(topology: Topology, choices: Choices) -> str:
    """Return the namespace of ``topology``: the option's, the cluster's, else its own name."""
    stated = [
        plan.service.place.cluster.namespace
        for plan in topology.planned
        if plan.service.place.cluster is not None and plan.service.place.cluster.namespace
    ]
    return choices.namespace or next(iter(stated), "") or dns_label(topology.name)


def can_surge(plan: ServicePlan, plans: Sequence[ServicePlan]) -> bool:
    """Return whether one more replica fits into the pool beside the most of everything there."""
    place = plan.service.place
    if plan.configuration.prefill is not None:  # both kinds are replaced at once
        return False
    taken = [
        _taken(other, max(other.autoscale.max_replicas, other.configuration.replicas))
        for other in plans
        if other.service.place.path == place.path
    ]
    taken += [
        groups.Taken(gpus=1, pods=other.configuration.prefill.accelerators)
        for other in plans
        if other.service.place.path == place.path and other.configuration.prefill is not None
    ]
    nodes = int(place.nodes.value)
    return groups.has_room(_taken(plan, 1), taken, nodes=nodes, per_node=place.per_node)


def _taken(plan: ServicePlan, replicas: int) -> groups.Taken:
    """Return what so many replicas of ``plan`` take."""
    shape = plan.configuration
    per_node = plan.service.place.per_node
    pods = groups.pods_of(shape.tensor_parallel, shape.pipeline_parallel, per_node)
    return groups.Taken(gpus=shape.accelerators_per_replica // pods, pods=pods * replicas)


def servings(topology: Topology, choices: Choices) -> tuple[Serving, ...]:
    """Return every service of ``topology`` as this target deploys it."""
    namespace = namespace_of(topology, choices)
    return tuple(
        Serving(
            topology=topology,
            plan=plan,
            engine=engine,
            choices=choices,
            settings=settings_of(plan.service.place.cluster),
            namespace=namespace,
            name=dns_label(deployed_name(plan.service)),
            can_surge=can_surge(plan, topology.services),
        )
        for plan in topology.services
        if (engine := plan.engine) is not None
    )
