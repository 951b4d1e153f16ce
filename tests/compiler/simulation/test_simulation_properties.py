"""What must hold for any set-up and any load."""

from dataclasses import replace
from math import inf

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.clocks import LinearClock
from support.loads import assert_agrees
from support.step_by_step import Reference

from inferc.compiler.simulation import ReplicaSetup, Request, Run, closed_loop, open_loop

WINDOWS = {"window_kv_tok_s": 6e-8, "window_pair_s": 3e-9}

clocks = st.one_of(
    st.builds(
        LinearClock,
        step_s=st.sampled_from([1e-3, 8e-3]),
        tok_s=st.sampled_from([0.0, 2e-5]),
        sample_s=st.sampled_from([0.0, 1e-5]),
        prompt_step_s=st.sampled_from([0.0, 1e-3]),
    ),
    st.builds(lambda tokens: LinearClock(window_tok=tokens, **WINDOWS), st.sampled_from([50, 300])),
)


def real(setup: ReplicaSetup) -> ReplicaSetup:
    """Return the set-up without what no engine combines, and events between which room changes.

    Prompts are held back where room is reserved; with whole blocks, room that is kept for answers
    goes up and down between two events.
    """
    if setup.batch_wait_steps:
        return replace(setup, kv_admission="full_length", kv_reserve_ratio=0.0)
    return replace(setup, kv_block_tok=1) if setup.kv_reserve_ratio else setup


setups = st.builds(
    ReplicaSetup,
    clock=clocks,
    scheduling=st.sampled_from(["mixed", "prefill_first", "static"]),
    max_num_seqs=st.sampled_from([1, 2, 5, 64]),
    max_num_batched_tokens=st.sampled_from([64, 100, 512, 2048]),
    chunked_prefill=st.booleans(),
    kv_cache_tok=st.sampled_from([inf, 1000, 3000, 10_000]),
    kv_block_tok=st.sampled_from([1, 3, 16]),
    kv_admission=st.sampled_from(["as_needed", "full_length"]),
    kv_reserve_ratio=st.sampled_from([0.0, 0.1, 0.7]),
    prefix_caching=st.booleans(),
    batch_wait_steps=st.sampled_from([0, 0, 5]),
    batch_wait_ratio=st.sampled_from([0.1, 0.5, 0.9]),
    frontend_s=st.sampled_from([0.0, 0.0301]),
    frontend_tok_s=st.sampled_from([0.0, 1.01e-4]),
).map(real)
pairs = st.lists(
    st.tuples(
        st.one_of(st.sampled_from([1, 16]), st.integers(1, 900)),
        st.one_of(st.sampled_from([1, 2]), st.integers(1, 200)),
    ),
    min_size=1,
    max_size=40,
)
gaps = st.floats(0.0, 0.3, allow_subnormal=False)
loads = st.lists(st.tuples(gaps, pairs.map(lambda found: found[0])), min_size=1, max_size=40)


def arriving(load: list[tuple[float, tuple[int, int]]]) -> list[Request]:
    requests: list[Request] = []
    at_s = 0.0
    for gap_s, (prompt_tok, output_tok) in load:
        at_s += gap_s
        requests.append(Request(at_s, prompt_tok, output_tok, cached_tok=prompt_tok // 2))
    return requests


@given(setups, loads)
@settings(
    deadline=None, derandomize=True, max_examples=120, suppress_health_check=[HealthCheck.too_slow]
)
def test_open_loops_agree_with_single_steps(
    setup: ReplicaSetup, load: list[tuple[float, tuple[int, int]]]
) -> None:
    requests = arriving(load)
    played = Reference(setup).open_loop(requests)
    assert_agrees(open_loop(setup, requests), played)
    assert played.most_kv_tok <= setup.kv_cache_tok
    assert played.most_running <= setup.max_num_seqs


@given(setups, pairs, st.sampled_from([1, 3, 20]))
@settings(
    deadline=None,
    derandomize=True,
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_closed_loops_agree_with_single_steps(
    setup: ReplicaSetup, lengths: list[tuple[int, int]], clients: int
) -> None:
    assert_agrees(
        closed_loop(setup, lengths, clients), Reference(setup).closed_loop(lengths, clients)
    )


@given(setups, pairs, st.sampled_from([1, 3, 20]), st.sampled_from([1, 2, 3]))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_lost_and_no_limit_is_passed(
    setup: ReplicaSetup, lengths: list[tuple[int, int]], clients: int, pipeline: int
) -> None:
    setup = replace(setup, pipeline=pipeline)
    runs: list[Run] = []
    outcome = closed_loop(setup, lengths, clients, record=runs.append)
    assert outcome.completed + outcome.rejected == len(lengths)
    assert outcome.ttft.count == outcome.e2e.count == outcome.completed
    if not outcome.rejected:
        assert outcome.prompt_tok == sum(prompt_tok for prompt_tok, _ in lengths)
        assert outcome.output_tok == sum(output_tok for _, output_tok in lengths)
    assert outcome.runs == len(runs)
    seats = -(-setup.max_num_seqs // pipeline)
    computed = sum(run.prompt_tok * run.steps for run in runs)
    if not outcome.rejected and not outcome.preempted and setup.kv_cache_tok == inf:
        assert computed == outcome.prompt_tok
    for run in runs:
        assert run.decoding <= seats
        assert run.steps >= 1
        assert 0 <= run.kv_tok <= setup.kv_cache_tok
        if setup.chunked_prefill and setup.scheduling == "mixed" and run.prompt_tok:
            assert run.tokens <= max(setup.max_num_batched_tokens, run.decoding)
        assert run.tpot_weight >= -1e-9
        assert run.ttft_weight >= 0.0
    assert outcome.utilisation <= 1.0 + 1e-9
    assert outcome.kv_use <= 1.0 + 1e-9
