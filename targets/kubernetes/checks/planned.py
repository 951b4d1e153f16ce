"""The workload is the one that was planned: accelerators, memory, times, storage."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from inferc.compiler.plan import Configuration, ServicePlan
from inferc.targets.base import Data
from inferc.targets.kubernetes.checks.cluster import claimed
from inferc.targets.kubernetes.checks.lookup import (
    Pod,
    get,
    labels,
    members,
    number,
    pods,
    roles,
    rows,
    size_bytes,
    text,
)
from inferc.targets.kubernetes.checks.names import Finding
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.versions import GPU_RESOURCES

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan

STARTUP_OVER_LOAD = 1.5
GPU_PREFIXES = tuple(f"{key.partition('/')[0]}/" for key, _ in GPU_RESOURCES.values())
"""Of the resources that are accelerators, parts of them, or turns on them."""


def check_accelerators(
    manifest: Manifest, plan: ServicePlan, manifests: Sequence[Manifest] = ()
) -> Iterator[Finding]:
    """Yield where the pods do not ask for exactly the accelerators of a replica."""
    shape = plan.configuration
    if manifest.kind != "DisaggregatedSet":
        found = _counted(members(manifest), manifests)
        yield from _accelerators(manifest, found, shape, plan)
        return
    kinds = {"prefill": shape.prefill, "decode": shape}
    if sorted(kinds) != sorted(role.name for role in roles(manifest)):
        yield manifest.id, "it has not the replicas of both kinds"
    for role in roles(manifest):
        part = kinds.get(role.name)
        if part is not None:
            found = _counted(role.members, manifests)
            yield from _accelerators(manifest, found, part, plan)
            if role.replicas != part.replicas:
                yield manifest.id, f"{role.name} has {role.replicas} replicas, not {part.replicas}"


def _counted(
    found: Sequence[tuple[int, Pod]], manifests: Sequence[Manifest]
) -> list[tuple[int, Pod, int]]:
    """Return pods with how many there are, and how many devices each claims."""
    return [(count, pod, claimed(pod, manifests)) for count, pod in found]


def _accelerators(
    manifest: Manifest,
    found: Sequence[tuple[int, Pod, int]],
    shape: Configuration,
    plan: ServicePlan,
) -> Iterator[Finding]:
    planned = shape.accelerators_per_replica
    asked = 0
    for count, pod, of_pod in found:
        for container in pod.containers:
            limits = _gpus(container, "limits")
            if limits != _gpus(container, "requests"):
                yield manifest.id, "accelerators requested and limited differ"
            of_pod += limits  # noqa: PLW2901 - on top of what it claims
        if of_pod > plan.service.place.per_node:
            yield manifest.id, f"a pod has {of_pod} accelerators, and no node has so many"
        asked += count * of_pod
    if asked != planned:
        yield manifest.id, f"its pods have {asked} accelerators, and a replica takes {planned}"


def check_part(manifest: Manifest, resource: str) -> Iterator[Finding]:
    """Yield where a pod does not ask for one ``resource``: an accelerator, a part, or a turn."""
    for pod in pods(manifest):
        asked = [
            (key, text(container, "resources", part, key), part)
            for container in pod.containers
            for part in ("requests", "limits")
            for key in labels(container, "resources", part)
            if "/" in key
        ]
        if sorted(asked) != [(resource, "1", "limits"), (resource, "1", "requests")]:
            yield manifest.id, f"a pod must ask for one {resource}, and for nothing like it"


def check_network_times(manifest: Manifest, plan: "NetworkPlan") -> Iterator[Finding]:
    """Yield where a pod of a network gets less time than it takes."""
    for pod in pods(manifest):
        for container in rows(pod.spec, "containers"):
            budget_s = number(container, "startupProbe", "periodSeconds") * number(
                container, "startupProbe", "failureThreshold"
            )
            yield from _startup(manifest, budget_s, plan.load_time_s)
            yield from _stop(manifest, pod.spec, container, 0.0, after=True)


def check_pools(plans: Sequence[ServicePlan]) -> Iterator[Finding]:
    """Yield the pools that have too few accelerators for all replicas that may run in them."""
    places = {plan.service.place.path: plan.service.place for plan in plans}
    for path, place in sorted(places.items()):
        wanted = sum(
            plan.configuration.accelerators_per_replica
            * max(plan.autoscale.max_replicas, plan.configuration.replicas)
            + (plan.configuration.prefill.accelerators if plan.configuration.prefill else 0)
            for plan in plans
            if plan.service.place.path == path
        )
        have = place.most_accelerators
        if wanted > have:
            yield path, f"it has {have} accelerators, and its services take {wanted}"


def _gpus(container: Mapping[str, Data], part: str) -> int:
    asked = labels(container, "resources", part).items()
    amounts = (amount for key, amount in asked if key.startswith(GPU_PREFIXES))
    return sum(int(amount) for amount in amounts if amount.isdecimal())


def check_memory(manifest: Manifest) -> Iterator[Finding]:
    """Yield where what is written to a memory volume could exceed the container's limit."""
    for pod in pods(manifest):
        volumes = {
            text(volume, "name"): size_bytes(text(volume, "emptyDir", "sizeLimit"))
            for volume in rows(pod.spec, "volumes")
            if text(volume, "emptyDir", "medium") == "Memory"
        }
        for container in pod.containers:
            limit = size_bytes(text(container, "resources", "limits", "memory"))
            if not limit:
                yield manifest.id, f"container `{text(container, 'name')}` has no limit of memory"
            for mount in rows(container, "volumeMounts"):
                name = text(mount, "name")
                if name in volumes and not 0 < volumes[name] < limit:
                    yield manifest.id, f"the memory volume `{name}` does not fit into the limit"


