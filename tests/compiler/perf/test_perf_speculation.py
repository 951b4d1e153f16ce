"""Speculative decoding: tokens of a step, what guessing takes, and the closed form simulated."""

from dataclasses import replace
from itertools import islice
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B, MIXTRAL_8X7B
from support.replicas import stage

from inferc.compiler.model import LanguageModel
from inferc.compiler.model.calibrated import calibrated_engine, calibrated_place, published
from inferc.compiler.perf.architecture import attention_parameters, dense_mlp_parameters
from inferc.compiler.perf.demand import demand_of
from inferc.compiler.perf.estimate import e2e_s, itl_s, tpot_s, ttft_s
from inferc.compiler.perf.operation import operate, steps_of_answer
from inferc.compiler.perf.speculation import (
    ACCEPTANCE,
    KINDS,
    Drafter,
    SpeculatingStage,
    draft_kv_bytes_per_tok,
    draft_weights_bytes,
    drafting_model,
    tok_per_step,
    tok_per_step_variance,
)
from inferc.compiler.perf.steps import Layout
from inferc.compiler.simulation import ReplicaSetup, open_loop
from inferc.compiler.simulation.arrivals import Renewal
from inferc.compiler.simulation.lengths import Apart, Gamma
from inferc.compiler.simulation.traffic import Traffic
from inferc.compiler.simulation.values import Speculation

CHAT = demand_of(500.0, 2.5, 250.0, 2.5)


def speculating(
    model: LanguageModel, drafter: Drafter, *, tensor: int = 1, precision: str = "fp16"
) -> SpeculatingStage:
    fit = published()
    place = calibrated_place(replace(designs.a100_node(), accelerator=H100_SXM), fit)
    engine = calibrated_engine(designs.vllm(), fit)
    layout = Layout(precision=precision, tensor_parallel=tensor)
    return SpeculatingStage(model, place, engine, layout, drafter)


@pytest.mark.parametrize(
    ("acceptance", "guesses", "mean"),
    [(0.0, 4, 1.0), (1.0, 4, 5.0), (0.5, 1, 1.5), (0.8, 3, 1 + 0.8 + 0.64 + 0.512)],
)
def test_tokens_of_a_step_are_those_of_leviathan(
    acceptance: float, guesses: int, mean: float
) -> None:
    assert tok_per_step(acceptance, guesses) == pytest.approx(mean)
    if 0.0 < acceptance < 1.0:
        ratio = (1 - acceptance ** (guesses + 1)) / (1 - acceptance)
        assert tok_per_step(acceptance, guesses) == pytest.approx(ratio)


