"""Refusals: what they list, say and propose; services that share a place; pages."""

import re
from dataclasses import replace
from importlib.resources import files

import pytest
from support import designs
from support.machines import LLAMA_3_8B
from support.problems import all_settled, line, on_nodes, pi, problem

from inferc import api
from inferc.compiler.plan import Outcome, Plan, Refusal, Verdict, build
from inferc.compiler.plan.relax import with_nodes
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Case, Problem
from inferc.dsl import Diagnostic, SourceFile

TINY = designs.TINYLLAMA_1_1B


def plan_in(outcome: Outcome) -> Plan:
    assert outcome.plan is not None
    return outcome.plan


def refused(asked: Problem) -> tuple[Refusal, tuple[Diagnostic, ...]]:
    outcome = build("x", (asked,))
    plan = plan_in(outcome)
    assert plan.verdict is Verdict.INFEASIBLE
    (refusal,) = plan.refusals
    return refusal, outcome.diagnostics


def holds(case: Case) -> bool:
    return Search(case).holds(load_of(case))


def test_each_bound_is_a_diagnostic_with_its_arithmetic() -> None:
    refusal, found = refused(designs.impossible_pi_problem())
    assert [item.code for item in found] == [bound.code for bound in refusal.bounds]
    for item, bound in zip(found, refusal.bounds, strict=True):
        assert bound.formula in item.notes
        assert any(note.startswith("need ") and ", have " in note for note in item.notes)
        assert item.span is not None
    assert found[0].help
    assert not any(item.help for item in found[1:])


def test_another_model_is_proposed_where_the_weights_can_never_fit() -> None:
    refusal, found = refused(designs.impossible_pi_problem())
    assert [item.field for item in refusal.nearest] == ["model", "p95 ttft", "rate"]
    assert "change together: model from Llama 3 70B Instruct to Llama 3.2 1B" in found[0].help


def test_no_change_helps_a_model_of_ones_own_that_can_never_fit() -> None:
    own = replace(designs.LLAMA_3_70B, id="ours")
    refusal, found = refused(designs.impossible_pi_problem(own))
    assert refusal.nearest == ()
    assert "change `on` or `model`" in found[0].help


def test_more_nodes_are_proposed_and_are_the_fewest() -> None:
    asked = all_settled(problem(), peak=4, prompt=300, output=150)
    refusal, _ = refused(asked)
    change = next(item for item in refusal.nearest if item.field == "nodes")
    count = int(change.proposed)
    assert holds(with_nodes(asked.case, count))
    assert not holds(with_nodes(asked.case, count - 1))


def test_a_longer_limit_is_proposed_and_is_the_shortest() -> None:
    asked = all_settled(problem(limits_s={"ttft": 0.05}), peak=1, prompt=200, output=100)
    refusal, found = refused(asked)
    assert [item.code for item in found] == ["INF410"]
    change = next(item for item in refusal.nearest if item.field == "p95 ttft")
    limit_s = float(change.proposed.removesuffix(" ms")) / 1000
    for factor, expected in ((1.02, True), (0.98, False)):
        eased = replace(asked.case, objectives=(line("ttft", limit_s * factor),))
        assert holds(eased) is expected


def test_a_refusal_without_bounds_shows_the_nearest_configuration() -> None:
    asked = all_settled(problem(limits_s={"ttft": 0.05}), peak=1, prompt=200, output=100)
    refusal, _ = refused(asked)
    assert refusal.bounds == ()
    assert refusal.configuration is not None
    assert refusal.best_effort[0].ratio > 1


def test_what_must_change_together_holds_together() -> None:
    refusal, found = refused(designs.impossible_pi_problem(TINY))
    fields = [item.field for item in refusal.nearest]
    assert fields == ["p95 ttft", "rate"]
    assert all("together" in item.effect for item in refusal.nearest)
    assert found[0].help.startswith("change together")


