"""Models as people name them: ``Llama-3 70B``, ``Mixtral 8x22B MoE``, ``a 13B model``."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from inferc.compiler.estimation import format_in_name
from inferc.compiler.model import find_model
from inferc.compiler.model.catalog import paths
from inferc.compiler.words import catalog_text as facts
from inferc.compiler.words.formats import METHODS
from inferc.compiler.words.numbers import NUMBER, number_of
from inferc.compiler.words.phrases import TAKEN, Found

LANGUAGE, NETWORKS = "models", "networks"
MOST_WORDS = 7
"""Of a name: ``DeepSeek R1 Distill Llama 70B Instruct FP8``."""

_WORD = re.compile(r"[a-z0-9][a-z0-9._/+-]*[a-z0-9+]|[a-z0-9]")
_SIZE = re.compile(r"\d+x\d+b|\d+(?:\.\d+)?[bm]")
_VARIANTS = re.compile(
    r"[ -](?:\d+(?:\.\d+)?b|instruct|instruction[ -]tuned|chat|it|base|hf|moe"
    r"|mixture[ -]of[ -]experts|dense"
    r"|llm|vl"
    r"|models?|tuned|fine[ -]?tuned)(?![a-z0-9])"
)
_MAKER = re.compile(
    r"(?<![a-z0-9])(?:meta|google|mistral(?: ai)?|alibaba|openai|microsoft|nvidia|databricks"
    r"|cohere)(?:'s)?[ -/]?$"
)
_OF_A_SIZE = re.compile(
    rf"(?P<number>{NUMBER})(?P<letter>[ -]?(?:b|bn|billion))?[ -]*(?:param(?:eter)?s?)?[ -]*"
    r"(?:(?:dense|decoder|decoder-only|transformer|open|open-source|open-weights?|large|small"
    r"|language"
    r"|chat|instruct|foundation)[ -])*(?:models?|llms?|language models?|params?"
    r"|parameters?)(?![a-z])"
)
_FAMILIES = ("llama", "qwen")
"""Dense models whose architecture is the usual one: what stands in for a model without a name."""

_SAME_SIZE = Fraction(115, 100)
_FEWEST_LETTERS = 4
_CLOSED = re.compile(
    r"(?<![a-z0-9])(?:gpt-?(?:3(?:\.5)?|4(?:\.\d)?o?|5)(?:[ -](?:turbo|mini|nano))?|chatgpt"
    r"|claude(?:[ -][a-z0-9.]+)?"
    r"|gemini(?:[ -][a-z0-9.]+)?|o[134](?:-mini)?)(?![a-z0-9])"
)
"""Models whose weights nobody else may serve."""


class _Token(NamedTuple):
    text: str
    start: int
    end: int


def read_models(text: str) -> Iterator[Found]:
    """Yield the models in ``text``: by name, by size alone, and those that nobody else can serve.

    The topic of a family of which no member is named is ``family``.
    """
    taken: list[Found] = []
    for found in (*_named(text), *_families(text), *_sizes(text), *_closed(text)):
        if not any(one.start < found.end and found.start < one.end for one in taken):
            taken.append(found)
            yield found


def _named(text: str) -> Iterator[Found]:
    """Yield the models whose whole names stand in ``text``, the longest name at each place."""
    tokens = _tokens(text)
    first = 0
    while first < len(tokens):
        for last in range(min(len(tokens), first + MOST_WORDS), first, -1):
            path, used = _path_of(tokens[first:last])
            if path and _adjacent(text, used):
                yield _found(text, path, used)
                first = tokens.index(used[-1])
                break
        first += 1


def _tokens(text: str) -> list[_Token]:
    return [_Token(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]


def _adjacent(text: str, tokens: Sequence[_Token]) -> bool:
    """Return whether nothing but blanks, hyphens and brackets stands between the words."""
    between = text[tokens[0].start : tokens[-1].end]
    return TAKEN not in between and not re.search(r"[^a-z0-9._/+\-() ]", between)


def _path_of(tokens: Sequence[_Token]) -> tuple[str, Sequence[_Token]]:
    """Return the entry that the words name, and those of the words that it takes to say so."""
    path = _lookup([token.text for token in tokens])
    if not path:
        return "", tokens
    while len(tokens) > 1 and _lookup([token.text for token in tokens[1:]]) == path:
        tokens = tokens[1:]
    while len(tokens) > 1 and _lookup([token.text for token in tokens[:-1]]) == path:
        tokens = tokens[:-1]
    return path, tokens


@cache
def _looked_up(name: str) -> str:
    """Return the path that a name means, both of language models and of networks."""
    if len(name) < _FEWEST_LETTERS or not re.search(r"[a-z]", name):
        return ""
    found = find_model(name.replace("+", "-plus"))
    return found if found and _says_enough(name) else _network(name)


def _says_enough(name: str) -> bool:
    """Return whether a name holds more than a size, and not only a word that many models share."""
    return not _SIZE.fullmatch(name) and bool(
        re.search(r"\d", name) or len(name) >= len("tinyllama")
    )


def _lookup(words: Sequence[str]) -> str:
    name = "-".join(words)
    if len(words) > 1 and _SIZE.fullmatch(words[0]):
        turned = "-".join((*words[1:], words[0]))
        return _looked_up(turned)
    return _looked_up(name)


@cache
def _network_names() -> dict[str, str]:
    """Return the networks by their names, whole and without what says which build they are."""
    found: dict[str, str] = {}
    for path in paths(NETWORKS):
        own = path.rpartition(".")[2]
        short = re.sub(r"(?:_(?:uncased|patch\d+|224|v1_5|en|base_1_0|960h|dev))+", "", own)
        for name in (own, short):
            plain = re.sub(r"[^a-z0-9]", "", name)
            if len(plain) >= _FEWEST_LETTERS:
                found.setdefault(plain, path)
    found.update({"sdxl": found["stablediffusionxl"]} if "stablediffusionxl" in found else {})
    return found


def _network(name: str) -> str:
    return _network_names().get(re.sub(r"[^a-z0-9]", "", name), "")


def _found(text: str, path: str, tokens: Sequence[_Token]) -> Found:
    """Return a named model, with the words behind it that say how it was tuned."""
    end = tokens[-1].end
    while tail := _VARIANTS.match(text, end):
        end = tail.end()
    start = tokens[0].start
    written = text[start:end].replace(" ", "-")
    stated = _format_in(written) if path.startswith(LANGUAGE) else ""
    more = (("precision", stated),) if stated else ()
    maker = _MAKER.search(text[:start])
    return Found("model", maker.start() if maker else start, end, path, more=more)


def _format_in(written: str) -> str:
    """Return the format that a checkpoint's name says: its own word, else what its method means."""
    named = (METHODS[method] for method in sorted(METHODS) if method in written)
    return format_in_name(written) or next(named, "")


