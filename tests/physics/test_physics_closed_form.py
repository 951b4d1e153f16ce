"""The closed form against the simulator: prompts that ride along, and prompts that go first."""

from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B
from support.replicas import stage

from inferc.compiler.perf.demand import demand_of
from inferc.compiler.perf.estimate import itl_s, tpot_s, ttft_s
from inferc.compiler.perf.operation import operate
from inferc.compiler.perf.steps import Stage
from inferc.compiler.simulation import Outcome, ReplicaSetup, open_loop
from inferc.compiler.simulation.arrivals import Renewal
from inferc.compiler.simulation.lengths import Apart, Gamma
from inferc.compiler.simulation.traffic import Traffic

FIRST = replace(designs.vllm(), scheduling="prefill_first")
LARGE = stage(designs.LLAMA_3_70B, H100_SXM, tensor=4, engine=FIRST)
SMALL = stage(LLAMA_3_8B, H100_SXM, engine=FIRST)
FRONTEND_S = 0.015


def simulated(unit: Stage, prompt: float, output: float, tail: float, rate: float) -> Outcome:
    """Return what 3,000 requests come to."""
    setup = ReplicaSetup(
        clock=unit,
        scheduling="prefill_first" if unit.prompts_alone else "mixed",
        max_num_seqs=1024,
        max_num_batched_tokens=8192,
        frontend_s=FRONTEND_S,
    )
    lengths = Apart(
        prompt=Gamma(mean_tok=prompt, p95_over_mean=tail),
        output=Gamma(mean_tok=output, p95_over_mean=tail),
    )
    traffic = Traffic(arrivals=Renewal(rate_per_s=rate), lengths=lengths)
    return open_loop(setup, islice(traffic.requests(3), 3000), warm_up=300)


# Model, prompt, answer, 95th percentile of both over the mean, requests a second.
LOADS = [
    ("large", 500, 250, 2.0, 1.0),
    ("large", 500, 250, 2.0, 8.0),
    ("large", 2000, 200, 2.0, 2.0),
    ("small", 200, 110, 2.5, 20.0),
    ("small", 200, 110, 2.5, 40.0),
    ("small", 4000, 100, 1.5, 3.0),
]
ALONG = {
    "large": stage(designs.LLAMA_3_70B, H100_SXM, tensor=4),
    "small": stage(LLAMA_3_8B, H100_SXM),
}
BEFORE = {"large": LARGE, "small": SMALL}


@pytest.mark.parametrize("load", LOADS, ids=str)
@pytest.mark.parametrize(
    ("units", "within"), [(ALONG, 0.20), (BEFORE, 0.20)], ids=["along", "before"]
)
def test_the_closed_form_agrees_with_the_simulator(
    units: dict[str, Stage], within: float, load: tuple[str, float, float, float, float]
) -> None:
    model, prompt, output, tail, rate = load
    unit = units[model]
    found = operate(unit, demand_of(prompt, tail, output, tail), rate, 8192, FRONTEND_S)
    outcome = simulated(unit, prompt, output, tail, rate)
    assert found.stable
    assert found.tpot_s == pytest.approx(outcome.tpot.mean_s, rel=0.25)
    assert ttft_s(found, None) == pytest.approx(outcome.ttft.mean_s, rel=within)
    assert ttft_s(found, 0.95) == pytest.approx(outcome.ttft.p95_s, rel=within)


def test_answers_wait_for_prompts_of_others() -> None:
    """At the same load answers come slower than where prompts ride along, first tokens sooner."""
    demand = demand_of(200, 2.5, 110, 2.5)
    along = operate(stage(LLAMA_3_8B, H100_SXM), demand, 40.0, 8192, FRONTEND_S)
    before = operate(SMALL, demand, 40.0, 8192, FRONTEND_S)
    assert before.tpot_s > 1.2 * along.tpot_s
    assert ttft_s(before, 0.95) < ttft_s(along, 0.95)


def test_more_prompts_than_it_can_compute_are_too_many() -> None:
    assert not operate(SMALL, demand_of(4000, 1.5, 100, 1.5), 50.0, 8192, FRONTEND_S).stable
    assert not operate(SMALL, demand_of(100, 1.5, 2000, 1.5), 500.0, 8192, FRONTEND_S).stable


@settings(max_examples=60, deadline=None)
@given(
    unit=st.sampled_from([LARGE, SMALL]),
    rate=st.floats(0.01, 60),
    factor=st.floats(1.0, 1.5),
    lengths=st.tuples(st.floats(10, 2000), st.floats(2, 500)),
    budget=st.sampled_from([512, 2048, 8192]),
)
def test_more_load_never_makes_anything_better(
    unit: Stage, rate: float, factor: float, lengths: tuple[float, float], budget: int
) -> None:
    prompt, output = lengths
    calm = operate(unit, demand_of(prompt, 2.5, output, 2.0), rate, budget, FRONTEND_S)
    for busy_rate, p, o in (
        (rate * factor, prompt, output),
        (rate, prompt * factor, output),
        (rate, prompt, output * factor),
    ):
        busy = operate(unit, demand_of(p, 2.5, o, 2.0), busy_rate, budget, FRONTEND_S)
        assert calm.stable or not busy.stable
        if busy.stable:
            slack = 1 + 5e-3  # waits are of two moments, met in a few rounds
            assert ttft_s(calm, None) <= ttft_s(busy, None) * slack
            assert ttft_s(calm, 0.95) <= ttft_s(busy, 0.95) * slack
            assert tpot_s(calm, None) <= tpot_s(busy, None) * slack
            assert itl_s(calm, 0.95) <= itl_s(busy, 0.95) * slack
