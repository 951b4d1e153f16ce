"""How many accelerators the namespace may take: what the file says it has, and what ends."""

from collections import Counter
from collections.abc import Iterator

from inferc.targets import sharing
from inferc.targets.kubernetes.objects import partitions
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.versions import GPU_RESOURCES


def quota(layout: Layout) -> Iterator[Manifest]:
    """Yield the limit, where the namespace is the topology's own.

    It is all accelerators of the pools in use, and those of pods that end: they count until they
    are gone, and a pod in their place that the quota refuses is tried again ever more rarely,
    while one that only waits for its accelerators starts as soon as they are free.
    """
    if not layout.choices.create_namespace or layout.choices.dra:
        return
    hard: Counter[str] = Counter()
    pools = {
        (one.place.path, one.gpu_resource): one.place.most_accelerators
        for one in layout.deployed
        if one.gpu_resource == one.whole_resource
    }
    for (_, resource), count in pools.items():
        hard[f"requests.{resource}"] += count
    for one in partitions.cut_nodes(layout):
        for profile, count in (part for device in one.cut for part in device):
            resource = sharing.resource_name("", mode="mig", profile=profile)
            hard[f"requests.{resource}"] += count * one.number
    for one in partitions.turning_nodes(layout):
        whole = GPU_RESOURCES[one.place.accelerator.vendor][0]
        resource = sharing.resource_name(whole, mode="time_slice")
        hard[f"requests.{resource}"] += one.sharers * one.place.most_accelerators
    hard.update(_ending(layout))
    yield Manifest(
        api_version=api_version("ResourceQuota"),
        kind="ResourceQuota",
        name="accelerators",
        namespace=layout.namespace,
        concern="namespace",
        labels=layout.labels,
        body={"spec": {"hard": {key: str(hard[key]) for key in sorted(hard)}}},
    )


def _ending(layout: Layout) -> Counter[str]:
    """Return what may end at one time: a replica of each service in a rollout, or a lost node."""
    found: Counter[str] = Counter()
    nodes: Counter[str] = Counter()
    for one in layout.deployed:
        request = f"requests.{one.gpu_resource}"
        found[request] += one.replica_gpus
        if one.gpu_resource == one.whole_resource:
            nodes[request] = max(nodes[request], one.place.per_node)
    return found | nodes