# ---- families and sizes ----------------------------------------------------------------------


@cache
def _members() -> dict[str, tuple[str, ...]]:
    """Return the language models by the letters that their names begin with."""
    found: dict[str, list[str]] = {}
    for path in paths(LANGUAGE):
        own = path.rpartition(".")[2]
        letters = re.match(r"[a-z]+", own)
        if letters:
            found.setdefault(letters.group(), []).append(path)
    return {name: tuple(sorted(members)) for name, members in sorted(found.items())}


def _families(text: str) -> Iterator[Found]:
    """Yield families: the newest member where only versions are open, else all their names."""
    for match in re.finditer(r"(?<![a-z0-9/])([a-z]{3,})[- ]?((?:v?\d[\w.]*[- ]?)*)", text):
        members = _members().get(match[1])
        if members is None:
            continue
        fitting = _fitting(members, match[2])
        if not fitting:
            continue
        end = match.start() + len(match.group().rstrip(" -"))
        behind = re.match(r"[ -]([a-z]+)(?![a-z])", text[end:])
        narrowed = [path for path in fitting if behind and behind[1] in path.split("_")]
        if behind and narrowed:
            fitting, end = narrowed, end + behind.end()
        while tail := _VARIANTS.match(text, end):
            end = tail.end()
        if _are_one_size(fitting):
            newest = max(fitting, key=_version)
            yield Found("model", match.start(), end, newest, more=_others(fitting, newest))
        else:
            yield Found("family", match.start(), end, match[1], more=_others(fitting, ""))


