"""Groups over nodes, replicas of two kinds, networks on parts, claims: each on a real cluster."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from support import (
    cluster_checks,
    cluster_deploy,
    cluster_doubles,
    cluster_plans,
    topologies,
    workloads,
)
from support.cluster import Cluster, Object, node
from support.cluster_checks import Wanted
from support.kubernetes import write_tree

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import cluster_objects

GPU = "nvidia.com/gpu"
PART = "nvidia.com/mig-2g.20gb"
PRODUCT = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}
TAINT = {"key": GPU, "value": "present", "effect": "NoSchedule"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A topology, the options it is emitted with, and what a cluster must have and show."""

    topology: Topology
    options: Mapping[str, str | bool] = field(default_factory=dict[str, str | bool])
    offered: Sequence[Mapping[str, int]]
    """What each node offers."""
    wanted: Sequence[Wanted]


def wanted(name: str, replicas: int, device: str, count: int, pods: int = 1) -> Wanted:
    devices = {device: count} if count else {}
    return Wanted(name=name, replicas=replicas, devices=devices, pods_per_replica=pods)


def parts_of(topology: Topology) -> dict[str, int]:
    """Return what a node offers whose accelerators are cut as those who own it are told."""
    (found,) = (
        one for one in cluster_objects(topology, workloads.NETWORKS) if one.name.endswith("-mig")
    )
    data = found.document()["data"]
    assert isinstance(data, Mapping)
    configs = yaml.safe_load(str(data["config.yaml"]))["mig-configs"]
    offered: dict[str, int] = {}
    for device in next(devices for name, devices in configs.items() if name != "all-disabled"):
        for profile, count in device.get("mig-devices", {GPU: 1}).items():
            name = f"nvidia.com/mig-{profile}" if profile != GPU else GPU
            offered[name] = offered.get(name, 0) + count
    return offered


def of_networks(topology: Topology) -> list[Wanted]:
    from inferc.targets.sharing import resource_name

    return [
        wanted(
            plan.service.name,
            plan.configuration.replicas,
            resource_name(GPU, mode=plan.configuration.share, profile=plan.configuration.profile),
            1,
        )
        for plan in topology.networks
    ]


def cases() -> dict[str, Case]:
    whole = {GPU: 8}
    parts, turns = workloads.networks_in_parts(), workloads.network_in_turns()
    cut = workloads.language_model_in_parts()
    (sharing,) = turns.networks
    turned = {f"{GPU}.shared": 8 * sharing.configuration.sharers}
    return {
        "group": Case(
            topology=topologies.pipelined(),
            offered=[whole] * 2,
            wanted=[wanted("chat", 1, GPU, 8, pods=2)],
        ),
        "split": Case(
            topology=workloads.split(),
            offered=[whole] * 2,
            wanted=[wanted("chat", 3, GPU, 4)],
        ),
        "queue": Case(
            topology=topologies.support_chat(),
            options={"queue": "gpus"},
            offered=[whole],
            wanted=[wanted("chat", 2, GPU, 4)],
        ),
        "claims": Case(
            topology=topologies.support_chat(),
            options={"dra": True},
            offered=[{}],
            wanted=[wanted("chat", 2, GPU, 0)],
        ),
        "parts": Case(
            topology=parts,
            options=workloads.NETWORKS,
            offered=[parts_of(parts)],
            wanted=of_networks(parts),
        ),
        "model": Case(
            topology=cut,
            offered=[parts_of(cut)] * 2,
            wanted=[wanted("chat", cut.services[0].configuration.replicas, PART, 1)],
        ),
        "turns": Case(
            topology=turns,
            options=workloads.NETWORKS,
            offered=[turned],
            wanted=of_networks(turns),
        ),
    }


CASES = ("claims", "group", "model", "parts", "queue", "split", "turns")


