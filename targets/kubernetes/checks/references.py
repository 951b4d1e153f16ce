"""Whatever an object refers to is there."""

from collections.abc import Iterator, Mapping, Sequence

from inferc.targets.base import Data
from inferc.targets.kubernetes.checks.lookup import (
    Pod,
    get,
    labels,
    matches,
    pods,
    rows,
    text,
    walk,
)
from inferc.targets.kubernetes.checks.names import Finding
from inferc.targets.kubernetes.objects import Manifest


def check_references(
    manifests: Sequence[Manifest], secrets: Sequence[str], claims: Sequence[str] = ()
) -> Iterator[Finding]:
    """Yield references that lead nowhere.

    ``secrets`` and ``claims`` of volumes are those that the README asks for.
    """
    everyone = [pod for manifest in manifests for pod in pods(manifest)]
    for manifest in manifests:
        yield from _selectors(manifest, everyone)
        yield from _scale_target(manifest, manifests)
        yield from _secrets(manifest, secrets)
        yield from _order(manifest, manifests)
        yield from _headless(manifest, manifests)
    for pod in everyone:
        yield from _talk(pod, manifests)
        yield from _mounts(pod)
        yield from _pod(pod, manifests, claims)
        yield from _configuration(pod, manifests)
        for container in pod.containers:
            yield from _ports(pod, container)


def _selectors(manifest: Manifest, everyone: Sequence[Pod]) -> Iterator[Finding]:
    own = pods(manifest)
    match manifest.kind:
        case "Deployment":
            selector = labels(manifest.body, "spec", "selector", "matchLabels")
            if not selector or not all(matches(selector, pod.labels) for pod in own):
                yield manifest.id, "its selector does not select its own pods"
            return
        case "Service":
            selector = labels(manifest.body, "spec", "selector")
        case "PodDisruptionBudget" | "PodMonitor":
            selector = labels(manifest.body, "spec", "selector", "matchLabels")
        case "NetworkPolicy":
            selector = labels(manifest.body, "spec", "podSelector", "matchLabels")
            if get(manifest.body, "spec", "podSelector") == {}:
                return
        case _:
            return
    chosen = [pod for pod in everyone if matches(selector, pod.labels)]
    if not selector or not chosen:
        yield manifest.id, "its selector selects no pod"
    elif len({pod.owner.id for pod in chosen}) > 1:
        yield manifest.id, "its selector selects the pods of several workloads"
    yield from _selected_ports(manifest, chosen)


def _selected_ports(manifest: Manifest, chosen: Sequence[Pod]) -> Iterator[Finding]:
    """Yield named ports that the selected pods do not have."""
    offered = {
        text(port, "name")
        for pod in chosen
        for container in pod.containers
        for port in rows(container, "ports")
    }
    wanted = [
        *(get(row, "targetPort") for row in rows(manifest.body, "spec", "ports")),
        *(get(row, "port") for row in rows(manifest.body, "spec", "podMetricsEndpoints")),
        *(
            get(port, "port")
            for rule in rows(manifest.body, "spec", "ingress")
            for port in rows(rule, "ports")
        ),
    ]
    for port in wanted:
        if isinstance(port, str) and port not in offered:
            yield manifest.id, f"no selected pod has a port called `{port}`"


def _ports(pod: Pod, container: Mapping[str, Data]) -> Iterator[Finding]:
    offered = {text(port, "name") for port in rows(container, "ports")}
    for node in walk(container):
        port = get(node, "httpGet", "port")
        if isinstance(port, str) and port not in offered:
            yield pod.owner.id, f"a probe asks the port `{port}`, which the container has not"


def _mounts(pod: Pod) -> Iterator[Finding]:
    volumes = {text(volume, "name") for volume in rows(pod.spec, "volumes")}
    mounted: set[str] = set()
    for container in pod.containers:
        paths: set[str] = set()
        for mount in rows(container, "volumeMounts"):
            name, path = text(mount, "name"), text(mount, "mountPath")
            mounted.add(name)
            if name not in volumes:
                yield pod.owner.id, f"the volume `{name}` is mounted and not declared"
            if path in paths:
                yield pod.owner.id, f"two volumes are mounted at `{path}`"
            paths.add(path)
    for name in sorted(volumes - mounted):
        yield pod.owner.id, f"the volume `{name}` is declared and not mounted"


def _talk(pod: Pod, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield a pod that may say nothing: all are denied, and no rule allows it anything."""
    rules = [
        labels(one.body, "spec", "podSelector", "matchLabels")
        for one in manifests
        if one.kind == "NetworkPolicy" and one.namespace == pod.owner.namespace
    ]
    if {} in rules and not any(rule and matches(rule, pod.labels) for rule in rules):
        yield pod.owner.id, "no NetworkPolicy allows one of its pods anything"


def _configuration(pod: Pod, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield the ConfigMaps of a pod that are not emitted."""
    known = {(one.namespace, one.name) for one in manifests if one.kind == "ConfigMap"}
    for volume in rows(pod.spec, "volumes"):
        name = text(volume, "configMap", "name")
        if name and (pod.owner.namespace, name) not in known:
            yield pod.owner.id, f"there is no ConfigMap `{name}`"


def _pod(pod: Pod, manifests: Sequence[Manifest], claims: Sequence[str]) -> Iterator[Finding]:
    """Yield the volume claims and accounts of a pod that are not emitted."""
    known = {(one.kind, one.namespace, one.name) for one in manifests}
    space = pod.owner.namespace
    account = text(pod.spec, "serviceAccountName")
    if ("ServiceAccount", space, account) not in known:
        yield pod.owner.id, f"there is no ServiceAccount `{account}`"
    for volume in rows(pod.spec, "volumes"):
        claim = text(volume, "persistentVolumeClaim", "claimName")
        if claim and claim not in claims and ("PersistentVolumeClaim", space, claim) not in known:
            yield pod.owner.id, f"there is no PersistentVolumeClaim `{claim}`"


def _scale_target(manifest: Manifest, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    target = get(manifest.body, "spec", "scaleTargetRef")
    if target is None:
        return
    found = any(
        (one.api_version, one.kind, one.name, one.namespace)
        == (
            text(target, "apiVersion"),
            text(target, "kind"),
            text(target, "name"),
            manifest.namespace,
        )
        for one in manifests
    )
    if not found:
        yield manifest.id, f"it scales `{text(target, 'name')}`, which does not exist"


def _secrets(manifest: Manifest, secrets: Sequence[str]) -> Iterator[Finding]:
    for node in walk(manifest.body):
        names = [
            text(node, "secretKeyRef", "name"),
            text(node, "secretRef", "name"),
            text(node, "secret", "secretName"),
            *(text(row, "name") for row in rows(node, "imagePullSecrets")),
        ]
        for name in names:
            if name and name not in secrets:
                yield manifest.id, f"the Secret `{name}` is not among the prerequisites"


def _headless(manifest: Manifest, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield a Service that stands where the controller of groups would make its own.

    Source: LeaderWorkerSet 0.10, ``CreateHeadlessServiceIfNotExists``.
    """
    if manifest.kind == "LeaderWorkerSet" and any(
        (one.kind, one.namespace, one.name) == ("Service", manifest.namespace, manifest.name)
        for one in manifests
    ):
        yield manifest.id, "a Service has its name, in place of the headless one of its pods"


def _order(manifest: Manifest, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield an object that comes before its namespace."""
    for one in manifests:
        if one is manifest:
            return
        if one.namespace and (manifest.kind, manifest.name) == ("Namespace", one.namespace):
            yield manifest.id, f"{one.id}, which lives in it, comes first"
            return
