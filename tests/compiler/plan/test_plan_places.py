"""Which machines, on which market, how many, and what may be lost of them."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.problems import all_settled, pin, problem

from inferc.compiler.model import Decision, Place
from inferc.compiler.plan import Choice, ServicePlan, Verdict, build
from inferc.compiler.plan.packing import Layout
from inferc.compiler.plan.places import lost, places_of, runs
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.plan.space import twins
from inferc.compiler.problem import Problem
from inferc.compiler.units import from_unit
from inferc.dsl import Severity

TINY = designs.TINYLLAMA_1_1B
SLOW = designs.given(from_unit(1, "Gbps"))
WORST_FIRST = [Verdict.INFEASIBLE, Verdict.CONDITIONAL, Verdict.FEASIBLE]


def machine(
    name: str,
    usd_per_h: float | None,
    *,
    per_node: int = 4,
    nodes: tuple[int | None, int] = (1, 6),
    market: str = "on_demand",
) -> Place:
    """Return machines with A100 80GB that a cloud lends: from the least to the most nodes."""
    price = None if usd_per_h is None else designs.given(usd_per_h / from_unit(1, "h"))
    return replace(
        designs.a100_node(float(nodes[1]), per_node),
        path="eks.gpu",
        price_usd_per_s=price,
        least_nodes=nodes[0],
        instance=f"instance.aws.{name}",
        instance_type=name,
        cloud="aws",
        market=market,
    )


def asked(
    *places: Place,
    rate: float = 40.0,
    peak: float = 2.0,
    survives: str = "",
    decisions: tuple[Decision, ...] = (),
) -> Problem:
    """Return a small model that may run on ``places``, every number stated."""
    given_ = problem(TINY, places[0], rate_per_s=rate, decisions=decisions)
    stated = all_settled(given_, peak=peak, prompt=300, output=150)
    case = replace(stated.case, places=places, survives=survives)
    service = replace(stated.service, places=places, survives=survives)
    return replace(stated, case=case, service=service)


def planned(asked_: Problem) -> ServicePlan:
    found = build("t", (asked_,))
    assert found.plan is not None, [item.message for item in found.diagnostics]
    (plan,) = found.plan.services
    return plan


def verdict(asked_: Problem) -> Verdict:
    found = build("t", (asked_,)).plan
    return Verdict.INFEASIBLE if found is None else found.verdict


def usd_per_h(plan: ServicePlan) -> float:
    assert plan.price_usd_per_s is not None
    return plan.price_usd_per_s * from_unit(1, "h")


def choice(plan: ServicePlan, field: str) -> Choice:
    return next(item for item in plan.choices if item.path == f"chat.{field}")


# ---- what is lost ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "replicas", "what", "expected"),
    [
        (Layout(1), 5, "", 0),
        (Layout(1), 5, "replica", 1),
        (Layout(1), 1, "replica", 1),
        (Layout(1), 20, "node", 8),
        (Layout(1), 5, "node", 5),
        (Layout(2), 20, "node", 4),
        (Layout(4, 2), 3, "node", 1),
        (Layout(8, 2), 3, "node", 1),
        (Layout(4, 4), 3, "node", 1),
        (Layout(4, 3), 3, "node", 2),
        (Layout(4, 3), 1, "node", 1),
    ],
)
def test_a_node_takes_what_runs_on_it(
    layout: Layout, replicas: int, what: str, expected: int
) -> None:
    """Three stages of four on nodes of eight: the node in the middle holds parts of two."""
    assert lost(designs.a100_node(8.0), layout, replicas, what) == expected


@given(
    tensor=st.sampled_from([1, 2, 4, 8]),
    pipeline=st.sampled_from([1, 2, 3, 4]),
    what=st.sampled_from(["", "replica", "node"]),
)
@settings(deadline=None)
def test_more_replicas_leave_no_fewer(tensor: int, pipeline: int, what: str) -> None:
    place, layout = designs.a100_node(16.0), Layout(tensor, pipeline)
    left = [count - lost(place, layout, count, what) for count in range(40)]
    assert left == sorted(left)
    assert all(0 <= kept <= count for count, kept in enumerate(left))


@pytest.mark.parametrize("what", ["replica", "node"])
def test_a_plan_that_survives_holds_with_so_many_fewer(what: str) -> None:
    place = machine("m", 4.0, per_node=2)
    without, with_loss = asked(place), asked(place, survives=what)
    plan = planned(with_loss)
    search = Search(without.case)
    shape = next(
        item
        for item in search.shapes
        if (item.engine_name, item.precision, item.tensor, item.pipeline)
        == (
            plan.configuration.engine,
            plan.configuration.precision,
            plan.configuration.tensor_parallel,
            plan.configuration.pipeline_parallel,
        )
    )
    per_node = max(1, 2 // shape.size)
    left = plan.configuration.replicas - (1 if what == "replica" else per_node)
    budget = plan.configuration.max_num_batched_tokens
    assert search.holds_with(shape, budget, left, load_of(without.case))
    assert plan.verdict is Verdict.FEASIBLE
    assert usd_per_h(plan) > usd_per_h(planned(without))


def test_what_it_costs_that_something_may_be_lost_is_said() -> None:
    plan = planned(asked(machine("m", 4.0, per_node=2), survives="node"))
    found = choice(plan, "survives")
    assert (found.value, found.owner) == ("node", "given")
    replicas = plan.configuration.replicas
    assert f"of {replicas} replicas meet the SLA at the peak" in found.reason
    (loser,) = found.alternatives
    assert loser.value == "none"
    assert loser.ratio is not None
    cheaper = usd_per_h(planned(asked(machine("m", 4.0, per_node=2))))
    assert loser.ratio == pytest.approx(cheaper / usd_per_h(plan))


def test_a_node_that_holds_all_replicas_cannot_be_lost() -> None:
    assert verdict(asked(machine("m", 4.0, nodes=(1, 1)), survives="node")) is Verdict.INFEASIBLE
    assert verdict(asked(machine("m", 4.0, nodes=(1, 1)), survives="replica")) is Verdict.FEASIBLE


# ---- spot --------------------------------------------------------------------------------------


def test_a_spot_market_is_planned_for_the_loss_of_a_node() -> None:
    steady, spot = machine("m", 4.0), machine("m", 4.0, market="spot")
    on_spot = planned(asked(spot))
    assert usd_per_h(on_spot) == usd_per_h(planned(asked(steady, survives="node")))
    found = choice(on_spot, "survives")
    assert (found.value, found.owner) == ("node", "planner")
    assert "spot" in found.reason


@pytest.mark.parametrize(("spot_usd_per_h", "market"), [(1.0, "spot"), (3.5, "on_demand")])
def test_spot_is_taken_where_it_is_cheaper_with_the_node_that_may_be_lost(
    spot_usd_per_h: float, market: str
) -> None:
    places = (machine("m", 4.0), machine("m", spot_usd_per_h, market="spot"))
    plan = planned(asked(*places))
    assert plan.service.place.market == market
    found = choice(plan, "market")
    assert found.value == market
    (loser,) = found.alternatives
    assert loser.reason.startswith("costs ")
    assert loser.ratio is not None
    assert loser.ratio > 1


def test_a_promise_to_the_slowest_on_spot_alone_is_doubted() -> None:
    spot = machine("m", 4.0, market="spot")
    found = build("t", (asked(spot),)).diagnostics
    assert [item.code for item in found] == ["INF510"]
    assert not build("t", (asked(spot, machine("m", 9.0)),)).diagnostics
    pinned = asked(spot, machine("m", 9.0), decisions=(pin("market", "spot"),))
    assert [item.code for item in build("t", (pinned,)).diagnostics] == ["INF510"]


# ---- which machine, how many -------------------------------------------------------------------


@cache
def alone_usd_per_h(name: str, price: float, per_node: int, market: str) -> float:
    return usd_per_h(planned(asked(machine(name, price, per_node=per_node, market=market))))


@given(
    offers=st.lists(
        st.tuples(
            st.sampled_from([1.0, 2.0, 4.0, 7.0]),
            st.sampled_from([1, 2, 4, 8]),
            st.sampled_from(["on_demand", "spot"]),
        ),
        min_size=1,
        max_size=3,
    )
)
@settings(deadline=None, max_examples=15)
def test_the_cheapest_of_several_places_is_the_cheapest_of_each_alone(
    offers: list[tuple[float, int, str]],
) -> None:
    places = [
        machine(f"m{at}", price, per_node=per_node, market=market)
        for at, (price, per_node, market) in enumerate(offers)
    ]
    alone = [alone_usd_per_h("m", price, per_node, market) for price, per_node, market in offers]
    assert usd_per_h(planned(asked(*places))) == pytest.approx(min(alone))


@given(
    rate=st.sampled_from([5.0, 40.0, 150.0, 600.0]),
    few=st.integers(1, 4),
    more=st.integers(0, 4),
    survives=st.sampled_from(["", "replica", "node"]),
    extra=st.sampled_from([None, 1.0, 9.0]),
)
@settings(deadline=None, max_examples=15)
def test_more_to_choose_from_is_never_worse_nor_dearer(
    rate: float, few: int, more: int, survives: str, extra: float | None
) -> None:
    small = asked(machine("m", 4.0, per_node=2, nodes=(1, few)), rate=rate, survives=survives)
    places = [machine("m", 4.0, per_node=2, nodes=(1, few + more))]
    places += [machine("x", extra, per_node=4, nodes=(1, few))]
    large = asked(*places, rate=rate, survives=survives)
    before, after = verdict(small), verdict(large)
    assert WORST_FIRST.index(after) >= WORST_FIRST.index(before)
    if before is not Verdict.INFEASIBLE:
        assert usd_per_h(planned(large)) <= usd_per_h(planned(small)) * (1 + 1e-9)


def test_it_pays_for_whole_nodes_and_says_why_not_fewer() -> None:
    plan = planned(asked(machine("m", 4.0, per_node=2), rate=150.0))
    place = plan.service.place
    assert place.least_nodes is None
    assert place.most_nodes == 6
    assert usd_per_h(plan) == pytest.approx(place.nodes.value * 2 * 4.0)
    found = choice(plan, "nodes")
    assert found.value == f"{place.nodes.value:g}"
    fewer = next(item for item in found.alternatives if int(item.value) < int(found.value))
    assert "at the peak" in fewer.reason or "ttft" in fewer.reason
    dearer = next(item for item in found.alternatives if int(item.value) > int(found.value))
    assert dearer.reason.startswith("costs ")


def test_what_nobody_priced_is_taken_only_where_nothing_priced_holds() -> None:
    dear, unknown = machine("dear", 50.0), machine("unknown", None)
    assert planned(asked(dear, unknown)).service.place.instance_type == "dear"
    found = choice(planned(asked(dear, unknown)), "instance")
    assert [item.reason for item in found.alternatives] == ["nobody says what it costs"]
    small = machine("dear", 50.0, per_node=1, nodes=(1, 1))
    plan = planned(asked(small, unknown, rate=300.0))
    assert plan.service.place.instance_type == "unknown"
    assert plan.price_usd_per_s is None


# ---- pins and forbids --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "left"),
    [
        (pin("instance", "instance.aws.a"), [("a", "on_demand", 1, 6), ("a", "spot", 1, 6)]),
        (pin("market", "spot"), [("a", "spot", 1, 6)]),
        (pin("on", "elsewhere"), []),
        (pin("instance", "instance.aws.a", operator="not in"), [("b", "on_demand", 1, 6)]),
        (
            pin("nodes", 3.0, operator="not in"),
            [(n, m, *run) for n, m in (("a", "on_demand"), ("a", "spot"), ("b", "on_demand"))
             for run in ((1, 2), (4, 6))],
        ),
        (
            pin("nodes", 2.0, 3.0, operator="in", is_range=True),
            [("a", "on_demand", 2, 3), ("a", "spot", 2, 3), ("b", "on_demand", 2, 3)],
        ),
    ],
)  # fmt: skip
def test_decisions_leave_places(decision: Decision, left: list[tuple[str, str, int, int]]) -> None:
    places = (machine("a", 1.0), machine("a", 1.0, market="spot"), machine("b", 1.0))
    found = places_of(asked(*places, decisions=(decision,)).case)
    assert [
        (item.instance_type, item.market, item.least_nodes, item.nodes.value) for item in found
    ] == left


def test_nodes_that_are_there_are_no_number_to_choose() -> None:
    fixed = machine("a", 1.0, nodes=(None, 2))
    assert places_of(asked(fixed, decisions=(pin("nodes", 2.0),)).case) == (fixed,)
    assert places_of(asked(fixed, decisions=(pin("nodes", 3.0),)).case) == ()


def test_runs_are_numbers_without_a_gap() -> None:
    assert list(runs([])) == []
    assert list(runs([4])) == [(4, 4)]
    assert list(runs([0, 1, 2, 5, 7, 8])) == [(0, 2), (5, 5), (7, 8)]


def test_every_loser_that_is_pinned_fails_or_costs_at_least_as_much() -> None:
    places = (
        machine("a", 4.0),
        machine("a", 1.5, market="spot"),
        machine("b", 2.0, per_node=8),
        machine("b", 9.0, per_node=8, market="spot"),
    )
    best = planned(asked(*places))
    tried = 0
    for field in ("instance", "market", "nodes"):
        for loser in choice(best, field).alternatives:
            value = f"instance.{loser.value}" if field == "instance" else loser.value
            wanted = pin(field, float(value) if field == "nodes" else value)
            only = asked(*places, decisions=(wanted,))
            tried += 1
            if verdict(only) is not Verdict.INFEASIBLE:
                assert usd_per_h(planned(only)) >= usd_per_h(best)
    assert tried >= 3


def test_forbidding_the_winner_never_gives_a_cheaper_plan() -> None:
    places = (machine("a", 4.0), machine("a", 1.5, market="spot"), machine("b", 2.0, per_node=8))
    best = planned(asked(*places))
    for field in ("instance", "market", "nodes"):
        value = choice(best, field).value
        named = {"instance": f"instance.{value}", "nodes": float(value) if field == "nodes" else 0}
        forbidden = pin(field, named.get(field, value), operator="not in")
        assert usd_per_h(planned(asked(*places, decisions=(forbidden,)))) >= usd_per_h(best)


def test_pins_that_leave_no_place_are_in_conflict() -> None:
    places = (machine("a", 4.0), machine("b", 2.0, market="spot"))
    decisions = (pin("instance", "instance.aws.a"), pin("market", "spot"))
    found = build("t", (asked(*places, decisions=decisions),)).diagnostics
    assert [item.code for item in found if item.code == "INF501"]
    conflict = next(item for item in found if item.code == "INF501")
    assert "`instance = aws.a` and `market = spot`" in conflict.message
    (note,) = conflict.notes
    assert "`instance = aws.a, market = on_demand` or `instance = aws.b, market = spot`" in note
    assert "attention heads" not in note


def test_a_pin_of_what_is_not_offered_is_told_what_is() -> None:
    places = (machine("a", 4.0), machine("b", 2.0))
    found = build("t", (asked(*places, decisions=(pin("instance", "instance.aws.c"),)),))
    (conflict,) = (item for item in found.diagnostics if item.code == "INF501")
    assert "`instance = aws.c`" in conflict.message
    assert conflict.notes[0].startswith("there is `instance = aws.a` or `instance = aws.b` on")
    assert "attention heads" not in conflict.notes[0]


def test_two_lines_on_one_field_are_told_apart() -> None:
    decisions = (pin("nodes", 2.0), pin("nodes", 2.0, operator="not in"))
    found = build("t", (asked(machine("a", 4.0), decisions=decisions),)).diagnostics
    (conflict,) = (item for item in found if item.code == "INF501")
    assert "`nodes = 2` and `nodes not in [2]`" in conflict.message


def test_an_excluded_place_names_the_line_that_excludes_it() -> None:
    decision = replace(pin("instance", "instance.aws.b", operator="not in"), because="no quota")
    plan = planned(asked(machine("a", 4.0), machine("b", 1.0), decisions=(decision,)))
    (loser,) = choice(plan, "instance").alternatives
    assert loser.value == "aws.b"
    assert loser.reason == "excluded: instance not in [aws.b] because no quota"


def test_a_place_without_room_for_the_model_says_how_much_it_lacks() -> None:
    large = all_settled(problem(place=machine("big", 4.0, per_node=8)), peak=1.0)
    small = machine("small", 1.0, per_node=1, nodes=(1, 1))
    places = (machine("big", 4.0, per_node=8), small)
    case = replace(large.case, places=places)
    both = replace(large, case=case, service=replace(large.service, places=places))
    (loser,) = choice(planned(both), "instance").alternatives
    assert loser.value == "aws.small"
    assert "of weights" in loser.reason
    assert loser.ratio is not None
    assert loser.ratio > 1


def test_one_place_with_a_number_of_nodes_leaves_nothing_to_say() -> None:
    plan = planned(asked(machine("m", 4.0, nodes=(None, 2))))
    fields = {item.path.rpartition(".")[2] for item in plan.choices}
    assert not fields & {"on", "instance", "market", "nodes", "survives"}


def test_machines_of_one_type_are_worked_out_once() -> None:
    """Markets and numbers change the price, not the speed; other machines are others."""
    same = (machine("a", 4.0), machine("a", 1.0, market="spot"), machine("a", 4.0, nodes=(2, 7)))
    other = machine("b", 4.0, per_node=8)
    slow = replace(machine("a", 4.0), network=replace(other.network, bandwidth_bytes_per_s=SLOW))
    alone = len(Search(asked(same[0]).case).shapes)
    for places, kinds in ((same, 1), ((*same, slow), 2)):
        shapes = Search(asked(*places).case).shapes
        firsts = twins(shapes)
        assert len(shapes) == len(places) * alone
        assert len(set(firsts.values())) == kinds * alone
    both = twins(Search(asked(same[0], other).case).shapes)
    assert all(first == own for own, first in both.items())


@pytest.mark.parametrize(
    ("survives", "market", "why"),
    [
        ("node", "on_demand", "it must hold with a node lost: `survives = node`"),
        ("", "spot", "it must hold with a node lost: a spot market may take one away"),
        ("", "on_demand", ""),
    ],
)
def test_a_refusal_says_what_it_must_survive(survives: str, market: str, why: str) -> None:
    place = machine("m", 4.0, nodes=(1, 1), market=market)
    rate = 40.0 if why else 4000.0
    found = build("t", (asked(place, rate=rate, survives=survives),)).diagnostics
    refused = [item for item in found if item.severity is Severity.ERROR]
    assert refused
    said = [note for item in refused for note in item.notes if "must hold with" in note]
    assert said == ([why] if why else [])


def test_services_of_a_chosen_pool_are_told_what_its_nodes_cost_and_not_what_they_may() -> None:
    one = asked(machine("m", 4.0))
    other = replace(
        one,
        case=replace(one.case, service="other"),
        service=replace(one.service, name="other"),
    )
    plan = build("t", (one, other)).plan
    assert plan is not None
    for item in plan.services:
        place = item.service.place
        assert place.nodes.value < place.most_nodes
        assert item.cost is not None
        paid = item.cost.place_usd_per_s * from_unit(1, "h")
        assert paid == pytest.approx(place.accelerators * 4.0)
