"""Which machines there are, how many, and what joins them."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from inferc.compiler.model.catalog import NODE
from inferc.compiler.words import catalog_text as facts
from inferc.compiler.words import diagnostics as report
from inferc.compiler.words import hardware_names as names
from inferc.compiler.words.desk import Desk, Line, words_of
from inferc.compiler.words.hardware import UP_TO
from inferc.compiler.words.numbers import written
from inferc.compiler.words.phrases import Reading
from inferc.compiler.words.settle_cloud import Wanted, gpu_line, managed_lines, rented
from inferc.compiler.words.surroundings import network_path
from inferc.dsl import Diagnostic, SourceFile

USUAL_NODES = (1, 2, 4, 8)
"""How many accelerators servers are built for."""


class Site(NamedTuple):
    """Where the service runs."""

    kind: str
    """``cluster``, ``device`` or ``serverless``; empty where no hardware is named."""
    cloud: str
    """The cloud that the machines are rented from; empty where they are one's own."""
    cloud_lines: list[Line]
    cluster: list[Line]
    pools: list[list[Line]]
    """One for each kind of node that there is to choose from."""


class _Kind(NamedTuple):
    """One kind of hardware that is named, and everything that is said of it."""

    family: str
    entry: str
    entries: tuple[str, ...]
    """All variants that the words leave open, the entry among them."""
    readings: tuple[Reading, ...]
    extra: str


_NO_KIND = _Kind("", "", (), (), "")
NOTHING = Site("", "", [], [], [])


def site_of(desk: Desk, source: SourceFile) -> Site:
    """Return the place that the descriptions name."""
    kinds = _kinds(desk)
    managed = managed_lines(desk, [kind.entry for kind in kinds])
    if managed:
        counts = _counts(desk, kinds[0] if kinds else _NO_KIND, alone=len(kinds) < 2)  # noqa: PLR2004
        each = int(counts.per_node or counts.total or 1)
        said = [reading for kind in kinds for reading in kind.readings]
        return Site("serverless", "", [], [], [[managed[0], gpu_line(managed[1], each, said)]])
    if all(kind.entry.startswith(("gpu.", "accelerator.")) for kind in kinds):
        pool = rented(desk, _wanted(desk, kinds))
        if pool is not None:
            lines = [*pool.lines, *_network_lines(desk)]
            return Site("cluster", pool.cloud, pool.cloud_lines, _cluster_lines(desk), [lines])
    if not kinds:
        desk.found.append(_no_hardware(desk, source))
        return NOTHING
    if all(kind.entry.startswith(("board.", "cpu.")) for kind in kinds):
        return _device(desk, kinds[0])
    pools = [_pool(desk, kind, alone=len(kinds) == 1) for kind in kinds]
    return Site("cluster", "", [], _cluster_lines(desk), pools)


def _wanted(desk: Desk, kinds: Sequence[_Kind]) -> Wanted:
    """Return what a cloud's machines must have."""
    readings = tuple(reading for kind in kinds for reading in kind.readings)
    entries = {entry for kind in kinds for entry in kind.entries}
    if len(kinds) > 1:
        return Wanted(entries, readings, None, None, None)
    counts = _counts(desk, kinds[0] if kinds else _NO_KIND, alone=True)
    per_node, nodes, total = (
        None if number is None else int(number)
        for number in (counts.per_node, counts.nodes, counts.total)
    )
    said = (*readings, *counts.because)
    return Wanted(entries, said, per_node, nodes, total, _nodes_operator(counts))


# ---- which hardware --------------------------------------------------------------------------


def _kinds(desk: Desk) -> list[_Kind]:
    """Return the kinds of hardware that are named and not excluded."""
    excluded = {item.word for item in desk.take("hardware", negated=True)}
    by_family: dict[str, list[Reading]] = {}
    for item in desk.take("hardware"):
        if item.word not in excluded:
            by_family.setdefault(_own(item.word), []).append(item)
    alone = len(by_family) == 1
    kinds = [_kind(desk, family, readings, alone=alone) for family, readings in by_family.items()]
    return sorted(kinds, key=lambda kind: kind.entry)


def _own(family: str) -> str:
    """Return one name for names that mean the same entries."""
    same = names.families()[family]
    return next(name for name, entries in names.families().items() if entries == same)


