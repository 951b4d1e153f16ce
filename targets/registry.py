"""Which targets there are. Each is imported when it is asked for, and not before."""

from collections.abc import Mapping
from typing import Final

from inferc.dsl import Diagnostic, Span
from inferc.targets.base import Target
from inferc.targets.diagnostics import unknown_target

SUMMARIES: Final[Mapping[str, str]] = {
    "kubernetes": "manifests as a kustomize tree",
    "helm": "a Helm chart of its own that installs the same objects",
    "kserve": "LLMInferenceService or InferenceService objects of KServe, with what they need",
    "ray-serve": "RayService objects of KubeRay: Ray Serve on a cluster for each service",
    "pulumi": "a Python program for Pulumi that creates the same objects",
    "sagemaker": "endpoints of Amazon SageMaker, as a Pulumi program and for CloudFormation",
    "on-prem": "one box (Docker Compose, Podman), or a cluster without the internet",
    "diagram": "pictures of the topology: SVG, DOT, Mermaid",
    "design-doc": "the design in words: decisions, what to avoid, capacity, metrics to watch",
}
"""Every target, with what it writes."""


def names() -> tuple[str, ...]:
    """Return the names of all targets."""
    return tuple(SUMMARIES)


def spelled(name: str) -> str:
    """Return the name of a target as an ``emit`` block says it, where names have no hyphens."""
    return name.replace("_", "-")


def load(name: str) -> Target:
    """Return the target called ``name``; it must be one of :func:`names`."""
    match name:
        case "kubernetes":
            from inferc.targets.kubernetes.emitter import TARGET as KUBERNETES

            return KUBERNETES
        case "helm":
            from inferc.targets.helm.emitter import TARGET as HELM

            return HELM
        case "kserve":
            from inferc.targets.kserve.emitter import TARGET as KSERVE

            return KSERVE
        case "ray-serve":
            from inferc.targets.ray_serve.emitter import TARGET as RAY_SERVE

            return RAY_SERVE
        case "pulumi":
            from inferc.targets.pulumi.emitter import TARGET as PULUMI

            return PULUMI
        case "sagemaker":
            from inferc.targets.sagemaker.emitter import TARGET as SAGEMAKER

            return SAGEMAKER
        case "on-prem":
            from inferc.targets.on_prem import TARGET as ON_PREM

            return ON_PREM
        case "diagram":
            from inferc.targets.diagram import TARGET as DIAGRAM

            return DIAGRAM
        case "design-doc":
            from inferc.targets.design_doc import TARGET as DESIGN_DOC

            return DESIGN_DOC
        case _:
            message = f"no target `{name}`"
            raise KeyError(message)


def find(name: str, span: Span | None = None) -> Target | Diagnostic:
    """Return the target called ``name``, or what to say where there is none."""
    if spelled(name) in SUMMARIES:
        return load(spelled(name))
    return unknown_target(name=name, known=names(), span=span)
