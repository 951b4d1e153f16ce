"""The options of an ``emit helm`` block: those of the Kubernetes objects, and the chart's own."""

import re
from collections.abc import Mapping
from typing import Final

from inferc.dsl import Diagnostic, Span
from inferc.targets.base import Options
from inferc.targets.diagnostics import bad_option
from inferc.targets.kubernetes.objects.settings import OPTIONS as OF_THE_OBJECTS

TARGET: Final = "helm"

OPTIONS: Final[Mapping[str, tuple[type, str]]] = {
    "chart_version": (str, "version of the chart, as semantic versioning has it; `0.1.0`"),
}
"""The options beside those of the Kubernetes objects: type, and meaning with the default."""

DEFAULT_VERSION = "0.1.0"

SEMANTIC = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII
)


def known_options() -> tuple[str, ...]:
    """Return the names of all options of the target."""
    return (*OPTIONS, *OF_THE_OBJECTS)


def read_options(
    options: Options, span: Span | None
) -> tuple[str, Options, tuple[Diagnostic, ...]]:
    """Return the chart's version, the options of the objects, and what is wrong."""
    rest = {name: value for name, value in options.items() if name not in OPTIONS}
    version = options.get("chart_version", DEFAULT_VERSION)
    if isinstance(version, str) and SEMANTIC.fullmatch(version):
        return version, rest, ()
    wrong = bad_option(
        target=TARGET,
        option="chart_version",
        value=str(version),
        expected=OPTIONS["chart_version"][1],
        span=span,
    )
    return DEFAULT_VERSION, rest, (wrong,)
