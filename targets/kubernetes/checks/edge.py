"""Requests that come in get somewhere: routes, pools, pickers, certificates, keys."""

from collections.abc import Iterator, Mapping, Sequence

from inferc.targets.base import Data
from inferc.targets.kubernetes.checks.lookup import get, labels, matches, number, pods, rows, text
from inferc.targets.kubernetes.checks.names import Finding
from inferc.targets.kubernetes.objects import Layout, Manifest
from inferc.targets.kubernetes.objects.prerequisites import secrets

ROUTES = ("AIGatewayRoute", "HTTPRoute")
POLICIES = ("BackendTrafficPolicy", "ClientTrafficPolicy", "SecurityPolicy")
MAX_WEIGHT = 1_000_000


def check_edge(manifests: Sequence[Manifest], layout: Layout) -> Iterator[Finding]:
    """Yield what would leave requests outside, or let them in unseen."""
    declared = {
        (secret.namespace or layout.namespace, secret.name) for secret in secrets(layout.deployed)
    }
    for manifest in manifests:
        if manifest.kind == "Gateway":
            yield from _gateway(manifest, manifests, declared)
        if manifest.kind in ROUTES:
            yield from _route(manifest, manifests)
        if manifest.kind == "InferencePool":
            yield from _pool(manifest, manifests)
        if manifest.kind == "InferenceObjective":
            pool = text(manifest.body, "spec", "poolRef", "name")
            yield from _known(manifest, manifests, ("InferencePool", pool))
        if manifest.kind in POLICIES:
            yield from _policy(manifest, manifests, declared)
    yield from _hosts(manifests)


def _gateway(
    manifest: Manifest, manifests: Sequence[Manifest], declared: set[tuple[str, str]]
) -> Iterator[Finding]:
    listeners = rows(manifest.body, "spec", "listeners")
    if not any(
        text(parent, "name") == manifest.name
        for one in manifests
        if one.kind in ROUTES
        for parent in rows(one.body, "spec", "parentRefs")
    ):
        yield manifest.id, "no route is attached to it"
    if len({text(one, "name") for one in listeners}) < len(listeners):
        yield manifest.id, "two listeners have one name"
    issued = any(name.startswith("cert-manager.io/") for name in manifest.annotations)
    for listener in listeners:
        references = rows(listener, "tls", "certificateRefs")
        if text(listener, "protocol") == "HTTPS" and not references:
            yield manifest.id, f"the listener `{text(listener, 'name')}` has no certificate"
        for reference in references:
            place = text(reference, "namespace") or manifest.namespace
            name = text(reference, "name")
            if not issued and (place, name) not in declared:
                yield manifest.id, f"the Secret `{name}` is not among the prerequisites"
            if place != manifest.namespace and not _granted(manifests, manifest, place):
                yield manifest.id, f"nothing lets it use a Secret of the namespace `{place}`"


def _granted(manifests: Sequence[Manifest], gateway: Manifest, place: str) -> bool:
    return any(
        text(source, "namespace") == gateway.namespace
        for one in manifests
        if one.kind == "ReferenceGrant" and one.namespace == place
        for source in rows(one.body, "spec", "from")
    )


