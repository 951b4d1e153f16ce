"""Outputs of targets that are Kubernetes objects: read, and held to every schema there is."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import crds, kubernetes, topologies, workloads

from inferc.compiler.topology import Topology
from inferc.outputs import Output
from inferc.targets.base import Emitted, Options, Target
from inferc.targets.versions import KUBERNETES


@cache
def _every() -> Mapping[str, Topology]:
    return {**topologies.every(), "parts": workloads.language_model_in_parts()}


def shape(name: str) -> Topology:
    """Return an example topology by name."""
    return _every()[name]


def emit(target: Target, topology: Topology, options: Options | None = None) -> Emitted:
    """Return what a target makes of a topology, which it must be able to serve."""
    emitted = target.emit(topology, options or {})
    assert [one.message for one in emitted.diagnostics if one.severity.value == "error"] == []
    return emitted


def refused(target: Target, topology: Topology, options: Options | None = None) -> str:
    """Return the code of the only error of a target that serves nothing then."""
    emitted = target.emit(topology, options or {})
    assert emitted.artifacts == ()
    (error,) = [one for one in emitted.diagnostics if one.severity.value == "error"]
    assert f"`{target.name}`" in error.message or error.code != "INF601"
    return error.code


def texts(emitted: Emitted | Output) -> dict[str, str]:
    """Return the files by path."""
    return {one.path: one.content.decode() for one in emitted.artifacts}


def objects(emitted: Emitted | Output) -> list[dict[str, Any]]:
    """Return the objects of the tree, those of the whole cluster left out."""
    files = texts(emitted)
    listed = yaml.safe_load(files["kustomization.yaml"])["resources"]
    return [
        document
        for path in listed
        for document in yaml.load_all(files[path], Loader=yaml.CSafeLoader)
    ]


def one(documents: Iterable[Mapping[str, Any]], kind: str) -> dict[str, Any]:
    """Return the only object of a kind."""
    (found,) = [document for document in documents if document["kind"] == kind]
    return dict(found)


def problems(
    documents: Iterable[Mapping[str, Any]],
    folder: Path | None,
    versions: Iterable[str] = (KUBERNETES.version,),
) -> list[str]:
    """Return what schemas and CEL rules find wrong; custom objects only where ``folder`` is."""
    found: list[str] = []
    for document in documents:
        if kubernetes.is_native(document):
            for version in versions:
                found += kubernetes.native_problems(document, version)
        elif folder is not None:
            found += crds.problems(document, folder)
    return found


def folder_or_skip() -> Path:
    """Return the folder of CRDs, or skip the test with what is missing."""
    folder = kubernetes.crd_folder()
    if folder is None:
        pytest.skip(f"set {kubernetes.CRD_FOLDER_VARIABLE} to a folder with CRDs")
    return folder
