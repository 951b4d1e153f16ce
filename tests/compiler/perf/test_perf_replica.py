"""Memory, messages and steps: values by hand, and what must never get worse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B, MIXTRAL_8X7B, accelerator
from support.replicas import stage

from inferc.compiler.model import Accelerator, LanguageModel
from inferc.compiler.perf.architecture import weights_bytes
from inferc.compiler.perf.demand import demand_of
from inferc.compiler.perf.estimate import e2e_s, itl_s, kv_needed_tok, tpot_s, ttft_s
from inferc.compiler.perf.formats import compute_dtype, peak_flop_per_s
from inferc.compiler.perf.memory import (
    activation_bytes,
    can_shard,
    kv_bytes_per_tok_and_shard,
    kv_cache_tok,
    shard_weights_bytes,
)
from inferc.compiler.perf.operation import operate
from inferc.compiler.perf.queueing import at_most
from inferc.compiler.perf.roofline import larger
from inferc.compiler.perf.steps import Stage

LLAMA_70B = designs.LLAMA_3_70B
MODELS = [LLAMA_3_8B, LLAMA_70B, MIXTRAL_8X7B, designs.TINYLLAMA_1_1B]
GIB = 1024**3


def test_the_slower_of_computing_and_reading_counts() -> None:
    """Far from the ridge the slower alone; at the ridge a little more, as measured rooflines."""
    assert larger(2.0, 0.2) == pytest.approx(2.0, rel=1e-4)
    assert larger(0.5, 5.0) == pytest.approx(5.0, rel=1e-4)
    assert larger(3.0, 3.0) == pytest.approx(3.0 * 2**0.25)


SHARDS = [
    # llama 3 70B in 16 bits, 141.1 GB, of which 2.1 GB are each of the two embeddings
    (1, 1, 141.1e9),
    (4, 1, 35.3e9),
    (8, 1, 17.6e9),
    (2, 2, 35.3e9),
    (1, 8, 19.2e9),  # ten layers of 1.71 GB and one embedding
]


@pytest.mark.parametrize(("tensor", "pipeline", "expected"), SHARDS)
def test_weights_of_a_shard(tensor: int, pipeline: int, expected: float) -> None:
    held = shard_weights_bytes(LLAMA_70B, "fp16", tensor, pipeline)
    assert held == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.title)
@pytest.mark.parametrize("tensor", [1, 2, 4, 8])
def test_shards_hold_all_weights_together(model: LanguageModel, tensor: int) -> None:
    shard = shard_weights_bytes(model, "fp16", tensor, 1)
    assert tensor * shard >= weights_bytes(model, "fp16") * (1 - 1e-9)


def test_kv_heads_are_repeated_beyond_their_number() -> None:
    """Eight KV heads: sixteen shards hold one each, as eight do."""
    eight = kv_bytes_per_tok_and_shard(LLAMA_70B, 8, 1)
    assert eight == 2 * 80 * 1 * 128 * 2
    assert kv_bytes_per_tok_and_shard(LLAMA_70B, 16, 1) == eight
    sixteen = shard_weights_bytes(LLAMA_70B, "fp16", 16, 1)
    assert sixteen > weights_bytes(LLAMA_70B, "fp16") / 16


@pytest.mark.parametrize(
    ("tensor", "pipeline", "fits"), [(1, 1, True), (8, 80, True), (3, 1, False), (1, 81, False)]
)
def test_heads_and_layers_that_can_be_dealt_out(tensor: int, pipeline: int, fits: bool) -> None:
    assert can_shard(LLAMA_70B, tensor, pipeline) is fits


def test_the_kv_cache_is_handed_out_in_blocks() -> None:
    assert kv_cache_tok(1000.0, 10.0, 16.0) == 96.0
    assert kv_cache_tok(-5.0, 10.0, 16.0) == 0.0


def test_the_working_memory_of_a_step_is_near_a_logged_one() -> None:
    """vLLM's profile of Phi-4 logs 1.16 GiB at most; Llama 3 8B with 8192 tokens is alike."""
    assert 0.3 * GIB < activation_bytes(LLAMA_3_8B, 1, 8192, 256) < 1.5 * GIB


DTYPES = [
    (designs.A100_80GB_SXM, "fp8", "fp16"),  # no fp8 units: weights are widened
    (designs.A100_80GB_SXM, "int8", "int8"),
    (designs.A100_80GB_SXM, "int4", "fp16"),
    (H100_SXM, "fp8", "fp8"),
    (designs.RASPBERRY_PI_4B_4GB, "fp16", "fp32"),
    (designs.RASPBERRY_PI_4B_4GB, "int4", "fp32"),
]


@pytest.mark.parametrize(("device", "precision", "dtype"), DTYPES, ids=str)
def test_formats_run_on_the_next_wider_units(
    device: Accelerator, precision: str, dtype: str
) -> None:
    assert compute_dtype(device, precision) == dtype
    assert peak_flop_per_s(device, precision) == device.flop_per_s[dtype].value


def test_an_unknown_format_has_no_units() -> None:
    assert compute_dtype(designs.A100_80GB_SXM, "ternary") is None
    assert peak_flop_per_s(designs.A100_80GB_SXM, "ternary") == 0.0


