"""Emitted Pulumi programs, run as the engine runs them, on a real API server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support import cluster_checks, cluster_deploy, cluster_plans
from support.cluster import Cluster
from support.cluster_deploy import Deployed
from support.pulumi_cluster import OnCluster
from support.pulumi_monitor import Stack
from support.pulumi_state import Outcome

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = ("cloud-instances", "office-hours", "public-endpoint", "support-chat")
STARTING = "Waiting for what a new version of the program changes"


@dataclass(frozen=True, kw_only=True)
class Running:
    """A program whose objects are on the cluster."""

    tree: cluster_plans.Tree
    stack: Stack
    applier: OnCluster
    first: Outcome
    deployed: Deployed

    @property
    def cluster(self) -> Cluster:
        """Where it runs."""
        return self.deployed.cluster


@pytest.fixture(scope="module", params=NAMES)
def tree(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> cluster_plans.Tree:
    out = tmp_path_factory.mktemp("out") / request.param
    source = EXAMPLES / request.param / "topology.infer"
    [found] = cluster_plans.write_trees(source, out, "pulumi")
    return found


@pytest.fixture(scope="module")
def running(cluster: Cluster, tree: cluster_plans.Tree) -> Iterator[Running]:
    applier = OnCluster(cluster)
    stack = Stack(project=project_of(tree), applier=applier)
    documents = list(stack.preview(tree.folder).objects.values())
    cluster.need_kinds(documents)
    space = cluster_deploy.namespace_of(documents)
    nodes = [*cluster_plans.nodes_of(tree.topology), *cluster_plans.decoys()]
    with cluster.nodes(nodes), cluster.cleared(space):
        first = stack.up(tree.folder)
        cluster.tally.names.append(f"{tree.topology.name} by Pulumi")
        yield Running(
            tree=tree,
            stack=stack,
            applier=applier,
            first=first,
            deployed=Deployed(
                tree=tree,
                cluster=cluster,
                namespace=space,
                documents=documents,
                dry_run=(),
                applied=tuple(applier.applied),
            ),
        )
        for kind, name in cluster_scoped(documents):
            cluster.kubectl("delete", kind, name, "--ignore-not-found")


def project_of(tree: cluster_plans.Tree) -> str:
    """Return the name of the project."""
    text = (tree.folder / "Pulumi.yaml").read_text("utf-8")
    return str(yaml.safe_load(text)["name"])


def cluster_scoped(documents: Sequence[dict[str, object]]) -> list[tuple[str, str]]:
    """Return the objects that are in no namespace."""
    return [
        (str(one["kind"]), str(one["metadata"]["name"]))  # type: ignore[index]
        for one in documents
        if "namespace" not in one["metadata"] and one["kind"] != "Namespace"  # type: ignore[operator]
    ]


def test_every_registered_object_is_taken(running: Running) -> None:
    assert sorted(running.applier.applied[: len(running.first.objects)]) == sorted(
        running.first.objects
    )
    assert set(running.first.counts) == {"create"}


def test_exactly_the_planned_pods_run(running: Running) -> None:
    wanted = cluster_plans.wanted(running.tree.topology)
    running.deployed.scale_to(wanted)
    running.deployed.wait_for(wanted)
    seen = running.deployed.seen()
    assert cluster_checks.problems(seen, wanted) == []
    running.cluster.tally.pods_running += len(seen.serving)
    running.cluster.tally.jobs_done += len(seen.of("Job"))


def test_a_second_run_changes_nothing(running: Running) -> None:
    before = list(running.applier.applied)
    again = running.stack.up(running.tree.folder)
    assert set(again.counts) == {"same"}
    assert running.applier.applied == before
    assert again.objects == running.first.objects


def test_applying_all_of_it_again_changes_nothing(running: Running) -> None:
    """What autoscalers own is not fought over: no object gets a new generation."""
    before = generations(running)
    for document in running.first.objects.values():
        running.applier.apply(document)
    assert generations(running) == before


def generations(running: Running) -> dict[str, int]:
    """Return of each workload how often its specification has changed."""
    return {
        f"{item['kind']}/{item['metadata']['name']}": item["metadata"].get("generation", 0)
        for item in running.deployed.seen().items
        if item["kind"] in {"Deployment", "StatefulSet", "Job", "PersistentVolumeClaim"}
    }


def test_changes_of_ones_own_roll_out(running: Running) -> None:
    """A transform changes the pods' template: they are replaced, and as many run as before."""
    path = running.tree.folder / "customise.py"
    starter = path.read_text("utf-8")
    path.write_text(
        "import pulumi\n\n\n"
        "def customise(args):\n"
        "    if args.type_ == 'kubernetes:apps/v1:Deployment':\n"
        "        template = args.props['spec']['template']\n"
        "        template['metadata']['labels']['team'] = 'search'\n"
        "        return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)\n",
        "utf-8",
    )
    changed = running.stack.up(running.tree.folder)
    path.write_text(starter, "utf-8")
    updated = {urn for urn, change in changed.changes.items() if change == "update"}
    assert updated
    assert all("Deployment" in urn for urn in updated)
    running.cluster.wait(STARTING, lambda: not_yet(running))


def not_yet(running: Running) -> str:
    """Return the serving pods that are not of the new template, and what there is too few of.

    Where the pool is full a new pod is refused until an old one is gone, and tried again: that is
    an event, and no fault.
    """
    seen = running.deployed.seen()
    pods = [one for one in seen.serving if is_of_deployment(one)]
    old = [one for one in pods if "team" not in one["metadata"]["labels"]]
    wanted = cluster_plans.wanted(running.tree.topology)
    lacking = [item for one in wanted for item in cluster_checks.count_problems(seen, one)]
    return "\n".join([*(str(one["metadata"]["name"]) for one in old), *lacking])


def is_of_deployment(pod: dict[str, object]) -> bool:
    """Return whether a pod is a Deployment's."""
    owners = pod["metadata"].get("ownerReferences", [])  # type: ignore[attr-defined]
    return any(one["kind"] == "ReplicaSet" for one in owners)


def test_destroy_leaves_nothing(running: Running) -> None:
    running.stack.destroy()
    for document in running.deployed.documents:
        if document["kind"] in {"Namespace", "PriorityClass"}:
            assert not running.cluster.exists(document["kind"], document["metadata"]["name"])