def check_times(manifest: Manifest, plan: ServicePlan, *, drains_itself: bool) -> Iterator[Finding]:
    """Yield where a pod gets less time than it takes."""
    drain_s = plan.estimate.e2e_s * max(1.0, plan.service.load.output.p95_over_mean.value)
    if not isfinite(drain_s):  # a queue that grows without end, which no time is enough for
        drain_s = 0.0
    for pod in pods(manifest):
        for container in rows(pod.spec, "containers"):
            budget_s = number(container, "startupProbe", "periodSeconds") * number(
                container, "startupProbe", "failureThreshold"
            )
            answers = bool(rows(container, "ports"))
            after = drains_itself and answers
            yield from _stop(manifest, pod.spec, container, drain_s, after=after)
            if not answers:  # a worker, whose leader is asked how it is
                continue
            yield from _startup(manifest, budget_s, plan.load_time_s)
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if number(container, probe, "timeoutSeconds") <= 1:
                    yield (
                        manifest.id,
                        f"{probe} waits one second at most, which a busy engine takes",
                    )


def _startup(manifest: Manifest, budget_s: float, load_s: float) -> Iterator[Finding]:
    if budget_s < STARTUP_OVER_LOAD * load_s:
        yield manifest.id, f"{budget_s:g} s to start are too few for a load of {load_s:g} s"
    deadline_s = number(manifest.body, "spec", "progressDeadlineSeconds")
    if manifest.kind == "Deployment" and deadline_s <= budget_s:
        yield (
            manifest.id,
            f"the rollout is given up after {deadline_s:g} s, before the start-up's {budget_s:g} s",
        )


def _stop(
    manifest: Manifest,
    pod: Mapping[str, Data],
    container: Mapping[str, Data],
    drain_s: float,
    *,
    after: bool,
) -> Iterator[Finding]:
    wait_s = number(container, "lifecycle", "preStop", "sleep", "seconds")
    grace_s = number(pod, "terminationGracePeriodSeconds")
    if wait_s <= (0 if after else drain_s):
        yield manifest.id, f"{wait_s:g} s of waiting drop requests that take {drain_s:g} s"
    if grace_s < wait_s + (drain_s if after else 0):
        yield manifest.id, f"{grace_s:g} s to end are too few for {wait_s:g} s of waiting"


def check_storage(
    manifests: Sequence[Manifest], manifest: Manifest, plan: ServicePlan
) -> Iterator[Finding]:
    """Yield where the volume is too small, or cannot be mounted where the replicas are."""
    claims = {
        text(volume, "persistentVolumeClaim", "claimName")
        for pod in pods(manifest)
        for volume in rows(pod.spec, "volumes")
    }
    several = plan.service.place.nodes.value > 1
    for claim in manifests:
        if claim.kind != "PersistentVolumeClaim" or claim.name not in claims:
            continue
        size = size_bytes(text(claim.body, "spec", "resources", "requests", "storage"))
        if size < plan.weights_bytes:
            yield claim.id, "it is smaller than the weights"
        modes = get(claim.body, "spec", "accessModes")
        if several and modes != ["ReadWriteMany"]:
            yield claim.id, "pods on several nodes cannot mount it"
