"""A scene as a draw.io file: mxGraph XML, to be edited by hand afterwards.

Source: drawio.com/doc/faq/drawio-style-reference; the cells of mxGraph, jgraph/mxgraph.
"""

from collections.abc import Iterable, Iterator

from inferc.targets.diagram import measure
from inferc.targets.diagram.markup import xml
from inferc.targets.diagram.measure import Spot
from inferc.targets.diagram.scene import Box, Edge, Group, Kind, Scene, Tile, legend
from inferc.targets.diagram.themes import LINES, REPLICAS, Theme, ink_on, replica_color

MARGIN = 20
HEADER = 110
"""Height of the title and the legend above the picture."""

HEAD_SIZE = 14

LEGEND_STEP = 14
"""Between the words of a legend and the next sample."""

DASHES = {"solid": "", "dashed": "dashed=1;dashPattern=6 4;", "dotted": "dashed=1;dashPattern=1 4;"}

ROOT = "1"
"""The layer that all cells lie in."""


def render(scene: Scene, spots: Iterable[Spot], theme: Theme) -> str:
    """Return ``scene`` with its items at ``spots`` as a draw.io file."""
    return "\n".join(_Writer(scene, theme).lines(tuple(spots))) + "\n"


class _Writer:
    """Writes one file; ids are numbers in the order of writing."""

    def __init__(self, scene: Scene, theme: Theme) -> None:
        self.scene = scene
        self.theme = theme
        self.ids: dict[str, str] = {}
        self.count = 0

    def lines(self, spots: tuple[Spot, ...]) -> Iterator[str]:
        """Yield the lines of the file."""
        width = max((s.x + s.width for s in spots), default=0.0) + 2 * MARGIN
        width = max(width, self._head_width() + 2 * MARGIN)
        height = max((s.y + s.height for s in spots), default=0.0) + 2 * MARGIN + HEADER
        page = f'pageWidth="{width:.0f}" pageHeight="{height:.0f}"'
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield '<mxfile host="inferc">'
        yield f'  <diagram id="{self.scene.view}" name="{self.scene.view}">'
        yield (
            f'    <mxGraphModel dx="0" dy="0" grid="1" gridSize="10" page="1" {page} '
            f'background="{self.theme.paper}">'
        )
        yield "      <root>"
        yield '        <mxCell id="0"/>'
        yield f'        <mxCell id="{ROOT}" parent="0"/>'
        yield from self._head()
        for own in spots:
            yield from self._spot(measure.moved(own, own.x + MARGIN, own.y + HEADER), ROOT)
        for edge in self.scene.edges:
            yield from self._edge(edge)
        yield "      </root>"
        yield "    </mxGraphModel>"
        yield "  </diagram>"
        yield "</mxfile>"

    def _id(self) -> str:
        self.count += 1
        return f"c{self.count}"

    # ---- head ----------------------------------------------------------------------------------

    def _head_width(self) -> float:
        told = (self.scene.doc, " · ".join(self.scene.facts))
        title = measure.text_width(self.scene.title, HEAD_SIZE + 2) + LEGEND_STEP * 10
        return max(title, *(measure.text_width(text, HEAD_SIZE) for text in told))

    def _head(self) -> Iterator[str]:
        scene = self.scene
        verdict = ", ".join(badge.verdict for badge in scene.badges)
        text = _html(f"{scene.title}: {verdict}", (scene.doc, " · ".join(scene.facts)))
        yield from self._vertex(
            text,
            f"text;{self._style(size=HEAD_SIZE, align='left', valign='top')}",
            ROOT,
            (MARGIN, MARGIN / 2, self._head_width(), 62),
        )
        used, idle, lines = legend(scene, len(REPLICAS))
        samples = [
            (
                f"fillColor={replica_color(index)};strokeColor=none;",
                "" if index != used[-1] else "accelerators of one replica",
            )
            for index in used
        ]
        if idle:
            samples.append((f"fillColor=none;strokeColor={self.theme.muted};dashed=1;", "idle"))
        x, y = float(MARGIN), HEADER - 30.0
        for style, meaning in samples:
            yield from self._vertex("", style, ROOT, (x, y + 3, 16, 12))
            x += 20
            if meaning:
                yield from self._words(meaning, x, y)
                x += measure.text_width(meaning) + LEGEND_STEP
        for line in lines:
            look = LINES[line]
            stroke = f"strokeColor={self.theme.of(look.color)};strokeWidth={look.width};"
            style = f"line;{stroke}{DASHES[look.style]}"
            yield from self._vertex("", style, ROOT, (x, y + 4, 26, 10))
            x += 30
            yield from self._words(line.value, x, y)
            x += measure.text_width(line.value) + LEGEND_STEP

    def _words(self, text: str, x: float, y: float) -> Iterator[str]:
        style = f"text;{self._style(color=self.theme.muted, align='left')}"
        yield from self._vertex(
            _html("", (text,)), style, ROOT, (x, y, measure.text_width(text) + 8, 18)
        )

    # ---- items ---------------------------------------------------------------------------------

    def _spot(self, own: Spot, parent: str) -> Iterator[str]:
        item = own.item
        place = (own.x, own.y, own.width, own.height)
        cell = self._id()
        match item:
            case str():
                style = f"text;{self._style(color=self.theme.muted, align='left')}"
                text = _html("", (item,))
            case Tile():
                text, style = self._tile(item)
            case Group():
                text = _html(measure.head_of(item), item.lines)
                style = self._frame(self.theme.panel, self.theme.line, container=True)
            case _:
                text = _html(measure.head_of(item), measure.lines_of(item))
                style = self._box(item)
        if isinstance(item, Box | Group):
            self.ids[item.id] = cell
        yield from self._vertex(text, style, parent, place, cell)
        for inner in own.inside:
            yield from self._spot(inner, cell)

    def _box(self, box: Box) -> str:
        theme = self.theme
        stroke = theme.traffic if box.kind is Kind.SERVICE else theme.line
        style = self._frame(theme.raised, stroke, container=bool(box.rows))
        return style + ("dashed=1;" if box.kind is Kind.IDLE else "")

    def _frame(self, fill: str, stroke: str, *, container: bool) -> str:
        held = "container=1;collapsible=0;" if container else ""
        return (
            f"rounded=1;arcSize=8;absoluteArcSize=1;{held}fillColor={fill};strokeColor={stroke};"
            f"spacing=6;spacingLeft=4;{self._style(align='left', valign='top')}"
        )

    def _tile(self, tile: Tile) -> tuple[str, str]:
        text = _html(tile.title, (tile.note,))
        if tile.color is None:
            muted = self.theme.muted
            look = f"fillColor=none;strokeColor={muted};dashed=1;{self._style(color=muted, size=9)}"
        else:
            fill = replica_color(tile.color)
            ink = ink_on(fill)
            look = f"fillColor={fill};strokeColor=none;{self._style(color=ink, size=9)}"
        return text, f"connectable=0;{look}"

    def _style(
        self,
        *,
        color: str = "",
        size: int = measure.TEXT,
        align: str = "center",
        valign: str = "middle",
    ) -> str:
        return (
            f"html=1;fontFamily=Arial;fontSize={size};fontColor={color or self.theme.ink};"
            f"align={align};verticalAlign={valign};"
        )

    def _vertex(
        self,
        text: str,
        style: str,
        parent: str,
        place: tuple[float, float, float, float],
        cell: str = "",
    ) -> Iterator[str]:
        x, y, width, height = place
        name = cell or self._id()
        at = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        what = f'value="{text}" style="{style}" vertex="1" parent="{parent}"'
        yield f'        <mxCell id="{name}" {what}>'
        yield f'          <mxGeometry {at} as="geometry"/>'
        yield "        </mxCell>"

    def _edge(self, edge: Edge) -> Iterator[str]:
        look = LINES[edge.line]
        color = self.theme.of(look.color)
        style = (
            f"edgeStyle=orthogonalEdgeStyle;rounded=1;endArrow=block;html=1;strokeColor={color};"
            f"strokeWidth={look.width};fontColor={color};fontSize=10;"
            f"labelBackgroundColor={self.theme.paper};{DASHES[look.style]}"
        )
        ends = f'source="{self.ids[edge.source]}" target="{self.ids[edge.target]}"'
        text = _html("", (edge.label,))
        yield (
            f'        <mxCell id="{self._id()}" value="{text}" style="{style}" edge="1" '
            f'parent="{ROOT}" {ends}>'
        )
        yield '          <mxGeometry relative="1" as="geometry"/>'
        yield "        </mxCell>"


def _html(title: str, lines: Iterable[str]) -> str:
    """Return a label as draw.io wants it: HTML, of which every text is escaped, as an attribute."""
    head = [f"<b>{xml(title)}</b>"] if title else []
    return xml("<br>".join([*head, *(xml(line) for line in lines if line)]))
