"""How much is looked at: counted in calls, since clocks differ; and that nothing is lost by it."""

import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import pytest
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import all_settled, pin, problem

from inferc.compiler.model import LanguageModel
from inferc.compiler.plan.candidates import as_far, highest
from inferc.compiler.plan.cheapest import least_cost
from inferc.compiler.plan.nearest import nearest
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Case

BOTH = pin("serving", "aggregated", "disaggregated", operator="in")
CACHES = pin("kv_precision", "fp16", "fp8", operator="in")
EXPERTS = pin("expert_parallel", 1.0, 8.0, operator="in", is_range=True)


def calls(work: Callable[[], object]) -> int:
    """Return how many functions are called."""
    count = 0

    def seen(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def two_kinds(model: LanguageModel, rate: float, ttft_s: float, per_node: int = 8) -> Case:
    """Return a case on a priced node that two kinds of replicas may serve."""
    place = replace(designs.a100_node(per_node=per_node), accelerator=H100_SXM)
    place = replace(place, price_usd_per_s=designs.given(0.001))
    limits = {"ttft": ttft_s, "itl": 0.03}
    found = problem(model, place, rate_per_s=rate, limits_s=limits)
    case = all_settled(found, peak=1.0).case
    engines = tuple(
        replace(item, disaggregation=True, expert_parallel=True, kv_precisions=("fp16", "fp8"))
        for item in case.engines
    )
    return replace(case, engines=engines, decisions=(*case.decisions, BOTH, CACHES, EXPERTS))


def test_pairs_that_cannot_hold_are_not_looked_at_one_by_one() -> None:
    case = two_kinds(MIXTRAL_8X7B, 1e5, 0.5)
    search = Search(case)
    assert search.split is not None
    layouts = sum(1 for shape in search.bases if shape.engine.disaggregation)
    steps = sum(len(search.budgets[id(shape)]) for shape in search.bases)
    load = load_of(case)
    assert not search.holds(load)
    again = replace(load, rate_per_s=load.rate_per_s * 2)
    assert layouts >= 20
    assert calls(lambda: search.holds(again)) < 200 * steps


def test_nearest_changes_of_two_kinds_take_bounded_work() -> None:
    case = two_kinds(MIXTRAL_8X7B, 100.0, 0.5, per_node=4)
    found: list[str] = []

    def work() -> None:
        found.extend(item.field for item in nearest(case))

    assert calls(work) < 3_800_000
    assert {"rate", "nodes"} <= set(found)


@pytest.mark.parametrize("serving", ["aggregated", "disaggregated", "either"])
@pytest.mark.parametrize("rate", [0.5, 6.0, 25.0, 60.0])
def test_the_cheapest_costs_what_the_best_candidate_does(serving: str, rate: float) -> None:
    case = two_kinds(LLAMA_3_8B, rate, 0.3)
    if serving != "either":
        case = replace(case, decisions=(*case.decisions[:-3], pin("serving", serving)))
    search, load = Search(case), load_of(case)
    best = search.candidates(load, load)[0]
    assert best.holds
    assert least_cost(search, load) == pytest.approx(search.spent(best))


def test_what_does_not_hold_costs_without_end() -> None:
    case = two_kinds(LLAMA_3_8B, 1e6, 0.3)
    assert least_cost(Search(case), load_of(case)) == float("inf")


@pytest.mark.parametrize("edge", [3e-6, 0.01, 0.37, 0.99])
def test_how_far_a_plan_is_takes_few_looks(edge: float) -> None:
    """As exact as a tenth needs, and nothing at all that carries no millionth."""
    looks: list[float] = []

    def holds(rate: float) -> bool:
        looks.append(rate)
        return rate <= edge

    near = highest(holds, 1.0, as_far(1.0))
    few = len(looks)
    assert round(1 / near, 1) == round(1 / highest(holds, 1.0), 1) or edge < 1e-4
    assert few < len(looks) - few or edge < 0.1
    looks.clear()
    assert highest(lambda rate: holds(rate * 1e9), 1.0) == 0.0
    assert len(looks) == 2
