"""What this target cannot do, said before anything is emitted."""

import math
from collections.abc import Iterator

from inferc.compiler.plan import ServicePlan
from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import to_unit
from inferc.dsl import Diagnostic, Span
from inferc.targets.base import Options, asked_at
from inferc.targets.diagnostics import cannot_serve
from inferc.targets.kubernetes import diagnostics as shared
from inferc.targets.kubernetes.objects import arguments, spelling
from inferc.targets.kubernetes.objects.refusals import weights
from inferc.targets.kubernetes.objects.serving import Serving, servings
from inferc.targets.kubernetes.objects.settings import Choices as NoChoices
from inferc.targets.sagemaker import diagnostics as problems
from inferc.targets.sagemaker import limits
from inferc.targets.sagemaker.deployment import (
    ASYNCHRONOUS,
    DOWNLOAD_BYTES_PER_S,
    PLATFORMS,
    VARIANT,
    kind_of,
    machine_type,
    region_of,
)
from inferc.targets.sagemaker.environment import environment
from inferc.targets.sagemaker.images import (
    Image,
    image_for,
    known_releases,
    machines,
    regions,
    registry,
)
from inferc.targets.sagemaker.options import TARGET, Choices, read_options

OTHERS = "azure_ml_online, vertex_ai, cloud_run and others: they are planned, nothing is emitted"
PLACE_IT = (
    "place the service in a `serverless` block with `platform = sagemaker_realtime` or "
    "`sagemaker_async`, or emit another target"
)


def refuse(topology: Topology, options: Options) -> tuple[Diagnostic, ...]:
    """Return why ``topology`` cannot be emitted so, and warnings; no error where it can."""
    span = asked_at(topology, TARGET)
    choices, found = read_options(options, span)
    return (
        *found,
        *_gateways(topology),
        *_services(topology, choices, span),
        *_regions(topology, choices, span),
    )


def _gateways(topology: Topology) -> Iterator[Diagnostic]:
    """Yield the services that a gateway leads to: endpoints are called with AWS's own signature."""
    for gateway in topology.gateways:
        for route in gateway.routes:
            yield cannot_serve(
                target=TARGET,
                service=route.service,
                reason=f"the gateway `{gateway.name}` leads to it, and nothing is emitted for that",
                notes=("callers of an endpoint sign their requests with the keys of an AWS role",),
                step="take the `gateway` block out, or put a gateway of your own in front",
                span=route.span,
            )


def _services(topology: Topology, choices: Choices, span: Span | None) -> Iterator[Diagnostic]:
    yield from map(_network, topology.networks)
    by_name = {part.plan.service.name: part for part in servings(topology, NoChoices())}
    taken: dict[str, str] = {}
    for plan in topology.services:
        elsewhere = _elsewhere(plan)
        serving = by_name.get(plan.service.name)
        if elsewhere is not None:
            yield elsewhere
        elif serving is None:
            yield _no_engine(plan)
        else:
            first = taken.setdefault(serving.name, plan.service.name)
            if first != plan.service.name:
                yield shared.bad_value(
                    field=f"name of service {plan.service.name}",
                    value=serving.name,
                    expected=f"another one than service `{first}` has",
                    span=plan.service.span,
                )
            yield from _service(serving, choices, span)


def _network(plan: NetworkPlan) -> Diagnostic:
    """Return why a network is not served: no container of AWS's runs what was planned for it."""
    place, engine = plan.place, plan.engine
    title = plan.configuration.engine if engine is None else f"{engine.title} {engine.version}"
    notes = [f"`{place.path}` is {place.accelerator.title}"]
    platform = place.platform
    if platform is not None and "memory" in platform.limits:
        need, have = plan.weights_bytes, platform.limits["memory"].value
        notes.append(
            f"need: {to_unit(need, 'MiB'):.0f} MiB for weights; "
            f"have: {to_unit(have, 'MiB'):.0f} MiB and no accelerators on {platform.title}"
        )
    return cannot_serve(
        target=TARGET,
        service=plan.service.name,
        reason=f"AWS has no container of {title} for SageMaker",
        notes=tuple(notes),
        step="place it on a pool of a `cluster` and emit `kubernetes`, or leave it out",
        span=place.span,
    )


def _elsewhere(plan: ServicePlan) -> Diagnostic | None:
    """Return why a service is not on SageMaker."""
    place = plan.service.place
    if place.platform is not None and place.platform.id in PLATFORMS:
        return None
    reason = f"`{place.path}` is no place on Amazon SageMaker"
    notes: tuple[str, ...] = ()
    if place.platform is not None:
        reason = f"`{place.path}` is on {place.platform.title}"
        notes = (f"other managed platforms have no target yet: {OTHERS}",)
    return cannot_serve(
        target=TARGET,
        service=plan.service.name,
        reason=reason,
        notes=notes,
        step=PLACE_IT,
        span=place.span,
    )


def _no_engine(plan: ServicePlan) -> Diagnostic:
    return problems.no_container(
        service=plan.service.name,
        engine=plan.configuration.engine,
        version="",
        known=(),
        span=plan.service.span,
    )


