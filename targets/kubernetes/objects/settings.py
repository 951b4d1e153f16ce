"""What the user and the cluster's owner may say about the emitted objects."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inferc.compiler.model import Cluster
from inferc.compiler.provenance import Origin, Sourced
from inferc.dsl import Diagnostic, Span
from inferc.targets import diagnostics
from inferc.targets.base import Options
from inferc.targets.kubernetes.objects.names import is_dns_label

TARGET = "kubernetes"

SCALERS = ("keda", "hpa", "none")

NO_HUB = "none"
"""Of the option ``hub``: nothing is fetched."""

OPTIONS: Mapping[str, tuple[type, str]] = {
    "create_namespace": (bool, "`false` where somebody else makes the namespace"),
    "dra": (bool, "`true` to claim accelerators by dynamic resource allocation; `false`"),
    "exclusive_topology": (
        str,
        "label of nodes whose value a replica on several nodes shares, and with no other; none",
    ),
    "gpu_operator_namespace": (str, "namespace of the GPU operator; `gpu-operator`"),
    "hf_token_secret": (str, "name of the Secret with the hub's token; `hf-token`"),
    "hub": (
        str,
        "address of a private mirror of the hub, or `none` where weights are put there by hand",
    ),
    "image_pull_secret": (str, "name of the Secret that pulls images; none"),
    "model_volume": (str, "name of the claim with files of networks, `<service>/1/…`; none"),
    "monitoring_namespace": (str, "namespace of Prometheus; `monitoring`"),
    "namespace": (str, "where the objects live; the cluster's namespace, else the topology's name"),
    "node_cidr": (str, "addresses of the nodes, where the network plugin blocks their probes"),
    "priority_class": (str, "name of a PriorityClass, or `none`; those in `cluster/`"),
    "queue": (str, "name of a queue of Kueue that admits the workloads; none"),
    "rdma": (
        str,
        "resource of RDMA, for replicas on several nodes of a `privileged` namespace; none",
    ),
    "scaler": (str, "`keda`, `hpa` or `none`; `keda`"),
}
"""The options of ``emit kubernetes { … }``: type, and meaning with the default."""

DEFAULTS: Mapping[str, str] = {
    "access_mode": "",
    "gateway_class": "eg",
    "gateway_namespace": "envoy-gateway-system",
    "image_pull_secret": "",
    "image_registry": "",
    "issuer": "",
    "prometheus": "http://prometheus-operated.monitoring.svc:9090",
    "release_label": "kube-prometheus-stack",
    "storage_class": "",
}
"""The settings of a cluster that the objects use, and what is taken where nobody says.

