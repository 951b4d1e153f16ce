"""What tests need to look into pictures."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

import pytest
from support import topologies

from inferc.targets.diagram.measure import text_width
from inferc.targets.diagram.render import find_program
from inferc.targets.diagram.scene import (
    Badge,
    Bar,
    Edge,
    Group,
    Kind,
    Line,
    Row,
    Scene,
    Stack,
    Tile,
    Tone,
    boxes,
)
from inferc.targets.diagram.scene import Box as SceneBox
from inferc.targets.diagram.views import scene_of

SVG = "{http://www.w3.org/2000/svg}"

RENDERERS = [
    pytest.param(
        "system",
        marks=pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz is installed"),
    ),
    "pure",
]

FEW = [
    pytest.param("system", marks=[*RENDERERS[0].marks, pytest.mark.slow]),
    "pure",
]
"""The same, for tests of which there are many."""

NASTY = [
    "<B>bold</B>",
    "</TD></TR></TABLE>>",
    "a & b &amp; c &#60;",
    'quo"te',
    "quo'te",
    "back\\slash \\N \\G \\L \\n",
    "two\nlines\r\nand\ttab",
    "nul\x00bell\x07esc\x1b[31m",
    "end",
    "subgraph",
    "a:b:c",
    "n0",
    "-->",
    "]]>",
    "<!-- comment -->",
    "<?xml version='1.0'?>",
    "<script>alert(1)</script>",
    "%%{init: {'theme':'dark'}}%%",
    "`**md**`",
    "#quot; #35; ;",
    "{a}|b|[c](d)",
    "click n0 href",
    'font-family="x" fill="transparent"',
    "<title>n3</title> n3->n4",
    "emoji \U0001f600 \u202eright to left\u202c",
    "\ufffe\uffff\ud7ff",
    "\u0085\u2028\u2029x",
    "x" * 500,
    "long " * 60,
    "名前",
]
"""Names and texts that mean something to one of the formats."""


@dataclass(frozen=True)
class Box:
    """A node as Graphviz placed it, in inches."""

    name: str
    left: float
    right: float
    bottom: float
    top: float

    def overlaps(self, other: "Box") -> bool:
        """Return whether two boxes share more than a border."""
        apart = 0.01
        return (
            self.left < other.right - apart
            and other.left < self.right - apart
            and self.bottom < other.top - apart
            and other.bottom < self.top - apart
        )


def layouts(sources: Sequence[str], renderer: str) -> list[list[Box]]:
    """Return where the nodes of DOT programs come to lie, all placed by one process."""
    found: list[list[Box]] = []
    for line in run("".join(sources), renderer, "-Tplain")[0].splitlines():
        if line.startswith("graph "):
            found.append([])
        if line.startswith("node "):
            _, name, *numbers = line.split(maxsplit=6)
            x, y, width, height = map(float, numbers[:4])
            box = Box(name, x - width / 2, x + width / 2, y - height / 2, y + height / 2)
            found[-1].append(box)
    assert len(found) == len(sources)
    return found


def written(picture: bytes) -> list[Box]:
    """Return where the texts of an SVG stand, a little smaller than they are, in its own units."""
    found = []
    for item in parse(picture).iter(f"{SVG}text"):
        shown = "".join(item.itertext()).strip("\xa0 ")
        size = float(item.get("font-size", "0"))
        width = text_width(shown, size) * SURELY
        left, base = float(item.get("x", "0")), -float(item.get("y", "0"))
        if item.get("text-anchor") == "middle":
            left -= width / 2
        if shown:
            found.append(Box(shown, left, left + width, base, base + size * 0.7))
    return found


SURELY = 0.8
"""Widths of letters are rounded up by no more."""


def run(source: str, renderer: str, *flags: str) -> tuple[str, str]:
    """Return what Graphviz printed, and what it complained about."""
    program = find_program(renderer)
    assert program is not None
    done = subprocess.run(
        [program, *flags], input=source.encode(), capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def parse(picture: bytes) -> ET.Element:
    """Return the root of an SVG. Raises ParseError where it is not well-formed."""
    return ET.fromstring(picture)  # noqa: S314  # our own picture


def texts(picture: bytes) -> list[str]:
    """Return the texts that an SVG shows, in its order; Graphviz writes runs of blanks as hard."""
    shown = ("".join(item.itertext()) for item in parse(picture).iter(f"{SVG}text"))
    return [text.replace("\xa0", " ") for text in shown]


def tags(picture: bytes) -> Counter[str]:
    """Return how many elements of each kind an SVG has."""
    return Counter(item.tag.removeprefix(SVG) for item in parse(picture).iter())


def titles(picture: bytes) -> list[str]:
    """Return what an SVG shows on hovering."""
    return [item.text or "" for item in parse(picture).iter(f"{SVG}title")]


def all_lines() -> Scene:
    """Return a scene with a line of every kind and a box of every kind, whatever plans have."""
    scene = scene_of("topology", topologies.disaggregated())
    ends = [box.id for box in boxes(scene.items)][:2]
    edges = [Edge(source=ends[0], target=ends[1], line=line, label=line.value) for line in Line]
    odd = [SceneBox(id=f"odd {kind.value}", title=kind.value, kind=kind) for kind in Kind]
    return replace(scene, items=(*scene.items, *odd), edges=tuple(edges))


def hostile_scene(text: str) -> Scene:
    """Return a scene with a part of every kind, in which every text is ``text``."""
    tile = Tile(title=text, note=text, color=0)
    box = SceneBox(
        id="a",
        title=text,
        aside=text,
        lines=(text, text),
        badges=(Badge(name=text, value=text, limit=text, verdict=text, tone=Tone.GOOD),),
        rows=(Row(title=text, tiles=(tile, replace(tile, color=None))),),
        bar=Bar(share=0.5, text=text),
    )
    other = replace(box, id="b", kind=Kind.SERVICE, count=7)
    inner = Group(
        id=f"c{text}", title=text, lines=(text,), items=(replace(box, id=text),), columns=1
    )
    outer = Group(id="d", title=text, lines=(text,), items=(inner, replace(box, id="e")))
    edges = tuple(Edge(source="a", target=text, line=line, label=text) for line in Line)
    return Scene(
        view="topology",
        title=text,
        badges=(Badge(name=text, value=text, verdict=text, tone=Tone.BAD),),
        doc=text,
        facts=(text, text),
        items=(Stack(items=(box, other)), outer),
        edges=edges,
        label=text,
    )
