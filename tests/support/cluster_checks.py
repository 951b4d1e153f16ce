"""What must hold of a namespace on a real cluster, as functions over what the server says.

Each returns a list of sentences, empty where all is well, so that a test of a sabotaged copy can
say which of them it expects.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from support.cluster import Cluster, Object

KINDS: Final = (
    "pods,services,endpointslices,persistentvolumeclaims,events,"
    "deployments.apps,statefulsets.apps,replicasets.apps,jobs.batch,poddisruptionbudgets.policy"
)
FAILURES: Final = ("FailedCreate", "FailedUpdate", "ReplicaSetCreateError", "FailedBinding")
"""Reasons of events that mean that a controller was refused."""

OWN_RESOURCES: Final = ("cpu", "memory", "ephemeral-storage", "pods")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One service as the plan has it: what the cluster must show."""

    name: str
    """The value of the label ``app.kubernetes.io/name`` on its pods."""
    replicas: int
    devices: Mapping[str, int]
    """What one pod has of each accelerator resource."""
    pods_per_replica: int = 1
    component: str = ""
    """The value of ``app.kubernetes.io/component``, where a service has pods of two kinds."""
    node_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of every node that its pods may be on."""

    @property
    def pods(self) -> int:
        """How many pods serve."""
        return self.replicas * self.pods_per_replica


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the server says of one namespace, at one moment."""

    namespace: Object
    nodes: Sequence[Object]
    items: Sequence[Object]

    def of(self, kind: str) -> list[Object]:
        """Return the objects of ``kind``."""
        return [item for item in self.items if item["kind"] == kind]

    @property
    def serving(self) -> list[Object]:
        """Return the pods that are to stay: all but those of Jobs."""
        return [pod for pod in self.of("Pod") if not _owned_by(pod, "Job")]


def look(cluster: Cluster, namespace: str) -> Seen:
    """Return what there is in ``namespace`` now."""
    text = cluster.kubectl("get", KINDS, "-n", namespace, "-o", "json").out
    return Seen(
        namespace=cluster.one("namespace", namespace),
        nodes=cluster.get("node"),
        items=json.loads(text)["items"],
    )


def problems(seen: Seen, wanted: Sequence[Wanted]) -> list[str]:
    """Return everything that is not as the plan has it."""
    found = [*level_problems(seen), *refused(seen), *pod_problems(seen)]
    for one in wanted:
        found += count_problems(seen, one)
    found += [*address_problems(seen), *job_problems(seen), *claim_problems(seen)]
    return [*found, *budget_problems(seen), *stray_pods(seen, wanted)]


def level_problems(seen: Seen, level: str = "restricted") -> list[str]:
    """Return what is wrong with the namespace's level of Pod Security."""
    labels = seen.namespace["metadata"].get("labels", {})
    found = labels.get("pod-security.kubernetes.io/enforce", "none")
    return [] if found == level else [f"namespace: Pod Security is {found}, not {level}"]


def refused(seen: Seen) -> list[str]:
    """Return what controllers wanted to make and were not allowed to."""
    return [
        f"event {event['reason']} of {_ref(event['involvedObject'])}: {event['message']}"
        for event in seen.of("Event")
        if event["reason"] in FAILURES
    ]


