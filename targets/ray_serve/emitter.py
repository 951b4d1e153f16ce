"""A topology as Ray clusters that serve models, with the objects around them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, Span, has_errors
from inferc.targets.base import Emitted, Options, asked_at
from inferc.targets.diagnostics import cannot_serve
from inferc.targets.kubernetes.objects import Layout, Manifest
from inferc.targets.kubernetes.objects.concerns import CONCERNS
from inferc.targets.kubernetes.objects.releases import release_of
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.spelling import groups_of
from inferc.targets.kubernetes.variants import (
    Inner,
    Prepared,
    cluster_kinds,
    emitted,
    faults,
    preflight_text,
    prepare,
    refuse_gateways,
    surroundings,
)
from inferc.targets.ray_serve import around, cluster
from inferc.targets.ray_serve.diagnostics import (
    engine_of_image,
    image_without_version,
    no_ray_release,
    workers_do_not_suffice,
)
from inferc.targets.ray_serve.options import OPTIONS
from inferc.targets.ray_serve.options import TARGET as NAME
from inferc.targets.ray_serve.readme import readme
from inferc.targets.ray_serve.releases import RELEASES, release_with

RUNS = "vllm"
"""The engine that Ray Serve LLM has."""


class RayServeTarget:
    """RayService objects in a kustomize tree."""

    name: str = NAME

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        prepared = prepare(self.name, topology, options, OPTIONS)
        layout = prepared.layout
        if layout is None:
            return prepared.refused()
        found = (*refuse_gateways(self.name, layout), *_refusals(layout, prepared.own))
        if has_errors(found):
            return prepared.refused(found)
        prepared = replace(prepared, diagnostics=(*prepared.diagnostics, *found))
        made = list(_services(layout, prepared.own))
        manifests = sorted(
            (*_around(layout, prepared), *(one for one, _ in made)),
            key=lambda one: CONCERNS.index(one.concern),
        )
        wrong = (*faults(manifests, [pod for _, pods in made for pod in pods]), *_bounds(layout))
        if has_errors(wrong):
            return prepared.refused(wrong)
        operator = prepared.own["operator_namespace"]
        needs = [
            ("KubeRay", "kubectl get crd rayservices.ray.io"),
            (f"'namespace {operator}'", f"kubectl get namespace {operator}"),
        ]
        texts = {
            "README.md": readme(layout, operator, shared=cluster_kinds(layout, prepared.rest)),
            "preflight.sh": preflight_text(layout, needs, without=("KEDA",)),
        }
        return emitted(prepared, layout, manifests, texts, without=("monitoring/",))


def _refusals(layout: Layout, own: Mapping[str, str]) -> Iterator[Diagnostic]:
    span = asked_at(layout.topology, NAME)
    missing = tuple(name for name in ("ray_image", "ray_version") if not own[name])
    if len(missing) == 1:
        yield image_without_version(missing=missing[0], span=span)
    for serving in layout.servings:
        if serving.engine.name != RUNS:
            yield _refused(serving, f"Ray Serve LLM runs vLLM, and not {serving.engine.title}")
        elif groups_of(serving) > 1:
            yield _refused(serving, "Ray Serve LLM divides replicas into groups in its own way")
        elif missing:
            yield from _image(serving, span)


def _refused(serving: Serving, reason: str) -> Diagnostic:
    return cannot_serve(
        target=NAME,
        service=serving.plan.service.name,
        reason=reason,
        notes=(),
        step="emit another target, or pin what Ray Serve can run",
        span=serving.plan.service.span,
    )


def _image(serving: Serving, span: Span | None) -> Iterator[Diagnostic]:
    release = release_with(serving.engine.version)
    name = serving.plan.service.name
    if release is None:
        yield no_ray_release(
            service=name,
            engine=serving.engine.title,
            version=serving.engine.version,
            known=tuple(one.vllm for one in RELEASES),
            span=span or serving.engine.span,
        )
    else:
        yield engine_of_image(
            service=name,
            planned=serving.engine.version,
            image=release.image,
            brings=release.vllm,
            span=span,
        )


def _services(
    layout: Layout, own: Mapping[str, str]
) -> Iterator[tuple[Manifest, tuple[Inner, Inner]]]:
    for serving in layout.servings:
        release, ray = release_of(serving.engine), release_with(serving.engine.version)
        image = own["ray_image"] or ("" if ray is None else ray.image)
        version = own["ray_version"] or ("" if ray is None else ray.version)
        if release is not None:
            yield cluster.service(serving, release, image=image, version=version)


def _around(layout: Layout, prepared: Prepared) -> Iterator[Manifest]:
    for one in surroundings(layout, prepared.rest):
        found = around.adapted(one)
        if found is not None:
            yield found
    for serving in layout.servings:
        yield from around.fences(serving, prepared.own["operator_namespace"])


def _bounds(layout: Layout) -> Iterator[Diagnostic]:
    """Yield what would keep Serve waiting for workers that never come."""
    for serving in layout.servings:
        replicas = serving.max_replicas if serving.scaler else serving.replicas
        need = replicas * serving.replica_gpus
        have = cluster.workers(serving)[1] * serving.gpus
        if have < need:
            yield workers_do_not_suffice(
                service=serving.plan.service.name, replicas=replicas, need=need, have=have
            )


TARGET = RayServeTarget()
