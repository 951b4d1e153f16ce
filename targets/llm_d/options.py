"""The options of an ``emit llm_d`` block beside those of the Kubernetes objects."""

from collections.abc import Mapping
from typing import Final

from inferc.targets.kubernetes.objects.names import is_dns_label
from inferc.targets.kubernetes.variants import Option

TARGET: Final = "llm-d"

PROVIDERS: Final = ("gke", "istio", "none")

OPTIONS: Final[Mapping[str, Option]] = {
    "gateway": Option(
        about="name of a Gateway in the namespace that gets a route to each service; none",
        default="",
        accepts=is_dns_label,
    ),
    "provider": Option(
        about="`gke`, `istio` or `none`: what runs that Gateway, where it needs objects of its "
        "own; `none`",
        default="none",
        accepts=lambda value: value in PROVIDERS,
    ),
}
