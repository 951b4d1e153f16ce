"""Which component of the program creates which objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inferc.targets.kubernetes.objects import CLUSTER, Manifest
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.pulumi.adjust import SCALERS, limits, zero_planned
from inferc.targets.to_python import class_name, identifier, module_name, snake, stem

SERVICE_LABEL = "app.kubernetes.io/name"
ROLE_LABEL = "app.kubernetes.io/component"

FOUNDATION: Final = "foundation"
CLUSTER_SCOPED: Final = "cluster_scoped"
OBSERVABILITY: Final = "observability"
GATEWAY: Final = "gateway"
CONCERNS: Final[Mapping[str, str]] = {
    CLUSTER: CLUSTER_SCOPED,
    "monitoring": OBSERVABILITY,
    "rules": OBSERVABILITY,
    "edge": GATEWAY,
}
"""By concern: the component of objects that belong to no single service; else the foundation."""

ABOUT: Final[Mapping[str, str]] = {
    FOUNDATION: "What all services share: the namespace and its fences",
    CLUSTER_SCOPED: "What belongs to the whole cluster and is not in a namespace",
    OBSERVABILITY: "What watches all services together",
    GATEWAY: "How requests from outside get in",
}
TAKEN: Final = frozenset({*ABOUT, "common", "custom", "secrets", "eks", "platform"})
"""Names of modules that no service gets."""

PODS: Final = (
    "CronJob", "DaemonSet", "Deployment", "DisaggregatedSet", "Job", "LeaderWorkerSet",
    "StatefulSet",
)  # fmt: skip
"""Kinds that start pods."""
BEFORE_PODS: Final = (
    "ComputeDomain", "ConfigMap", "LocalQueue", "NetworkPolicy", "PersistentVolumeClaim",
    "PriorityClass", "ResourceClaimTemplate", "Role", "RoleBinding", "Secret", "ServiceAccount",
)  # fmt: skip
"""Kinds that must be there before a pod is, or it would start without a fence or not at all."""

SHARED_START_S: Final = 900
"""Of pods that load no weights: ten minutes to pull an image, five to start."""

_RANKS: Final[Mapping[str, int]] = {
    "Namespace": -1,
    **dict.fromkeys(BEFORE_PODS, 0),
    "RoleBinding": 1,
    **dict.fromkeys(PODS, 3),
    "Job": 2,
    **dict.fromkeys(SCALERS, 5),
}
_LATER: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A component of the program: of one service, or of what no service owns alone."""

    label: str
    """The DNS label of the service; empty for what is shared."""
    module: str
    namespace: str
    manifests: tuple[Manifest, ...]
    start_s: int = SHARED_START_S
    """How long the start of a pod may take."""

    @property
    def about(self) -> str:
        """What it is, in a few words."""
        return f"The service {self.label}" if self.label else ABOUT[self.module]

    @property
    def class_name(self) -> str:
        """The class of the component."""
        if self.label:
            return f"{class_name(self.label)}Service"
        return class_name(self.module.replace("_", "-"))

    @property
    def variable(self) -> str:
        """What the program calls it."""
        return f"{stem(self.label).replace('-', '_')}_service" if self.label else self.module

    @property
    def has_namespace(self) -> bool:
        """Whether any of its objects lives in the namespace, or is it."""
        return any(one.namespace == self.namespace for one in self.manifests) or bool(
            self.of_kind("Namespace")
        )

    @property
    def most_replicas(self) -> int:
        """The most replicas that its workload ever has; 0 where none is counted."""
        return limits(self.manifests)

    @property
    def adjustable(self) -> bool:
        """Whether fewer replicas than planned may be asked for."""
        return self.most_replicas > 1 and not self.of_kind("DisaggregatedSet")

    @property
    def may_be_empty(self) -> bool:
        """Whether it may have no replica at all."""
        return zero_planned(self.manifests)

    def of_kind(self, *kinds: str) -> tuple[Manifest, ...]:
        """Return its objects of ``kinds``."""
        return tuple(one for one in self.manifests if one.kind in kinds)

    def ordered(self) -> tuple[Manifest, ...]:
        """Return its objects such that each comes behind what it names in its options."""
        return tuple(sorted(self.manifests, key=lambda one: _RANKS.get(one.kind, _LATER)))


def components_of(
    manifests: Sequence[Manifest], servings: Sequence[Deployed] = ()
) -> tuple[Component, ...]:
    """Return the components that create ``manifests``: what is shared, then each service."""
    starts = {one.name: one.progress_s for one in servings}
    groups: dict[str, list[Manifest]] = {FOUNDATION: []}
    for one in manifests:
        groups.setdefault(_home(one, starts), []).append(one)
    space = next((one.namespace for one in groups[FOUNDATION] if one.namespace), "")
    shared = [name for name in (CLUSTER_SCOPED, *ABOUT) if name in groups]
    found = [_shared(name, space, groups[name]) for name in dict.fromkeys(shared)]
    taken = set(TAKEN)
    for group in sorted(name for name in groups if name not in ABOUT):
        label = group.removeprefix(_SERVICE)
        module = module_name(label, taken)
        taken.add(module)
        found.append(
            Component(
                label=label,
                module=module,
                namespace=space,
                manifests=tuple(groups[group]),
                start_s=starts[label],
            )
        )
    return tuple(found)


_SERVICE = "service/"


def _shared(name: str, namespace: str, manifests: Sequence[Manifest]) -> Component:
    return Component(label="", module=name, namespace=namespace, manifests=tuple(manifests))


def _home(manifest: Manifest, services: Mapping[str, int]) -> str:
    """Return the group of an object: its service's, else that of its concern."""
    label = manifest.labels.get(SERVICE_LABEL, "")
    if label in services and manifest.namespace:
        return _SERVICE + label
    return CONCERNS.get(manifest.concern, FOUNDATION)


def attributes_of(component: Component) -> Mapping[str, str]:
    """Return by the id of each object what the component calls it.

    By kind where there is one of it, else by its role, else by its name.
    """
    found: dict[str, str] = {}
    for one in component.manifests:
        kind, alike = snake(one.kind), component.of_kind(one.kind)
        roles = [other.labels.get(ROLE_LABEL, "") for other in alike]
        role = one.labels.get(ROLE_LABEL, "")
        own = one.name.removeprefix(f"{component.label}-")
        about = role if role and roles.count(role) == 1 else own
        name = kind if len(alike) == 1 else f"{identifier(about)}_{kind}"
        while name in found.values():
            name += "_too"
        found[f"{one.namespace}/{one.id}"] = name
    return found
