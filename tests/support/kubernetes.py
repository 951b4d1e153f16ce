"""Validators of Kubernetes objects: what a cluster would accept, without a cluster."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from support import crds

from inferc.compiler.model import Cluster
from inferc.compiler.provenance import exactly
from inferc.compiler.topology import Topology
from inferc.dsl import Severity
from inferc.targets.base import Artifact, Options
from inferc.targets.kubernetes.objects import Manifest, build_objects, refuse

VERSIONS = ("1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
EACH_VERSION = [
    version
    if version in (VERSIONS[0], VERSIONS[-1])
    else pytest.param(version, marks=pytest.mark.slow)
    for version in VERSIONS
]
"""The same for a test: the oldest and the newest in every run."""
"""Releases of Kubernetes whose schemas the objects must meet."""

CRD_FOLDER_VARIABLE = "INFERC_CRD_SCHEMAS"
"""Names a folder with the CRDs of every project that objects are made for, at any depth."""

OWN_GROUPS = (
    *("apps/", "autoscaling/", "batch/", "networking.k8s.io/", "policy/", "v1"),
    *("rbac.authorization.k8s.io/", "resource.k8s.io/", "scheduling.k8s.io/"),
)
"""API groups of Kubernetes itself."""


def objects(topology: Topology, **options: str | bool) -> tuple[Manifest, ...]:
    """Return the objects of ``topology``, which the target must be able to emit."""
    assert not errors(topology, options)
    return build_objects(topology, options)


def errors(topology: Topology, options: Options) -> list[str]:
    """Return the codes of what the target refuses."""
    found = refuse(topology, options)
    return [item.code for item in found if item.severity is Severity.ERROR]


def one(manifests: tuple[Manifest, ...], kind: str) -> dict[str, Any]:
    """Return the only object of ``kind`` as plain data that a test may change."""
    found = [manifest.document() for manifest in manifests if manifest.kind == kind]
    assert len(found) == 1, f"{len(found)} of {kind}"
    plain: dict[str, Any] = json.loads(json.dumps(found[0]))
    return plain


def write_tree(folder: Path, artifacts: Iterable[Artifact]) -> None:
    """Write the files of a target below ``folder``."""
    for artifact in artifacts:
        path = folder / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(artifact.content)
        if artifact.executable:
            path.chmod(0o755)


def is_native(document: Mapping[str, Any]) -> bool:
    """Return whether Kubernetes itself knows the kind."""
    return str(document["apiVersion"]).startswith(OWN_GROUPS)


def native_problems(document: Mapping[str, Any], version: str) -> list[str]:
    """Return what a strict API server of Kubernetes ``version`` finds wrong with ``document``."""
    api_version = str(document["apiVersion"])
    group, slash, number = api_version.partition("/")
    suffix = f"{group.partition('.')[0]}-{number}" if slash else api_version
    validator = _native(f"{str(document['kind']).lower()}-{suffix}", version)
    return _problems(validator, document)


@cache
def _native(name: str, version: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((_schemas(version) / f"{name}.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema, registry=_definitions(version))


@cache
def _definitions(version: str) -> Registry[Any]:
    text = (_schemas(version) / "_definitions.json").read_text("utf-8")
    resource = Resource(contents=json.loads(text), specification=DRAFT202012)
    return Registry().with_resource("_definitions.json", resource)


def _schemas(version: str) -> Path:
    root = files("kubernetes_validate") / "kubernetes-json-schema"
    return Path(str(root / f"v{version}.0-local-strict"))


def crd_folder() -> Path | None:
    """Return the folder with CRDs, where the environment names one."""
    named = os.environ.get(CRD_FOLDER_VARIABLE)
    return Path(named) if named else None


def custom_problems(document: Mapping[str, Any], folder: Path) -> list[str]:
    """Return what the CRD of ``document`` finds wrong with it; unknown fields are wrong."""
    return crds.problems(document, folder)


def trigger_problems(document: Mapping[str, Any], folder: Path) -> list[str]:
    """Return what KEDA's list of scalers finds wrong with the triggers of a ScaledObject."""
    listed = {scaler["type"]: scaler["parameters"] for scaler in _scalers(folder)}
    found: list[str] = []
    for trigger in document["spec"]["triggers"]:
        parameters = {item["name"]: item for item in listed.get(trigger["type"], ())}
        given = trigger["metadata"]
        found += [f"unknown: {name}" for name in given if name not in parameters]
        found += [f"no string: {name}" for name, value in given.items() if type(value) is not str]
        found += [
            f"missing: {name}"
            for name, item in parameters.items()
            if not item.get("optional") and "default" not in item and name not in given
        ]
    return found


@cache
def _scalers(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "keda" / "schema" / "generated" / "scalers-schema.json").read_text("utf-8")
    listed: list[dict[str, Any]] = json.loads(text)["scalers"]
    return listed


def _problems(validator: jsonschema.Draft202012Validator, document: Mapping[str, Any]) -> list[str]:
    return [
        f"{'/'.join(map(str, problem.absolute_path))}: {problem.message[:200]}"
        for problem in validator.iter_errors(document)
    ]


def with_service(topology: Topology, **changes: object) -> Topology:
    """Return ``topology`` with fields of its only service changed."""
    (plan,) = topology.services
    return replace(topology, services=(replace(plan, service=replace(plan.service, **changes)),))


def with_settings(topology: Topology, **settings: str) -> Topology:
    """Return ``topology`` on a cluster whose owner states ``settings``."""
    (plan,) = topology.services
    cluster = Cluster(
        name="dc1",
        platform="kubernetes",
        namespace="",
        settings={name: exactly(value) for name, value in settings.items()},
        span=None,
    )
    return with_service(topology, place=replace(plan.service.place, cluster=cluster))


def engine(topology: Topology, **options: str | bool) -> dict[str, Any]:
    """Return the container of the engine."""
    return pod(topology, **options)["containers"][0]


def pod(topology: Topology, **options: str | bool) -> dict[str, Any]:
    """Return the pod of a replica."""
    return one(objects(topology, **options), "Deployment")["spec"]["template"]["spec"]


GONE = object()
"""In place of a value: what was there is taken out."""


def changed(
    manifests: Iterable[Manifest], kind: str, path: tuple[str | int, ...], value: object
) -> tuple[Manifest, ...]:
    """Return the objects with one value of every object of ``kind`` changed.

    A path that ends in ``+`` adds to a list.
    """
    return tuple(
        replace(item, body=_edited(item.body, path, value)) if item.kind == kind else item
        for item in manifests
    )


def _edited(body: object, path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    document = json.loads(json.dumps(body))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if value is GONE:
        del inner[path[-1]]
    elif isinstance(inner, list) and path[-1] == "+":
        inner.append(value)
    else:
        inner[path[-1]] = value
    return document
