"""That it is a simulation: laws of queues, published bursts, and cost that grows with the load."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, pairwise
from math import log

import pytest
from support.clocks import LinearClock
from support.loads import lengths, poisson

from inferc.compiler.simulation import (
    Outcome,
    ReplicaSetup,
    Request,
    Run,
    burst,
    closed_loop,
    open_loop,
    static_batch,
)

PLAIN = ReplicaSetup(clock=LinearClock())

# ---- one server with a constant service time -----------------------------------------------------

ONE_SLOT = ReplicaSetup(
    clock=LinearClock(step_s=0.08, tok_s=2e-4, kv_tok_s=0.0, pair_s=0.0), max_num_seqs=1
)
SERVICE_S = 0.1
"""Of a prompt of 100 tokens and an answer of one."""


@pytest.mark.parametrize(("load", "count"), [(0.3, 60_000), (0.5, 60_000), (0.7, 100_000)])
def test_one_slot_with_constant_service_is_an_m_d_1_queue(load: float, count: int) -> None:
    """Mean wait ``load * service / (2 (1 - load))`` (Pollaczek and Khinchine), within 1 %.

    A stream and its mirror image (long gaps for short ones), each scaled to its mean gap, have far
    less chance left in their mean wait than one stream.
    """
    rng = random.Random(4)
    drawn = [rng.random() for _ in range(count)]
    waits_s = []
    for shares in (drawn, [1.0 - share for share in drawn]):
        gaps = [-log(1.0 - min(share, 1.0 - 1e-12)) for share in shares]
        scale_s = SERVICE_S / load * count / sum(gaps)
        arrivals = accumulate(gap * scale_s for gap in gaps)
        outcome = open_loop(ONE_SLOT, (Request(at_s, 100, 1) for at_s in arrivals))
        assert outcome.utilisation == pytest.approx(load, rel=0.01)
        waits_s.append(outcome.ttft.mean_s - SERVICE_S)
    assert mean(waits_s) == pytest.approx(load * SERVICE_S / (2.0 * (1.0 - load)), rel=0.01)


def test_one_slot_follows_lindleys_recursion_exactly() -> None:
    rng = random.Random(12)
    wait_s, last_s, waits = 0.0, 0.0, []
    requests = []
    for _ in range(2000):
        gap_s = rng.expovariate(8.0)
        wait_s = max(0.0, wait_s + SERVICE_S - gap_s) if requests else 0.0
        last_s += gap_s
        waits.append(wait_s)
        requests.append(Request(last_s, 100, 1))
    outcome = open_loop(ONE_SLOT, requests)
    assert outcome.ttft.mean_s == pytest.approx(sum(waits) / len(waits) + SERVICE_S, rel=1e-9)
    assert outcome.ttft.largest_s == pytest.approx(max(waits) + SERVICE_S, rel=1e-9)


# ---- bursts --------------------------------------------------------------------------------------

QWEN3_14B_H100 = ReplicaSetup(
    clock=LinearClock(step_s=5.4e-3, tok_s=38e-6, sequence_s=12e-6, kv_tok_s=0.0, pair_s=0.0),
    max_num_batched_tokens=2048,
    prefix_caching=True,
)
"""A clock chosen so that the *smooth* half of the experiment below comes out: mean TTFT 27.9 to
55.0 ms and mean end-to-end time 1.74 to 4.20 s at 5 to 21 requests a second."""

BURSTS = [
    # inference-sim/inference-sim, pull request 818 and its archive (hypotheses/
    # h1-arrival-burstiness): rate, mean TTFT in milliseconds of Poisson and of gamma arrivals with
    # a coefficient of variation of 3, p99 of the same
    (5.0, 27.9, 89.5, 59.0, 296.3),
    (12.0, 34.4, 127.7, 87.8, 468.5),
    (18.0, 45.1, 176.8, 131.9, 660.0),
    (21.0, 55.0, 221.6, 172.0, 820.6),
]


def two_clients(rate_per_s: float, variation: float, seed: int) -> Iterator[Request]:
    """Yield what the experiment sends: 70 % with a common prefix of 256 tokens, 30 % without."""
    requests: list[Request] = []
    for share, prefix_tok in ((0.7, 256), (0.3, 0)):
        rng = random.Random(f"{seed} {share}")
        shape = 1.0 / variation**2
        at_s = 0.0
        for _ in range(round(3000 * share)):
            at_s += rng.gammavariate(shape, 1.0 / (shape * rate_per_s * share))
            prompt_tok = round(min(1024.0, max(64.0, rng.gauss(512.0, 128.0))))
            output_tok = max(1, round(rng.expovariate(1.0 / 256.0)))
            requests.append(Request(at_s, prompt_tok + prefix_tok, output_tok, prefix_tok))
    return iter(sorted(requests))


def mean(values: Iterable[float]) -> float:
    every = list(values)
    return sum(every) / len(every)


@pytest.mark.parametrize(("rate", "smooth", "bursty", "smooth_p99", "bursty_p99"), BURSTS)
def test_published_bursts(
    rate: float, smooth: float, bursty: float, smooth_p99: float, bursty_p99: float
) -> None:
    """Bursts raise mean TTFT about 3 to 4 times and p99 about 5 times at equal throughput."""
    runs: dict[float, list[Outcome]] = {
        variation: [
            open_loop(QWEN3_14B_H100, two_clients(rate, variation, seed)) for seed in range(6)
        ]
        for variation in (1.0, 3.0)
    }
    means = {key: mean(run.ttft.mean_s * 1000 for run in found) for key, found in runs.items()}
    tails = {key: mean(run.ttft.p99_s * 1000 for run in found) for key, found in runs.items()}
    assert means[1.0] == pytest.approx(smooth, rel=0.1)
    assert means[3.0] / means[1.0] == pytest.approx(bursty / smooth, rel=0.2)
    assert tails[3.0] / tails[1.0] == pytest.approx(bursty_p99 / smooth_p99, rel=0.35)
    assert means[3.0] == pytest.approx(bursty, rel=0.25)


def test_a_reversed_trace_has_another_p99() -> None:
    """Bursts with long prompts first are not the same as long prompts last."""
    rng = random.Random(3)
    there = []
    at_s = 0.0
    for place in range(3000):
        at_s += rng.gammavariate(1 / 9, 9 / 14.0)
        there.append(Request(at_s, 200 + place // 4, 150))
    back = [request._replace(at_s=there[-1].at_s - request.at_s) for request in reversed(there)]
    setup = replace(PLAIN, max_num_seqs=48)
    one, other = open_loop(setup, there), open_loop(setup, back)
    assert one.output_tok == other.output_tok
    assert abs(one.ttft.p99_s / other.ttft.p99_s - 1.0) > 0.05


# ---- laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("clients", [1, 7, 64, 300])
@pytest.mark.parametrize("scheduling", ["mixed", "prefill_first"])
def test_closed_loops_obey_littles_law(clients: int, scheduling: str) -> None:
    """Requests in the system, times how long they stay: exactly, over a whole run."""
    setup = replace(PLAIN, scheduling=scheduling)
    outcome = closed_loop(setup, lengths(1500), clients)
    inside = outcome.e2e.mean_s * outcome.completed / outcome.makespan_s
    tail = 1500 / clients  # clients run out of requests at the end
    assert inside <= clients * (1 + 1e-9)
    assert inside == pytest.approx(clients, rel=max(1e-9, 3.0 / tail) if clients > 1 else 1e-9)
    assert outcome.mean_running + outcome.mean_waiting == pytest.approx(inside, rel=1e-6)


def test_more_requests_a_second_are_never_served_sooner() -> None:
    pairs = lengths(3000)
    found = [open_loop(PLAIN, poisson(pairs, rate)) for rate in (2, 5, 10, 15, 20, 25, 30, 34)]
    for slower, faster in pairwise(found):
        assert slower.ttft.mean_s <= faster.ttft.mean_s * 1.005
        assert slower.tpot.mean_s <= faster.tpot.mean_s * 1.005


def test_a_static_batch_takes_the_time_that_a_closed_form_gives() -> None:
    clock = LinearClock()
    outcome = static_batch(ReplicaSetup(clock=clock), [(100, 51)] * 16)
    prefill_s = clock.tokens_s(1600) + clock.pair_s * 16 * 100 * 50
    decode_s = 50 * (clock.tokens_s(16) + 16 * clock.sequence_s)
    decode_s += clock.kv_tok_s * 16 * sum(range(101, 151))
    assert outcome.makespan_s == pytest.approx(prefill_s + decode_s, rel=1e-12)
    assert outcome.ttft.mean_s == pytest.approx(prefill_s, rel=1e-12)


def test_prefill_first_trades_gaps_between_tokens_for_the_first_one() -> None:
    """With equal lengths: design of the scheduler, SGLang's against vLLM's."""
    pairs = [(1000, 200)] * 600
    mixed = closed_loop(PLAIN, pairs, 64)
    first = closed_loop(replace(PLAIN, scheduling="prefill_first"), pairs, 64)
    assert first.ttft.mean_s > mixed.ttft.mean_s
    assert first.tpot.mean_s < mixed.tpot.mean_s


def test_holding_prompts_back_costs_about_the_steps_that_it_waits() -> None:
    """TensorRT-LLM at small batches: 20 steps later, the first token is about 20 steps later."""
    pairs = lengths(300)
    plain = closed_loop(PLAIN, pairs, 8)
    held = closed_loop(replace(PLAIN, batch_wait_steps=20, batch_wait_ratio=0.9), pairs, 8)
    later = (held.ttft.p50_s - plain.ttft.p50_s) / plain.tpot.p50_s
    assert 15 < later < 22


def test_drafts_that_are_right_save_time_and_wrong_ones_cost_it() -> None:
    from inferc.compiler.simulation import Speculation

    def tpot_s(acceptance: float) -> float:
        drafts = Speculation(3, acceptance, draft_s=1e-3)
        return closed_loop(replace(PLAIN, speculation=drafts), lengths(300), 8).tpot.mean_s

    plain = closed_loop(PLAIN, lengths(300), 8).tpot.mean_s
    assert tpot_s(0.8) < 0.5 * plain
    assert tpot_s(0.0) > 1.1 * plain


# ---- cost ----------------------------------------------------------------------------------------


def test_a_request_costs_a_handful_of_events_whatever_its_length() -> None:
    for output_tok in (10, 100, 1000, 10_000):
        pairs = [(500, output_tok)] * 400
        rate = 0.7 * burst(PLAIN, pairs).requests_per_s
        assert open_loop(PLAIN, poisson(pairs, rate)).runs <= 4 * 400


def test_events_grow_in_proportion_to_the_requests() -> None:
    few, more, many = (
        open_loop(PLAIN, poisson(lengths(count), 20.0)).runs for count in (400, 4000, 40_000)
    )
    assert more / few == pytest.approx(10, rel=0.15)
    assert many / more == pytest.approx(10, rel=0.05)


def test_a_long_run_keeps_a_bounded_number_of_samples() -> None:
    short = open_loop(PLAIN, poisson(lengths(500), 20.0))
    long = open_loop(PLAIN, poisson(lengths(10_000), 20.0))
    assert 200 < len(short.moments) <= 1024
    assert 200 < len(long.moments) <= 1024
    times = [moment.at_s for moment in long.moments]
    assert times == sorted(times)
    assert times[-1] > 0.95 * long.makespan_s


# ---- what a recorder is told ---------------------------------------------------------------------

RECORDED = {
    "mixed": {},
    "prefill first": {"scheduling": "prefill_first"},
    "small chunks": {"max_num_batched_tokens": 300},
    "reserved": {"kv_cache_tok": 25000, "kv_admission": "full_length"},
    "preempted": {"kv_cache_tok": 25000},
    "held back": {"batch_wait_steps": 10, "batch_wait_ratio": 0.3},
    "front end": {"frontend_s": 0.04, "frontend_tok_s": 1e-5},
    "pipeline": {"pipeline": 2},
}


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("load", ["open", "closed"])
def test_weights_of_steps_add_up_to_mean_latencies(name: str, load: str) -> None:
    setup = replace(PLAIN, **RECORDED[name])
    pairs = lengths(400)
    runs: list[Run] = []
    if load == "open":
        outcome = open_loop(setup, poisson(pairs, 20.0), record=runs.append)
    else:
        outcome = closed_loop(setup, pairs, 40, record=runs.append)
    front_s = setup.frontend_s + setup.frontend_tok_s * mean(prompt for prompt, _ in pairs)
    ttft_s = sum(run.ttft_weight * run.step_s for run in runs) / outcome.ttft.count
    tpot_s = sum(run.tpot_weight * run.step_s for run in runs) / outcome.tpot.count
    assert ttft_s + front_s == pytest.approx(outcome.ttft.mean_s, rel=1e-9)
    assert tpot_s == pytest.approx(outcome.tpot.mean_s, rel=1e-9)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_steps_take_what_the_clock_says(name: str) -> None:
    """So that a fit can put other coefficients in their place."""
    clock = LinearClock(
        window_tok=300,
        window_kv_tok_s=6e-8,
        window_pair_s=3e-9,
        sample_s=1e-5,
        prompt_step_s=1e-3,
        launch_s=2e-3,
    )
    setup = replace(PLAIN, **RECORDED[name], clock=clock)
    runs: list[Run] = []
    closed_loop(setup, lengths(300), 40, record=runs.append)
    for run in runs:
        price = clock.prompt_tokens_s if run.prompt_tok else clock.tokens_s
        step_s = price(run.tokens) + clock.sampled_s(run.decoding + run.ended_prompts)
        step_s += run.decoding * clock.sequence_s + clock.kv_tok_s * run.context_tok
        step_s += clock.window_kv_tok_s * run.window_context_tok
        step_s += clock.pair_s * run.pairs + clock.window_pair_s * run.window_pairs
        step_s += clock.prompt_step_s * (run.prompt_tok > 0)
        assert run.step_s == pytest.approx(step_s * setup.pipeline, rel=1e-9)
