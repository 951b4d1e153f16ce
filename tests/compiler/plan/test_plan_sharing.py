"""Services that share a place: who gets what, and when there is not enough for all."""

import random
from dataclasses import replace
from itertools import product

import pytest
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B, accelerator
from support.pools import nodes_of, tenant
from support.problems import pin

from inferc.compiler.model import Place
from inferc.compiler.plan import Outcome, Plan, Verdict, build
from inferc.compiler.plan.packing import Layout, fits, node_of
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.plan.sharing import EASY, HARD, PLANNED, Tenant, chosen
from inferc.compiler.problem import Problem

C, F, X = Verdict.CONDITIONAL, Verdict.FEASIBLE, Verdict.INFEASIBLE


def plan_of(*problems: Problem) -> Plan:
    plan = build("x", problems).plan
    assert plan is not None
    return plan


def used(plan: Plan) -> list[int]:
    return [item.configuration.accelerators for item in plan.services]


# Each of two services needs 3 accelerators at the least peak and 4 at the planned one; at the
# highest peak the first needs 8, the second 7. Nodes have 4.
DEALT = [
    (1, X, [], []),
    (2, C, [C, C], [4, 4]),
    (3, C, [F, C], [8, 4]),  # the first is served first, and leaves what the other must have
    (4, F, [F, F], [8, 7]),
    (5, F, [F, F], [8, 7]),  # and takes no more than its own plan asks for
]


@pytest.mark.parametrize(("nodes", "verdict", "each", "accelerators"), DEALT)
def test_hardware_is_dealt_out_by_need_in_the_order_of_the_file(
    nodes: int, verdict: Verdict, each: list[Verdict], accelerators: list[int]
) -> None:
    pool = nodes_of(nodes, 4)
    plan = plan_of(
        tenant("a", pool, known=False, rate_per_s=60), tenant("b", pool, known=False, rate_per_s=50)
    )
    assert plan.verdict is verdict
    assert [item.verdict for item in plan.services] == each
    assert used(plan) == accelerators


def test_the_needs_that_the_table_rests_on() -> None:
    pool = nodes_of(5, 4)
    for rate, expected in ((60, (3, 4, 8)), (50, (3, 4, 7))):
        asked = Tenant(tenant("a", pool, known=False, rate_per_s=rate))
        assert tuple(asked.needs(level)[0].accelerators for level in (EASY, PLANNED, HARD)) == (
            expected
        )


@pytest.mark.parametrize(("nodes", "expected"), [(2, [1, 7]), (3, [4, 7])])
def test_a_wish_is_granted_only_from_what_nobody_needs(nodes: int, expected: list[int]) -> None:
    """The first would have faster tokens on four accelerators; the second needs seven to hold."""
    pool = nodes_of(nodes, 4)
    first = tenant("a", pool, rate_per_s=5, wish_s=0.008)
    (alone,) = plan_of(first).services
    assert (alone.configuration.accelerators, alone.margins[1].ratio <= 1) == (4, True)
    shared = plan_of(first, tenant("b", pool, known=False, rate_per_s=50))
    assert [item.verdict for item in shared.services] == [F, F]
    assert used(shared) == expected


def test_replicas_are_added_later_only_where_nobody_shares() -> None:
    pool = nodes_of(4, 4)
    plan = plan_of(tenant("a", pool), tenant("b", pool))
    most = sum(
        item.autoscale.max_replicas * item.configuration.accelerators_per_replica
        for item in plan.services
    )
    assert most <= 16
    (alone,) = plan_of(tenant("a", pool)).services
    assert alone.autoscale.max_replicas > alone.configuration.replicas


def test_a_service_that_nothing_can_serve_takes_nothing_from_the_others() -> None:
    pool = nodes_of(1, 4)
    impossible = tenant("a", pool, rate_per_s=1e6)
    plan = plan_of(impossible, tenant("b", pool))
    assert [item.service for item in plan.refusals] == ["a"]
    assert [item.service.name for item in plan.services] == ["b"]


def too_small(*problems: Problem) -> Outcome:
    outcome = build("x", problems)
    assert [item.code for item in outcome.diagnostics] == ["INF520"]
    return outcome


