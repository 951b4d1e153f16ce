"""Custom objects as an API server checks them: unknown fields, schema, defaults, CEL rules.

The folder of CRDs comes by ``INFERC_CRD_SCHEMAS``; only those that are asked for are parsed.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

BOOLEAN_BOUNDS = ("exclusiveMinimum", "exclusiveMaximum", "nullable")
"""Keywords that OpenAPI 3.0 and JSON Schema read differently."""

Schema = Mapping[str, Any]


def problems(document: Mapping[str, Any], folder: Path) -> list[str]:
    """Return what the CRD of ``document`` finds wrong with it."""
    schema = schema_of(str(document["apiVersion"]), str(document["kind"]), folder)
    if schema is None:
        return ["there is no CRD of that kind"]
    plain = json.loads(json.dumps(document))
    found = [
        f"{'/'.join(map(str, problem.absolute_path))}: {problem.message[:200]}"
        for problem in _validator(
            str(document["apiVersion"]), str(document["kind"]), folder
        ).iter_errors(plain)
    ]
    return found or list(rules_broken(schema, with_defaults(schema, plain)))


@cache
def schema_of(api_version: str, kind: str, folder: Path) -> Schema | None:
    """Return the structural schema of a kind, as its CRD has it."""
    group, _, number = api_version.partition("/")
    for text in _texts(folder):
        if f"group: {group}\n" not in text or not re.search(rf"kind: {kind}\n", text):
            continue
        for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
            spec = (document or {}).get("spec", {})
            if spec.get("group") != group or spec.get("names", {}).get("kind") != kind:
                continue
            for version in spec.get("versions", ()):
                if version["name"] == number:
                    schema: Schema = version["schema"]["openAPIV3Schema"]
                    return schema
    return None


@cache
def _texts(folder: Path) -> tuple[str, ...]:
    found = (path.read_text("utf-8") for path in sorted(folder.rglob("*.y*ml")))
    return tuple(text for text in found if "CustomResourceDefinition" in text)


@cache
def _validator(api_version: str, kind: str, folder: Path) -> jsonschema.Draft202012Validator:
    schema = strict(schema_of(api_version, kind, folder) or {})
    schema["properties"] |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    }
    return jsonschema.Draft202012Validator(schema)


def strict(schema: Schema) -> dict[str, Any]:
    """Return a structural schema of OpenAPI 3.0 as JSON Schema that knows no further fields."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made: dict[str, Any] = {
        key: value
        for key, value in schema.items()
        if not key.startswith("x-kubernetes") and key not in BOOLEAN_BOUNDS
    }
    if "properties" in schema:
        made["properties"] = {key: strict(item) for key, item in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            made[key] = strict(schema[key])
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def with_defaults(schema: Schema, value: Any) -> Any:
    """Return ``value`` with what the API server fills in before it looks at the rules."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        filled = {
            key: copy.deepcopy(item["default"])
            for key, item in known.items()
            if "default" in item and key not in value
        }
        others = schema.get("additionalProperties")
        rest = others if isinstance(others, Mapping) else {}
        every = {**value, **filled}
        return {key: with_defaults(known.get(key, rest), item) for key, item in every.items()}
    if isinstance(value, list):
        return [with_defaults(schema.get("items", {}), item) for item in value]
    return value


def rules_broken(schema: Schema, value: Any, path: str = "") -> Iterator[str]:
    """Yield the messages of rules in CEL that ``value`` breaks; not of those about changes."""
    import cel

    if value is None:
        return
    for rule in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" not in rule["rule"] and cel.evaluate(rule["rule"], {"self": value}) is False:
            yield f"{path}: {rule.get('message') or rule['rule']}"
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        rest = others if isinstance(others, Mapping) else {}
        for key, item in value.items():
            yield from rules_broken(known.get(key, rest), item, f"{path}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from rules_broken(schema.get("items", {}), item, f"{path}/{number}")
