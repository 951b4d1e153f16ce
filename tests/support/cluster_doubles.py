"""Stand-ins for controllers whose programs cannot be had here: they make the objects, once.

Each does what its controller does from a finished specification, with real StatefulSets, Services
and pods, so that admission, Pod Security and the scheduler judge what a cluster would have. None
watches: a test calls :func:`settle` after an apply.

Source: LeaderWorkerSet 0.10, ``leaderworkerset_controller.go``, ``pod_controller.go`` and
``pod_webhook.go``; of DisaggregatedSet ``lws_manager.go``.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from support.cluster import Cluster, ClusterError, Object

LWS: Final = "leaderworkersets.leaderworkerset.x-k8s.io"
SETS: Final = "disaggregatedsets.disaggregatedset.x-k8s.io"
PREFIX: Final = "leaderworkerset.sigs.k8s.io"
SET_PREFIX: Final = "disaggregatedset.x-k8s.io"
ADDRESS: Final = "LWS_LEADER_ADDRESS"
SIZE: Final = "LWS_GROUP_SIZE"
INDEX: Final = "LWS_WORKER_INDEX"


def settle(cluster: Cluster, namespace: str) -> None:
    """Make what the controllers of custom workloads in ``namespace`` would have made by now."""
    if cluster.exists("crd", SETS):
        for item in cluster.get(SETS, namespace):
            cluster.apply(_sets_of_roles(item))
    if cluster.exists("crd", LWS):
        for item in cluster.get(LWS, namespace):
            _groups(cluster, item)


def _sets_of_roles(item: Object) -> list[Object]:
    """Return the LeaderWorkerSet of each role of a DisaggregatedSet, in each slice."""
    name, spec = item["metadata"]["name"], item["spec"]
    text = json.dumps([role["spec"] for role in spec["roles"]], sort_keys=True)
    revision = hashlib.sha256(text.encode()).hexdigest()[:8]
    return [
        _set_of_role(item, role, f"{name}-{number}-{revision}-{role['name']}", marks)
        for number in range(spec.get("slices", 1))
        for role in spec["roles"]
        for marks in (
            {
                f"{SET_PREFIX}/name": name,
                f"{SET_PREFIX}/role": role["name"],
                f"{SET_PREFIX}/revision": revision,
                f"{SET_PREFIX}/slice": str(number),
            },
        )
    ]


def _set_of_role(item: Object, role: Object, name: str, marks: Mapping[str, str]) -> Object:
    spec = deepcopy(role["spec"])
    for kind in ("leaderTemplate", "workerTemplate"):
        template = spec["leaderWorkerTemplate"].get(kind)
        if template:
            metadata = template.setdefault("metadata", {})
            metadata["labels"] = {**metadata.get("labels", {}), **marks}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {
            "name": name,
            "namespace": item["metadata"]["namespace"],
            "labels": {**role.get("metadata", {}).get("labels", {}), **marks},
            "ownerReferences": [_owned_by(item)],
        },
        "spec": spec,
    }


def _groups(cluster: Cluster, item: Object) -> None:
    """Make the StatefulSet of leaders; for each leader one of its workers."""
    name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
    spec = item["spec"]
    template = spec["leaderWorkerTemplate"]
    size, replicas = int(template.get("size", 1)), int(spec.get("replicas", 1))
    _headless_service(cluster, item)
    leader = template.get("leaderTemplate") or template["workerTemplate"]
    marks = {f"{PREFIX}/name": name, f"{PREFIX}/worker-index": "0"}
    cluster.apply(
        [
            _stateful_set(
                name=name,
                owner=item,
                replicas=replicas,
                selector=marks,
                template=_template(leader, {**marks, **_revision(item)}, _told(name, "", size, 0)),
                service=name,
            )
        ]
    )
    _await_pods(cluster, namespace, f"{PREFIX}/name={name},{PREFIX}/worker-index=0", replicas)
    for group in range(replicas):
        leader_pod = cluster.one("pod", f"{name}-{group}", namespace)
        key = hashlib.sha1(f"{namespace}/{name}-{group}".encode()).hexdigest()  # noqa: S324 - as there
        of_group = {f"{PREFIX}/group-index": str(group), f"{PREFIX}/group-key": key}
        cluster.kubectl(
            *("label", "pod", f"{name}-{group}", "-n", namespace, "--overwrite"),
            *(f"{label}={value}" for label, value in of_group.items()),
        )
        if size > 1:
            _workers(cluster, item, leader_pod, of_group, size)


def _workers(
    cluster: Cluster, item: Object, leader: Object, of_group: Mapping[str, str], size: int
) -> None:
    """Make the workers of one leader, numbered from 1."""
    name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
    leader_name = leader["metadata"]["name"]
    marks = {f"{PREFIX}/name": name, **of_group}
    template = item["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    cluster.apply(
        [
            _stateful_set(
                name=leader_name,
                owner=leader,
                replicas=size - 1,
                selector=marks,
                template=_template(
                    template,
                    {**marks, **_revision(item)},
                    _told(name, f"{leader_name}.{name}.{namespace}", size, None),
                ),
                service=name,
                start=1,
            )
        ]
    )
    chosen = ",".join(f"{label}={value}" for label, value in of_group.items())
    _await_pods(cluster, namespace, f"{chosen},{PREFIX}/worker-index!=0", size - 1)
    for index in range(1, size):
        cluster.kubectl(
            *("label", "pod", f"{leader_name}-{index}", "-n", namespace, "--overwrite"),
            f"{PREFIX}/worker-index={index}",
        )


def _headless_service(cluster: Cluster, item: Object) -> None:
    """Make the Service that gives the pods their names, unless there is one of its name."""
    name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
    if cluster.exists("service", name, namespace):
        found = cluster.one("service", name, namespace)
        if found["spec"].get("clusterIP") != "None":
            message = f"Service {name} takes the name of the headless one: the pods have no names"
            raise ClusterError(message)
        return
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": {f"{PREFIX}/name": name},
    }
    metadata = {"name": name, "namespace": namespace, "ownerReferences": [_owned_by(item)]}
    cluster.apply([{"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}])


def _stateful_set(  # noqa: PLR0913 - one for each part of it
    *,
    name: str,
    owner: Object,
    replicas: int,
    selector: Mapping[str, str],
    template: Object,
    service: str,
    start: int = 0,
) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": dict(selector),
            "ownerReferences": [_owned_by(owner)],
        },
        "spec": {
            "serviceName": service,
            "replicas": replicas,
            "podManagementPolicy": "Parallel",
            "ordinals": {"start": start},
            "selector": {"matchLabels": dict(selector)},
            "template": template,
        },
    }


def _template(
    template: Mapping[str, Any], labels: Mapping[str, str], told: Sequence[Object]
) -> Object:
    """Return a pod template with the labels of its group, and what the webhook tells it."""
    made: Object = deepcopy(dict(template))
    metadata = made.setdefault("metadata", {})
    metadata["labels"] = {**metadata.get("labels", {}), **labels}
    for kind in ("initContainers", "containers"):
        for container in made["spec"].get(kind, ()):
            container["env"] = [*told, *container.get("env", ())]
    return made


def _told(name: str, leader: str, size: int, index: int | None) -> list[Object]:
    address = leader or f"$(POD_NAME).{name}"
    known = {ADDRESS: address, SIZE: str(size)} | ({} if index is None else {INDEX: str(index)})
    return [{"name": key, "value": value} for key, value in known.items()]


def _revision(item: Object) -> dict[str, str]:
    text = json.dumps(item["spec"]["leaderWorkerTemplate"], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return {f"{PREFIX}/template-revision-hash": digest}


def _owned_by(owner: Object) -> Object:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _await_pods(cluster: Cluster, namespace: str, selector: str, count: int) -> None:
    """Wait until so many pods exist: a refused template never gets there, and says why."""

    def lacking() -> str:
        found = len(cluster.get("pod", namespace, selector))
        if found >= count:
            return ""
        said = [
            event["message"]
            for event in cluster.get("event", namespace)
            if event["reason"] == "FailedCreate"
        ]
        if said:
            raise ClusterError("\n".join(said))
        return f"{found} of {count} pods with {selector}"

    cluster.wait("the pods of a group", lacking)
