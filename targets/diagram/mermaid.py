"""A scene as a Mermaid flowchart: what GitHub and GitLab draw from text.

Mermaid has no grid, so the accelerators of a replica are named in its box.
"""

import json
from collections.abc import Iterator

from inferc.targets.diagram import markup
from inferc.targets.diagram.scene import (
    Box,
    Edge,
    Group,
    Item,
    Kind,
    Line,
    Scene,
    Stack,
    named,
)
from inferc.targets.diagram.text import badge_text, row_text
from inferc.targets.diagram.themes import LINES, REPLICAS, Theme, ink_on, replica_color
from inferc.targets.diagram.words import TIMES_SIGN

PLAIN = frozenset(" .,_-+=()/:%")
"""Characters besides letters and digits that mean nothing inside a quoted label."""

BREAK = "<br/>"

DASHES = {"solid": "", "dashed": ",stroke-dasharray:6 4", "dotted": ",stroke-dasharray:2 4"}

FRAMES = {
    Kind.CLIENT: ("([", "])"),
    Kind.STORE: ("[(", ")]"),
}
"""Shapes of boxes that are no plain ones."""


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
    if not markup.is_readable(char):
        return markup.REPLACEMENT
    return f"#{ord(char)};"


def quoted(*lines: str) -> str:
    """Return ``lines`` as one quoted label."""
    return f'"{BREAK.join(escape(line) for line in lines if line)}"'


def render(scene: Scene, theme: Theme) -> str:
    """Return the flowchart of ``scene``."""
    return "\n".join(_Writer(scene, theme).lines()) + "\n"


class _Writer:
    """Writes one flowchart; ids are numbers in the order of drawing."""

    def __init__(self, scene: Scene, theme: Theme) -> None:
        self.scene = scene
        self.theme = theme
        self.ids: dict[str, str] = {}
        self.classes: dict[str, list[str]] = {}

    def lines(self) -> Iterator[str]:
        """Yield the lines of the flowchart."""
        yield "---"
        yield f"title: {json.dumps(self._title())}"
        yield "---"
        yield "flowchart LR"
        yield f"  accTitle: {_told(self.scene.title)}"
        yield f"  accDescr: {_told(self.scene.label)}"
        for item in self.scene.items:
            for one in item.items if isinstance(item, Stack) else (item,):
                yield from self._item(one, "  ")
        for edge in self.scene.edges:
            yield self._link(edge)
        yield from self._looks()

    def _title(self) -> str:
        verdict = ", ".join(badge.verdict for badge in self.scene.badges)
        fact = self.scene.facts[0] if self.scene.facts else ""
        head = f"{self.scene.title}: {verdict}"
        return _told(", ".join(part for part in (head, fact) if part))

    def _item(self, item: Item, pad: str) -> Iterator[str]:
        name = self.ids.setdefault(item.id, f"n{len(self.ids)}")
        title = named(item, TIMES_SIGN)
        if isinstance(item, Group):
            yield f"{pad}subgraph {name} [{quoted(title, *item.lines)}]"
            for inner in item.items:
                yield from self._item(inner, pad + "  ")
            yield f"{pad}end"
            self._is("group", name)
            return
        aside = f" · {item.aside}" if item.aside else ""
        bar = (item.bar.text,) if item.bar else ()
        told = (*item.lines, *map(badge_text, item.badges), *bar, *map(row_text, item.rows))
        left, right = FRAMES.get(item.kind, ("[", "]"))
        yield f"{pad}{name}{left}{quoted(title + aside, *told)}{right}"
        self._is(_look_of(item), name)

    def _is(self, look: str, name: str) -> None:
        self.classes.setdefault(look, []).append(name)

    def _link(self, edge: Edge) -> str:
        arrow = "==>" if edge.line is Line.HANDOVER else "-->"
        if LINES[edge.line].style != "solid":
            arrow = "-.->"
        shown = f"|{quoted(edge.label)}|" if edge.label else ""
        return f"  {self.ids[edge.source]} {arrow}{shown} {self.ids[edge.target]}"

    def _looks(self) -> Iterator[str]:
        """Yield the colours of boxes and lines."""
        theme = self.theme
        frames = {
            "box": (theme.raised, theme.line, theme.ink, ""),
            "service": (theme.raised, theme.traffic, theme.ink, ""),
            "idle": (theme.raised, theme.muted, theme.muted, ",stroke-dasharray:4 4"),
            "group": (theme.panel, theme.line, theme.ink, ""),
        }
        for look in sorted(self.classes):
            if look in frames:
                fill, stroke, ink, dash = frames[look]
            else:
                fill = stroke = replica_color(int(look[1:]))
                ink, dash = ink_on(fill), ""
            yield f"  classDef {look} fill:{fill},stroke:{stroke},color:{ink}{dash}"
            yield f"  class {','.join(self.classes[look])} {look}"
        lines: dict[Line, list[str]] = {}
        for number, edge in enumerate(self.scene.edges):
            lines.setdefault(edge.line, []).append(str(number))
        for line in Line:
            if line in lines:
                drawn = LINES[line]
                style = f"stroke:{theme.of(drawn.color)},stroke-width:{drawn.width}px"
                yield f"  linkStyle {','.join(lines[line])} {style}{DASHES[drawn.style]}"


def _look_of(box: Box) -> str:
    """Return the class of a box: the colour of its replica, where it has one."""
    colors = [tile.color for row in box.rows for tile in row.tiles if tile.color is not None]
    if colors:
        return f"r{colors[0] % len(REPLICAS)}"
    return {Kind.SERVICE: "service", Kind.IDLE: "idle"}.get(box.kind, "box")


def _told(text: str) -> str:
    """Return ``text`` for where Mermaid knows no codes: without what might mean something.

    A semicolon would end the statement; what it divides stays divided.
    """
    divided = text.replace(";", ",")
    kept = "".join(c if c.isalnum() or c in PLAIN else " " for c in divided)
    return " ".join(kept.split())
