"""What each resource is created with beside its fields: order, waits, who owns what."""

from collections.abc import Iterable, Mapping, Sequence

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.pulumi.adjust import SCALERS
from inferc.targets.pulumi.grouping import BEFORE_PODS, PODS, Component
from inferc.targets.to_python import Expression, array, call, literal

SKIP_AWAIT: Mapping[str, str] = {"pulumi.com/skipAwait": "true"}
"""Tells the provider not to wait: for a pod that is not there on purpose it would wait in vain."""

WAITED_FOR = ("Deployment", "Service", "StatefulSet")
"""Kinds whose creation is done when pods are ready."""


def annotations_of(component: Component, manifest: Manifest) -> Mapping[str, str]:
    """Return the annotations that only the provider reads."""
    idle = component.may_be_empty and manifest.kind in WAITED_FOR
    return SKIP_AWAIT if idle else {}


def options_of(
    component: Component, manifest: Manifest, attributes: Mapping[str, str]
) -> Expression:
    """Return the options of one object of ``component``."""
    options: list[tuple[str, Expression]] = [("parent", "self")]
    needed = [
        f"self.{attributes[f'{one.namespace}/{one.id}']}" for one in _first(component, manifest)
    ]
    if manifest.kind in PODS:
        needed.insert(0, "*args.fences")
    if not component.label and not manifest.namespace:
        needed.insert(0, "*args.after")
    if needed:
        options.append(("depends_on", array(needed)))
    options += _kept(manifest)
    times = _times(manifest)
    if times:
        options.append(("custom_timeouts", call("pulumi.CustomTimeouts", times)))
    if any(_scales(one, manifest) for one in component.of_kind(*SCALERS)):
        options.append(("ignore_changes", array([literal("spec.replicas")])))
    return call("pulumi.ResourceOptions", options)


def _first(component: Component, manifest: Manifest) -> Iterable[Manifest]:
    """Return what must be there before ``manifest``."""
    match manifest.kind:
        case "Job":
            return component.of_kind(*BEFORE_PODS)
        case kind if kind in PODS:
            # The weights come first: an update would else stop a replica and then download.
            return component.of_kind(*BEFORE_PODS, "Job")
        case kind if kind in SCALERS:
            targets = (one for one in component.manifests if _scales(manifest, one))
            return (*targets, *component.of_kind("TriggerAuthentication"))
        case "RoleBinding":
            return component.of_kind("Role")
        case _:
            return ()


def _scales(scaler: Manifest, manifest: Manifest) -> bool:
    """Return whether ``scaler`` changes the replicas of ``manifest``."""
    spec = scaler.body.get("spec")
    target = spec.get("scaleTargetRef") if isinstance(spec, Mapping) else None
    if not isinstance(target, Mapping):
        return False
    return (target.get("kind"), target.get("name")) == (manifest.kind, manifest.name)


def _kept(manifest: Manifest) -> Sequence[tuple[str, Expression]]:
    """Return what keeps data; a claim does not outlive a namespace that goes, so that stays too."""
    match manifest.kind:
        case "PersistentVolumeClaim":
            protect: tuple[str, Expression] = ("protect", "args.protect_weights")
            return (protect, ("retain_on_delete", "args.retain_weights"))
        case "Namespace":
            return (("retain_on_delete", "args.retain_weights"),)
        case _:
            return ()


def _times(manifest: Manifest) -> Sequence[tuple[str, Expression]]:
    """Return how long Pulumi waits; its own ten minutes are less than a cold start."""
    match manifest.kind:
        case kind if kind in WAITED_FOR:
            return (("create", "args.start_timeout"), ("update", "args.rollout_timeout"))
        case "Job":
            return (("create", "args.fetch_timeout"),)
        case "PersistentVolumeClaim":
            return (("create", "args.start_timeout"),)
        case _:
            return ()


def job_limit_s(component: Component) -> int:
    """Return how long the longest Job of ``component`` may take."""
    found = [_number(one.body.get("spec")) for one in component.of_kind("Job")]
    return max(found, default=0)


def _number(spec: Data) -> int:
    value = spec.get("activeDeadlineSeconds") if isinstance(spec, Mapping) else None
    return value if isinstance(value, int) else 0
