"""Steps of every kind of model and layout: three ways to price one agree, and nothing is absurd."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs

from inferc.compiler.model import Engine, LanguageModel, Place
from inferc.compiler.model.catalog import accelerator_at, language_model_at, place_of
from inferc.compiler.perf.architecture import window_pairs
from inferc.compiler.perf.coefficients import ALL, coefficients_of
from inferc.compiler.perf.ideal import launched_s, step_s, tokens_s
from inferc.compiler.perf.roofline import larger
from inferc.compiler.perf.steps import Layout, Seen, Stage


def model_at(path: str) -> LanguageModel:
    """Return a model of the catalog."""
    model = language_model_at(f"models.{path}")
    assert model is not None
    return model


def place(path: str = "gpu.nvidia.h200_141gb_sxm") -> Place:
    """Return two nodes of eight."""
    accelerator = accelerator_at(path)
    assert accelerator is not None
    return place_of(accelerator, per_node=8, nodes=2)


BARE = replace(designs.vllm({}), coefficients={})
"""An engine of which nothing is known: the typical coefficients hold."""

KINDS = {
    "dense": model_at("meta.llama_3_1_8b_instruct"),
    "mixture": model_at("qwen.qwen3_30b_a3b"),
    "latent": model_at("deepseek.deepseek_v3"),
    "windowed": model_at("google.gemma_3_27b_it"),
    "states": model_at("nvidia.nemotron_3_nano_30b_a3b"),
    "narrow experts": model_at("openai.gpt_oss_120b"),
    "gated states": model_at("qwen.qwen3_next_80b_a3b_instruct"),
}

STAGES = [
    Stage(KINDS["dense"], place(), BARE, Layout(precision="bf16")),
    Stage(KINDS["dense"], place(), BARE, Layout(precision="fp8", tensor_parallel=4)),
    Stage(KINDS["mixture"], place(), BARE, Layout(precision="fp8", pipeline_parallel=2)),
    Stage(
        KINDS["latent"],
        place(),
        BARE,
        Layout(precision="fp8", tensor_parallel=8, expert_parallel=8, attention_data_parallel=8),
    ),
    Stage(KINDS["windowed"], place(), BARE, Layout(precision="bf16", tensor_parallel=2)),
    Stage(KINDS["states"], place(), BARE, Layout(precision="bf16", tensor_parallel=2)),
    Stage(KINDS["narrow experts"], place(), BARE, Layout(precision="mxfp4", tensor_parallel=4)),
    Stage(KINDS["gated states"], place(), BARE, Layout(precision="int4", kv_precision="fp8")),
    Stage(
        KINDS["dense"],
        place("gpu.nvidia.rtx_4090"),
        BARE,
        Layout(precision="int4", tensor_parallel=2),
    ),
]


def by_clock(unit: Stage, tokens: int, prompts: int, contexts: list[int], seen: Seen) -> float:
    """Return a step as a simulator adds it up from the clock's pieces.

    ``tokens`` of prompts of which ``prompts`` end, beside a decoding sequence for each context.
    """
    decoding = len(contexts)
    price = unit.prompt_tokens_s if tokens else unit.tokens_s
    taken_s = price(tokens + decoding) + unit.sampled_s(decoding + prompts)
    taken_s += decoding * unit.sequence_s + unit.kv_tok_s * sum(contexts)
    taken_s += unit.window_kv_tok_s * sum(min(one, unit.window_tok) for one in contexts)
    if tokens:
        taken_s += unit.pair_s * seen.pairs + unit.window_pair_s * seen.window_pairs
        taken_s += unit.prompt_step_s
    return taken_s


def what_is_seen(unit: Stage, done: int, tokens: int, contexts: list[int]) -> Seen:
    """Return what a step looks at: a chunk of one prompt, and decoding sequences."""
    window = unit.window_tok
    return Seen(
        context_tok=float(sum(contexts)),
        window_context_tok=float(sum(min(one, window) for one in contexts)),
        pairs=tokens * (done + tokens / 2.0),
        window_pairs=window_pairs(done, tokens, window),
    )


STEPS = st.tuples(
    st.sampled_from(STAGES),
    st.integers(0, 20_000),
    st.integers(0, 8192),
    st.lists(st.integers(1, 60_000), max_size=40),
).filter(lambda step: step[2] > 0 or len(step[3]) > 0)


@settings(max_examples=300, deadline=None)
@given(step=STEPS)
def test_a_step_priced_from_its_work_takes_what_the_clock_says(
    step: tuple[Stage, int, int, list[int]],
) -> None:
    """What a fit prices for arrays of steps is what a simulation adds up."""
    unit, done, tokens, contexts = step
    prompts = 1 if tokens else 0
    seen = what_is_seen(unit, done, tokens, contexts)
    decoding = len(contexts)
    work = unit.work(float(tokens + decoding), float(decoding + prompts), float(decoding), seen)
    expected = by_clock(unit, tokens, prompts, contexts, seen)
    assert step_s(work, unit.prices) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(
    unit=st.sampled_from(STAGES),
    tokens=st.integers(0, 8192),
    pairs=st.integers(0, 20_000),
    sequences=st.integers(1, 300),
    context=st.integers(1, 60_000),
)
def test_the_closed_form_prices_a_mean_step_as_the_clock_does(
    unit: Stage, tokens: int, pairs: int, sequences: int, context: int
) -> None:
    """All sequences at one context, all prompt tokens looking at equally many before them."""
    seen = Seen(
        context_tok=float(sequences * context),
        window_context_tok=float(sequences * min(context, unit.window_tok)),
        pairs=float(tokens * pairs),
        window_pairs=float(tokens * min(pairs, unit.window_tok)),
    )
    expected = by_clock(unit, tokens, 1, [context] * sequences, seen)
    found = unit.step_s(float(tokens), float(pairs), float(sequences), float(context))
    assert found == pytest.approx(expected, rel=1e-9)


@settings(max_examples=300, deadline=None)
@given(unit=st.sampled_from(STAGES), tokens=st.floats(1.0, 70_000.0))
def test_tokens_are_priced_to_the_last_bit_as_their_work_is(unit: Stage, tokens: float) -> None:
    """The clock leaves the work out that a fit prices; not one measurement may come out another."""
    work = unit.ideal(tokens)
    assert unit.step_s(tokens, 0.0, 0.0, 0.0) - unit.prompt_step_s == pytest.approx(
        launched_s(work, unit.prices) + unit.sampled_s(1), rel=1e-12
    )
    whole = round(tokens)
    assert unit.tokens_s(whole) == tokens_s(unit.ideal(float(whole)), unit.prices)
    assert unit.prompt_tokens_s(whole) == launched_s(unit.ideal(float(whole)), unit.prices)


TIMES = st.one_of(st.just(0.0), st.floats(1e-9, 1e3))


def test_the_clock_remembers() -> None:
    unit = STAGES[0]
    assert unit.tokens_s(77) == unit.tokens_s(77)
    assert unit.prompt_tokens_s(77) >= unit.tokens_s(77)
    assert unit.sampled_s(9) == unit.sampled_s(9) > 0.0


LAYOUTS = st.builds(
    Layout,
    precision=st.sampled_from(["bf16", "fp8", "int4", "nvfp4"]),
    kv_precision=st.sampled_from(["fp16", "fp8"]),
    tensor_parallel=st.sampled_from([1, 2, 4, 8]),
    pipeline_parallel=st.sampled_from([1, 2]),
    expert_parallel=st.sampled_from([1, 8]),
)
POINTS = st.tuples(
    st.floats(0, 8192), st.floats(0, 20_000), st.floats(1, 512), st.floats(1, 60_000)
)


@settings(max_examples=150, deadline=None)
@given(
    model=st.sampled_from(sorted(KINDS)),
    layout=LAYOUTS,
    point=POINTS,
    more=st.floats(0, 2000),
    at=st.integers(0, 3),
)
def test_more_in_a_step_never_takes_less_time(
    model: str, layout: Layout, point: tuple[float, ...], more: float, at: int
) -> None:
    unit = Stage(KINDS[model], place(), BARE, layout)
    larger_point = [value + more if index == at else value for index, value in enumerate(point)]
    assert unit.step_s(*larger_point) >= unit.step_s(*point) * (1 - 1e-12) > 0.0


def faster(at: Place, what: str, factor: float) -> Place:
    """Return a place whose accelerators have more of something."""
    accelerator = at.accelerator
    assert accelerator.link is not None
    link = accelerator.link
    match what:
        case "bandwidth":
            more = replace(
                accelerator,
                bandwidth_bytes_per_s=designs.fact(
                    accelerator.bandwidth_bytes_per_s.value * factor
                ),
            )
        case "compute":
            more = replace(
                accelerator,
                flop_per_s={
                    dtype: designs.fact(value.value * factor)
                    for dtype, value in accelerator.flop_per_s.items()
                },
            )
        case _:
            wider = designs.fact(link.bandwidth_bytes_per_s.value * factor)
            more = replace(accelerator, link=replace(link, bandwidth_bytes_per_s=wider))
    return replace(at, accelerator=more)


@settings(max_examples=150, deadline=None)
@given(
    model=st.sampled_from(sorted(KINDS)),
    layout=LAYOUTS,
    point=POINTS,
    what=st.sampled_from(["bandwidth", "compute", "link"]),
    factor=st.floats(1.0, 8.0),
)
def test_better_hardware_is_never_slower(
    model: str, layout: Layout, point: tuple[float, ...], what: str, factor: float
) -> None:
    before = Stage(KINDS[model], place(), BARE, layout)
    after = Stage(KINDS[model], faster(place(), what, factor), BARE, layout)
    assert after.step_s(*point) <= before.step_s(*point) * (1 + 1e-12)


def test_experts_that_are_dealt_out_exchange_tokens_instead_of_sums() -> None:
    """With small steps the messages are what differs: there are two more a layer of experts."""
    model = KINDS["mixture"]
    cut = Stage(model, place(), BARE, Layout(precision="bf16", tensor_parallel=8))
    dealt = Stage(
        model, place(), BARE, Layout(precision="bf16", tensor_parallel=8, expert_parallel=8)
    )
    assert dealt.ideal(8.0).messages - cut.ideal(8.0).messages == model.layers
    assert dealt.ideal(8.0).expert_read_s == pytest.approx(cut.ideal(8.0).expert_read_s)


def test_groups_that_attend_alone_read_less_cache_and_more_weights() -> None:
    """DeepSeek-V3 has one latent pair: eight shards each keep all of it, eight groups an eighth."""
    model = KINDS["latent"]
    whole = Stage(model, place(), BARE, Layout(precision="fp8", tensor_parallel=8))
    groups = Stage(
        model,
        place(),
        BARE,
        Layout(precision="fp8", tensor_parallel=8, attention_data_parallel=8),
    )
    assert groups.kv_read_s == pytest.approx(whole.kv_read_s / 8)
    assert groups.ideal(1.0).matrix_read_s > whole.ideal(1.0).matrix_read_s
    assert groups.ideal(1.0).messages < whole.ideal(1.0).messages


def test_a_narrow_cache_without_units_for_it_is_slower() -> None:
    """A100 has no fp8 units; H200 has."""
    layout = Layout(precision="bf16", kv_precision="fp8")
    for path, quicker in (("gpu.nvidia.h200_141gb_sxm", True), ("gpu.nvidia.a100_80gb_sxm", False)):
        narrow = Stage(KINDS["dense"], place(path), BARE, layout)
        wide = Stage(KINDS["dense"], place(path), BARE, Layout(precision="bf16"))
        assert (narrow.kv_tok_s < wide.kv_tok_s) is quicker


@settings(max_examples=200, deadline=None)
@given(one=TIMES, other=TIMES, more=st.floats(1, 10))
def test_the_smooth_maximum_is_one(one: float, other: float, more: float) -> None:
    top = max(one, other)
    assert top * (1 - 1e-9) <= larger(one, other) <= top * 2**0.25 * (1 + 1e-9)
    assert larger(one, other) == larger(other, one)
    assert larger(one * more, other) >= larger(one, other) * (1 - 1e-9)


def engine_with(**values: float) -> Engine:
    """Return an engine that states these coefficients."""
    return replace(BARE, coefficients={name: designs.fact(v) for name, v in values.items()})


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_coefficient_leaves_its_range(name: str) -> None:
    item = ALL[name]
    accelerator = place().accelerator
    assert item.low <= item.typical <= item.high
    assert item.source
    assert coefficients_of(BARE, accelerator)[name] == item.typical
    for stated, used in ((item.low - 1.0, item.low), (item.high * 2.0 + 1.0, item.high)):
        assert coefficients_of(engine_with(**{name: stated}), accelerator)[name] == used
    doubled = replace(accelerator, efficiency={name: 2.0})
    assert coefficients_of(BARE, doubled)[name] == min(item.high, 2.0 * item.typical)


def test_no_share_is_above_one() -> None:
    shares = [item for name, item in ALL.items() if name.endswith(("efficiency", "share"))]
    assert shares
    assert all(item.high <= 1.0 for item in shares)
