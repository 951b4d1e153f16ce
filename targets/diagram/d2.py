"""A scene as a D2 program: text that is drawn by d2, with a layout of its own.

Source: d2lang.com/tour (strings, containers, grid diagrams, classes); d2 0.9.
"""

import json
from collections.abc import Iterator

from inferc.targets.diagram import markup
from inferc.targets.diagram.scene import (
    Box,
    Edge,
    Item,
    Kind,
    Row,
    Scene,
    Stack,
    Tile,
    legend,
    named,
    titles,
)
from inferc.targets.diagram.text import badge_text
from inferc.targets.diagram.themes import LINES, REPLICAS, Theme, ink_on, replica_color
from inferc.targets.diagram.words import TIMES_SIGN

INDENT = "  "
TILE = "width: 130; height: 56"
DASHES = {"solid": 0, "dashed": 4, "dotted": 2}

BREAK = "\\n"
"""Between lines of a label; escaped texts have no other backslash."""


def render(scene: Scene, theme: Theme) -> str:
    """Return ``scene`` as a D2 program."""
    return "\n".join(_Writer(scene, theme).lines()) + "\n"


def quoted(*lines: str) -> str:
    """Return ``lines`` as one quoted string that means nothing but its text.

    Substitutions begin with ``${``, escapes with a backslash; d2 knows no code for a character, so
    that what cannot be escaped is given by one that looks alike.
    """
    return '"' + BREAK.join(_escape(line) for line in lines if line) + '"'


def _escape(line: str) -> str:
    text = markup.readable(line)
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")


class _Writer:
    """Writes one program; ids are numbers in the order of writing."""

    def __init__(self, scene: Scene, theme: Theme) -> None:
        self.scene = scene
        self.theme = theme
        self.paths: dict[str, str] = {}
        self.count = 0
        self.joined = {end for edge in scene.edges for end in (edge.source, edge.target)}
        """What edges end at: d2 places nothing by edges that end inside a grid."""

    def lines(self) -> Iterator[str]:
        """Yield the lines of the program."""
        yield "direction: right"
        yield f"style.fill: {json.dumps(self.theme.paper)}"
        yield from self._classes()
        yield from self._title()
        for item in self.scene.items:
            inner = item.items if isinstance(item, Stack) else (item,)
            for one in inner:
                yield from self._item(one, "", 0)
        for edge in self.scene.edges:
            yield from self._edge(edge)

    def _classes(self) -> Iterator[str]:
        """Yield the looks of boxes, tiles and lines that are there."""
        theme = self.theme
        frames = {
            "box": (theme.raised, theme.line, 0),
            "service": (theme.raised, theme.traffic, 0),
            "idle": (theme.raised, theme.muted, 4),
            "group": (theme.panel, theme.line, 0),
        }
        yield "classes: {"
        for name, (fill, stroke, dash) in frames.items():
            look = _style(fill=fill, stroke=stroke, dash=dash, ink=theme.ink, border_radius=8)
            yield f"  {name}: {{{look}}}"
        colors, idle, lines = legend(self.scene, len(REPLICAS))
        for index in colors:
            fill = replica_color(index)
            look = _style(fill=fill, stroke=fill, ink=ink_on(fill))
            yield f"  r{index}: {{{look}; {TILE}}}"
        if idle:
            look = _style(fill=theme.raised, stroke=theme.muted, dash=3, ink=theme.muted)
            yield f"  spare: {{{look}; {TILE}}}"
        for line in lines:
            drawn = LINES[line]
            color, dash = theme.of(drawn.color), DASHES[drawn.style]
            look = _style(stroke=color, dash=dash, ink=color, stroke_width=drawn.width)
            yield f"  {line.name.lower()}: {{{look}}}"
        yield "}"

    def _title(self) -> Iterator[str]:
        scene = self.scene
        verdict = ", ".join(badge.verdict for badge in scene.badges)
        head = quoted(f"{scene.title}: {verdict}", scene.doc, " · ".join(scene.facts))
        yield f"title: {head} {{"
        yield f"  shape: text; near: top-center; {_style(ink=self.theme.ink, font_size=20)}"
        yield "}"
        _, _, lines = legend(scene, len(REPLICAS))
        if lines:
            yield "vars: {"
            yield "  d2-legend: {"
            yield '    a: "" {style.opacity: 0}'
            yield '    b: "" {style.opacity: 0}'
            for line in lines:
                yield f"    a -> b: {quoted(line.value)} {{class: {line.name.lower()}}}"
            yield "  }"
            yield "}"

    # ---- items ---------------------------------------------------------------------------------

    def _new(self, item: Item, parent: str) -> str:
        name = f"n{self.count}"
        self.count += 1
        self.paths[item.id] = f"{parent}{name}"
        return name

    def _item(self, item: Item, parent: str, depth: int) -> Iterator[str]:
        pad = INDENT * depth
        name = self._new(item, parent)
        if isinstance(item, Box):
            yield from self._box(item, name, pad)
            return
        title = named(item, TIMES_SIGN)
        yield f"{pad}{name}: {quoted(title, *item.lines)} {{"
        yield f"{pad}  class: group"
        if item.columns and not self.joined & set(dict(titles(item.items))):
            yield f"{pad}  grid-columns: {max(1, min(item.columns, len(item.items)))}"
        for inner in item.items:
            yield from self._item(inner, f"{parent}{name}.", depth + 1)
        yield f"{pad}}}"

    def _box(self, box: Box, name: str, pad: str) -> Iterator[str]:
        head = named(box, TIMES_SIGN) + (f" · {box.aside}" if box.aside else "")
        bar = (box.bar.text,) if box.bar else ()
        label = quoted(head, *box.lines, *map(badge_text, box.badges), *bar)
        frame = {Kind.SERVICE: "service", Kind.IDLE: "idle"}.get(box.kind, "box")
        shape = {Kind.CLIENT: "person", Kind.STORE: "cylinder"}.get(box.kind)
        yield f"{pad}{name}: {label} {{"
        yield f"{pad}  class: {frame}"
        if shape and not box.rows and box.kind is Kind.CLIENT:
            yield f"{pad}  shape: {shape}"
        if box.rows:
            yield f"{pad}  grid-columns: {min(4, max(len(row.tiles) for row in box.rows))}"
            yield f"{pad}  grid-gap: 6"
        number = 0
        for row in box.rows:
            for tile in row.tiles:
                yield f"{pad}  t{number}: {self._tile(tile, row)}"
                number += 1
        yield f"{pad}}}"

    def _tile(self, tile: Tile, row: Row) -> str:
        kind = "spare" if tile.color is None else f"r{tile.color % len(REPLICAS)}"
        return f"{quoted(tile.title, tile.note, row.title)} {{class: {kind}}}"

    def _edge(self, edge: Edge) -> Iterator[str]:
        ends = f"{self.paths[edge.source]} -> {self.paths[edge.target]}"
        label = f" {quoted(edge.label)}" if edge.label else ""
        yield f"{ends}:{label} {{class: {edge.line.name.lower()}}}"


def _style(*, dash: int = 0, ink: str = "", **settings: str | int) -> str:
    """Return looks as D2 spells them."""
    told: dict[str, str | int] = {"font-color": ink, **({"stroke-dash": dash} if dash else {})}
    told |= {name.replace("_", "-"): value for name, value in settings.items()}
    return f"style: {{{'; '.join(f'{name}: {json.dumps(told[name])}' for name in told)}}}"
