"""Machines of a cloud: those that are named, or those that have the accelerators that are."""

import re
from collections.abc import Collection
from fractions import Fraction
from typing import NamedTuple

from inferc.compiler.model.catalog import paths
from inferc.compiler.words import catalog_text as facts
from inferc.compiler.words.clouds import OTHER
from inferc.compiler.words.desk import Desk, Line, words_of
from inferc.compiler.words.numbers import written
from inferc.compiler.words.phrases import Reading


class Wanted(NamedTuple):
    """What is said of accelerators, beside the cloud."""

    entries: Collection[str]
    """Paths of the catalog; empty where no accelerator is named."""
    readings: tuple[Reading, ...]
    per_node: int | None
    nodes: int | None
    total: int | None
    nodes_operator: str = "="
    """``<=`` where there may be fewer nodes than that."""


class Rented(NamedTuple):
    """A pool of a cloud's machines."""

    cloud: str
    cloud_lines: list[Line]
    lines: list[Line]


def rented(desk: Desk, wanted: Wanted) -> Rented | None:
    """Return the pool that the words mean, or None where nothing is rented or nothing fits."""
    named = desk.look("instance")
    if named:
        return _named(desk, wanted)
    clouds = [item for item in desk.look("cloud") if item.word != OTHER]
    if not clouds:
        return None
    cloud = clouds[0].word
    types = _types_of(cloud, wanted)
    if not types:
        return None
    said = (*wanted.readings, *desk.take("cloud", word=cloud))
    extra = "" if wanted.entries else "no accelerator is said: any of these"
    nodes = wanted.nodes
    if nodes is None and wanted.total is not None:
        sizes = {_gpus(path)[0] for path in types}
        nodes = wanted.total // next(iter(sizes)) if len(sizes) == 1 else None
    return _pool(desk, cloud, types, Said(said, extra, nodes, wanted.nodes_operator))


class Said(NamedTuple):
    """The words behind a pool, and the number of nodes in them."""

    readings: tuple[Reading, ...]
    extra: str
    nodes: int | None
    operator: str = "="


def _named(desk: Desk, wanted: Wanted) -> Rented:
    """Return the pool of machines that are named by their type."""
    named = desk.take("instance")
    types = sorted({item.word for item in named})
    cloud = types[0].split(".")[1]
    types = [path for path in types if path.split(".")[1] == cloud]
    counts = [int(item.low) for item in named if item.low]
    said = (*named, *desk.take("cloud", word=cloud), *wanted.readings)
    if counts:
        return _pool(desk, cloud, types, Said(said, "", min(counts)))
    return _pool(desk, cloud, types, Said(said, "", wanted.nodes, wanted.nodes_operator))


def _types_of(cloud: str, wanted: Wanted) -> list[str]:
    """Return the types of a cloud that have what is wanted, of the wanted size if there are."""
    known = [path for path in paths("instance") if path.startswith(f"instance.{cloud}.")]
    fitting = [path for path in known if not wanted.entries or _gpus(path)[1] in wanted.entries]
    size = wanted.per_node or wanted.total
    if wanted.nodes and wanted.total and not wanted.per_node:
        size = wanted.total // wanted.nodes
    exact = [path for path in fitting if _gpus(path)[0] == size]
    whole = [path for path in fitting if size and size % max(1, _gpus(path)[0]) == 0]
    largest = max((_gpus(path)[0] for path in whole), default=0)
    return exact or [path for path in whole if _gpus(path)[0] == largest] or fitting


def _pool(desk: Desk, cloud: str, types: list[str], said: Said) -> Rented:
    names = [path.removeprefix("instance.") for path in types]
    because = words_of(said.readings, extra=said.extra)
    lines = [_choice("instances", names, because)]
    if said.nodes:
        lines.insert(0, Line("nodes", str(said.nodes), words_of(said.readings), said.operator))
    markets = desk.take("market")
    denied = desk.take("market", negated=True)
    words = sorted({item.word for item in markets} - {item.word for item in denied})
    if words:
        lines.append(_choice("market", words, words_of(markets)))
    elif denied:
        listed = ", ".join(sorted({item.word for item in denied}))
        lines.append(Line("market", f"[{listed}]", words_of(denied), "not in"))
    regions = desk.take("region")[:1]
    region = [Line("region", f'"{item.word}"', words_of([item])) for item in regions]
    return Rented(cloud, region, lines)


def _choice(field: str, names: list[str], because: str) -> Line:
    if len(names) == 1:
        return Line(field, names[0], because)
    return Line(field, f"[{', '.join(names)}]", because, "in")


def _gpus(path: str) -> tuple[int, str]:
    """Return how many accelerators a machine has, and which."""
    found = re.search(r"^  gpu +=\s*(?:(\d+) \* )?cat\.([\w.]+)", facts.text_of(path), re.MULTILINE)
    return (int(found[1] or 1), found[2]) if found else (0, "")


# ---- managed platforms -----------------------------------------------------------------------


def managed_lines(desk: Desk, entries: Collection[str]) -> tuple[Line, str] | None:
    """Return the line of a managed platform and its accelerator, or None where none fits."""
    named = desk.look("managed")
    if not named:
        return None
    platform = named[0].word
    offered = re.findall(
        r"cat\.((?:gpu|accelerator|cpu)[\w.]+)", facts.text_of(f"platform.{platform}")
    )
    fitting = [entry for entry in sorted(entries) if not offered or entry in offered]
    if entries and not fitting:
        return None
    accelerator = fitting[0] if fitting else next(iter(offered), "")
    if not accelerator:
        return None
    said = desk.take("managed", word=platform)
    also = (*desk.take("platform", word="serverless"), *desk.take("cloud"))
    return Line("platform", platform, words_of((*said, *also))), accelerator


def gpu_line(accelerator: str, each: int, readings: Collection[Reading]) -> Line:
    """Return the line of the accelerators of an instance."""
    value = f"cat.{accelerator}" if each == 1 else f"{each} * cat.{accelerator}"
    return Line("gpu", value, words_of(readings) or "no accelerator is said: the first it offers")


# ---- money -----------------------------------------------------------------------------------


def budget_lines(desk: Desk, *, priced: bool) -> list[Line]:
    """Return the limit on what everything may cost, where what there is has a price."""
    said = [item for item in desk.look("budget") if item.low]
    if not said or not priced:
        return []
    desk.take("budget")
    least = min(said, key=lambda item: (item.low or 0, item.word))
    unsaid = "" if least.word else "no period is said: a month"
    value = f"${written(least.low or Fraction(0))}/{least.word or 'mo'}"
    return [Line("cost", value, words_of(said, extra=unsaid), "<=")]
