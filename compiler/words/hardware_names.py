"""What people call accelerators and boards, and which entries of the catalog that may be."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache

from inferc.compiler.calibration import Conditions, accelerator_name
from inferc.compiler.model import find_accelerator
from inferc.compiler.model.catalog import HARDWARE, paths
from inferc.compiler.words import catalog_text as facts
from inferc.compiler.words.numbers import unit

_MEMORY = re.compile(r"^\d+gb$")
_FORMS = {"sxm": r"sxm\d?", "pcie": r"pcie", "nvl": r"nvl", "oam": r"oam"}
_FORM = re.compile("|".join(_FORMS.values()))
_BANDWIDTH = re.compile(r"^  bandwidth +=\s*([\d.]+) (\w)B/s", re.MULTILINE)
_VAGUE = ("raspberry pi", "jetson", "jetson orin", "trainium", "gaudi", "graviton", "tpu", "rtx")
"""Lines of products: said alone they leave open which of them."""
_ALSO = {"raspberry pi 4": "raspberry pi 4b", "raspberry pi 4 model b": "raspberry pi 4b"}
"""What people call a family beside what the catalog calls it."""


@cache
def families() -> Mapping[str, tuple[str, ...]]:
    """Return the entries by their names without memory and form: ``a100``, ``rtx 4090``."""
    found: dict[str, set[str]] = {}
    for path in paths(*HARDWARE):
        own = path.rpartition(".")[2]
        for name in (own, *facts.aliases_of(path)):
            family = _family(name)
            if _usable(family):
                found.setdefault(family, set()).add(path)
    for name, same in _ALSO.items():
        found.setdefault(name, set()).update(found.get(same, ()))
    for name in _VAGUE:
        members = {p for family, ps in found.items() if family.startswith(name) for p in ps}
        if members:
            found.setdefault(name, set()).update(members)
    return {name: tuple(sorted(members)) for name, members in sorted(found.items())}


@cache
def pattern() -> str:
    """Return a pattern without groups for every family, the longest first."""
    names = sorted(families(), key=lambda name: (-len(name), name))
    return "|".join("[ _-]?".join(map(re.escape, name.split())) for name in names)


def family_of(text: str) -> str:
    """Return the family whose name was matched."""
    plain = re.sub(r"[ _-]", "", text)
    return next(name for name in families() if name.replace(" ", "") == plain)


def fitting(family: str, memory: str, form: str) -> tuple[str, ...]:
    """Return the entries of a family that have this memory and form, where those are said."""
    return tuple(
        path
        for path in families()[family]
        if (not memory or memory in memories_of(path)) and (not form or form_of(path) in {"", form})
    )


def usual(family: str, entries: Sequence[str]) -> str:
    """Return the entry that is meant where the words leave several.

    The usual variant of those that benchmarks leave open, else the entry that the family's name
    alone means, else the fastest memory: what cannot hold there holds nowhere.
    """
    open_name = Conditions(
        id="", model="", gpu=f"{family.replace(' ', '_')}_unspecified", engine="", load=""
    )
    for name in (accelerator_name(open_name).name, family):
        path = find_accelerator(name)
        if path in entries:
            return str(path)
    return max(entries, key=lambda path: (_bandwidth(path), -len(path), path))


@cache
def memories_of(path: str) -> frozenset[str]:
    """Return what people call the memory of an entry: ``48gb`` on the box, of which 45 are free."""
    own = path.rpartition(".")[2]
    named = [
        word
        for name in (own, *facts.aliases_of(path))
        for word in re.findall(r"\d+gb", name.lower())
    ]
    stated = re.search(r"^  memory +=\s*(\d+) (GiB|GB|MiB)", facts.text_of(path), re.MULTILINE)
    if stated is not None and not re.search(r"\d+gb", own):
        whole = "GiB" if stated[2] == "MiB" else stated[2]
        named.append(f"{round(int(stated[1]) * unit(stated[2]) / unit(whole))}gb")
    return frozenset(named)


def form_of(path: str) -> str:
    """Return the form in an entry's name: ``sxm``, ``pcie``; empty where there is one only."""
    own = path.rpartition(".")[2].split("_")
    return next((name for name, words in _FORMS.items() for w in own if re.fullmatch(words, w)), "")


def _family(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).split("_")
    kept = [
        w for w in words if not _MEMORY.match(w) and not _FORM.fullmatch(w) and w != "unspecified"
    ]
    return " ".join(kept)


def _usable(family: str) -> bool:
    """Return whether a name is no ordinary word or number: ``v7`` and ``4000`` are."""
    plain = family.replace(" ", "")
    letters = bool(re.search(r"[a-z]", plain)) and bool(re.search(r"\d", plain))
    known = plain in {"trainium", "trillium", "ironwood", "pvc"}
    if plain.startswith(("jetson", "orin", "agx")):
        return True
    return known or (letters and not re.fullmatch(r"v\d[a-z]?", plain) and len(plain) > 1)


@cache
def _bandwidth(path: str) -> Fraction:
    found = _BANDWIDTH.search(facts.text_of(path))
    return Fraction(found[1]) * unit(f"{found[2]}B") if found else Fraction(0)
