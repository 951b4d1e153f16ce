"""Charts through Helm's own engine: what they render to, and what it says of them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from inferc.targets.base import Artifact

NAMESPACE = "support-chat"


def write(folder: Path, artifacts: Iterable[Artifact]) -> Path:
    """Write the files of an output to ``folder``, and return it."""
    for artifact in artifacts:
        place = folder / artifact.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(artifact.content)
        if artifact.executable:
            place.chmod(0o755)
    return folder


def render(
    chart: Path,
    values: Mapping[str, Any] | None = None,
    *,
    name: str = "release",
    namespace: str = NAMESPACE,
) -> list[dict[str, Any]]:
    """Return the objects that ``helm template`` makes of a chart."""
    from helm_python import Chart

    with Chart.load(chart) as loaded:
        loaded.validate_schema(dict(values or {}))
        texts = loaded.render(dict(values or {}), name=name, namespace=namespace)
    return [
        document
        for path, text in sorted(texts.items())
        if not path.endswith("NOTES.txt")
        for document in yaml.load_all(text, Loader=yaml.CSafeLoader)
        if document
    ]


def notes(chart: Path, *, namespace: str = NAMESPACE) -> str:
    """Return what Helm prints once a chart is installed."""
    from helm_python import Chart

    with Chart.load(chart) as loaded:
        texts = loaded.render({}, name="release", namespace=namespace)
    return next(text for path, text in texts.items() if path.endswith("NOTES.txt"))


def lint(chart: Path, values: Mapping[str, Any] | None = None) -> list[str]:
    """Return what ``helm lint --strict`` says of a chart, but for the missing icon."""
    from helm_python import lint as helm_lint

    found = helm_lint(chart, dict(values or {}), strict=True, namespace=NAMESPACE)
    return [item["error"] for item in found["messages"] if item["severity"] > 1] + found["errors"]


def problem(chart: Path, values: Mapping[str, Any]) -> str:
    """Return what Helm says of values that it does not take; empty where it takes them."""
    from helm_python import HelmError

    try:
        render(chart, values)
    except HelmError as error:
        return str(error)
    return ""


def by_id(documents: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return objects by kind and name, without what Helm alone reads."""
    found = {}
    for document in documents:
        plain = json.loads(json.dumps(document))
        metadata = plain["metadata"]
        notes_of = metadata.get("annotations", {})
        kept = {key: text for key, text in notes_of.items() if not key.startswith("helm.sh/")}
        metadata.pop("annotations", None)
        if kept:
            metadata["annotations"] = kept
        found[plain["kind"], metadata["name"]] = plain
    return found
