"""The topology as a DOT program."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import EdgeKind, GraphNode, NodeKind, Topology
from inferc.targets.diagram import boxes, markup, words
from inferc.targets.diagram.digraph import Graph, digraph
from inferc.targets.diagram.scene import Host, Part, Unit, build
from inferc.targets.diagram.themes import Theme

FONT = "Arial"
"""Every Graphviz knows its widths, with and without fonts installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A DOT program, and what its nodes stand for: names from the file never become DOT ids."""

    source: str
    names: Mapping[str, str]
    """What each DOT id stands for: ``n4`` is ``chat/service``."""
    label: str
    """What the picture shows, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part that was drawn: where edges to it end, and the cluster of its host."""

    part: Part
    host: str
    """The DOT id of the host's node."""
    port: str
    cluster: str
    count: int
    """How many times all of it is there."""


def draw(topology: Topology, theme: Theme) -> Drawing:
    """Return the DOT program for ``topology``."""
    return _Writer(topology, theme).drawing()


class _Writer:
    """Builds one DOT program, from the front of the topology to its accelerators."""

    def __init__(self, topology: Topology, theme: Theme) -> None:
        self.topology = topology
        self.theme = theme
        self.units = build(topology)
        self.names: dict[str, str] = {}
        self.others: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.boxes: list[Box] = []
        self.supply = self._supply()
        self.graph = digraph("topology")
        for kind, attributes in self._defaults().items():
            self.graph.attr(kind, **attributes)

    def _defaults(self) -> Mapping[str, dict[str, str]]:
        theme = self.theme
        return {
            "graph": {
                "rankdir": "LR",
                "compound": "true",
                "nodesep": "0.3",
                "ranksep": "0.4",
                "pad": "0.25",
                "bgcolor": theme.paper,
                "fontname": FONT,
                "fontcolor": theme.ink,
                "labelloc": "t",
                "labeljust": "l",
                "label": markup.label(boxes.title(self.topology, self.units, theme)),
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
        self._front()
        self._services()
        for number, unit in enumerate(self.units):
            self._unit(unit, f"cluster_u{number}")
        self._traffic()
        self._stages()
        self._hosts()
        for (source, target), look in self.supply.items():
            self.graph.edge(self.ids[source], self.ids[target], constraint="false", **look)
        label = words.description(self.topology)
        return Drawing(source=self.graph.source, names={**self.names, **self.others}, label=label)

    def _add(self, area: Graph, what: str, content: markup.Html) -> str:
        """Draw a node and return its DOT id; ``what`` is shown on hovering."""
        name = f"n{len(self.names)}"
        self.names[name] = what
        self.ids.setdefault(what, name)
        area.node(name, label=markup.label(content))
        return name

    # ---- nodes ---------------------------------------------------------------------------------

    def _front(self) -> None:
        """Draw the way of a request up to the services."""
        for node in self.topology.nodes:
            if node.kind in (NodeKind.CLIENT, NodeKind.GATEWAY, NodeKind.ROUTER):
                lines = words.client(node) if node.kind is NodeKind.CLIENT else ()
                self._add(self.graph, node.id, boxes.simple_box(node.title, lines, self.theme))

    def _services(self) -> None:
        """Draw services, what scales and feeds them, and the metrics, one below the other."""
        with self.graph.subgraph() as rank:
            rank.attr(rank="same")
            for node in self._column():
                self._add(rank, node.id, self._column_box(node))
            for upper, lower in pairwise(self._column()):
                self._link(rank, upper, lower)

    def _link(self, rank: Graph, upper: GraphNode, lower: GraphNode) -> None:
        """Keep ``upper`` above ``lower``: by the edge from below, or an invisible one."""
        look = self.supply.pop((lower.id, upper.id), None)
        ends = (self.ids[upper.id], self.ids[lower.id])
        if look is None:
            rank.edge(*ends, style="invis")
        else:
            rank.edge(*ends, dir="back", **look)
            self._call_back(*ends)

    def _call_back(self, tail: str, head: str) -> None:
        """Name an edge that was drawn against its direction, for the sake of the layout."""
        self.others[f"{tail}->{head}"] = f"{self.names[head]} to {self.names[tail]}"

    def _column(self) -> Iterable[GraphNode]:
        """Yield the nodes of the services' column from top to bottom."""
        metrics = [node for node in self.topology.nodes if node.kind is NodeKind.METRICS]
        for number, plan in enumerate(self.topology.planned, 1):
            name = plan.service.name
            for node in self.topology.nodes:
                if node.kind is NodeKind.SERVICE and node.title == name:
                    yield node
            own = [node for node in self.topology.nodes if node.attributes.get("service") == name]
            yield from (node for node in own if node.kind is NodeKind.AUTOSCALER)
            if number == len(self.topology.planned):
                yield from metrics
            yield from (node for node in own if node.kind is NodeKind.WEIGHTS)

    def _column_box(self, node: GraphNode) -> markup.Html:
        plans = {plan.service.name: plan for plan in self.topology.planned}
        name = str(node.attributes.get("service", node.title))
        plan = plans.get(name)
        match node.kind:
            case NodeKind.SERVICE if plan:
                return boxes.service_box(plan, self.theme)
            case NodeKind.AUTOSCALER if plan:
                return boxes.simple_box(node.title, words.scaling(plan), self.theme)
            case NodeKind.WEIGHTS if plan:
                return boxes.simple_box(f"{name} weights", words.weights(plan), self.theme)
            case _:
                return boxes.simple_box(node.title, (), self.theme)

    def _unit(self, unit: Unit, cluster: str) -> None:
        """Draw hosts that share replicas, each with what runs on it."""
        for number, host in enumerate(unit.hosts):
            name = f"{cluster}_{number}"
            self.others[name] = words.host_title(host)
            with self.graph.subgraph(name=name) as inside:
                inside.attr(
                    label=markup.label(boxes.host_label(unit, host, self.theme)),
                    labeljust="l",
                    style="rounded,filled",
                    fillcolor=self.theme.panel,
                    pencolor=self.theme.line,
                    margin="6",
                )
                self._host(inside, host, name, unit.count)

    def _host(self, inside: Graph, host: Host, cluster: str, count: int) -> None:
        parts = [(part, self._note(part)) for part in host.parts]
        node = self._add(inside, words.host_title(host), boxes.host_box(parts, host, self.theme))
        for number, part in enumerate(host.parts):
            port = boxes.port(number)
            self.boxes.append(Box(part=part, host=node, port=port, cluster=cluster, count=count))

    def _note(self, part: Part) -> str:
        """Return what stands beside the name of a replica."""
        plans = {plan.service.name: plan for plan in self.topology.planned}
        if part.service not in plans:
            return ""
        plan = plans[part.service]
        if not isinstance(plan, ServicePlan):
            return "" if plan.configuration.part == "whole" else plan.configuration.part
        shape = plan.configuration
        if shape.pipeline_parallel > 1 and len(part.rows) == 1:
            return f"stage {part.rows[0][0]}"
        return f"TP {shape.tensor_parallel}" if shape.tensor_parallel > 1 else ""

    # ---- edges ---------------------------------------------------------------------------------

    def _traffic(self) -> None:
        """Draw the way of the requests, each edge with its rate."""
        for edge in self.topology.edges:
            if edge.kind is EdgeKind.TRAFFIC and edge.target in self.ids:
                label = words.rate(edge.rate_per_s or 0.0)
                self._arrow(self.ids[edge.source], self.ids[edge.target], label)
        for plan in self.topology.planned:
            share = words.rate(plan.service.load.rate_per_s.value / plan.configuration.replicas)
            source = self._id(plan, NodeKind.SERVICE)
            for box in self._boxes(plan.service.name):
                if any(stage == 0 for stage, _ in box.part.rows):
                    each = " each" if len(box.part.replicas) * box.count > 1 else ""
                    self._arrow(source, f"{box.host}:{box.port}:w", share + each)

    def _arrow(self, source: str, target: str, label: str) -> None:
        color = self.theme.traffic
        self.graph.edge(
            source,
            target,
            label=f" {label} ",
            color=color,
            fontcolor=color,
            penwidth="1.6",
            weight="3",
        )

    def _id(self, plan: words.Planned, kind: NodeKind) -> str:
        """Return the DOT id of what belongs to a service."""
        name = plan.service.name
        return next(
            self.ids[node.id]
            for node in self.topology.nodes
            if node.kind is kind
            and name in (node.attributes.get("service"), kind is NodeKind.SERVICE and node.title)
        )

    def _boxes(self, service: str) -> Iterable[Box]:
        return (box for box in self.boxes if box.part.service == service)

    def _stages(self) -> None:
        """Draw what flows between the stages of a replica on different hosts."""
        for upper, lower in pairwise(self.boxes):
            same = upper.part.service == lower.part.service
            if same and upper.part.replicas == lower.part.replicas and upper.host != lower.host:
                ends = (f"{upper.host}:{upper.port}:e", f"{lower.host}:{lower.port}:e")
                self.graph.edge(*ends, penwidth="1.6", constraint="false")

    def _supply(self) -> dict[tuple[str, str], dict[str, str]]:
        """Return the edges of metrics and scaling with their looks."""
        looks = {
            EdgeKind.METRICS: {"style": "dashed"},
            EdgeKind.CONTROL: {"style": "dashed", "color": self.theme.control},
        }
        replicas = {node.id for node in self.topology.nodes if node.kind is NodeKind.REPLICA}
        return {
            (edge.source, edge.target): looks[edge.kind]
            for edge in self.topology.edges
            if edge.kind in looks and edge.source not in replicas
        }

    def _hosts(self) -> None:
        """Draw metrics and weights once for a host, not for each of its accelerators."""
        kinds = {node.kind: node.id for node in self.topology.nodes}
        metrics = self.ids[kinds[NodeKind.METRICS]]
        used = {box.cluster: box.host for box in self.boxes if box.part.service}
        for cluster, host in used.items():
            self.graph.edge(
                metrics,
                f"{host}:{boxes.FOOT}:w",
                lhead=cluster,
                style="dashed",
                dir="back",
                weight="1",
            )
            self._call_back(metrics, host)
        for plan in self.topology.planned:
            weights = self._id(plan, NodeKind.WEIGHTS)
            own = {box.cluster: box.host for box in self._boxes(plan.service.name)}
            for cluster, host in own.items():
                self.graph.edge(
                    weights, f"{host}:{boxes.FOOT}:w", lhead=cluster, style="dotted", weight="1"
                )