def test_too_small_a_pool_is_refused_with_what_each_needs() -> None:
    pool = nodes_of(1, 4)
    services = [tenant(name, pool, rate_per_s=60) for name in ("a", "b", "c")]
    outcome = too_small(*services)
    (found,) = outcome.diagnostics
    assert "`a`, `b` and `c` cannot share `dc1.gpu`" in found.message
    assert "`b` needs at least 2: 2 replicas with tensor_parallel 1" in found.notes[1]
    assert "together 6 of the 4 accelerators" in found.notes[3]
    assert "change nodes of `dc1.gpu` from 1 to 2" in found.help
    assert outcome.plan is not None
    assert [item.service for item in outcome.plan.refusals] == ["a", "b", "c"]


def test_a_pool_without_a_kind_of_machine_for_all_is_refused() -> None:
    """The weights of one need 160 GiB, and the other's first token the quicker machine."""
    kinds = [(160.0, 1500e9, 100e12), (24.0, 9000e9, 2000e12)]
    places = [
        replace(
            nodes_of(1, 1, accelerator=accelerator(f"k{at}", *kind), least=1, usd_per_hour=1.0),
            instance=f"instance.k{at}",
        )
        for at, kind in enumerate(kinds)
    ]
    slow = tenant("a", *places, model=designs.LLAMA_3_70B, rate_per_s=0.01, ttft_s=20.0)
    quick = tenant("b", *places, rate_per_s=0.01, ttft_s=0.06)
    assert plan_of(slow).verdict is plan_of(quick).verdict is F
    outcome = build("x", (slow, quick))
    (found,) = outcome.diagnostics
    assert found.code == "INF524"
    assert "`a` and `b` share `dc1.gpu`" in found.message
    assert outcome.plan is not None
    assert outcome.plan.verdict is X


def test_the_proposed_nodes_are_the_fewest_that_do() -> None:
    services = [tenant(name, nodes_of(1, 4), rate_per_s=60) for name in ("a", "b", "c")]
    outcome = too_small(*services)
    assert outcome.plan is not None
    (change,) = outcome.plan.refusals[0].nearest
    for nodes, verdict in ((int(change.proposed), F), (int(change.proposed) - 1, X)):
        pool = nodes_of(nodes, 4)
        assert plan_of(*(tenant(n, pool, rate_per_s=60) for n in "abc")).verdict is verdict


def test_a_pool_of_many_services_names_the_largest() -> None:
    pool = nodes_of(1, 4)
    services = [tenant(f"s{at}", pool, rate_per_s=60 if at == 9 else 5) for at in range(12)]
    (found,) = too_small(*services).diagnostics
    assert "`s0`, `s1`, `s2`, `s3`, `s4`, `s5` and 6 others cannot share" in found.message
    assert "`s9` needs at least 2" in found.notes[0]
    assert "6 others need 6" in found.notes[6]


def test_gaps_on_nodes_are_said() -> None:
    """Three accelerators of each of two nodes of five leave four, two by two."""
    odd = replace(LLAMA_3_8B, heads=30, kv_heads=6, head_dim=128)
    pool = nodes_of(2, 5)
    fixed = {"a": 3, "b": 3, "c": 4}
    services = []
    for name, tensor in fixed.items():
        base = tenant(name, pool, model=odd if tensor == 3 else LLAMA_3_8B)
        pins = (pin("tensor_parallel", tensor), pin("pipeline_parallel", 1))
        case = replace(base.case, decisions=(*base.case.decisions, *pins))
        services.append(replace(base, case=case))
    (found,) = too_small(*services).diagnostics
    assert "together 10 of the 10 accelerators" in found.notes[3]
    assert "they leave gaps on its nodes of 5" in found.notes[3]


def all_ways(problems: list[Problem], place: Place) -> bool:
    """Return whether some choice of layouts and replicas holds for all, at the easiest values."""
    options: list[list[tuple[Layout, int]]] = []
    for problem in problems:
        search, load = Search(problem.case), load_of(problem.easiest())
        options.append(
            [
                (Layout(shape.tensor, shape.pipeline), count)
                for shape, budget_tok in search.steps()
                for count in search.replica_counts(shape)
                if search.holds_with(shape, budget_tok, count, load)
            ]
        )
    for picked in product(*(sorted(set(item)) for item in options)):
        wanted: dict[Layout, int] = {}
        for layout, count in picked:
            wanted[layout] = wanted.get(layout, 0) + count
        if fits(node_of(place), int(place.nodes.value), wanted):
            return True
    return False


