"""A topology as services of KServe, with the objects around them."""

from collections.abc import Iterator, Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets.base import Data, Emitted, Options
from inferc.targets.diagnostics import cannot_serve
from inferc.targets.kserve import services
from inferc.targets.kserve.diagnostics import text_is_template
from inferc.targets.kserve.options import CUSTOM, OPTIONS
from inferc.targets.kserve.options import TARGET as NAME
from inferc.targets.kserve.readme import readme
from inferc.targets.kubernetes.objects import Layout, Manifest
from inferc.targets.kubernetes.objects.concerns import CONCERNS
from inferc.targets.kubernetes.objects.releases import release_of
from inferc.targets.kubernetes.variants import (
    Inner,
    cluster_kinds,
    emitted,
    faults,
    preflight_text,
    prepare,
    refuse_groups,
    surroundings,
)

STEP = (
    "emit `kubernetes`, which runs such a replica as a LeaderWorkerSet, or pin one that fits a node"
)


OPENS = "{{"
"""What begins an action of a template of Go."""


class KserveTarget:
    """LLMInferenceService or InferenceService objects in a kustomize tree."""

    name: str = NAME

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        prepared = prepare(self.name, topology, options, OPTIONS)
        layout = prepared.layout
        if layout is None:
            return prepared.refused()
        refused = (*refuse_groups(self.name, layout, STEP), *_scalers(layout))
        if refused:
            return prepared.refused(refused)
        made = list(_services(layout, prepared.own["kind"]))
        manifests = sorted(
            (*surroundings(layout, prepared.rest), *(one for one, _ in made)),
            key=lambda one: CONCERNS.index(one.concern),
        )
        templates = tuple(_templates(layout, [one for one, _ in made]))
        if templates:
            return prepared.refused(templates)
        wrong = faults(manifests, [inner for _, inner in made])
        if has_errors(wrong):
            return prepared.refused(wrong)
        kind = made[0][0].kind
        texts = {
            "README.md": readme(layout, kind, cluster=cluster_kinds(layout, prepared.rest)),
            "preflight.sh": preflight_text(layout, [_needed(kind)]),
        }
        return emitted(prepared, layout, manifests, texts)


def _services(layout: Layout, kind: str) -> Iterator[tuple[Manifest, Inner]]:
    make = services.custom if kind == CUSTOM else services.llm
    for serving in layout.servings:
        release = release_of(serving.engine)
        if release is not None:
            yield make(serving, release)


def _templates(layout: Layout, made: Sequence[Manifest]) -> Iterator[Diagnostic]:
    """Yield the texts that KServe would run as templates."""
    for serving, manifest in zip(layout.servings, made, strict=True):
        if manifest.kind != services.LLM_KIND:
            continue
        found = next((text for text in texts_in(manifest.body) if OPENS in text), "")
        if found:
            service = serving.plan.service
            yield text_is_template(service=service.name, text=found, span=service.span)


def texts_in(value: Data) -> Iterator[str]:
    """Yield every text inside ``value``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from texts_in(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from texts_in(item)


def _needed(kind: str) -> tuple[str, str]:
    return "KServe", f"kubectl get crd {kind.lower()}s.serving.kserve.io"


def _scalers(layout: Layout) -> Iterator[Diagnostic]:
    """Yield a refusal of each service that is to be scaled by what KServe cannot be told."""
    for one in layout.servings:
        if one.scaler == "hpa":
            yield cannot_serve(
                target=NAME,
                service=one.plan.service.name,
                reason="KServe scales by Prometheus with KEDA only",
                notes=("scaler = hpa",),
                step='write `scaler = "keda"`, or `scaler = "none"` for a fixed number of replicas',
                span=one.plan.service.span,
            )


TARGET = KserveTarget()
