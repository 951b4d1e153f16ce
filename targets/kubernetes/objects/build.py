"""All objects of a topology, in the order in which they can be applied."""

from collections.abc import Sequence

from inferc.compiler.topology import Topology
from inferc.targets.base import Options
from inferc.targets.kubernetes.objects import (
    disruption,
    monitoring,
    namespace,
    network,
    scaling,
    storage,
    workload,
)
from inferc.targets.kubernetes.objects.manifest import Manifest
from inferc.targets.kubernetes.objects.releases import release_of
from inferc.targets.kubernetes.objects.serving import Serving, namespace_of, servings
from inferc.targets.kubernetes.objects.settings import Choices, read_options

CONCERNS = ("namespace", "network", "storage", "workload", "scaling", "disruption", "monitoring")
"""The order in which objects are applied: fences before pods, pods before what watches them."""


def build_objects(topology: Topology, options: Options) -> tuple[Manifest, ...]:
    """Return every object of ``topology``, in the order in which they can be applied.

    ``refuse`` must have found no error: a service that this target cannot run is left out here.
    """
    choices, _ = read_options(options)
    parts = servings(topology, choices)
    found = [*_shared(topology, choices, parts)]
    for serving in parts:
        found.extend(_objects_of(serving))
    return tuple(sorted(found, key=lambda manifest: CONCERNS.index(manifest.concern)))


def _shared(topology: Topology, choices: Choices, parts: Sequence[Serving]) -> tuple[Manifest, ...]:
    if not parts:
        return ()
    name = namespace_of(topology, choices)
    own = (namespace.namespace(topology, name),) if choices.create_namespace else ()
    return (*own, network.default_deny(topology, name))


def _objects_of(serving: Serving) -> tuple[Manifest, ...]:
    release = release_of(serving.engine)
    if release is None:
        return ()
    return (
        workload.account(serving),
        network.engine(serving),
        network.prefetch(serving),
        storage.claim(serving),
        storage.prefetch(serving, release),
        workload.deployment(serving, release),
        workload.service(serving),
        *scaling.scaler(serving),
        *disruption.budget(serving),
        monitoring.pod_monitor(serving),
    )
