"""Volumes of weights: how large they are, and who may use them at a time."""

from dataclasses import replace

import pytest
from support import designs, topologies
from support.kubernetes import objects, one, with_settings

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects import refuse

WEIGHTS_BYTES = 141.1e9


def test_the_volume_holds_the_weights_with_room_to_spare():
    claim = one(objects(topologies.support_chat()), "PersistentVolumeClaim")
    size = claim["spec"]["resources"]["requests"]["storage"]
    assert size.endswith("Gi")
    assert 1.15 < int(size[:-2]) * 1024**3 / WEIGHTS_BYTES < 1.25


def test_weights_that_are_quantised_on_loading_are_downloaded_whole():
    base = topologies.support_chat()
    (plan,) = base.services
    shape = replace(plan.configuration, precision="fp8")
    halved = replace(plan, configuration=shape, weights_bytes=WEIGHTS_BYTES / 2)
    topology = replace(base, services=(halved,))
    claim = one(objects(topology), "PersistentVolumeClaim")
    assert int(claim["spec"]["resources"]["requests"]["storage"][:-2]) > 150


def single_on_two_nodes() -> Topology:
    base = designs.support_chat()
    service = replace(base.services[0], place=designs.a100_node(nodes=2.0))
    shape = topologies.configuration(replicas=1)
    return topologies.topology_of(replace(base, services=(service,)), shape)


@pytest.mark.parametrize(
    ("topology", "mode"),
    [
        (topologies.support_chat(), "ReadWriteOnce"),
        (topologies.with_idle(), "ReadWriteOnce"),
        (topologies.fleet(2), "ReadWriteMany"),
        (single_on_two_nodes(), "ReadWriteMany"),
    ],
)
def test_a_volume_is_shared_where_the_pool_has_several_nodes(topology: Topology, mode: str):
    claim = one(objects(topology), "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == [mode]
    assert "storageClassName" not in claim["spec"]


def without_labels() -> Topology:
    base = designs.support_chat()
    node = base.services[0].place
    place = replace(node, accelerator=replace(node.accelerator, product_label=""))
    service = replace(base.services[0], place=place)
    return topologies.topology_of(replace(base, services=(service,)), topologies.configuration())


def on_another_pool(label: str) -> Topology:
    """Return two services, each on the only node of its pool; ``label`` is of the second one."""
    base = topologies.two_services()
    first, plan = base.services
    card = replace(plan.service.place.accelerator, product_label=label)
    place = replace(plan.service.place, path="dc1.other", accelerator=card)
    return replace(
        base, services=(first, replace(plan, service=replace(plan.service, place=place)))
    )


@pytest.mark.parametrize(
    ("topology", "mode"),
    [
        (without_labels(), "ReadWriteMany"),
        (on_another_pool("NVIDIA-A100-SXM4-80GB"), "ReadWriteMany"),
        (on_another_pool("NVIDIA-L40S"), "ReadWriteOnce"),
    ],
)
def test_a_volume_is_shared_where_the_download_may_run_beside_the_engine(
    topology: Topology, mode: str
) -> None:
    """The Job asks for no accelerator: it may be on any node that has the labels, or on any."""
    claims = [one for one in objects(topology) if one.kind == "PersistentVolumeClaim"]
    assert claims
    for claim in claims:
        assert claim.body["spec"]["accessModes"] == [mode]


def test_who_knows_that_there_is_one_node_only_may_say_so() -> None:
    alone = with_settings(without_labels(), access_mode="read_write_once")
    claim = one(objects(alone), "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    cluster = alone.services[0].service.place.cluster
    base = on_another_pool("NVIDIA-A100-SXM4-80GB")
    plans = tuple(
        replace(
            plan, service=replace(plan.service, place=replace(plan.service.place, cluster=cluster))
        )
        for plan in base.services
    )
    said = [item for item in refuse(replace(base, services=plans), {}) if item.code == "INF614"]
    assert said
    assert all(any("any of 2 nodes" in note for note in item.notes) for item in said)
