"""The options of an ``emit kserve`` block beside those of the Kubernetes objects."""

from collections.abc import Mapping
from typing import Final

from inferc.targets.kubernetes.variants import Option

TARGET: Final = "kserve"

LLM: Final = "llm"
CUSTOM: Final = "inference_service"
KINDS: Final = (LLM, CUSTOM)

OPTIONS: Final[Mapping[str, Option]] = {
    "kind": Option(
        about="`llm` (LLMInferenceService) or `inference_service` (InferenceService with its own "
        "container); `llm`",
        default=LLM,
        accepts=lambda value: value in KINDS,
    ),
}
