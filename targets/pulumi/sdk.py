"""What the Pulumi SDK of Kubernetes calls the fields of a manifest: a table, as data.

The emitted programs give typed arguments, so that a wrong field is found by a type checker and at
run time; in plain dictionaries it would pass unseen. The table is made from the SDK of the pinned
version by ``tests/support/pulumi.py``, and a test holds it to that; nothing here imports the SDK.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from inferc.targets.versions import API_VERSIONS

DATA_FILE: Final = "sdk_fields.json"

_CUSTOM_GROUPS = ("keda.sh/", "monitoring.coreos.com/")

NATIVE_KINDS: Final[Mapping[str, str]] = {
    kind: version
    for kind, version in API_VERSIONS.items()
    if not version.startswith(_CUSTOM_GROUPS)
}
"""The kinds that the SDK has classes for, with their API versions."""

METADATA: Final = "meta.v1.ObjectMeta"


@dataclass(frozen=True, slots=True)
class SdkField:
    """One field of a class of arguments."""

    python: str
    type: str
    """The class of its arguments, without ``Args``; empty for a plain value."""
    is_list: bool


def class_of(api_version: str, kind: str) -> str:
    """Return the resource class of a kind that the SDK knows; empty for a custom resource."""
    if NATIVE_KINDS.get(kind) != api_version:
        return ""
    group, _, version = api_version.rpartition("/")
    return f"{group.partition('.')[0] or 'core'}.{version}.{kind}"


def field_of(owner: str, name: str) -> SdkField | None:
    """Return the field that a manifest calls ``name`` in the class ``owner``."""
    entry = _table().get(owner, {}).get(name)
    if entry is None:
        return None
    python, _, type_name = entry.partition(":")
    return SdkField(python, type_name.strip("[]"), is_list=type_name.startswith("["))


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = files("inferc.targets.pulumi").joinpath(DATA_FILE).read_text("utf-8")
    table: Mapping[str, Mapping[str, str]] = json.loads(text)
    return table
