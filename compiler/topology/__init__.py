"""The topology: what is deployed, and who talks to whom."""

from inferc.compiler.topology.as_json import render as render_json
from inferc.compiler.topology.as_json import to_data
from inferc.compiler.topology.build import Outcome, build
from inferc.compiler.topology.digest import Json, decision_digest
from inferc.compiler.topology.graph_types import (
    EdgeKind,
    GraphEdge,
    GraphNode,
    NodeKind,
    Topology,
)
from inferc.compiler.topology.networks import table_of
from inferc.compiler.topology.text import render as render_text
from inferc.compiler.topology.verify import check

__all__ = [
    "EdgeKind",
    "GraphEdge",
    "GraphNode",
    "Json",
    "NodeKind",
    "Outcome",
    "Topology",
    "build",
    "check",
    "decision_digest",
    "render_json",
    "render_text",
    "table_of",
    "to_data",
]
