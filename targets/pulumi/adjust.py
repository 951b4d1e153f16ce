"""What a stack's configuration may change of the plan: the registry, and how many replicas at most.

Both only ever take away: an image comes from a mirror, and there are fewer replicas than planned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest

LIMIT = "args.most_replicas"
SCALERS = ("ScaledObject", "HorizontalPodAutoscaler")

_REPLICAS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Deployment": (("spec", "replicas"),),
    "HorizontalPodAutoscaler": (("spec", "minReplicas"), ("spec", "maxReplicas")),
    "LeaderWorkerSet": (("spec", "replicas"),),
    "ScaledObject": (
        ("spec", "minReplicaCount"),
        ("spec", "maxReplicaCount"),
        ("spec", "fallback", "replicas"),
    ),
}
"""By kind: the fields that count replicas."""


class Code(str):
    """Source text that stands where a manifest has a value."""

    __slots__ = ()


def limits(manifests: Sequence[Manifest]) -> int:
    """Return the most replicas that ``manifests`` ever have; 0 where nothing counts them."""
    found = [
        value
        for one in manifests
        for path in _REPLICAS.get(one.kind, ())
        if isinstance(value := _at(one.body, path), int)
    ]
    return max(found, default=0)


def zero_planned(manifests: Sequence[Manifest]) -> bool:
    """Return whether there may be no replica at all, so that waiting for one would be in vain."""
    scalers = [one for one in manifests if one.kind in SCALERS]
    counts = [
        value
        for one in scalers or manifests
        for path in (*_REPLICAS.get(one.kind, ()), ("spec", "idleReplicaCount"))
        if isinstance(value := _at(one.body, path), int)
    ]
    return bool(counts) and min(counts) == 0


def limited(manifest: Manifest, most: int) -> Manifest:
    """Return ``manifest`` with every number of replicas held below what the program says."""
    body = manifest.body
    for path in _REPLICAS.get(manifest.kind, ()):
        value = _at(body, path)
        if isinstance(value, int):
            body = _set(body, path, _limited(value, most))
    triggers = _at(body, ("spec", "triggers"))
    if manifest.kind == "ScaledObject" and isinstance(triggers, Sequence):
        body = _set(body, ("spec", "triggers"), [_trigger(one, most) for one in triggers])
    return replace(manifest, body=body)


def _trigger(trigger: Data, most: int) -> Data:
    """Return a trigger that asks for a number of replicas with that number limited."""
    wanted = _at(trigger, ("metadata", "desiredReplicas"))
    if not isinstance(wanted, str) or not wanted.isdecimal() or not isinstance(trigger, Mapping):
        return trigger
    value = _limited(int(wanted), most)
    text = Code(f"str({value})") if isinstance(value, Code) else wanted
    return _set(trigger, ("metadata", "desiredReplicas"), text)


def _limited(value: int, most: int) -> Data:
    if value <= 1:  # no limit is lower
        return value
    return Code(LIMIT if value == most else f"min({value}, {LIMIT})")


def _at(value: Data, path: Sequence[str]) -> Data:
    """Return what stands at ``path``; None where nothing does."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _set(value: Mapping[str, Data], path: Sequence[str], new: Data) -> Mapping[str, Data]:
    """Return ``value`` with ``new`` at ``path``, which is there."""
    name, *rest = path
    inner = value[name]
    if rest and isinstance(inner, Mapping):
        new = _set(inner, rest, new)
    return {**value, name: new}