def _fitting(members: Sequence[str], numbers: str) -> list[str]:
    """Return the entries with the version and the size that were said."""
    size = re.search(r"(\d+(?:\.\d+)?)b(?![a-z])", numbers)
    wanted = re.findall(r"\d+", re.sub(r"\d+(?:\.\d+)?b(?![a-z])", " ", numbers))
    found = [path for path in members if not size or _has_size(path, Fraction(size[1]))]
    if not wanted:
        return found
    said = "_".join(wanted)
    own = {path: "_".join(re.findall(r"[a-z]+|\d+", path.rpartition(".")[2])) for path in found}
    exact = [p for p in found if re.search(rf"^[a-z]+_{said}(?:_\d+_b|_[a-z]|$)", own[p])]
    return exact or [p for p in found if re.search(rf"^[a-z]+_{said}(?:_|$)", own[p])]


def _has_size(path: str, billions: Fraction) -> bool:
    return _alike(_parameters_of(path), billions * number_of("1b"))


def _are_one_size(found: Sequence[str]) -> bool:
    sizes = [_parameters_of(path) for path in found]
    return all(_alike(size, sizes[0]) for size in sizes)


def _alike(one: Fraction, other: Fraction) -> bool:
    """Return whether two models would be called by the same size: 7.6 billion are a 7B too."""
    return bool(one and other) and max(one / other, other / one) <= _SAME_SIZE


def _version(path: str) -> tuple[tuple[int, ...], bool, str]:
    """Return what sorts entries by version, the one with the longest context last."""
    own = path.rpartition(".")[2]
    version = re.sub(r"_(?:\d+x)?\d+b(?![a-z]).*", "", own)
    return tuple(int(part) for part in re.findall(r"\d+", version)), "instruct" in own, path


def _others(found: Sequence[str], taken: str) -> tuple[tuple[str, str], ...]:
    return tuple(("other", path) for path in found if path != taken)


def _sizes(text: str) -> Iterator[Found]:
    """Yield models that are known by their size alone, with the entry nearest to it."""
    for match in _OF_A_SIZE.finditer(text):
        number = number_of(match["number"])
        billions = (
            number * number_of("1b") if match["letter"] and number < number_of("1k") else number
        )
        if billions >= number_of("10m"):
            stand_in = nearest_in_size(billions)
            yield Found("size", match.start(), match.end(), stand_in, billions)


@cache
def nearest_in_size(parameters: Fraction, context: int = 0) -> str:
    """Return the usual dense model whose number of parameters is nearest, by ratio.

    Of those with a context as long as is said, where there are any.
    """

    def distance(path: str) -> tuple[Fraction, str]:
        size = _parameters_of(path)
        return max(size / parameters, parameters / size), path

    usual = [
        path for name in _FAMILIES for path in _members().get(name, ()) if _parameters_of(path)
    ]
    dense = [path for path in usual if not re.search(r"a\d+b|vl|e_instruct", path)]
    long = [path for path in dense if facts.number_of(path, "context") >= context]
    return min(long or dense, key=distance)


@cache
def _parameters_of(path: str) -> Fraction:
    return Fraction(facts.number_of(path, "parameters"))


def _closed(text: str) -> Iterator[Found]:
    for match in _CLOSED.finditer(text):
        yield Found("closed", match.start(), match.end(), match.group())
