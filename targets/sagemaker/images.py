"""Containers that SageMaker can start: images of AWS, and how they are told their settings.

An image is pinned by its full tag, and stands here only if its release is one whose flags are known
(``kubernetes/objects/releases.py``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from inferc.targets.kubernetes.objects.releases import RELEASES, Release

MODEL_FOLDER: Final = "/opt/ml/model"
"""Where SageMaker mounts the weights. Source: AWS, SageMaker deployment of the vLLM container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image of AWS's for one release of an engine."""

    repository: str
    tag: str
    engine: str
    engine_version: str
    """The release inside; with that of the plan, its flags are those of the plan."""
    cuda: tuple[int, int]
    prefix: str
    """Of environment variables that become flags: what follows, in small letters with hyphens."""
    model_variable: str
    source: str

    @property
    def release(self) -> Release:
        """How that release is started."""
        return RELEASES[self.engine, self.engine_version]


IMAGES: Final = (
    Image(
        repository="vllm",
        tag="0.11.2-gpu-py312-cu129-ubuntu22.04-sagemaker-v1.2",
        engine="vllm",
        engine_version="0.11.2",
        cuda=(12, 9),
        prefix="SM_VLLM_",
        model_variable="SM_VLLM_MODEL",
        source="https://github.com/aws/model-hosting-container-standards, docs/sagemaker",
    ),
    Image(
        repository="vllm",
        tag="0.11.0-gpu-py312-cu128-ubuntu22.04-sagemaker-v1.0",
        engine="vllm",
        engine_version="0.11.0",
        cuda=(12, 8),
        prefix="SM_VLLM_",
        model_variable="SM_VLLM_MODEL",
        source="https://github.com/aws/deep-learning-containers, vllm/CHANGELOG.md",
    ),
    Image(
        repository="sglang",
        tag="0.5.5-gpu-py312",
        engine="sglang",
        engine_version="0.5.5",
        cuda=(12, 9),
        prefix="SM_SGLANG_",
        model_variable="SM_SGLANG_MODEL_PATH",
        source="https://github.com/aws/deep-learning-containers, README.md, 2025-11-17",
    ),
)

AMIS: Final[tuple[tuple[tuple[int, int], str], ...]] = (
    ((12, 2), "al2-ami-sagemaker-inference-gpu-2-1"),
    ((12, 4), "al2-ami-sagemaker-inference-gpu-3-1"),
    ((13, 0), "al2023-ami-sagemaker-inference-gpu-4-1"),
)
"""By the newest CUDA that its driver runs: the machine image. Without one the oldest driver is
taken, and a newer container does not start. Source: botocore 1.44.5, ``InferenceAmiVersion``."""


def image_for(engine: str, version: str) -> Image | None:
    """Return the image that brings a release of an engine; None where AWS has none."""
    wanted = (engine, version.removeprefix("v"))
    return next((one for one in IMAGES if (one.engine, one.engine_version) == wanted), None)


def known_releases(engine: str) -> tuple[str, ...]:
    """Return the releases of ``engine`` that there are images of."""
    return tuple(one.engine_version for one in IMAGES if one.engine == engine)


def ami_for(cuda: tuple[int, int]) -> str:
    """Return the machine image whose driver runs containers of a CUDA release."""
    return next(name for newest, name in AMIS if newest >= cuda)


def registry(region: str) -> str | None:
    """Return the account that holds AWS's images in ``region``; None where there are none.

    Source: ``image_uri_config/vllm.json`` of sagemaker-core 2.27.0.
    """
    return _registries().get(region)


def regions() -> tuple[str, ...]:
    """Return the regions that have images."""
    return tuple(_registries())


def partition(region: str) -> str:
    """Return the first part of the names of everything in ``region``: ``aws``."""
    for start, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc")):
        if region.startswith(start):
            return name
    return "aws"


def domain(region: str) -> str:
    """Return the domain of the services of ``region``."""
    return {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}.get(
        partition(region), "amazonaws.com"
    )


def uri(image: Image, region: str) -> str:
    """Return the full name of ``image`` in ``region``."""
    account = registry(region) or ""
    return f"{account}.dkr.ecr.{region}.{domain(region)}/{image.repository}:{image.tag}"


@cache
def _registries() -> Mapping[str, str]:
    table: Mapping[str, str] = _table("registries.json")
    return table


@dataclass(frozen=True, slots=True)
class Machine:
    """A type of machine of SageMaker's with accelerators."""

    gpu: str
    """Its accelerator, in the words of EC2: ``L40S``."""
    gpus: int
    vcpus: int
    memory_mib: int
    local_gb: float
    """Its own disks, several times the memory of its accelerators. No volume may be added."""


@cache
def machines() -> Mapping[str, Machine]:
    """Return every type with accelerators of NVIDIA that endpoints may have.

    Source: the enumeration ``ProductionVariantInstanceType`` of botocore 1.44.5, with the sizes
    that EC2 states, as collected in moto 5.2.5 (``ec2/resources/instance_types.json.gz``).
    """
    found = _table("machines.json")
    return {
        name: Machine(
            gpu=row["gpu"],
            gpus=row["gpus"],
            vcpus=row["vcpus"],
            memory_mib=row["memory_mib"],
            local_gb=row["local_gb"],
        )
        for name, row in found.items()
    }


def _table(name: str) -> Mapping[str, Any]:
    """Return a table that is shipped with the target; the callers say what is in it."""
    text = files("inferc.targets.sagemaker").joinpath(name).read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table
