"""What this target cannot do, said before anything is emitted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, Span
from inferc.targets.base import Options, asked_at
from inferc.targets.diagnostics import cannot_serve
from inferc.targets.kubernetes import diagnostics as problems
from inferc.targets.kubernetes.objects import (
    arguments,
    network_refusals,
    scaling,
    spelling,
    watching,
)
from inferc.targets.kubernetes.objects.deployed import Deployed, deployed_name
from inferc.targets.kubernetes.objects.edge import refusals as edge_refusals
from inferc.targets.kubernetes.objects.layout import Layout, layout_of
from inferc.targets.kubernetes.objects.names import DNS_LABEL, dns_label, is_dns_label
from inferc.targets.kubernetes.objects.releases import (
    Release,
    known_releases,
    name_by_image,
    release_of,
    spanning_releases,
)
from inferc.targets.kubernetes.objects.serving import Serving, namespace_of, servings
from inferc.targets.kubernetes.objects.settings import TARGET, Choices, read_options
from inferc.targets.kubernetes.objects.ways import ways_of
from inferc.targets.versions import GPU_RESOURCES, SELF_MANAGED

if TYPE_CHECKING:
    from inferc.compiler.plan import ServicePlan
    from inferc.compiler.plan.networks import NetworkPlan

DRA_VENDOR = "nvidia"
"""Whose device class the claims name."""
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
REVISION = re.compile(r"([A-Za-z0-9][\w./-]*)?", re.ASCII)
"""Neither may begin with ``-``: the downloader would take it for an option."""
PINNED = re.compile(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]+$", re.ASCII)
"""The end of an image's name that says which one it is."""

LAST_PORT = 65535
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?", re.ASCII)
LABEL_RULE = "at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at either end"
SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
TEXTS = {
    "gateway_class": (SUBDOMAIN, "the name of a GatewayClass"),
    "gateway_namespace": (DNS_LABEL, "the name of a namespace"),
    "image_pull_secret": (SUBDOMAIN, "the name of a secret"),
    "image_registry": (
        re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)*/?", re.ASCII),
        "a host, with a port and a path where it has them: `mirror.example:5000/hub`",
    ),
    "issuer": (SUBDOMAIN, "the name of an issuer"),
    "prometheus": (re.compile(r"https?://[^\s/]+(/\S*)?"), "an address: `http://host:9090`"),
    "release_label": (LABEL_VALUE, LABEL_RULE),
    "storage_class": (SUBDOMAIN, "the name of a storage class"),
}
"""What the settings of a cluster may be."""


def refuse(
    topology: Topology, options: Options, target: str = TARGET, *, known: Sequence[str] = ()
) -> tuple[Diagnostic, ...]:
    """Return why ``topology`` cannot be emitted so, and warnings; no error where it can.

    ``options`` are those of ``target``, which may be another one that makes the same objects, and
    ``known`` the names of all options that it has, where it has others.
    """
    span = asked_at(topology, target)
    choices, found = read_options(options, span, target=target, known=known)
    layout = layout_of(topology, options)
    doors = edge_refusals.refused(layout) if topology.gateways else ()
    shared = (
        *_allocation(layout, span),
        *_whole(topology, choices, span),
        *_services(topology, choices),
        *_networks(layout),
        *doors,
    )
    return (*found, *_said_by(target, shared))


