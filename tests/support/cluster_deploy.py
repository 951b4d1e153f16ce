"""Deploying an emitted tree as its README says, and waiting for what the plan promises."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support import (
    cluster_checks,
    cluster_doubles,
    cluster_edge,
    cluster_operator,
    cluster_plans,
)
from support.cluster import WAIT_LIMIT_S, Cluster, ClusterError, Object
from support.cluster_checks import Wanted
from support.cluster_plans import Tree

CLUSTER_FOLDER = "cluster"
"""Below an emitted tree: what those who own the cluster apply first."""
USUAL = ("gateway-system", "monitoring")
"""Namespaces of others that our objects name where nobody says otherwise."""
CLAIM = "PersistentVolumeClaim"
NAME_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A tree on the cluster."""

    tree: Tree
    cluster: Cluster
    namespace: str
    documents: Sequence[Object]
    """What was emitted."""
    dry_run: Sequence[str]
    """What kubectl said of each object before anything was there but the namespace."""
    applied: Sequence[str]
    """What kubectl said of each object in the first apply."""

    def seen(self) -> cluster_checks.Seen:
        """Return what is there now."""
        return cluster_checks.look(self.cluster, self.namespace)

    def states(self) -> dict[str, Object]:
        """Return the emitted objects as the server holds them, but for what it keeps itself."""
        text = self.cluster.kubectl("get", "-k", self.tree.folder, "-o", "json").out
        return {f"{one['kind']}/{one['metadata']['name']}": _stated(one) for one in _items(text)}

    def scale_to(self, wanted: Sequence[Wanted]) -> None:
        """Give each workload that an autoscaler owns the replicas that ``wanted`` says.

        KEDA is not here, and an HPA has no metrics: the test sets what they would set.
        """
        replicas = {one.name: one.replicas for one in wanted}
        for item in cluster_plans.of_kind(
            self.documents, "ScaledObject", "HorizontalPodAutoscaler"
        ):
            target = item["spec"]["scaleTargetRef"]
            group = target["apiVersion"].partition("/")[0]
            kind = f"{target['kind'].lower()}.{group}"
            name = target["name"]
            self.cluster.scale(f"{kind}/{name}", replicas[name], self.namespace)

    def wait_for(self, wanted: Sequence[Wanted], limit_s: float = WAIT_LIMIT_S) -> None:
        """Wait until everything is as ``wanted``; fail with what is not."""
        wait_for(self.cluster, self.namespace, wanted, limit_s)


def wait_for(
    cluster: Cluster, namespace: str, wanted: Sequence[Wanted], limit_s: float = WAIT_LIMIT_S
) -> None:
    """Wait until everything in ``namespace`` is as ``wanted``; fail with what is not."""

    def lacking() -> str:
        cluster_doubles.settle(cluster, namespace)
        seen = cluster_checks.look(cluster, namespace)
        refused = cluster_checks.refused(seen)
        if refused:  # nothing that comes later takes that back
            raise ClusterError("\n".join(refused))
        return "\n".join(cluster_checks.problems(seen, wanted))

    cluster.wait(f"{namespace} as planned", lacking, limit_s)


@contextmanager
def deployed(cluster: Cluster, tree: Tree) -> Iterator[Deployed]:
    """Apply ``tree`` on a cluster that has the nodes that its plan counts on.

    As its README says: first what the cluster's owners apply, then the namespace, then all of it.
    Everything goes when the block ends.
    """
    documents = cluster.documents(tree.folder)
    namespace = namespace_of(documents)
    with (
        neighbours(cluster, documents),
        cluster.nodes([*nodes_for(cluster, tree), *cluster_plans.decoys()]),
        owned_by_admins(cluster, tree.folder),
        cluster.cleared(namespace),
    ):
        cluster.apply(cluster_plans.of_kind(documents, "Namespace"))
        brought_along(cluster, documents)
        cluster_edge.prepare(cluster, documents)
        dry_run = cluster.dry_run(tree.folder)
        cluster.add_volumes(cluster_plans.of_kind(documents, "PersistentVolumeClaim"))
        applied = cluster.apply(tree.folder)
        yield Deployed(
            tree=tree,
            cluster=cluster,
            namespace=namespace,
            documents=documents,
            dry_run=dry_run,
            applied=applied,
        )


def nodes_for(cluster: Cluster, tree: Tree) -> list[Object]:
    """Return the nodes that the plan counts on, set up as the README of the tree says."""
    nodes = cluster_plans.nodes_of(tree.topology)
    admin = tree.folder / CLUSTER_FOLDER
    if not admin.is_dir():
        return nodes
    readme = (tree.folder / "README.md").read_text("utf-8")
    values = cluster_operator.values_beside(admin)
    return cluster_operator.configured(nodes, cluster.documents(admin), readme, values)


def brought_along(cluster: Cluster, documents: Sequence[Object]) -> None:
    """Make the claims that pods name and no object is: what the user has to have already."""
    own = {one["metadata"]["name"] for one in cluster_plans.of_kind(documents, CLAIM)}
    named = set(re.findall(r'"claimName": "([^"]+)"', json.dumps(list(documents))))
    claims = [_claim(name, namespace_of(documents)) for name in sorted(named - own)]
    cluster.add_volumes(claims)
    cluster.apply(claims)


def _claim(name: str, namespace: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": CLAIM,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "100Gi"}},
        },
    }


@contextmanager
def owned_by_admins(cluster: Cluster, folder: Path) -> Iterator[None]:
    """Have the cluster-scoped objects that stand beside a tree, where it needs any."""
    admin = folder / CLUSTER_FOLDER
    if not admin.is_dir():
        yield
        return
    objects = cluster.documents(admin)
    spaces = {one["metadata"].get("namespace", "") for one in objects} - {""}
    cluster.apply([_namespace(name) for name in sorted(spaces)])
    cluster.apply(admin)
    try:
        yield
    finally:
        cluster.delete(objects)


@contextmanager
def neighbours(cluster: Cluster, documents: Sequence[Object] = ()) -> Iterator[None]:
    """Have the namespaces of others that ``documents`` name: the gateway's, the monitoring's."""
    text = json.dumps([one for one in documents if one["kind"] == "NetworkPolicy"])
    named = set(re.findall(rf'"{re.escape(NAME_LABEL)}": "([^"]+)"', text)) - {"kube-system"}
    own = {one["metadata"]["name"] for one in documents if one["kind"] == "Namespace"}
    cluster.apply([_namespace(name) for name in sorted((named | set(USUAL)) - own)])
    yield


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _items(text: str) -> list[Object]:
    found: list[Object] = json.loads(text)["items"]
    return found


def _stated(item: Object) -> Object:
    """Return an object without its status and the marks of who wrote to it and when."""
    metadata = {
        key: value
        for key, value in item["metadata"].items()
        if key not in {"managedFields", "resourceVersion"}
    }
    return {**{key: item[key] for key in item if key != "status"}, "metadata": metadata}


def namespace_of(documents: Sequence[Object]) -> str:
    """Return the one namespace that all objects are in, but for what others let them use."""
    found = {
        item["metadata"].get("namespace", "")
        for item in documents
        if item["kind"] not in cluster_edge.ELSEWHERE
    } - {""}
    assert len(found) == 1, found
    return str(found.pop())
