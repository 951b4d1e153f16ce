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

DATA_FILE: Final = "sdk_fields.json"

NATIVE_KINDS: Final[Mapping[str, str]] = {
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "ConfigMap": "v1",
    "CronJob": "batch/v1",
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "DeviceClass": "resource.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Ingress": "networking.k8s.io/v1",
    "Job": "batch/v1",
    "LimitRange": "v1",
    "Namespace": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PersistentVolume": "v1",
    "PersistentVolumeClaim": "v1",
    "PodDisruptionBudget": "policy/v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "ResourceClaim": "resource.k8s.io/v1",
    "ResourceClaimTemplate": "resource.k8s.io/v1",
    "ResourceQuota": "v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "RuntimeClass": "node.k8s.io/v1",
    "Secret": "v1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "StatefulSet": "apps/v1",
    "StorageClass": "storage.k8s.io/v1",
}
"""The kinds of Kubernetes itself that a target may emit, with their API versions.

Every other kind is a custom resource, whose fields the SDK does not know.
"""

EMBEDDED: Final[Mapping[str, Mapping[str, str]]] = {
    kind: {
        "leaderTemplate": "core.v1.PodTemplateSpec",
        "workerTemplate": "core.v1.PodTemplateSpec",
    }
    for kind in ("DisaggregatedSet", "LeaderWorkerSet")
}
"""By custom kind: its fields, at any depth, whose values are types of Kubernetes itself."""

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
