"""The door to the graphviz package, which writes DOT: quoting and nesting, no drawing."""

from contextlib import AbstractContextManager
from typing import Protocol, cast


class Graph(Protocol):
    """What is used of ``graphviz.Digraph``, with its types."""

    @property
    def source(self) -> str:
        """The DOT program."""
        ...

    def attr(self, kw: str | None = None, **attrs: str) -> None:
        """Set attributes of this graph, or defaults for its nodes or edges."""
        ...

    def node(self, name: str, label: str | None = None, **attrs: str) -> None:
        """Add a node."""
        ...

    def edge(self, tail_name: str, head_name: str, label: str | None = None, **attrs: str) -> None:
        """Add an edge."""
        ...

    def subgraph(self, *, name: str | None = None) -> AbstractContextManager["Graph"]:
        """Open a graph inside this one."""
        ...


def digraph(name: str) -> Graph:
    """Return an empty directed graph."""
    import graphviz  # type: ignore[import-untyped]

    return cast("Graph", graphviz.Digraph(name))  # pyright: ignore[reportUnknownMemberType]
