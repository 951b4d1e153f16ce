"""The event-driven simulator against the one that plays out every step.

Both follow the same rules, so they agree to rounding, far inside the one per cent that is promised.
"""

from dataclasses import replace

import pytest
from support.clocks import LinearClock
from support.loads import assert_agrees, lengths, poisson, quantile
from support.step_by_step import Reference

from inferc.compiler.simulation import (
    Latency,
    ReplicaSetup,
    Speculation,
    burst,
    closed_loop,
    open_loop,
)

PLAIN = LinearClock()
SHARED = LinearClock(step_s=3e-3, tok_s=8e-6)
WINDOWED = LinearClock(
    window_kv_tok_s=60e-9,
    window_pair_s=3e-9,
    window_tok=128,
    prompt_step_s=1e-3,
    launch_s=2e-3,
    sample_s=5e-6,
)
HALF = replace(WINDOWED, window_tok=700)

SETUPS = {
    "mixed": ReplicaSetup(clock=PLAIN),
    "mixed, few sequences": ReplicaSetup(clock=PLAIN, max_num_seqs=32),
    "mixed, small chunks": ReplicaSetup(clock=PLAIN, max_num_batched_tokens=300),
    "mixed, whole prompts": ReplicaSetup(
        clock=PLAIN, max_num_batched_tokens=600, chunked_prefill=False
    ),
    "mixed, prompts held back": ReplicaSetup(
        clock=PLAIN, batch_wait_steps=10, batch_wait_ratio=0.3
    ),
    "mixed, part of prompts cached": ReplicaSetup(clock=PLAIN, prefix_caching=True),
    "mixed, front end": ReplicaSetup(
        clock=PLAIN, frontend_s=0.05, frontend_tok_s=1e-5, frontend_serial_s=2e-3
    ),
    "prefill first": ReplicaSetup(clock=PLAIN, scheduling="prefill_first"),
    "prefill first, few sequences": ReplicaSetup(
        clock=PLAIN, scheduling="prefill_first", max_num_seqs=32
    ),
    "prefill first, small chunks": ReplicaSetup(
        clock=PLAIN, scheduling="prefill_first", max_num_batched_tokens=512
    ),
    "prefill first, whole prompts": ReplicaSetup(
        clock=PLAIN, scheduling="prefill_first", max_num_batched_tokens=1024, chunked_prefill=False
    ),
    "whole length reserved": ReplicaSetup(
        clock=PLAIN, kv_cache_tok=25000, kv_admission="full_length"
    ),
    "whole length reserved, held back": ReplicaSetup(
        clock=PLAIN,
        kv_cache_tok=60000,
        kv_admission="full_length",
        batch_wait_steps=10,
        batch_wait_ratio=0.5,
    ),
    "preemption": ReplicaSetup(clock=PLAIN, kv_cache_tok=30000),
    "preemption, small chunks": ReplicaSetup(
        clock=PLAIN, kv_cache_tok=30000, kv_block_tok=32, max_num_batched_tokens=300
    ),
    "preemption, prefill first": ReplicaSetup(
        clock=PLAIN, kv_cache_tok=30000, kv_block_tok=1, scheduling="prefill_first"
    ),
    "answers reserved in part": ReplicaSetup(
        clock=PLAIN,
        scheduling="prefill_first",
        kv_cache_tok=25000,
        kv_block_tok=1,
        kv_reserve_ratio=0.3,
    ),
    "window": ReplicaSetup(clock=WINDOWED),
    "window as long as a request": ReplicaSetup(clock=HALF),
    "window, small chunks": ReplicaSetup(clock=HALF, max_num_batched_tokens=300),
    "pipeline": ReplicaSetup(clock=SHARED, pipeline=3),
    "pipeline, few sequences": ReplicaSetup(clock=SHARED, pipeline=2, max_num_seqs=64),
    "pipeline, preemption": ReplicaSetup(clock=SHARED, pipeline=2, kv_cache_tok=30000),
    "pipeline, whole length reserved": ReplicaSetup(
        clock=SHARED, pipeline=3, kv_cache_tok=30000, kv_admission="full_length"
    ),
    "static batches": ReplicaSetup(clock=PLAIN, scheduling="static", max_num_seqs=64),
}


@pytest.mark.parametrize("name", SETUPS)
def test_open_loop_agrees_with_single_steps(name: str) -> None:
    setup = SETUPS[name]
    pairs = lengths(300)
    rate_per_s = 0.9 * burst(setup, lengths(200, seed=3)).requests_per_s
    outcome = open_loop(setup, poisson(pairs, rate_per_s))
    assert_agrees(outcome, Reference(setup).open_loop(poisson(pairs, rate_per_s)))


@pytest.mark.parametrize("name", SETUPS)
def test_closed_loop_agrees_with_single_steps(name: str) -> None:
    setup = SETUPS[name]
    pairs = lengths(250)
    outcome, played = closed_loop(setup, pairs, 48), Reference(setup).closed_loop(pairs, 48)
    assert_agrees(outcome, played)
    if setup.scheduling != "static":
        assert_gaps_agree(outcome.itl, played.itl)


def assert_gaps_agree(found: Latency, played: list[float]) -> None:
    """Steps of a run are noted by their mean, so that percentiles of gaps are not exact."""
    assert found.count == len(played)
    assert found.mean_s == pytest.approx(sum(played) / len(played), rel=1e-6)
    for share, value in ((0.5, found.p50_s), (0.95, found.p95_s), (0.99, found.p99_s)):
        assert value == pytest.approx(quantile(played, share), rel=0.01)


def test_preemption_and_waiting_do_happen_in_these_set_ups() -> None:
    """Otherwise the comparison above would say nothing about them."""
    assert closed_loop(SETUPS["preemption"], lengths(400), 48).preempted > 50
    assert closed_loop(SETUPS["answers reserved in part"], lengths(400), 48).preempted < 10
    assert closed_loop(SETUPS["whole length reserved"], lengths(400), 48).ttft.p50_s > 0.2


@pytest.mark.parametrize("draft_tok", [1, 3, 5])
@pytest.mark.parametrize("acceptance", [0.3, 0.7, 1.0])
def test_drafts_agree_with_single_steps(draft_tok: int, acceptance: float) -> None:
    """Which drafted tokens are right is drawn differently, so that only the distributions agree."""
    setup = ReplicaSetup(
        clock=PLAIN,
        max_num_seqs=64,
        speculation=Speculation(draft_tok, acceptance, draft_s=1e-3, draft_sequence_s=5e-6),
    )
    pairs = lengths(800)
    outcome = closed_loop(setup, pairs, 32)
    played = Reference(setup).closed_loop(pairs, 32)
    assert outcome.completed == played.completed
    assert outcome.makespan_s == pytest.approx(played.end_s, rel=0.01)
    assert outcome.tpot.mean_s == pytest.approx(sum(played.tpot) / len(played.tpot), rel=0.01)
    for share, value in ((0.5, outcome.tpot.p50_s), (0.95, outcome.tpot.p95_s)):
        assert value == pytest.approx(quantile(played.tpot, share), rel=0.025)
    assert outcome.ttft.mean_s == pytest.approx(sum(played.ttft) / len(played.ttft), rel=0.02)
