"""A scene as a DOT program, drawn by Graphviz."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from inferc.targets.diagram import boxes, markup
from inferc.targets.diagram.digraph import Graph, digraph
from inferc.targets.diagram.scene import SERVING, Box, Edge, Group, Item, Line, Scene, Stack
from inferc.targets.diagram.themes import LINES, Theme

FONT = "Arial"
"""Every Graphviz knows its widths, with and without fonts installed."""

FREE = (Line.METRICS, Line.SCALING, Line.WEIGHTS, Line.STAGES, Line.HANDOVER)
"""Lines that may run anywhere: where boxes stand is decided by the others."""

SUPPLY = (Line.METRICS, Line.WEIGHTS)
"""Lines that end at the foot of a group, where those of requests do not cross them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A DOT program, and what its parts stand for: names from the file never become DOT ids."""

    source: str
    names: Mapping[str, str]
    """What each id in the picture stands for: ``topology_n4`` is ``chat``."""
    label: str
    """What the picture shows, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where edges to an item end."""

    node: str
    port: str
    title: str
    group: bool
    stack: int
    """Its place in a stack, from the top, above 0; 0 outside."""


def draw(scene: Scene, theme: Theme) -> Drawing:
    """Return the DOT program for ``scene``."""
    return _Writer(scene, theme).drawing()


class _Writer:
    """Builds one DOT program; ids are numbers in the order of drawing."""

    def __init__(self, scene: Scene, theme: Theme) -> None:
        self.scene = scene
        self.theme = theme
        self.names: dict[str, str] = {}
        self.ends: dict[str, End] = {}
        self.graph = digraph(scene.view)
        for kind, attributes in self._defaults().items():
            self.graph.attr(kind, **attributes)

    def _defaults(self) -> Mapping[str, dict[str, str]]:
        theme = self.theme
        return {
            "graph": {
                "id": self.scene.view,
                "rankdir": "LR",
                "compound": "true",
                "nodesep": "0.3",
                "ranksep": "0.45",
                "pad": "0.25",
                "bgcolor": theme.paper,
                "fontname": FONT,
                "fontcolor": theme.ink,
                "labelloc": "t",
                "labeljust": "l",
                "label": markup.label(boxes.title(self.scene, theme)),
            },
            "node": {
                "shape": "plain",
                "fontname": FONT,
                "fontsize": "12",
                "fontcolor": theme.ink,
            },
            "edge": {
                "fontname": FONT,
                "fontsize": "10",
                "arrowsize": "0.7",
                "color": theme.muted,
                "fontcolor": theme.muted,
            },
        }

    def drawing(self) -> Drawing:
        """Return the whole program."""
        for item in self.scene.items:
            if isinstance(item, Stack):
                self._stack(item)
            else:
                self._item(self.graph, item)
        for number, edge in enumerate(self.scene.edges):
            self._edge(edge, number)
        names = {**self.names, self.scene.view: self.scene.label}
        return Drawing(source=self.graph.source, names=names, label=self.scene.label)

    def _name(self, prefix: str, title: str) -> str:
        """Return a new id, which stands for ``title``."""
        name = f"{prefix}{len(self.names)}"
        self.names[f"{self.scene.view}_{name}"] = title
        return name

    # ---- items ---------------------------------------------------------------------------------

    def _stack(self, stack: Stack) -> None:
        """Draw boxes one below the other."""
        with self.graph.subgraph() as rank:
            rank.attr(rank="same")
            for place, item in enumerate(stack.items, 1):
                self._item(rank, item, place)
        drawn = {(edge.source, edge.target) for edge in self.scene.edges}
        for upper, lower in pairwise(stack.items):
            if not {(upper.id, lower.id), (lower.id, upper.id)} & drawn:
                ends = self.ends[upper.id].node, self.ends[lower.id].node
                self.graph.edge(*ends, style="invis")

    def _item(self, area: Graph, item: Item, place: int = 0) -> None:
        if isinstance(item, Box):
            self._node(area, item, boxes.box(item, self.theme), place)
        elif item.columns:
            node = self._node(area, item, markup.Html(""), 0)
            content = boxes.group(item, self.theme, lambda inner: self.ends[inner].port, boxes.FOOT)
            area.node(node, label=markup.label(content), id=f"{self.scene.view}_{node}")
        else:
            self._cluster(area, item)

    def _node(self, area: Graph, item: Item, content: markup.Html, place: int) -> str:
        """Draw a node and return its DOT id; what lies inside it is reached by ports."""
        node = self._name("n", item.title)
        self.ends[item.id] = End(
            node=node, port="", title=item.title, group=isinstance(item, Group), stack=place
        )
        if isinstance(item, Box):
            area.node(node, label=markup.label(content), id=f"{self.scene.view}_{node}")
        else:
            for number, inner in enumerate(_inside(item)):
                self.ends[inner.id] = End(
                    node=node, port=f"p{number}", title=inner.title, group=False, stack=0
                )
        return node

    def _cluster(self, area: Graph, item: Group) -> None:
        name = self._name("cluster_", item.title)
        with area.subgraph(name=name) as inside:
            inside.attr(
                id=f"{self.scene.view}_{name}",
                label=markup.label(boxes.group_label(item, self.theme, padding=3)),
                labeljust="l",
                style="rounded,filled",
                fillcolor=self.theme.panel,
                pencolor=self.theme.line,
                margin="10",
            )
            for inner in item.items:
                self._item(inside, inner)

    # ---- edges ---------------------------------------------------------------------------------

    def _edge(self, edge: Edge, number: int) -> None:
        """Draw an edge; one that runs against the reading direction is drawn the other way."""
        tail, head = self.ends[edge.source], self.ends[edge.target]
        name = f"{self.scene.view}_e{number}"
        self.names[name] = f"{tail.title} to {head.title}: {edge.line.value}"
        attributes = {"id": name, **self._look(edge)}
        if tail.stack > head.stack > 0 or (head.stack and not tail.stack and edge.line in FREE):
            tail, head = head, tail
            attributes["dir"] = "back"
        beside = bool(tail.port and head.port)
        if beside or (tail.stack and head.stack - tail.stack > 1):
            attributes["constraint"] = "false"
        low = edge.line in SUPPLY
        sides = ("e", "e" if beside else "w")
        ends = (_end(end, side, low=low) for end, side in zip((tail, head), sides, strict=True))
        self.graph.edge(*ends, **attributes)

    def _look(self, edge: Edge) -> dict[str, str]:
        """Return how an edge is drawn."""
        look = LINES[edge.line]
        color = self.theme.of(look.color)
        attributes = {
            "style": look.style,
            "color": color,
            "penwidth": f"{0.6 + 0.5 * look.width:g}",
        }
        if edge.line in SERVING:
            attributes["weight"] = "3"
        if edge.label:
            attributes["label"] = markup.label(boxes.edge_label(edge.label, color, self.theme))
        return attributes


def _end(end: End, side: str, *, low: bool) -> str:
    """Return where an edge ends: at a side of a port of its node, or ``low`` at the foot."""
    if end.port:
        return f"{end.node}:{end.port}:{side}"
    return f"{end.node}:{boxes.FOOT}:w" if low and end.group else end.node


def _inside(group: Group) -> Iterator[Item]:
    """Yield everything inside a group."""
    for item in group.items:
        yield item
        if isinstance(item, Group):
            yield from _inside(item)
