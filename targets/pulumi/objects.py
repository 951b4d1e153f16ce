"""Manifests as expressions of the Pulumi SDK: typed arguments, shared values as constants."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.pulumi import sdk
from inferc.targets.pulumi.adjust import Code
from inferc.targets.to_python import (
    Expression,
    array,
    block_literal,
    call,
    dictionary,
    literal,
)

_COMPONENT = "app.kubernetes.io/component"
_SELECTORS = ("matchLabels", "selector")
_SHARED = ("labels", *_SELECTORS)
"""Fields whose values get names where they stand in several places."""
CONTAINER = "core.v1.Container"
_LEAST_SHARED = 3
"""Entries from which on a dictionary that stands in several places gets a name."""
LARGE_CHARS = 1500
"""A text that is longer stands in a file of its own, which the program reads."""

_Key = tuple[tuple[str, str], ...] | str


@dataclass(slots=True)
class Constants:
    """Values that stand in several places of a module, or that read badly in one, with names."""

    names: dict[_Key, str] = field(default_factory=dict[_Key, str])
    values: dict[str, Expression] = field(default_factory=dict[str, Expression])
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Long texts by the path of their file."""

    def add(self, key: _Key, name: str, value: Expression) -> None:
        """Give ``value`` a name like ``name``."""
        if key in self.names:
            return
        free, number = name, 1
        while free in self.values:
            number += 1
            free = f"{name}_{number}"
        self.names[key] = free
        self.values[free] = value

    def add_file(self, text: str, name: str, path: str) -> None:
        """Put ``text`` into a file."""
        if text not in self.names:
            while path in self.files:
                path = f"{path}_"
            self.files[path] = text
            self.add(text, name, call("read", [("", literal(path))]))


@dataclass(frozen=True, slots=True)
class Missing:
    """A field that the SDK does not know: the object, the class of arguments and the field."""

    object: str
    owner: str
    field: str


def constants_of(manifests: Sequence[Manifest]) -> Constants:
    """Return the constants of a module that creates ``manifests``."""
    found = [(one, *place) for one in manifests for place in _places("", "", one.document())]
    counts = Counter(key for *_, key in found)
    constants = Constants()
    for manifest, where, holder, key in found:
        if isinstance(key, str):
            _add_text(constants, manifest, (where, holder), key)
            if where == "image" and counts[key] > 1:
                constants.add(key, "IMAGE", literal(key))
        elif counts[key] > 1 and len(key) >= _LEAST_SHARED:
            about = _upper(dict(key).get(_COMPONENT, "shared"))
            suffix = "SELECTOR" if where in _SELECTORS else "LABELS"
            value = dictionary((name, literal(text)) for name, text in key)
            constants.add(key, f"{about}_{suffix}", value)
    return constants


def _add_text(constants: Constants, manifest: Manifest, place: tuple[str, str], text: str) -> None:
    """Give a text of several lines, or one too long for a program, a name."""
    where, holder = place
    if len(text) > LARGE_CHARS:
        name = f"{manifest.name}-{where}"
        plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in where)
        suffix = ".json" if text.startswith(("{", "[")) else ".txt"
        path = f"files/{manifest.name}-{plain.strip('-')}"
        constants.add_file(text, _upper(name), path.removesuffix("-json") + suffix)
    elif "\n" in text:
        block = block_literal(text)
        name = f"{_upper(holder)}_SCRIPT" if where == "command" else _upper(f"{holder}_{where}")
        if block is not None:
            constants.add(text, name, block)


def _upper(text: str) -> str:
    """Return ``text`` as the name of a constant."""
    plain = "".join(char if char.isascii() and char.isalnum() else "_" for char in text)
    return plain.upper() if plain[:1].isalpha() else f"X{plain.upper()}"


