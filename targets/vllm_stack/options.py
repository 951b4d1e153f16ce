"""The options of an ``emit vllm_stack`` block beside those of the Kubernetes objects."""

import re
from collections.abc import Mapping
from typing import Final

from inferc.targets.kubernetes.variants import Option

TARGET: Final = "vllm-stack"

TAG = re.compile(r"(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)

OPTIONS: Final[Mapping[str, Option]] = {
    "router_tag": Option(
        about="version of the stack's router, `lmcache/lmstack-router`; without one the engines "
        "are reached by their Services",
        default="",
        accepts=lambda value: TAG.fullmatch(value) is not None,
    ),
}
