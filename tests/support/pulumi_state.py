"""What the double of the Pulumi engine knows of resources, and who makes objects of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Document = dict[str, Any]


class Applier(Protocol):
    """Who makes Kubernetes objects of inputs."""

    def apply(self, document: Document) -> Document:
        """Create or change an object; return it as it then is."""
        ...

    def delete(self, document: Document) -> None:
        """Delete an object."""
        ...


class Keeper:
    """Keeps objects in memory."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.objects: dict[str, Document] = {}
        self.calls: list[str] = []

    def apply(self, document: Document) -> Document:
        """Keep an object."""
        self.calls.append(f"apply {name_of(document)}")
        self.objects[name_of(document)] = document
        return document

    def delete(self, document: Document) -> None:
        """Forget an object."""
        self.calls.append(f"delete {name_of(document)}")
        del self.objects[name_of(document)]


def name_of(document: Document) -> str:
    """Return how a test calls an object."""
    return f"{document['kind']}/{document['metadata']['name']}"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A registered resource, with its inputs as plain data and with secrets opened."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: Document
    dependencies: tuple[str, ...] = ()
    provider: str = ""
    protect: bool = False
    retain: bool = False
    ignored: tuple[str, ...] = ()
    timeouts: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: tuple[str, ...] = ()
    """Paths of what was secret."""

    @property
    def is_object(self) -> bool:
        """Whether it is an object of Kubernetes."""
        return self.custom and self.type.startswith("kubernetes:") and "kind" in self.inputs


class EngineError(AssertionError):
    """What Pulumi would have stopped at."""


@dataclass(kw_only=True)
class Outcome:
    """What one command did."""

    resources: dict[str, Resource]
    changes: dict[str, str]
    """By URN: ``create``, ``same``, ``update``, ``replace`` or ``delete``."""
    outputs: Document
    log: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """How many resources of each change."""
        kinds = sorted(set(self.changes.values()))
        return {kind: sum(one == kind for one in self.changes.values()) for kind in kinds}

    @property
    def objects(self) -> dict[str, Document]:
        """The inputs of the objects of Kubernetes, by kind and name."""
        return {name_of(one.inputs): one.inputs for one in self.resources.values() if one.is_object}

    def resource(self, kind: str, name: str) -> Resource:
        """Return one object's registration."""
        for one in self.resources.values():
            if one.is_object and (one.inputs["kind"], one.inputs["metadata"]["name"]) == (
                kind,
                name,
            ):
                return one
        raise LookupError(f"{kind}/{name}")

    def needed_by(self, urn: str) -> set[str]:
        """Return all that must be there before a resource, by its dependencies."""
        found: set[str] = set()
        waiting = list(self.resources[urn].dependencies)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting.extend(self.resources[one].dependencies)
        return found
