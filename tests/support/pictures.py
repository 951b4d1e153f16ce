"""What tests need to look into pictures."""

import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest

from inferc.targets.diagram.render import find_program

SVG = "{http://www.w3.org/2000/svg}"

RENDERERS = [
    pytest.param(
        "system",
        marks=pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz is installed"),
    ),
    "pure",
]

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


def layout(source: str, renderer: str) -> list[Box]:
    """Return where the nodes of a DOT program come to lie."""
    boxes = []
    for line in run(source, renderer, "-Tplain")[0].splitlines():
        if line.startswith("node "):
            _, name, *numbers = line.split(maxsplit=6)
            x, y, width, height = map(float, numbers[:4])
            boxes.append(Box(name, x - width / 2, x + width / 2, y - height / 2, y + height / 2))
    return boxes


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
