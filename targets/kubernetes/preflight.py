"""A script that says what a cluster lacks, and changes nothing."""

import shlex
from collections.abc import Iterator, Sequence

from inferc.targets.kubernetes.gateway_notes import gateway_needs
from inferc.targets.kubernetes.objects.claims import DEVICE_CLASS
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.network_serving import NetworkServing
from inferc.targets.kubernetes.objects.nodes import node_labels
from inferc.targets.kubernetes.objects.prerequisites import SEVERAL, secrets
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.render import render


def preflight(
    servings: Sequence[Serving], *, header: str, networks: Sequence[NetworkServing] = ()
) -> str:
    """Return the script; ``header`` are the comments that every file begins with."""
    needs = tuple(dict.fromkeys((*_needs(servings, networks), *_files(networks))))
    return render("kubernetes/preflight.sh", {"header": header, "needs": needs})


def _files(networks: Sequence[NetworkServing]) -> Iterator[tuple[str, str]]:
    """Yield the volume with the files of networks."""
    for one in networks:
        volume = one.choices.model_volume
        command = f"kubectl -n {shlex.quote(one.namespace)} get pvc {shlex.quote(volume)}"
        yield f"volume {volume}", command


def _needs(
    servings: Sequence[Serving], networks: Sequence[NetworkServing]
) -> Iterator[tuple[str, str]]:
    """Yield what must be there, and the command that succeeds if it is."""
    everyone: tuple[Deployed, ...] = (*servings, *networks)
    yield "Prometheus operator", "kubectl get crd podmonitors.monitoring.coreos.com"
    for serving in everyone:
        yield from _scaler(serving)
        yield from _controller(serving)
        yield from _queue(serving)
        if isinstance(serving, Serving):
            yield from _storage(serving)
        yield from _hardware(serving)
        yield from _priority(serving)
        yield from _neighbours(serving)
    yield from gateway_needs(everyone)
    for secret in secrets(everyone):
        if not secret.optional:
            place = f"-n {shlex.quote(secret.namespace or everyone[0].namespace)}"
            command = f"kubectl {place} get secret {shlex.quote(secret.name)}"
            yield f"Secret {secret.name}", command


def _controller(serving: Deployed) -> Iterator[tuple[str, str]]:
    """Yield the controller of workloads that Kubernetes itself does not know."""
    if serving.workload_kind != "Deployment":
        yield "LeaderWorkerSet", "kubectl get crd leaderworkersets.leaderworkerset.x-k8s.io"
    if serving.workload_kind == "DisaggregatedSet":
        yield "DisaggregatedSet", "kubectl get crd disaggregatedsets.disaggregatedset.x-k8s.io"


def _queue(serving: Deployed) -> Iterator[tuple[str, str]]:
    if serving.choices.queue:
        yield "Kueue", "kubectl get crd clusterqueues.kueue.x-k8s.io"


def _scaler(serving: Deployed) -> Iterator[tuple[str, str]]:
    if serving.scaler == "keda":
        yield "KEDA", "kubectl get crd scaledobjects.keda.sh"
    if serving.scaler == "hpa":
        yield "custom metrics", "kubectl get --raw /apis/custom.metrics.k8s.io/v1beta1"


def _storage(serving: Serving) -> Iterator[tuple[str, str]]:
    name = serving.settings["storage_class"]
    if name:
        yield f"storage class {name}", f"kubectl get storageclass {shlex.quote(name)}"
    else:
        yield "a default storage class", "default_class"
    if serving.access_mode == SEVERAL:
        what = f"that storage class is for several nodes at a time ({SEVERAL})"
        yield what, f"many_nodes {shlex.quote(name)}" if name else "many_nodes"


def _hardware(serving: Deployed) -> Iterator[tuple[str, str]]:
    if serving.claims:
        yield f"device class {DEVICE_CLASS}", f"kubectl get deviceclass {DEVICE_CLASS}"
        return
    resource = serving.gpu_resource
    escaped = resource.replace(".", "\\.")
    yield f"nodes that offer {resource}", f"offers {shlex.quote(escaped)}"
    labels = node_labels(serving.place)
    if labels:
        label = ",".join(f"{name}={value}" for name, value in labels.items())
        count = serving.nodes_alike
        yield f"{count} nodes labelled {label}", f"nodes {count} {shlex.quote(label)}"


def _priority(serving: Deployed) -> Iterator[tuple[str, str]]:
    name = serving.priority_class
    if name:
        yield f"PriorityClass {name}", f"kubectl get priorityclass {shlex.quote(name)}"


def _neighbours(serving: Deployed) -> Iterator[tuple[str, str]]:
    for name in (serving.settings["gateway_namespace"], serving.choices.monitoring_namespace):
        yield f"namespace {name}", f"kubectl get namespace {shlex.quote(name)}"
