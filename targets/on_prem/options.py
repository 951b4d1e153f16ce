"""What may be said about machines of one's own."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from inferc.dsl import Diagnostic, Span
from inferc.targets import diagnostics
from inferc.targets.base import Options
from inferc.targets.kubernetes.objects.settings import NO_HUB
from inferc.targets.kubernetes.objects.settings import OPTIONS as KUBERNETES_OPTIONS

TARGET: Final = "on-prem"

COMPOSE, QUADLET, KUBERNETES = "compose", "quadlet", "kubernetes"
FORMS: Final = (COMPOSE, QUADLET, KUBERNETES)

FIRST_PORT: Final = 8000
LAST_PORT: Final = 65535

OWN: Final[Mapping[str, tuple[type, str]]] = {
    "addresses": (str, "addresses that MetalLB may give away: `10.0.0.40-10.0.0.50`; none"),
    "air_gapped": (bool, "`true` where nothing may be fetched from outside; `false`"),
    "directory": (str, "folder of a single machine for weights and data; `/srv/inferc/<name>`"),
    "form": (str, "`compose`, `quadlet` or `kubernetes`; by the hardware"),
    "image_registry": (str, "where images come from: `mirror.example:5000`; their makers'"),
    "gpu_driver": (bool, "`false` where the nodes have NVIDIA's driver already; `true`"),
    "listen": (str, "address of a single machine that it answers at; `127.0.0.1`"),
    "nfs": (str, "folder that all nodes reach: `10.0.0.5:/models`; the cluster's storage"),
    "monitoring": (bool, "`false` where a single machine is watched from elsewhere; `true`"),
    "port": (float, "of the first service on a single machine, the next one has the next; `8000`"),
}
"""The options of this target alone: type, and meaning with the default."""

OF_CLUSTERS: Final = frozenset({"addresses", "form", "gpu_driver", "nfs"})
"""Those that mean nothing for Docker Compose."""

OPTIONS: Final[Mapping[str, tuple[type, str]]] = {**KUBERNETES_OPTIONS, **OWN}
"""Those of ``emit on_prem { … }``: in the form of Kubernetes, that target's too."""

DIRECTORY: Final = re.compile(r"/[A-Za-z0-9._/-]*[A-Za-z0-9._-]", re.ASCII)
SHARE: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:/[A-Za-z0-9._/-]*", re.ASCII)
REGISTRY: Final = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)*/?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options of an ``emit on_prem`` block."""

    form: str = ""
    """Empty for the one that fits the hardware."""
    directory: str = ""
    image_registry: str = ""
    listen: str = "127.0.0.1"
    port: int = FIRST_PORT
    monitoring: bool = True
    air_gapped: bool = False
    addresses: str = ""
    nfs: str = ""
    gpu_driver: bool = True


def read_options(
    options: Options, span: Span | None = None, *, target: str = TARGET, form: str = ""
) -> tuple[Choices, tuple[Diagnostic, ...]]:
    """Return the choices that ``options`` make, and what is wrong with them.

    ``target`` is who has them; with a ``form`` it has no other, and none of Kubernetes' options.
    """
    known = tuple(sorted(OPTIONS if not form else OWN.keys() - OF_CLUSTERS))
    problems = dict(_problems(options, known, target, span))
    kept = {name: value for name, value in options.items() if name not in problems}

    def text(name: str, default: str) -> str:
        return str(kept.get(name, "")) or default

    choices = Choices(
        form=text("form", ""),
        directory=text("directory", ""),
        image_registry=text("image_registry", ""),
        listen=text("listen", "127.0.0.1"),
        port=int(float(kept.get("port", FIRST_PORT))),
        monitoring=kept.get("monitoring") is not False,
        air_gapped=kept.get("air_gapped") is True,
        addresses=text("addresses", ""),
        nfs=text("nfs", ""),
        gpu_driver=kept.get("gpu_driver") is not False,
    )
    return choices, tuple(problems.values())


def for_kubernetes(options: Options, choices: Choices) -> dict[str, str | float | bool]:
    """Return those of ``options`` that the target ``kubernetes`` knows, and what follows for it."""
    kept = {name: value for name, value in options.items() if name in KUBERNETES_OPTIONS}
    if choices.air_gapped:
        kept.setdefault("hub", NO_HUB)
    return kept


def _problems(
    options: Options, known: tuple[str, ...], target: str, span: Span | None
) -> Iterator[tuple[str, Diagnostic]]:
    for name, value in sorted(options.items()):
        if name not in known:
            yield (
                name,
                diagnostics.unknown_option(target=target, option=name, known=known, span=span),
            )
        elif name in OWN and not _allowed(name, value):
            yield (
                name,
                diagnostics.bad_option(
                    target=target,
                    option=name,
                    value=str(value),
                    expected=OWN[name][1],
                    span=span,
                ),
            )


def _allowed(name: str, value: object) -> bool:
    if name == "port":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and _is_port(float(str(value)))
    if not isinstance(value, OWN[name][0]):
        return False
    test = TESTS.get(name)
    return test is None or test(str(value))


def _is_directory(text: str) -> bool:
    return DIRECTORY.fullmatch(text) is not None and ".." not in text.split("/")


def _is_registry(text: str) -> bool:
    return REGISTRY.fullmatch(text) is not None


def _is_share(text: str) -> bool:
    return SHARE.fullmatch(text) is not None and ".." not in text.split("/")


def _is_port(value: float) -> bool:
    return value == int(value) and 1024 <= value <= LAST_PORT  # noqa: PLR2004 - below are root's


def _is_address(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _are_addresses(text: str) -> bool:
    """Return whether ``text`` is a range of addresses, or a network, as MetalLB reads them."""
    import ipaddress

    first, dash, last = text.partition("-")
    try:
        if not dash:
            ipaddress.ip_network(text)
            return "/" in text
        low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
    except ValueError:
        return False
    return low.version == high.version and int(low) <= int(high)


TESTS: Final[Mapping[str, Callable[[str], bool]]] = {
    "addresses": _are_addresses,
    "directory": _is_directory,
    "form": FORMS.__contains__,
    "image_registry": _is_registry,
    "listen": _is_address,
    "nfs": _is_share,
}
"""By option: whether a text is one that it can have."""
