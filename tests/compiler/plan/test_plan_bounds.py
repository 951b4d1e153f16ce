"""Bounds: their arithmetic, which of them fail, and that none rules out what the model can do."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import all_settled, line, on_nodes, pi, problem

from inferc import api
from inferc.compiler.model import LanguageModel
from inferc.compiler.model.catalog import language_model_at
from inferc.compiler.plan.bounds import all_bounds, refused, violated
from inferc.compiler.plan.decisions import Bound
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Problem
from inferc.dsl import SourceFile

TINY = designs.TINYLLAMA_1_1B


CATALOG = (
    "google.gemma_2_9b_it",
    "openai.gpt_oss_20b",
    "deepseek.deepseek_v2_lite",
    "qwen.qwen3_5_9b",
)
"""Windows, experts in 4 bits, latent attention, states."""


def from_catalog(name: str) -> LanguageModel:
    model = language_model_at(f"models.{name}")
    assert model is not None
    return model


def codes(bounds: Iterable[Bound]) -> list[str]:
    return [bound.code for bound in bounds]


def test_the_impossible_example_lists_every_bound() -> None:
    found = violated(designs.impossible_pi_problem())
    assert codes(found) == ["INF402", "INF401", "INF406", "INF403", "INF407", "INF404"]
    assert all(bound.ratio > 1 for bound in found)


def test_a_small_model_fails_other_bounds_than_a_large_one() -> None:
    found = codes(violated(designs.impossible_pi_problem(TINY)))
    assert "INF402" not in found
    assert {"INF401", "INF403"} <= set(found)


def test_a_request_an_hour_violates_nothing() -> None:
    assert violated(pi(TINY, rate_per_s=1 / 3600, ttft_s=600)) == ()


@pytest.mark.parametrize(("share", "fails"), [(0.97, False), (1.03, True)])
@pytest.mark.parametrize("code", ["INF401", "INF403", "INF406"])
def test_a_bound_fails_from_the_very_point_at_which_more_is_needed(
    code: str, share: float, fails: bool
) -> None:
    """The rate, or the limit, is moved to just before and just behind that point."""
    asked = all_settled(problem(limits_s={"ttft": 0.5}), peak=1.0)
    (bound,) = (item for item in all_bounds(asked) if item.code == code)
    if code == "INF403":
        rate = asked.case.rate_per_s * share / bound.ratio
        moved = replace(asked, case=replace(asked.case, rate_per_s=rate))
    else:
        moved = all_settled(problem(limits_s={"ttft": bound.need / share}), peak=1.0)
    assert (code in codes(violated(moved))) is fails


def test_four_times_the_peak_at_long_prompts_exceeds_the_box() -> None:
    """500 + 250 tokens at four times the rate ask for 283 % of eight A100 (2 N a token)."""
    long = all_settled(problem(), peak=4, prompt=500, output=250)
    (bound,) = [item for item in violated(long) if item.code == "INF403"]
    assert bound.ratio == pytest.approx(2.83, rel=0.03)
    short = all_settled(problem(), peak=2, prompt=200, output=100)
    assert violated(short) == ()


@settings(max_examples=60, deadline=None)
@given(
    model=st.sampled_from(
        [TINY, LLAMA_3_8B, MIXTRAL_8X7B, designs.LLAMA_3_70B, *map(from_catalog, CATALOG)]
    ),
    nodes=st.integers(1, 4),
    rate=st.floats(0.01, 500),
    stated=st.fixed_dictionaries(
        {"peak": st.floats(1, 8), "prompt": st.floats(8, 4000), "output": st.floats(1, 800)}
    ),
    limits=st.fixed_dictionaries(
        {},
        optional={
            "ttft": st.floats(0.01, 5),
            "tpot": st.floats(0.001, 0.2),
            "itl": st.floats(0.001, 0.2),
            "e2e": st.floats(0.05, 60),
        },
    ),
    percentile=st.sampled_from([None, 0.5, 0.95, 0.99]),
)
def test_what_a_bound_rules_out_the_model_cannot_do(
    model: LanguageModel,
    nodes: int,
    rate: float,
    stated: dict[str, float],
    limits: dict[str, float],
    percentile: float | None,
) -> None:
    asked = problem(model, rate_per_s=rate, limits_s={})
    lines = tuple(line(metric, limit, percentile) for metric, limit in limits.items())
    asked = replace(asked, case=replace(asked.case, objectives=lines))
    asked = on_nodes(all_settled(asked, **stated), nodes)
    if violated(asked):
        assert not Search(asked.case).holds(load_of(asked.case))


def test_bounds_look_at_the_easiest_corner() -> None:
    base = problem()
    hard = replace(base, case=base.hardest())
    assert violated(base) == violated(hard)


# ---- several places to choose from ---------------------------------------------------------------


def among(asked: Problem, *nodes: int) -> Problem:
    """Return the problem with a choice of places that differ in their nodes."""
    own = asked.case.place
    places = tuple(
        replace(on_nodes(asked, count).case.place, path=f"{own.path}{count}") for count in nodes
    )
    return replace(asked, case=replace(asked.case, place=places[0], places=places))


HUNGRY = all_settled(problem(rate_per_s=200.0), peak=4, prompt=500, output=250)
"""Eight times what three nodes compute, and more."""


def test_a_service_is_refused_only_if_every_place_fails() -> None:
    assert violated(among(HUNGRY, 1, 2))
    assert violated(among(HUNGRY, 1, 64)) == ()
    assert violated(among(HUNGRY, 64, 1)) == ()


def test_the_place_that_fails_least_is_reported_and_the_others_with_their_worst() -> None:
    why = refused(among(HUNGRY, 1, 4, 2))
    (four,) = {bound.place for bound in why.bounds}
    assert four.endswith("4")
    assert [bound.place[-1] for bound in why.elsewhere] == ["2", "1"]
    worst = max(bound.ratio for bound in why.bounds)
    assert [bound.ratio / worst for bound in why.elsewhere] == pytest.approx([2, 4])


def test_a_place_that_no_engine_runs_on_saves_nobody() -> None:
    """Weights in bf16 on a board that only knows single precision, without an engine for it."""
    asked = among(HUNGRY, 1, 64)
    deaf = replace(
        asked.case.places[1],
        accelerator=replace(asked.case.places[1].accelerator, flop_per_s={}),
    )
    places = (asked.case.places[0], deaf)
    assert violated(replace(asked, case=replace(asked.case, places=places)))


# ---- speculation, money --------------------------------------------------------------------------


SPECULATED = """infer 1
import std.catalog as cat
topology t {{
  cluster dc {{
    platform = kubernetes
    pool gpu {{ nodes = 1; gpu = cat.gpu.nvidia.l4; price = $1/gpu/h }}
  }}
  service chat {{
    model = cat.models.meta.llama_3_1_8b_instruct
    on    = dc.gpu
    {more}
    load {{ rate = {rate}; prompt_tokens = 100; output_tokens = 100; peak = 1x }}
    sla {{ {sla} }}
  }}
}}
"""


def bounds_of(sla: str, more: str = "", rate: str = "1 req/h") -> dict[str, Bound]:
    text = SPECULATED.format(sla=sla, more=more, rate=rate)
    certified = api.certify(SourceFile("t.infer", text))
    return {bound.code: bound for bound in certified.certificates["t"]["chat"]}


ALLOWED = "speculation in [none, ngram]; speculative_tokens = 3"


def test_an_allowed_speculation_yields_every_guess_of_a_step() -> None:
    plain, guessed = bounds_of("p95 tpot <= 20ms"), bounds_of("p95 tpot <= 20ms", ALLOWED)
    assert plain["INF405"].violated
    assert guessed["INF405"].need == pytest.approx(plain["INF405"].need / 4)
    assert not guessed["INF405"].violated
    assert "tok_per_step" in {step.symbol for step in guessed["INF405"].steps}
    whole = bounds_of("p95 e2e <= 1s"), bounds_of("p95 e2e <= 1s", ALLOWED)
    assert whole[1]["INF429"].need == pytest.approx(whole[0]["INF429"].need / 4)


def test_gaps_inside_a_step_are_not_bounded() -> None:
    """With three guesses a step is one gap of four: the p75 may be nothing, the p95 is a step."""
    assert "INF405" not in bounds_of("p75 itl <= 20ms", ALLOWED)
    assert "INF405" in bounds_of("p95 itl <= 20ms", ALLOWED)
    assert "INF405" in bounds_of("p75 itl <= 20ms")


def test_a_budget_below_the_least_hardware_fails() -> None:
    """16 GB of weights hold two thirds of a card of 24 GB, all the time, at $730 a month."""
    poor, rich = bounds_of("cost <= $400/mo")["INF411"], bounds_of("cost <= $600/mo")["INF411"]
    assert poor.violated
    assert not rich.violated
    assert poor.need * 730 * 3600 == pytest.approx(730 * 16.06 / 24.15, rel=0.01)
    busy = bounds_of("cost <= $600/mo", rate="40 req/s")["INF411"]
    assert busy.violated
    twice = bounds_of("cost <= $600/mo", rate="80 req/s")["INF411"]
    assert twice.need == pytest.approx(2 * busy.need)


# ---- disaggregated serving -----------------------------------------------------------------------


def test_only_forced_disaggregation_must_send_every_cache() -> None:
    """1,000 prompts of 100 tokens, 128 KiB each: 13.4 GB a second over one PCIe of 31.5."""
    free, forced = (
        bounds_of("p95 ttft <= 1h", rate="1000 req/s"),
        bounds_of("p95 ttft <= 1h", "serving = disaggregated", "1000 req/s"),
    )
    assert "INF439" not in free
    assert forced["INF439"].need == pytest.approx(1000 * 100 * 128 * 1024)
    assert forced["INF439"].have > 10e9


# ---- how far lengths reach -----------------------------------------------------------------------


def needed_s(lengths: str, line: str = "p95 ttft <= 1ms") -> float:
    """Return what INF401 asks for with prompts as stated, on two L40S."""
    (found,) = api.plan(SourceFile("tails.infer", TAILS.format(lengths=lengths, line=line))).plans
    (refusal,) = found.refusals
    return next(bound.need for bound in refusal.bounds if bound.code == "INF401")


TAILS = """infer 1
import std.catalog as cat
topology tails {{
  cluster dc {{ pool gpu {{ nodes = 1; gpu = 2 * cat.gpu.nvidia.l40s; network = 100 Gbps }} }}
  service chat {{
    model = cat.models.meta.llama_3_1_8b_instruct
    on = dc.gpu
    load {{ rate = 1 req/s; prompt_tokens = {lengths}; output_tokens = 100 }}
    sla {{ {line} }}
  }}
}}
"""


def test_no_tail_is_taken_for_proven_that_nobody_stated() -> None:
    """Prompts of exactly 1,000 tokens are meant as well, and what they need is a bound."""
    alike = needed_s("dist(mean = 1_000, p95 = 1_000)")
    assert needed_s("1_000") == pytest.approx(alike, rel=1e-12)
    assert needed_s("dist(mean = 1_000, p95 = 3_500)") > 2.5 * alike


def test_the_median_of_an_unknown_tail_is_that_of_the_longest() -> None:
    """Medians lie the further below the mean the further the tail reaches."""
    line = "p50 ttft <= 1ms"
    longest = needed_s("dist(mean = 1_000, p95 = 3_500)", line)
    assert needed_s("1_000", line) == pytest.approx(longest, rel=1e-12)
    assert longest < needed_s("dist(mean = 1_000, p95 = 1_000)", line)


def test_a_tail_that_may_lie_in_a_range_is_taken_at_its_easy_end() -> None:
    easy = needed_s("dist(mean = 1_000, p95_over_mean = 2)")
    assert needed_s("dist(mean = 1_000, p95_over_mean = 2..3)") == pytest.approx(easy, rel=1e-12)


def test_a_certificate_says_that_a_tail_is_nobodys() -> None:
    text = TAILS.format(lengths="1_000", line="p95 ttft <= 1ms")
    (found,) = api.plan(SourceFile("tails.infer", text)).plans
    (refusal,) = found.refusals
    (bound,) = (item for item in refusal.bounds if item.code == "INF401")
    (step,) = (item for item in bound.steps if item.symbol == "prompt_p95_over_mean")
    assert step.value == 1.0
    assert step.words.endswith("1x the mean, the favourable end of 1x .. 3.5x; nobody stated it")
    assert "all alike" in step.source


def test_a_refusal_without_a_bound_says_with_which_tail_it_was_planned() -> None:
    text = TAILS.format(lengths="1_000", line="p95 ttft <= 30ms")
    (error,) = api.plan(SourceFile("tails.infer", text)).diagnostics
    assert error.code == "INF410"
    assert any("nobody stated the p95 of prompts" in note for note in error.notes)
