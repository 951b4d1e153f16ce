"""The topology as a networkx graph: the only file that knows networkx, imported late."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from inferc.compiler.topology.graph_types import EdgeKind, Topology

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(topology: Topology) -> "nx.DiGraph[str]":
    """Return the graph of ``topology``; nodes and edges carry kind, title and attributes."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph(name=topology.name, digest=topology.digest)
    for node in topology.nodes:
        graph.add_node(node.id, kind=node.kind.value, title=node.title, **node.attributes)
    for edge in topology.edges:
        rate = {} if edge.rate_per_s is None else {"rate_per_s": edge.rate_per_s}
        graph.add_edge(edge.source, edge.target, kind=edge.kind.value, **rate, **edge.attributes)
    return graph


def reached(topology: Topology, root: str, kinds: Collection[EdgeKind]) -> frozenset[str]:
    """Return ``root`` and what can be reached from it along edges of ``kinds``."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_node(root)
    graph.add_edges_from((e.source, e.target) for e in topology.edges if e.kind in kinds)
    below: set[str] = nx.descendants(graph, root)  # pyright: ignore[reportUnknownMemberType]
    return frozenset(below) | {root}


def attached(topology: Topology, roots: Collection[str]) -> frozenset[str]:
    """Return ``roots`` and everything that hangs together with one of them by any edge."""
    import networkx as nx

    graph = to_networkx(topology)
    found: set[str] = set()
    for part in nx.weakly_connected_components(graph):
        if not part.isdisjoint(roots):
            found |= part
    return frozenset(found)
