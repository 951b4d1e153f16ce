"""Certificates: other code works them out again, and they are what the performance model counts."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs, recompute
from support.machines import LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import all_settled, on_nodes, pi, problem

from inferc.compiler.model import LanguageModel
from inferc.compiler.model.catalog import language_model_at
from inferc.compiler.perf import architecture as perf
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES
from inferc.compiler.plan.bounds import all_bounds, violated
from inferc.compiler.plan.bounds.amounts import Amount, Whence, least, let, most, stated, steps_of
from inferc.compiler.plan.bounds.counts import Counts
from inferc.compiler.problem import Problem
from inferc.report.certificate import render, to_data

TINY = designs.TINYLLAMA_1_1B
MODELS = [
    model
    for name in (
        "tinyllama_1_1b_chat",
        "meta.llama_3_70b_instruct",
        "meta.llama_4_scout_17b_16e_instruct",
        "mistral.mixtral_8x22b_instruct",
        "mistral.mistral_7b_v0_1",
        "google.gemma_3_27b_it",
        "google.gemma_2_9b_it",
        "openai.gpt_oss_120b",
        "deepseek.deepseek_v2_lite",
        "deepseek.deepseek_v3",
        "moonshot.kimi_k2_instruct",
        "qwen.qwen3_next_80b_a3b_instruct",
        "qwen.qwen3_5_9b",
        "ai21.jamba_1_5_mini",
        "nvidia.nemotron_h_8b",
        "minimax.minimax_text_01",
        "cohere.command_a_111b",
        "bigcode.starcoder2_15b",
        "falcon.falcon_40b",
    )
    if (model := language_model_at(f"models.{name}"))
]
"""Of every kind of architecture: dense, experts, latent, windowed, with states, of mixed layers."""


def checked(asked: Problem) -> tuple[int, int, list[str]]:
    """Return what the calculator that knows nothing of inferc finds."""
    data = to_data("x", {asked.case.service: all_bounds(asked)})
    return recompute.check(json.loads(json.dumps(data)))


# ---- recomputed by other code ------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    model=st.sampled_from(MODELS),
    nodes=st.integers(1, 40),
    rate=st.floats(0.001, 1e6),
    stated_numbers=st.fixed_dictionaries(
        {"peak": st.floats(1, 8), "prompt": st.floats(8, 4000), "output": st.floats(1, 800)}
    ),
    limits=st.fixed_dictionaries(
        {}, optional={name: st.floats(1e-4, 50) for name in ("ttft", "tpot", "itl", "e2e")}
    ),
)
def test_every_certificate_can_be_worked_out_again(
    model: LanguageModel,
    nodes: int,
    rate: float,
    stated_numbers: dict[str, float],
    limits: dict[str, float],
) -> None:
    asked = problem(model, rate_per_s=rate, limits_s=limits)
    asked = on_nodes(all_settled(asked, **stated_numbers), nodes)
    bounds, steps, wrong = checked(asked)
    assert wrong == []
    assert bounds >= 5
    assert steps > 20 * bounds / 2


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_certificates_of_every_kind_of_architecture_hold_up(model: LanguageModel) -> None:
    asked = problem(model, limits_s={"ttft": 0.5, "tpot": 0.05, "e2e": 10.0})
    assert checked(asked)[2] == []


def test_the_calculator_finds_what_is_wrong() -> None:
    """A checker that accepts everything proves nothing."""
    data = to_data("x", {"chat": all_bounds(problem())})
    for key, value, said in (
        ("need", 1.0, "is not what is printed"),
        ("ratio", 0.5, "the ratio is"),
        ("holds", False, "the verdict is wrong"),
    ):
        spoilt = json.loads(json.dumps(data))
        spoilt["services"][0]["bounds"][0][key] = value
        assert any(said in text for text in recompute.check(spoilt)[2])
    for step, (key, value, said) in (
        (5, ("value", 150_994_945.0, "attention_parameters is 150994944.0")),
        (0, ("value", 81.0, "always_parameters is")),
        (0, ("source", "", "comes from nowhere")),
    ):
        spoilt = json.loads(json.dumps(data))
        steps = spoilt["services"][0]["bounds"][0]["steps"]
        steps[step] |= {key: value, "line": ""}
        assert any(said in text for text in recompute.check(spoilt)[2])


def test_the_command_and_the_calculator_agree_in_two_processes() -> None:
    root = Path(recompute.__file__).parents[2]
    example = str(root / "examples" / "impossible-pi" / "topology.infer")
    command = [sys.executable, "-m", "inferc", "explain", "--certificate", example]
    printed = subprocess.run([*command, "--format", "json"], check=True, capture_output=True)
    script = [sys.executable, "-I", recompute.__file__]
    done = subprocess.run(script, input=printed.stdout, check=True, capture_output=True)
    assert done.stdout.decode().endswith(" 0 mistakes\n")


# ---- the same as the performance model ---------------------------------------------------------


def length(value: float) -> Amount:
    return stated("context_tok", value, "tok", "a length", Whence(None))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_counts_are_those_of_the_performance_model(model: LanguageModel) -> None:
    counts = Counts(model)
    for precision in BYTES_PER_PARAMETER:
        assert counts.weights(precision).value == pytest.approx(
            perf.weights_bytes(model, precision), rel=1e-13
        )
        assert counts.read_once(precision).value == pytest.approx(
            perf.read_once_bytes(model, precision), rel=1e-13
        )
    for tokens in (1.0, 700.0, float(model.context)):
        flop = counts.prefill("prompt_flop", length(tokens), "")
        assert flop.value == pytest.approx(perf.prefill_flop(model, tokens), rel=1e-13)
        for name, width in KV_BYTES.items():
            cached = counts.kv("kv_bytes", length(tokens), name, "")
            assert cached.value == pytest.approx(perf.kv_bytes(model, tokens, width), rel=1e-13)
        spread = counts.kv("kv_bytes", length(tokens), "fp16", "", spread=True).value
        answer = counts.decode(length(tokens)).value
        exact = perf.decode_flop_per_tok(model, tokens)
        if model.window_layers:
            assert spread <= perf.kv_bytes(model, tokens) * (1 + 1e-13)
            assert answer <= exact * (1 + 1e-13)
        else:
            assert spread == pytest.approx(perf.kv_bytes(model, tokens), rel=1e-13)
            assert answer == pytest.approx(exact, rel=1e-13)


@given(st.lists(st.floats(1, 8000), min_size=1, max_size=20), st.integers(0, 7))
def test_the_mean_of_windows_is_never_more_than_the_windows(lengths: list[float], at: int) -> None:
    """A mean length stands for sequences of which some are shorter than the window, some longer."""
    windowed = [model for model in MODELS if model.window_layers]
    model = windowed[at % len(windowed)]
    counts, count = Counts(model), len(lengths)
    lengths = [min(value, float(model.context)) for value in lengths]
    mean = length(sum(lengths) / count)
    least_bytes = counts.kv("kv_bytes", mean, "fp16", "", spread=True).value
    assert least_bytes <= sum(perf.kv_bytes(model, n) for n in lengths) / count * (1 + 1e-12)
    least_flop = counts.decode(mean).value
    each = [perf.decode_flop_per_tok(model, n) for n in lengths]
    assert least_flop <= sum(each) / count * (1 + 1e-12)


# ---- shape -------------------------------------------------------------------------------------


ASKED = [
    problem(limits_s={"ttft": 0.5, "itl": 0.05, "e2e": 9.0}),
    problem(LLAMA_3_8B, limits_s={}),
    problem(MIXTRAL_8X7B, limits_s={"tpot": 0.02}),
    designs.impossible_pi_problem(),
    pi(TINY, rate_per_s=1.0, ttft_s=1.0),
]


@pytest.mark.parametrize("asked", ASKED)
def test_a_symbol_has_one_value_on_a_place(asked: Problem) -> None:
    """So that the text explains each number once."""
    known: dict[tuple[str, str], tuple[float, str]] = {}
    for bound in all_bounds(asked):
        for step in bound.steps:
            said = (step.value, step.expression)
            assert known.setdefault((bound.place, step.symbol), said) == said


@pytest.mark.parametrize("asked", ASKED)
def test_the_violated_bounds_are_those_that_fail(asked: Problem) -> None:
    failing = tuple(bound for bound in all_bounds(asked) if bound.violated)
    assert violated(asked) == failing
    assert all(bound.ratio > 1 for bound in failing)


@pytest.mark.parametrize("asked", ASKED)
def test_every_number_is_in_the_text_with_its_source(asked: Problem) -> None:
    bounds = all_bounds(asked)
    text = render("x", {"chat": bounds}, color=False)
    for bound in bounds:
        assert f"{bound.code} {bound.statement}" in text
        for step in bound.steps:
            assert f"    {step.symbol} = " in text
            assert bool(step.expression) != (step.origin != "derived")
    assert max(len(line) for line in text.splitlines() if "http" not in line) <= 100


# ---- arithmetic that writes itself down --------------------------------------------------------


def named(symbol: str, value: float) -> Amount:
    return stated(symbol, value, "", "", Whence(None))


NUMBERS = {"a": 7.0, "b": 3.0, "c": 2.0, "d": 0.5}
LEAVES = st.sampled_from(sorted(NUMBERS)) | st.integers(1, 9)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from(["+", "-", "*", "/", "min", "max"]), inner, inner),
    max_leaves=12,
)


def grown(tree: object) -> Amount | float:
    if isinstance(tree, str):
        return named(tree, NUMBERS[tree])
    if isinstance(tree, int):
        return float(tree)
    assert isinstance(tree, tuple)
    sign, first, second = tree
    left, right = grown(first), grown(second)
    left = left if isinstance(left, Amount) else named("a", NUMBERS["a"]) * left
    if sign in {"min", "max"}:
        return least(left, right) if sign == "min" else most(left, right)
    value = right.value if isinstance(right, Amount) else right
    if sign == "/" and value == 0:
        return left
    return {"+": left.__add__, "-": left.__sub__, "*": left.__mul__, "/": left.__truediv__}[sign](
        right
    )


@given(TREES)
def test_the_text_of_an_expression_means_its_value(tree: object) -> None:
    amount = grown(tree)
    if isinstance(amount, Amount):
        known = {name: recompute.Fraction(value) for name, value in NUMBERS.items()}
        exact = recompute.Calculator(amount.text, known).all()
        assert float(exact) == pytest.approx(amount.value, rel=1e-9, abs=1e-9)


def test_steps_come_before_those_that_use_them_and_once() -> None:
    side = named("side", 3.0)
    area = let("area", side * side, "", "of the square")
    volume = let("volume", area * side, "", "of the cube")
    assert [step.symbol for step in steps_of(volume + area)] == ["side", "area", "volume"]
    assert volume.step is not None
    assert (volume.step.expression, volume.value) == ("area * side", 27.0)


def test_bounds_on_a_place_whose_nodes_are_chosen_count_with_the_most() -> None:
    asked = on_nodes(problem(), 4)
    chosen = replace(
        asked, case=replace(asked.case, place=replace(asked.case.place, least_nodes=1))
    )
    assert [b.ratio for b in all_bounds(chosen)] == [b.ratio for b in all_bounds(asked)]
