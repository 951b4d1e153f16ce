"""The search against brute force, and what pins do to it."""

from dataclasses import replace
from itertools import product
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import on_nodes, pin, problem

from inferc.compiler.model import Decision, LanguageModel, Place
from inferc.compiler.perf import Configuration
from inferc.compiler.perf.coefficients import coefficients_of
from inferc.compiler.perf.demand import demand_of
from inferc.compiler.perf.estimate import kv_needed_tok, predicted_s, sequences_needed
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER
from inferc.compiler.perf.operation import operate
from inferc.compiler.plan import Verdict, build
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.plan.space import Shape
from inferc.compiler.problem import Case, Problem
from inferc.compiler.provenance import Origin

TINY = designs.TINYLLAMA_1_1B


Key: TypeAlias = tuple[float, ...]


def brute_force(asked: Problem) -> tuple[Key, tuple[int, int, int, int]] | None:
    """Return the best configuration by looking at each one in turn, and whether it holds.

    None of the search's shortcuts: every layout, every number of replicas, every limit.
    """
    case, hardest = asked.case, asked.hardest()
    engine = case.engines[0]
    best: tuple[Key, tuple[int, int, int, int]] | None = None
    for tensor, pipeline, budget_exp, seqs_exp in product(
        range(1, 9), (1, 2, 4, 8, 16, 32), range(9, 14), range(11)
    ):
        budget, sequences = 2**budget_exp, 2**seqs_exp
        if case.model.heads % tensor or tensor * pipeline > case.place.accelerators:
            continue
        if case.model.kv_heads % tensor and tensor % case.model.kv_heads:
            continue
        if pipeline > case.model.layers or sequences > budget:
            continue
        shape = Shape(
            engine=engine,
            model=case.model,
            place=case.place,
            precision="fp16",
            tensor=tensor,
            pipeline=pipeline,
            memory_share=0.9,
        )
        kv_tok = shape.memory(sequences, budget).kv_cache_tok
        if kv_tok <= 0:
            continue
        for replicas in range(1, shape.replicas_that_fit(case.place.accelerators) + 1):
            planned = standing(case, shape, (budget, sequences, kv_tok, replicas))
            worst = standing(hardest, shape, (budget, sequences, kv_tok, replicas))
            if planned is None:
                continue
            key: Key = (
                worst is None,
                *(not met for met in planned[1]),
                -BYTES_PER_PARAMETER["fp16"],
                replicas * tensor * pipeline,
                round(planned[0], 3),
                pipeline,
                tensor,
                budget,
                sequences,
            )
            if best is None or key < best[0]:
                best = (key, (tensor, pipeline, replicas, budget))
    return best


def standing(
    case: Case, shape: Shape, limits: tuple[int, int, float, int]
) -> tuple[float, list[bool]] | None:
    """Return the tightest ratio and the wishes met, or None where the SLA does not hold."""
    budget, sequences, kv_tok, replicas = limits
    demand = demand_of(
        case.prompt_mean_tok,
        case.prompt_p95_over_mean,
        case.output_mean_tok,
        case.output_p95_over_mean,
    )
    if case.prompt_mean_tok + case.output_mean_tok > case.model.context:
        return None
    known = coefficients_of(shape.engine, case.place.accelerator)
    frontend_s = known["frontend_s"] + known["frontend_tok_s"] * case.prompt_mean_tok
    found = operate(shape.stage, demand, case.peak_rate_per_s / replicas, budget, frontend_s)
    if not found.stable or sequences_needed(found) > sequences:
        return None
    if kv_needed_tok(found, demand, 16) > kv_tok:
        return None
    ratios = {}
    for line in case.objectives:
        value = predicted_s(found, demand, line.metric, line.percentile)
        assert value is not None
        ratios[line] = value / line.limit.value
    if any(ratio > 1 for line, ratio in ratios.items() if line.hard):
        return None
    return max(ratios.values()), [ratio <= 1 for line, ratio in ratios.items() if not line.hard]


def with_memory(place: Place, gib: float) -> Place:
    """Return ``place`` with so much memory on each accelerator."""
    memory = designs.fact(gib * designs.GIB)
    return replace(place, accelerator=replace(place.accelerator, memory_bytes=memory))


