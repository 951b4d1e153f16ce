"""One Kubernetes object as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from inferc.targets.base import Data
from inferc.targets.versions import API_VERSIONS

Body: TypeAlias = Mapping[str, Data]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One object. ``body`` is everything beside apiVersion, kind and metadata."""

    api_version: str
    kind: str
    name: str
    namespace: str
    """Empty for a cluster-scoped object."""
    concern: str
    """What it is about, of :data:`CONCERNS`: it decides on the file and on the order."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Body = field(default_factory=dict[str, Data])

    @property
    def id(self) -> str:
        """How messages call it: ``Deployment/chat``."""
        return f"{self.kind}/{self.name}"

    def metadata(self) -> dict[str, Data]:
        """Return the object's ``metadata``."""
        metadata: dict[str, Data] = {"name": self.name}
        if self.namespace:
            metadata["namespace"] = self.namespace
        if self.labels:
            metadata["labels"] = dict(self.labels)
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        return metadata

    def document(self) -> dict[str, Data]:
        """Return the whole object, in the order that people write it."""
        head: dict[str, Data] = {"apiVersion": self.api_version, "kind": self.kind}
        return {**head, "metadata": self.metadata(), **self.body}


def api_version(kind: str) -> str:
    """Return the API version that ``kind`` is emitted with."""
    return API_VERSIONS[kind]