STEPS = st.tuples(st.floats(0, 8192), st.floats(0, 4096), st.floats(0, 512), st.floats(0, 8192))


@settings(max_examples=25, deadline=None)
@given(
    model=st.sampled_from(MODELS),
    step=STEPS,
    factor=st.floats(1.0, 4.0),
    what=st.sampled_from(["bandwidth", "fp16"]),
    tensor=st.sampled_from([1, 2, 4]),
)
def test_a_faster_device_is_never_slower(
    model: LanguageModel,
    step: tuple[float, float, float, float],
    factor: float,
    what: str,
    tensor: int,
) -> None:
    figures = {"bandwidth": 2039e9, "fp16": 312e12}
    slow = accelerator("slow", 80, **figures)
    fast = accelerator("fast", 80, **{**figures, what: figures[what] * factor})
    before = stage(model, slow, tensor=tensor).step_s(*step)
    assert stage(model, fast, tensor=tensor).step_s(*step) <= before * (1 + 1e-12)


@settings(max_examples=25, deadline=None)
@given(model=st.sampled_from(MODELS), step=STEPS, more=st.floats(0, 500), at=st.integers(0, 3))
def test_more_in_a_step_never_takes_less_time(
    model: LanguageModel, step: tuple[float, float, float, float], more: float, at: int
) -> None:
    unit = stage(model)
    larger = tuple(value + more if place == at else value for place, value in enumerate(step))
    assert unit.step_s(*larger) >= unit.step_s(*step) * (1 - 1e-12)


@settings(max_examples=25, deadline=None)
@given(
    unit=st.builds(
        stage,
        st.sampled_from([LLAMA_3_8B, LLAMA_70B]),
        tensor=st.just(4),
        pipeline=st.sampled_from([1, 2, 4]),
    ),
    rate=st.floats(0.01, 8),
    factor=st.floats(1.0, 1.5),
    lengths=st.tuples(st.floats(10, 2000), st.floats(2, 500)),
    budget=st.sampled_from([512, 2048, 8192]),
)
def test_more_load_never_makes_anything_better(
    unit: Stage, rate: float, factor: float, lengths: tuple[float, float], budget: int
) -> None:
    prompt, output = lengths
    calm = operate(unit, demand_of(prompt, 2.5, output, 2.0), rate, budget, 0.015)
    for busy_rate, p, o in (
        (rate * factor, prompt, output),
        (rate, prompt * factor, output),
        (rate, prompt, output * factor),
    ):
        demand = demand_of(p, 2.5, o, 2.0)
        busy = operate(unit, demand, busy_rate, budget, 0.015)
        assert calm.stable or not busy.stable
        if busy.stable:
            slack = 1 + 1e-3  # the tail has two moments only
            assert ttft_s(calm, 0.95) <= ttft_s(busy, 0.95) * slack
            assert ttft_s(calm, None) <= ttft_s(busy, None) * slack
            assert tpot_s(calm, None) <= tpot_s(busy, None) * slack
            assert itl_s(calm, 0.95) <= itl_s(busy, 0.95) * slack


def test_percentiles_are_in_order() -> None:
    demand = demand_of(500, 2.5, 250, 2.0)
    found = operate(stage(LLAMA_70B, tensor=4), demand, 4.0, 8192, 0.015)
    for ask in (ttft_s, itl_s, tpot_s, lambda f, p: e2e_s(f, demand, p)):
        assert ask(found, 0.5) <= ask(found, 0.95) <= ask(found, 0.99)
    assert e2e_s(found, demand, None) == pytest.approx(
        ttft_s(found, None) + 249 * tpot_s(found, None)
    )


def test_an_overloaded_replica_is_not_stable() -> None:
    found = operate(stage(LLAMA_70B, tensor=4), demand_of(500, 1, 250, 1), 50.0, 8192, 0.015)
    assert not found.stable
    assert ttft_s(found, 0.95) == float("inf")


def test_an_engine_that_reserves_whole_answers_needs_more_cache() -> None:
    """Equal lengths: in the middle of its answer a sequence holds 100 + 30, in the end 100 + 60."""
    demand = demand_of(100, 1.0, 60, 1.0)
    found = operate(stage(LLAMA_3_8B), demand, 20.0, 8192, 0.015)
    found.sequences_in_prefill = 0.0
    for whole, mean_tok, square in (
        (False, 130.0, 100**2 + 100 * 60 + 60**2 / 3),
        (True, 160.0, 160.0**2),
    ):
        present = found.sequences
        expected = at_most(present * (mean_tok + 8.0), present * square, 0.99)
        assert kv_needed_tok(found, demand, 16.0, whole=whole) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(prompt=st.floats(1, 5000), output=st.floats(2, 2000), tail=st.floats(1.0, 4.0))
def test_whole_answers_never_need_less_cache(prompt: float, output: float, tail: float) -> None:
    demand = demand_of(prompt, tail, output, tail)
    found = operate(stage(LLAMA_3_8B), demand, 0.5, 8192, 0.015)
    part = kv_needed_tok(found, demand, 16.0)
    assert kv_needed_tok(found, demand, 16.0, whole=True) >= part * (1 - 1e-9)
