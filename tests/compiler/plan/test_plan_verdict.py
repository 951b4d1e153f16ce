"""The three verdicts, flip points, and what never makes them worse."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B
from support.problems import all_settled, line, on_nodes, pi, pin, problem, settled

from inferc.compiler.plan import Plan, ServicePlan, Verdict, build
from inferc.compiler.plan.candidates import highest
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.plan.verdict import alone
from inferc.compiler.problem import Problem

TINY = designs.TINYLLAMA_1_1B
ORDER = [Verdict.INFEASIBLE, Verdict.CONDITIONAL, Verdict.FEASIBLE]


def planned(asked: Problem) -> Plan:
    plan = build("x", (asked,)).plan
    assert plan is not None
    return plan


def only_service(asked: Problem) -> ServicePlan:
    return planned(asked).services[0]


def verdict(asked: Problem) -> Verdict:
    return planned(asked).verdict


def quick_verdict(asked: Problem) -> Verdict:
    return alone(asked).verdict()


def test_the_examples() -> None:
    assert verdict(designs.support_chat_problem()) is Verdict.CONDITIONAL
    assert verdict(designs.impossible_pi_problem()) is Verdict.INFEASIBLE


def test_a_small_model_on_the_board() -> None:
    assert verdict(pi(TINY, rate_per_s=1 / 3600, ttft_s=600)) is not Verdict.INFEASIBLE
    assert verdict(pi(TINY, rate_per_s=1e6, ttft_s=600)) is Verdict.INFEASIBLE


@pytest.mark.parametrize(
    ("peak", "prompt", "output", "expected"),
    [
        (4, 500, 250, Verdict.INFEASIBLE),
        (2, 200, 100, Verdict.INFEASIBLE),  # 56 % of the peak, sustained
        (1.25, 200, 100, Verdict.FEASIBLE),
    ],
)
def test_the_first_example_with_everything_stated(
    peak: float, prompt: float, output: float, expected: Verdict
) -> None:
    asked = all_settled(designs.support_chat_problem(), peak=peak, prompt=prompt, output=output)
    assert verdict(asked) is expected


def test_with_nothing_unknown_there_is_nothing_conditional() -> None:
    for peak in (1, 2, 3, 5):
        assert quick_verdict(all_settled(problem(), peak=peak)) is not Verdict.CONDITIONAL


CASES = {
    "example": designs.support_chat_problem(),
    "one accelerator": problem(LLAMA_3_8B, designs.a100_node(per_node=1), rate_per_s=2),
    "two nodes": on_nodes(problem(), 2),
    "peak known": settled(problem(), peak=2.0),
    "only the prompt unknown": settled(problem(), peak=1.5, output=100.0),
    "two limits": problem(limits_s={"ttft": 0.4, "tpot": 0.05}),
    "board": pi(TINY, rate_per_s=1 / 3600, ttft_s=600),
}


@pytest.mark.parametrize("name", CASES)
def test_each_flip_point_separates_two_verdicts(name: str) -> None:
    asked = CASES[name]
    plan = only_service(asked)
    for assumption in plan.assumptions:
        quantity = assumption.unknown.quantity.name.lower()
        for flip in assumption.flips:
            assert flip.below is not flip.above
            assert quick_verdict(settled(asked, **{quantity: flip.at * 0.98})) is flip.below
            assert quick_verdict(settled(asked, **{quantity: flip.at * 1.02})) is flip.above
    assert any(assumption.flips for assumption in plan.assumptions)


@pytest.mark.parametrize("name", CASES)
def test_holds_up_to_is_where_planned_values_stop_holding(name: str) -> None:
    asked = CASES[name]
    for assumption in only_service(asked).assumptions:
        quantity = assumption.unknown.quantity.name.lower()
        edge = assumption.holds_up_to
        if edge:
            assert quick_verdict(all_settled(asked, **{quantity: edge * 0.98})) is Verdict.FEASIBLE
            above = all_settled(asked, **{quantity: edge * 1.02})
            assert quick_verdict(above) is Verdict.INFEASIBLE


def test_the_envelope_is_where_the_peak_stops_holding() -> None:
    asked = problem()
    rows = only_service(asked).envelope
    assert any(row.holds_up_to_peak > 1 for row in rows)
    for row in rows:
        lengths = {"prompt": row.prompt_mean_tok, "output": row.output_mean_tok}
        if row.holds_up_to_peak:
            below = all_settled(asked, peak=row.holds_up_to_peak * 0.99, **lengths)
            above = all_settled(asked, peak=row.holds_up_to_peak * 1.01, **lengths)
            assert quick_verdict(below) is Verdict.FEASIBLE
            assert quick_verdict(above) is Verdict.INFEASIBLE
        else:
            assert quick_verdict(all_settled(asked, peak=1.0, **lengths)) is Verdict.INFEASIBLE


def test_feasible_plans_hold_at_the_hardest_corner() -> None:
    easy = on_nodes(problem(LLAMA_3_8B, rate_per_s=1), 4)
    plan = planned(easy)
    assert plan.verdict is Verdict.FEASIBLE
    chosen = plan.services[0].configuration
    pinned = replace(
        easy.case,
        decisions=(
            *easy.case.decisions,
            pin("tensor_parallel", chosen.tensor_parallel),
            pin("pipeline_parallel", chosen.pipeline_parallel),
            pin("replicas", chosen.replicas),
            pin("max_num_seqs", chosen.max_num_seqs),
            pin("max_num_batched_tokens", chosen.max_num_batched_tokens),
        ),
    )
    assert Search(pinned).holds(load_of(easy.hardest()))
    assert Search(pinned).holds(load_of(easy.case))


PROBLEMS = st.builds(
    lambda model, rate, ttft, nodes: on_nodes(
        problem(model, rate_per_s=rate, limits_s={"ttft": ttft}), nodes
    ),
    model=st.sampled_from([TINY, LLAMA_3_8B, designs.LLAMA_3_70B]),
    rate=st.floats(0.05, 400),
    ttft=st.floats(0.03, 3),
    nodes=st.sampled_from([1, 2, 4]),
)


def changed_hardware(asked: Problem, **factors: float) -> Problem:
    place = asked.case.place
    gpu = place.accelerator
    if "memory" in factors:
        more = designs.fact(gpu.memory_bytes.value * factors["memory"])
        gpu = replace(gpu, memory_bytes=more)
    if "bandwidth" in factors:
        more = designs.fact(gpu.bandwidth_bytes_per_s.value * factors["bandwidth"])
        gpu = replace(gpu, bandwidth_bytes_per_s=more)
    if "compute" in factors:
        peaks = {k: designs.fact(v.value * factors["compute"]) for k, v in gpu.flop_per_s.items()}
        gpu = replace(gpu, flop_per_s=peaks)
    if "link" in factors:
        assert gpu.link is not None
        more = designs.fact(gpu.link.bandwidth_bytes_per_s.value * factors["link"])
        gpu = replace(gpu, link=replace(gpu.link, bandwidth_bytes_per_s=more))
    place = replace(place, accelerator=gpu)
    return replace(asked, case=replace(asked.case, place=place))


@settings(max_examples=25, deadline=None)
@given(
    asked=PROBLEMS,
    factor=st.floats(1.01, 4),
    what=st.sampled_from(["memory", "bandwidth", "compute", "link"]),
)
def test_better_hardware_never_makes_a_verdict_worse(
    asked: Problem, factor: float, what: str
) -> None:
    better = changed_hardware(asked, **{what: factor})
    assert ORDER.index(quick_verdict(better)) >= ORDER.index(quick_verdict(asked))


@settings(max_examples=25, deadline=None)
@given(asked=PROBLEMS)
def test_half_the_accelerators_never_make_a_verdict_better(asked: Problem) -> None:
    place = asked.case.place
    halved = replace(asked, case=replace(asked.case, place=replace(place, per_node=4)))
    assert ORDER.index(quick_verdict(halved)) <= ORDER.index(quick_verdict(asked))
    assert ORDER.index(quick_verdict(asked)) <= ORDER.index(
        quick_verdict(on_nodes(asked, 2 * place.nodes.value))
    )


@settings(max_examples=25, deadline=None)
@given(asked=PROBLEMS, factor=st.floats(1.01, 4))
def test_a_looser_sla_or_a_lower_rate_never_makes_a_verdict_worse(
    asked: Problem, factor: float
) -> None:
    before = ORDER.index(quick_verdict(asked))
    limit = asked.case.objectives[0].limit.value * factor
    looser = replace(asked, case=replace(asked.case, objectives=(line("ttft", limit),)))
    assert ORDER.index(quick_verdict(looser)) >= before
    calmer = replace(asked, case=replace(asked.case, rate_per_s=asked.case.rate_per_s / factor))
    assert ORDER.index(quick_verdict(calmer)) >= before


def test_names_decide_nothing() -> None:
    asked = designs.support_chat_problem()
    renamed = replace(
        asked,
        case=replace(
            asked.case,
            service="zebra",
            place=replace(asked.case.place, path="other.place"),
            model=replace(asked.case.model, id="mine", title="Mine", repository=""),
        ),
    )
    first, second = only_service(asked), only_service(renamed)
    assert first.configuration == second.configuration
    assert first.estimate == second.estimate
    assert [a.flips for a in first.assumptions] == [a.flips for a in second.assumptions]


def test_the_same_problem_has_the_same_plan() -> None:
    asked = designs.support_chat_problem()
    assert build("a", (asked,)) == build("a", (asked,))


def test_another_generation_carries_more() -> None:
    slow = problem()
    fast = replace(
        slow, case=replace(slow.case, place=replace(slow.case.place, accelerator=H100_SXM))
    )
    load = load_of(slow.case)

    def capacity(asked: Problem) -> float:
        search = Search(asked.case)
        return highest(lambda rate: search.holds(replace(load, rate_per_s=rate)), 1.0)

    assert capacity(fast) > 1.5 * capacity(slow)
