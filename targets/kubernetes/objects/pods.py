"""What every pod of this target has in common: security, placement, literal arguments."""

from collections.abc import Sequence

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.nodes import node_labels, spot_taint

USER_ID = 10001
"""An account that no image has."""

IMAGE_HOSTS = (".", ":")
"""What the first part of an image's name holds where it is a registry's address."""


LOCKS_MEMORY = "IPC_LOCK"
ADDRESS = "POD_IP"
"""The variable that holds a pod's own address."""


def own_address() -> dict[str, Data]:
    """Return the variable that holds a pod's own address."""
    return {"name": ADDRESS, "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}


def literal(text: str) -> str:
    """Return ``text`` such that the kubelet does not read ``$(NAME)`` in it as a variable."""
    return text.replace("$(", "$$(")


def pod_security() -> dict[str, Data]:
    """Return the pod's security context: the level ``restricted``."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER_ID,
        "runAsGroup": USER_ID,
        "fsGroup": USER_ID,
        "fsGroupChangePolicy": "OnRootMismatch",  # else every start walks through all weights
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security(*, read_only_root: bool, locks_memory: bool = False) -> dict[str, Data]:
    """Return a container's security context: the level ``restricted``.

    RDMA registers memory that must stay where it is, which takes a capability beyond that level.
    """
    capabilities: dict[str, Data] = {"drop": ["ALL"]}
    if locks_memory:
        capabilities["add"] = [LOCKS_MEMORY]
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": read_only_root,
        "capabilities": capabilities,
    }


def image(serving: Deployed) -> str:
    """Return the engine's image, from the cluster's own registry where it has one."""
    return mirrored(serving.engine.image, serving.settings["image_registry"])


def mirrored(name: str, mirror: str) -> str:
    """Return the image ``name`` as ``mirror`` holds it; empty for where its makers have it."""
    registry = mirror.rstrip("/")
    if not registry:
        return name
    first, slash, rest = name.partition("/")
    has_host = slash and (any(sign in first for sign in IMAGE_HOSTS) or first == "localhost")
    return f"{registry}/{rest if has_host else name}"


def placement(serving: Deployed) -> dict[str, Data]:
    """Return what puts a pod onto the pool's nodes.

    The prefetch Job has it too: a volume that is bound to a zone, or to a node, must be one that
    the engine can reach.
    """
    fields: dict[str, Data] = {}
    labels = node_labels(serving.place)
    if labels:
        fields["nodeSelector"] = dict(labels)
    tolerations: list[Data] = [
        {"key": serving.whole_resource, "operator": "Exists", "effect": "NoSchedule"}
    ]
    taint = spot_taint(serving.place)
    if taint is not None:
        key, value = taint
        tolerations.append(
            {"key": key, "operator": "Equal", "value": value, "effect": "NoSchedule"}
        )
    fields["tolerations"] = tolerations
    return fields


def identity(serving: Deployed) -> dict[str, Data]:
    """Return the account of a pod, and the Secret that pulls its image."""
    fields: dict[str, Data] = {
        "serviceAccountName": serving.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
    }
    if serving.priority_class:
        fields["priorityClassName"] = serving.priority_class
    if serving.pull_secret:
        fields["imagePullSecrets"] = [{"name": serving.pull_secret}]
    return fields


def environment(pairs: Sequence[tuple[str, str]]) -> list[Data]:
    """Return environment variables with literal values."""
    return [{"name": name, "value": literal(value)} for name, value in pairs]
