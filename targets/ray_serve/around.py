"""The objects around a Ray cluster that differ from those around engines."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest, network
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.variants import pod_labels
from inferc.targets.ray_serve.cluster import METRICS_NAME, PORTS, SERVE_PORT

READY: Final = {"ray.io/serve": "true"}
"""The label of pods whose proxy answers. Source: KubeRay, ``rayservice_controller.go``."""
HEAD: Final = {"ray.io/node-type": "head"}
SCALED_ONLY: Final = frozenset({"PodDisruptionBudget"})
"""Kinds that count the pods of what has a subresource ``scale``, which a RayCluster has not.

Source: Kubernetes, on disruption budgets of arbitrary workloads; KubeRay's own definitions.
"""
FOREIGN_METRICS: Final = frozenset({"rules"})
"""Concerns whose objects name series of the engine: Ray has others, ``ray_vllm_…``."""


def adapted(manifest: Manifest) -> Manifest | None:
    """Return an object of the surroundings as a Ray cluster needs it; None where it needs none."""
    if manifest.concern in FOREIGN_METRICS or manifest.kind in SCALED_ONLY:
        return None
    spec = manifest.body.get("spec")
    if not isinstance(spec, Mapping):
        return manifest
    if manifest.kind == "Service" and "inferc.dev/service" in str(spec.get("selector")):
        selector = spec.get("selector")
        labels = dict(selector) if isinstance(selector, Mapping) else {}
        return replace(manifest, body={"spec": {**spec, "selector": {**labels, **READY}}})
    if manifest.kind == "PodMonitor":
        endpoint: dict[str, Data] = {"port": METRICS_NAME, "path": "/metrics", "interval": "15s"}
        return replace(manifest, body={"spec": {**spec, "podMetricsEndpoints": [endpoint]}})
    return manifest


def fences(serving: Serving, operator_namespace: str) -> Iterator[Manifest]:
    """Yield what the pods of a cluster may do beside answering requests."""
    everyone: dict[str, Data] = {"matchLabels": pod_labels(serving)}
    among: dict[str, Data] = {
        "podSelector": everyone,
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            # Ray's processes, NCCL and the engines choose their ports.
            {"from": [{"podSelector": everyone}]},
            _scrapes(serving),
            _operator(operator_namespace),
        ],
        "egress": [{"to": [{"podSelector": everyone}]}],
    }
    yield network.policy(serving, serving.named("ray"), "engine", among)
    if serving.scaler:
        head: dict[str, Data] = {"matchLabels": {**pod_labels(serving), **HEAD}}
        asks: dict[str, Data] = {
            "podSelector": head,
            "policyTypes": ["Egress"],
            "egress": [
                {"ports": [{"port": port, "protocol": "TCP"} for port in network.API_SERVER_PORTS]}
            ],
        }
        yield network.policy(serving, serving.named("ray-autoscaler"), "engine", asks)


def _scrapes(serving: Serving) -> dict[str, Data]:
    monitoring = network.in_namespace(serving.choices.monitoring_namespace)
    return {"from": [monitoring], "ports": [{"port": METRICS_NAME, "protocol": "TCP"}]}


def _operator(namespace: str) -> dict[str, Data]:
    """Return that the operator may ask the head for the cluster's state, and proxies for theirs."""
    ports: list[Data] = [
        {"port": port, "protocol": "TCP"} for port in (PORTS["dashboard"], SERVE_PORT)
    ]
    return {"from": [network.in_namespace(namespace)], "ports": ports}