def _kind(desk: Desk, family: str, readings: Sequence[Reading], *, alone: bool) -> _Kind:
    memories = {value for item in readings for key, value in item.more if key == "memory"}
    forms = {value for item in readings for key, value in item.more if key == "form"}
    apart: list[Reading] = []
    if alone:
        apart = [*_memory_apart(desk, family), *desk.take("form")]
        memories |= {item.word for item in apart if item.topic == "memory"}
        forms |= {item.word for item in apart if item.topic == "form"}
    memory = _memory(desk, family, sorted(memories), (*readings, *apart))
    form = _form(desk, family, sorted(forms), memory)
    entries = names.fitting(family, memory, form) or names.fitting(family, memory, "")
    entry = names.usual(family, entries)
    extra = ""
    if len(entries) > 1:
        others = [facts.title_of(path) for path in entries if path != entry]
        extra = f"which one is not said: {facts.title_of(entry)}"
        desk.ambiguity(
            readings[0], taken=facts.title_of(entry), others=others, say="name its memory and form"
        )
    return _Kind(family, entry, tuple(entries), (*readings, *apart), extra)


def _memory_apart(desk: Desk, family: str) -> list[Reading]:
    """Return the sizes of memory that stand elsewhere and that some variant has."""
    known = {memory for path in names.families()[family] for memory in names.memories_of(path)}
    apart = desk.take("memory")
    desk.leave([item for item in apart if item.word not in known])
    return [item for item in apart if item.word in known]


def _memory(desk: Desk, family: str, said: Sequence[str], readings: Sequence[Reading]) -> str:
    """Return the one size of memory that counts; empty where nothing is said that exists."""
    known = {memory for path in names.families()[family] for memory in names.memories_of(path)}
    fitting = sorted((word for word in said if word in known), key=_gigabytes)
    about = [item for item in readings if item.topic == "memory" or item.said("memory")]
    if len(fitting) > 1:
        desk.contradiction(about, taken=fitting[0], why="the smaller memory is planned with")
    elif said and not fitting:
        sizes = ", ".join(sorted(known, key=_gigabytes))
        desk.contradiction(
            about, taken="a variant that exists", why=f"the catalog has it with {sizes}"
        )
    elif len(said) > 1:
        desk.contradiction(about, taken=fitting[0], why="it is the one that exists")
    return fitting[0] if fitting else ""


def _gigabytes(word: str) -> int:
    return int(re.sub(r"\D", "", word) or 0)


def _form(desk: Desk, family: str, said: Sequence[str], memory: str) -> str:
    """Return the form, from its name or from the links that only one form has."""
    known = {names.form_of(path) for path in names.fitting(family, memory, "")}
    fitting = [word for word in said if word in known]
    if fitting:
        return fitting[0]
    inside = [item for item in desk.look("link") if item.how != "between"]
    if "sxm" in known and any(item.word == "nvswitch" for item in inside):
        return "sxm"
    denied = [item for item in desk.look("link", negated=True) if item.how != "between"]
    return "pcie" if denied and "pcie" in known else ""


def _no_hardware(desk: Desk, source: SourceFile) -> Diagnostic:
    excluded = desk.look("hardware", negated=True)
    why = "no name of an accelerator here" if source.text.strip() else ""
    if excluded:
        why = "what is named is excluded"
    return report.not_understood_at_all(
        source, what="hardware", near=(), why=why, example="`8x H100 80GB`, `Raspberry Pi 5 8GB`"
    )


# ---- how many --------------------------------------------------------------------------------


class _Counts(NamedTuple):
    per_node: Fraction | None
    nodes: Fraction | None
    total: Fraction | None
    because: tuple[Reading, ...]


def _counts(desk: Desk, kind: _Kind, *, alone: bool) -> _Counts:
    """Return what is said of numbers: of a node, of nodes, of all."""
    nodes = _one(desk, desk.take("nodes")) if alone else ()
    each = _one(desk, [i for i in desk.take("count") if i.how == "per_node"]) if alone else ()
    whole = _one(desk, [i for i in desk.look("count") if i.how == "total"]) if alone else ()
    counted = _one(desk, [item for item in kind.readings if item.topic == "hardware" and item.low])
    per_node = each[0].low if each else None
    of_nodes = nodes[0].low if nodes else None
    total = whole[0].low if whole else None
    for item in counted:
        if item.said("copies"):
            of_nodes, per_node = Fraction(item.said("copies")), item.low
        elif item.said("box") or (item.said("machines") and not _is_of_a_node(item)):
            of_nodes = item.low
            per_node = per_node or (Fraction(NODE) if item.said("box") else None)
        elif item.how == "per_node" or item.said("machines") or (of_nodes and _fits_a_node(item)):
            per_node = item.low
        else:
            total = item.low
    return _Counts(per_node, of_nodes, total, (*nodes, *each, *whole))


def _nodes_operator(counts: _Counts) -> str:
    """Return ``<=`` where the number of nodes is the most that there may be."""
    most = any(item.topic == "nodes" and item.how == UP_TO for item in counts.because)
    return "<=" if most else "="