def pod_problems(seen: Seen) -> list[str]:
    """Return the pods that do not run, with what the scheduler says of them."""
    return [
        f"pod {pod['metadata']['name']} is {pod['status'].get('phase')}{_why(pod)}"
        for pod in seen.serving
        if not is_ready(pod)
    ]


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Return whether a pod runs, answers, and is not on its way out."""
    if pod["metadata"].get("deletionTimestamp") or pod["status"].get("phase") != "Running":
        return False
    return _is(pod, "Ready")


def count_problems(seen: Seen, wanted: Wanted) -> list[str]:
    """Return where the running pods of one service differ from the plan."""
    pods = [pod for pod in pods_of(seen, wanted.name, wanted.component) if is_ready(pod)]
    found: list[str] = []
    if len(pods) != wanted.pods:
        found.append(f"{wanted.name}: {len(pods)} pods run, planned are {wanted.pods}")
    labels = {node["metadata"]["name"]: node["metadata"]["labels"] for node in seen.nodes}
    for pod in pods:
        name = pod["metadata"]["name"]
        if devices(pod) != dict(wanted.devices):
            found.append(f"pod {name} holds {devices(pod)}, planned is {dict(wanted.devices)}")
        node = pod["spec"]["nodeName"]
        if not wanted.node_labels.items() <= labels.get(node, {}).items():
            found.append(f"pod {name} is on {node}, which is not of its pool")
    return found


def pods_of(seen: Seen, name: str, component: str = "") -> list[Object]:
    """Return the pods that serve the service ``name``: not the picker that chooses among them.

    Those of one kind, with the workers of their groups, if ``component`` names it.
    """
    kinds = (component, f"{component}-worker")
    labelled = (
        (pod, pod["metadata"].get("labels", {}).get("app.kubernetes.io/component", ""))
        for pod in seen.serving
        if _selects({"app.kubernetes.io/name": name}, pod)
    )
    return [pod for pod, kind in labelled if kind != "picker" and (not component or kind in kinds)]


def devices(pod: Mapping[str, Any]) -> dict[str, int]:
    """Return how many of each accelerator resource all containers of a pod hold."""
    held: dict[str, int] = {}
    for container in pod["spec"]["containers"]:
        for name, count in container.get("resources", {}).get("limits", {}).items():
            if name not in OWN_RESOURCES and "/" in name:
                held[name] = held.get(name, 0) + int(count)
    return held


def stray_pods(seen: Seen, wanted: Sequence[Wanted]) -> list[str]:
    """Return pods with accelerators that are of no planned service."""
    names = {one.name for one in wanted}
    return [
        f"pod {pod['metadata']['name']} holds {devices(pod)} and is of no planned service"
        for pod in seen.serving
        if devices(pod)
        and pod["metadata"].get("labels", {}).get("app.kubernetes.io/name") not in names
    ]


def address_problems(seen: Seen) -> list[str]:
    """Return the Services that lead nowhere: no pod, or no port of that name in it."""
    found: list[str] = []
    for service in seen.of("Service"):
        if not service["spec"].get("selector"):
            continue
        name = service["metadata"]["name"]
        chosen = [pod for pod in seen.of("Pod") if _selects(service["spec"]["selector"], pod)]
        named = bool(service["spec"].get("ports"))  # one for names only has none
        behind = set(ready_behind(seen, name, with_ports=named))
        expected = {pod["metadata"]["name"] for pod in chosen if is_ready(pod)}
        if not expected:
            found.append(f"service {name}: selects no pod that runs")
        elif behind != expected:
            found.append(f"service {name}: leads to {len(behind)} of {len(expected)} pods")
    return found


def ready_behind(seen: Seen, service: str, *, with_ports: bool = True) -> list[str]:
    """Return the pods that a Service sends to on all of its ports, if it has any."""
    names: list[str] = []
    for part in seen.of("EndpointSlice"):
        labels = part["metadata"].get("labels", {})
        of_service = labels.get("kubernetes.io/service-name") == service
        if not of_service or (with_ports and not part.get("ports")):
            continue
        names += [
            point["targetRef"]["name"]
            for point in part.get("endpoints") or ()
            if point.get("conditions", {}).get("ready") and "targetRef" in point
        ]
    return names


def job_problems(seen: Seen) -> list[str]:
    """Return the Jobs that are not done."""
    return [
        f"job {job['metadata']['name']} is not complete"
        for job in seen.of("Job")
        if not _is(job, "Complete")
    ]


def claim_problems(seen: Seen) -> list[str]:
    """Return the claims that have no volume."""
    return [
        f"claim {claim['metadata']['name']} is {claim['status'].get('phase')}"
        for claim in seen.of("PersistentVolumeClaim")
        if claim["status"].get("phase") != "Bound"
    ]


def budget_problems(seen: Seen) -> list[str]:
    """Return the budgets that count other pods than they should, or that no drain can pass."""
    found: list[str] = []
    for budget in seen.of("PodDisruptionBudget"):
        name, status = budget["metadata"]["name"], budget.get("status", {})
        chosen = [
            pod
            for pod in seen.of("Pod")
            if _selects(budget["spec"]["selector"]["matchLabels"], pod)
        ]
        if not chosen:
            found.append(f"budget {name}: selects no pod")
        elif status.get("expectedPods") != len(chosen):
            counted = status.get("expectedPods")
            found.append(f"budget {name}: counts {counted} pods of {len(chosen)}")
        elif not status.get("disruptionsAllowed"):
            found.append(f"budget {name}: lets no pod go, so no node can be drained")
    return found


def _selects(selector: Mapping[str, str], pod: Mapping[str, Any]) -> bool:
    labels: Mapping[str, str] = pod["metadata"].get("labels", {})
    return selector.items() <= labels.items()


def _owned_by(pod: Mapping[str, Any], kind: str) -> bool:
    return any(one["kind"] == kind for one in pod["metadata"].get("ownerReferences", ()))


def _conditions(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from item["status"].get("conditions", ())


def _is(item: Mapping[str, Any], condition: str) -> bool:
    return any(one["type"] == condition and one["status"] == "True" for one in _conditions(item))


def _why(pod: Mapping[str, Any]) -> str:
    return "".join(
        f": {one.get('message', one['reason'])}"
        for one in _conditions(pod)
        if one["type"] == "PodScheduled" and one["status"] == "False"
    )


def _ref(reference: Mapping[str, Any]) -> str:
    return f"{reference.get('kind')}/{reference.get('name')}"
