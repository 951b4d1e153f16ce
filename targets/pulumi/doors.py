"""Where a topology can be reached from outside."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest

SCHEMES: Final[Mapping[Data, tuple[str, int]]] = {"HTTP": ("http", 80), "HTTPS": ("https", 443)}
"""By protocol of a listener: how an address begins, and the port that needs no mention."""


def doors(manifests: Sequence[Manifest]) -> Mapping[str, Sequence[str]]:
    """Return by the name of each Gateway the addresses that it answers at."""
    found = {
        one.name: list(dict.fromkeys(_urls(one))) for one in manifests if one.kind == "Gateway"
    }
    return {name: urls for name, urls in sorted(found.items()) if urls}


def _urls(gateway: Manifest) -> Iterator[str]:
    """Yield an address for each listener that has a host; one without may have any."""
    spec = gateway.body.get("spec")
    listeners = spec.get("listeners") if isinstance(spec, Mapping) else None
    for one in listeners if isinstance(listeners, Sequence) else ():
        if not isinstance(one, Mapping) or not isinstance(host := one.get("hostname"), str):
            continue
        scheme, usual = SCHEMES.get(one.get("protocol"), ("https", 443))
        port = one.get("port")
        yield f"{scheme}://{host}" + ("" if port == usual else f":{port}")
