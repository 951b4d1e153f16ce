"""The boxes of the picture as HTML-like labels."""

from collections.abc import Callable, Iterator, Sequence

from inferc.targets.diagram import markup
from inferc.targets.diagram.markup import Html, cell, row, table, text
from inferc.targets.diagram.scene import Badge, Bar, Box, Group, Item, Kind, Line, Row, Scene, Tile
from inferc.targets.diagram.scene import legend as signs
from inferc.targets.diagram.themes import LINES, REPLICAS, Theme, ink_on, replica_color
from inferc.targets.diagram.words import TIMES_SIGN

TILES_IN_ROW = 4
TILE_WIDTH = 58
TILE_HEIGHT = 40

FILLERS = 24
"""Empty columns beside what must not be stretched, and rows below it: Graphviz widens all columns
of a row alike until the row is as wide as the widest one."""

FOOT = "foot"
"""Where edges end that mean a group as a whole: below its items, out of the way."""

BAR_WIDTH = 150
BAR_HEIGHT = 10

SMALL = 10
NORMAL = 12
LARGE = 14
TITLE = 22

Ports = Callable[[str], str]
"""Gives the port under which edges find an item, by the item's id."""


def box(item: Box, theme: Theme) -> Html:
    """Return a box with all that stands in it."""
    rows = [_head(item, theme)]
    rows += [_wide(text(line, size=SMALL, color=theme.muted)) for line in item.lines if line]
    if item.badges:
        badges = table(
            [_badge(badge, theme) for badge in item.badges], cellspacing=3, cellpadding=3
        )
        rows.append(_wide(badges))
    if item.bar:
        rows.append(_wide(_bar(item.bar, theme)))
    if item.rows:
        rows.append(_wide(_left(table(_tiles(item.rows, theme), cellspacing=4))))
    inner = table(rows, cellpadding=1)
    style, color, fill = _frame(item.kind, theme)
    return table(
        [row(cell(inner))],
        border=1,
        style=style,
        color=color,
        bgcolor=fill,
        cellpadding=4 if item.rows else 7,
    )


def _frame(kind: Kind, theme: Theme) -> tuple[str, str, str]:
    """Return style, line and fill of the frame of a box."""
    match kind:
        case Kind.SERVICE:
            return "ROUNDED", theme.traffic, theme.raised
        case Kind.IDLE:
            return "ROUNDED,DASHED", theme.line, theme.raised
        case _:
            return "ROUNDED", theme.line, theme.raised


def _head(item: Box, theme: Theme) -> Html:
    """Return the line of the title: how many there are beside it, and what is at its other end."""
    large = item.kind is Kind.SERVICE
    title = text(item.title, size=LARGE if large else NORMAL, bold=True, color=theme.ink)
    cells = [cell(title, align="LEFT")]
    if item.count > 1:
        times = text(f"{TIMES_SIGN} {item.count}", size=LARGE, bold=True, color=theme.ink)
        cells.append(cell(times, cellpadding=4))
    if item.aside:
        aside = text(f"   {item.aside}", size=SMALL, color=theme.muted)
        cells.append(cell(aside, align="RIGHT"))
    if len(cells) == 1:
        return _wide(title)
    return row(cell(table([row(*cells)]), align="LEFT"))


def _wide(content: Html) -> Html:
    return row(cell(content, align="LEFT"))


def _badge(badge: Badge, theme: Theme) -> Html:
    """Return a line of an SLA: what is predicted, what is allowed, and how that compares."""
    return row(
        cell(text(badge.name, size=SMALL + 1, bold=True, color=theme.ink), align="LEFT"),
        cell(text(badge.value, size=SMALL + 1, bold=True, color=theme.ink), align="RIGHT"),
        cell(text(badge.limit, size=SMALL + 1, color=theme.muted), align="LEFT"),
        cell(
            text(badge.verdict, size=SMALL, color=theme.on_badge, bold=True),
            bgcolor=theme.tone(badge.tone),
            style="ROUNDED",
            cellpadding=4,
        ),
    )


def _bar(bar: Bar, theme: Theme) -> Html:
    """Return a share as a bar with its number beside it."""
    full = max(2, round(BAR_WIDTH * min(1.0, max(0.0, bar.share))))
    rest = BAR_WIDTH - full
    cells = [cell(Html(""), bgcolor=theme.traffic, width=full, height=BAR_HEIGHT, fixedsize="TRUE")]
    if rest > 0:
        color = theme.line
        cells.append(cell(Html(""), bgcolor=color, width=rest, height=BAR_HEIGHT, fixedsize="TRUE"))
    drawn = cell(table([row(*cells)]))
    return table(
        [row(drawn, cell(text(bar.text, size=SMALL, color=theme.muted), cellpadding=4))],
    )


def _tiles(rows: Sequence[Row], theme: Theme) -> Iterator[Html]:
    """Yield tiles for accelerators, a few to a row, and blanks where a row has room."""
    widest = min(TILES_IN_ROW, max(len(own.tiles) for own in rows))
    for own in rows:
        if own.title:
            title = text(own.title, size=SMALL, color=theme.muted)
            yield row(cell(title, align="LEFT", colspan=widest))
        for start in range(0, len(own.tiles), widest):
            tiles = [_tile(tile, theme) for tile in own.tiles[start : start + widest]]
            yield row(*tiles, *[cell(Html(""), width=TILE_WIDTH)] * (widest - len(tiles)))


