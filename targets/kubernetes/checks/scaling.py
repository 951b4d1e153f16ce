"""One thing decides on the number of replicas, and a drain can always go on."""

from collections.abc import Iterator, Sequence

from inferc.targets.kubernetes.checks.lookup import (
    get,
    labels,
    matches,
    number,
    pods,
    roles,
    rows,
    text,
)
from inferc.targets.kubernetes.checks.names import Finding
from inferc.targets.kubernetes.objects import Manifest

WORKLOADS = ("Deployment", "LeaderWorkerSet", "DisaggregatedSet")
SINGLE = ("Deployment", "LeaderWorkerSet")
SCALERS = ("ScaledObject", "HorizontalPodAutoscaler")


def check_scaling(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield replicas that two things decide on, or none; and budgets that block drains."""
    for manifest in manifests:
        if manifest.kind in SINGLE:
            yield from _owner(manifest, _scalers_of(manifest, manifests))
        if manifest.kind in SCALERS:
            yield from _range(manifest)
            yield from _signal(manifest)
        if manifest.kind == "PodDisruptionBudget":
            yield from _budget(manifest, manifests)


def _scalers_of(manifest: Manifest, manifests: Sequence[Manifest]) -> list[Manifest]:
    return [
        one
        for one in manifests
        if one.kind in SCALERS and text(one.body, "spec", "scaleTargetRef", "name") == manifest.name
    ]


def _owner(manifest: Manifest, scalers: Sequence[Manifest]) -> Iterator[Finding]:
    fixed = get(manifest.body, "spec", "replicas") is not None
    if len(scalers) > 1:
        yield manifest.id, f"{' and '.join(one.id for one in scalers)} both scale it"
    if scalers and fixed:
        yield manifest.id, f"it has `replicas`, which {scalers[0].id} owns"
    if not scalers and not fixed:
        yield manifest.id, "nothing says how many replicas there are"


def most_replicas(manifest: Manifest) -> float:
    """Return the most replicas that a scaler or a Deployment allows."""
    if manifest.kind == "DisaggregatedSet":
        return sum(role.replicas for role in roles(manifest))
    for field in ("maxReplicaCount", "maxReplicas", "replicas"):
        if number(manifest.body, "spec", field):
            return number(manifest.body, "spec", field)
    return 0


def _range(manifest: Manifest) -> Iterator[Finding]:
    spec = get(manifest.body, "spec")
    least = number(spec, "minReplicaCount") or number(spec, "minReplicas")
    most = most_replicas(manifest)
    if least < 1:
        yield manifest.id, "a signal of the engine itself cannot wake it from zero replicas"
    if least >= most:
        yield manifest.id, f"there is nothing to scale between {least:g} and {most:g} replicas"


def _signal(manifest: Manifest) -> Iterator[Finding]:
    if manifest.kind != "ScaledObject":
        return
    triggers = rows(manifest.body, "spec", "triggers")
    if all(text(trigger, "type") == "cron" for trigger in triggers):
        yield manifest.id, "hours of a week alone do not follow the load"
    for trigger in triggers:
        if text(trigger, "type") == "cron":
            continue
        query = text(trigger, "metadata", "query")
        if "vector(" in query or text(trigger, "metadata", "ignoreNullValues") != "false":
            yield manifest.id, "lost metrics must not look like no load"
        if f'namespace="{manifest.namespace}"' not in query or "job=" not in query:
            yield manifest.id, "the query does not select the namespace and the pods"
    if not number(manifest.body, "spec", "fallback", "replicas"):
        yield manifest.id, "nothing says how many replicas there are when the metrics are lost"


def _budget(manifest: Manifest, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    selector = labels(manifest.body, "spec", "selector", "matchLabels")
    for workload in manifests:
        if workload.kind not in WORKLOADS or not any(
            matches(selector, pod.labels) for pod in pods(workload)
        ):
            continue
        owners = _scalers_of(workload, manifests) or [workload]
        most = max(most_replicas(owner) for owner in owners)
        if most <= 1:
            yield manifest.id, "a budget for a single replica does nothing, or blocks every drain"
        if get(manifest.body, "spec", "maxUnavailable") == 0:
            yield manifest.id, "it blocks every drain"
        if number(manifest.body, "spec", "minAvailable") >= most:
            yield manifest.id, "it blocks every drain"
