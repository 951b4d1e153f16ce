"""Names and labels that the API server accepts, and no object twice."""

import re
from collections.abc import Iterator, Sequence

from inferc.targets.kubernetes.checks.lookup import labels, rows, text, walk
from inferc.targets.kubernetes.objects import Manifest

Finding = tuple[str, str]
"""Where, and what."""

LIMIT = 63
PREFIX_LIMIT = 253
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?", re.ASCII)
LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?", re.ASCII)
SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII)
SERVICE = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?", re.ASCII)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def check_names(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield what the API server would refuse, or overwrite."""
    seen: set[tuple[str, str, str]] = set()
    for manifest in manifests:
        key = (manifest.kind, manifest.namespace, manifest.name)
        if key in seen:
            yield manifest.id, "there is a second object of that kind and name"
        seen.add(key)
        rule = SERVICE if manifest.kind == "Service" else LABEL
        if len(manifest.name) > LIMIT or not rule.fullmatch(manifest.name):
            yield manifest.id, f"`{manifest.name}` is no valid name"
        if manifest.namespace and not LABEL.fullmatch(manifest.namespace):
            yield manifest.id, f"`{manifest.namespace}` is no valid namespace"
        yield from _labels(manifest)
        yield from _parts(manifest)


def _labels(manifest: Manifest) -> Iterator[Finding]:
    for node in walk(manifest.document()):
        for field in ("labels", "matchLabels", "nodeSelector", "selector"):
            for key, value in labels(node, field).items():
                if not _is_key(key):
                    yield manifest.id, f"`{key}` is no valid name of a label"
                if len(value) > LIMIT or not LABEL_VALUE.fullmatch(value):
                    yield manifest.id, f"`{value}` is no valid value of the label {key}"
    for key in manifest.annotations:
        if not _is_key(key):
            yield manifest.id, f"`{key}` is no valid name of an annotation"


def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > PREFIX_LIMIT or not SUBDOMAIN.fullmatch(prefix)):
        return False
    return len(name) <= LIMIT and LABEL_NAME.fullmatch(name) is not None


def _parts(manifest: Manifest) -> Iterator[Finding]:
    """Yield containers, volumes and variables with bad names."""
    for node in walk(manifest.body):
        for field in ("containers", "initContainers", "volumes"):
            names = [text(row, "name") for row in rows(node, field)]
            for name in names:
                if len(name) > LIMIT or not LABEL.fullmatch(name):
                    yield manifest.id, f"`{name}` is no valid name in {field}"
            if len(set(names)) < len(names):
                yield manifest.id, f"two {field} have one name"
        for row in rows(node, "env"):
            if not VARIABLE.fullmatch(text(row, "name")):
                yield manifest.id, f"`{text(row, 'name')}` is no valid name of a variable"
