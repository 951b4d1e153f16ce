"""Where Graphviz places the boxes of a scene: for formats that have no layout of their own."""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from inferc.targets.diagram import measure
from inferc.targets.diagram.digraph import Graph, digraph
from inferc.targets.diagram.dot import FREE
from inferc.targets.diagram.measure import Spot
from inferc.targets.diagram.scene import Group, Item, Scene, Stack, titles

POINTS = 72.0
"""Of an inch, in which Graphviz takes sizes."""

Run = Callable[[str], str]
"""Lays a DOT program out and returns it as JSON."""


def place(scene: Scene, run: Run) -> tuple[Spot, ...]:
    """Return the outermost items of ``scene`` at their places, each with all that is in it."""
    skeleton = _Skeleton(scene)
    laid_out = json.loads(run(skeleton.source))
    bottom = float(laid_out["bb"].split(",")[3])
    found = {item["name"]: item for item in laid_out.get("objects", ())}
    return tuple(skeleton.spots(found, bottom))


class _Skeleton:
    """The scene as boxes of fixed sizes, whose names are numbers."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.names: dict[str, str] = {}
        self.inner: dict[str, str] = {}
        """The name of the node that holds an item."""
        self.sized: dict[str, Spot] = {}
        self.graph = digraph("skeleton")
        self.graph.attr("graph", rankdir="LR", nodesep="0.3", ranksep="0.8", compound="true")
        self.graph.attr("node", shape="box", fixedsize="true", label="")
        for item in scene.items:
            if isinstance(item, Stack):
                self._stack(item)
            else:
                self._item(self.graph, item)
        self._edges()

    @property
    def source(self) -> str:
        """The DOT program."""
        return self.graph.source

    def _stack(self, stack: Stack) -> None:
        with self.graph.subgraph() as rank:
            rank.attr(rank="same")
            for item in stack.items:
                self._item(rank, item)
        for upper, lower in pairwise(stack.items):
            self.graph.edge(self.inner[upper.id], self.inner[lower.id], style="invis")

    def _item(self, area: Graph, item: Item) -> None:
        if isinstance(item, Group) and not item.columns:
            name = f"cluster_{len(self.names)}"
            self.names[item.id] = name
            with area.subgraph(name=name) as inside:
                # Room for the title, which Graphviz does not know of.
                inside.attr(margin=f"{measure.head_height(item) + measure.PADDING}")
                for inner in item.items:
                    self._item(inside, inner)
            return
        own = measure.spot(item)
        name = f"n{len(self.names)}"
        self.names[item.id] = name
        self.sized[item.id] = own
        area.node(name, width=f"{own.width / POINTS}", height=f"{own.height / POINTS}")
        self.inner |= {inner: name for inner, _ in titles([item])}

    def _edges(self) -> None:
        drawn: set[tuple[str, str]] = set()
        for edge in self.scene.edges:
            ends = self.inner.get(edge.source, ""), self.inner.get(edge.target, "")
            if (
                "" not in ends
                and ends[0] != ends[1]
                and edge.line not in FREE
                and ends not in drawn
            ):
                drawn.add(ends)
                self.graph.edge(*ends)

    def spots(self, found: Mapping[str, Mapping[str, str]], bottom: float) -> Iterable[Spot]:
        """Yield the outermost items where Graphviz placed them; ``bottom`` is the lowest line."""
        for item in self.scene.items:
            for one in item.items if isinstance(item, Stack) else (item,):
                yield self._spot(one, found, bottom, 0.0, 0.0)

    def _spot(
        self,
        item: Item,
        found: Mapping[str, Mapping[str, str]],
        bottom: float,
        left: float,
        top: float,
    ) -> Spot:
        """Return an item at its place in what begins at ``left`` and ``top``."""
        at = found[self.names[item.id]]
        if item.id in self.sized:
            own = self.sized[item.id]
            x, y = (float(part) for part in at["pos"].split(","))
            return measure.moved(own, x - own.width / 2 - left, bottom - y - own.height / 2 - top)
        assert isinstance(item, Group)  # noqa: S101 - whatever has no size of its own is a frame
        low_x, low_y, high_x, high_y = (float(part) for part in at["bb"].split(","))
        inside = tuple(
            self._spot(inner, found, bottom, low_x, bottom - high_y) for inner in item.items
        )
        return Spot(
            item=item,
            x=low_x - left,
            y=bottom - high_y - top,
            width=high_x - low_x,
            height=high_y - low_y,
            inside=inside,
        )
