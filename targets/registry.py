"""Which targets there are. Each is imported when it is asked for, and not before."""

from collections.abc import Mapping
from typing import Final

from inferc.dsl import Diagnostic, Span
from inferc.targets.base import Target, spelled
from inferc.targets.diagnostics import unknown_target

SUMMARIES: Final[Mapping[str, str]] = {
    "kubernetes": "manifests as a kustomize tree",
    "helm": "a Helm chart of its own that installs the same objects",
    "vllm-stack": "values for the Helm chart of the vLLM production stack",
    "llm-d": "values for the Helm charts of llm-d, with what the engines need around them",
    "kserve": "LLMInferenceService or InferenceService objects of KServe, with what they need",
    "ray-serve": "RayService objects of KubeRay: Ray Serve on a cluster for each service",
    "pulumi": "a Python program for Pulumi that creates the same objects",
    "sagemaker": "endpoints of Amazon SageMaker, as a Pulumi program and for CloudFormation",
    "on-prem": "one box (Docker Compose, Podman), or a cluster without the internet",
    "compose": "one box with Docker Compose, whatever the file says of a cluster",
    "diagram": "pictures: the way of requests, placement, deployment, cost; SVG, draw.io and more",
    "design-doc": "the design in words: decisions, what to avoid, capacity, metrics to watch",
}
"""Every target, with what it writes."""

WHERE: Final[Mapping[str, str]] = {
    "kubernetes": "kubernetes.emitter:TARGET",
    "helm": "helm.emitter:TARGET",
    "vllm-stack": "vllm_stack.emitter:TARGET",
    "llm-d": "llm_d.emitter:TARGET",
    "kserve": "kserve.emitter:TARGET",
    "ray-serve": "ray_serve.emitter:TARGET",
    "pulumi": "pulumi.emitter:TARGET",
    "sagemaker": "sagemaker.emitter:TARGET",
    "on-prem": "on_prem:TARGET",
    "compose": "on_prem:COMPOSE_TARGET",
    "diagram": "diagram:TARGET",
    "design-doc": "design_doc:TARGET",
}
"""The module that has each target, and what it calls it."""


def names() -> tuple[str, ...]:
    """Return the names of all targets."""
    return tuple(SUMMARIES)


def load(name: str) -> Target:
    """Return the target called ``name``; it must be one of :func:`names`."""
    from importlib import import_module

    module, _, value = WHERE[name].partition(":")
    target: Target = getattr(import_module(f"inferc.targets.{module}"), value)
    return target


def find(name: str, span: Span | None = None) -> Target | Diagnostic:
    """Return the target called ``name``, or what to say where there is none."""
    if spelled(name) in SUMMARIES:
        return load(spelled(name))
    return unknown_target(name=name, known=names(), span=span)
