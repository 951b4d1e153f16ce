"""What a plan says beside its verdict: margins, memory, scaling, choices and their losers."""

from dataclasses import replace

import pytest
from support import designs
from support.machines import LLAMA_3_8B
from support.pools import nodes_of
from support.problems import all_settled, on_nodes, pi, pin, problem

from inferc.compiler.plan import Plan, ServicePlan, Verdict, build
from inferc.compiler.problem import Problem

FIELDS = [
    "engine",
    "precision",
    "kv_precision",
    "tensor_parallel",
    "pipeline_parallel",
    "replicas",
    "routing",
    "max_num_seqs",
    "max_num_batched_tokens",
]


def plan_of(asked: Problem) -> ServicePlan:
    return whole_plan(asked).services[0]


def whole_plan(asked: Problem) -> Plan:
    plan = build("x", (asked,)).plan
    assert plan is not None
    return plan


@pytest.fixture(scope="module")
def example() -> ServicePlan:
    return plan_of(designs.support_chat_problem())


def test_memory_adds_up(example: ServicePlan) -> None:
    memory = example.estimate.memory
    spent = memory.weights_bytes + memory.activation_bytes + memory.runtime_bytes
    assert spent + memory.kv_cache_bytes == pytest.approx(memory.usable_bytes)
    assert memory.usable_bytes == pytest.approx(0.9 * memory.total_bytes)
    assert memory.kv_cache_tok % 16 == 0


def test_a_model_of_70b_is_sharded(example: ServicePlan) -> None:
    assert example.configuration.tensor_parallel in {2, 4, 8}
    assert example.configuration.accelerators <= 8
    assert example.weights_bytes == pytest.approx(141.1e9, rel=0.001)


def test_capacity_is_the_rate_at_which_the_sla_stops_holding(example: ServicePlan) -> None:
    chosen, capacity = example.configuration, example.estimate.capacity_per_s
    pins = tuple(pin(field, getattr(chosen, field)) for field in FIELDS[2:])
    for factor, verdict in ((0.99, Verdict.FEASIBLE), (1.01, Verdict.INFEASIBLE)):
        stated = all_settled(
            problem(rate_per_s=capacity * factor, decisions=pins),
            peak=1,
            prompt=designs.support_chat_problem().case.prompt_mean_tok,
            output=designs.support_chat_problem().case.output_mean_tok,
        )
        assert whole_plan(stated).verdict is verdict


def test_every_choice_is_there_with_reasons(example: ServicePlan) -> None:
    assert [item.path for item in example.choices] == [f"chat.{field}" for field in FIELDS]
    for choice in example.choices:
        assert choice.reason
        assert choice.value not in {loser.value for loser in choice.alternatives}
        assert all(loser.reason for loser in choice.alternatives)
    assert {item.path: item.owner for item in example.choices}["chat.precision"] == "given"


def test_losers_of_tensor_parallelism_have_numbers(example: ServicePlan) -> None:
    losers = {
        item.value: item
        for choice in example.choices
        if choice.path == "chat.tensor_parallel"
        for item in choice.alternatives
    }
    assert losers
    for loser in losers.values():
        assert any(character.isdigit() for character in loser.reason)
        assert loser.ratio is None or loser.ratio > 0


def test_weights_that_do_not_fit_one_accelerator_are_named() -> None:
    """With one stage, one accelerator cannot hold 70B in 16 bits; two can."""
    plan = plan_of(problem(decisions=(pin("pipeline_parallel", 1.0),)))
    losers = {
        item.value: item.reason
        for choice in plan.choices
        if choice.path == "chat.tensor_parallel"
        for item in choice.alternatives
    }
    assert "weights" in losers["1"]


def test_a_pin_owns_its_choice() -> None:
    plan = plan_of(problem(decisions=(pin("tensor_parallel", 8.0),)))
    choice = next(item for item in plan.choices if item.path == "chat.tensor_parallel")
    assert (choice.value, choice.owner, choice.alternatives) == ("8", "pin", ())
    assert "change freeze" in choice.reason


def test_margins_are_predicted_over_limit(example: ServicePlan) -> None:
    assert [item.objective.metric for item in example.margins] == ["ttft", "itl"]
    for margin in example.margins:
        assert margin.ratio == pytest.approx(margin.predicted / margin.objective.limit.value)
    assert example.margins[0].predicted == pytest.approx(example.estimate.ttft_s["p95"])
    assert example.margins[1].predicted == pytest.approx(example.estimate.itl_s["p95"])


