"""``topology.lock.json``: the decisions that a team agreed on, and what they were made from.

It lies beside the file and is kept with it. ``plan --locked`` holds a new plan to it: after an
upgrade of the compiler, a new release of the catalog or an edit, each decision that changed is
listed with its cause, or there is none.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Final

from pydantic import Field, field_serializer

from inferc.comparison.changes import Changes, compare
from inferc.comparison.snapshot import Part, Snapshot, Version
from inferc.versions import FORMAT_VERSION

SUFFIX: Final = ".lock.json"


class Lock(Part):
    """What stands in the file of one design; digests are of the texts, ``sha256:…``."""

    format_version: Version = FORMAT_VERSION
    inferc: str
    """The version of the compiler."""
    env: str = ""
    """The overlay that was applied."""
    params: Mapping[str, str] = Field(default_factory=dict)
    """The values that were given with ``-p``."""
    inputs: Mapping[str, str]
    """By path from the folder of the main file."""
    catalog: Mapping[str, str]
    """The entries of the catalog that were read, by path below ``std``."""
    plan: Snapshot

    @field_serializer("params", "inputs", "catalog")
    def _in_order(self, paths: Mapping[str, str]) -> dict[str, str]:
        return dict(sorted(paths.items()))

    def render(self) -> bytes:
        """Return the file."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def lock_name(path: str, env: str = "") -> str:
    """Return where the lock of the design at ``path`` lies; an overlay has one of its own."""
    place = PurePath(path)
    return str(place.with_name(f"{place.stem}{f'.{env}' if env else ''}{SUFFIX}"))


def drift(old: Lock, new: Lock) -> tuple[Changes, tuple[str, ...]]:
    """Return what changed since ``old`` was written, and the causes that there can be."""
    return compare(old.plan, new.plan), tuple(_causes(old, new))


def _causes(old: Lock, new: Lock) -> Iterator[str]:
    """Yield what a plan is made from and is not what it was."""
    if old.inferc != new.inferc:
        yield f"the compiler: inferc {old.inferc} -> {new.inferc}"
    if old.params != new.params:
        yield f"the parameters: {_params(old.params)} -> {_params(new.params)}"
    yield from _files("the design", old.inputs, new.inputs)
    yield from _files("the catalog", old.catalog, new.catalog)


def _files(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    changed = sorted(path for path in old.keys() & new.keys() if old[path] != new[path])
    added, gone = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    for verb, paths in (("changed", changed), ("is read now", added), ("no longer read", gone)):
        if paths:
            shown = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if paths[5:] else "")
            yield f"{what}: {shown} {verb}"


def _params(values: Mapping[str, str]) -> str:
    """Return parameters as the command line has them."""
    return " ".join(f"-p {name}={value}" for name, value in sorted(values.items())) or "none"
