"""The cluster itself: that it is what the other tests take it for."""

from pathlib import Path

from support import cluster_plans
from support.cluster import Cluster

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "support-chat" / "topology.infer"


def test_the_server_states_its_version(cluster: Cluster) -> None:
    assert cluster.version().startswith("v1.36.")


def test_preflight_says_what_an_empty_cluster_lacks(cluster: Cluster, tmp_path: Path) -> None:
    (tree,) = cluster_plans.write_trees(EXAMPLE, tmp_path)
    cluster.need_kinds(cluster.documents(tree.folder))
    done = cluster.run(tree.folder / "preflight.sh")
    assert (done.code, done.err) == (1, "")
    lacking = {line.split("  ")[1] for line in done.out.splitlines() if line.startswith("lacking")}
    assert lacking >= {
        "nodes that offer nvidia.com/gpu",
        "1 nodes labelled nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB",
        "PriorityClass support-chat-sla",
    }
