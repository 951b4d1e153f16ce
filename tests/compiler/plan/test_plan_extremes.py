"""Numbers that nobody means still get an answer, and soon."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import MIXTRAL_8X22B
from support.problems import line, pin, problem

from inferc.compiler.model import LanguageModel, Objective
from inferc.compiler.plan import build
from inferc.compiler.problem import Problem

EXTREME = st.sampled_from([1e-12, 1e-3, 0.5, 1.0, 37.0, 1e4, 1e9, 1e30])


@settings(max_examples=6, deadline=None)
@given(
    rate=st.sampled_from([0.0, 1e-12, 1.0, 1e6, 1e30]),
    limit=st.sampled_from([0.0, 1e-30, 0.5, 1e30]),
    metric=st.sampled_from(["ttft", "itl", "tpot", "e2e"]),
    prompt=EXTREME,
    output=EXTREME,
    model=st.sampled_from([designs.LLAMA_3_70B, designs.TINYLLAMA_1_1B, MIXTRAL_8X22B]),
)
def test_extremes_have_an_answer(
    rate: float, limit: float, metric: str, prompt: float, output: float, model: LanguageModel
) -> None:
    asked = problem(model, rate_per_s=rate, limits_s={metric: limit})
    unknowns = tuple(
        replace(unknown, typical=value, low=value / 2, high=value * 2)
        for unknown, value in zip(asked.unknowns, (2.0, prompt, output), strict=True)
    )
    case = asked.at({u.path: v.typical for u, v in zip(asked.unknowns, unknowns, strict=True)})
    outcome = build("x", (replace(asked, case=case, unknowns=unknowns),))
    assert outcome.plan is not None or outcome.diagnostics


PLACES = [(0.0, 8), (1.0, 0), (1.0, 1), (1e6, 8), (3.0, 7), (1.0, 5000)]


@pytest.mark.parametrize(("nodes", "per_node"), PLACES)
def test_places_of_any_size_have_an_answer(nodes: float, per_node: int) -> None:
    asked = problem(place=designs.a100_node(nodes=nodes, per_node=per_node))
    outcome = build("x", (asked,))
    assert outcome.plan is not None or outcome.diagnostics
    pinned = problem(
        place=designs.a100_node(nodes=nodes, per_node=per_node),
        decisions=(pin("replicas", 2.0, 40.0, operator="in", is_range=True),),
    )
    outcome = build("x", (pinned,))
    assert outcome.plan is not None or outcome.diagnostics


ODD_LINES = [
    line("ttft", 0.5, None),
    line("ttft", 0.5, 0.5),
    line("ttft", 0.5, 0.9999),
    line("e2e", 20.0),
    line("itl", 0.05, 0.999),
    line("tpot", 0.05, None),
]


@pytest.mark.parametrize("objective", ODD_LINES, ids=lambda o: f"{o.metric}-{o.percentile}")
def test_every_percentile_of_every_latency_can_be_asked(objective: Objective) -> None:
    asked = problem()
    case = replace(asked.case, objectives=(objective,))
    plan = build("x", (Problem(service=asked.service, case=case, unknowns=asked.unknowns),)).plan
    assert plan is not None
    (margin,) = plan.services[0].margins
    assert margin.predicted > 0


def test_without_an_sla_the_place_only_has_to_keep_up() -> None:
    asked = problem(limits_s={})
    plan = build("x", (asked,)).plan
    assert plan is not None
    assert plan.services[0].margins == ()
    assert plan.services[0].estimate.capacity_per_s > 0
