"""What the values of the chart may be: pieces of its schema."""

import re
from collections.abc import Mapping

from inferc.targets.base import Data

Schema = Mapping[str, Data]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
TEXTS: Schema = {"type": "array", "items": TEXT}

QUANTITY: Schema = {
    "type": ["string", "integer"],
    "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)?$",
    "minimum": 0,
}
"""Of memory, processors or storage. Source: Kubernetes, ``resource.Quantity``."""

DNS_LABEL: Schema = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"}
SUBDOMAIN: Schema = {"type": "string", "pattern": r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$"}
LABEL_VALUE = r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"
LABEL_KEY = (
    r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
)
"""Source: Kubernetes, labels and selectors: syntax and character set."""

SELECTOR: Schema = {
    "type": "object",
    "propertyNames": {"pattern": LABEL_KEY},
    "additionalProperties": {"type": "string", "pattern": LABEL_VALUE},
}

TOLERATIONS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "key": {"type": "string"},
            "operator": {"enum": ["Exists", "Equal"]},
            "value": {"type": "string"},
            "effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
            "tolerationSeconds": {"type": "integer", "minimum": 0},
        },
    },
}
"""Source: Kubernetes, ``core/v1 Toleration``."""

NAMES: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {"name": DNS_LABEL},
    },
}
"""References by name."""

ACCESS_MODES: Schema = {
    "type": "array",
    "minItems": 1,
    "uniqueItems": True,
    "items": {"enum": ["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]},
}

REGISTRY: Schema = {
    "type": "string",
    "pattern": r"^([A-Za-z0-9_.-]+(:[0-9]+)?(/[A-Za-z0-9_.-]+)*/?)?$",
}

IMAGE: Mapping[str, tuple[Schema, str]] = {
    "registry": (REGISTRY, "Host that the image comes from; empty: the default of the nodes"),
    "repository": (
        {"type": "string", "minLength": 1},
        "The image's name without host and version",
    ),
    "tag": (
        {
            "type": "string",
            "pattern": r"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$",
            "not": {"const": "latest"},
        },
        "Its version; the flags in `args` are those of the planned one",
    ),
    "digest": (
        {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
        "The digest of its bytes, which wins over the tag",
    ),
}
"""The parts of an image's name, with what they mean."""


def extra_labels(taken: tuple[str, ...]) -> Schema:
    """Return the schema of labels that come on top of those in ``taken``."""
    names: Mapping[str, Data] = {"pattern": LABEL_KEY, "not": {"enum": list(taken)}}
    return {**SELECTOR, "propertyNames": names}


def whole(least: int, most: int | None = None) -> Schema:
    """Return the schema of a whole number."""
    bound: dict[str, Data] = {} if most is None else {"maximum": most}
    return {"type": "integer", "minimum": least, **bound}


FIXED = "Follows from the parallelism that was planned: compile again to change it."


def resources(planned: Mapping[str, Data], fixed: str) -> Schema:
    """Return the schema of a container's resources: those planned, the accelerators as planned."""
    found: dict[str, Data] = {}
    for kind, amounts in planned.items():
        if not isinstance(amounts, Mapping):
            found[kind] = {"const": amounts, "description": FIXED}
            continue
        names = dict.fromkeys(("cpu", *amounts))
        properties = {name: _amount(name, amounts, fixed) for name in names}
        found[kind] = {
            "type": "object",
            "additionalProperties": False,
            "required": [fixed] if fixed in properties else [],
            "properties": properties,
        }
    return {"type": "object", "additionalProperties": False, "properties": found}


def _amount(name: str, amounts: Data, fixed: str) -> Data:
    if name != fixed or not isinstance(amounts, Mapping):
        return QUANTITY
    return {"const": amounts[name], "description": FIXED}


def accepts(schema: Schema, value: Data) -> bool:
    """Return whether a text keeps to the pattern of its schema: a planned value always may."""
    pattern, forbidden = schema.get("pattern"), schema.get("not")
    if not isinstance(value, str):
        return True
    if isinstance(pattern, str) and not re.search(pattern, value):
        return False
    return not (isinstance(forbidden, Mapping) and forbidden.get("const") == value)
