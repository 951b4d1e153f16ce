"""Models and hardware by whatever name people give them: repositories, aliases, catalog entries."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from inferc.compiler.load import CATALOG
from inferc.stdlib import files as stdlib

FOLDER = "models"
HARDWARE = ("gpu", "accelerator", "cpu", "board")
"""The folders of the catalog that hold what computes."""

_NAMED = re.compile(r'^  (?:title|repository) +=\s*"([^"]*)"', re.MULTILINE)
_ALIASES = re.compile(r"^  aliases +=\s*\[(.*?)\]", re.MULTILINE | re.DOTALL)
_ARCHITECTURE = re.compile(r'^  architecture +=\s*"([^"]*)"', re.MULTILINE)
_TEXT = re.compile(r'"([^"]*)"')
_REMARK = re.compile(r"\(.*?\)")
_VARIANT = re.compile(
    r"""[-_.](?:
        instruct | chat | it | hf | base | preview
        | fp8(?:[-_](?:dynamic|static|block|kv))* | nvfp4 | mxfp4 | fp4 | fp16 | bf16 | int4 | int8
        | awq | gptq | gguf | mlx | bnb | quantized | exl2
        | w\d+a\d+ | \d+bit | q\d(?:_[a-z0-9]+)* | kv | autoround | marlin | dynamic | g?128
        | (?<=fp[48][-_])v\d | 99(?:\.9)? | \d{4}
    )(?=$|[-_.])""",
    re.VERBOSE,
)
"""Parts of a name that say how a model was tuned, or in which format its weights are."""
_SIGNS = re.compile(r"[^a-z0-9]")
_SIZE = re.compile(r"(?:\d+x)?(?:\d+p)?\d+[bm]|a\d+b")
_POINT = re.compile(r"(?<=\d)\.(?=\d+[bm](?![a-z0-9]))")
"""The decimal point of a size."""


def find_model(name: str) -> str | None:
    """Return the path of the catalog entry with the architecture of ``name``, or None.

    It is looked for as it is written, then without its owner, and then without what says how it was
    tuned or quantised: `RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16` is Llama 3.1 8B.
    Capitals do not matter, nor does a remark in brackets. A name that holds another with its
    size, as those of tuned models do, is that: `NousResearch/Hermes-3-Llama-3.1-8B`.
    """
    known = _index()
    keys = (*_keys(name), *_inside(name))
    return next((known[key] for key in keys if key in known), None)


def find_accelerator(name: str) -> str | None:
    """Return the path of the hardware that ``name`` means in the catalog, or None.

    That is a path, the entry's own name, its title with or without its maker, or one of its
    aliases: ``h100_sxm``. Neither capitals nor signs matter.
    """
    return _hardware().get(_SIGNS.sub("", name.lower()))


@cache
def architectures() -> frozenset[str]:
    """Return the architectures of the hardware in the catalog."""
    texts = (stdlib.read(f"{CATALOG}.{path}") or "" for path in paths(*HARDWARE))
    return frozenset(name for text in texts for name in _ARCHITECTURE.findall(text))


@cache
def _hardware() -> Mapping[str, str]:
    """Return the hardware by every key of it; what it is called itself wins over an alias."""
    named = {path: tuple(_names(path)) for path in paths(*HARDWARE)}
    found: dict[str, str] = {}
    for path, (whole, own, title, *_) in named.items():
        for name in (whole, own, title, title.partition(" ")[2]):
            found.setdefault(_SIGNS.sub("", name.lower()), path)
    for path, names in named.items():
        for name in names:
            found.setdefault(_SIGNS.sub("", name.lower()), path)
    return found


def _keys(name: str) -> Iterator[str]:
    """Yield what ``name`` may be known by, the closest first."""
    plain = _REMARK.sub("", name).strip().lower()
    own = plain.rpartition("/")[2]
    yield plain
    yield own
    yield _joined(own)
    bare = _joined(_plain(own))
    yield bare
    yield bare.removeprefix("meta")


def _inside(name: str) -> Iterator[str]:
    """Yield the runs of words in ``name`` that end in a size, the longest first."""
    own = _REMARK.sub("", name).strip().lower().rpartition("/")[2]
    words = [word for word in _SIGNS.split(_POINT.sub("p", _plain(own))) if word]
    runs = (
        words[start:end]
        for length in range(len(words) - 1, 1, -1)
        for start in range(len(words) - length + 1)
        for end in (start + length,)
    )
    return ("".join(run) for run in runs if _SIZE.fullmatch(run[-1]))


def _plain(own: str) -> str:
    """Return a name without its variants."""
    before = ""
    while before != own:
        before, own = own, _VARIANT.sub("", own)
    return own


def _joined(own: str) -> str:
    """Return a name without signs; 1.3b stays another size than 13b."""
    return _SIGNS.sub("", _POINT.sub("p", own))


@cache
def _index() -> Mapping[str, str]:
    """Return the entries by every key of theirs.

    What one entry is called wins over what another would be called in short; a shortened name that
    several entries share belongs to the first of them.
    """
    named = {path: tuple(_names(path)) for path in paths(FOLDER)}
    found: dict[str, str] = {}
    for path, (whole, own, *_) in named.items():
        exact = (whole, own, own.replace("-", "_"))
        found.update((name, path) for name in exact)
    for rank in range(len(tuple(_keys("")))):
        for path, (_, _, *names) in named.items():
            for name in names:
                found.setdefault(tuple(_keys(name))[rank], path)
    return found


def paths(*folders: str) -> tuple[str, ...]:
    """Return the paths of every entry in these folders of the catalog, folder by folder."""
    entries = (entry for folder in folders for entry in stdlib.all_entries(f"{CATALOG}.{folder}"))
    return tuple(path.partition(".")[2] for path in entries)


def _names(path: str) -> Iterator[str]:
    """Yield the names of an entry, from its text: to parse a hundred files would take a second."""
    text = stdlib.read(f"{CATALOG}.{path}") or ""
    yield path
    yield path.rpartition(".")[2].replace("_", "-")
    yield from _NAMED.findall(text)
    for inside in _ALIASES.findall(text):
        yield from _TEXT.findall(inside)