def _tile(tile: Tile, theme: Theme) -> Html:
    """Return one accelerator: filled in the colour of its replica, hollow where idle."""
    style: dict[str, str | int]
    if tile.color is None:
        ink = theme.muted
        style = {"border": 1, "color": ink, "style": "DASHED"}
    else:
        fill = replica_color(tile.color)
        ink, style = ink_on(fill), {"bgcolor": fill, "border": 0}
    content = markup.lines(
        text(tile.title, size=SMALL + 1, color=ink, bold=True),
        text(tile.note, size=SMALL - 1, color=ink),
        align="CENTER",
    )
    return cell(content, width=TILE_WIDTH, height=TILE_HEIGHT, cellpadding=2, **style)


# ---- groups ----------------------------------------------------------------------------------


def group(item: Group, theme: Theme, ports: Ports, foot: str = "") -> Html:
    """Return a box around others that stand in a grid; ``foot`` is a port at its end."""
    width = max(1, min(item.columns, len(item.items)))
    cells = [_inner(inner, theme, ports, alone=width == 1) for inner in item.items]
    rows = [
        row(*cells[start : start + width], *[cell(Html(""))] * (start + width - len(cells)))
        for start in range(0, len(cells), width)
    ]
    grid = table(rows, cellspacing=5)
    return table(
        [
            row(cell(group_label(item, theme), align="LEFT", cellpadding=7)),
            row(cell(grid, align="LEFT")),
            *([row(cell(Html(""), port=foot, height=4))] if foot else []),
        ],
        border=1,
        style="ROUNDED",
        color=theme.line,
        bgcolor=theme.panel,
        cellpadding=2,
    )


def _inner(item: Item, theme: Theme, ports: Ports, *, alone: bool) -> Html:
    """Return an item of a group; beside taller ones it keeps its height."""
    content = box(item, theme) if isinstance(item, Box) else group(item, theme, ports)
    if alone:
        return cell(content, port=ports(item.id), align="LEFT")
    above = table(
        [row(cell(content)), *[row(cell(Html(""))) for _ in range(FILLERS)]], cellpadding=0
    )
    return cell(above, port=ports(item.id), align="LEFT")


def group_label(item: Group, theme: Theme, padding: int = 1) -> Html:
    """Return the head of a group."""
    times = f"   {TIMES_SIGN} {item.count}" if item.count > 1 else ""
    title = text(item.title + times, size=NORMAL + 1, bold=True, color=theme.ink)
    lines = [_wide(text(line, size=SMALL, color=theme.muted)) for line in item.lines if line]
    return table([_wide(title), *lines], cellpadding=padding)


def edge_label(label: str, color: str, theme: Theme) -> Html:
    """Return the label of an edge, on a ground of its own where the line would cross it."""
    return table([row(cell(text(label, size=SMALL, color=color)))], bgcolor=theme.paper)


# ---- the head of the picture -----------------------------------------------------------------


def title(scene: Scene, theme: Theme) -> Html:
    """Return the head of the picture: name, verdict, what it says, the plan's digest, a legend."""
    badges = [
        cell(
            text(badge.verdict, size=NORMAL, color=theme.on_badge, bold=True),
            bgcolor=theme.tone(badge.tone),
            style="ROUNDED",
            cellpadding=7,
        )
        for badge in scene.badges
    ]
    name = cell(text(scene.title, size=TITLE, bold=True, color=theme.ink))
    head = row(name, cell(text("", size=SMALL)), *badges)
    rows = [_wide(_left(table([head])))]
    if scene.doc.strip():
        rows.append(_wide(text(scene.doc, color=theme.muted)))
    rows.append(_wide(text("   ·   ".join(scene.facts), size=SMALL, color=theme.muted)))
    signs = legend(scene, theme)
    if signs:
        rows.append(_wide(_left(signs)))
    return table(rows, cellpadding=3)


def _left(content: Html) -> Html:
    """Return ``content`` at the left of a row, as wide as it is by itself."""
    return table([row(cell(content), *[cell(Html(""))] * FILLERS)], cellpadding=0)


def legend(scene: Scene, theme: Theme) -> Html:
    """Return what colours and lines mean, for what is in the picture; empty where nothing is."""
    colors, idle, lines = signs(scene, len(REPLICAS))
    cells = [cell(Html(""), bgcolor=replica_color(index), width=16, height=12) for index in colors]
    if colors:
        cells.append(_legend_text("accelerators of one replica", theme))
    if idle:
        color = theme.muted
        cells.append(cell(Html(""), width=16, height=12, border=1, style="DASHED", color=color))
        cells.append(_legend_text("idle", theme))
    for line in lines:
        cells.append(_line_sample(line, theme))
        cells.append(_legend_text(line.value, theme))
    return table([row(*cells)], cellspacing=3, cellpadding=1) if cells else Html("")


def _legend_text(meaning: str, theme: Theme) -> Html:
    return cell(text(meaning + "   ", size=SMALL, color=theme.muted), align="LEFT")


def _line_sample(line: Line, theme: Theme) -> Html:
    look = LINES[line]
    upper = cell(
        Html(""),
        width=22,
        height=6,
        border=look.width,
        sides="B",
        color=theme.of(look.color),
        style=look.style.upper(),
    )
    lower = cell(Html(""), width=22, height=6)
    return cell(table([row(upper), row(lower)]))
