"""What no schema catches: whether the emitted objects can work together as planned."""

from collections.abc import Iterator, Sequence

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic
from inferc.targets.base import Options
from inferc.targets.kubernetes.checks import planned
from inferc.targets.kubernetes.checks.names import Finding, check_names
from inferc.targets.kubernetes.checks.references import check_references
from inferc.targets.kubernetes.checks.scaling import check_scaling
from inferc.targets.kubernetes.checks.security import check_security
from inferc.targets.kubernetes.diagnostics import inconsistent
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.prerequisites import secrets
from inferc.targets.kubernetes.objects.releases import release_of
from inferc.targets.kubernetes.objects.serving import deployed_name, servings
from inferc.targets.kubernetes.objects.settings import read_options

SLUGS = {
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


def check(
    manifests: Sequence[Manifest], topology: Topology, options: Options
) -> tuple[Diagnostic, ...]:
    """Return why ``manifests`` would not run ``topology`` as planned; nothing where they do."""
    return tuple(
        inconsistent(code=code, slug=SLUGS[code], where=where, message=message)
        for code, (where, message) in _findings(manifests, topology, options)
    )


def _findings(
    manifests: Sequence[Manifest], topology: Topology, options: Options
) -> Iterator[tuple[str, Finding]]:
    choices, _ = read_options(options)
    parts = servings(topology, choices)
    declared = tuple(secret.name for secret in secrets(parts))
    yield from _coded("INF690", check_names(manifests))
    yield from _coded("INF691", check_references(manifests, declared))
    yield from _coded("INF697", check_security(manifests))
    yield from _coded("INF696", check_scaling(manifests))
    yield from _coded("INF692", planned.check_pools(topology.services))
    for plan in topology.services:
        yield from _service(manifests, plan)


def _service(manifests: Sequence[Manifest], plan: ServicePlan) -> Iterator[tuple[str, Finding]]:
    name = dns_label(deployed_name(plan.service))
    workloads = [one for one in manifests if one.kind == "Deployment" and one.name == name]
    if not workloads:
        yield "INF698", (f"Deployment/{name}", "the service has no workload")
    engine = plan.engine
    release = None if engine is None else release_of(engine)
    drains = release is not None and bool(release.drain_flag)
    for workload in workloads:
        yield from _coded("INF692", planned.check_accelerators(workload, plan))
        yield from _coded("INF693", planned.check_memory(workload))
        yield from _coded("INF694", planned.check_times(workload, plan, drains_itself=drains))
        yield from _coded("INF695", planned.check_storage(manifests, workload, plan))


def _coded(code: str, findings: Iterator[Finding]) -> Iterator[tuple[str, Finding]]:
    return ((code, finding) for finding in findings)
