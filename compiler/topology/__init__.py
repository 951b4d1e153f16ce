"""The topology: what is deployed, and who talks to whom."""

from inferc.compiler.topology.graph_types import (
    EdgeKind,
    GraphEdge,
    GraphNode,
    NodeKind,
    Topology,
)

__all__ = ["EdgeKind", "GraphEdge", "GraphNode", "NodeKind", "Topology"]
