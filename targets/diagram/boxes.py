"""The boxes of the picture as HTML-like labels."""

from collections.abc import Iterable, Sequence

from inferc.compiler.plan import Verdict
from inferc.compiler.topology import Topology
from inferc.compiler.units import show
from inferc.targets.diagram import markup, words
from inferc.targets.diagram.markup import Html, cell, row, table, text
from inferc.targets.diagram.scene import Host, Part, Unit
from inferc.targets.diagram.themes import REPLICAS, Theme, ink_on, replica_color

TILES_IN_ROW = 4
TILE_WIDTH = 56
TILE_HEIGHT = 40

FILLER = 330
"""Wider than the legend: the widest row is the only one that Graphviz does not stretch."""

FOOT = "foot"
"""Where edges end that mean a host as a whole: below its replicas, out of the way."""

SMALL = 10
NORMAL = 12
LARGE = 14
TITLE = 22


def simple_box(name: str, lines: Iterable[str], theme: Theme) -> Html:
    """Return a box with a name and further lines below it."""
    rows = [row(cell(text(name, size=NORMAL, color=theme.ink, bold=True)))]
    rows += [row(cell(text(line, size=SMALL, color=theme.muted))) for line in lines if line]
    return _panel(rows, theme)


def _panel(rows: Sequence[Html], theme: Theme) -> Html:
    inner = table(rows, cellpadding=1)
    return table(
        [row(cell(inner))],
        border=1,
        style="ROUNDED",
        color=theme.line,
        bgcolor=theme.panel,
        cellpadding=7,
    )


def service_box(plan: words.Planned, theme: Theme) -> Html:
    """Return a service with its model, its shape and a badge for each line of its SLA."""
    service = plan.service
    heads = (
        row(
            cell(text(words.shorten(service.name, 28), size=LARGE, bold=True), align="LEFT"),
            cell(
                text(words.shorten(service.api, 20), size=SMALL, color=theme.muted), align="RIGHT"
            ),
        ),
        _wide(text(words.shorten(service.model.title), color=theme.ink)),
        _wide(text(words.shape(plan), size=SMALL, color=theme.muted)),
    )
    badges = [_badge(line, theme) for line in words.sla_lines(plan)]
    rows = [*heads]
    if badges:
        rows.append(_wide(table(badges, cellspacing=3, cellpadding=3)))
    return table(
        [row(cell(table(rows, cellpadding=2)))],
        border=1,
        style="ROUNDED",
        color=theme.traffic,
        bgcolor=theme.panel,
        cellpadding=7,
    )


def _wide(content: Html) -> Html:
    """Return a row whose one cell spans both columns of a service."""
    return row(cell(content, colspan=2, align="LEFT"))


def _badge(line: words.SlaLine, theme: Theme) -> Html:
    fill = theme.good if line.met else theme.bad if line.hard else theme.warn
    return row(
        cell(text(line.metric, size=SMALL + 1, bold=True), align="LEFT"),
        cell(text(line.predicted, size=SMALL + 1, bold=True), align="RIGHT"),
        cell(text(line.limit, size=SMALL + 1, color=theme.muted), align="LEFT"),
        cell(
            text(line.margin, size=SMALL, color=theme.on_badge, bold=True),
            bgcolor=fill,
            style="ROUNDED",
            cellpadding=4,
        ),
    )


def port(number: int) -> str:
    """Return the name under which edges find the box of a part on its host."""
    return f"p{number}"


def host_box(parts: Sequence[tuple[Part, str]], host: Host, theme: Theme) -> Html:
    """Return what runs on a host, one part below the other, each with its note."""
    rows = [
        row(cell(_part(part, note, host, theme), port=port(number), align="LEFT"))
        for number, (part, note) in enumerate(parts)
    ]
    rows.append(row(cell(Html(""), port=FOOT, height=4)))
    return table(rows, cellspacing=5)


def _part(part: Part, note: str, host: Host, theme: Theme) -> Html:
    """Return what a replica has on a host: its name, and a tile for each accelerator."""
    head = [cell(text(words.part_title(part), size=NORMAL, bold=True), align="LEFT")]
    if len(part.replicas) > 1:
        head.append(
            cell(
                text(f"{words.TIMES_SIGN} {len(part.replicas)}", size=LARGE, bold=True),
                cellpadding=4,
            )
        )
    if note:
        head.append(cell(text(note, size=SMALL, color=theme.muted), align="RIGHT"))
    body: list[Html] = []
    for stage, gpus in part.rows:
        if len(part.rows) > 1:
            title = text(f"stage {stage}", size=SMALL, color=theme.muted)
            body.append(row(cell(title, align="LEFT", colspan=TILES_IN_ROW)))
        body += _tile_rows(part, gpus, host, theme)
    rows = (row(cell(table([row(*head)]), align="LEFT")), row(cell(table(body, cellspacing=4))))
    return table(
        rows,
        border=1,
        style="ROUNDED" if part.service else "ROUNDED,DASHED",
        color=theme.line,
        bgcolor=theme.raised,
        cellpadding=4,
    )