def test_services_are_refused_together_exactly_where_no_choice_of_layouts_fits() -> None:
    chance = random.Random(3)
    refused = 0
    for _ in range(12):
        per_node = chance.choice([2, 3, 4])
        pool = nodes_of(chance.randint(1, 2), per_node)
        pool = replace(pool, accelerator=replace(pool.accelerator, link_domain=2))
        problems = [
            tenant(f"s{at}", pool, rate_per_s=chance.choice([5.0, 30.0, 50.0, 70.0]))
            for at in range(chance.randint(2, 3))
        ]
        single = [plan_of(problem).verdict for problem in problems]
        if X in single:
            continue
        together = plan_of(*problems)
        refused += together.verdict is X
        assert (together.verdict is not X) == all_ways(problems, pool)
    assert 1 < refused < 11


def test_other_layouts_are_taken_where_the_smallest_do_not_go_together() -> None:
    """Six as two of three leave a gap in each node of four; as three of two they do not."""
    pool = nodes_of(2, 4)
    base = tenant("a", pool)
    need = Tenant(base).needs(EASY)[0]
    threes = need._replace(accelerators=6, layout=Layout(3), replicas=2)
    twos = need._replace(accelerators=6, layout=Layout(2), replicas=3)
    other = need._replace(accelerators=2, layout=Layout(2), replicas=1)
    assert chosen([(threes, twos), (other,)], node_of(pool), 2) == (twos, other)
    assert chosen([(threes,), (other,)], node_of(pool), 2) is None
    assert chosen([(), (other,)], node_of(pool), 2) is None


def ranks(plan: Plan) -> list[int]:
    order = [X, C, F]
    verdicts = {item.service.name: order.index(item.verdict) for item in plan.services}
    return [verdicts.get(name, 0) for name in ("s0", "s1", "s2")]


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_more_nodes_never_make_it_worse(rounds: int) -> None:
    """In the order of the file: a service may lose only to one before it."""
    chance = random.Random(5)
    for _ in range(rounds):
        rates = [chance.choice([5.0, 20.0, 50.0, 60.0]) for _ in range(3)]
        before: list[int] = []
        worst = 0
        for nodes in (1, 2, 3, 6):
            pool = nodes_of(nodes, 4)
            plan = plan_of(
                *(
                    tenant(f"s{at}", pool, known=False, rate_per_s=rate)
                    for at, rate in enumerate(rates)
                )
            )
            now = ranks(plan)
            assert now >= before
            assert [X, C, F].index(plan.verdict) >= worst
            before, worst = now, [X, C, F].index(plan.verdict)


# ---- pools that the planner chooses ------------------------------------------------------------

A100, H100 = designs.A100_80GB_SXM, H100_SXM


def offers() -> tuple[Place, Place]:
    return (
        nodes_of(6, 4, least=1, usd_per_hour=2.0, accelerator=A100),
        nodes_of(6, 2, least=1, usd_per_hour=3.0, accelerator=H100),
    )


@pytest.mark.parametrize("rates", [(80.0, 90.0), (20.0, 30.0), (150.0, 10.0)])
def test_kind_and_number_of_nodes_are_the_cheapest_that_do_for_all(
    rates: tuple[float, float],
) -> None:
    places = offers()
    plan = plan_of(*(tenant(f"s{at}", *places, rate_per_s=r) for at, r in enumerate(rates)))
    found = [item.service.place for item in plan.services]
    assert len({(place.accelerator.id, place.nodes.value) for place in found}) == 1
    cheapest = min(
        (nodes * place.per_node * place.price_usd_per_s.value, place.accelerator.id, nodes)
        for place in places
        if place.price_usd_per_s
        for nodes in range(1, 7)
        if both_hold(place, nodes, rates)
    )
    assert (found[0].accelerator.id, found[0].nodes.value) == cheapest[1:]
    assert found[0].least_nodes is None
    paid = [item.price_usd_per_s for item in plan.services]
    assert sum(price for price in paid if price) == pytest.approx(cheapest[0])


