"""Names as people write them: catalog paths, entry names, aliases, Hugging Face repositories."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from inferc.compiler.calibration import Conditions, engine_name
from inferc.compiler.load import CATALOG
from inferc.compiler.model import find_model
from inferc.compiler.model.catalog import HARDWARE, paths
from inferc.stdlib import files as stdlib

FOLDERS = {"model": ("models", "networks"), "hardware": HARDWARE, "engine": ("engine",)}
"""Where the catalog keeps what a name may mean."""

MOST = 4
"""How many near names an error lists."""

LIKE = 0.7
"""Share of letters in common from which a name is worth suggesting."""


class Match(NamedTuple):
    """What a name means: one path, or none and the paths near it."""

    path: str
    close: tuple[str, ...] = ()
    several: bool = False
    """Whether the name fits each of ``close``."""


@cache
def find(what: str, name: str) -> Match:
    """Return the entry of the catalog that ``name`` means; ``what`` is a key of :data:`FOLDERS`.

    In this order: its path, with or without ``std.catalog.``; its own name; another name or the
    repository that the entry states; words of one entry's name alone. Case and punctuation do not
    matter.
    """
    known = paths(*FOLDERS[what])
    wanted = _plain(name.removeprefix("std.").removeprefix("catalog.").removeprefix("cat."))
    if not wanted:
        return Match("", known[:MOST])
    exact = [path for path in known if wanted in {_plain(path), _plain(_last(path))}]
    stated = exact or _known_as(what, name) or [p for p in known if wanted in _stated(p)]
    if len(stated) == 1:
        return Match(stated[0])
    within = stated or _within(known, wanted)
    if len(within) == 1:
        return Match(within[0])
    if within:
        return Match("", tuple(map(_last, within[:MOST])), several=True)
    return Match("", _near(wanted, known))


def _known_as(what: str, name: str) -> list[str]:
    """Return what ``name`` is another word for: a tuned or quantised model, a short name.

    Those of hardware stand in the catalog.
    """
    if what == "model":
        path = find_model(name)
        return [path] if path else []
    if what == "engine":
        found = engine_name(Conditions(id="", model="", gpu="", engine=name, load=""))
        return [f"engine.{found.id}"] if found.same else []
    return []


@cache
def _plain(name: str) -> str:
    """Return ``name`` without what people write differently."""
    return "_".join(re.findall(r"[a-z]+|[0-9]+", name.lower()))


def _last(path: str) -> str:
    return path.rpartition(".")[2]


@cache
def _stated(path: str) -> frozenset[str]:
    """Return the other names and the repository that an entry's text states.

    The text is searched and not resolved, since a name is looked for in all of them.
    """
    text = stdlib.read(f"{CATALOG}.{path}") or ""
    found: set[str] = set()
    for line in re.findall(r'^\s*(?:aliases|repository)\s*=\s*(\[[^\]]*\]|".*")', text, re.M):
        quoted: list[str] = re.findall(r'"([^"]*)"', line)
        found.update(_plain(item) for item in quoted)
        found.update(_plain(item.rpartition("/")[2]) for item in quoted)
    return frozenset(found)


def _within(known: Sequence[str], wanted: str) -> list[str]:
    """Return the entries whose names hold the words of ``wanted``: in one piece, else in order."""
    names = {path: _plain(_last(path)) for path in known}
    whole = [path for path, name in names.items() if f"_{wanted}_" in f"_{name}_"]
    return whole or [path for path, name in names.items() if _in_order(wanted, name)]


def _in_order(wanted: str, name: str) -> bool:
    words = iter(name.split("_"))
    return all(word in words for word in wanted.split("_"))


def _near(wanted: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the entries whose names, or their beginnings, look most like ``wanted``."""
    from difflib import SequenceMatcher

    def likeness(path: str) -> float:
        name = _plain(_last(path))
        beginnings = {name, name[: len(wanted)]}
        return max(SequenceMatcher(None, wanted, part).ratio() for part in beginnings)

    alike = sorted((-likeness(path), _last(path)) for path in known)
    return tuple(name for unlike, name in alike[:MOST] if -unlike >= LIKE)
