"""Which accelerators replicas get."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs, plans, topologies

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology.placement import Slot, Stages, assign, slots


def plan_on(nodes: int, per_node: int, domain: int, shape: tuple[int, int, int]) -> ServicePlan:
    """Return a plan of (TP, PP, replicas) on nodes whose links join ``domain`` accelerators."""
    tensor, pipeline, replicas = shape
    base = designs.support_chat().services[0]
    place = designs.a100_node(float(nodes), per_node)
    place = replace(place, accelerator=replace(place.accelerator, link_domain=domain))
    configuration = topologies.configuration(
        tensor_parallel=tensor, pipeline_parallel=pipeline, replicas=replicas
    )
    return plans.service_plan(replace(base, place=place), configuration)


def shown(replicas: tuple[Stages, ...]) -> list[list[str]]:
    """Return each stage as ``node:indices``."""
    return [
        [f"{stage[0].node}:{''.join(str(slot.index) for slot in stage)}" for stage in stages]
        for stages in replicas
    ]


# nodes, per node, link domain, (TP, PP, replicas), stages of each replica as node:indices
TABLE = [
    (1, 8, 8, (4, 1, 2), [["0:0123"], ["0:4567"]]),
    (1, 8, 8, (3, 1, 2), [["0:012"], ["0:345"]]),
    (2, 4, 4, (4, 1, 2), [["0:0123"], ["1:0123"]]),
    (2, 4, 4, (3, 1, 2), [["0:012"], ["1:012"]]),
    (1, 8, 4, (3, 1, 2), [["0:012"], ["0:456"]]),
    (1, 8, 2, (2, 2, 2), [["0:01", "0:23"], ["0:45", "0:67"]]),
    (2, 8, 8, (8, 2, 1), [["0:01234567", "1:01234567"]]),
    (2, 4, 4, (2, 3, 1), [["0:01", "0:23", "1:01"]]),
    (1, 8, 2, (4, 1, 2), [["0:0123"], ["0:4567"]]),
    (1, 4, 4, (4, 1, 2), [["0:0123"]]),
]


@pytest.mark.parametrize(("nodes", "per_node", "domain", "shape", "expected"), TABLE)
def test_placement(
    nodes: int, per_node: int, domain: int, shape: tuple[int, int, int], expected: list[list[str]]
) -> None:
    (replicas,) = assign([plan_on(nodes, per_node, domain, shape)])
    assert shown(replicas) == expected


def test_services_on_one_place_take_turns() -> None:
    first, second = assign([plan_on(1, 8, 8, (4, 1, 1)), plan_on(1, 8, 8, (1, 1, 3))])
    assert shown(first) == [["0:0123"]]
    assert shown(second) == [["0:4"], ["0:5"], ["0:6"]]


def test_a_later_service_keeps_its_stages_inside_link_domains() -> None:
    _, second = assign([plan_on(1, 8, 4, (1, 1, 1)), plan_on(1, 8, 4, (2, 2, 1))])
    assert shown(second) == [["0:45", "0:67"]]


sizes = st.integers(1, 4)


@settings(deadline=None)
@given(
    nodes=sizes,
    per_node=st.sampled_from([1, 2, 4, 8]),
    domain=st.sampled_from([1, 2, 4, 8]),
    shape=st.tuples(st.sampled_from([1, 2, 3, 4, 8]), st.integers(1, 3), sizes),
)
def test_placement_holds_its_promises(
    nodes: int, per_node: int, domain: int, shape: tuple[int, int, int]
) -> None:
    plan = plan_on(nodes, per_node, domain, shape)
    (replicas,) = assign([plan])
    tensor, pipeline, wanted = shape
    used = [slot for stages in replicas for stage in stages for slot in stage]
    assert len(used) == len(set(used)), "each accelerator once"
    assert set(used) <= set(slots(plan.service.place))
    for stages in replicas:
        assert [len(stage) for stage in stages] == [tensor] * pipeline
        for stage in stages:
            assert list(stage) == sorted(stage, key=lambda slot: (slot.node, slot.index))
            assert contiguous(stage) or crosses(stage)
    room = nodes * per_node // (tensor * pipeline)
    assert len(replicas) == min(wanted, room), "a replica is left out only where there is no room"


def contiguous(stage: tuple[Slot, ...]) -> bool:
    """Return whether a stage lies side by side on one node."""
    return all(a.node == b.node and b.index == a.index + 1 for a, b in pairwise(stage))


def crosses(stage: tuple[Slot, ...]) -> bool:
    """Return whether a stage had to leave its link domain."""
    return len({(slot.node, slot.domain) for slot in stage}) > 1


@settings(deadline=None)
@given(
    nodes=sizes,
    tensor=st.sampled_from([1, 2, 4]),
    domain=st.sampled_from([4, 8]),
    replicas=sizes,
)
def test_a_stage_that_divides_the_link_domain_never_leaves_it(
    nodes: int, tensor: int, domain: int, replicas: int
) -> None:
    (placed,) = assign([plan_on(nodes, 8, domain, (tensor, 1, replicas))])
    for stages in placed:
        for stage in stages:
            assert len({(slot.node, slot.domain) for slot in stage}) == 1