@pytest.mark.parametrize("gib", [18.5, 19.0, 19.5])
def test_shorter_steps_are_tried_where_longer_ones_leave_no_cache(gib: float) -> None:
    """Steps of 8192 tokens take a gigabyte more than those of 2048: all that weights leave."""
    asked = problem(
        LLAMA_3_8B,
        with_memory(designs.a100_node(per_node=1), gib),
        rate_per_s=0.05,
        limits_s={"ttft": 5.0},
    )
    search, load = Search(asked.case), load_of(asked.case)
    assert search.candidates(load, load)[0].holds
    assert search.holds(load)


@settings(max_examples=30, deadline=None)
@given(
    model=st.sampled_from([TINY, LLAMA_3_8B, MIXTRAL_8X7B, designs.LLAMA_3_70B]),
    per_node=st.sampled_from([1, 2, 3, 4, 8]),
    memory_gib=st.sampled_from([19, 21, 80]),
    rate=st.floats(0.2, 60),
    ttft=st.floats(0.05, 2),
    wished=st.sampled_from([None, 0.02, 0.06]),
)
def test_the_search_finds_what_brute_force_finds(
    model: LanguageModel,
    per_node: int,
    memory_gib: float,
    rate: float,
    ttft: float,
    wished: float | None,
) -> None:
    place = with_memory(designs.a100_node(per_node=per_node), memory_gib)
    asked = problem(model, place, rate_per_s=rate, limits_s={"ttft": ttft})
    if wished is not None:
        wish = designs.objective("itl", wished, "prefer p95 itl <= 60ms", hard=False)
        asked = replace(asked, case=replace(asked.case, objectives=(*asked.case.objectives, wish)))
    expected = brute_force(asked)
    search = Search(asked.case)
    load = load_of(asked.case)
    assert search.holds(load) is (expected is not None)
    if expected is not None:
        first = search.candidates(load, load_of(asked.hardest()))[0].configuration
        found = (
            first.tensor_parallel,
            first.pipeline_parallel,
            first.replicas,
            first.max_num_batched_tokens,
        )
        assert found == expected[1]


def chosen(asked: Problem) -> Configuration:
    plan = build("x", (asked,)).plan
    assert plan is not None
    return plan.services[0].configuration


PINS: list[tuple[Decision, str, set[str | int]]] = [
    (pin("tensor_parallel", 8.0), "tensor_parallel", {8}),
    (pin("tensor_parallel", 2.0, 4.0, operator="in", is_range=True), "tensor_parallel", {2, 4}),
    (pin("tensor_parallel", 4.0, operator="not in"), "tensor_parallel", {1, 2, 8}),
    (pin("replicas", 1.0), "replicas", {1}),
    (pin("max_num_batched_tokens", 3000.0), "max_num_batched_tokens", {3000}),
    (pin("max_num_seqs", 300.0), "max_num_seqs", {300}),
    (pin("engine", "engine.vllm"), "engine", {"vllm"}),
    (pin("pipeline_parallel", 1.0, operator="<="), "pipeline_parallel", {1}),
]


@pytest.mark.parametrize(("decision", "field", "kept"), PINS, ids=lambda v: str(v)[:24])
def test_pins_are_kept(decision: Decision, field: str, kept: set[str | int]) -> None:
    assert getattr(chosen(problem(decisions=(decision,))), field) in kept


def test_a_pin_never_improves_a_verdict() -> None:
    order = [Verdict.INFEASIBLE, Verdict.CONDITIONAL, Verdict.FEASIBLE]
    asked = on_nodes(problem(), 4)
    plan = build("x", (asked,)).plan
    assert plan is not None
    free = order.index(plan.verdict)
    for tensor in (1, 2, 4, 8):
        held = replace(
            asked,
            case=replace(
                asked.case, decisions=(*asked.case.decisions, pin("tensor_parallel", tensor))
            ),
        )
        outcome = build("x", (held,))
        if outcome.plan is not None:
            assert order.index(outcome.plan.verdict) <= free


CONFLICTS = [
    ((pin("tensor_parallel", 8.0), pin("pipeline_parallel", 8.0)), 2),
    ((pin("tensor_parallel", 3.0),), 1),
    ((pin("tensor_parallel", 1.0), pin("pipeline_parallel", 1.0), pin("replicas", 1.0)), 3),
    ((pin("engine", "engine.llama_cpp"),), 1),
    ((pin("max_num_seqs", 4096.0), pin("max_num_batched_tokens", 512.0)), 2),
    ((pin("max_model_len", 100_000.0),), 1),
    ((pin("gpu_memory_utilization", 0.1),), 2),
]


