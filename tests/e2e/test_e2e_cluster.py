"""The cluster itself: that it is what the other tests take it for."""

from support.cluster import Cluster


def test_the_server_states_its_version(cluster: Cluster) -> None:
    assert cluster.version().startswith("v1.36.")
