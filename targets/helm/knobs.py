"""What an installer of the chart may turn: values with their schema and their words, said once.

From the same knobs come ``values.yaml`` with its comments, and ``values.schema.json``, which is
closed: a key that nobody reads is a mistake, and Helm says so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inferc.targets import to_yaml
from inferc.targets.base import Data

Path = tuple[str, ...]

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The one that every release of Helm reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One value: where it stands, as planned, and what it may be."""

    path: Path
    value: Data
    schema: Mapping[str, Data]
    about: str
    """One line, for the comment and for the schema."""


@dataclass(slots=True)
class Branch:
    """A mapping of values: knobs, and further branches."""

    about: str
    children: "dict[str, Branch | Knob]"


def tree(knobs: Sequence[Knob], about: Mapping[Path, str]) -> Branch:
    """Return the knobs as nested mappings; ``about`` says what those are."""
    root = Branch(about.get((), ""), {})
    for knob in knobs:
        node = root
        for depth, key in enumerate(knob.path[:-1], start=1):
            child = node.children.setdefault(key, Branch(about.get(knob.path[:depth], ""), {}))
            if isinstance(child, Knob):
                message = f"{'.'.join(knob.path)} lies inside a value"
                raise TypeError(message)
            node = child
        node.children[knob.path[-1]] = knob
    return root


def values(node: Branch | Knob) -> Data:
    """Return the planned values."""
    if isinstance(node, Knob):
        return node.value
    return {key: values(child) for key, child in node.children.items()}


def values_text(root: Branch) -> str:
    """Return ``values.yaml``: every value under a comment that says what it is."""
    parts: list[str] = []
    for key, child in root.children.items():
        parts.append("\n".join(_lines(key, child, "")))
    return "\n\n".join(parts) + "\n"


def _lines(key: str, node: Branch | Knob, indent: str) -> Iterator[str]:
    if node.about:
        yield from (indent + line for line in to_yaml.comment((node.about,)).splitlines())
    if isinstance(node, Knob):
        yield from (indent + line for line in to_yaml.dump({key: node.value}).splitlines())
        return
    yield indent + to_yaml.dump({key: {}}).strip().removesuffix(" {}")
    for name, child in node.children.items():
        yield from _lines(name, child, indent + "  ")


def schema_text(root: Branch, title: str) -> str:
    """Return ``values.schema.json``."""
    schema: dict[str, Data] = {"$schema": DIALECT, "title": title, **_schema(root)}
    properties = dict(_mapping(schema["properties"]))
    # Helm hands these down to charts below this one, and a parent chart may set them.
    properties["global"] = {"type": "object", "description": "Of a chart above this one."}
    return json.dumps({**schema, "properties": properties}, indent=2, ensure_ascii=False) + "\n"


def _schema(node: Branch | Knob) -> dict[str, Data]:
    about: dict[str, Data] = {"description": node.about} if node.about else {}
    if isinstance(node, Knob):
        return {**about, **node.schema}
    return {
        "type": "object",
        **about,
        "additionalProperties": False,
        "required": list(node.children),
        "properties": {key: _schema(child) for key, child in node.children.items()},
    }


def _mapping(value: Data) -> Mapping[str, Data]:
    return value if isinstance(value, Mapping) else {}