def test_replicas_scale_between_mean_and_place() -> None:
    asked = on_nodes(problem(LLAMA_3_8B, rate_per_s=40), 1)
    plan = plan_of(asked)
    scale = plan.autoscale
    assert 1 <= scale.min_replicas <= plan.configuration.replicas <= scale.max_replicas
    assert scale.max_replicas * plan.configuration.tensor_parallel <= 8
    assert scale.threshold >= 1
    assert scale.scale_down_stabilisation_s >= 300
    mean_only = all_settled(problem(LLAMA_3_8B, rate_per_s=40), peak=1)
    assert plan_of(mean_only).configuration.replicas <= plan.configuration.replicas


def test_a_stricter_limit_lets_fewer_wait() -> None:
    loose = plan_of(problem(LLAMA_3_8B, limits_s={"ttft": 2.0}))
    strict = plan_of(problem(LLAMA_3_8B, limits_s={"ttft": 0.15}))
    assert strict.autoscale.threshold <= loose.autoscale.threshold


def test_a_pod_starts_as_fast_as_its_weights_are_read(example: ServicePlan) -> None:
    coefficients = designs.VLLM_COEFFICIENTS
    reading_s = example.weights_bytes / coefficients["load_bytes_per_s"]
    assert example.load_time_s == pytest.approx(coefficients["start_s"] + reading_s)


def test_the_context_fits_model_cache_and_long_requests() -> None:
    asked = problem(LLAMA_3_8B)
    plan = plan_of(asked)
    assert plan.max_model_len <= LLAMA_3_8B.context
    assert plan.max_model_len <= plan.estimate.memory.kv_cache_tok
    short = all_settled(asked, prompt=100, output=50)
    assert plan_of(short).max_model_len == 2048


def test_a_board_holds_one_sequence_an_hour() -> None:
    plan = plan_of(pi(designs.TINYLLAMA_1_1B, rate_per_s=1 / 3600, ttft_s=600))
    assert plan.configuration.engine == "llama_cpp"
    assert plan.configuration.accelerators == 1
    # two FLOP a parameter and prompt token at 57.6 GFLOP/s, at best
    assert plan.estimate.ttft_s["mean"] > 2 * 1.03e9 * 100 / 57.6e9


def test_a_price_is_that_of_all_accelerators() -> None:
    asked = problem()
    priced = replace(asked.case.place, price_usd_per_s=designs.fact(0.001))
    plan = plan_of(replace(asked, case=replace(asked.case, place=priced)))
    assert plan.price_usd_per_s == pytest.approx(0.001 * plan.configuration.accelerators)
    assert plan_of(asked).price_usd_per_s is None


def test_whole_nodes_cost_alike_however_few_replicas_fit_on_one() -> None:
    """Nodes of ten in link domains of five have room for two replicas of three, not for three."""
    odd = replace(LLAMA_3_8B, heads=30, kv_heads=6, head_dim=128)
    place = nodes_of(8, 10, least=1, usd_per_hour=1.0)
    place = replace(place, accelerator=replace(place.accelerator, link_domain=5))
    pins = (pin("tensor_parallel", 3), pin("pipeline_parallel", 1), pin("replicas", 6))
    plan = plan_of(all_settled(problem(odd, place, rate_per_s=20.0, decisions=pins), peak=1.0))
    assert plan.cost is not None
    assert plan.service.place.nodes.value == 3
    assert plan.price_usd_per_s == pytest.approx(30.0 / 3600.0)
    assert plan.cost.peak_usd_per_s == pytest.approx(30.0 / 3600.0)


def test_wishes_come_before_hardware() -> None:
    """A wish that costs accelerators is granted: the place has them."""
    base = on_nodes(all_settled(problem(LLAMA_3_8B, rate_per_s=5), peak=1), 1)
    wish = designs.objective("itl", 0.006, "prefer p95 itl <= 60ms", hard=False)
    wished = replace(base, case=replace(base.case, objectives=(*base.case.objectives, wish)))
    plain, fast = plan_of(base), plan_of(wished)
    assert fast.estimate.itl_s["p95"] < plain.estimate.itl_s["p95"]
    assert fast.configuration.accelerators > plain.configuration.accelerators
