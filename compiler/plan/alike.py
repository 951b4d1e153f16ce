"""Services that differ in nothing but their names, and so have the same plan.

Fleets are made from templates: the same model on the same hardware under the same load, a hundred
times. Planning is a pure function, so the plan of one is the plan of the others, under their names
and with the lines of the file where they stand. Nothing else may differ, not even the reason that
someone gave for a number.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import TypeGuard, TypeVar

from inferc.compiler.problem import Problem
from inferc.dsl.source import Span

T = TypeVar("T")


def key_of(problems: Sequence[Problem]) -> Hashable:
    """Return what services that are alike have in common, found without looking deeply."""
    return tuple(_key(problem) for problem in problems)


def _key(problem: Problem) -> Hashable:
    case = problem.case
    place = case.place
    numbers = (case.rate_per_s, case.peak, case.prompt_mean_tok, case.output_mean_tok)
    tails = (case.prompt_p95_over_mean, case.output_p95_over_mean, case.goal, case.survives)
    where = (place.accelerator.id, place.per_node, place.nodes.value, place.instance, place.market)
    lines = tuple((line.metric, line.percentile, line.limit.value) for line in case.objectives)
    return (case.model.id, where, numbers, tails, lines, len(case.decisions))


class Likeness:
    """The services of one place beside those of another that are alike, one by one."""

    def __init__(self, pairs: Mapping[int, object], names: Mapping[str, str]) -> None:
        self._pairs = pairs
        self._names = names

    def told(self, value: T) -> T:
        """Return ``value``, which was said about the first, as it is said about the second."""
        return self._told(value)  # type: ignore[return-value]  # the same type, part by part

    def _told(self, value: object) -> object:
        known = self._pairs.get(id(value))
        if known is not None:
            return known
        told = value
        if isinstance(value, str):
            told = value if isinstance(value, Enum) else renamed(value, self._names)
        elif _is_tuple(value):
            told = self._tuple(value)
        elif _is_mapping(value):
            told = self._mapping(value)
        elif is_dataclass(value) and not isinstance(value, type):
            told = self._changed(value)
        return told

    def _mapping(self, value: Mapping[object, object]) -> Mapping[object, object]:
        told = {key: self._told(item) for key, item in value.items()}
        return told if any(told[key] is not value[key] for key in told) else value

    def _tuple(self, value: tuple[object, ...]) -> tuple[object, ...]:
        told = tuple(self._told(item) for item in value)
        return told if any(new is not old for new, old in zip(told, value, strict=True)) else value

    def _changed(self, value: object) -> object:
        kind: type = type(value)
        changed = {
            name: new
            for name in _fields(kind)
            if (new := self._told(old := getattr(value, name))) is not old
        }
        # What comes here is a dataclass, which no type can say.
        return replace(value, **changed) if changed else value  # type: ignore[type-var]


def likeness(first: Sequence[Problem], second: Sequence[Problem]) -> Likeness | None:
    """Return how the services of two places correspond, or None where they are not alike."""
    names = dict(_names(first, second))
    pairs: dict[int, object] = {}
    if all(_alike(a, b, names, pairs) for a, b in zip(first, second, strict=True)):
        return Likeness(pairs, names)
    return None


def _names(first: Sequence[Problem], second: Sequence[Problem]) -> Iterator[tuple[str, str]]:
    for a, b in zip(first, second, strict=True):
        yield a.service.name, b.service.name
        yield a.service.deployed_name, b.service.deployed_name
        yield a.case.place.path, b.case.place.path


def _alike(a: object, b: object, names: Mapping[str, str], pairs: dict[int, object]) -> bool:
    """Return whether two values differ only in names and places in files; note what is what."""
    if a is b:
        if not isinstance(a, str):
            pairs[id(a)] = b
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, str):
        return a == b or renamed(a, names) == b
    if isinstance(a, Span):
        pairs[id(a)] = b
        return True
    return _parts_alike(a, b, names, pairs)


def _parts_alike(a: object, b: object, names: Mapping[str, str], pairs: dict[int, object]) -> bool:
    if _is_tuple(a) and _is_tuple(b):
        same = len(a) == len(b) and all(
            _alike(x, y, names, pairs) for x, y in zip(a, b, strict=True)
        )
    elif _is_mapping(a) and _is_mapping(b):
        same = a.keys() == b.keys() and all(_alike(a[key], b[key], names, pairs) for key in a)
    elif is_dataclass(a) and not isinstance(a, Enum):
        kind: type = type(a)
        parts = _fields(kind)
        same = all(_alike(getattr(a, name), getattr(b, name), names, pairs) for name in parts)
    else:
        return a == b
    if same:
        pairs[id(a)] = b
    return same


def _is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple)


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


@lru_cache(maxsize=256)
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return ``text`` with a name that it is, begins with or quotes put in place of another."""
    if text in names:
        return names[text]
    head, dot, rest = text.partition(".")
    if dot and head in names:
        return f"{names[head]}.{rest}"
    if "`" in text:
        parts = text.split("`")
        return "`".join(names.get(part, part) for part in parts)
    return text
