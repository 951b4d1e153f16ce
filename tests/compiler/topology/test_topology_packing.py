"""Services that share nodes: what the planner counts on is what the topology places."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs, plans, topologies

from inferc.compiler.plan import ServicePlan
from inferc.compiler.plan.packing import Layout, pack
from inferc.compiler.topology.placement import Slot, Stages, assign, packed, slots

Shape = tuple[int, int, int]


def plans_on(nodes: int, per_node: int, domain: int, shapes: list[Shape]) -> list[ServicePlan]:
    """Return plans of (TP, PP, replicas) for services on the same nodes."""
    base = designs.support_chat().services[0]
    place = designs.a100_node(float(nodes), per_node)
    place = replace(place, accelerator=replace(place.accelerator, link_domain=domain))
    return [
        plans.service_plan(
            replace(base, name=f"s{at}", place=place),
            topologies.configuration(
                tensor_parallel=tensor, pipeline_parallel=pipeline, replicas=replicas
            ),
        )
        for at, (tensor, pipeline, replicas) in enumerate(shapes)
    ]


shapes = st.tuples(
    st.sampled_from([1, 2, 3, 4, 5, 6, 8]), st.sampled_from([1, 1, 1, 2, 3]), st.integers(1, 4)
)


@settings(deadline=None, max_examples=200)
@given(
    nodes=st.integers(1, 4),
    per_node=st.sampled_from([4, 6, 8]),
    domain=st.sampled_from([2, 3, 4, 8]),
    wanted=st.lists(shapes, min_size=1, max_size=5),
)
def test_what_the_planner_counts_on_is_placed(
    nodes: int, per_node: int, domain: int, wanted: list[Shape]
) -> None:
    """No replica is left out, none gets an accelerator twice or lies further apart than planned."""
    made = plans_on(nodes, per_node, domain, wanted)
    counted: dict[Layout, int] = {}
    for tensor, pipeline, replicas in wanted:
        layout = Layout(tensor, pipeline)
        counted[layout] = counted.get(layout, 0) + replicas
    place = made[0].service.place
    if pack(place, counted) is None:
        return
    for assigned in (assign(made), packed(made)):
        assert assigned is not None
        used = [slot for replicas in assigned for stages in replicas for s in stages for slot in s]
        assert len(used) == len(set(used))
        assert set(used) <= set(slots(place))
        for (tensor, pipeline, count), replicas in zip(wanted, assigned, strict=True):
            assert len(replicas) == count
            for stages in replicas:
                assert [len(stage) for stage in stages] == [tensor] * pipeline
                assert together(stages, per_node, min(domain, per_node))


def together(stages: Stages, per_node: int, domain: int) -> bool:
    """Return whether a replica and its stages are in one domain, or node, if they fit into one."""
    whole = [slot for stage in stages for slot in stage]
    groups: list[list[Slot]] = [whole, *(list(stage) for stage in stages)]
    return all(
        (len(group) > per_node or len({slot.node for slot in group}) == 1)
        and (len(group) > domain or len({(slot.node, slot.domain) for slot in group}) == 1)
        for group in groups
    )


def test_services_whose_turns_leave_gaps_are_packed_anew() -> None:
    """Two of two first would take half of each node's larger part: then three find no room."""
    made = plans_on(2, 5, 5, [(2, 1, 2), (3, 1, 2)])
    twos, threes = assign(made)
    assert (len(twos), len(threes)) == (2, 2)
    assert {stages[0][0].node for stages in threes} == {0, 1}


def test_a_large_place_is_filled_quickly_and_whole() -> None:
    made = plans_on(500, 8, 8, [(4, 1, 300), (1, 1, 800), (8, 1, 250)])
    assigned = assign(made)
    assert [len(replicas) for replicas in assigned] == [300, 800, 250]
    used = [slot for replicas in assigned for stages in replicas for s in stages for slot in s]
    assert len(set(used)) == len(used) == 4000