def _said_by(target: str, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return what the shared Kubernetes objects refuse as said by ``target``, which was asked."""
    theirs, ours = "`kubernetes`", f"`{target}`"
    return tuple(
        replace(item, message=item.message.replace(theirs, ours)) if item.code == "INF601" else item
        for item in found
    )


def _allocation(layout: Layout, span: Span | None) -> Iterator[Diagnostic]:
    """Yield what cannot be had together with claims of accelerators."""
    if not layout.choices.dra:
        return
    others = sorted({one.place.accelerator.vendor for one in layout.deployed} - {DRA_VENDOR})
    for unlike, what in (
        (bool(layout.networks), "networks, which may have parts of accelerators"),
        (bool(layout.choices.queue), "`queue`, whose quotas count resources"),
        (bool(others), f"accelerators of {' and '.join(others)}"),
    ):
        if unlike:
            yield problems.not_claimed(what=what, span=span)


def _whole(topology: Topology, choices: Choices, emission: Span | None) -> Iterator[Diagnostic]:
    """Yield what is wrong with the topology as a whole; ``emission`` is where its options stand."""
    found = [plan.service.place.cluster for plan in topology.planned]
    clusters = {cluster.name: cluster for cluster in found if cluster is not None}
    name = namespace_of(topology, choices)
    if not is_dns_label(name):
        stated = (one.span for one in clusters.values() if one.namespace)
        span = emission if choices.namespace else next(stated, None)
        yield problems.bad_namespace(namespace=name, proposed=dns_label(name), span=span)
    if len(clusters) > 1:
        yield problems.several_clusters(clusters=tuple(sorted(clusters)))
    yield from _names(topology)


def _names(topology: Topology) -> Iterator[Diagnostic]:
    """Yield the services whose stated name no object can have, or another service has already."""
    taken: dict[str, str] = {}
    for service in (plan.service for plan in topology.planned):
        name = deployed_name(service)
        label = dns_label(name)
        first = taken.setdefault(label, service.name)
        expected = ""
        if service.deployed_name and label != name:
            expected = f"a DNS label, such as `{label}`"
        elif first != service.name:
            expected = f"another one than service `{first}` has"
        if expected:
            field = f"name of service {service.name}"
            yield problems.bad_value(field=field, value=name, expected=expected, span=service.span)


def _services(topology: Topology, choices: Choices) -> Iterator[Diagnostic]:
    by_name = {part.plan.service.name: part for part in servings(topology, choices)}
    for plan in topology.services:
        nowhere = _no_cluster(plan)
        if nowhere is not None:
            yield nowhere
        elif plan.service.name in by_name:
            yield from _service(by_name[plan.service.name])
        else:
            yield _refused(plan, f"its engine `{plan.configuration.engine}` is not known", ())


def _networks(layout: Layout) -> Iterator[Diagnostic]:
    by_name = {part.plan.service.name: part for part in layout.networks}
    for plan in layout.topology.networks:
        nowhere = _no_cluster(plan)
        if nowhere is not None:
            yield nowhere
        elif plan.service.name in by_name:
            yield from network_refusals.refused(by_name[plan.service.name])
            yield from _values(by_name[plan.service.name])
        else:
            yield _refused(plan, f"its engine `{plan.configuration.engine}` is not known", ())


def _no_cluster(plan: "ServicePlan | NetworkPlan") -> Diagnostic | None:
    """Return why the service's hardware takes no Kubernetes objects."""
    place = plan.service.place
    hardware = place.accelerator
    if place.platform is not None:
        reason = f"`{place.path}` is on {place.platform.title}, which this target does not speak to"
        return _refused(plan, reason, _where(plan))
    if place.cluster is None:
        return _refused(plan, f"`{place.path}` is a device outside any cluster", _where(plan))
    if place.cluster.platform not in SELF_MANAGED:
        reason = f"the platform of `{place.cluster.name}` is `{place.cluster.platform}`"
        return _refused(plan, reason, (f"platforms: {', '.join(SELF_MANAGED)}",))
    if hardware.kind != "gpu" or hardware.vendor not in GPU_RESOURCES:
        return _refused(plan, f"no device plugin offers {hardware.title}", _where(plan))
    return None


def _where(plan: "ServicePlan | NetworkPlan") -> tuple[str, ...]:
    return (f"`{plan.service.place.path}` is {plan.service.place.accelerator.title}",)


def _refused(plan: "ServicePlan | NetworkPlan", reason: str, notes: tuple[str, ...]) -> Diagnostic:
    return cannot_serve(
        target=TARGET,
        service=plan.service.name,
        reason=reason,
        notes=notes,
        step="place the service on a pool of GPUs in a `cluster` with `platform = kubernetes`, or "
        "emit another target",
        span=plan.service.place.span,
    )


def _service(serving: Serving) -> Iterator[Diagnostic]:
    yield from _shape(serving)
    yield from _network(serving)
    if serving.plan.cold is not None and serving.plan.cold.sleeps:
        service = serving.plan.service
        yield problems.stays_awake(service=service.name, span=service.span)
    yield from _handed_over(serving)
    yield from _values(serving)
    yield from _engine(serving)
    yield from weights(serving)
    yield from _volume(serving)
    yield from watching.not_watched(serving)


def _shape(serving: Serving) -> Iterator[Diagnostic]:
    """Yield why a replica on several nodes cannot be started, or not as it was planned."""
    if serving.profile and serving.replica_gpus > 1:
        reason = (
            f"a replica takes {serving.replica_gpus} parts of accelerators, which no link joins"
        )
        yield _refused(serving.plan, reason, _where(serving.plan))
    if not serving.is_group:
        return
    engine, release = serving.engine, release_of(serving.engine)
    if release is not None and release.group is None:
        yield problems.replica_exceeds_node(
            service=serving.plan.service.name,
            engine=f"{engine.title} {engine.version}",
            shape=(serving.shape.tensor_parallel, serving.shape.pipeline_parallel),
            per_node=serving.place.per_node,
            able=spanning_releases(engine),
            span=serving.place.span,
        )


def _handed_over(serving: Serving) -> Iterator[Diagnostic]:
    """Yield that nobody would say which replica computes a prompt."""
    release = release_of(serving.engine)
    if not serving.is_split or release is None or not release.splits:
        return
    ways = ways_of(serving.topology, (serving,))
    if not ways or not all(way.is_picked for way in ways):
        yield problems.no_handover(
            service=serving.plan.service.name, span=serving.plan.service.span
        )


def _network(serving: Serving) -> Iterator[Diagnostic]:
    """Yield that pods of the level ``restricted`` cannot use the network that was planned with."""
    if serving.needs_rdma and not serving.rdma:
        yield problems.no_rdma(
            service=serving.plan.service.name,
            network=serving.place.network.title,
            nodes=serving.pods_per_replica,
            span=serving.place.span,
        )


def _values(serving: Deployed) -> Iterator[Diagnostic]:
    """Yield texts of the user that no object can hold where they would go."""
    cluster, hardware, engine = serving.place.cluster, serving.place.accelerator, serving.engine
    for name, (pattern, expected) in TEXTS.items():
        value = serving.settings[name]
        if value and not pattern.fullmatch(value):
            stated = None if cluster is None else cluster.settings.get(name)
            span = None if stated is None else stated.span
            yield problems.bad_value(field=name, value=value, expected=expected, span=span)
    texts = (
        ("product_label", hardware.product_label, hardware.span),
        ("type", serving.place.instance_type, serving.place.span),
    )
    for name, value, span in texts:
        if not LABEL_VALUE.fullmatch(value):
            yield problems.bad_value(field=name, value=value, expected=LABEL_RULE, span=span)
    if not 0 < engine.port <= LAST_PORT:
        yield problems.bad_value(
            field="port",
            value=str(engine.port),
            expected=f"between 1 and {LAST_PORT}",
            span=engine.span,
        )
    for name, path in (("health_path", engine.health_path), ("ready_path", engine.ready_path)):
        if not path.startswith("/"):
            yield problems.bad_value(
                field=name, value=path, expected="a path: `/health`", span=engine.span
            )


def _engine(serving: Serving) -> Iterator[Diagnostic]:
    engine, name = serving.engine, serving.plan.service.name
    release = release_of(engine)
    if release is None:
        known = known_releases(engine)
        yield problems.unknown_release(
            service=name,
            engine=engine.title,
            version=engine.version,
            known=known,
            called="" if known else name_by_image(engine),
            span=engine.span,
        )
        return
    for item in spelling.unspelled(serving):
        yield problems.no_flag_for_decision(
            service=name,
            engine=engine.title,
            field=item.field,
            value=item.value,
            why=item.why,
            span=next(
                (one.span for one in serving.plan.service.decisions if one.field == item.field),
                serving.plan.service.span,
            ),
        )
    yield from _image(serving, release)
    for flag, _ in arguments.flags(serving, release):
        if flag not in release.flags:
            import difflib

            close = difflib.get_close_matches(flag, sorted(release.flags), n=1)
            yield problems.unknown_flag(
                service=name,
                engine=engine.title,
                version=engine.version,
                flag=flag,
                nearest="".join(close),
                span=engine.span,
            )
    if serving.scaler and not scaling.series(serving):
        yield problems.no_scaling_metric(
            service=name,
            engine=engine.title,
            signal=serving.plan.autoscale.signal,
            known=tuple(sorted(engine.metrics)),
            span=engine.span,
        )


def _image(serving: Serving, release: Release) -> Iterator[Diagnostic]:
    """Yield what is wrong with the image: built for others' accelerators, or any version."""
    engine, hardware = serving.engine, serving.place.accelerator
    vendors = release.image_vendors.get(engine.image.partition(":")[0])
    if vendors is not None and hardware.vendor not in vendors:
        yield _refused(
            serving.plan,
            f"the image of {engine.title} is built for {' and '.join(vendors)} only",
            (f"image: {engine.image}", *_where(serving.plan)),
        )
    if not PINNED.search(engine.image):
        yield problems.image_not_pinned(
            service=serving.plan.service.name, image=engine.image, span=engine.span
        )


def weights(serving: Serving) -> Iterator[Diagnostic]:
    """Yield why the weights cannot be fetched, or are not what was planned."""
    service, model = serving.plan.service, serving.plan.service.model
    if not REPOSITORY.fullmatch(model.repository):
        yield problems.bad_repository(
            service=service.name, repository=model.repository, span=model.span
        )
    elif not REVISION.fullmatch(model.revision):
        yield problems.bad_revision(service=service.name, revision=model.revision, span=model.span)
    elif not model.revision:
        yield problems.revision_not_pinned(
            service=service.name, repository=model.repository, span=model.span
        )
    precision = serving.plan.configuration.precision
    ready = precision in arguments.DTYPES or precision in arguments.QUANTIZED_ON_LOAD
    if not ready and precision not in serving.repository.lower():
        yield problems.quantised_weights_needed(
            service=service.name,
            precision=precision,
            repository=model.repository,
            span=model.span,
        )


def _volume(serving: Serving) -> Iterator[Diagnostic]:
    cluster = serving.place.cluster
    span = None if cluster is None else cluster.span
    if serving.access_mode == "ReadOnlyMany":
        yield problems.volume_not_writable(
            service=serving.plan.service.name, stated=serving.settings["access_mode"], span=span
        )
    elif serving.access_mode == "ReadWriteOnce" and serving.nodes_alike > 1:
        yield problems.volume_not_shared(
            service=serving.plan.service.name,
            stated=serving.settings["access_mode"],
            nodes=serving.nodes_alike,
            span=span,
        )
