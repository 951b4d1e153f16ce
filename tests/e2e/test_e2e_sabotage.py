"""Copies of an emitted tree with one thing wrong: each must make the suite fail, and say why.

They go through the very functions that the other tests use.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from support import cluster_checks, cluster_deploy, cluster_plans
from support.cluster import Cluster, ClusterError, Object
from support.cluster_plans import Tree

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "support-chat" / "topology.infer"
SHORT_S = 30
GPU = "nvidia.com/gpu"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    (found,) = cluster_plans.write_trees(EXAMPLE, tmp_path_factory.mktemp("sabotage"))
    return found


@pytest.fixture(scope="module")
def ground(cluster: Cluster, tree: Tree) -> Iterator[list[Object]]:
    """Yield the objects of the tree, on a cluster with everything that they need."""
    documents = cluster.documents(tree.folder)
    nodes = [*cluster_plans.nodes_of(tree.topology), *cluster_plans.decoys()]
    with (
        cluster_deploy.neighbours(cluster, documents),
        cluster.nodes(nodes),
        cluster_deploy.owned_by_admins(cluster, tree.folder),
    ):
        yield documents


def engine_of(documents: list[Object]) -> dict[str, Any]:
    """Return the pod of the engine, to change it."""
    (found,) = cluster_plans.of_kind(documents, "Deployment")
    pod: dict[str, Any] = found["spec"]["template"]["spec"]
    return pod


def container_of(documents: list[Object]) -> dict[str, Any]:
    """Return the container of the engine, to change it."""
    containers: list[dict[str, Any]] = engine_of(documents)["containers"]
    (found,) = (one for one in containers if one["name"] == "engine")
    return found


def unequal_gpus(documents: list[Object]) -> None:
    container_of(documents)["resources"]["requests"][GPU] = "1"


def any_user(documents: list[Object]) -> None:
    del engine_of(documents)["securityContext"]["runAsNonRoot"]


def wrong_selector(documents: list[Object]) -> None:
    (service,) = cluster_plans.of_kind(documents, "Service")
    service["spec"]["selector"]["app.kubernetes.io/name"] = "chart"


def other_pods(documents: list[Object]) -> None:
    (found,) = cluster_plans.of_kind(documents, "Deployment")
    found["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] = "chart"


def nine_gpus(documents: list[Object]) -> None:
    """Ask for more than a node has, where no quota comes before the scheduler."""
    nine_gpus_within_quota(documents)
    documents.remove(*cluster_plans.of_kind(documents, "ResourceQuota"))


def nine_gpus_within_quota(documents: list[Object]) -> None:
    for part in container_of(documents)["resources"].values():
        part[GPU] = "9"


def wrong_port(documents: list[Object]) -> None:
    (service,) = cluster_plans.of_kind(documents, "Service")
    service["spec"]["ports"][0]["targetPort"] = "htpp"


def untolerated(documents: list[Object]) -> None:
    del engine_of(documents)["tolerations"]


def fewer(documents: list[Object]) -> None:
    (found,) = cluster_plans.of_kind(documents, "Deployment")
    found["spec"]["replicas"] = 1


def deploy(cluster: Cluster, tree: Tree, documents: list[Object]) -> None:
    """Do with ``documents`` what the tests of the examples do with an emitted tree."""
    namespace = cluster_deploy.namespace_of(documents)
    with cluster.cleared(namespace):
        cluster.apply(cluster_plans.of_kind(documents, "Namespace"))
        cluster.add_volumes(cluster_plans.of_kind(documents, "PersistentVolumeClaim"))
        cluster.apply(documents)
        wanted = cluster_plans.wanted(tree.topology)
        cluster_deploy.wait_for(cluster, namespace, wanted, SHORT_S)


def test_the_copy_that_is_not_sabotaged_runs(
    cluster: Cluster, tree: Tree, ground: list[Object]
) -> None:
    deploy(cluster, tree, ground)


@pytest.mark.parametrize(
    ("sabotage", "message"),
    [
        (unequal_gpus, "must be equal to nvidia.com/gpu limit"),
        (any_user, 'violate PodSecurity "restricted'),
        (other_pods, "`selector` does not match template `labels`"),
        (wrong_selector, "service chat: selects no pod that runs"),
        (wrong_port, "service chat: leads to 0 of 2 pods"),
        (nine_gpus, "Insufficient nvidia.com/gpu"),
        (nine_gpus_within_quota, "exceeded quota: accelerators"),
        (untolerated, "untolerated taint"),
        (fewer, "chat: 1 pods run, planned are 2"),
    ],
    ids=lambda it: getattr(it, "__name__", ""),
)
def test_a_sabotaged_copy_fails(
    cluster: Cluster,
    tree: Tree,
    ground: list[Object],
    sabotage: Callable[[list[Object]], None],
    message: str,
) -> None:
    documents = deepcopy(ground)
    sabotage(documents)
    assert documents != ground
    with pytest.raises(ClusterError) as caught:
        deploy(cluster, tree, documents)
    assert message in str(caught.value)


def test_a_pod_that_may_run_as_anybody_is_never_created(
    cluster: Cluster, tree: Tree, ground: list[Object]
) -> None:
    """Where nobody reads the warning of the apply, the controllers' events say the same."""
    documents = deepcopy(ground)
    any_user(documents)
    namespace = cluster_deploy.namespace_of(documents)
    with cluster.cleared(namespace):
        cluster.apply(cluster_plans.of_kind(documents, "Namespace"))
        cluster.add_volumes(cluster_plans.of_kind(documents, "PersistentVolumeClaim"))
        cluster.apply_in_spite_of_warnings(documents)

        def lacking() -> str:
            return "" if cluster_checks.refused(cluster_checks.look(cluster, namespace)) else "none"

        cluster.wait("an event of the refusal", lacking, SHORT_S)
        found = cluster_checks.problems(
            cluster_checks.look(cluster, namespace), cluster_plans.wanted(tree.topology)
        )
    assert any("FailedCreate" in one and "runAsNonRoot" in one for one in found)
    assert "chat: 0 pods run, planned are 2" in found
