"""Pods go onto the machines that the plan chose, on whatever market those are had."""

from dataclasses import replace

import pytest
from support import designs, topologies
from support.kubernetes import errors, objects, one, pod, with_service

from inferc.compiler.model import Place
from inferc.compiler.topology import NodeKind, Topology
from inferc.targets.kubernetes.objects.nodes import node_labels, spot_taint

PRODUCT = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}
TYPE = "node.kubernetes.io/instance-type"
GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def rented(cloud: str, name: str, market: str = "on_demand") -> Place:
    """Return nodes of a cloud with eight A100 each."""
    return replace(
        designs.a100_node(2.0),
        instance=f"instance.{cloud}.x",
        instance_type=name,
        cloud=cloud,
        market=market,
    )


def on(place: Place) -> Topology:
    return with_service(topologies.support_chat(), place=place)


def test_nodes_of_ones_own_are_found_by_their_accelerator() -> None:
    place = designs.a100_node(2.0)
    assert dict(node_labels(place)) == PRODUCT
    assert pod(on(place))["nodeSelector"] == PRODUCT
    assert pod(on(place))["tolerations"] == [GPU_TAINT]


@pytest.mark.parametrize(
    ("cloud", "name"),
    [
        ("aws", "p4de.24xlarge"),
        ("azure", "Standard_ND96amsr_A100_v4"),
        ("gcp", "a2-ultragpu-8g"),
        ("oci", "BM.GPU.A100-v2.8"),
        ("digitalocean", "gpu-h100x8-640gb"),
    ],
)
def test_machines_of_managed_kubernetes_are_found_by_their_type(cloud: str, name: str) -> None:
    assert pod(on(rented(cloud, name)))["nodeSelector"] == {TYPE: name}


@pytest.mark.parametrize("cloud", ["lambda", "runpod", ""])
def test_other_machines_have_no_label_of_their_type(cloud: str) -> None:
    assert pod(on(rented(cloud, "gpu_8x_a100")))["nodeSelector"] == PRODUCT


def test_the_job_that_fetches_weights_goes_where_the_pods_go() -> None:
    job = one(objects(on(rented("aws", "p4de.24xlarge"))), "Job")
    spec = job["spec"]["template"]["spec"]
    assert spec["nodeSelector"] == {TYPE: "p4de.24xlarge"}


@pytest.mark.parametrize(
    ("cloud", "taint"),
    [
        ("aws", None),
        ("azure", ("kubernetes.azure.com/scalesetpriority", "spot")),
        ("gcp", ("cloud.google.com/gke-spot", "true")),
        ("oci", ("oci.oraclecloud.com/oke-is-preemptible", "present")),
    ],
)
def test_the_taint_of_a_spot_market_is_tolerated_on_that_market_alone(
    cloud: str, taint: tuple[str, str] | None
) -> None:
    spot = rented(cloud, "x", "spot")
    assert spot_taint(spot) == taint
    assert spot_taint(replace(spot, market="on_demand")) is None
    expected = [GPU_TAINT]
    if taint is not None:
        key, value = taint
        expected.append({"key": key, "operator": "Equal", "value": value, "effect": "NoSchedule"})
    assert pod(on(spot))["tolerations"] == expected
    assert pod(on(rented(cloud, "x")))["tolerations"] == [GPU_TAINT]


def test_a_type_that_no_label_can_hold_is_refused() -> None:
    assert errors(on(rented("aws", "p4de 24xlarge!")), {}) == ["INF616"]
    assert errors(on(rented("aws", "p4de.24xlarge")), {}) == []


def test_the_hosts_of_a_topology_say_how_they_are_had() -> None:
    place = rented("aws", "p4de.24xlarge", "spot")
    base = designs.support_chat()
    (service,) = base.services
    found = topologies.topology_of(
        replace(base, services=(replace(service, place=place),)), topologies.configuration()
    )
    hosts = [node for node in found.nodes if node.kind is NodeKind.HOST]
    assert len(hosts) == 2
    for host in hosts:
        said = {key: host.attributes[key] for key in ("cloud", "instance", "market")}
        assert said == {"cloud": "aws", "instance": "p4de.24xlarge", "market": "spot"}
    own = topologies.support_chat()
    assert all("market" not in node.attributes for node in own.nodes)
