"""Measurements played again: what the recorded steps come to, and how a source's run is sent."""

from dataclasses import replace

import pytest
from support.measurements import NEUTRAL, TRUTH, conditions

from inferc.compiler.calibration.replay import MOST_REQUESTS, SERIAL_S, Replay, replay
from inferc.compiler.calibration.subject import Subject, subject_of
from inferc.compiler.model.calibrated import calibrated_engine
from inferc.compiler.model.calibration import Calibration
from inferc.compiler.perf.coefficients import FITTED, coefficients_of
from inferc.compiler.perf.ideal import step_s
from inferc.compiler.perf.steps import prices_of

NOTHING = Calibration()


def played(calibration: Calibration = NOTHING, **said: object) -> tuple[Subject, Replay]:
    subject = subject_of(conditions(**said))
    return subject, replay(subject, calibration, steps=True)


TWO = {"model": "qwen3-32b", "gpus": 2, "tensor_parallel": 2}

RUNS = [
    {},
    {"concurrency": 1, "num_prompts": 4},
    {"concurrency": 64, "num_prompts": 256, "isl_tok": 2048.0},
    {"engine": "sglang", "concurrency": 32, "num_prompts": 128},
    {"engine": "trt-llm", "concurrency": 16},
    {"model": "gpt-oss-20b", "weights": "mxfp4", "concurrency": 16},
    {"model": "mixtral-8x7b", "gpus": 2, "tensor_parallel": 2},
    {"load": "static_batch", "concurrency": 16, "engine": "vllm"},
    {"load": "burst", "concurrency": None, "num_prompts": 200},
    {"load": "offline", "concurrency": None, "num_prompts": 500},
    {"length_note": "isl sd=200 osl sd=30", "num_prompts": 100},
    {"scheduler_flags": "--max-num-seqs 4 --max-num-batched-tokens 1024"},
    {**TWO, "gpu": "a100_80gb_sxm"},
    {**TWO, "tensor_parallel": 1, "pipeline_parallel": 2, "load": "burst", "concurrency": None},
]
"""Closed loops, and everything at once."""


@pytest.mark.parametrize("calibration", [NOTHING, TRUTH], ids=["typical", "truth"])
@pytest.mark.parametrize("said", RUNS, ids=str)
def test_recorded_steps_reproduce_the_simulation(
    said: dict[str, object], calibration: Calibration
) -> None:
    _, found = played(calibration, **said)
    outcome = found.outcome
    front_s = found.frontend * found.front_s
    ttft_s, tpot_s, busy_s = found.recorded_s
    assert tpot_s == pytest.approx(outcome.tpot.mean_s, rel=0.005)
    assert busy_s == pytest.approx(outcome.makespan_s * outcome.utilisation, rel=0.005)
    # Steps in a bin are priced by their mean, and roofs are not straight: up to 1.2 %. Requests
    # stand in line where they are tokenized, and none of that is in a step.
    off_s = outcome.ttft.mean_s - front_s - ttft_s
    assert -0.002 * ttft_s <= off_s <= 0.012 * ttft_s + SERIAL_S


def test_where_the_window_of_a_load_is_idle_no_step_is_recorded() -> None:
    _, busy = played()
    _, idle = played(load="open_loop", concurrency=None, rate_per_s=0.5)
    assert busy.recorded_s[2] == pytest.approx(busy.outcome.makespan_s, rel=0.02)
    assert idle.recorded_s[2] < 0.5 * idle.outcome.makespan_s
    assert idle.recorded_s[1] == pytest.approx(idle.outcome.tpot.mean_s, rel=0.005)


@pytest.mark.parametrize("name", ["memory_efficiency", "compute_efficiency", "step_overhead_s"])
@pytest.mark.parametrize("said", [{}, {"isl_tok": 2048.0, "concurrency": 16}], ids=str)
def test_steps_priced_anew_say_what_another_simulation_does(
    said: dict[str, object], name: str
) -> None:
    """A fit moves coefficients without simulating again; two per cent is what that may cost."""
    before = Calibration(typical={item.name: item.typical for item in FITTED}, engines=NEUTRAL)
    value = 0.9 * before.typical[name]
    after = replace(before, typical={**before.typical, name: value})
    subject, old = played(before, **said)
    _, new = played(after, **said)
    engine = calibrated_engine(subject.engine, after, "vllm")
    prices = prices_of(coefficients_of(engine, subject.accelerator), narrow=False)
    anew_s = sum(part.tpot_weight * step_s(part.work, prices) for part in old.bins)
    moved = new.outcome.tpot.mean_s / old.outcome.tpot.mean_s
    assert abs(moved - 1.0) > 0.001
    assert anew_s / old.recorded_s[1] == pytest.approx(moved, rel=0.02)


def test_a_replay_does_not_depend_on_what_was_played_before() -> None:
    first = played()[1]
    played(concurrency=32, num_prompts=128)
    assert played()[1] == first


def test_only_a_fit_asks_for_steps() -> None:
    plain = replay(subject_of(conditions()), NOTHING)
    assert plain.bins == ()
    assert plain.outcome == played()[1].outcome


# ---- how a run is sent -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "completed"),
    [
        ({"num_prompts": 100}, 100),
        ({"gpus": 4, "num_prompts": 100}, 25),  # one of four replicas
        ({"load": "static_batch", "concurrency": 16, "num_prompts": None}, 16),
        ({"num_prompts": 100_000, "concurrency": 512, "osl_tok": 2.0}, MOST_REQUESTS),
    ],
)
def test_so_many_requests_are_sent(said: dict[str, object], completed: int) -> None:
    assert played(**said)[1].outcome.completed == completed


def test_lengths_have_the_spread_of_the_row() -> None:
    _, found = played(num_prompts=400, length_note="isl sd=200 osl sd=30")
    outcome = found.outcome
    assert outcome.prompt_tok / 400 == pytest.approx(512.0, rel=0.01)
    assert outcome.output_tok / 400 == pytest.approx(64.0, rel=0.01)
    assert found.outcome.ttft.p90_s > found.outcome.ttft.p50_s


def test_a_client_without_http_waits_less_for_its_first_token() -> None:
    served, inside = (
        played(load="offline", num_prompts=1, concurrency=None, source=source)[1]
        for source in ("our bench", "aiconfigurator silicon_sample (NVIDIA internal sweep)")
    )
    assert inside.outcome.ttft.mean_s != served.outcome.ttft.mean_s
    assert inside.frontend != served.frontend


def test_the_cache_is_what_the_command_line_says() -> None:
    usual = played(engine="sglang")[1].kv_cache_tok
    stated = played(engine="sglang", scheduler_flags="--max-total-tokens 9600")[1].kv_cache_tok
    share = played(engine="sglang", scheduler_flags="--mem-fraction-static 0.6")[1].kv_cache_tok
    assert stated == 9600.0
    assert share < 0.8 * usual


def test_what_was_measured_did_fit() -> None:
    _, found = played(model="llama-3.1-70b", gpu="a100_80gb_sxm", scheduler_flags="")
    assert found.outcome.completed == 32
