"""The Secrets that the objects refer to: by name, never by value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest

PULL = "kubernetes.io/dockerconfigjson"
TLS = "kubernetes.io/tls"
OPAQUE = "Opaque"
_KEYS: Mapping[str, tuple[str, ...]] = {
    PULL: (".dockerconfigjson",),
    TLS: ("tls.crt", "tls.key"),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SecretKey:
    """One value of a Secret."""

    secret: str
    type: str
    key: str
    optional: bool = False


def secret_keys(manifests: Sequence[Manifest], namespace: str) -> tuple[SecretKey, ...]:
    """Return what the program may make of configuration in ``namespace``, sorted; each once.

    What one object needs is needed, even where another could do without.
    """
    found: dict[tuple[str, str], SecretKey] = {}
    for manifest in manifests:
        if manifest.namespace != namespace:
            continue
        for one in _references("", manifest.body):
            place = (one.secret, one.key)
            before = found.get(place)
            found[place] = one if before is None or before.optional else before
    return tuple(found[place] for place in sorted(found))


def config_key(one: SecretKey, all_keys: Sequence[SecretKey]) -> str:
    """Return what the value is called in the configuration: ``hfToken`` for ``hf-token``."""
    alone = sum(other.secret == one.secret for other in all_keys) == 1
    return _camel(one.secret if alone else f"{one.secret}-{one.key}")


def _camel(text: str) -> str:
    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in text)
    first, *rest = [part for part in plain.split("-") if part] or ["secret"]
    return first + "".join(part.capitalize() for part in rest)


def _references(where: str, value: Data) -> Iterator[SecretKey]:
    """Yield the Secrets that a part of an object, in the field ``where``, refers to."""
    if isinstance(value, Mapping):
        yield from _reference(where, value)
        for name, item in value.items():
            yield from _references(name, item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _references(where, item)


def _reference(where: str, value: Mapping[str, Data]) -> Iterator[SecretKey]:
    name, key = value.get("name"), value.get("key")
    if not isinstance(name, str) or value.get("namespace"):
        return  # of another namespace it belongs to others
    match where:
        case "secretKeyRef" | "secretTargetRef" if isinstance(key, str):
            optional = value.get("optional") is True
            yield SecretKey(secret=name, type=OPAQUE, key=key, optional=optional)
        case "imagePullSecrets":
            yield from (SecretKey(secret=name, type=PULL, key=one) for one in _KEYS[PULL])
        case "certificateRefs":
            # Optional: cert-manager may be the one that makes it.
            yield from (
                SecretKey(secret=name, type=TLS, key=one, optional=True) for one in _KEYS[TLS]
            )
        case _:
            pass
