"""Finding one's way in plain data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inferc.compiler.units import from_unit
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest

BINARY_UNITS = {"Ki": "KiB", "Mi": "MiB", "Gi": "GiB", "Ti": "TiB"}
"""Kubernetes' binary suffixes, as units of the language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A pod template, wherever in an object it is."""

    owner: Manifest
    labels: Mapping[str, str]
    spec: Mapping[str, Data]

    @property
    def containers(self) -> tuple[Mapping[str, Data], ...]:
        """All containers, those that run first included."""
        return (*rows(self.spec, "initContainers"), *rows(self.spec, "containers"))


class Role(NamedTuple):
    """Replicas of one kind, of a workload that has several."""

    name: str
    replicas: int
    members: tuple[tuple[int, Pod], ...]


def get(data: Data, *path: str) -> Data:
    """Return what is at ``path`` in ``data``; None where there is nothing."""
    for key in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(key)
    return data


def rows(data: Data, *path: str) -> tuple[Mapping[str, Data], ...]:
    """Return the mappings in the list at ``path``."""
    found = get(data, *path)
    if isinstance(found, str) or not isinstance(found, Sequence):
        return ()
    return tuple(row for row in found if isinstance(row, Mapping))


def text(data: Data, *path: str) -> str:
    """Return the string at ``path``; empty where there is none."""
    found = get(data, *path)
    return found if isinstance(found, str) else ""


def number(data: Data, *path: str) -> float:
    """Return the number at ``path``; 0 where there is none."""
    found = get(data, *path)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else 0


def labels(data: Data, *path: str) -> dict[str, str]:
    """Return the mapping of strings at ``path``."""
    found = get(data, *path)
    if not isinstance(found, Mapping):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def size_bytes(quantity: str) -> float:
    """Return a Kubernetes quantity of memory in bytes; 0 for what is none."""
    amount, suffix = (quantity[:-2], quantity[-2:]) if quantity[-1:] == "i" else (quantity, "")
    if not amount.isdecimal() or (suffix and suffix not in BINARY_UNITS):
        return 0.0
    return from_unit(float(amount), BINARY_UNITS[suffix]) if suffix else float(amount)


def walk(data: Data) -> Iterator[Mapping[str, Data]]:
    """Yield every mapping inside ``data``, ``data`` itself first."""
    if isinstance(data, Mapping):
        yield data
        for item in data.values():
            yield from walk(item)
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for item in data:
            yield from walk(item)


def pods(manifest: Manifest) -> tuple[Pod, ...]:
    """Return every pod template in ``manifest``, however deep."""
    return _pods(manifest, manifest.body)


def _pods(manifest: Manifest, inside: Data) -> tuple[Pod, ...]:
    return tuple(
        Pod(owner=manifest, labels=labels(node, "metadata", "labels"), spec=spec)
        for node in walk(inside)
        if isinstance(spec := node.get("spec"), Mapping) and "containers" in spec
    )


def members(manifest: Manifest) -> tuple[tuple[int, Pod], ...]:
    """Return the pods of one replica of a workload, each with how many there are of it."""
    group = get(manifest.body, "spec", "leaderWorkerTemplate")
    return _group(pods(manifest), group)


def roles(manifest: Manifest) -> tuple[Role, ...]:
    """Return the replicas of each kind of a workload that has several."""
    return tuple(
        Role(
            text(role, "name"),
            int(number(role, "spec", "replicas")),
            _group(_pods(manifest, role), get(role, "spec", "leaderWorkerTemplate")),
        )
        for role in rows(manifest.body, "spec", "roles")
    )


def _group(found: tuple[Pod, ...], group: Data) -> tuple[tuple[int, Pod], ...]:
    if group is None:
        return tuple((1, pod) for pod in found)
    size = int(number(group, "size"))
    counts = (1, size - 1) if get(group, "leaderTemplate") is not None else (size,)
    return tuple(zip(counts, found, strict=True))


def matches(selector: Mapping[str, str], candidate: Mapping[str, str]) -> bool:
    """Return whether a pod with the labels ``candidate`` is selected."""
    return all(candidate.get(key) == value for key, value in selector.items())
