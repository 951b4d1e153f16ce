"""Kueue: a queue whose quota admits what was planned, on the pools that it was planned for.

The LocalQueue is the namespace's own; ClusterQueue and flavors belong to those who own the cluster.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.concerns import CLUSTER
from inferc.targets.kubernetes.objects.deployed import Deployed, gibibytes
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.nodes import node_labels, spot_taint

QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
SIZES: Final = ("memory", "ephemeral-storage")
"""Resources that are counted in GiB."""


def queue_label(serving: Deployed) -> dict[str, str]:
    """Return the label that puts a workload into the queue; nothing without one."""
    name = serving.choices.queue
    return {QUEUE_LABEL: name} if name else {}


def local_queue(layout: Layout) -> Iterator[Manifest]:
    """Yield the queue of the namespace."""
    if layout.choices.queue:
        yield Manifest(
            api_version=api_version("LocalQueue"),
            kind="LocalQueue",
            name=layout.choices.queue,
            namespace=layout.namespace,
            concern="queue",
            labels=layout.labels,
            body={"spec": {"clusterQueue": cluster_queue_name(layout)}},
        )


def cluster_queue_name(layout: Layout) -> str:
    """Return the name of the queue behind that of the namespace; no other topology has it."""
    return dns_label(f"{layout.namespace}-{layout.choices.queue}")


def flavor_name(layout: Layout, path: str) -> str:
    """Return the name of the flavor that stands for a pool."""
    return dns_label(f"{layout.namespace}-{path.replace('.', '-')}")


def cluster_queue(layout: Layout) -> Iterator[Manifest]:
    """Yield a flavor for each pool, and the queue with quotas for what may run at most."""
    if not layout.choices.queue:
        return
    wanted = {path: _wanted(found) for path, found in _by_pool(layout).items()}
    for path, found in _by_pool(layout).items():
        yield _flavor(layout, path, found[0])
    covered = sorted({resource for amounts in wanted.values() for resource in amounts})
    flavors: list[Data] = [
        {
            "name": flavor_name(layout, path),
            "resources": [
                {"name": resource, "nominalQuota": _quantity(resource, amounts[resource])}
                for resource in covered
            ],
        }
        for path, amounts in wanted.items()
    ]
    group: dict[str, Data] = {"coveredResources": covered, "flavors": flavors}
    spec: dict[str, Data] = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": layout.namespace}},
        # What is promised goes before what is wished for, as it does where pods are placed.
        "preemption": {"withinClusterQueue": "LowerPriority"},
        "resourceGroups": [group],
    }
    yield _of_cluster(layout, "ClusterQueue", cluster_queue_name(layout), spec)


def _by_pool(layout: Layout) -> Mapping[str, list[Deployed]]:
    found: dict[str, list[Deployed]] = {}
    for serving in layout.deployed:
        found.setdefault(serving.place.path, []).append(serving)
    return {path: found[path] for path in sorted(found)}


def _wanted(servings: list[Deployed]) -> Counter[str]:
    """Return what all pods of the services ask for at most, one more each while it is replaced."""
    total: Counter[str] = Counter()
    for serving in servings:
        for pods, requests in serving.pod_requests:
            for resource, amount in requests.items():
                total[resource] += pods * amount
    return total


def _quantity(resource: str, amount: int) -> str:
    return gibibytes(amount) if resource in SIZES else str(amount)


def _flavor(layout: Layout, path: str, serving: Deployed) -> Manifest:
    spec: dict[str, Data] = {}
    labels = node_labels(serving.place)
    if labels:
        spec["nodeLabels"] = dict(labels)
    taint = spot_taint(serving.place)
    if taint is not None:
        spec["nodeTaints"] = [{"key": taint[0], "value": taint[1], "effect": "NoSchedule"}]
    return _of_cluster(layout, "ResourceFlavor", flavor_name(layout, path), spec)


def _of_cluster(layout: Layout, kind: str, name: str, spec: dict[str, Data]) -> Manifest:
    return Manifest(
        api_version=api_version(kind),
        kind=kind,
        name=name,
        namespace="",
        concern=CLUSTER,
        labels=layout.labels,
        body={"spec": spec},
    )
