"""Figures of one configuration: laws that hold whatever the coefficients are."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs
from support.estimates import CHAT, figures, of_kind, setup

from inferc.compiler.estimation import Estimator, Kind, Load, Setup
from inferc.compiler.estimation.choices import Wanted, setup_of
from inferc.compiler.perf.steps import Layout
from inferc.dsl import Severity

LATENCIES = ("ttft_s", "itl_s", "tpot_s", "e2e_s")


def test_percentiles_rise() -> None:
    found = figures()
    for name in LATENCIES:
        values = getattr(found, name)
        assert list(values) == ["mean", "p50", "p95", "p99"]
        assert values["p50"] <= values["p95"] <= values["p99"]


def test_an_open_rate_is_answered() -> None:
    found = figures(of_kind(Kind.RATE, 1.5))
    assert found.requests_per_s == pytest.approx(1.5)
    assert found.output_tok_per_s == pytest.approx(300.0)
    assert found.total_tok_per_s == pytest.approx(1800.0)


def test_a_whole_request_is_its_first_token_and_the_others() -> None:
    found = figures()
    together = found.ttft_s["mean"] + 199 * found.tpot_s["mean"]
    assert found.e2e_s["mean"] == pytest.approx(together)


@pytest.mark.parametrize("clients", [1, 8, 64, 500, 4000])
def test_clients_are_all_there(clients: int) -> None:
    found = figures(of_kind(Kind.CONCURRENCY, clients))
    there = found.requests_per_s * found.e2e_s["mean"]
    assert there == pytest.approx(clients, rel=1e-2)
    assert found.sequences + found.waiting == pytest.approx(clients)


def test_clients_beyond_the_slots_wait() -> None:
    small = setup(max_num_seqs=16)
    full = figures(of_kind(Kind.CONCURRENCY, 16), small)
    over = figures(of_kind(Kind.CONCURRENCY, 160), small)
    assert full.waiting == 0
    assert over.waiting == 144
    assert over.requests_per_s == pytest.approx(full.requests_per_s)
    assert over.tpot_s == pytest.approx(full.tpot_s)
    assert over.ttft_s["mean"] > 9 * full.e2e_s["mean"]


def test_clients_beyond_the_cache_wait() -> None:
    tight = setup(tensor_parallel=2)
    found = figures(of_kind(Kind.CONCURRENCY, 250), tight)
    assert found.bottleneck == "kv cache"
    assert found.waiting > 0
    assert found.sequences == pytest.approx(found.memory.sequences_mean)


def test_an_engine_that_reserves_whole_answers_holds_fewer() -> None:
    tight = setup(tensor_parallel=2)
    reserving = setup(tensor_parallel=2, kv_admission="full_length")
    load = of_kind(Kind.CONCURRENCY, 250, Load(Kind.RATE, 1.0, 500.0, 1500.0))
    assert figures(load, reserving).sequences < figures(load, tight).sequences


@pytest.mark.parametrize("kind", [Kind.RATE, Kind.CONCURRENCY])
def test_replicas_share_a_load(kind: Kind) -> None:
    one = figures(of_kind(kind, 2.0))
    two = figures(of_kind(kind, 4.0), setup(replicas=2))
    assert two.ttft_s == pytest.approx(one.ttft_s)
    assert two.requests_per_s == pytest.approx(2 * one.requests_per_s)


def test_a_batch_ends_when_its_last_token_is_there() -> None:
    found = figures(of_kind(Kind.BATCH, 8))
    assert found.requests_per_s == pytest.approx(8 / found.e2e_s["p99"])
    split = figures(of_kind(Kind.BATCH, 8), setup(replicas=4))
    assert split.e2e_s["mean"] < found.e2e_s["mean"]
    assert split.requests_per_s == pytest.approx(8 / split.e2e_s["p99"])


def test_a_batch_without_room_goes_in_waves() -> None:
    whole = figures(of_kind(Kind.BATCH, 16))
    waves = figures(of_kind(Kind.BATCH, 16), setup(max_num_seqs=4))
    assert waves.sequences == 4
    assert waves.waiting == 12
    assert waves.ttft_s["p99"] > whole.e2e_s["p99"] / 2
    assert waves.requests_per_s < whole.requests_per_s


def test_too_high_a_rate_says_what_is_carried() -> None:
    estimator = Estimator(setup())
    outcome = estimator.estimate(of_kind(Kind.RATE, 1000.0))
    assert [item.code for item in outcome.diagnostics] == ["INF425"]
    assert outcome.figures is not None
    assert not outcome.figures.stable
    assert outcome.figures.ttft_s["mean"] == inf
    most = estimator.capacity_per_s(CHAT)
    assert estimator.estimate(of_kind(Kind.RATE, 0.99 * most)).diagnostics == ()
    assert estimator.estimate(of_kind(Kind.RATE, 1.01 * most)).diagnostics != ()


def test_slots_limit_the_rate_that_is_carried() -> None:
    few = setup(max_num_seqs=4)
    assert Estimator(few).capacity_per_s(CHAT) < Estimator(setup()).capacity_per_s(CHAT) / 4


@settings(deadline=None, max_examples=40)
@given(
    rate=st.floats(0.01, 2.0),
    prompt_tok=st.integers(16, 4000),
    output_tok=st.integers(2, 500),
    factor=st.floats(1.0, 4.0),
)
def test_faster_memory_is_never_slower(
    rate: float, prompt_tok: int, output_tok: int, factor: float
) -> None:
    load = Load(Kind.RATE, rate, float(prompt_tok), float(output_tok))
    base = setup()
    hardware = base.place.accelerator
    bandwidth = designs.fact(hardware.bandwidth_bytes_per_s.value * factor)
    faster = replace(
        base,
        place=replace(base.place, accelerator=replace(hardware, bandwidth_bytes_per_s=bandwidth)),
    )
    slow = Estimator(base).estimate(load).figures
    fast = Estimator(faster).estimate(load).figures
    assert slow is not None
    assert fast is not None
    if slow.stable:
        assert fast.stable
        assert fast.tpot_s["mean"] <= slow.tpot_s["mean"] * (1 + 1e-9)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_parts_of_a_step_add_up_to_it(kind: Kind) -> None:
    estimator = Estimator(setup())
    load = of_kind(kind, 4.0)
    found = estimator.estimate(load).figures
    assert found is not None
    decode, prompt = estimator.breakdowns(load, found)
    for item in (decode, prompt):
        assert sum(item.parts.values()) == pytest.approx(item.total_s)
        assert all(value > 0 for value in item.parts.values())
    assert prompt.total_s > decode.total_s
    assert "collectives" in decode.parts


def test_the_parts_are_those_of_the_clock() -> None:
    from support.estimates import stage

    from inferc.compiler.estimation.breakdown import breakdown

    unit = stage()
    found = breakdown(unit, 1000, 16, 1100.0)
    clock = unit.prompt_tokens_s(1016) + unit.sampled_s(17) + 16 * unit.sequence_s
    clock += 16 * 1100 * unit.kv_tok_s + unit.pair_s * 1000 * 500 + unit.prompt_step_s
    assert found.total_s == pytest.approx(clock)


# ---- what cannot be --------------------------------------------------------------------------


def codes(of: Setup, load: Load = CHAT) -> list[str]:
    return [item.code for item in Estimator(of).estimate(load).diagnostics]


PI = designs.raspberry_pi()

IMPOSSIBLE = [
    (setup(place=PI, tensor_parallel=1), "INF421", "does not run on"),
    (setup(precision="fp7"), "INF421", "no format `fp7`"),
    (setup(kv_precision="int3"), "INF421", "no format `int3`"),
    (setup(tensor_parallel=6), "INF422", "cannot be laid out"),
    (setup(tensor_parallel=16), "INF422", "cannot be laid out"),
    (setup(pipeline_parallel=81), "INF422", "cannot be laid out"),
    (setup(expert_parallel=4), "INF422", "cannot be laid out"),
    (setup(attention_data_parallel=4), "INF422", "cannot be laid out"),
]


@pytest.mark.parametrize(("of", "code", "says"), IMPOSSIBLE, ids=lambda value: str(value)[:30])
def test_what_no_engine_starts_with_has_no_figures(of: Setup, code: str, says: str) -> None:
    outcome = Estimator(of).estimate(CHAT)
    assert outcome.figures is None
    assert code in [item.code for item in outcome.diagnostics]
    assert any(says in item.message for item in outcome.diagnostics)
    assert all(item.help for item in outcome.diagnostics)


def test_a_request_longer_than_the_context_is_a_warning() -> None:
    outcome = Estimator(setup()).estimate(Load(Kind.RATE, 0.1, 8000.0, 193.0))
    assert outcome.figures is not None
    (warning,) = outcome.diagnostics
    assert (warning.code, warning.severity) == ("INF423", Severity.WARNING)
    assert codes(setup(), Load(Kind.RATE, 0.1, 8000.0, 192.0)) == []


def test_what_does_not_fit_shows_the_sum() -> None:
    outcome = Estimator(setup(tensor_parallel=1)).estimate(CHAT)
    (problem,) = outcome.diagnostics
    assert problem.code == "INF424"
    assert problem.help in {"with --tp 4 it fits", "with --tp 2 it fits"}
    assert outcome.memory is not None
    assert outcome.memory.kv_cache_bytes < 0
    assert outcome.figures is None


def test_the_help_of_what_does_not_fit_is_true() -> None:
    (problem,) = Estimator(setup(tensor_parallel=1)).estimate(CHAT).diagnostics
    degree = int(problem.help.split()[2])
    assert codes(setup(tensor_parallel=degree), of_kind(Kind.RATE, 0.01)) == []
    assert codes(setup(tensor_parallel=degree // 2)) == ["INF424"]


def test_nothing_fits_at_any_degree() -> None:
    huge = replace(designs.LLAMA_3_70B, layers=8000, parameters=designs.fact(7e12))
    (problem,) = Estimator(setup(model=huge)).estimate(CHAT).diagnostics
    assert problem.code == "INF424"
    assert "larger accelerators" in problem.help


def test_the_cheapest_check_comes_first() -> None:
    both = setup(tensor_parallel=1, precision="fp7")
    assert codes(both) == ["INF421"]


# ---- how the engine works ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
def test_prompts_before_answers(kind: Kind) -> None:
    load = of_kind(kind, 1.0 if kind is Kind.RATE else 16.0)
    mixed, first = figures(load), figures(load, setup(scheduling="prefill_first"))
    assert mixed.notes == ()
    assert ("simulated" in "".join(first.notes)) == (kind is not Kind.RATE)
    assert first.requests_per_s == pytest.approx(mixed.requests_per_s, rel=0.1)
    assert first.e2e_s["mean"] == pytest.approx(mixed.e2e_s["mean"], rel=0.15)


@pytest.mark.parametrize("amount", [1, 8, 33])
@pytest.mark.parametrize("budget", [512, 8192])
def test_a_batch_is_what_the_simulator_says(amount: int, budget: int) -> None:
    load = of_kind(Kind.BATCH, amount)
    summed = figures(load, setup(max_num_batched_tokens=budget))
    played = figures(load, setup(max_num_batched_tokens=budget, simulated=True))
    assert played.notes == ("simulated, as asked",)
    for name in ("ttft_s", "tpot_s", "e2e_s"):
        assert getattr(summed, name)["mean"] == pytest.approx(getattr(played, name)["mean"])
    assert summed.requests_per_s == pytest.approx(played.requests_per_s)


@pytest.mark.parametrize("rate", [0.3, 1.0, 2.0])
def test_an_open_rate_is_near_the_simulator(rate: float) -> None:
    load = of_kind(Kind.RATE, rate)
    closed, played = figures(load), figures(load, setup(simulated=True))
    assert closed.ttft_s["mean"] == pytest.approx(played.ttft_s["mean"], rel=0.15)
    assert closed.ttft_s["p95"] == pytest.approx(played.ttft_s["p95"], rel=0.2)
    assert closed.tpot_s["mean"] == pytest.approx(played.tpot_s["mean"], rel=0.1)


def test_stages_of_a_pipeline_share_a_batch_as_the_simulator_does() -> None:
    split = setup(tensor_parallel=2, pipeline_parallel=2)
    summed, played = (
        figures(of_kind(Kind.BATCH, 8), replace(split, simulated=asked)) for asked in (False, True)
    )
    assert summed.ttft_s == played.ttft_s


def test_clients_in_step_wait_for_half_of_all_prompts() -> None:
    """Where prompts go first, equal requests stay in step: c x prefill / 2 to a first token."""
    from support.estimates import stage

    found = figures(of_kind(Kind.CONCURRENCY, 32), setup(scheduling="prefill_first"))
    prefill_s = stage().step_s(8000.0, 500.0, 0.0, 0.0) / 8
    assert found.ttft_s["mean"] == pytest.approx(32 * prefill_s / 2, rel=0.35)
    assert found.ttft_s["mean"] > 3 * figures(of_kind(Kind.CONCURRENCY, 32)).ttft_s["mean"]


def test_a_share_of_what_weights_leave_is_less_than_of_all() -> None:
    whole = figures().memory
    free = figures(of=setup(memory_share_of="free")).memory
    left = whole.total_bytes - whole.weights_bytes - whole.activation_bytes - whole.runtime_bytes
    assert free.kv_cache_bytes == pytest.approx(0.9 * left)
    held = free.weights_bytes + free.activation_bytes + free.runtime_bytes
    assert held + free.kv_cache_bytes == pytest.approx(free.usable_bytes)


def test_a_stated_cache_is_what_there_is() -> None:
    memory = figures(of=setup(kv_cache_tok=50_000)).memory
    assert memory.kv_cache_tok == 50_000
    assert memory.sequences_full == pytest.approx(50_000 / 1200)


def test_the_engines_own_flags_are_read() -> None:
    wanted = Wanted(engine_args="--tensor-parallel-size 4 --max-num-seqs 17 --kv-cache-dtype fp8")
    made = setup_of(designs.LLAMA_3_70B, designs.A100_80GB_SXM, designs.vllm(), wanted)
    assert made.layout.tensor_parallel == 4
    assert made.layout.kv_precision == "fp8"
    assert made.operating.max_num_seqs == 17
    mine = setup_of(
        designs.LLAMA_3_70B,
        designs.A100_80GB_SXM,
        designs.vllm(),
        wanted._replace(tensor_parallel=2, max_num_seqs=5),
    )
    assert (mine.layout.tensor_parallel, mine.operating.max_num_seqs) == (2, 5)


def test_what_nobody_chose_is_said() -> None:
    made = setup_of(designs.LLAMA_3_70B, designs.A100_80GB_SXM, designs.vllm(), Wanted())
    words = " ".join(made.assumed)
    assert "max_num_seqs" in words
    assert "max_num_batched_tokens" in words
    assert "weights in" in words
    chosen = Wanted(precision="fp8", max_num_seqs=8, max_num_batched_tokens=512)
    made = setup_of(designs.LLAMA_3_70B, designs.A100_80GB_SXM, designs.vllm(), chosen)
    assert made.assumed == ()


def test_an_engine_that_nobody_saw_there_stands_in_with_a_warning() -> None:
    known = setup()
    hardware = replace(known.place.accelerator, vendor="intel", kind="accelerator")
    other = replace(known, place=replace(known.place, accelerator=hardware))
    outcome = Estimator(other).estimate(CHAT)
    (warning,) = outcome.diagnostics
    assert (warning.code, warning.severity) == ("INF427", Severity.WARNING)
    assert outcome.figures is not None
    assert outcome.figures.ttft_s == figures().ttft_s


def test_what_is_left_out_or_widened_is_said() -> None:
    assert figures().notes == ()
    (widened,) = figures(of=setup(precision="fp8")).notes  # an A100 has no units for it
    assert "multiplies fp8 weights in fp16" in widened
    (left_out,) = figures(of=setup(speculation="eagle")).notes
    assert "speculative decoding (eagle)" in left_out


def test_where_a_share_is_of_weights_and_cache_the_rest_lies_beside_it() -> None:
    engine = replace(designs.vllm(), defaults={"reserved_bytes": designs.fact(1e9)})
    inside, beside = figures().memory, figures(of=setup(engine=engine)).memory
    aside = inside.activation_bytes + inside.runtime_bytes
    assert beside.kv_cache_bytes == pytest.approx(inside.kv_cache_bytes + aside)


def test_prompts_that_are_not_split_need_memory_for_what_comes() -> None:
    long = setup(max_num_batched_tokens=131072, chunked_prefill=False)
    split = setup(max_num_batched_tokens=131072)
    assert figures(of=long).memory.activation_bytes < figures(of=split).memory.activation_bytes


# ---- memory ------------------------------------------------------------------------------------


def test_memory_adds_up() -> None:
    memory = figures().memory
    held = memory.weights_bytes + memory.activation_bytes + memory.runtime_bytes
    assert held + memory.kv_cache_bytes == pytest.approx(memory.usable_bytes)
    assert memory.usable_bytes == pytest.approx(0.9 * memory.total_bytes)


def test_longer_sequences_fit_fewer_times() -> None:
    memory = figures().memory
    assert memory.sequences_mean > memory.sequences_full > memory.sequences_longest > 0
    assert memory.sequences_full == pytest.approx(memory.kv_cache_tok / 1200, rel=0.01)


def test_a_narrower_cache_holds_more() -> None:
    wide = figures().memory
    engine = replace(designs.vllm(), kv_precisions=("fp16", "fp8"))
    narrow = figures(of=setup(engine=engine, kv_precision="fp8")).memory
    assert narrow.kv_cache_tok == pytest.approx(2 * wide.kv_cache_tok, rel=0.01)


def test_groups_that_attend_alone_share_out_the_sequences() -> None:
    engine = replace(designs.vllm(), attention_data_parallel=True)
    model = replace(designs.LLAMA_3_70B, kv_heads=1)
    together = figures(of=setup(engine=engine, model=model)).memory
    apart = figures(of=setup(engine=engine, model=model, attention_data_parallel=4)).memory
    # One KV head is kept on each of four shards; four groups keep different sequences.
    in_each = together.sequences_mean / together.kv_cache_bytes
    assert apart.sequences_mean / apart.kv_cache_bytes == pytest.approx(4 * in_each, rel=0.01)
    assert apart.weights_bytes > together.weights_bytes


def test_a_window_caps_what_a_long_sequence_keeps() -> None:
    model = replace(designs.LLAMA_3_70B, window_layers=60, window_tok=1024, context=131072)
    plain = replace(designs.LLAMA_3_70B, context=131072)
    long = Load(Kind.RATE, 0.01, 60000.0, 1000.0)
    windowed, full = figures(long, setup(model=model)), figures(long, setup(model=plain))
    assert windowed.memory.sequences_mean > 3 * full.memory.sequences_mean


def test_the_longest_context_is_the_last_that_fits() -> None:
    plain = replace(designs.LLAMA_3_70B, context=1_000_000)
    memory = figures(of=setup(model=plain)).memory
    per_tok = 2 * 80 * 2 * 128 * 2.0
    assert memory.longest_context_tok == pytest.approx(memory.kv_cache_bytes / per_tok, abs=16)


def test_a_layout_is_kept() -> None:
    assert figures().setup.layout == Layout(precision="fp16", tensor_parallel=4)
