"""What cannot be run on a single machine, said before anything is written."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, Span
from inferc.targets.diagnostics import cannot_serve
from inferc.targets.kubernetes.objects import arguments, spelling
from inferc.targets.kubernetes.objects.refusals import PINNED, weights
from inferc.targets.kubernetes.objects.releases import release_of
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.on_prem import diagnostics as report
from inferc.targets.on_prem.machines import placements
from inferc.targets.on_prem.options import KUBERNETES, TARGET

PATH: Final = re.compile(r"/[\w./-]*", re.ASCII)
POLICIES: Final = {
    "round_robin": "round_robin",
    "weighted": "round_robin",
    "least_outstanding": "least_conn",
}
"""By routing: how the proxy calls it. Replicas are alike, so that weights are too."""


def refusals(topology: Topology, servings: Sequence[Serving], form: str) -> Iterator[Diagnostic]:
    """Yield why ``topology`` cannot be run by ``form`` on single machines."""
    for network in topology.networks:
        yield _refused(
            network.service.name,
            "it is a network, and a single machine is set up for language models only",
            (),
            network.service.span,
        )
    for gateway in topology.gateways:
        yield report.form_does_not_fit(
            form=form,
            service=gateway.name,
            reason="a gateway needs a cluster; a single machine has one port a service",
            other=KUBERNETES,
            span=gateway.span,
        )
    known = {serving.plan.service.name for serving in servings}
    for plan in topology.services:
        name = plan.service.name
        if name not in known:
            yield _refused(name, f"its engine `{plan.configuration.engine}` is not known", (), None)
    for serving in servings:
        yield from _service(topology, serving, form)


def _service(topology: Topology, serving: Serving, form: str) -> Iterator[Diagnostic]:
    service, place = serving.plan.service, serving.place
    hardware = place.accelerator
    where = (f"`{place.path}` is {hardware.title}",)
    if place.platform is not None or place.cloud:
        yield _refused(
            service.name,
            f"`{place.path}` is not hardware of your own",
            where,
            place.span,
            step="place it on a `device`, or a pool of a `cluster` that is in no cloud, or emit "
            "`kubernetes`",
        )
        return
    if hardware.kind != "gpu" or hardware.vendor != "nvidia":
        yield _refused(
            service.name, "single machines are emitted for NVIDIA's GPUs only", where, place.span
        )
        return
    if place.slices > 1:
        yield report.form_does_not_fit(
            form=form,
            service=service.name,
            reason="it runs on parts of GPUs, which have no numbers before they are made",
            other=KUBERNETES,
            span=place.span,
        )
    yield from _shape(topology, serving, form)
    yield from _engine(serving)
    yield from weights(serving)


def _shape(topology: Topology, serving: Serving, form: str) -> Iterator[Diagnostic]:
    service, shape = serving.plan.service, serving.plan.configuration
    if shape.prefill is not None:
        yield report.form_does_not_fit(
            form=form,
            service=service.name,
            reason="some replicas compute prompts for others",
            other=KUBERNETES,
            span=service.span,
        )
    if shape.routing not in POLICIES:
        yield _refused(service.name, f"the proxy cannot route `{shape.routing}`", (), service.span)
    where = placements(topology)
    for index in range(shape.replicas):
        slots = where.get((service.name, index), ())
        homes = {(slot.place, slot.node) for slot in slots}
        if len(homes) > 1:
            yield report.several_machines(
                service=service.name, machines=len(homes), form=form, span=serving.place.span
            )
            return


def _engine(serving: Serving) -> Iterator[Diagnostic]:
    engine, name = serving.engine, serving.plan.service.name
    release = release_of(engine)
    if release is None:
        version = f"{engine.title} {engine.version}"
        yield _refused(name, f"nobody knows how {version} is started", (), engine.span)
        return
    vendors = release.image_vendors.get(engine.image.partition(":")[0])
    if vendors is not None and serving.place.accelerator.vendor not in vendors:
        yield _refused(name, f"its image is for {' and '.join(vendors)} only", (), engine.span)
    if not PINNED.search(engine.image):
        yield _refused(name, f"its image `{engine.image}` may be any version", (), engine.span)
    for path in (engine.health_path, engine.ready_path):
        if not PATH.fullmatch(path):
            yield _refused(name, f"`{path}` is no path to ask for health at", (), engine.span)
    for item in spelling.unspelled(serving):
        if item.field != "routing":
            reason = f"`{item.field} = {item.value}` cannot be handed to {engine.title}"
            yield _refused(name, reason, (item.why,), serving.plan.service.span)
    for flag, _ in arguments.flags(serving, release):
        if flag not in release.flags:
            reason = f"{engine.title} {engine.version} has no flag `{flag}`"
            yield _refused(name, reason, (), engine.span)


def _refused(
    service: str,
    reason: str,
    notes: tuple[str, ...],
    span: Span | None,
    *,
    step: str = "place it on GPUs that the target can run it on, or compile for another target",
) -> Diagnostic:
    return cannot_serve(
        target=TARGET,
        service=service,
        reason=reason,
        notes=notes,
        step=step,
        span=span,
    )
