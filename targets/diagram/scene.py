"""What a picture shows: boxes in groups, and lines between them. Data only.

Every view makes one scene, and every format is written from it: none knows of plans. All texts are
plain and may hold anything; whoever writes a format escapes them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Line(Enum):
    """What flows along an edge; each is drawn with a style of its own."""

    LIVE = "requests, mean rate"
    CANARY = "canary traffic"
    SHADOW = "shadow traffic"
    HANDOVER = "KV cache handed over"
    STAGES = "pipeline stages"
    METRICS = "metrics"
    SCALING = "scaling"
    WEIGHTS = "weights"
    RUNS_ON = "runs on"


SERVING = (Line.LIVE, Line.CANARY, Line.SHADOW, Line.HANDOVER)
"""Lines that requests travel along."""


class Tone(Enum):
    """How something stands: said in words as well, wherever it is shown."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Kind(Enum):
    """What a box is, which decides on its frame."""

    PLAIN = "plain"
    SERVICE = "service"
    STORE = "store"
    CLIENT = "client"
    REPLICA = "replica"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One accelerator, or a part of one."""

    title: str
    note: str
    color: int | None
    """The number of its replica; None where it is idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Accelerators that belong together: a pipeline stage, or a link domain."""

    title: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A line of an SLA or of a budget: what is predicted, what is allowed, how that compares."""

    name: str
    value: str
    limit: str = ""
    verdict: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A share of a whole."""

    share: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A thing, with all that stands in it."""

    id: str
    """Unique in its scene. It may hold a name of the user: no format uses it as an id."""
    title: str
    aside: str = ""
    """What stands at the other end of the line of the title."""
    lines: tuple[str, ...] = ()
    badges: tuple[Badge, ...] = ()
    rows: tuple[Row, ...] = ()
    bar: Bar | None = None
    kind: Kind = Kind.PLAIN
    count: int = 1
    """How many alike it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A box around others."""

    id: str
    title: str
    lines: tuple[str, ...] = ()
    items: "tuple[Item, ...]"
    columns: int = 0
    """Items stand in a grid of so many columns; 0 leaves it to their edges where they stand."""
    count: int = 1
    """How many alike it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Boxes one below the other without a frame around them."""

    items: tuple[Box, ...]


Item: TypeAlias = Box | Group
Root: TypeAlias = Box | Group | Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line from one item to another, by their ids."""

    source: str
    target: str
    line: Line
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture."""

    view: str
    title: str
    badges: tuple[Badge, ...]
    """What stands beside the title: the verdict."""
    doc: str
    facts: tuple[str, ...]
    items: tuple[Root, ...]
    edges: tuple[Edge, ...]
    label: str
    """What it shows, in a sentence, for people who cannot see it."""


Legend: TypeAlias = tuple[tuple[int, ...], bool, tuple[Line, ...]]
"""Colours of replicas, whether anything is idle, and lines: what there is to explain."""


def legend(scene: Scene, colors: int) -> Legend:
    """Return what of the signs needs words, of which there are ``colors`` different colours."""
    tiles = [tile for box in boxes(scene.items) for row in box.rows for tile in row.tiles]
    used = sorted({tile.color % colors for tile in tiles if tile.color is not None})
    idle = any(tile.color is None for tile in tiles)
    drawn = {edge.line for edge in scene.edges}
    return tuple(used), idle, tuple(line for line in Line if line in drawn)


def boxes(items: Sequence[Root]) -> Iterator[Box]:
    """Yield every box, the outermost first."""
    for item in items:
        if isinstance(item, Box):
            yield item
        else:
            yield from boxes(item.items)


def titles(items: Sequence[Root]) -> Iterator[tuple[str, str]]:
    """Yield the id and the title of every item."""
    for item in items:
        if not isinstance(item, Stack):
            yield item.id, item.title
        if not isinstance(item, Box):
            yield from titles(item.items)


def named(box: Box | Group, times: str) -> str:
    """Return the title of an item, with how many alike it stands for."""
    return f"{box.title} {times} {box.count}" if box.count > 1 else box.title
