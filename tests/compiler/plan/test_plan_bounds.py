"""Bounds: their arithmetic, which of them fail, and that none rules out what the model can do."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import all_settled, on_nodes, pi, problem

from inferc.compiler.model import LanguageModel
from inferc.compiler.plan.bounds import violated
from inferc.compiler.plan.decisions import Bound
from inferc.compiler.plan.search import Search, load_of

TINY = designs.TINYLLAMA_1_1B


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


def test_four_times_the_peak_at_long_prompts_exceeds_the_box() -> None:
    """500 + 250 tokens at four times the rate ask for 283 % of eight A100 (2 N a token)."""
    long = all_settled(problem(), peak=4, prompt=500, output=250)
    (bound,) = [item for item in violated(long) if item.code == "INF403"]
    assert bound.ratio == pytest.approx(2.83, rel=0.03)
    short = all_settled(problem(), peak=2, prompt=200, output=100)
    assert violated(short) == ()


@settings(max_examples=60, deadline=None)
@given(
    model=st.sampled_from([TINY, LLAMA_3_8B, MIXTRAL_8X7B, designs.LLAMA_3_70B]),
    nodes=st.integers(1, 4),
    rate=st.floats(0.01, 500),
    stated=st.fixed_dictionaries(
        {"peak": st.floats(1, 8), "prompt": st.floats(8, 4000), "output": st.floats(1, 800)}
    ),
    limits=st.fixed_dictionaries({"ttft": st.floats(0.01, 5), "tpot": st.floats(0.001, 0.2)}),
)
def test_what_a_bound_rules_out_the_model_cannot_do(
    model: LanguageModel,
    nodes: int,
    rate: float,
    stated: dict[str, float],
    limits: dict[str, float],
) -> None:
    asked = problem(model, rate_per_s=rate, limits_s=limits)
    asked = on_nodes(all_settled(asked, **stated), nodes)
    if violated(asked):
        assert not Search(asked.case).holds(load_of(asked.case))


def test_bounds_look_at_the_easiest_corner() -> None:
    base = problem()
    hard = replace(base, case=base.hardest())
    assert violated(base) == violated(hard)
