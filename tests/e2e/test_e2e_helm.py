"""The emitted chart, installed by Helm on a real API server: what runs, what an upgrade does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import cluster_deploy, cluster_helm, cluster_plans
from support.cluster import Cluster, ClusterError
from support.cluster_helm import Release

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TAKEN = ("support-chat", "office-hours", "public-endpoint")
"""The rest renders to what another test of this folder applies."""


@pytest.fixture(scope="module")
def program() -> Path:
    from support import cluster_programs

    return cluster_programs.helm()


@pytest.fixture(scope="module", params=TAKEN)
def release(
    request: pytest.FixtureRequest,
    cluster: Cluster,
    program: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Release]:
    source = EXAMPLES / request.param / "topology.infer"
    out = tmp_path_factory.mktemp("charts") / request.param
    (tree,) = cluster_plans.write_trees(source, out, "helm")
    with cluster_helm.installed(cluster, program, tree) as found:
        yield found


def settled(release: Release) -> None:
    """Wait for the planned pods, with the replicas that KEDA would set."""
    wanted = cluster_plans.wanted(release.tree.topology)
    replicas = {one.name: one.replicas for one in wanted}
    for one in release.documents:
        if one["kind"] == "ScaledObject":
            name = one["spec"]["scaleTargetRef"]["name"]
            release.cluster.scale(f"deployment/{name}", replicas[name], release.namespace)
    cluster_deploy.wait_for(release.cluster, release.namespace, wanted)


def test_exactly_the_planned_pods_run(release: Release) -> None:
    settled(release)
    release.cluster.tally.names.append(f"{release.tree.topology.name} by helm")


def test_an_upgrade_with_the_same_values_changes_nothing(release: Release) -> None:
    settled(release)
    before = release.states()
    release.upgrade()
    assert release.states() == before
    settled(release)


def test_helm_owns_every_object(release: Release) -> None:
    for live in release.live():
        assert live["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"
        assert live["metadata"]["annotations"]["meta.helm.sh/release-name"] == release.name


def test_the_server_refuses_nothing_in_a_dry_run(release: Release) -> None:
    own = release.tree.folder / "my-values.yaml"
    text = release.command(
        *("upgrade", "--install", release.name, release.chart),
        *("--values", own, "--dry-run=server"),
    )
    assert "STATUS: pending-upgrade" in text


def test_a_mirror_rolls_out_and_another_job_finds_the_weights(release: Release) -> None:
    jobs = {one["metadata"]["name"] for one in release.cluster.get("job", release.namespace)}
    release.upgrade({"imageRegistry": "mirror.example:5000"})
    try:
        settled(release)
        images = {
            container["image"]
            for pod in release.cluster.get("pod", release.namespace)
            if pod["metadata"].get("deletionTimestamp") is None
            for container in pod["spec"]["containers"]
            if pod["metadata"]["labels"]["app.kubernetes.io/component"] == "engine"
        }
        assert images
        assert all(image.startswith("mirror.example:5000/") for image in images)
        after = {one["metadata"]["name"] for one in release.cluster.get("job", release.namespace)}
        assert not jobs & after
    finally:
        release.upgrade({})
    settled(release)


def test_values_that_the_schema_refuses_change_nothing(release: Release) -> None:
    before = release.states()
    with pytest.raises(ClusterError, match="imageRegistri"):
        release.upgrade({"imageRegistri": "mirror.example"})
    release.upgrade({})
    assert release.states() == before


def test_the_volumes_stay_when_the_release_goes_and_the_next_one_takes_them(
    release: Release,
) -> None:
    claims = release.cluster.get("pvc", release.namespace)
    release.command("uninstall", release.name, "--wait")
    left = release.cluster.get("pvc", release.namespace)
    assert {one["metadata"]["uid"] for one in left} == {one["metadata"]["uid"] for one in claims}
    assert release.cluster.get("deployment", release.namespace) == []
    release.upgrade()
    settled(release)