@pytest.mark.parametrize(("decisions", "smallest"), CONFLICTS, ids=lambda v: str(v)[:24])
def test_pins_in_conflict_are_named(decisions: tuple[Decision, ...], smallest: int) -> None:
    asked = problem(decisions=decisions)
    outcome = build("x", (asked,))
    (found,) = outcome.diagnostics
    assert outcome.plan is None
    assert (found.code, found.slug) == ("INF501", "pins-conflict")
    named = [item.field for item in decisions if f"`{item.field} " in found.message]
    fixed = 1 if "`precision " in found.message else 0
    assert len(named) + fixed == smallest


def test_memory_share_and_context_are_taken_over() -> None:
    pins = (pin("gpu_memory_utilization", 0.8), pin("max_model_len", 4096.0))
    whole = build("x", (problem(decisions=pins),)).plan
    assert whole is not None
    plan = whole.services[0]
    assert plan.gpu_memory_utilization == 0.8
    assert plan.max_model_len == 4096
    assert plan.estimate.memory.usable_bytes == pytest.approx(0.8 * 80 * designs.GIB)


@pytest.mark.parametrize(("rate_per_s", "precision"), [(0.5, "bf16"), (3.0, "int8")])
def test_a_narrower_precision_is_taken_where_that_saves_hardware(
    rate_per_s: float, precision: str
) -> None:
    """Without any line about it, which no file comes to, every format may be chosen."""
    asked = problem(LLAMA_3_8B, rate_per_s=rate_per_s)
    free = replace(asked, case=replace(asked.case, decisions=()))
    assert chosen(free).precision == precision


@pytest.mark.parametrize(
    ("published", "precision"),
    [("bf16", "bf16"), ("fp16", "fp16"), ("fp8", "bf16"), ("", "bf16")],
)
def test_of_formats_as_wide_as_each_other_that_of_the_weights_is_taken(
    published: str, precision: str
) -> None:
    """An engine may refuse the other one, and its answers may overflow."""
    model = replace(LLAMA_3_8B, published=published)
    wide = pin("precision", "fp16", "bf16", operator="in")
    asked = problem(model, rate_per_s=0.5)
    plan = chosen(replace(asked, case=replace(asked.case, decisions=(wide,))))
    assert (plan.precision, plan.kv_precision) == (precision, precision)


def test_an_accelerator_without_bf16_is_not_planned_in_it() -> None:
    wide = pin("precision", "fp16", "bf16", operator="in")
    asked = problem(LLAMA_3_8B, rate_per_s=0.5)
    card = asked.case.place.accelerator
    peaks = {name: peak for name, peak in card.flop_per_s.items() if name != "bf16"}
    place = replace(asked.case.place, accelerator=replace(card, flop_per_s=peaks))
    case = replace(asked.case, decisions=(wide,), place=place)
    assert LLAMA_3_8B.published == "bf16"
    assert chosen(replace(asked, case=case)).precision == "fp16"


def test_a_line_about_the_cache_does_not_part_it_from_the_weights() -> None:
    """An engine keeps its cache as it computes."""
    lines = (
        pin("precision", "fp16", "bf16", operator="in"),
        pin("kv_precision", "fp16", "fp8", operator="in"),
    )
    asked = problem(LLAMA_3_8B, rate_per_s=0.5)
    plan = chosen(replace(asked, case=replace(asked.case, decisions=lines)))
    assert (plan.precision, plan.kv_precision) == ("fp16", "fp16")


def test_an_engine_without_coefficients_is_planned_with_typical_ones() -> None:
    asked = problem(LLAMA_3_8B, rate_per_s=1)
    bare = designs.vllm({"memory_share": 0.8})
    plan = chosen(replace(asked, case=replace(asked.case, engines=(bare,))))
    assert plan.engine == "vllm"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("compute_efficiency", 1.2, "between 0.2 and 0.95"),
        ("memory_share", 0.0, "between 0.1 and 1"),
        ("kv_block_tok", 0.0, "between 1 tok and 1024 tok"),
        ("start_s", -1.0, "between 0 s and 3600 s"),
        ("step_overheads", 2e-3, "did you mean `step_overhead_s`?"),
        ("colour", 3.0, "no such number"),
    ],
)
def test_coefficients_that_cannot_be_right_are_an_error(name: str, value: float, says: str) -> None:
    asked = problem()
    odd = designs.vllm({**designs.VLLM_COEFFICIENTS, name: value})
    outcome = build("x", (replace(asked, case=replace(asked.case, engines=(odd,))),))
    assert outcome.plan is None
    (found,) = outcome.diagnostics
    assert found.code == "INF503"
    (note,) = found.notes
    assert name in note
    assert says in note


