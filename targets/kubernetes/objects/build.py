"""All objects of a topology, in the order in which they can be applied.

What a topology consists of is two tables of builders, one for what all services share and one for
each service, and a third for what belongs to the whole cluster. A feature adds a builder to a
table, in a file of its own; nothing else here changes.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from inferc.compiler.topology import Topology
from inferc.targets.base import Options
from inferc.targets.kubernetes.objects import (
    claims,
    disruption,
    monitoring,
    namespace,
    network,
    partitions,
    priority,
    queue,
    quota,
    scaling,
    split,
    storage,
    triton,
    watching,
    workload,
)
from inferc.targets.kubernetes.objects.concerns import CONCERNS
from inferc.targets.kubernetes.objects.edge.build import edge
from inferc.targets.kubernetes.objects.layout import Layout, layout_of
from inferc.targets.kubernetes.objects.manifest import Manifest
from inferc.targets.kubernetes.objects.network_serving import NetworkServing
from inferc.targets.kubernetes.objects.releases import release_of
from inferc.targets.kubernetes.objects.serving import Serving

WholeBuilder: TypeAlias = Callable[[Layout], Iterable[Manifest]]
NetworkBuilder: TypeAlias = Callable[[Layout, NetworkServing], Iterable[Manifest]]
ServiceBuilder: TypeAlias = Callable[[Layout, Serving], Iterable[Manifest]]


def _foundation(layout: Layout) -> Iterator[Manifest]:
    """Yield the namespace and the rule that nothing in it may talk."""
    if layout.choices.create_namespace:
        locks = any(serving.rdma for serving in layout.servings)
        level = namespace.PRIVILEGED if locks else namespace.RESTRICTED
        yield namespace.namespace(layout.topology, layout.namespace, level=level)
    yield network.default_deny(layout.topology, layout.namespace)


def _service(layout: Layout, serving: Serving) -> Iterator[Manifest]:
    """Yield the engine of one service, with everything that it takes to run it."""
    del layout
    release = release_of(serving.engine)
    if release is None:
        return
    yield workload.account(serving)
    yield network.engine(serving)
    yield from network.group(serving)
    yield network.prefetch(serving)
    yield storage.claim(serving)
    yield storage.prefetch(serving, release)
    for part in split.roles(serving).values() or (serving,):
        yield from claims.claim_template(part, part.in_role)
    if serving.is_split:
        yield split.disaggregated_set(serving, release)
        yield from split.prefill_monitor(serving)
        yield from (network.prompts(part) for part in split.of_prompts(serving))
    else:
        yield workload.replicas(serving, release)
    yield workload.service(serving)
    yield from scaling.scaler(serving)
    yield from disruption.budget(serving)


def _network(layout: Layout, serving: NetworkServing) -> Iterator[Manifest]:
    """Yield the engine of one network, with everything that it takes to run it."""
    del layout
    if serving.format is None:
        return
    yield workload.account(serving)
    yield network.engine(serving)
    yield triton.config_map(serving, serving.format)
    yield triton.deployment(serving, serving.format)
    yield workload.service(serving)
    yield from scaling.scaler(serving)
    yield from disruption.budget(serving)
    yield monitoring.pod_monitor(serving)


def _scrapes(layout: Layout, serving: Serving) -> Iterator[Manifest]:
    """Yield what Prometheus scrapes of one service."""
    del layout
    yield monitoring.pod_monitor(serving)


WHOLE: Final[tuple[WholeBuilder, ...]] = (_foundation, queue.local_queue, quota.quota, edge)
"""What makes the objects that all services share."""

EACH_SERVICE: Final[tuple[ServiceBuilder, ...]] = (_service, _scrapes, watching.watch)
"""What makes the objects of one service."""

EACH_NETWORK: Final[tuple[NetworkBuilder, ...]] = (_network, watching.watch)
"""What makes the objects of one service of a network."""

WHOLE_CLUSTER: Final[tuple[WholeBuilder, ...]] = (
    priority.priority_classes,
    partitions.config_maps,
    queue.cluster_queue,
)
"""What makes the objects that belong to the whole cluster."""


def build_objects(topology: Topology, options: Options) -> tuple[Manifest, ...]:
    """Return every object of ``topology``, in the order in which they can be applied.

    ``refuse`` must have found no error: a service that this target cannot run is left out here.
    What belongs to the whole cluster is :func:`cluster_objects`.
    """
    layout = layout_of(topology, options)
    if not layout.deployed:
        return ()
    found = [one for builder in WHOLE for one in builder(layout)]
    for serving in layout.servings:
        found.extend(one for builder in EACH_SERVICE for one in builder(layout, serving))
    for one in layout.networks:
        found.extend(made for builder in EACH_NETWORK for made in builder(layout, one))
    return _ordered(found)


def cluster_objects(topology: Topology, options: Options) -> tuple[Manifest, ...]:
    """Return what ``topology`` needs of the whole cluster, for those who own it to apply.

    The names say the namespace of the topology, so that those of two topologies never collide.
    """
    layout = layout_of(topology, options)
    if not layout.deployed:
        return ()
    return tuple(one for builder in WHOLE_CLUSTER for one in builder(layout))


def _ordered(manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    return tuple(sorted(manifests, key=lambda manifest: CONCERNS.index(manifest.concern)))
