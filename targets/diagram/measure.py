"""How large boxes are, and where things lie in them: for formats that must be told.

Graphviz places boxes; it is told how large they are, and what is inside is placed here. Widths of
letters are those of Arial, rounded up, so that no text is wider than its box.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inferc.targets.diagram.scene import Box, Group, Item, Row, Tile
from inferc.targets.diagram.text import badge_text

PADDING = 10
GAP = 8
LINE = 15
HEAD = 20
BAR = 16
TILE_WIDTH = 92
TILE_HEIGHT = 40
TILES_IN_ROW = 4
LEAST_WIDTH = 60

TEXT = 11
TITLE = 13

WIDTHS = (
    (" !',./:;I[\\]fijlrt|`()-·", 0.36),
    ("mMW@%—…", 0.95),
)
"""Widths of letters in Arial over the size of the font, rounded up. Source: the AFM of Helvetica,
whose metrics Arial has."""
CAPITAL, OTHER, WIDE = 0.74, 0.58, 1.05

LAST_NARROW = "\u024f"
"""The last letter of Latin Extended-B: of other scripts letters are as wide as they are high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A thing with its size and where it lies in what holds it."""

    item: Box | Group | Tile | str
    """A string is a caption above tiles."""
    x: float
    y: float
    width: float
    height: float
    inside: "tuple[Spot, ...]" = ()


def text_width(text: str, size: float = TEXT) -> float:
    """Return how wide ``text`` is, or a little less."""
    return size * sum(map(_width, text))


def _width(char: str) -> float:
    for chars, width in WIDTHS:
        if char in chars:
            return width
    if char > LAST_NARROW:
        return WIDE
    return CAPITAL if char.isupper() else OTHER


def spot(item: Item) -> Spot:
    """Return ``item`` with everything in it, at the origin."""
    return _box(item) if isinstance(item, Box) else _group(item)


def lines_of(box: Box) -> tuple[str, ...]:
    """Return what stands in a box below its title, line by line."""
    bar = (box.bar.text,) if box.bar else ()
    return (*(line for line in box.lines if line), *map(badge_text, box.badges), *bar)


def head_of(item: Item) -> str:
    """Return the title of an item with what stands beside it."""
    times = f" \N{MULTIPLICATION SIGN} {item.count}" if item.count > 1 else ""
    aside = f" · {item.aside}" if isinstance(item, Box) and item.aside else ""
    return f"{item.title}{times}{aside}"


def _box(box: Box) -> Spot:
    lines = lines_of(box)
    top = PADDING + HEAD + LINE * len(lines)
    inside, width, height = _tiles(box.rows, top)
    width = max(width, LEAST_WIDTH, text_width(head_of(box), TITLE), *map(text_width, lines), 0)
    return Spot(
        item=box, x=0, y=0, width=width + 2 * PADDING, height=height + PADDING, inside=inside
    )


def _tiles(rows: Sequence[Row], top: float) -> tuple[tuple[Spot, ...], float, float]:
    """Return the tiles of a box from ``top`` on, how wide they are, and where they end."""
    spots: list[Spot] = []
    widest, y = 0.0, top
    for row in rows:
        if row.title:
            width = text_width(row.title)
            spots.append(Spot(item=row.title, x=PADDING, y=y, width=width, height=LINE))
            widest, y = max(widest, width), y + LINE
        for number, tile in enumerate(row.tiles):
            column = number % TILES_IN_ROW
            x = PADDING + column * (TILE_WIDTH + GAP / 2)
            spots.append(Spot(item=tile, x=x, y=y, width=TILE_WIDTH, height=TILE_HEIGHT))
            widest = max(widest, x + TILE_WIDTH - PADDING)
            if column == TILES_IN_ROW - 1 or number == len(row.tiles) - 1:
                y += TILE_HEIGHT + GAP / 2
    return tuple(spots), widest, y


def head_height(group: Group) -> float:
    """Return how much room the title and the lines of a group take."""
    return PADDING + HEAD + LINE * len([line for line in group.lines if line])


def _group(group: Group) -> Spot:
    """Return a group with its items in a grid."""
    columns = max(1, min(group.columns, len(group.items)))
    spots = [spot(item) for item in group.items]
    widths = [max((s.width for s in spots[at::columns]), default=0.0) for at in range(columns)]
    placed: list[Spot] = []
    y = head_height(group)
    for start in range(0, len(spots), columns):
        row = spots[start : start + columns]
        x = float(PADDING)
        for own, width in zip(row, widths, strict=False):
            placed.append(replace(own, x=x, y=y, width=width))
            x += width + GAP
        y += max(own.height for own in row) + GAP
    lines = [line for line in group.lines if line]
    texts = [text_width(head_of(group), TITLE), *map(text_width, lines)]
    width = max(sum(widths) + GAP * (columns - 1), *texts)
    return Spot(
        item=group,
        x=0,
        y=0,
        width=width + 2 * PADDING,
        height=y - GAP + PADDING,
        inside=tuple(placed),
    )


def moved(own: Spot, x: float, y: float) -> Spot:
    """Return ``own`` at another place in what holds it."""
    return replace(own, x=x, y=y)


def everything(own: Spot, x: float = 0.0, y: float = 0.0) -> Iterator[tuple[Spot, float, float]]:
    """Yield a spot and all in it, each with its absolute place."""
    yield own, x + own.x, y + own.y
    for inner in own.inside:
        yield from everything(inner, x + own.x, y + own.y)
