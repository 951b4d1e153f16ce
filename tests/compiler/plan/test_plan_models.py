"""Plans for every kind of architecture and engine: each has one, and memory adds up."""

from dataclasses import replace

import pytest
from support import designs
from support.problems import problem

from inferc.compiler.model import LanguageModel
from inferc.compiler.model.catalog import accelerator_at, engine_at, language_model_at, place_of
from inferc.compiler.perf.memory import longest_sequence_tok
from inferc.compiler.plan import ServicePlan, Verdict, build
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Problem


def asked_for(path: str, engine: str = "vllm", *, rate_per_s: float = 2.0) -> Problem:
    """Return a problem with a model and an engine of the catalog on eight H200."""
    model = language_model_at(f"models.{path}")
    accelerator = accelerator_at("gpu.nvidia.h200_141gb_sxm")
    profile = engine_at(f"engine.{engine}")
    assert model is not None
    assert accelerator is not None
    assert profile is not None
    place = place_of(accelerator, per_node=8, nodes=1)
    asked = problem(model, place, rate_per_s=rate_per_s, limits_s={"ttft": 2.0, "tpot": 0.1})
    wanted = (designs.fixed_precision(model.published or "bf16"),)
    return replace(asked, case=replace(asked.case, engines=(profile,), decisions=wanted))


def plan_of(asked: Problem) -> ServicePlan:
    """Return the plan of the one service."""
    outcome = build("x", (asked,))
    assert outcome.plan is not None, outcome.diagnostics
    (service,) = outcome.plan.services
    return service


KINDS = [
    "meta.llama_3_1_8b_instruct",
    "qwen.qwen3_30b_a3b",
    "deepseek.deepseek_v2_lite",
    "google.gemma_3_27b_it",
    "nvidia.nemotron_3_nano_30b_a3b",
    "openai.gpt_oss_120b",
    "qwen.qwen3_next_80b_a3b_instruct",
]


@pytest.mark.parametrize("path", KINDS)
def test_every_kind_of_model_has_a_plan(path: str) -> None:
    asked = asked_for(path)
    plan = plan_of(asked)
    assert plan.verdict is Verdict.FEASIBLE
    memory = plan.estimate.memory
    spent = memory.weights_bytes + memory.activation_bytes + memory.runtime_bytes
    assert spent + memory.kv_cache_bytes == pytest.approx(memory.usable_bytes)
    assert 1 <= plan.max_model_len <= asked.case.model.context
    assert 0.0 < plan.estimate.tpot_s <= 0.1
    assert plan.estimate.capacity_per_s >= asked.case.peak_rate_per_s


@pytest.mark.parametrize("engine", ["vllm", "sglang", "tensorrt_llm", "tgi", "lmdeploy"])
def test_engines_whose_coefficients_nobody_states_are_planned_for(engine: str) -> None:
    plan = plan_of(asked_for("meta.llama_3_1_8b_instruct", engine))
    assert plan.verdict is Verdict.FEASIBLE
    assert plan.configuration.engine == engine


def test_an_engine_that_takes_a_share_of_what_is_free_leaves_the_rest() -> None:
    """TensorRT-LLM keeps a tenth of what weights, activations and runtime leave."""
    plan = plan_of(asked_for("meta.llama_3_1_8b_instruct", "tensorrt_llm"))
    memory = plan.estimate.memory
    held = memory.weights_bytes + memory.activation_bytes + memory.runtime_bytes
    free = memory.total_bytes - held
    assert memory.kv_cache_bytes == pytest.approx(plan.gpu_memory_utilization * free)


def without_windows(model: LanguageModel) -> LanguageModel:
    """Return the same model, all of its layers looking at the whole context."""
    return replace(model, window_layers=0, window_tok=0)


def test_windows_leave_room_for_more_and_longer_sequences() -> None:
    """Gemma 3 27B keeps 1,024 tokens in 52 of 62 layers: at 10,000 tokens a quarter."""
    asked = asked_for("google.gemma_3_27b_it")
    case = replace(asked.case, prompt_mean_tok=10_000.0, output_mean_tok=200.0)
    plain = replace(case, model=without_windows(case.model))
    tokens, longest = [], []
    for each in (case, plain):
        search = Search(each)
        shape = next(shape for shape in search.shapes if shape.size == 1)
        context_tok = load_of(each).demand.context_tok
        memory = shape.memory(64, 8192, context_tok)
        tokens.append(memory.kv_cache_tok)
        longest.append(shape.longest_context_tok(memory.kv_cache_bytes))
        exact = longest_sequence_tok(each.model, 1, 1, memory.kv_cache_bytes)
        assert longest[-1] <= exact < longest[-1] + 16
    assert tokens[0] > 3.5 * tokens[1]
    assert longest[0] > 4 * longest[1]


def test_a_longer_answer_that_is_reserved_takes_more_cache() -> None:
    """llama.cpp and TensorRT-LLM reserve all of an answer, vLLM what there is of it."""
    asked = asked_for("meta.llama_3_1_8b_instruct").case
    load = load_of(replace(asked, prompt_mean_tok=100.0, output_mean_tok=2000.0))
    needed = []
    for name in ("vllm", "tensorrt_llm"):
        engine = engine_at(f"engine.{name}")
        assert engine is not None
        search = Search(
            replace(asked, engines=(replace(designs.vllm(), kv_admission=engine.kv_admission),))
        )
        shape = search.shapes[0]
        needed.append(shape.kv_needed_tok(search.operate(shape, 8192, 1, load), load.demand))
    assert needed[1] > 1.5 * needed[0]
