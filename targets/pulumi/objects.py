"""Manifests as expressions of the Pulumi SDK: typed arguments, shared values as constants."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.pulumi import sdk
from inferc.targets.pulumi.python import (
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

_Key = tuple[tuple[str, str], ...] | str


@dataclass(slots=True)
class Constants:
    """Values that stand in several places of a module, or that read badly in one, with names."""

    names: dict[_Key, str] = field(default_factory=dict[_Key, str])
    values: dict[str, Expression] = field(default_factory=dict[str, Expression])

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


@dataclass(frozen=True, slots=True)
class Missing:
    """A field that the SDK does not know: the object, the class of arguments and the field."""

    object: str
    owner: str
    field: str


def constants_of(manifests: Sequence[Manifest]) -> Constants:
    """Return the constants of a module that creates ``manifests``."""
    found = [place for one in manifests for place in _places("", "", one.document())]
    counts = Counter(key for _, _, key in found)
    constants = Constants()
    for where, holder, key in found:
        if isinstance(key, str):
            block = block_literal(key) if where == "command" and "\n" in key else None
            if block is not None:
                constants.add(key, f"{_upper(holder)}_SCRIPT", block)
            elif where == "image" and counts[key] > 1:
                constants.add(key, "IMAGE", literal(key))
        elif counts[key] > 1 and len(key) >= _LEAST_SHARED:
            about = _upper(dict(key).get(_COMPONENT, "shared"))
            suffix = "SELECTOR" if where in _SELECTORS else "LABELS"
            value = dictionary((name, literal(text)) for name, text in key)
            constants.add(key, f"{about}_{suffix}", value)
    return constants


def _upper(text: str) -> str:
    """Return ``text`` as the name of a constant."""
    plain = "".join(char if char.isascii() and char.isalnum() else "_" for char in text)
    return plain.upper() if plain[:1].isalpha() else f"X{plain.upper()}"


def _places(where: str, holder: str, value: Data) -> Iterator[tuple[str, str, _Key]]:
    """Yield strings and dictionaries of strings, with their field and what holds them by name."""
    if isinstance(value, str):
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
    missing: list[Missing] = field(default_factory=list[Missing])
    containers: dict[str, Expression] = field(default_factory=dict[str, Expression])
    """The containers by the name of the function that makes them: pods nest deep enough."""

    def resource(self, manifest: Manifest, options: Expression) -> Expression:
        """Return the construction of one object."""
        owner = sdk.class_of(manifest.api_version, manifest.kind)
        metadata = ("metadata", self._metadata(manifest))
        if owner:
            fields = [self._field(manifest, owner, item) for item in manifest.body.items()]
            arguments = [("", literal(manifest.name)), metadata, *fields]
            return call(f"k8s.{owner}", [*arguments, ("opts", options)])
        for key in manifest.body:
            if key != "spec":
                self.missing.append(Missing(manifest.id, "apiextensions.CustomResource", key))
        return call(
            "k8s.apiextensions.CustomResource",
            [
                ("", literal(manifest.name)),
                ("api_version", literal(manifest.api_version)),
                ("kind", literal(manifest.kind)),
                metadata,
                ("spec", self._value(manifest, "", manifest.body.get("spec", {}))),
                ("opts", options),
            ],
        )

    def _metadata(self, manifest: Manifest) -> Expression:
        fields: list[tuple[str, Expression]] = []
        for name, value in manifest.metadata().items():
            if name == "namespace":
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
        return found.python, self._value(manifest, found.type, value)

    def _value(self, manifest: Manifest, owner: str, value: Data) -> Expression:
        """Return any value; ``owner`` is the class of its arguments, if it has one."""
        if isinstance(value, str):
            return self.constants.names.get(value) or literal(value)
        if isinstance(value, Mapping):
            texts = tuple((key, item) for key, item in value.items() if isinstance(item, str))
            if len(texts) == len(value) and texts in self.constants.names and not owner:
                return self.constants.names[texts]
            if owner:
                fields = [self._field(manifest, owner, item) for item in value.items()]
                made = call(f"k8s.{owner}Args", fields)
                return self._container(value, made) if owner == CONTAINER else made
            return dictionary((key, self._value(manifest, "", item)) for key, item in value.items())
        if isinstance(value, Sequence):
            return array(self._value(manifest, owner, item) for item in value)
        return repr(value)

    def _container(self, value: Mapping[str, Data], made: Expression) -> Expression:
        """Return the call of a function that makes a container."""
        name = f"{_upper(str(value.get('name', ''))).lower()}_container"
        while self.containers.setdefault(name, made) != made:
            name += "_again"
        return call(name, [])
