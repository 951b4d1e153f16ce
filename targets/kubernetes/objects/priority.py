"""Who goes first where a cluster is full: what is promised before what is only wished for.

A PriorityClass belongs to the whole cluster. Its name begins with the topology's namespace, which
no other topology has.
"""

from collections.abc import Iterator
from typing import Final

from inferc.targets.kubernetes.objects.concerns import CLUSTER
from inferc.targets.kubernetes.objects.deployed import BEST_EFFORT, PROMISED
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import dns_label

CLASSES: Final = (
    (PROMISED, 100_000, "Services with an SLA that must be met"),
    (BEST_EFFORT, 10_000, "Services whose SLA is a wish: they make room for those with one"),
)
"""Kind of service, value and meaning. Pods without a class have 0; a cluster's own begin at a
thousand million. Source: Kubernetes, pod priority and preemption."""


def priority_classes(layout: Layout) -> Iterator[Manifest]:
    """Yield the classes in use, unless the file names one that is there already."""
    used = {serving.priority_class for serving in layout.deployed}
    for kind, value, meaning in CLASSES:
        name = dns_label(layout.namespace, kind)
        if not layout.choices.priority_class and name in used:
            yield Manifest(
                api_version=api_version("PriorityClass"),
                kind="PriorityClass",
                name=name,
                namespace="",
                concern=CLUSTER,
                labels=layout.labels,
                body={"value": value, "globalDefault": False, "description": f"{meaning}."},
            )
