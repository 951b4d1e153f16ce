"""What nothing beats in cost, latency and accelerators together."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import LLAMA_3_8B
from support.money import Desk
from support.problems import all_settled, pin, problem

from inferc import api
from inferc.compiler.plan import ServicePlan, build
from inferc.compiler.plan.front import MOST_TIMES, SAME, Front, front
from inferc.compiler.plan.saturation import BELOW
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Problem
from inferc.dsl import SourceFile

LIMIT_S = 1.0
CHEAP = designs.given(2.0 / 3600)


def small(rate_per_s: float = 2.0, *, priced: bool = False) -> Problem:
    """Return a service of a small model, which has its place to itself."""
    asked = all_settled(problem(LLAMA_3_8B, rate_per_s=rate_per_s, limits_s={"ttft": LIMIT_S}))
    if not priced:
        return asked
    place = replace(asked.case.place, price_usd_per_s=CHEAP)
    return replace(asked, case=replace(asked.case, place=place))


def planned(asked: Problem) -> ServicePlan:
    found = build("t", (asked,)).plan
    assert found is not None
    return found.services[0]


def of(asked: Problem) -> Front:
    return front(asked, planned(asked))


def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether one is nowhere worse, and somewhere clearly better."""
    nowhere_worse = all(a <= b for a, b in zip(one, other, strict=True))
    return nowhere_worse and any(a < b * 0.998 for a, b in zip(one, other, strict=True))


def figures(shown: Front) -> list[tuple[float, ...]]:
    return [
        (point.price_usd_per_s or 0.0, float(point.accelerators), point.latency_s)
        for point in shown.points
        if not point.beaten
    ]


@pytest.mark.parametrize("priced", [False, True])
def test_no_point_beats_another(*, priced: bool) -> None:
    shown = figures(of(small(priced=priced)))
    assert len(shown) > 2
    assert not [pair for pair in product(shown, shown) if beats(*pair)]


@settings(deadline=None, max_examples=6)
@given(rate_per_s=st.floats(0.5, 8.0))
def test_whatever_holds_is_matched_by_a_point(rate_per_s: float) -> None:
    """Held against every layout, budget and number of replicas, one by one."""
    asked = small(rate_per_s)
    search, load = Search(asked.case), load_of(asked.case)
    shown = figures(of(asked))
    for shape, budget_tok in search.steps():
        counts = search.replica_counts(shape)
        items = [search.candidate(shape, budget_tok, count, load, load) for count in counts]
        holding = [item for item in items if item.holds]
        for item in holding:
            if item.replicas <= MOST_TIMES * holding[0].replicas:
                latency_s = item.tightest * LIMIT_S * (1.0 + 2.0 * SAME)
                figure = (0.0, float(shape.taken(item.replicas)), latency_s)
                assert any(
                    all(a <= b for a, b in zip(point, figure, strict=True)) for point in shown
                ), item.configuration


def test_replicas_of_two_kinds_are_compared_where_nothing_else_is_allowed() -> None:
    asked = small()
    engines = tuple(replace(engine, disaggregation=True) for engine in asked.case.engines)
    decisions = (*asked.case.decisions, pin("serving", "disaggregated"))
    shown = of(
        replace(asked, case=replace(asked.case, engines=engines, decisions=decisions)),
    )
    assert shown.points
    assert all(point.configuration.prefill for point in shown.points)
    assert any(point.chosen for point in shown.points)


def test_the_plan_is_among_them_and_marked() -> None:
    for asked in (small(), small(priced=True), problem()):
        plan = planned(asked)
        chosen = [point for point in front(asked, plan).points if point.chosen]
        assert [point.configuration.replicas for point in chosen] == [plan.configuration.replicas]


def test_where_the_plan_carries_less_than_the_peak_that_rate_is_compared() -> None:
    asked = problem()
    plan = planned(asked)
    assert plan.estimate.capacity_per_s < asked.case.peak_rate_per_s
    shown = front(asked, plan)
    assert shown.rate_per_s == pytest.approx(plan.estimate.capacity_per_s * BELOW)
    assert shown.points


def test_prices_order_them() -> None:
    shown = of(small(priced=True))
    prices = [point.price_usd_per_s for point in shown.points]
    assert all(price is not None for price in prices)
    assert prices == sorted(price for price in prices if price is not None)


SHARED_OUT = "network = 400 Gbps; price = $1/gpu/h; gpu = cat.gpu.nvidia.l40s"


@pytest.mark.parametrize(
    "desk",
    [
        Desk(pool=f"nodes = 60; {SHARED_OUT}", sla="p95 ttft <= 2s }\n goal = latency\n scale {"),
        Desk(pool=f"nodes in 1..6; {SHARED_OUT}", more="pin { chat.serving = disaggregated }"),
        Desk(pool=f"nodes = 4; {SHARED_OUT}", more="pin { chat.routing = prefix_aware }"),
        Desk(
            pool="nodes in 1..4; instances in [aws.g6e_xlarge, aws.g6e_2xlarge]",
            cloud="aws",
            sla="p95 ttft <= 2s; prefer p95 itl <= 60ms",
        ),
    ],
    ids=["more than are tried", "two kinds", "routing", "two kinds of machines"],
)
def test_the_plan_of_a_file_is_shown_once_and_marked(desk: Desk) -> None:
    found = api.fronts(SourceFile("desk.infer", desk.text))
    ((plan,),) = (item.services for item in found.planned.plans)
    (shown,) = found.fronts
    (point,) = [point for point in shown.points if point.chosen]
    assert point.configuration.replicas == plan.configuration.replicas
    assert point.configuration.accelerators == plan.configuration.accelerators
    assert point.place.instance == plan.service.place.instance
