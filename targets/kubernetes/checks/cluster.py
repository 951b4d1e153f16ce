"""What pods need of the cluster is asked of those who own it, and claims lead somewhere."""

from collections.abc import Iterator, Sequence

from inferc.targets.kubernetes.checks.lookup import Pod, get, pods, rows, text
from inferc.targets.kubernetes.checks.names import Finding, check_names
from inferc.targets.kubernetes.objects import Layout, Manifest, cluster_objects
from inferc.targets.kubernetes.objects.queue import QUEUE_LABEL

PREFIX = 40
"""Of a namespace, what a name surely begins with: a long one ends in a digest."""


def check_cluster(manifests: Sequence[Manifest], layout: Layout) -> Iterator[Finding]:
    """Yield references to what neither the topology nor the cluster's output has."""
    own = cluster_objects(layout.topology, layout.options)
    yield from check_names(own)
    for one in own:
        if not one.name.startswith(layout.namespace[:PREFIX].rstrip("-")):
            yield one.id, "another topology may have an object of that name"
    for manifest in manifests:
        yield from _queue(manifest, manifests, own)
        for pod in pods(manifest):
            yield from _priority(pod, own, layout.choices.priority_class)
            yield from _claims(pod, manifests)


def _priority(pod: Pod, own: Sequence[Manifest], stated: str) -> Iterator[Finding]:
    name = text(pod.spec, "priorityClassName")
    known = {one.name for one in own if one.kind == "PriorityClass"} | {stated}
    if name and name not in known:
        yield pod.owner.id, f"there is no PriorityClass `{name}`"


def _queue(
    manifest: Manifest, manifests: Sequence[Manifest], own: Sequence[Manifest]
) -> Iterator[Finding]:
    """Yield queues that nobody makes: of a workload, of a namespace, and flavors of a quota."""
    queues = {one.name for one in manifests if one.kind == "LocalQueue"}
    asked = manifest.labels.get(QUEUE_LABEL, "")
    if asked and asked not in queues:
        yield manifest.id, f"there is no LocalQueue `{asked}`"
    if manifest.kind != "LocalQueue":
        return
    name = text(manifest.body, "spec", "clusterQueue")
    found = [one for one in own if (one.kind, one.name) == ("ClusterQueue", name)]
    if not found:
        yield manifest.id, f"there is no ClusterQueue `{name}`"
    flavors = {one.name for one in own if one.kind == "ResourceFlavor"}
    for queue in found:
        for group in rows(queue.body, "spec", "resourceGroups"):
            for flavor in rows(group, "flavors"):
                if text(flavor, "name") not in flavors:
                    yield queue.id, f"there is no ResourceFlavor `{text(flavor, 'name')}`"


def _claims(pod: Pod, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield claims without a template, and those that nothing uses, or that nobody declares."""
    templates = {one.name for one in manifests if one.kind == "ResourceClaimTemplate"}
    declared: set[str] = set()
    for claim in rows(pod.spec, "resourceClaims"):
        declared.add(text(claim, "name"))
        template = text(claim, "resourceClaimTemplateName")
        if template not in templates:
            yield pod.owner.id, f"there is no ResourceClaimTemplate `{template}`"
    used = {
        text(claim, "name")
        for container in pod.containers
        for claim in rows(container, "resources", "claims")
    }
    for name in sorted(used ^ declared):
        yield pod.owner.id, f"the claim `{name}` is declared and not used, or used and not declared"


def claimed(pod: Pod, manifests: Sequence[Manifest]) -> int:
    """Return how many devices a pod claims."""
    counts: dict[str, int] = {}
    for one in manifests:
        if one.kind == "ResourceClaimTemplate":
            requests = rows(one.body, "spec", "spec", "devices", "requests")
            amounts = (get(request, "exactly", "count") for request in requests)
            counts[one.name] = sum(amount for amount in amounts if isinstance(amount, int))
    names = (text(row, "resourceClaimTemplateName") for row in rows(pod.spec, "resourceClaims"))
    return sum(counts.get(name, 0) for name in names)