def both_hold(place: Place, nodes: int, rates: tuple[float, float]) -> bool:
    fixed = replace(place, nodes=designs.given(float(nodes)), least_nodes=None)
    plan = plan_of(*(tenant(f"s{at}", fixed, rate_per_s=r) for at, r in enumerate(rates)))
    return plan.verdict is F


def test_a_pool_that_may_grow_is_no_larger_than_the_least_nodes_that_do() -> None:
    place = nodes_of(6, 4, least=2, usd_per_hour=2.0)
    plan = plan_of(tenant("a", place), tenant("b", place))
    assert {item.service.place.nodes.value for item in plan.services} == {2.0}


def test_a_pool_that_cannot_grow_enough_is_refused() -> None:
    place = nodes_of(1, 4, least=1, usd_per_hour=2.0)
    (found,) = too_small(*(tenant(name, place, rate_per_s=60) for name in "abc")).diagnostics
    assert "together 6 of the 4 accelerators" in found.notes[3]


def decided(asked: Problem, **fields: str | float) -> Problem:
    """Return the problem with decisions on the place."""
    pins = tuple(pin(field, value) for field, value in fields.items())
    return replace(asked, case=replace(asked.case, decisions=(*asked.case.decisions, *pins)))


def test_a_decision_of_one_service_holds_for_the_pool() -> None:
    place = nodes_of(6, 4, least=1, usd_per_hour=2.0)
    plan = plan_of(decided(tenant("a", place), nodes=3), tenant("b", place))
    assert {item.service.place.nodes.value for item in plan.services} == {3.0}


def test_decisions_that_leave_nothing_for_all_are_an_error() -> None:
    place = nodes_of(6, 4, least=1, usd_per_hour=2.0)
    outcome = build(
        "x", (decided(tenant("a", place), nodes=3), decided(tenant("b", place), nodes=2))
    )
    assert outcome.plan is None
    (found,) = outcome.diagnostics
    assert found.code == "INF521"
    assert found.notes == ("`a`: nodes = 3", "`b`: nodes = 2")


def elsewhere(place: Place, path: str) -> Place:
    return replace(place, path=path)


def test_a_service_that_may_run_on_one_of_several_pools_goes_where_there_is_room() -> None:
    """Alone it would take the first pool; the service that has only that one leaves too little."""
    small, other = nodes_of(1, 2), elsewhere(nodes_of(1, 4), "dc1.other")
    free = tenant("free", small, other, rate_per_s=60)
    (alone,) = plan_of(free).services
    assert alone.service.place.path == "dc1.gpu"
    plan = plan_of(free, tenant("bound", small, rate_per_s=5))
    assert [item.service.place.path for item in plan.services] == ["dc1.other", "dc1.gpu"]
    assert plan.verdict is F


def test_a_service_stays_on_the_pool_that_its_decision_names() -> None:
    small, other = nodes_of(1, 2), elsewhere(nodes_of(1, 4), "dc1.other")
    free = decided(tenant("free", small, other, rate_per_s=5), on="dc1.other")
    plan = plan_of(free, tenant("bound", small, rate_per_s=60))
    assert [item.service.place.path for item in plan.services] == ["dc1.other", "dc1.gpu"]
    assert used(plan)[1] == 2


def test_why_a_pool_is_of_its_kind_and_size() -> None:
    places = offers()
    plan = plan_of(*(tenant(name, *places, rate_per_s=80) for name in ("a", "b")))
    for item in plan.services:
        choices = {choice.path.partition(".")[2]: choice for choice in item.choices}
        nodes = choices["nodes"]
        assert nodes.value == f"{item.service.place.nodes.value:g}"
        assert nodes.reason.startswith("chosen once for all services of the pool: the cheapest")
        (less,) = nodes.alternatives
        assert less.reason == "has no room for all services of the pool"


def test_why_another_market_lost() -> None:
    place = nodes_of(6, 4, least=1, usd_per_hour=2.0)
    dear = replace(nodes_of(6, 4, least=1, usd_per_hour=3.0), market="reserved")
    plan = plan_of(*(tenant(name, place, dear) for name in ("a", "b")))
    choices = {choice.path: choice for choice in plan.services[1].choices}
    (lost,) = choices["b.market"].alternatives
    assert (lost.value, lost.ratio) == ("reserved", pytest.approx(1.5))
    assert lost.reason.startswith("all of its nodes cost ")