def test_a_fitted_coefficient_is_kept_in_its_range_and_not_refused() -> None:
    """Factors of an engine and of an architecture may go beyond it together."""
    asked = problem(LLAMA_3_8B, rate_per_s=1)
    odd = designs.vllm({**designs.VLLM_COEFFICIENTS, "compute_efficiency": 1.2})
    fitted = replace(odd, fitted=frozenset({"compute_efficiency"}))
    best = designs.vllm({**designs.VLLM_COEFFICIENTS, "compute_efficiency": 0.95})
    plans = [
        build("x", (replace(asked, case=replace(asked.case, engines=(engine,))),)).plan
        for engine in (fitted, best)
    ]
    found = [plan.services[0].estimate for plan in plans if plan is not None]
    assert found[0] == found[1]


def test_an_accelerator_without_16_bit_units_is_planned_for() -> None:
    asked = problem(LLAMA_3_8B, rate_per_s=1)
    gpu = replace(designs.A100_80GB_SXM, flop_per_s={"fp8": designs.fact(600e12)})
    place = replace(asked.case.place, accelerator=gpu)
    free = replace(asked, case=replace(asked.case, place=place, decisions=()))
    assert chosen(free).precision == "fp8"


def test_a_metric_that_is_not_planned_for_is_an_error() -> None:
    asked = problem(limits_s={"throughput": 100.0})
    outcome = build("x", (asked,))
    assert outcome.plan is None
    assert [item.code for item in outcome.diagnostics] == ["INF190"]


def test_no_layout_without_any_pin() -> None:
    """A board of 4 GB holds 70B parameters in no format."""
    asked = designs.impossible_pi_problem()
    calm = replace(asked.case, decisions=(), rate_per_s=1e-6)
    outcome = build("x", (replace(asked, case=calm),))
    assert outcome.plan is not None
    assert "INF402" in [item.code for item in outcome.diagnostics]


def test_weights_that_fit_in_sum_but_not_in_shards_are_no_layout() -> None:
    """141 GB fit into three accelerators of 80 GiB, but 64 heads do not divide by three."""
    asked = problem(place=designs.a100_node(per_node=3))
    single = tuple(
        replace(engine, pipeline_parallel=False, precisions=("fp16",))
        for engine in asked.case.engines
    )
    small = replace(designs.A100_80GB_SXM, memory_bytes=designs.fact(60 * designs.GIB))
    place = replace(asked.case.place, accelerator=small)
    case = replace(asked.case, engines=single, place=place, decisions=())
    outcome = build("x", (replace(asked, case=case),))
    assert [item.code for item in outcome.diagnostics] == ["INF502"]
    assert outcome.plan is not None
    assert outcome.plan.verdict is Verdict.INFEASIBLE
    assert not outcome.plan.refusals[0].bounds


@pytest.mark.parametrize("origin", [Origin.GIVEN, Origin.CATALOG])
def test_a_format_that_leaves_no_room_is_a_refusal_and_no_conflict_of_pins(origin: Origin) -> None:
    """16 GB of weights fit into 17 GB of memory, and leave no room for the engine."""
    asked = problem(LLAMA_3_8B, rate_per_s=0.1, place=designs.a100_node(per_node=1))
    small = replace(designs.A100_80GB_SXM, memory_bytes=designs.fact(17e9))
    place = replace(asked.case.place, accelerator=small)
    format_ = replace(designs.fixed_precision("fp16"), origin=origin)
    case = replace(asked.case, place=place, decisions=(format_,))
    outcome = build("x", (replace(asked, case=case),))
    assert [item.code for item in outcome.diagnostics] == ["INF502"]
    assert outcome.plan is not None
    assert [change.field for change in outcome.plan.refusals[0].nearest][:1] == ["precision"]
