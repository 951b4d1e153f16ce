"""Releases of Ray whose images bring an engine along: as data.

Source: the extra ``llm`` in the metadata of the released packages of Ray on PyPI, which pins vLLM
from 2.56 on and names the oldest one before; image tags as Ray publishes them.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class RayRelease:
    """One release of Ray."""

    version: str
    image: str
    vllm: str
    """The release of vLLM in the image, as far as its last part is known."""


RELEASES: Final = (
    RayRelease(version="2.52.0", image="rayproject/ray-llm:2.52.0-py311-cu128", vllm="0.11"),
    RayRelease(version="2.53.0", image="rayproject/ray-llm:2.53.0-py311-cu128", vllm="0.12"),
    RayRelease(version="2.58.0", image="rayproject/ray-llm:2.58.0-py312-cu130", vllm="0.26"),
)


def release_with(vllm: str) -> RayRelease | None:
    """Return the release whose image has vLLM of the same minor version."""
    minor = ".".join(vllm.removeprefix("v").split(".")[:2])
    return next((one for one in RELEASES if one.vllm == minor), None)