@settings(deadline=None, max_examples=20)
@given(acceptance=st.floats(0.05, 0.95), guesses=st.integers(1, 7))
def test_moments_are_those_of_playing_it_out(acceptance: float, guesses: int) -> None:
    chance = Random(7)
    drawn: list[int] = []
    for _ in range(20_000):
        tokens = 1
        while tokens <= guesses and chance.random() < acceptance:
            tokens += 1
        drawn.append(tokens)
    mean = sum(drawn) / len(drawn)
    variance = sum((value - mean) ** 2 for value in drawn) / len(drawn)
    assert tok_per_step(acceptance, guesses) == pytest.approx(mean, rel=0.03)
    assert tok_per_step_variance(acceptance, guesses) == pytest.approx(variance, rel=0.1, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_published_acceptance_is_a_range_with_a_source(kind: str) -> None:
    known = ACCEPTANCE[kind]
    assert 0.0 <= known.low < known.high < 1.0
    assert len(known.source) > 20


def test_a_step_without_guesses_is_that_of_a_plain_stage() -> None:
    plain = stage(LLAMA_3_8B, H100_SXM)
    guessing = speculating(LLAMA_3_8B, Drafter("ngram", 0, 0.5))
    lookup_s = guessing.kv_tok_s - plain.kv_tok_s
    for prompt_tok, sequences in ((0.0, 7.0), (512.0, 7.0), (512.0, 0.0)):
        expected = plain.step_s(prompt_tok, 250.0, sequences, 800.0)
        found = guessing.step_s(prompt_tok, 250.0, sequences, 800.0)
        assert found == pytest.approx(expected + sequences * 800.0 * lookup_s, rel=1e-12)


def test_an_eagle_head_is_as_large_as_published() -> None:
    """Li et al. (2024), section 4: 0.24 billion parameters for 7B models, 0.99 for 70B."""
    for model, billions in ((LLAMA_3_8B, 0.24), (designs.LLAMA_3_70B, 0.99)):
        head = Drafter("eagle", 3, 0.6)
        layer = drafting_model(model, head)
        assert layer is not None
        assert layer.layers == 1
        held = draft_weights_bytes(model, head, Layout(precision="fp16"))
        assert held / 2e9 == pytest.approx(billions, rel=0.12)
        matrices = attention_parameters(model) + dense_mlp_parameters(model)
        joined = matrices + 2 * model.hidden**2
        assert held == pytest.approx(2 * joined, rel=1e-6)


def test_what_a_drafter_holds() -> None:
    layout = Layout(precision="fp16", tensor_parallel=4)
    small = Drafter("draft", 4, 0.6, LLAMA_3_8B)
    assert draft_weights_bytes(designs.LLAMA_3_70B, Drafter("ngram", 4, 0.3), layout) == 0.0
    held = draft_weights_bytes(designs.LLAMA_3_70B, small, layout)
    assert held == pytest.approx(8.03e9 * 2 / 4, rel=0.01)
    cached = draft_kv_bytes_per_tok(designs.LLAMA_3_70B, small, layout)
    assert cached == 2 * 2 * 128 * 2 * 32  # keys and values, two heads of 128, 32 layers
    expert_layer = drafting_model(MIXTRAL_8X7B, Drafter("mtp", 1, 0.8))
    assert expert_layer is not None
    assert expert_layer.experts == 8


@settings(deadline=None, max_examples=40)
@given(
    acceptance=st.floats(0.0, 0.95),
    guesses=st.integers(1, 6),
    rate=st.floats(0.2, 6.0),
    kind=st.sampled_from(["ngram", "eagle"]),
)
def test_better_guesses_never_make_an_answer_longer(
    acceptance: float, guesses: int, rate: float, kind: str
) -> None:
    worse = operate(
        speculating(LLAMA_3_8B, Drafter(kind, guesses, acceptance)), CHAT, rate, 8192, 0
    )
    better = speculating(LLAMA_3_8B, Drafter(kind, guesses, min(0.99, acceptance + 0.04)))
    found = operate(better, CHAT, rate, 8192, 0)
    if worse.stable:
        assert found.stable
        assert found.tpot_s <= worse.tpot_s * (1 + 1e-6)
        assert e2e_s(found, CHAT, None) <= e2e_s(worse, CHAT, None) * (1 + 1e-6)


def test_wrong_guesses_only_cost() -> None:
    plain = operate(stage(LLAMA_3_8B, H100_SXM), CHAT, 4.0, 8192, 0.0)
    wrong = operate(speculating(LLAMA_3_8B, Drafter("eagle", 4, 0.0)), CHAT, 4.0, 8192, 0.0)
    assert wrong.tpot_s > plain.tpot_s
    assert wrong.gain == 1.0


SCENES = [
    (designs.LLAMA_3_70B, 4, Drafter("ngram", 4, 0.5), 2.0),
    (designs.LLAMA_3_70B, 4, Drafter("eagle", 3, 0.6), 4.0),
    (designs.LLAMA_3_70B, 4, Drafter("draft", 4, 0.7, LLAMA_3_8B), 3.0),
    (LLAMA_3_8B, 1, Drafter("eagle", 5, 0.8), 8.0),
]


@pytest.mark.parametrize(("model", "tensor", "drafter", "rate"), SCENES, ids=lambda v: str(v)[:16])
def test_the_closed_form_is_what_is_simulated(
    model: LanguageModel, tensor: int, drafter: Drafter, rate: float
) -> None:
    clock = speculating(model, drafter, tensor=tensor)
    found = operate(clock, CHAT, rate, 8192, 0.0)
    lengths = Apart(
        prompt=Gamma(mean_tok=500.0, p95_over_mean=2.5),
        output=Gamma(mean_tok=250.0, p95_over_mean=2.5),
    )
    traffic = Traffic(arrivals=Renewal(rate_per_s=rate), lengths=lengths)
    setup = ReplicaSetup(
        clock=clock,
        max_num_seqs=1024,
        speculation=Speculation(drafter.tokens, drafter.acceptance, clock.draft_s),
    )
    seen = open_loop(setup, islice(traffic.requests(1), 5000), warm_up=500)
    assert tpot_s(found, None) == pytest.approx(seen.tpot.mean_s, rel=0.07)
    assert itl_s(found, None) == pytest.approx(seen.itl.mean_s, rel=0.07)
    assert ttft_s(found, None) == pytest.approx(seen.ttft.mean_s, rel=0.10)
    assert ttft_s(found, 0.95) == pytest.approx(seen.ttft.p95_s, rel=0.10)
    assert e2e_s(found, CHAT, None) == pytest.approx(seen.e2e.mean_s, rel=0.07)
    assert found.sequences == pytest.approx(seen.mean_running, rel=0.10)


def test_steps_of_an_answer_are_fewer_than_its_tokens() -> None:
    plain, guessing = stage(LLAMA_3_8B, H100_SXM), speculating(LLAMA_3_8B, Drafter("ngram", 3, 0.7))
    assert steps_of_answer(plain, CHAT) == 249.0
    assert 249.0 / guessing.gain < steps_of_answer(guessing, CHAT) < 249.0 / guessing.gain + 1.0
