"""Values for charts of others: only keys that the chart reads, as it is released.

The schemas of these charts are open, so that a key with a slip of the pen is taken and does
nothing. What a chart reads is therefore kept as data, with the release that it was read in.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from inferc.targets.base import Data

ANYTHING = "*"
"""The mark of a value that goes into an object as it is: an environment, a toleration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a release of a chart reads."""

    chart: str
    version: str
    source: str
    tree: Data
    """Mappings of what may be below a key; a list holds what its entries may be."""


@cache
def keys(target: str, name: str) -> Keys:
    """Return the keys of a chart that belongs to ``target``; they are package data."""
    text = files(f"inferc.targets.{target}").joinpath(f"{name}.json").read_text("utf-8")
    found = json.loads(text)
    return Keys(
        chart=found["chart"],
        version=found["version"],
        source=found["source"],
        tree=found["keys"],
    )


def unread(values: Data, tree: Data, path: str = "") -> Iterator[str]:
    """Yield the paths of keys in ``values`` that a chart does not read."""
    if tree == ANYTHING:
        return
    if isinstance(values, Mapping):
        if not isinstance(tree, Mapping):
            yield path
            return
        for key, value in values.items():
            inner = f"{path}.{key}" if path else key
            if key not in tree:
                yield inner
            else:
                yield from unread(value, tree[key], inner)
    elif isinstance(values, Sequence) and not isinstance(values, str):
        if not isinstance(tree, Sequence) or isinstance(tree, str):
            yield path
            return
        for value in values:
            yield from unread(value, tree[0], f"{path}[]")


def untemplated(value: Data) -> Data:
    """Return a value of which a chart makes a template, such that it renders as it is."""
    if isinstance(value, str):
        return value.replace("{{", '{{ "{{" }}')
    if isinstance(value, Mapping):
        return {key: untemplated(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [untemplated(item) for item in value]
    return value