The address and the label of Prometheus are those of the kube-prometheus-stack chart; class and
namespace of gateways those of Envoy Gateway's quickstart.
"""

LABEL_KEY = re.compile(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", re.ASCII
)
"""The name of a label, with its prefix."""

EXTENDED_RESOURCE = re.compile(
    r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", re.ASCII
)
"""The name of a resource that a device plugin offers: ``rdma/ib``."""

PATTERNS: Mapping[str, re.Pattern[str]] = {
    "exclusive_topology": LABEL_KEY,
    "hub": re.compile(rf"{NO_HUB}|https?://[A-Za-z0-9.-]+(:[1-9]\d{{0,4}})?(/[\w./-]*)?", re.ASCII),
    "rdma": EXTENDED_RESOURCE,
    "scaler": re.compile("|".join(SCALERS)),
}
"""By option: what a text may be that is neither a name nor a network; empty for the default."""

ACCESS_MODES: Mapping[str, str] = {
    "read_write_once": "ReadWriteOnce",
    "read_write_many": "ReadWriteMany",
    "read_only_many": "ReadOnlyMany",
}
"""The words of a cluster's ``access_mode``, as Kubernetes writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options of an ``emit kubernetes`` block."""

    create_namespace: bool = True
    dra: bool = False
    exclusive_topology: str = ""
    gpu_operator_namespace: str = "gpu-operator"
    hub: str = ""
    hf_token_secret: str = "hf-token"  # noqa: S105 - a name, not a secret
    image_pull_secret: str = ""
    model_volume: str = ""
    monitoring_namespace: str = "monitoring"
    namespace: str = ""
    node_cidr: str = ""
    priority_class: str = ""
    queue: str = ""
    rdma: str = ""
    scaler: str = "keda"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one cluster, by name; ``assumed`` are those that nobody stated."""

    values: Mapping[str, str]
    assumed: tuple[str, ...] = field(default=())

    def __getitem__(self, name: str) -> str:
        """Return the setting called ``name``."""
        return self.values[name]


def settings_of(cluster: Cluster | None) -> Settings:
    """Return every setting of ``cluster``, with the common default where it says nothing."""
    stated: Mapping[str, Sourced[str]] = {} if cluster is None else cluster.settings
    values = {
        name: stated[name].value if name in stated else default
        for name, default in DEFAULTS.items()
    }
    assumed = tuple(
        name for name in DEFAULTS if name not in stated or stated[name].origin is Origin.DEFAULTED
    )
    return Settings(values=values, assumed=assumed)


def read_options(
    options: Options, span: Span | None = None, *, target: str = TARGET, known: Sequence[str] = ()
) -> tuple[Choices, tuple[Diagnostic, ...]]:
    """Return the choices that ``options``, written at ``span``, make, and what is wrong there.

    ``target`` is who has them, and ``known`` the names of all that it has, where those are others.
    """
    problems = dict(_problems(options, span, target, tuple(sorted(known or OPTIONS))))
    default = Choices()

    def text(name: str, fallback: str) -> str:
        value = options.get(name)
        return value if isinstance(value, str) and value and name not in problems else fallback

    choices = Choices(
        create_namespace=options.get("create_namespace") is not False,
        dra=options.get("dra") is True,
        exclusive_topology=text("exclusive_topology", default.exclusive_topology),
        gpu_operator_namespace=text("gpu_operator_namespace", default.gpu_operator_namespace),
        hf_token_secret=text("hf_token_secret", default.hf_token_secret),
        hub=text("hub", default.hub),
        image_pull_secret=text("image_pull_secret", default.image_pull_secret),
        model_volume=text("model_volume", default.model_volume),
        monitoring_namespace=text("monitoring_namespace", default.monitoring_namespace),
        namespace=text("namespace", default.namespace),
        node_cidr=text("node_cidr", default.node_cidr),
        priority_class=text("priority_class", default.priority_class),
        queue=text("queue", default.queue),
        rdma=text("rdma", default.rdma),
        scaler=text("scaler", default.scaler),
    )
    return choices, tuple(problems.values())


def _problems(
    options: Options, span: Span | None, target: str, known: tuple[str, ...]
) -> Iterator[tuple[str, Diagnostic]]:
    """Yield the name of each option that is wrong, with what is wrong with it."""
    for name, value in sorted(options.items()):
        if name not in OPTIONS:
            yield (
                name,
                diagnostics.unknown_option(target=target, option=name, known=known, span=span),
            )
        elif not isinstance(value, OPTIONS[name][0]) or not _allowed(name, str(value)):
            yield (
                name,
                diagnostics.bad_option(
                    target=target,
                    option=name,
                    value=str(value),
                    expected=OPTIONS[name][1],
                    span=span,
                ),
            )


def _allowed(name: str, value: str) -> bool:
    """Return whether an option of the right type has a value that it can have."""
    pattern = PATTERNS.get(name)
    if pattern is not None:
        return value == "" or pattern.fullmatch(value) is not None
    match name:
        case "node_cidr":
            return _is_network(value)
        case "create_namespace" | "dra" | "namespace":
            return True
        case _:
            return value == "" or is_dns_label(value)


def _is_network(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
