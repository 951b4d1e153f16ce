"""The topology as JSON for other programs.

The whole object is in the node-link form that ``networkx.node_link_graph(data, edges="edges")``
reads back; what was decided stands in its ``graph`` member.
"""

import json

from inferc.compiler.topology.digest import Json, decisions
from inferc.compiler.topology.graph_types import GraphEdge, Topology

FORMAT_VERSION = "1.0"
"""A minor step only adds members, a major one may change their meaning."""


def render(topology: Topology) -> str:
    """Return ``topology`` as JSON text."""
    return json.dumps(to_data(topology), indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def to_data(topology: Topology) -> dict[str, Json]:
    """Return ``topology`` as plain values."""
    return {
        "format_version": FORMAT_VERSION,
        "directed": True,
        "multigraph": False,
        "graph": {
            "name": topology.name,
            "doc": topology.doc,
            "verdict": topology.verdict.value,
            "digest": topology.digest,
            "services": [decisions(plan) for plan in topology.planned],
            **_gateways(topology),
        },
        "nodes": [
            {"id": node.id, "kind": node.kind.value, "title": node.title, **node.attributes}
            for node in topology.nodes
        ],
        "edges": [_edge(edge) for edge in topology.edges],
    }


def _gateways(topology: Topology) -> dict[str, Json]:
    """Return where callers come in, where the file says so."""
    if not topology.gateways:
        return {}
    from inferc.compiler.topology.gateways_json import gateway_data

    return {"gateways": [gateway_data(gateway) for gateway in topology.gateways]}


def _edge(edge: GraphEdge) -> dict[str, Json]:
    rate: dict[str, Json] = {} if edge.rate_per_s is None else {"rate_per_s": edge.rate_per_s}
    ends: dict[str, Json] = {"source": edge.source, "target": edge.target}
    return {**ends, "kind": edge.kind.value, **rate, **edge.attributes}
