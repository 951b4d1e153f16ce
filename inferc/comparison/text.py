"""Changes for people: a terminal, and a comment on a pull request."""

from collections.abc import Iterator, Sequence
from typing import Final

from inferc.comparison.changes import Change, Changes, ServiceChanges, TopologyChanges
from inferc.report.layout import PLAIN, Paint, table, wrap

MARKS: Final = {"added": "+", "removed": "-", "changed": "~"}
STYLES: Final = {"added": "green", "removed": "red", "changed": "yellow"}
NO_CHANGES: Final = "no changes: the same decisions, the same predictions, the same cost"

PARTS: Final = (
    ("decisions", "decisions"),
    ("sla", "SLA"),
    ("resources", "hardware"),
    ("cost", "cost"),
)


def changes_as_text(changes: Changes, paint: Paint = PLAIN) -> str:
    """Return what differs, a line each, grouped by service."""
    if not changes:
        return NO_CHANGES
    return "\n".join(line for one in changes.topologies for line in _topology(one, paint))


def _topology(found: TopologyChanges, paint: Paint) -> Iterator[str]:
    yield _title(found.kind, found.name, found.verdict, paint, indent=0)
    for total in found.totals:
        yield f"    {total.name} of all services   {total.before} -> {total.after}"
    for service in found.services:
        yield ""
        yield from _service(service, paint)


def _service(found: ServiceChanges, paint: Paint) -> Iterator[str]:
    yield _title(found.kind, found.name, found.verdict, paint, indent=2)
    for field, title in PARTS:
        changes: Sequence[Change] = getattr(found, field)
        if changes:
            yield f"    {paint(title, 'bold')}"
            yield from _rows(changes, paint) if found.kind == "changed" else _values(changes, found)


def _rows(changes: Sequence[Change], paint: Paint) -> Iterator[str]:
    rows = [
        (change.name, change.before, "->", (change.after, "red" if change.breaking else ""))
        for change in changes
    ]
    for change, line in zip(changes, table(rows, paint, indent=6), strict=True):
        yield line
        if change.reason:
            text = f"{change.before} {change.reason}"
            yield from (paint(part, "dim") for part in wrap(text, indent=10))


def _values(changes: Sequence[Change], found: ServiceChanges) -> list[str]:
    """Return what a service that came has, or had before it went."""
    came = found.kind == "added"
    rows = [(change.name, change.after if came else change.before) for change in changes]
    return table(rows, indent=6)


def _title(kind: str, name: str, verdict: Change | None, paint: Paint, *, indent: int) -> str:
    mark = paint(MARKS[kind], STYLES[kind])
    said = {"added": "new", "removed": "gone", "changed": ""}[kind]
    if verdict is not None and kind == "changed":
        after = paint(verdict.after, "red") if verdict.breaking else verdict.after
        said = f"{verdict.before} -> {after}"
    return " " * indent + f"{mark} {paint(name, 'bold')}" + (f"   {said}" if said else "")


def changes_as_markdown(changes: Changes) -> str:
    """Return what differs as Markdown, for a comment on a pull request."""
    if not changes:
        return f"**inferc**: {NO_CHANGES}.\n"
    lines: list[str] = []
    for found in changes.topologies:
        lines += [f"### {code(found.name)}{_verdict(found.verdict, found.kind)}", ""]
        for total in found.totals:
            lines += [f"{total.name}: {code(total.before)} → {code(total.after)}", ""]
        for service in found.services:
            lines += [f"#### {code(service.name)}{_verdict(service.verdict, service.kind)}", ""]
            lines += _markdown_table(service)
    return "\n".join(lines).rstrip() + "\n"


def _verdict(verdict: Change | None, kind: str) -> str:
    if kind != "changed":
        return {"added": " (new)", "removed": " (gone)"}[kind]
    if verdict is None:
        return ""
    warning = ":warning: " if verdict.breaking else ""
    return f": {warning}{code(verdict.before)} → {code(verdict.after)}"


def _markdown_table(service: ServiceChanges) -> list[str]:
    rows = [
        f"| {title} | {code(change.name)} | {code(change.before)} | "
        f"{':warning: ' if change.breaking else ''}{code(change.after)} | {code(change.reason)} |"
        for field, title in PARTS
        for change in getattr(service, field)
    ]
    if not rows:
        return []
    return [
        "| | | before | after | why not as before |",
        "| --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]


def code(text: str) -> str:
    """Return ``text`` as code, which is the only place in a comment where all of it is data.

    Escapes would not do: GitHub links what looks like an address, a user or an issue in any text
    that is no code. A bar ends a cell even in code unless it is escaped.
    """
    plain = " ".join(text.replace("`", "'").split())
    return f"`{plain}`".replace("|", "\\|") if plain else ""