def _regions(topology: Topology, choices: Choices, span: Span | None) -> Iterator[Diagnostic]:
    here = [plan for plan in topology.services if _elsewhere(plan) is None]
    for plan in here:
        region = region_of(plan, choices)
        if registry(region) is None:
            yield problems.no_region(
                service=plan.service.name,
                region=region,
                known=regions(),
                span=plan.service.place.span,
            )
    found = sorted({region_of(plan, choices) for plan in here})
    if len(found) > 1:
        yield problems.several_regions(regions=tuple(found), span=span)


def _service(serving: Serving, choices: Choices, span: Span | None) -> Iterator[Diagnostic]:
    yield from _machine(serving)
    yield from _engine(serving)
    yield from weights(serving)
    yield from _answers(serving)
    kind = kind_of(serving.plan)
    if choices.shadow_percent and kind != VARIANT:
        why = "its requests wait in a queue" if kind == ASYNCHRONOUS else _shared(serving)
        yield problems.no_shadow_here(service=serving.plan.service.name, why=why, span=span)


def _shared(serving: Serving) -> str:
    if serving.plan.autoscale.min_replicas < 1:
        return "it sleeps while nobody asks"
    return "several replicas share an instance"


def _machine(serving: Serving) -> Iterator[Diagnostic]:
    plan, place = serving.plan, serving.place
    machine = machines().get(machine_type(plan))
    if machine is None:
        yield problems.no_machine_type(
            service=plan.service.name,
            place=place.path,
            named=place.instance_type,
            near=_near(place.accelerator.title, place.per_node),
            span=place.span,
        )
        return
    if kind_of(plan) == ASYNCHRONOUS and serving.gpus < place.per_node:
        yield problems.instance_half_used(
            service=plan.service.name,
            used=serving.gpus,
            have=place.per_node,
            others=_near(place.accelerator.title, serving.gpus),
            span=place.span,
        )
    times = (
        ("the start of the engine", plan.load_time_s),
        ("the copy of the weights from S3", serving.download_bytes / DOWNLOAD_BYTES_PER_S),
    )
    for what, need_s in times:
        if need_s > limits.START_S[1]:
            yield problems.starts_too_slowly(
                service=plan.service.name,
                what=what,
                need_s=need_s,
                most_s=limits.START_S[1],
                span=place.span,
            )


def _near(title: str, count: int) -> tuple[str, ...]:
    """Return the types with so many accelerators of a title: ``NVIDIA L40S``."""
    words = title.split()
    return tuple(
        name.removeprefix("ml.")
        for name, machine in machines().items()
        if machine.gpus == count and machine.gpu in words
    )


def _engine(serving: Serving) -> Iterator[Diagnostic]:
    engine, service = serving.engine, serving.plan.service
    image = image_for(engine.name, engine.version)
    if image is None:
        yield problems.no_container(
            service=service.name,
            engine=engine.title,
            version=engine.version,
            known=known_releases(engine.name),
            span=engine.span,
        )
        return
    for item in spelling.unspelled(serving):
        if item.field == "routing":
            continue  # an endpoint sends each request to the replica with the fewest under way
        yield shared.no_flag_for_decision(
            service=service.name,
            engine=engine.title,
            field=item.field,
            value=item.value,
            why=item.why,
            span=next(
                (one.span for one in service.decisions if one.field == item.field), service.span
            ),
        )
    for flag, _ in arguments.flags(serving, image.release):
        if flag not in image.release.flags:
            yield shared.unknown_flag(
                service=service.name,
                engine=engine.title,
                version=image.engine_version,
                flag=flag,
                nearest="",
                span=engine.span,
            )
    yield from _variables(serving, image)


def _variables(serving: Serving, image: Image) -> Iterator[Diagnostic]:
    """Yield the settings that no variable of a container can hold.

    The entry point of the images reads its environment by the line.
    """
    found = environment(serving, image)
    for name, value in found:
        size = len(value.encode("utf-8", "surrogatepass"))
        if size > limits.VARIABLE_BYTES or not value.isprintable():
            yield problems.bad_variable(
                service=serving.plan.service.name,
                variable=name,
                size=size,
                most=limits.VARIABLE_BYTES,
                span=serving.plan.service.span,
            )


def _answers(serving: Serving) -> Iterator[Diagnostic]:
    """Yield that answers must be streamed where a whole one is cut off at the peak."""
    plan, platform = serving.plan, serving.place.platform
    limit = None if platform is None else platform.limits.get("longest_response")
    streams = platform is not None and "longest_stream" in platform.limits
    slow_s = max(
        [
            plan.estimate.e2e_s,
            *(one.predicted for one in plan.margins if one.objective.metric == "e2e"),
        ]
    )
    if limit is not None and streams and limit.value < slow_s < math.inf:
        yield problems.must_stream(
            service=plan.service.name,
            predicted_s=slow_s,
            most_s=limit.value,
            span=serving.place.span,
        )