def _hosts(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield listeners of which two answer for one host at one port."""
    owners: dict[tuple[str, float], str] = {}
    for manifest in manifests:
        if manifest.kind != "Gateway":
            continue
        for listener in rows(manifest.body, "spec", "listeners"):
            key = (text(listener, "hostname"), number(listener, "port"))
            if owners.setdefault(key, manifest.id) != manifest.id:
                yield manifest.id, f"`{key[0]}` belongs to {owners[key]} already"


def _route(manifest: Manifest, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    hosts = get(manifest.body, "spec", "hostnames")
    wanted = [host for host in hosts if isinstance(host, str)] if isinstance(hosts, list) else []
    for parent in rows(manifest.body, "spec", "parentRefs"):
        space = text(parent, "namespace") or manifest.namespace
        gateway = _find(manifests, "Gateway", space, text(parent, "name"))
        if gateway is None:
            yield manifest.id, f"there is no Gateway `{text(parent, 'name')}`"
            continue
        offered = {text(one, "hostname") for one in rows(gateway.body, "spec", "listeners")}
        for host in wanted:
            if host not in offered:
                yield manifest.id, f"no listener of {gateway.id} answers for `{host}`"
    rules = rows(manifest.body, "spec", "rules")
    if not rules:
        yield manifest.id, "it has no rule"
    for rule in rules:
        yield from _rule(manifest, rule, manifests)


def _rule(
    manifest: Manifest, rule: Mapping[str, Data], manifests: Sequence[Manifest]
) -> Iterator[Finding]:
    backends = rows(rule, "backendRefs")
    if not backends:
        yield manifest.id, "a rule leads to nothing"
    weights = [number(one, "weight") for one in backends if "weight" in one]
    if weights and not 0 < sum(weights) <= MAX_WEIGHT * len(weights):
        yield manifest.id, "the weights of a rule add up to nothing"
    for backend in backends:
        kind = text(backend, "kind") or "Service"
        target = _find(manifests, kind, manifest.namespace, text(backend, "name"))
        if target is None:
            yield manifest.id, f"there is no {kind} `{text(backend, 'name')}`"
        elif kind == "Service":
            ports = {number(port, "port") for port in rows(target.body, "spec", "ports")}
            if number(backend, "port") not in ports:
                yield manifest.id, f"{target.id} has no port {number(backend, 'port'):g}"


def _pool(manifest: Manifest, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    selector = labels(manifest.body, "spec", "selector", "matchLabels")
    chosen = [
        pod
        for one in manifests
        if one.namespace == manifest.namespace
        for pod in pods(one)
        if matches(selector, pod.labels)
    ]
    if not selector or not chosen:
        yield manifest.id, "its selector selects no pod"
    if len({pod.owner.id for pod in chosen}) > 1:
        yield manifest.id, "its selector selects the pods of several workloads"
    for target in rows(manifest.body, "spec", "targetPorts"):
        wanted = number(target, "number")
        for pod in chosen:
            offered = {
                number(port, "containerPort")
                for container in pod.containers
                for port in rows(container, "ports")
            }
            if wanted not in offered:
                yield manifest.id, f"no container of {pod.owner.id} listens at {wanted:g}"
    yield from _picker(manifest, manifests)


def _picker(manifest: Manifest, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    reference = get(manifest.body, "spec", "endpointPickerRef")
    name = text(reference, "name")
    service = _find(manifests, "Service", manifest.namespace, name)
    if service is None:
        yield manifest.id, f"there is no Service `{name}` that picks for it"
        return
    ports = {number(port, "port") for port in rows(service.body, "spec", "ports")}
    if number(reference, "port", "number") not in ports:
        port = number(reference, "port", "number")
        yield manifest.id, f"{service.id} has no port {port:g}"


def _policy(
    manifest: Manifest, manifests: Sequence[Manifest], declared: set[tuple[str, str]]
) -> Iterator[Finding]:
    for target in rows(manifest.body, "spec", "targetRefs"):
        kind, name = text(target, "kind"), text(target, "name")
        # A route by model becomes an HTTPRoute of its own name.
        kinds = ROUTES if kind == "HTTPRoute" else (kind,)
        if not any(_find(manifests, one, manifest.namespace, name) for one in kinds):
            yield manifest.id, f"there is no {kind} `{name}`"
    for reference in rows(manifest.body, "spec", "apiKeyAuth", "credentialRefs"):
        place = text(reference, "namespace") or manifest.namespace
        if (place, text(reference, "name")) not in declared:
            yield (
                manifest.id,
                f"the Secret `{text(reference, 'name')}` is not among the prerequisites",
            )


def _known(
    manifest: Manifest, manifests: Sequence[Manifest], wanted: tuple[str, str]
) -> Iterator[Finding]:
    kind, name = wanted
    if _find(manifests, kind, manifest.namespace, name) is None:
        yield manifest.id, f"there is no {kind} `{name}`"


def _find(manifests: Sequence[Manifest], kind: str, namespace: str, name: str) -> Manifest | None:
    return next(
        (
            one
            for one in manifests
            if (one.kind, one.namespace, one.name) == (kind, namespace, name)
        ),
        None,
    )
