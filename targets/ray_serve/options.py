"""The options of an ``emit ray_serve`` block beside those of the Kubernetes objects."""

import re
from collections.abc import Mapping
from typing import Final

from inferc.targets.kubernetes.objects.names import is_dns_label
from inferc.targets.kubernetes.variants import Option

TARGET: Final = "ray-serve"

VERSION = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
IMAGE = re.compile(r"[\w.:/-]+(@sha256:[0-9a-f]{64})?", re.ASCII)

OPTIONS: Final[Mapping[str, Option]] = {
    "operator_namespace": Option(
        about="namespace of the KubeRay operator, which may talk to the head; `kuberay-operator`",
        default="kuberay-operator",
        accepts=is_dns_label,
    ),
    "ray_image": Option(
        about="an image of your own with Ray and the planned engine; one of Ray's",
        default="",
        accepts=lambda value: IMAGE.fullmatch(value) is not None,
    ),
    "ray_version": Option(
        about="the release of Ray in that image: `2.52.0`",
        default="",
        accepts=lambda value: VERSION.fullmatch(value) is not None,
    ),
}
