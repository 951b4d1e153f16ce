"""What a place of a template belongs to: a service, one of its pods, or the whole topology."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inferc.targets.base import Data
from inferc.targets.helm.gotext import member
from inferc.targets.kubernetes.objects import Layout, Manifest
from inferc.targets.kubernetes.objects.deployed import Deployed

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
RUNS_ONCE = ("Job", "CronJob")

Tree = Mapping[str, Data]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One object with what its template may refer to."""

    manifest: Manifest
    serving: Deployed | None
    """The service that the object belongs to; None for what all of them share."""
    pod: str = ""
    """The values of its pods below those of the service: ``engine``; empty where it has none."""
    scaled: bool = False
    """Whether something scales it, so that it has no number of replicas of its own."""

    @property
    def service(self) -> str:
        """The service's name, or nothing."""
        return "" if self.serving is None else self.serving.name

    @property
    def variable(self) -> str:
        """The variable of the template that holds the values of its pods."""
        return variable(self.pod)

    def path(self, *keys: str) -> tuple[str, ...]:
        """Return the path of a value of the service."""
        return ("services", self.service, *keys)

    def declared(self, text: str, pods: Sequence[str]) -> str:
        """Return the variables that ``text`` uses, as the head of its template.

        ``pods`` are all that the object has pods of.
        """
        inner = [
            f"{{{{- {variable(pod)} := {member('$service', pod)} }}}}\n"
            for pod in pods
            if pod and re.search(rf"\{variable(pod)}\b", text)
        ]
        if not self.service or ("$service" not in text and not inner):
            return ""
        service = member(".Values.services", self.service)
        return "".join((f"{{{{- $service := {service} }}}}\n", *inner))


def variable(pod: str) -> str:
    """Return the variable of a template that holds the values of pods."""
    return "$" + re.sub(r"[^a-z0-9]", "_", pod)


def scopes(layout: Layout, manifests: Sequence[Manifest]) -> tuple[Scope, ...]:
    """Return what each object belongs to."""
    by_name = {serving.name: serving for serving in layout.deployed}
    targets = {one.id: _target(one) for one in manifests if _target(one)}
    pods = _pods(manifests, by_name)
    found: list[Scope] = []
    for manifest in manifests:
        target = targets.get(manifest.id, manifest.id)
        found.append(
            Scope(
                manifest=manifest,
                serving=by_name.get(manifest.labels.get(NAME, "")),
                pod=pods.get(target, ""),
                scaled=manifest.id in targets.values(),
            )
        )
    return tuple(found)


def _target(manifest: Manifest) -> str:
    """Return what ``manifest`` scales; empty for what is no scaler."""
    spec = manifest.body.get("spec")
    reference = spec.get("scaleTargetRef") if isinstance(spec, Mapping) else None
    if not isinstance(reference, Mapping):
        return ""
    return f"{reference.get('kind')}/{reference.get('name')}"


def _pods(manifests: Sequence[Manifest], known: Mapping[str, Deployed]) -> Mapping[str, str]:
    """Return under which name the values of each workload's pods stand."""
    names: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for manifest in manifests:
        service = manifest.labels.get(NAME, "")
        if service not in known or not holds_pods(manifest.body):
            continue
        stem = manifest.labels.get(COMPONENT, "") or manifest.kind.lower()
        name = stem if (service, stem) not in taken else f"{stem}-{manifest.name}"
        taken.add((service, name))
        names[manifest.id] = name
    return names


def holds_pods(value: Data) -> bool:
    """Return whether a pod is somewhere inside ``value``."""
    if isinstance(value, Mapping):
        return is_pod(value) or any(holds_pods(item) for item in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(holds_pods(item) for item in value)
    return False


def is_pod(value: Tree) -> bool:
    """Return whether ``value`` is the ``spec`` of a pod."""
    containers = value.get("containers")
    return isinstance(containers, Sequence) and not isinstance(containers, str)
