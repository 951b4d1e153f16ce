"""Every example that the Kubernetes target takes, on a real cluster with the nodes it counts on.

Beside the examples: files in ``topologies/`` and topologies of the other tests, for workloads that
no example has.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import cluster_checks, cluster_deploy, cluster_plans, topologies, workloads
from support.cluster import Cluster
from support.cluster_deploy import Deployed

from inferc.compiler.topology import Topology
from inferc.targets.base import Options

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TOPOLOGIES = Path(__file__).resolve().parent / "topologies"

REFUSED = {
    "impossible-pi": "no plan: it is infeasible",
    "own-measurements": "a workstation outside any cluster",
    "sagemaker-endpoint": "on a platform that runs no objects of Kubernetes",
    "sagemaker-queue": "likewise",
}
"""Examples that the target must refuse."""

OPTIONS: dict[str, Options] = {
    "mixed-models": workloads.NETWORKS,
    "metrics-adapter": {"scaler": "hpa"},
}
"""What has to be said beside the file."""

SOURCES = {
    **{path.parent.name: path for path in sorted(EXAMPLES.glob("*/topology.infer"))},
    **{path.stem: path for path in sorted(TOPOLOGIES.glob("*.infer"))},
}
SENT_ANYWAY = ("disaggregatedset.disaggregatedset.x-k8s.io/", "poddisruptionbudget.policy/")
"""kubectl replaces some parts as a whole, and sends them even if they are the same: the selector of
a budget, and of custom resources lists in whose items the server has filled in defaults. The
objects must be the same afterwards all the same."""

LACKING = {
    "metrics-adapter": ["lacking  custom metrics"],
}
"""By topology, what the cluster of the tests has not, so that its script must say so."""

EDGE = [
    {"apiVersion": "aigateway.envoyproxy.io/v1beta1", "kind": "AIGatewayRoute"},
    {"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "SecurityPolicy"},
]
"""What whoever runs a gateway has installed, also where no object is of that kind."""

SHAPES: dict[str, Callable[[], Topology]] = {
    "metrics-adapter": topologies.two_services,
    "on-sglang": lambda: topologies.with_engine("sglang"),
    "prefill-over-nodes": workloads.split_over_nodes,
}
TAKEN = sorted((SOURCES.keys() | SHAPES.keys()) - REFUSED.keys())


@pytest.fixture(scope="module", params=TAKEN)
def tree(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> cluster_plans.Tree:
    name = request.param
    out = tmp_path_factory.mktemp("out") / name
    if name in SHAPES:
        return cluster_plans.write_tree(SHAPES[name](), out, options=OPTIONS.get(name))
    trees = cluster_plans.write_trees(SOURCES[name], out, options=OPTIONS.get(name))
    assert len(trees) == 1, f"the target does not take {request.param}"
    return trees[0]


@pytest.fixture(scope="module")
def running(cluster: Cluster, tree: cluster_plans.Tree) -> Iterator[Deployed]:
    with cluster_deploy.deployed(cluster, tree) as found:
        cluster.tally.names.append(tree.topology.name)
        yield found


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_the_others_are_refused_and_write_nothing(name: str, tmp_path: Path) -> None:
    assert cluster_plans.write_trees(SOURCES[name], tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_the_server_takes_every_object_in_a_dry_run(running: Deployed) -> None:
    assert len(running.dry_run) == len(running.documents)
    assert all(line.endswith("(server dry run)") for line in running.dry_run)


def test_every_object_is_created(running: Deployed) -> None:
    kinds = [line.rpartition(" ")[2] for line in running.applied]
    assert kinds.count("created") == len(running.documents) - 1  # the namespace was there
    assert kinds.count("unchanged") == 1


def test_exactly_the_planned_pods_run(running: Deployed) -> None:
    wanted = cluster_plans.wanted(running.tree.topology)
    running.scale_to(wanted)
    running.wait_for(wanted)
    seen = running.seen()
    assert cluster_checks.problems(seen, wanted) == []
    running.cluster.tally.pods_running += len(seen.serving)
    running.cluster.tally.jobs_done += len(seen.of("Job"))


def test_as_many_as_the_autoscalers_may_want_fit_as_well(running: Deployed) -> None:
    wanted = cluster_plans.wanted(running.tree.topology, most=True)
    running.scale_to(wanted)
    running.wait_for(wanted)


def test_applying_again_changes_nothing(running: Deployed) -> None:
    before = running.states()
    again = running.cluster.apply(running.tree.folder)
    changed = [line for line in again if not line.endswith(" unchanged")]
    assert [line for line in changed if not line.startswith(SENT_ANYWAY)] == []
    assert running.states() == before
    assert running.cluster.diff(running.tree.folder) == ""


def test_preflight_finds_lacking_what_no_test_brings_along(
    running: Deployed, request: pytest.FixtureRequest
) -> None:
    if cluster_plans.of_kind(running.documents, "Gateway"):
        running.cluster.need_kinds(EDGE)
    done = running.cluster.run(running.tree.folder / "preflight.sh")
    lacking = [line for line in done.out.splitlines() if not line.startswith("ok ")]
    expected = LACKING.get(request.node.callspec.params["tree"], [])
    assert (lacking, done.err, done.code) == (expected, "", int(bool(expected)))
