"""The topology as a Mermaid flowchart: what GitHub and GitLab draw from text.

Mermaid has no grid, so the accelerators of a replica are named in its box.
"""

import json
from collections.abc import Iterator, Mapping

from inferc.compiler.topology import EdgeKind, GraphNode, NodeKind, Topology
from inferc.targets.diagram import words
from inferc.targets.diagram.scene import Host, Part, Unit, build
from inferc.targets.diagram.themes import REPLICAS, ink_on, replica_color

PLAIN = frozenset(" .,_-+=()/:%")
"""Characters besides letters and digits that mean nothing inside a quoted label."""

BREAK = "<br/>"

LINKS = {
    EdgeKind.TRAFFIC: "-->",
    EdgeKind.METRICS: "-.->",
    EdgeKind.CONTROL: "-.->",
    EdgeKind.WEIGHTS: "-.->",
}


def escape(text: str) -> str:
    """Return ``text`` for the inside of a quoted label: what might mean something, as a code.

    Source: mermaid.js.org/syntax/flowchart.html, section Entity codes to escape characters.
    """
    return "".join(_escape(char) for char in text)


def _escape(char: str) -> str:
    if char.isspace():
        return " "
    if char in PLAIN or char.isalnum() or (not char.isascii() and char.isprintable()):
        return char
    return f"#{ord(char)};"


def quoted(*lines: str) -> str:
    """Return ``lines`` as one quoted label."""
    return f'"{BREAK.join(escape(line) for line in lines if line)}"'


def render(topology: Topology) -> str:
    """Return the flowchart of ``topology``."""
    return "\n".join(_Writer(topology).lines()) + "\n"


class _Writer:
    """Writes one flowchart; ids are numbers in the order of drawing."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.ids: dict[str, str] = {}
        self.units = build(topology)
        self.parts: list[tuple[Part, Unit, str]] = []

    def lines(self) -> Iterator[str]:
        """Yield the lines of the flowchart."""
        yield "---"
        yield f"title: {json.dumps(self._title())}"
        yield "---"
        yield "flowchart LR"
        yield from self._nodes()
        for number, unit in enumerate(self.units):
            yield from self._unit(unit, number)
        yield from self._edges()
        yield from self._classes()

    def _title(self) -> str:
        verdict, digest = self.topology.verdict.value, words.digest(self.topology)
        name = "".join(c if c.isalnum() or c in PLAIN else " " for c in self.topology.name)
        return f"{words.shorten(name)}: {verdict}, plan {digest}"

    def _id(self, name: str) -> str:
        return self.ids.setdefault(name, f"n{len(self.ids)}")

    def _nodes(self) -> Iterator[str]:
        plans = {plan.service.name: plan for plan in self.topology.planned}
        for node in self.topology.nodes:
            plan = plans.get(str(node.attributes.get("service", node.title)))
            match node.kind:
                case NodeKind.CLIENT:
                    label = quoted(node.title, *words.client(node))
                    yield f"  {self._id(node.id)}([{label}])"
                case NodeKind.GATEWAY | NodeKind.ROUTER | NodeKind.METRICS:
                    yield f"  {self._id(node.id)}[{quoted(node.title)}]"
                case NodeKind.SERVICE if plan:
                    sla = [
                        f"{line.metric} {line.predicted} {line.limit}, {line.margin}"
                        for line in words.sla_lines(plan)
                    ]
                    title = words.shorten(node.title)
                    model = words.shorten(plan.service.model.title)
                    label = quoted(title, model, words.shape(plan), *sla)
                    yield f"  {self._id(node.id)}[{label}]"
                case NodeKind.AUTOSCALER if plan:
                    label = quoted(words.shorten(node.title), *words.scaling(plan))
                    yield f"  {self._id(node.id)}[{label}]"
                case NodeKind.WEIGHTS if plan:
                    title = words.shorten(f"{plan.service.name} weights")
                    label = quoted(title, *words.weights(plan))
                    yield f"  {self._id(node.id)}[({label})]"
                case _:
                    pass

    def _unit(self, unit: Unit, number: int) -> Iterator[str]:
        for place, host in enumerate(unit.hosts):
            times = f" {words.TIMES_SIGN} {unit.count}" if unit.count > 1 else ""
            title = words.unit_title(unit) if len(unit.hosts) == 1 else words.host_title(host)
            hardware = words.hardware(host.accelerators, host.accelerator)
            yield f"  subgraph u{number}_{place} [{quoted(title + times, hardware)}]"
            for index, part in enumerate(host.parts):
                node = f"p{number}_{place}_{index}"
                self.parts.append((part, unit, node))
                yield f"    {node}[{quoted(words.part_title(part), *_tiles(part, host))}]"
            yield "  end"

    def _edges(self) -> Iterator[str]:
        for edge in self.topology.edges:
            if edge.kind in LINKS and edge.source in self.ids and edge.target in self.ids:
                label = "" if edge.rate_per_s is None else words.rate(edge.rate_per_s)
                yield self._link(self.ids[edge.source], self.ids[edge.target], edge.kind, label)
        nodes: Mapping[NodeKind, GraphNode] = {node.kind: node for node in self.topology.nodes}
        for plan in self.topology.planned:
            name = plan.service.name
            service = self._of(name, NodeKind.SERVICE)
            weights = self._of(name, NodeKind.WEIGHTS)
            share = words.rate(plan.service.load.rate_per_s.value / plan.configuration.replicas)
            for part, unit, node in self.parts:
                if part.service != name:
                    continue
                if any(stage == 0 for stage, _ in part.rows):
                    each = " each" if len(part.replicas) * unit.count > 1 else ""
                    yield self._link(service, node, EdgeKind.TRAFFIC, share + each)
                yield self._link(weights, node, EdgeKind.WEIGHTS, "")
                metrics = self.ids[nodes[NodeKind.METRICS].id]
                yield self._link(node, metrics, EdgeKind.METRICS, "")

    def _of(self, service: str, kind: NodeKind) -> str:
        return next(
            self.ids[node.id]
            for node in self.topology.nodes
            if node.kind is kind and node.attributes.get("service", node.title) == service
        )

    def _link(self, source: str, target: str, kind: EdgeKind, label: str) -> str:
        shown = f"|{quoted(label)}|" if label else ""
        return f"  {source} {LINKS[kind]}{shown} {target}"

    def _classes(self) -> Iterator[str]:
        """Yield the colours of replicas; idle accelerators are dashed."""
        numbers = sorted({p.number % len(REPLICAS) for p, _, _ in self.parts if p.service})
        for number in numbers:
            fill = replica_color(number)
            yield f"  classDef r{number} fill:{fill},stroke:{fill},color:{ink_on(fill)}"
        if not all(part.service for part, _, _ in self.parts):
            yield "  classDef idle stroke-dasharray:4 4"
        for part, _, node in self.parts:
            name = f"r{part.number % len(REPLICAS)}" if part.service else "idle"
            yield f"  class {node} {name}"


def _tiles(part: Part, host: Host) -> Iterator[str]:
    """Yield the accelerators of a part, one line for each pipeline stage."""
    for stage, gpus in part.rows:
        prefix = f"stage {stage}: " if len(part.rows) > 1 or stage else ""
        name = "GPU " if host.kind == "gpu" else f"{host.kind} "
        yield f"{prefix}{name}{words.ranges(gpus)}"