def test_a_lower_rate_is_proposed_where_the_rate_is_what_fails() -> None:
    refusal, _ = refused(pi(TINY, rate_per_s=1e6, ttft_s=600))
    assert [item.field for item in refusal.nearest] == ["rate"]


def test_a_narrower_precision_is_proposed_where_it_helps() -> None:
    asked = all_settled(problem(place=designs.a100_node(per_node=1), rate_per_s=0.2), peak=1)
    refusal, _ = refused(asked)
    change = next(item for item in refusal.nearest if item.field == "precision")
    assert (change.current, change.proposed) == ("fp16", "int8")


def shared(first: Problem, second: Problem) -> Outcome:
    """Return two services on one place."""
    other = replace(
        second,
        case=replace(second.case, service="other"),
        service=replace(second.service, name="other"),
    )
    return build("x", (first, other))


def test_a_service_refused_for_its_neighbour_is_told_what_it_needs_beside_it() -> None:
    """Eight accelerators for each of two: the second node is what is missing."""
    large = all_settled(problem(), peak=1.25, prompt=200, output=100)
    for refusal in plan_in(shared(large, large)).refusals:
        change = next(item for item in refusal.nearest if item.field == "nodes")
        assert (change.current, change.proposed) == ("1", "2")


def test_services_on_one_place_share_its_accelerators() -> None:
    small = all_settled(problem(LLAMA_3_8B, rate_per_s=5), peak=1, prompt=200, output=100)
    outcome = shared(small, small)
    assert plan_in(outcome).verdict is Verdict.FEASIBLE
    used = [item.configuration.accelerators for item in plan_in(outcome).services]
    assert sum(used) <= 8


def test_wishes_of_one_service_leave_the_other_what_it_needs() -> None:
    """Both would rather have faster tokens on more accelerators; together they get eight."""
    wish = designs.objective("itl", 0.006, "prefer p95 itl <= 60ms", hard=False)
    base = all_settled(problem(LLAMA_3_8B, rate_per_s=5), peak=1, prompt=200, output=100)
    eager = replace(base, case=replace(base.case, objectives=(*base.case.objectives, wish)))
    alone = plan_in(build("x", (eager,))).services[0].configuration.accelerators
    plans = plan_in(shared(eager, eager)).services
    used = [item.configuration.accelerators for item in plans]
    assert 2 * alone > 8
    assert sum(used) <= 8
    assert all(item.margins[0].ratio <= 1 for item in plans)
    assert all(item.autoscale.max_replicas == item.configuration.replicas for item in plans)


def test_two_services_that_each_need_the_whole_place_are_refused() -> None:
    large = all_settled(problem(), peak=1.25, prompt=200, output=100)
    assert plan_in(build("x", (large,))).verdict is Verdict.FEASIBLE
    assert plan_in(shared(large, large)).verdict is Verdict.INFEASIBLE
    twice = on_nodes(large, 2)
    assert plan_in(shared(twice, twice)).verdict is Verdict.FEASIBLE


def test_a_refused_service_does_not_hide_the_others() -> None:
    small = all_settled(problem(LLAMA_3_8B, rate_per_s=5), peak=1, prompt=200, output=100)
    plan = plan_in(build("x", (small, designs.impossible_pi_problem())))
    assert [item.service.name for item in plan.services] == ["chat"]
    assert len(plan.refusals) == 1
    assert plan.verdict is Verdict.INFEASIBLE


PAGES = files("inferc.compiler.plan") / "pages"
CODES = sorted(page.name.removesuffix(".md") for page in PAGES.iterdir())
HEADINGS = ["What it means", "Example", "How to fix it", "Why the compiler checks it"]


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_its_headings_and_its_example_provokes_it(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[:4] == HEADINGS
    block = re.search(r"```infer\n(.*?)```", text, re.DOTALL)
    if block:
        found = api.plan(SourceFile("page.infer", block.group(1))).diagnostics
        own = [item for item in found if item.code == code]
        assert own
        assert text.startswith(f"# {code} {own[0].slug}\n")
