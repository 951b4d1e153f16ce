"""What is deployed: one endpoint a service, all its numbers derived once from the plan.

The Pulumi program and the CloudFormation template are made from these values and from nothing else.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import from_unit
from inferc.targets.kubernetes.objects.serving import Serving, servings
from inferc.targets.kubernetes.objects.settings import Choices as NoChoices
from inferc.targets.sagemaker import limits
from inferc.targets.sagemaker.alarms import Alarm, alarms_of
from inferc.targets.sagemaker.environment import environment
from inferc.targets.sagemaker.images import Image, Machine, ami_for, image_for, machines, uri
from inferc.targets.sagemaker.options import Choices

VARIANT: Final = "variant"
"""The model belongs to the variant: one container an instance, canaries and shadows."""
COMPONENTS: Final = "components"
"""Copies of an inference component share instances, and may be none at all."""
ASYNCHRONOUS: Final = "asynchronous"
"""Requests wait in a queue, and answers go to S3."""

NAME_ENDS: Final[Mapping[str, tuple[str, ...]]] = {
    VARIANT: (),
    COMPONENTS: ("shared",),
    ASYNCHRONOUS: ("queue",),
}
"""Of an endpoint's name. None becomes one of another kind by an update, and what is created before
the old one goes cannot have its name, nor can its alarms."""

PLATFORMS: Final[Mapping[str, str]] = {
    "platform.sagemaker_realtime": "realtime",
    "platform.sagemaker_async": ASYNCHRONOUS,
    "platform.sagemaker_serverless": "serverless",
}
"""The platforms that this target speaks to, by their paths in the catalog."""

TRAFFIC: Final = "traffic"
"""The production variant of every endpoint: its name may not change from one update to the next."""
CANDIDATE: Final = "candidate"

STARTUP_HEADROOM: Final = 1.5
STARTUP_LEAST_S: Final = 600
"""Compilation and graph capture vary from start to start even for a small model. A longer time
costs nothing: who is ready earlier serves earlier, and too short a one undoes a sound update."""
DOWNLOAD_LEAST_S: Final = 600
DOWNLOAD_BYTES_PER_S: Final = 250e6
"""A slow copy from S3: 2 Gbit/s of the tens that such machines have."""
PROVISION_S: Final = 1200
"""Until the machines of a new fleet are there, in a region that has them. An assumption."""
ROLLING_PERCENT: Final = 25
"""Of the copies of a component, replaced in one step."""
SCALE_IN_LEAST_S: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How instances, or copies, follow the load."""

    dimension: str
    minimum: int
    maximum: int
    metric: str
    """A predefined metric, or one of AWS/SageMaker where ``customized``."""
    customized: bool
    target: float
    scale_in_s: int
    scale_out_s: int
    wakes: str = ""
    """The metric that tells that somebody asks while nothing runs; empty where it never sleeps."""

    @property
    def scales(self) -> bool:
        """Whether there is anything to scale."""
        return self.minimum < self.maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How an update takes over."""

    canary_instances: int
    """In the first step; 0 moves all traffic at once."""
    bake_s: int
    execution_s: int
    rolling_percent: int = ROLLING_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One service as an endpoint."""

    serving: Serving
    label: str
    """A DNS label."""
    kind: str
    region: str
    image: Image
    machine: Machine
    instance_type: str
    environment: tuple[tuple[str, str], ...]
    instances: int
    least_instances: int
    most_instances: int
    copies: int
    """At the first deployment; of a variant one an instance."""
    copy_memory_mib: int
    startup_s: int
    download_s: int
    max_concurrent: int
    """Requests that are handed to one instance at once; of asynchronous endpoints."""
    shadow_percent: int
    scaling: Scaling
    rollout: Rollout
    alarms: tuple[Alarm, ...]

    @property
    def plan(self) -> ServicePlan:
        """What was decided."""
        return self.serving.plan

    @property
    def image_uri(self) -> str:
        """The full name of the image."""
        return uri(self.image, self.region)

    @property
    def ami(self) -> str:
        """The image of the machine, whose driver runs the container."""
        return ami_for(self.image.cuda)

    @property
    def weights_prefix(self) -> str:
        """Where the weights lie in their bucket; ends with a slash, as SageMaker wants it."""
        revision = self.serving.revision or "main"
        return f"models/{self.serving.repository}/{revision}/"

    @property
    def readable_prefix(self) -> str:
        """What the containers may read of the bucket: any revision of the model.

        A candidate has another one, and so has what an update is undone to: its copies start anew.
        """
        return f"models/{self.serving.repository}/"

    @property
    def shadow_instances(self) -> int:
        """Instances of the candidate; as loaded as those of the production variant."""
        return math.ceil(self.instances * self.shadow_percent / 100)

    @property
    def instances_during_update(self) -> int:
        """The most instances that are paid for at one time: an update doubles a fleet."""
        if self.kind == COMPONENTS:  # a new machine image moves all copies to a new fleet
            return self.most_instances + self.instances
        return 2 * max(self.most_instances, self.instances) + 2 * self.shadow_instances

    @property
    def usd_per_instance_h(self) -> float | None:
        """What one instance costs an hour; None where nobody says."""
        price = self.serving.place.price_usd_per_s
        if price is None:
            return None
        return price.value * self.serving.place.per_node * from_unit(1.0, "h")

    @property
    def usd_per_h(self) -> float | None:
        """What the planned instances cost an hour, those of a candidate included."""
        each = self.usd_per_instance_h
        return None if each is None else each * (self.instances + self.shadow_instances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Everything that one program deploys."""

    topology: Topology
    choices: Choices
    region: str
    endpoints: tuple[Endpoint, ...]

    @property
    def readable_prefixes(self) -> tuple[str, ...]:
        """What all containers together may read of the bucket of weights."""
        return tuple(sorted({one.readable_prefix for one in self.endpoints}))

    @property
    def repositories(self) -> tuple[str, ...]:
        """The repositories of the images."""
        return tuple(sorted({one.image.repository for one in self.endpoints}))

    @property
    def quota(self) -> Mapping[str, int]:
        """By type of machine: the most instances that there are at one time, updates included."""
        found: dict[str, int] = {}
        for one in self.endpoints:
            kind = one.instance_type
            found[kind] = found.get(kind, 0) + one.instances_during_update
        return dict(sorted(found.items()))

    def has(self, *kinds: str) -> bool:
        """Return whether there is an endpoint of one of ``kinds``."""
        return any(one.kind in kinds for one in self.endpoints)


def region_of(plan: ServicePlan, choices: Choices) -> str:
    """Return where a service is deployed: as its place says, else as the options do."""
    platform = plan.service.place.platform
    return (platform.region if platform else "") or choices.region


def machine_type(plan: ServicePlan) -> str:
    """Return what SageMaker calls the type of machine of a service; empty where it has none."""
    name = plan.service.place.instance_type
    return f"ml.{name}" if name else ""


def kind_of(plan: ServicePlan) -> str:
    """Return how a service is hosted: whole instances where canaries and shadows are possible."""
    platform = plan.service.place.platform
    mode = PLATFORMS.get(platform.id, "") if platform else ""
    if mode != "realtime":
        return mode
    shared = plan.configuration.accelerators_per_replica < plan.service.place.per_node
    return COMPONENTS if shared or plan.autoscale.min_replicas < 1 else VARIANT


def deployment(topology: Topology, choices: Choices) -> Deployment:
    """Return what is deployed of a ``topology`` that was not refused."""
    found = tuple(
        _endpoint(serving, image, choices)
        for serving in servings(topology, NoChoices())
        if (image := image_for(serving.engine.name, serving.engine.version)) is not None
    )
    region = found[0].region if found else choices.region
    return Deployment(topology=topology, choices=choices, region=region, endpoints=found)


def _endpoint(serving: Serving, image: Image, choices: Choices) -> Endpoint:
    plan, kind = serving.plan, kind_of(serving.plan)
    machine = machines()[machine_type(plan)]
    per_instance = machine.gpus // serving.gpus if kind == COMPONENTS else 1
    startup_s, download_s = startup_of(plan), download_of(serving)
    scaling = _scaling(plan, kind)
    copies = max(1, plan.configuration.replicas)
    instances = math.ceil(copies / per_instance)
    steps = rolling_steps(max(copies, scaling.maximum)) if kind == COMPONENTS else 1
    rollout = Rollout(
        canary_instances=_canary(instances, choices.canary_percent),
        bake_s=choices.bake_s,
        execution_s=execution_of(choices.bake_s, startup_s + download_s, steps),
    )
    return Endpoint(
        serving=serving,
        label=serving.name,
        kind=kind,
        region=region_of(plan, choices),
        image=image,
        machine=machine,
        instance_type=machine_type(plan),
        environment=environment(serving, image),
        instances=instances,
        least_instances=math.ceil(scaling.minimum / per_instance),
        most_instances=_most_instances(scaling.maximum, copies, per_instance, kind),
        copies=copies,
        copy_memory_mib=copy_memory_mib(machine, per_instance),
        startup_s=startup_s,
        download_s=download_s,
        max_concurrent=max(1, min(limits.CONCURRENT[1], plan.configuration.max_num_seqs)),
        shadow_percent=choices.shadow_percent if kind == VARIANT else 0,
        scaling=scaling,
        rollout=rollout,
        alarms=alarms_of(plan, kind),
    )


def _canary(instances: int, percent: int) -> int:
    """Return the instances of the first step: at least one, and never more than half of them."""
    if not percent:
        return 0
    return min(max(1, math.floor(instances * percent / 100)), instances // 2)


def _most_instances(most: int, copies: int, per_instance: int, kind: str) -> int:
    """Return the most instances: with room for the copies that take over in a step of a rollout."""
    wanted = max(most, copies)
    if kind == COMPONENTS:
        wanted += math.ceil(wanted * ROLLING_PERCENT / 100)
    return math.ceil(wanted / per_instance)


def copy_memory_mib(machine: Machine, per_instance: int) -> int:
    """Return the memory of the host that one copy asks for: an equal share."""
    return math.floor(machine.memory_mib * limits.HOST_MEMORY_SHARE / max(1, per_instance))


def startup_of(plan: ServicePlan) -> int:
    """Return the time that the container has until its first healthy answer."""
    wanted = max(STARTUP_LEAST_S, STARTUP_HEADROOM * plan.load_time_s)
    return _within(wanted, limits.START_S)


def download_of(serving: Serving) -> int:
    """Return the time that the weights have to come from S3."""
    wanted = DOWNLOAD_LEAST_S + serving.download_bytes / DOWNLOAD_BYTES_PER_S
    return _within(wanted, limits.START_S)


def rolling_steps(copies: int) -> int:
    """Return in how many steps all copies of a component are replaced.

    Source: AWS, API reference of SageMaker, ``InferenceComponentRollingUpdatePolicy``: the batch is
    a percentage of the copies, and each batch is watched for the whole interval.
    """
    return math.ceil(copies / max(1, math.floor(copies * ROLLING_PERCENT / 100)))


def execution_of(bake_s: int, start_s: int, steps: int) -> int:
    """Return how long a deployment may take; one that takes longer is undone.

    A blue-green one starts its fleet once and is watched twice, with as much again to spare; a
    rolling one starts copies, and is watched, in each of its ``steps``.
    """
    watched = max(3, steps) * bake_s
    return _within(PROVISION_S + steps * start_s + watched, limits.EXECUTION_S)


def _within(value: float, ends: tuple[int, int]) -> int:
    low, high = ends
    return max(low, min(high, math.ceil(value)))


def concurrency_target(plan: ServicePlan) -> float:
    """Return the requests in a replica that the scaler holds: those of the plan at its peak.

    There the planned replicas have as many each, and the SLA holds; with fewer requests some may
    go, with more there must be others.
    """
    signal = plan.autoscale
    if signal.signal == "running":
        return max(1.0, float(math.floor(signal.threshold)))
    return max(1.0, float(math.floor(plan.estimate.concurrency)))


def _scaling(plan: ServicePlan, kind: str) -> Scaling:
    """Return what scales a service.

    The backlog of an asynchronous endpoint counts requests that are under way too: so many as the
    plan has in a replica, and so many as may wait.
    """
    scale = plan.autoscale
    least, most = scale.min_replicas, max(1, scale.max_replicas, plan.configuration.replicas)
    calm_s = math.ceil(scale.scale_down_stabilisation_s)
    start_s = math.ceil(plan.cold.start_s if plan.cold else plan.load_time_s)
    if plan.cold is not None and plan.cold.sleeps:
        calm_s = max(calm_s, math.ceil(plan.cold.sleep_s))
    if kind == ASYNCHRONOUS:
        return Scaling(
            dimension="sagemaker:variant:DesiredInstanceCount",
            minimum=least,
            maximum=most,
            metric="ApproximateBacklogSizePerInstance",
            customized=True,
            target=concurrency_target(plan) + math.floor(scale.threshold),
            scale_in_s=max(SCALE_IN_LEAST_S, calm_s),
            scale_out_s=start_s,
            wakes="" if least else "HasBacklogWithoutCapacity",
        )
    shared = kind == COMPONENTS
    return Scaling(
        dimension="sagemaker:inference-component:DesiredCopyCount"
        if shared
        else "sagemaker:variant:DesiredInstanceCount",
        minimum=least,
        maximum=most,
        metric="SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
        if shared
        else "SageMakerVariantConcurrentRequestsPerModelHighResolution",
        customized=False,
        target=concurrency_target(plan),
        scale_in_s=max(SCALE_IN_LEAST_S, calm_s),
        scale_out_s=start_s,
        wakes="" if least else "NoCapacityInvocationFailures",
    )