def _tile_rows(part: Part, gpus: Sequence[int], host: Host, theme: Theme) -> list[Html]:
    """Return tiles for accelerators, a few to a row, and blanks where a row has room."""
    rows: list[Html] = []
    for start in range(0, len(gpus), TILES_IN_ROW):
        tiles = [_tile(part, gpu, host, theme) for gpu in gpus[start : start + TILES_IN_ROW]]
        rows.append(row(*tiles, *[_blank()] * (TILES_IN_ROW - len(tiles))))
    return rows


def _blank() -> Html:
    return cell(Html(""), width=TILE_WIDTH, height=TILE_HEIGHT)


def _tile(part: Part, gpu: int, host: Host, theme: Theme) -> Html:
    """Return one accelerator: filled in the colour of its replica, hollow where idle."""
    style: dict[str, str | int]
    if part.service:
        fill = replica_color(part.number)
        ink, style = ink_on(fill), {"bgcolor": fill, "border": 0}
    else:
        ink = theme.muted
        style = {"border": 1, "color": ink, "style": "DASHED"}
    content = markup.lines(
        text(words.tile(host, gpu), size=SMALL + 1, color=ink, bold=True),
        text(show(host.memory_bytes, "bytes"), size=SMALL - 1, color=ink),
        align="CENTER",
    )
    return cell(content, width=TILE_WIDTH, height=TILE_HEIGHT, **style)


def host_label(unit: Unit, host: Host, theme: Theme) -> Html:
    """Return the head of the box of a host."""
    times = f"   {words.TIMES_SIGN} {unit.count}" if unit.count > 1 else ""
    title = words.unit_title(unit) if len(unit.hosts) == 1 else words.host_title(host)
    return table(
        [
            row(cell(text(title + times, size=NORMAL, bold=True, color=theme.ink), align="LEFT")),
            row(
                cell(
                    text(
                        words.hardware(host.accelerators, host.accelerator),
                        size=SMALL,
                        color=theme.muted,
                    ),
                    align="LEFT",
                )
            ),
        ]
    )


def title(topology: Topology, units: Sequence[Unit], theme: Theme) -> Html:
    """Return the head of the picture: name, verdict, what it says, the plan's digest, a legend."""
    badge = {
        Verdict.FEASIBLE: theme.good,
        Verdict.CONDITIONAL: theme.warn,
        Verdict.INFEASIBLE: theme.bad,
    }[topology.verdict]
    head = table(
        [
            row(
                cell(text(words.shorten(topology.name), size=TITLE, bold=True, color=theme.ink)),
                cell(text("", size=SMALL)),
                cell(
                    text(topology.verdict.value, size=NORMAL, color=theme.on_badge, bold=True),
                    bgcolor=badge,
                    style="ROUNDED",
                    cellpadding=7,
                ),
                cell(Html(""), width=FILLER),
            )
        ]
    )
    facts = "   ·   ".join(words.facts(topology))
    rows = [row(cell(head, align="LEFT"))]
    if topology.doc.strip():
        doc = text(words.shorten(topology.doc, 110), color=theme.muted)
        rows.append(row(cell(doc, align="LEFT")))
    rows.append(row(cell(text(facts, size=SMALL, color=theme.muted), align="LEFT")))
    rows.append(row(cell(legend(units, theme), align="LEFT")))
    return table(rows, cellpadding=3)


def legend(units: Sequence[Unit], theme: Theme) -> Html:
    """Return what colours and lines mean, for what is in the picture."""
    parts = [part for unit in units for host in unit.hosts for part in host.parts]
    indices = sorted({part.number % len(REPLICAS) for part in parts if part.service})
    cells = [cell(Html(""), bgcolor=replica_color(index), width=16, height=12) for index in indices]
    if indices:
        cells.append(_legend_text("accelerators of one replica", theme))
    if not all(part.service for part in parts):
        color = theme.muted
        hollow = cell(Html(""), width=16, height=12, border=1, style="DASHED", color=color)
        cells.append(hollow)
        cells.append(_legend_text("idle", theme))
    spread = any(len(unit.hosts) > 1 for unit in units)
    for color, style, meaning in (
        (theme.traffic, "SOLID", "requests, mean rate"),
        *([(theme.muted, "SOLID", "pipeline stages")] if spread else []),
        (theme.muted, "DASHED", "metrics"),
        (theme.control, "DASHED", "scaling"),
        (theme.muted, "DOTTED", "weights"),
    ):
        cells.append(_line_sample(color, style))
        cells.append(_legend_text(meaning, theme))
    return table([row(*cells)], cellspacing=3, cellpadding=1)


def _legend_text(meaning: str, theme: Theme) -> Html:
    return cell(text(meaning + "   ", size=SMALL, color=theme.muted), align="LEFT")


def _line_sample(color: str, style: str) -> Html:
    upper = cell(Html(""), width=22, height=6, border=1, sides="B", color=color, style=style)
    lower = cell(Html(""), width=22, height=6)
    return cell(table([row(upper), row(lower)]))
