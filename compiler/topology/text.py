"""The topology as text, one line a fact: for goldens and for people who debug."""

from collections.abc import Iterator, Mapping

from inferc.compiler.topology.graph_types import Attribute, GraphEdge, Topology

ARROWS = {
    "traffic": "->",
    "placement": "on",
    "metrics": "~>",
    "control": "=>",
    "weights": "<-",
}
"""How each kind of edge is written."""


def render(topology: Topology) -> str:
    """Return ``topology`` as text: a head line, then the nodes, then the edges, as built."""
    return "\n".join(_lines(topology)) + "\n"


def _lines(topology: Topology) -> Iterator[str]:
    yield f"topology {topology.name} {topology.verdict.value} {topology.digest}"
    yield "nodes"
    for node in topology.nodes:
        yield f"  {node.kind.value} {node.id}{_attributes(node.attributes)}"
    yield "edges"
    for edge in topology.edges:
        yield f"  {_edge(edge)}"


def _edge(edge: GraphEdge) -> str:
    rate = "" if edge.rate_per_s is None else f" rate_per_s={edge.rate_per_s:.6g}"
    arrow = ARROWS[edge.kind.value]
    ends = (edge.target, edge.source) if arrow == "<-" else (edge.source, edge.target)
    return f"{ends[0]} {arrow} {ends[1]}{rate}{_attributes(edge.attributes)}"


def _attributes(attributes: Mapping[str, Attribute]) -> str:
    return "".join(f" {name}={_value(value)}" for name, value in attributes.items())


def _value(value: Attribute) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value if value.isidentifier() else repr(value)
        case float():
            return f"{value:.6g}"
        case int():
            return str(value)
