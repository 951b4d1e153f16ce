"""Definitions of custom resources, from the folder that the environment names."""

import os
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from support.cluster_missing import Missing

FOLDER_VARIABLE: Final = "INFERC_CRD_SCHEMAS"
"""Names a folder with the definitions, at any depth."""

OWN_SUFFIX: Final = ".k8s.io"
OWN_WITHOUT_SUFFIX: Final = frozenset({"", "apps", "autoscaling", "batch", "policy"})
"""Groups of Kubernetes itself; those of its projects end as its own do and are named below."""
PROJECTS: Final = ("x-k8s.io", "gateway.networking.k8s.io", "inference.networking.k8s.io")


def is_custom(group: str, kind: str) -> bool:
    """Return whether the server knows ``kind`` only from a definition."""
    if group.endswith(PROJECTS):
        return True
    return group not in OWN_WITHOUT_SUFFIX and not (group.endswith(OWN_SUFFIX) and kind)


@cache
def definition(group: str, kind: str) -> dict[str, Any]:
    """Return the definition of one custom resource.

    Raises:
        Missing: If there is none in the folder, or no folder.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        message = f"{FOLDER_VARIABLE} names no folder with the definition of {kind}.{group}"
        raise Missing(message)
    for path in sorted(Path(named).rglob("*.yaml")):
        text = path.read_text("utf-8")
        # Parsing all of them takes half a minute.
        if "CustomResourceDefinition" in text and group in text and kind in text:
            for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
                if _defines(document, group, kind):
                    return {key: value for key, value in document.items() if key != "status"}
    message = f"{named} holds no definition of {kind}.{group}"
    raise Missing(message)


def _defines(document: Any, group: str, kind: str) -> bool:
    if not isinstance(document, dict) or document.get("kind") != "CustomResourceDefinition":
        return False
    spec = document.get("spec", {})
    is_it = spec.get("group") == group and spec.get("names", {}).get("kind") == kind
    return bool(is_it and spec.get("versions"))
