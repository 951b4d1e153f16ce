"""What no schema catches: whether the emitted objects can work together as planned."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic
from inferc.targets.base import Options
from inferc.targets.kubernetes.checks import planned
from inferc.targets.kubernetes.checks.cluster import check_cluster
from inferc.targets.kubernetes.checks.edge import check_edge
from inferc.targets.kubernetes.checks.images import check_images
from inferc.targets.kubernetes.checks.names import Finding, check_names
from inferc.targets.kubernetes.checks.references import check_references
from inferc.targets.kubernetes.checks.scaling import WORKLOADS, check_scaling
from inferc.targets.kubernetes.checks.security import check_security
from inferc.targets.kubernetes.diagnostics import inconsistent
from inferc.targets.kubernetes.objects import Layout, Manifest, layout_of
from inferc.targets.kubernetes.objects.deployed import deployed_name
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.network_serving import NetworkServing
from inferc.targets.kubernetes.objects.prerequisites import secrets
from inferc.targets.kubernetes.objects.releases import release_of

Check: TypeAlias = Callable[[Sequence[Manifest], Layout], Iterator[Finding]]

SLUGS = {
    "INF648": "edge-leads-nowhere",
    "INF690": "invalid-object-name",
    "INF691": "dangling-reference",
    "INF692": "wrong-accelerators",
    "INF693": "memory-volume-too-large",
    "INF694": "too-little-time",
    "INF695": "wrong-volume",
    "INF696": "contradicting-scalers",
    "INF697": "not-restricted",
    "INF698": "missing-workload",
}

__all__ = ["SLUGS", "check"]


def _references(manifests: Sequence[Manifest], layout: Layout) -> Iterator[Finding]:
    declared = tuple(secret.name for secret in secrets(layout.deployed))
    volume = layout.choices.model_volume
    return check_references(manifests, declared, (volume,) if volume else ())


def _pools(manifests: Sequence[Manifest], layout: Layout) -> Iterator[Finding]:
    del manifests
    return planned.check_pools(layout.topology.services)


def _workloads(code: str) -> Check:
    """Return the rule that each service has a workload, and that it is the planned one."""

    def found(manifests: Sequence[Manifest], layout: Layout) -> Iterator[Finding]:
        for plan in layout.topology.services:
            yield from (one for known, one in _service(manifests, plan) if known == code)
        for serving in layout.networks:
            yield from (one for known, one in _network(manifests, serving) if known == code)

    return found


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("INF690", lambda manifests, _: check_names(manifests)),
    ("INF691", _references),
    ("INF691", check_cluster),
    ("INF691", check_images),
    ("INF697", lambda manifests, _: check_security(manifests)),
    ("INF696", lambda manifests, _: check_scaling(manifests)),
    ("INF648", check_edge),
    ("INF692", _pools),
    *((code, _workloads(code)) for code in ("INF692", "INF693", "INF694", "INF695", "INF698")),
)
"""Every rule with the code that it reports under. A feature adds its own."""


def check(
    manifests: Sequence[Manifest], topology: Topology, options: Options
) -> tuple[Diagnostic, ...]:
    """Return why ``manifests`` would not run ``topology`` as planned; nothing where they do."""
    layout = layout_of(topology, options)
    return tuple(
        inconsistent(code=code, slug=SLUGS[code], where=where, message=message)
        for code, rule in CHECKS
        for where, message in rule(manifests, layout)
    )


def _network(
    manifests: Sequence[Manifest], serving: NetworkServing
) -> Iterator[tuple[str, Finding]]:
    workloads = _workloads_of(manifests, serving.name)
    if len(workloads) != 1:
        yield "INF698", (f"Deployment/{serving.name}", "the service has not one workload")
    for workload in workloads:
        resource = serving.gpu_resource
        yield from _coded("INF692", planned.check_part(workload, resource))
        yield from _coded("INF693", planned.check_memory(workload))
        yield from _coded("INF694", planned.check_network_times(workload, serving.plan))


def _workloads_of(manifests: Sequence[Manifest], name: str) -> list[Manifest]:
    return [
        one
        for one in manifests
        if one.kind in WORKLOADS
        and one.labels.get("app.kubernetes.io/name") == name
        and one.labels.get("app.kubernetes.io/component") == "engine"
    ]


def _service(manifests: Sequence[Manifest], plan: ServicePlan) -> Iterator[tuple[str, Finding]]:
    name = dns_label(deployed_name(plan.service))
    workloads = _workloads_of(manifests, name)
    if not workloads:
        yield "INF698", (f"Deployment/{name}", "the service has no workload")
    if len(workloads) > 1:
        yield "INF698", (workloads[1].id, "the service has a workload already")
    engine = plan.engine
    release = None if engine is None else release_of(engine)
    drains = release is not None and bool(release.drain_flag)
    for workload in workloads:
        yield from _coded("INF692", planned.check_accelerators(workload, plan, manifests))
        yield from _coded("INF693", planned.check_memory(workload))
        yield from _coded("INF694", planned.check_times(workload, plan, drains_itself=drains))
        yield from _coded("INF695", planned.check_storage(manifests, workload, plan))


def _coded(code: str, findings: Iterator[Finding]) -> Iterator[tuple[str, Finding]]:
    return ((code, finding) for finding in findings)
