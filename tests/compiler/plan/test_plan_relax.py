"""Nearest changes: each makes the problem hold when it is applied, the nearest stand first."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import LLAMA_3_8B
from support.pools import nodes_of
from support.problems import all_settled, on_nodes, pi, problem

from inferc import api
from inferc.compiler.model import Place
from inferc.compiler.model.catalog import accelerator_at, language_model_at, place_of
from inferc.compiler.model.market import cheapest_with, offer, siblings
from inferc.compiler.plan import Verdict, build
from inferc.compiler.plan.nearest import nearest, tried
from inferc.compiler.plan.relax import ALONE, TOGETHER, Tried, price_of
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Problem
from inferc.dsl import SourceFile

TINY = designs.TINYLLAMA_1_1B
LLAMA = language_model_at("models.meta.llama_3_70b_instruct") or designs.LLAMA_3_70B


def refused(**parts: float) -> Problem:
    return all_settled(problem(), **({"peak": 4, "prompt": 500, "output": 250} | parts))


def planned_with(asked: Problem, item: Tried) -> Verdict:
    """Return the verdict of the problem with a change applied."""
    service = replace(
        asked.service,
        place=item.case.place,
        places=item.case.places,
        model=item.case.model,
        engines=item.case.engines,
    )
    plan = build("x", (replace(asked, case=item.case, service=service),)).plan
    assert plan is not None
    return plan.verdict


def fields(items: tuple[Tried, ...]) -> list[str]:
    return [item.change.field for item in items]


CASES = {
    "too much load": refused(),
    "a short limit": all_settled(problem(limits_s={"ttft": 0.05}), peak=1, prompt=200, output=100),
    "two limits": all_settled(
        problem(limits_s={"ttft": 0.2, "tpot": 0.001}), peak=1, prompt=300, output=100
    ),
    "one accelerator": all_settled(
        problem(LLAMA, designs.a100_node(per_node=1), rate_per_s=0.2), peak=1
    ),
    "a board": pi(TINY, rate_per_s=1e6, ttft_s=600),
    "a model that can never fit": designs.impossible_pi_problem(),
}


@pytest.mark.parametrize("name", CASES)
def test_each_change_that_does_alone_makes_it_hold(name: str) -> None:
    asked = CASES[name]
    found = tried(asked.case)
    assert found
    alone = [item for item in found if item.change.effect != TOGETHER]
    for item in alone:
        assert Search(item.case).holds(load_of(item.case)), item.change
        assert planned_with(asked, item) is not Verdict.INFEASIBLE, item.change


@pytest.mark.parametrize("name", CASES)
def test_changes_that_do_together_hold_once_all_are_made(name: str) -> None:
    asked = CASES[name]
    found = tried(asked.case)
    if found[0].change.effect == TOGETHER:
        assert {item.change.effect for item in found} == {TOGETHER}
        assert planned_with(asked, found[-1]) is not Verdict.INFEASIBLE


def test_what_must_change_together_takes_all_the_hardware_that_is_there() -> None:
    """Eight nodes carry eight times the rate of one, once limits are as long as they must be."""
    limits = {"ttft": 0.01, "tpot": 0.001}
    one, eight = (
        tried(
            all_settled(
                problem(LLAMA_3_8B, pool, rate_per_s=100_000, limits_s=limits),
                peak=1.0,
                prompt=200.0,
                output=100.0,
            ).case
        )[-1]
        for pool in (nodes_of(1, 1), nodes_of(8, 1))
    )
    assert one.change.field == eight.change.field == "rate"
    assert eight.case.rate_per_s == pytest.approx(8 * one.case.rate_per_s, rel=0.01)


@settings(max_examples=8, deadline=None)
@given(
    rate=st.floats(5, 100),
    nodes=st.integers(1, 2),
    ttft_s=st.floats(0.05, 1.0),
    stated=st.fixed_dictionaries(
        {"peak": st.floats(1, 4), "prompt": st.floats(50, 2000), "output": st.floats(20, 400)}
    ),
)
def test_any_refused_problem_holds_with_any_of_its_changes(
    rate: float, nodes: int, ttft_s: float, stated: dict[str, float]
) -> None:
    asked = problem(LLAMA_3_8B, rate_per_s=rate, limits_s={"ttft": ttft_s})
    asked = on_nodes(all_settled(asked, **stated), nodes)
    if Search(asked.case).holds(load_of(asked.case)):
        return
    for item in tried(asked.case):
        if item.change.effect != TOGETHER:
            assert Search(item.case).holds(load_of(item.case)), item.change


def test_the_nearest_stand_first() -> None:
    factors = [item.change.factor for item in tried(refused().case)]
    assert len(factors) > 3
    assert factors == sorted(factors)
    assert all(factor > 1 for factor in factors)


def test_a_smaller_model_of_the_same_maker_is_proposed() -> None:
    asked = CASES["one accelerator"]
    models = [item for item in tried(asked.case) if item.change.field == "model"]
    assert models
    for item in models:
        assert item.case.model.id.startswith("models.meta.")
        assert item.case.model.parameters.value < LLAMA.parameters.value
    assert {model.id.split(".")[1] for model in siblings(LLAMA.id)} == {"meta"}
    assert siblings("models.tinyllama_1_1b_chat") == ()
    assert siblings("ours") == ()


def test_other_accelerators_are_proposed_with_the_price_they_are_rented_at() -> None:
    gpu = accelerator_at("gpu.nvidia.l4", 1)
    assert gpu is not None
    place = place_of(gpu, per_node=1, nodes=1)
    asked = all_settled(
        problem(LLAMA_3_8B, place, rate_per_s=8.0, limits_s={"ttft": 0.5}),
        peak=1,
        prompt=500,
        output=200,
    )
    swaps = [item for item in tried(asked.case) if item.change.field == "hardware"]
    assert len(swaps) == 2
    for item in swaps:
        rented = cheapest_with(item.case.place.accelerator.id)
        price = item.change.price_usd_per_s
        if rented is None or rented.price_usd_per_s is None:
            assert price is None
        else:
            assert price == pytest.approx(rented.price_usd_per_s.value)
            assert rented.path in item.change.effect


def on_aws(count: int = 1) -> Place:
    """Return machines of a cloud at a known price."""
    found = offer("instance.aws.g6_xlarge")
    assert found is not None
    return replace(found, path="aws.gpu", nodes=designs.given(float(count)))


def test_changes_on_priced_hardware_say_what_they_cost() -> None:
    asked = all_settled(
        problem(LLAMA_3_8B, on_aws(), rate_per_s=20.0), peak=1, prompt=500, output=200
    )
    found = tried(asked.case)
    assert {"nodes", "count"} & set(fields(found))
    assert "instances" in fields(found)
    for item in found:
        assert item.change.price_usd_per_s is not None
        assert item.change.price_usd_per_s > 0
    nodes = next(item for item in found if item.change.field in {"nodes", "count"})
    each = asked.case.place.price_usd_per_s
    assert each is not None
    assert nodes.change.price_usd_per_s == pytest.approx(each.value * int(nodes.change.proposed))
    assert nodes.change.price_usd_per_s == pytest.approx(price_of(nodes.case))


def test_other_machines_of_the_cloud_are_as_few_as_hold() -> None:
    asked = all_settled(
        problem(LLAMA_3_8B, on_aws(), rate_per_s=20.0), peak=1, prompt=500, output=200
    )
    machines = [item for item in tried(asked.case) if item.change.field == "instances"]
    assert machines
    kinds = [item.case.place.accelerator.id for item in machines]
    assert len(kinds) == len(set(kinds))
    for item in machines:
        count = int(item.change.proposed.partition(" x ")[0])
        assert item.case.place.nodes.value == count
        if count > 1:
            fewer = replace(
                item.case, place=replace(item.case.place, nodes=designs.given(count - 1.0))
            )
            assert not Search(fewer).holds(load_of(fewer))


THROUGHPUT = """infer 1
import std.catalog as cat
topology t {
  cluster dc {
    platform = kubernetes
    pool gpu { nodes = 1; gpu = cat.gpu.nvidia.l4 }
  }
  service chat {
    model = cat.models.meta.llama_3_1_8b_instruct
    on    = dc.gpu
    load { rate = 1 req/min; prompt_tokens = 200; output_tokens = 100; peak = 1x }
    sla { throughput >= 50k tok/s }
  }
}
"""


def test_less_throughput_is_proposed_where_a_line_asks_for_too_much() -> None:
    (plan,) = api.plan(SourceFile("t.infer", THROUGHPUT)).plans
    assert plan.verdict is Verdict.INFEASIBLE
    change = next(c for c in plan.refusals[0].nearest if c.field == "throughput")
    assert change.effect.startswith(ALONE)
    less = THROUGHPUT.replace("50k tok/s", change.proposed.replace(",", ""))
    (plan,) = api.plan(SourceFile("t.infer", less)).plans
    assert plan.verdict is not Verdict.INFEASIBLE


def test_a_board_is_refused_quickly() -> None:
    """Everything is read by now but the catalog's boards; the limit is generous."""
    import time

    start = time.perf_counter()
    nearest(designs.impossible_pi_problem(TINY).case)
    assert time.perf_counter() - start < 3.0