def _places(where: str, holder: str, value: Data) -> Iterator[tuple[str, str, _Key]]:
    """Yield strings and dictionaries of strings, with their field and what holds them by name."""
    if isinstance(value, str):
        if not isinstance(value, Code):
            yield where, holder, value
    elif isinstance(value, Mapping):
        name = value.get("name")
        inner = name if isinstance(name, str) else holder
        texts = {key: item for key, item in value.items() if isinstance(item, str)}
        if where in _SHARED and len(texts) == len(value):
            yield where, inner, tuple(texts.items())
        for key, item in value.items():
            yield from _places(key, inner, item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _places(where, holder, item)


@dataclass(slots=True)
class Writer:
    """Turns manifests into expressions; collects the fields that the SDK lacks."""

    constants: Constants
    namespace: str
    """The expression of the namespace that the objects live in."""
    home: str
    """That namespace as the manifests have it."""
    missing: list[Missing] = field(default_factory=list[Missing])
    containers: dict[str, Expression] = field(default_factory=dict[str, Expression])
    """The containers by the name of the function that makes them: pods nest deep enough."""
    custom: set[str] = field(default_factory=set[str])
    """The custom kinds in use."""

    def resource(
        self, manifest: Manifest, options: Expression, annotations: Mapping[str, str]
    ) -> Expression:
        """Return the construction of one object, with ``annotations`` beside its own."""
        owner = sdk.class_of(manifest.api_version, manifest.kind)
        metadata = ("metadata", self._metadata(manifest, annotations))
        if owner:
            fields = [self._field(manifest, owner, item) for item in manifest.body.items()]
            arguments = [("", literal(manifest.name)), metadata, *fields]
            return call(f"k8s.{owner}", [*arguments, ("opts", options)])
        for key in manifest.body:
            if key != "spec":
                self.missing.append(Missing(manifest.id, "apiextensions.CustomResource", key))
        self.custom.add(manifest.kind)
        return call(
            f"custom.{manifest.kind}",
            [
                ("", literal(manifest.name)),
                metadata,
                ("spec", self._value(manifest, "", manifest.body.get("spec", {}))),
                ("opts", options),
            ],
        )

    def _metadata(self, manifest: Manifest, annotations: Mapping[str, str]) -> Expression:
        fields: list[tuple[str, Expression]] = []
        whole = manifest.metadata()
        if annotations:
            whole["annotations"] = {**manifest.annotations, **annotations}
        for name, value in whole.items():
            if name == "namespace" and value == self.home:
                fields.append((name, self.namespace))
            elif name == "name" and manifest.kind == "Namespace":
                fields.append((name, "args.namespace"))
            else:
                fields.append((name, self._value(manifest, "", value)))
        return call(f"k8s.{sdk.METADATA}Args", fields)

    def _field(
        self, manifest: Manifest, owner: str, item: tuple[str, Data]
    ) -> tuple[str, Expression]:
        name, value = item
        found = sdk.field_of(owner, name)
        if found is None:
            self.missing.append(Missing(manifest.id, owner, name))
            return name, self._value(manifest, "", value)
        made = self._value(manifest, found.type, value)
        if owner == CONTAINER and name == "image":
            made = call("mirrored", [("", made), ("", "args.image_registry")])
        return found.python, made

    def _value(self, manifest: Manifest, owner: str, value: Data) -> Expression:
        """Return any value; ``owner`` is the class of its arguments, if it has one."""
        if isinstance(value, str):
            code = str(value) if isinstance(value, Code) else self.constants.names.get(value)
            return code or literal(value)
        if isinstance(value, Mapping):
            texts = tuple((key, item) for key, item in value.items() if isinstance(item, str))
            if len(texts) == len(value) and texts in self.constants.names and not owner:
                return self.constants.names[texts]
            if owner:
                fields = [self._field(manifest, owner, item) for item in value.items()]
                made = call(f"k8s.{owner}Args", fields)
                return self._container(value, made) if owner == CONTAINER else made
            return self._dictionary(manifest, value)
        if isinstance(value, Sequence):
            return array(self._value(manifest, owner, item) for item in value)
        return repr(value)

    def _dictionary(self, manifest: Manifest, value: Mapping[str, Data]) -> Expression:
        """Return a dictionary; what is a type of Kubernetes within a custom kind stays typed."""
        embedded = sdk.EMBEDDED.get(manifest.kind, {})
        return dictionary(
            (key, self._value(manifest, embedded.get(key, ""), item)) for key, item in value.items()
        )

    def _container(self, value: Mapping[str, Data], made: Expression) -> Expression:
        """Return the call of a function that makes a container."""
        name = f"{_upper(str(value.get('name', ''))).lower()}_container"
        while self.containers.setdefault(name, made) != made:
            name += "_again"
        return call(name, [("", "args")])