def _one(desk: Desk, readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return the readings that agree with the smallest number; the rest contradicts it."""
    numbers = sorted({item.low for item in readings if item.low})
    if len(numbers) > 1:
        desk.contradiction(
            readings, taken=str(numbers[0]), why="the smaller number is sure to be there"
        )
    return tuple(item for item in readings if numbers and item.low == numbers[0])


def _fits_a_node(item: Reading) -> bool:
    """Return whether a count beside a number of nodes is that of each: sixteen are those of all."""
    return item.how != "total" and (item.low or 0) <= NODE


def _is_of_a_node(item: Reading) -> bool:
    """Return whether `8x H100 nodes` are nodes of eight, not eight nodes.

    A sign of multiplication before a usual size of a node belongs to the accelerators.
    """
    return bool(item.said("times")) and item.low in USUAL_NODES


def _pool(desk: Desk, kind: _Kind, *, alone: bool) -> list[Line]:
    """Return the lines of a pool: how many nodes, and of what."""
    counts = _counts(desk, kind, alone=alone)
    per_node, nodes, assumed = _split(counts, 1 if "jetson" in kind.entry else NODE)
    because = words_of(
        (*kind.readings, *counts.because), extra="; ".join(p for p in (kind.extra, assumed) if p)
    )
    for item in kind.readings:
        if item.said("machines") and item.low and _is_of_a_node(item) and nodes is None:
            desk.ambiguity(
                item,
                taken=f"nodes of {item.low} accelerators each, whose number is planned",
                others=(f"{item.low} nodes",),
                say=f'say "{item.low} nodes of 8" or "one node with {item.low}"',
            )
    lines = (
        []
        if nodes is None
        else [
            Line(
                "nodes",
                str(nodes),
                words_of(counts.because or kind.readings),
                _nodes_operator(counts),
            )
        ]
    )
    lines.append(Line("gpu", f"{per_node} * cat.{kind.entry}", because))
    prices = desk.take("price")
    if prices:
        most = max(item.low or Fraction(0) for item in prices)
        lines.append(Line("price", f"${written(most)}/gpu/h", words_of(prices)))
    return [*lines, *_network_lines(desk)]


def _split(counts: _Counts, usual: int) -> tuple[int, int | None, str]:
    """Return accelerators of a node, nodes (None: planned) and what of it was not said."""
    per_node, nodes, total = (
        None if number is None else max(1, int(number))
        for number in (counts.per_node, counts.nodes, counts.total)
    )
    if per_node is not None:
        return per_node, nodes if nodes is not None else _whole(total, per_node), ""
    if total is None:
        return usual, nodes, f"how many a node has is not said: {usual}"
    if nodes is not None:
        return max(1, total // nodes), nodes, ""
    if total <= usual:
        return total, 1, "" if total == 1 else "how many nodes is not said: one"
    size = max(number for number in USUAL_NODES if number <= usual and total % number == 0)
    return size, total // size, f"how many a node has is not said: {size}"


def _whole(total: int | None, per_node: int) -> int | None:
    return None if total is None else max(1, total // per_node)


# ---- machines that are bought or rented ------------------------------------------------------


def _device(desk: Desk, kind: _Kind) -> Site:
    counts = _counts(desk, kind, alone=True)
    number = counts.total or counts.nodes or Fraction(1)
    said = counts.total or counts.nodes
    lines = [
        Line("hardware", f"cat.{kind.entry}", words_of(kind.readings, extra=kind.extra)),
        Line(
            "count",
            str(max(1, int(number))),
            words_of((*counts.because, *kind.readings)) if said else "how many is not said: one",
        ),
    ]
    desk.take("platform", word="machine")
    return Site("device", "", [], [], [[*lines, *_network_lines(desk)]])


def _cluster_lines(desk: Desk) -> list[Line]:
    said = desk.take("platform", word="kubernetes")
    own = desk.take("platform", word="on_premises")
    desk.take("platform", word="cloud", negated=True)
    desk.take("cloud", negated=True)
    because = (
        words_of((*said, *own)) if said else words_of(own, extra="no platform is said: Kubernetes")
    )
    return [Line("platform", "kubernetes", because)]


def _network_lines(desk: Desk) -> list[Line]:
    """Return what joins the nodes; the links inside a node come with the accelerators."""
    said = desk.take("network")
    desk.take("link", negated=True)
    desk.leave([item for item in desk.take("link") if item.how == "between"])
    if not said:
        return []
    slowest = min(said, key=lambda item: (item.low or Fraction(0), item.word))
    if len({(item.word, item.low) for item in said}) > 1:
        desk.contradiction(
            said,
            taken=f"`{network_path(slowest.word, slowest.low)}`",
            why="the slower one is planned with",
        )
    path = network_path(slowest.word, slowest.low)
    extra = "" if slowest.low else "its speed is not said: the slowest of the catalog"
    return [Line("network", f"cat.link.{path}", words_of(said, extra=extra))]