@contextmanager
def claimable(cluster: Cluster, names: Sequence[str]) -> Iterator[None]:
    """Have eight devices of the driver's on each node, as it would publish them."""
    device = "device.driver == 'gpu.nvidia.com'"
    known: Object = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceClass",
        "metadata": {"name": "gpu.nvidia.com"},
        "spec": {"selectors": [{"cel": {"expression": device}}]},
    }
    slices: list[Object] = [
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceSlice",
            "metadata": {"name": f"{name}-gpus"},
            "spec": {
                "driver": "gpu.nvidia.com",
                "nodeName": name,
                "pool": {"name": name, "generation": 1, "resourceSliceCount": 1},
                "devices": [{"name": f"gpu-{number}"} for number in range(8)],
            },
        }
        for name in names
    ]
    cluster.apply([known, *slices])
    try:
        yield
    finally:
        for one in slices:
            cluster.kubectl("delete", "resourceslice", one["metadata"]["name"])


def models_claim(namespace: str) -> Object:
    """Return the claim of the volume with files of networks, which somebody fills by hand."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "models", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "10Gi"}},
        },
    }


@pytest.mark.parametrize("name", CASES)
def test_exactly_the_planned_pods_run(cluster: Cluster, name: str, tmp_path: Path) -> None:
    case = cases()[name]
    write_tree(tmp_path, TARGET.emit(case.topology, case.options).artifacts)
    documents = cluster.documents(tmp_path)
    namespace = cluster_deploy.namespace_of(documents)
    nodes = [
        node(f"{name}-{number}", labels=PRODUCT, taints=[TAINT], resources=offered)
        for number, offered in enumerate(case.offered)
    ]
    operator: Object = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "gpu-operator"},
    }
    with ExitStack() as stack:
        cluster.apply([operator])
        stack.enter_context(cluster_deploy.neighbours(cluster, documents))
        names = stack.enter_context(cluster.nodes([*nodes, *cluster_plans.decoys()]))
        if name == "claims":
            stack.enter_context(claimable(cluster, names[: len(nodes)]))
        stack.enter_context(cluster_deploy.owned_by_admins(cluster, tmp_path))
        stack.enter_context(cluster.cleared(namespace))
        cluster.apply(cluster_plans.of_kind(documents, "Namespace"))
        claims = cluster_plans.of_kind(documents, "PersistentVolumeClaim")
        if case.topology.networks:
            claims.append(models_claim(namespace))
            cluster.apply(claims[-1:])
        cluster.add_volumes(claims)
        cluster.apply(tmp_path)
        for item in cluster_plans.of_kind(documents, "ScaledObject"):
            target = item["spec"]["scaleTargetRef"]
            (one,) = (one for one in case.wanted if one.name == item["metadata"]["name"])
            kind = f"{target['kind'].lower()}.{target['apiVersion'].partition('/')[0]}"
            cluster.scale(f"{kind}/{target['name']}", one.replicas, namespace)
        cluster_deploy.wait_for(cluster, namespace, case.wanted)
        assert cluster.diff(tmp_path) == ""
        seen = cluster_checks.look(cluster, namespace)
        assert cluster_checks.problems(seen, case.wanted) == []
        cluster.tally.pods_running += len(seen.serving)


def test_more_parts_than_are_cut_stay_pending(cluster: Cluster, tmp_path: Path) -> None:
    """The sabotage of the above: the check must see a part that no node offers."""
    case = cases()["parts"]
    write_tree(tmp_path, TARGET.emit(case.topology, case.options).artifacts)
    documents = cluster.documents(tmp_path)
    namespace = cluster_deploy.namespace_of(documents)
    fewer = {key: count - 1 for key, count in case.offered[0].items()}
    nodes = [node("parts-0", labels=PRODUCT, taints=[TAINT], resources=fewer)]
    with ExitStack() as stack:
        cluster.apply(
            [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gpu-operator"}}]
        )
        stack.enter_context(cluster_deploy.neighbours(cluster, documents))
        stack.enter_context(cluster.nodes(nodes))
        stack.enter_context(cluster_deploy.owned_by_admins(cluster, tmp_path))
        stack.enter_context(cluster.cleared(namespace))
        cluster.apply(cluster_plans.of_kind(documents, "Namespace"))
        claim = models_claim(namespace)
        cluster.apply([claim])
        cluster.add_volumes([claim])
        cluster.apply(tmp_path)
        cluster_doubles.settle(cluster, namespace)
        with pytest.raises(Exception, match=r"Insufficient nvidia\.com/mig"):
            cluster_deploy.wait_for(cluster, namespace, case.wanted, limit_s=8)
