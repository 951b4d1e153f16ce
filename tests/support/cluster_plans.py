"""What a plan asks of a cluster: the nodes it counts on, and what must then run on them.

All of it follows from the topology and the catalog, never from what a target has written.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from support.cluster import Object, node
from support.cluster_checks import Wanted

from inferc import api
from inferc.compiler.model import Place, Service
from inferc.compiler.plan import Configuration, ServicePlan
from inferc.compiler.plan.networks.values import NetworkPlan
from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic
from inferc.targets import registry
from inferc.targets.base import Options
from inferc.targets.kubernetes.objects.names import dns_label

RESOURCES: Final[Mapping[str, str]] = {"nvidia": "nvidia.com/gpu", "amd": "amd.com/gpu"}
SPOT: Final[Mapping[str, Mapping[str, str]]] = {
    "azure": {"key": "kubernetes.azure.com/scalesetpriority", "value": "spot"},
    "gcp": {"key": "cloud.google.com/gke-spot", "value": "true"},
    "oci": {"key": "oci.oraclecloud.com/oke-is-preemptible", "value": "present"},
}
"""Taints that clouds put on nodes of their spot market."""

KUBELET_CPUS: Final = 0.2
"""Processors of a machine that pods do not get: what the kubelet and the system keep."""
KUBELET_MEMORY: Final = 0.07
"""The same of its memory, as a part of it. Source: reservations of EKS, GKE and AKS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One topology as a target has written it."""

    topology: Topology
    folder: Path
    diagnostics: tuple[Diagnostic, ...]


def write_trees(
    source: Path | str, out: Path, target: str = "kubernetes", options: Options | None = None
) -> tuple[Tree, ...]:
    """Compile ``source`` for ``target`` into ``out``; none where it cannot take the file."""
    order = api.Order(targets=(target,), options={target: options} if options else {})
    made = api.compile(source, out, order)
    if not made.ok:
        return ()
    return tuple(
        Tree(
            topology=topology,
            folder=out / topology.name / target,
            diagnostics=made.diagnostics,
        )
        for topology in made.planned.topologies
    )


def write_tree(
    topology: Topology, out: Path, target: str = "kubernetes", options: Options | None = None
) -> Tree:
    """Write what ``target`` makes of a topology into ``out``."""
    made = registry.load(target).emit(topology, options or {})
    assert made.artifacts, [one.message for one in made.diagnostics]
    for artifact in made.artifacts:
        path = out / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(artifact.content)
        path.chmod(0o755 if artifact.executable else 0o644)
    return Tree(topology=topology, folder=out, diagnostics=made.diagnostics)


def nodes_of(topology: Topology) -> list[Object]:
    """Return the nodes that the plan counts on, as many as there may ever be."""
    places = {plan.service.place.path: plan.service.place for plan in topology.planned}
    return [
        made
        for path, place in sorted(places.items())
        for made in nodes_of_place(place, dns_label(path.replace(".", "-")))
    ]


def nodes_of_place(place: Place, prefix: str) -> list[Object]:
    """Return the nodes of one pool, with the labels and taints that they have in the world."""
    count = max(int(place.nodes.value), place.most_nodes)
    machine = machine_of(place.instance)
    labels = {"inferc.test/pool": prefix, **labels_of(place)}
    vendor = place.accelerator.vendor
    taints = [{"key": RESOURCES[vendor], "value": "present", "effect": "NoSchedule"}]
    if place.market == "spot" and place.cloud in SPOT:
        taints.append({**SPOT[place.cloud], "effect": "NoSchedule"})
    return [
        node(
            f"{prefix}-{number}",
            labels=labels,
            taints=taints,
            resources={RESOURCES[vendor]: place.per_node},
            **machine,
        )
        for number in range(count)
    ]


def decoys() -> list[Object]:
    """Return nodes that no plan means: one without accelerators, and others with wrong ones."""
    return [
        node("decoy-plain", labels={"node.kubernetes.io/instance-type": "m7i.4xlarge"}),
        node(
            "decoy-other-gpu",
            labels={"nvidia.com/gpu.product": "Tesla-T4"},
            taints=[{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
            resources={"nvidia.com/gpu": 8},
        ),
        node("decoy-unlabelled", resources={"nvidia.com/gpu": 8, "amd.com/gpu": 8}),
    ]


def labels_of(place: Place) -> dict[str, str]:
    """Return the labels that the nodes of ``place`` have in the world."""
    labels: dict[str, str] = {}
    if place.accelerator.product_label:
        labels["nvidia.com/gpu.product"] = place.accelerator.product_label
    if place.instance_type:
        labels["node.kubernetes.io/instance-type"] = place.instance_type
    return labels


@cache
def machine_of(instance: str) -> Mapping[str, float]:
    """Return processors and memory of an instance type of the catalog that pods can have."""
    if not instance:
        return {}
    path = files("inferc.stdlib").joinpath("catalog", *instance.split("."))
    text = path.with_name(f"{path.name}.infer").read_text("utf-8")  # type: ignore[attr-defined]
    cpus = _number(r"^\s*vcpus\s*=\s*(\d+)", text)
    memory_gib = _number(r"^\s*memory\s*=\s*(\d+)\s*GiB", text)
    return {"cpus": cpus - KUBELET_CPUS, "memory_gib": memory_gib * (1 - KUBELET_MEMORY)}


def _number(pattern: str, text: str) -> float:
    match = re.search(pattern, text, re.MULTILINE)
    assert match is not None, pattern
    return float(match[1])


def wanted(topology: Topology, *, most: bool = False) -> list[Wanted]:
    """Return what must run: the plan's replicas, or the most that its autoscalers may want."""
    return [
        *(one for plan in topology.services for one in _of_language_model(plan, most=most)),
        *(_of_network(plan, most=most) for plan in topology.networks),
    ]


def _of_language_model(plan: ServicePlan, *, most: bool) -> list[Wanted]:
    """Return the replicas of one service; of disaggregated serving those of both kinds."""
    shape = plan.configuration
    if shape.prefill is None:
        replicas = plan.autoscale.max_replicas if most else shape.replicas
        return [_replicas(plan.service, shape, replicas, "")]
    prompts = shape.prefill
    return [
        _replicas(plan.service, shape, shape.replicas, "engine"),
        _replicas(plan.service, prompts, prompts.replicas, "engine-prefill"),
    ]


def _replicas(service: Service, shape: Configuration, replicas: int, component: str) -> Wanted:
    place = service.place
    gpus = shape.tensor_parallel * shape.pipeline_parallel
    pods = math.ceil(gpus / place.per_node)
    return Wanted(
        name=dns_label(service.deployed_name or service.name),
        replicas=replicas,
        pods_per_replica=pods,
        devices={RESOURCES[place.accelerator.vendor]: gpus // pods},
        component=component,
        node_labels=labels_of(place),
    )


def _of_network(plan: NetworkPlan, *, most: bool) -> Wanted:
    shape, place = plan.configuration, plan.place
    whole = RESOURCES[place.accelerator.vendor]
    resource = {
        "whole": whole,
        "mig": f"nvidia.com/mig-{shape.profile}",
        "time_slice": f"{whole}.shared",
    }[shape.share]
    return Wanted(
        name=dns_label(plan.service.name),
        replicas=plan.autoscale.max_replicas if most else shape.replicas,
        devices={resource: 1},
        node_labels=labels_of(place),
    )


def of_kind(items: Sequence[Object], *kinds: str) -> list[Object]:
    """Return the objects of ``kinds``."""
    return [item for item in items if item["kind"] in kinds]
