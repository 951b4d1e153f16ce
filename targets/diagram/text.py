"""A scene as plain text: a tree, for terminals, reviews and mails."""

from collections.abc import Iterable, Iterator

from inferc.targets.diagram import markup
from inferc.targets.diagram.scene import (
    Badge,
    Box,
    Edge,
    Group,
    Line,
    Row,
    Scene,
    Stack,
    named,
    titles,
)
from inferc.targets.diagram.words import TIMES_SIGN, ranges

ARROW = "→"
BAR_CELLS = 20


def render(scene: Scene) -> str:
    """Return ``scene`` as text: its head, a tree of what is in it, then who talks to whom."""
    return "\n".join(line.rstrip() for line in _lines(scene)) + "\n"


def _lines(scene: Scene) -> Iterator[str]:
    verdict = ", ".join(badge.verdict for badge in scene.badges)
    yield plain(f"{scene.title}  [{verdict}]")
    if scene.doc.strip():
        yield plain(scene.doc)
    yield plain(" · ".join(scene.facts))
    yield ""
    yield from _tree(_unstacked(scene), "")
    if scene.edges:
        names = dict(titles(scene.items))
        yield ""
        yield from (_edge(edge, names[edge.source], names[edge.target]) for edge in scene.edges)


def _unstacked(scene: Scene) -> Iterator[Box | Group]:
    for item in scene.items:
        if isinstance(item, Stack):
            yield from item.items
        else:
            yield item


def _tree(items: Iterable[Box | Group], stem: str) -> Iterator[str]:
    """Yield items as a tree, each with what is in it below."""
    found = list(items)
    for place, item in enumerate(found):
        last = place == len(found) - 1
        yield f"{stem}{'└─' if last else '├─'} {_title(item)}"
        below = f"{stem}{'   ' if last else '│  '}"
        inner = item.items if isinstance(item, Group) else ()
        rail = "│  " if inner else "   "
        yield from (f"{below}{rail}{line}" for line in _inside(item))
        yield from _tree(inner, below)


def _title(item: Box | Group) -> str:
    aside = item.aside if isinstance(item, Box) else ""
    return plain(f"{named(item, TIMES_SIGN)}{f'  ({aside})' if aside else ''}")


def _inside(item: Box | Group) -> Iterator[str]:
    yield from (plain(line) for line in item.lines if line)
    if isinstance(item, Group):
        return
    yield from (plain(badge_text(badge)) for badge in item.badges)
    if item.bar:
        full = round(BAR_CELLS * min(1.0, max(0.0, item.bar.share)))
        yield plain(f"{'█' * full}{'░' * (BAR_CELLS - full)} {item.bar.text}")
    yield from (plain(row_text(row)) for row in item.rows)


def badge_text(badge: Badge) -> str:
    """Return a line of an SLA in words."""
    said = " ".join(part for part in (badge.name, badge.value, badge.limit) if part)
    return f"{said}, {badge.verdict}" if badge.verdict else said


def row_text(row: Row) -> str:
    """Return accelerators that belong together as one line: ``stage 0: GPU 0..3, 80 GiB each``."""
    prefix = f"{row.title}: " if row.title else ""
    runs: dict[tuple[str, str], list[int]] = {}
    others: list[str] = []
    for tile in row.tiles:
        word, _, number = tile.title.rpartition(" ")
        if word and number.isdecimal() and ":" not in tile.note:
            runs.setdefault((word, tile.note), []).append(int(number))
        else:
            others.append(f"{tile.title} ({tile.note})")
    told = [
        f"{word} {ranges(numbers)}, {note}{' each' if len(numbers) > 1 else ''}"
        for (word, note), numbers in runs.items()
    ]
    return prefix + "; ".join((*told, *others))


def _edge(edge: Edge, source: str, target: str) -> str:
    kind = "" if edge.line is Line.LIVE else edge.line.value
    told = ", ".join(part for part in (kind, edge.label) if part)
    return plain(f"{source} {ARROW} {target}{f'  ({told})' if told else ''}")


def plain(text: str) -> str:
    """Return ``text`` without what moves a terminal's cursor or turns its direction of writing."""
    return markup.readable(text)
