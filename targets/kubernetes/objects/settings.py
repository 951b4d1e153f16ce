"""What the user and the cluster's owner may say about the emitted objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inferc.compiler.model import Cluster
from inferc.compiler.provenance import Origin
from inferc.dsl import Diagnostic
from inferc.targets import diagnostics as problems
from inferc.targets.base import Options

TARGET = "kubernetes"

SCALERS = ("keda", "hpa", "none")

OPTIONS: Mapping[str, tuple[type, str]] = {
    "namespace": (str, "where the objects live; else the cluster's namespace, else the topology's"),
    "scaler": (str, "keda (default), hpa or none"),
    "create_namespace": (bool, "false where somebody else owns the namespace"),
}
"""The options of ``emit kubernetes { … }``: type, and what they do."""

DEFAULTS: Mapping[str, str] = {
    "storage_class": "",
    "prometheus": "http://prometheus-operated.monitoring.svc:9090",
    "release_label": "kube-prometheus-stack",
    "monitoring_namespace": "monitoring",
    "gateway_namespace": "gateway-system",
    "image_registry": "",
    "image_pull_secret": "",
    "hf_token_secret": "hf-token",
    "node_cidr": "",
}
"""The settings of a cluster that the objects use, and what is taken where nobody says.

The monitoring names are those of the kube-prometheus-stack chart.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options of an ``emit kubernetes`` block."""

    namespace: str = ""
    scaler: str = "keda"
    create_namespace: bool = True


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
    stated = {} if cluster is None else cluster.settings
    values = {
        name: stated[name].value if name in stated else default
        for name, default in DEFAULTS.items()
    }
    assumed = tuple(
        name for name in DEFAULTS if name not in stated or stated[name].origin is Origin.DEFAULTED
    )
    return Settings(values=values, assumed=assumed)


def read_options(options: Options) -> tuple[Choices, tuple[Diagnostic, ...]]:
    """Return the choices that ``options`` make, and what is wrong with them."""
    import difflib

    found: list[Diagnostic] = []
    for name, value in sorted(options.items()):
        if name not in OPTIONS:
            close = difflib.get_close_matches(name, OPTIONS, n=1)
            found.append(
                problems.unknown_option(
                    target=TARGET, option=name, known=tuple(OPTIONS), nearest="".join(close)
                )
            )
        elif not isinstance(value, OPTIONS[name][0]):
            found.append(
                problems.bad_option(
                    target=TARGET, option=name, value=str(value), expected=OPTIONS[name][1]
                )
            )
    scaler = _text(options, "scaler") or "keda"
    if scaler not in SCALERS:
        found.append(
            problems.bad_option(
                target=TARGET, option="scaler", value=scaler, expected=OPTIONS["scaler"][1]
            )
        )
    return Choices(
        namespace=_text(options, "namespace"),
        scaler=scaler if scaler in SCALERS else "keda",
        create_namespace=options.get("create_namespace") is not False,
    ), tuple(found)


def _text(options: Options, name: str) -> str:
    value = options.get(name, "")
    return value if isinstance(value, str) else ""
