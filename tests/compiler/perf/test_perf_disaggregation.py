"""Replicas that compute prompts only, and those that answer: closed forms against simulations."""

from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B
from support.replicas import stage

from inferc.compiler.model import LanguageModel
from inferc.compiler.perf.architecture import kv_bytes_per_tok
from inferc.compiler.perf.coefficients import coefficients_of
from inferc.compiler.perf.demand import demand_of
from inferc.compiler.perf.disaggregation import (
    Transfer,
    answers_only,
    joined,
    prompts_only,
    transfer_of,
)
from inferc.compiler.perf.estimate import e2e_s, itl_s, tpot_s, ttft_s
from inferc.compiler.perf.operation import operate
from inferc.compiler.simulation import ReplicaSetup, events
from inferc.compiler.simulation.arrivals import Renewal
from inferc.compiler.simulation.fleet import FleetSetup, fleet_open_loop
from inferc.compiler.simulation.lengths import Apart, Gamma
from inferc.compiler.simulation.traffic import Traffic

CHAT = demand_of(1000.0, 2.5, 250.0, 2.5)
TRAFFIC = Apart(
    prompt=Gamma(mean_tok=1000.0, p95_over_mean=2.5),
    output=Gamma(mean_tok=250.0, p95_over_mean=2.5),
)


def link(model: LanguageModel, tensor: int) -> Transfer:
    unit = stage(model, H100_SXM, tensor=tensor)
    return transfer_of(unit, coefficients_of(designs.vllm(), unit.place.accelerator))


@pytest.mark.parametrize(
    ("model", "tensor", "prompts", "answers", "rate"),
    [
        (designs.LLAMA_3_70B, 4, 1, 1, 4.0),
        (designs.LLAMA_3_70B, 4, 2, 2, 14.0),
        (LLAMA_3_8B, 1, 1, 2, 12.0),
        (LLAMA_3_8B, 1, 2, 4, 55.0),
    ],
)
def test_the_closed_form_is_what_is_simulated(
    model: LanguageModel, tensor: int, prompts: int, answers: int, rate: float
) -> None:
    clock, sends = stage(model, H100_SXM, tensor=tensor), link(model, tensor)
    first = prompts_only(clock, CHAT, rate / prompts, 8192, 0.0)
    then = answers_only(clock, CHAT, rate / answers, 8192)
    found = joined(first, then, sends, CHAT, rate / prompts)
    setup = ReplicaSetup(clock=clock, max_num_seqs=1024)
    fleet = FleetSetup(
        replicas=(setup,) * prompts,
        decode=(setup,) * answers,
        routing="random",
        transfer=events.Transfer(sends.bytes_per_tok(1000.0), sends.bytes_per_s, sends.latency_s),
    )
    traffic = Traffic(arrivals=Renewal(rate_per_s=rate), lengths=TRAFFIC)
    seen = fleet_open_loop(fleet, islice(traffic.requests(1), 8000)).whole
    sent_s = sends.sending_s(1000.0)  # the simulator counts it with the first gap
    assert ttft_s(found, None) - sent_s == pytest.approx(seen.ttft.mean_s, rel=0.08)
    assert ttft_s(found, 0.95) - sent_s == pytest.approx(seen.ttft.p95_s, rel=0.18)
    assert tpot_s(found, None) == pytest.approx(seen.tpot.mean_s, rel=0.05)
    assert itl_s(found, 0.5) == pytest.approx(seen.itl.p50_s, rel=0.05)
    assert e2e_s(found, CHAT, None) == pytest.approx(seen.e2e.mean_s, rel=0.06)


@settings(deadline=None, max_examples=60)
@given(rate=st.floats(0.1, 60.0), more=st.floats(1.01, 1.5))
def test_more_requests_are_never_easier(rate: float, more: float) -> None:
    clock = stage(LLAMA_3_8B, H100_SXM)
    less, most = (prompts_only(clock, CHAT, r, 8192, 0.0) for r in (rate, rate * more))
    assert less.stable or not most.stable
    if most.stable:
        assert ttft_s(less, 0.95) <= ttft_s(most, 0.95) * (1 + 1e-9)
        assert ttft_s(less, None) <= ttft_s(most, None) * (1 + 1e-9)
    few, many = (answers_only(clock, CHAT, r, 8192) for r in (rate, rate * more))
    assert few.stable or not many.stable
    if many.stable:
        assert few.tpot_s <= many.tpot_s * (1 + 1e-9)
        assert few.sequences <= many.sequences * (1 + 1e-9)


@settings(deadline=None, max_examples=40)
@given(rate=st.floats(0.1, 40.0), budget=st.sampled_from([512, 1024, 2048, 4096]))
def test_larger_steps_of_prompts_are_never_worse(rate: float, budget: int) -> None:
    """Why only the largest budget is tried where replicas compute prompts in one stage."""
    clock = stage(LLAMA_3_8B, H100_SXM)
    small, large = (prompts_only(clock, CHAT, rate, b, 0.0) for b in (budget, 2 * budget))
    assert large.stable or not small.stable
    if small.stable:
        assert ttft_s(large, 0.95) <= ttft_s(small, 0.95) * (1 + 1e-9)


def test_answers_are_not_interrupted_by_prompts() -> None:
    clock = stage(designs.LLAMA_3_70B, H100_SXM, tensor=4)
    together = operate(clock, CHAT, 4.0, 8192, 0.0)
    apart = answers_only(clock, CHAT, 4.0, 8192)
    assert itl_s(apart, 0.99) < itl_s(together, 0.99) / 2
    assert apart.mixed_share == 0.0


def test_what_is_sent_is_the_cache_of_the_prompt() -> None:
    sends = link(LLAMA_3_8B, 1)
    assert sends.bytes_per_tok(1000.0) == kv_bytes_per_tok(LLAMA_3_8B)
    assert sends.sending_s(1000.0) == pytest.approx(
        1000 * kv_bytes_per_tok(LLAMA_3_8B) / sends.bytes_per_s
    )


def test_over_a_slow_network_prompts_queue_for_the_link() -> None:
    unit = stage(designs.LLAMA_3_70B, H100_SXM, tensor=4)
    several = replace(unit.place, nodes=designs.given(4.0))
    unit.place = several
    slow = transfer_of(unit, coefficients_of(designs.vllm(), several.accelerator))
    assert slow.bytes_per_s < link(designs.LLAMA_3_70B, 4).bytes_per_s / 50
    first = prompts_only(unit, CHAT, 4.0, 8192, 0.0)
    then = answers_only(unit, CHAT, 4.0, 8192)
    assert not joined(first, then, slow, CHAT, 4.0).stable
    calm = joined(first, then, slow, CHAT, 1.0)
    assert calm.stable
    assert ttft_s(calm, None) > ttft_s(first, None) + slow.sending_s(1000.0)
