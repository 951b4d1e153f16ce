"""What the hardware carries, where the goal is throughput and nobody states a rate."""

from dataclasses import replace

import pytest
from support import designs
from support.machines import LLAMA_3_8B
from support.problems import all_settled, on_nodes, pin, problem

from inferc.compiler.model import Objective
from inferc.compiler.plan import ServicePlan, Verdict, build
from inferc.compiler.plan.saturation import best_unit, saturated
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Problem
from inferc.compiler.problem import build as problems_of


def asked(limits_s: dict[str, float] | None = None, *, nodes: int = 1) -> Problem:
    """Return a service that takes as much as its place carries."""
    given = all_settled(problem(LLAMA_3_8B, limits_s=limits_s or {}), peak=1.0)
    rateless = replace(given.case, rate_per_s=0.0, goal="throughput")
    return on_nodes(replace(given, case=rateless), nodes)


def planned(given: Problem) -> ServicePlan:
    found = build("t", (given,)).plan
    assert found is not None
    return found.services[0]


@pytest.mark.parametrize("limits_s", [{}, {"ttft": 0.5}, {"itl": 0.02}])
def test_the_rate_that_is_found_holds_and_more_does_not(limits_s: dict[str, float]) -> None:
    given = asked(limits_s)
    found = saturated(given).case
    search, load = Search(found), load_of(found)
    assert search.holds(load)
    more = 1.02 if limits_s else 1.06
    assert not search.holds(replace(load, rate_per_s=load.rate_per_s * more))


@pytest.mark.parametrize(("nodes", "least"), [(1, None), (4, 1)])
def test_replicas_of_two_kinds_carry_what_they_can(nodes: int, least: int | None) -> None:
    given = asked({"ttft": 0.5, "itl": 0.03}, nodes=nodes)
    able = tuple(replace(engine, disaggregation=True) for engine in given.case.engines)
    place = replace(given.case.place, least_nodes=least)
    only = (*given.case.decisions, pin("serving", "disaggregated"))
    case = replace(given.case, engines=able, place=place, decisions=only)
    found = saturated(replace(given, case=case)).case
    search, load = Search(found), load_of(found)
    assert found.place.least_nodes is None
    assert load.rate_per_s > 10.0
    assert search.holds(load)
    if least is None:
        assert not search.holds(replace(load, rate_per_s=load.rate_per_s * 1.02))


def test_the_plan_says_what_it_carries_and_takes_all_the_hardware() -> None:
    plan = planned(asked())
    assert plan.verdict is Verdict.FEASIBLE
    assert plan.configuration.accelerators == 8
    assert plan.service.load.rate_per_s.value == pytest.approx(
        best_unit(asked().case).carried_per_s
    )
    assert "goal is throughput" in plan.service.load.rate_per_s.because


def test_twice_the_hardware_carries_twice_as_much() -> None:
    one, two = (best_unit(asked(nodes=count).case).carried_per_s for count in (1, 2))
    assert two == pytest.approx(2.0 * one)


def test_a_tighter_sla_carries_less() -> None:
    rates = [best_unit(asked({"itl": limit}).case).carried_per_s for limit in (0.1, 0.03, 0.015)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-1]


def test_where_nodes_are_chosen_as_many_are_taken_as_one_layout_fills() -> None:
    given = asked()
    place = replace(given.case.place, nodes=designs.given(64.0), least_nodes=1)
    plan = planned(replace(given, case=replace(given.case, place=place)))
    assert plan.service.place.nodes.value == 1
    assert plan.configuration.accelerators <= place.per_node


def test_machines_that_cost_nothing_are_planned_for() -> None:
    given = asked()
    free = designs.fact(0.0)
    place = replace(given.case.place, nodes=designs.given(4.0), least_nodes=1)
    place = replace(place, price_usd_per_s=free)
    plan = planned(replace(given, case=replace(given.case, place=place)))
    assert plan.verdict is Verdict.FEASIBLE
    assert plan.price_usd_per_s == 0.0


def test_a_stated_rate_is_left_alone() -> None:
    given = problem(LLAMA_3_8B)
    assert saturated(given) is given


def test_what_cannot_be_served_at_all_is_refused() -> None:
    plan = build("t", (asked({"ttft": 1e-4}),)).plan
    assert plan is not None
    assert plan.verdict is Verdict.INFEASIBLE


# ---- lines about throughput --------------------------------------------------------------------


def throughput(limit: float, counts: str, *, hard: bool = True) -> Objective:
    return Objective(
        metric="throughput",
        percentile=None,
        operator=">=",
        limit=designs.given(limit),
        hard=hard,
        counts=counts,
        span=designs.NOWHERE,
    )


def with_lines(*lines: Objective) -> Problem:
    """Return the problem of a file with more lines in its SLA."""
    service = problem(LLAMA_3_8B, rate_per_s=0.5).service
    service = replace(service, objectives=(*service.objectives, *lines))
    (found,) = problems_of(replace(designs.support_chat(), services=(service,)))
    return all_settled(found, peak=1.0)


@pytest.mark.parametrize("counts", ["tok", "req"])
def test_a_line_about_throughput_is_planned_for(counts: str) -> None:
    base = with_lines()
    per_request = 1.0 if counts == "req" else base.case.output_mean_tok
    line = throughput(120.0 * per_request, counts)
    plan = planned(with_lines(line))
    assert plan.estimate.capacity_per_s >= 120.0
    margin = next(item for item in plan.margins if item.objective == line)
    assert margin.predicted == pytest.approx(plan.estimate.capacity_per_s * per_request)
    assert margin.ratio <= 1.0
    small = planned(base)
    assert small.configuration.accelerators < plan.configuration.accelerators


def test_more_than_the_hardware_carries_is_refused() -> None:
    plan = build("t", (with_lines(throughput(1e9, "tok")),)).plan
    assert plan is not None
    assert plan.verdict is Verdict.INFEASIBLE


def test_a_wish_for_throughput_comes_before_cost() -> None:
    modest = planned(with_lines())
    eager = planned(with_lines(throughput(120.0, "req", hard=False)))
    assert modest.estimate.capacity_per_s < 120.0 <= eager.estimate.capacity_per_s


# ---- goals -------------------------------------------------------------------------------------


def with_goal(goal: str) -> Problem:
    given = all_settled(problem(LLAMA_3_8B, rate_per_s=2.0), peak=1.0)
    return replace(given, case=replace(given.case, goal=goal))


def test_each_goal_is_best_at_what_it_is_for() -> None:
    cost, latency, carried = (
        planned(with_goal(goal)) for goal in ("cost", "latency", "throughput")
    )
    assert cost.configuration.accelerators <= latency.configuration.accelerators
    assert latency.margins[0].ratio <= cost.margins[0].ratio
    assert carried.estimate.capacity_per_s >= cost.estimate.capacity_per_s
    assert carried.estimate.capacity_per_s >= latency.estimate.capacity_per_s
