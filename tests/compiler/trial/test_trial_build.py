"""Plans under simulated traffic: what is simulated, what is counted, what follows from what."""

import os
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from support.trials import plan_of

from inferc.compiler.simulation.arrivals import OnOff, Profile, Renewal
from inferc.compiler.simulation.routing import Routing
from inferc.compiler.simulation.traces import Trace, survey
from inferc.compiler.trial import METRICS, Order, Recording, Scene, SceneKind, WhatIf, build, chosen

TRACES = Path(os.environ.get("INFERC_TRACES", "no traces"))
QUICK = Order(requests=400, seeds=3)
FLOW = "rate = 4 req/s; shape = steady"


def recorded(text: str) -> Recording:
    def lines() -> Iterable[str]:
        return text.splitlines(keepends=True)

    trace = survey("t.csv", lines())
    assert isinstance(trace, Trace)
    return Recording(trace=trace, lines=lines)


def trace_of(count: int, gap_s: float, prompt: int = 300, output: int = 120) -> Recording:
    rows = (f"{place * gap_s},{prompt},{output}\n" for place in range(count))
    return recorded("at_s,prompt,output\n" + "".join(rows))


def only(order: Order, load: str = "rate = 4 req/s; shape = steady") -> Scene:
    (scene,) = build(plan_of(load), order).scenes
    return scene


# ---- which traffic -------------------------------------------------------------------------------


def test_a_peak_is_simulated_as_it_comes_and_all_the_time() -> None:
    stated, peak = build(plan_of(), QUICK).scenes
    assert (stated.kind, stated.rate_per_s) == (SceneKind.STATED, 4.0)
    assert isinstance(stated.arrivals, OnOff)
    assert stated.arrivals.peak == 2.0
    assert (peak.kind, peak.rate_per_s) == (SceneKind.PEAK, 8.0)
    assert peak.arrivals == Renewal(rate_per_s=8.0)


def test_steady_traffic_is_simulated_once() -> None:
    scene = only(QUICK)
    assert scene.kind is SceneKind.STATED
    assert scene.arrivals == Renewal(rate_per_s=4.0)


def test_hours_take_the_place_of_spikes() -> None:
    """Three hours at a request a minute: as many as come in them, twice as many in the second."""
    order = Order(hours=(1.0, 2.0, 1.0), rate_per_s=1.0 / 60.0)
    (scene,) = build(plan_of(), order).scenes
    assert scene.requests == 180
    assert scene.runs == 1
    assert isinstance(scene.arrivals, Profile)
    assert scene.arrivals.rates_per_s == pytest.approx((0.75 / 60, 1.5 / 60, 0.75 / 60))
    assert scene.lasts_s == pytest.approx(3 * 3_600.0, rel=0.25)


def test_another_rate_takes_the_place_of_the_stated_one() -> None:
    stated, peak = build(plan_of(), Order(requests=50, seeds=2, rate_per_s=3.0)).scenes
    assert (stated.rate_per_s, peak.rate_per_s) == (3.0, 6.0)


def test_a_trace_is_one_run_at_its_own_rate() -> None:
    scene = only(Order(recording=trace_of(40, 0.25)))
    assert scene.kind is SceneKind.TRACE
    assert (scene.requests, scene.runs) == (40, 1)
    assert scene.rate_per_s == pytest.approx(4.0)
    assert scene.latency_s["ttft"]["p95"].plus_minus is None
    assert scene.lasts_s == pytest.approx(10.0, abs=6.0)


@pytest.mark.parametrize(
    ("recording", "rate"),
    [(trace_of(40, 0.25), 2.0), (trace_of(40, 0.25), 16.0)],
)
def test_a_trace_is_stretched_to_a_rate(recording: Recording, rate: float) -> None:
    assert only(Order(recording=recording, rate_per_s=rate)).rate_per_s == pytest.approx(rate)


def test_a_trace_begins_again_where_more_is_asked_for() -> None:
    short = only(Order(recording=trace_of(40, 0.5)))
    long = only(Order(recording=trace_of(40, 0.5), requests=200))
    assert long.requests == 200
    assert long.lasts_s - short.lasts_s == pytest.approx(80.0, abs=1.0)


def convoys(count: int = 30) -> list[tuple[float, int, int]]:
    """Return long prompts, rare, each with short ones close behind, and much between them."""
    rows: list[tuple[float, int, int]] = []
    for start_s in range(0, 60 * count, 60):
        rows.append((float(start_s), 2_900, 20))
        rows += [(start_s + 0.02 * place, 60, 20) for place in range(1, 11)]
        rows += [(start_s + 10.0 + 0.4 * place, 60, 20) for place in range(120)]
    return rows


def as_trace(rows: list[tuple[float, int, int]]) -> Recording:
    lines = (f"{at_s},{prompt},{output}\n" for at_s, prompt, output in rows)
    return recorded("at_s,prompt,output\n" + "".join(lines))


def test_a_trace_backwards_is_another_trace() -> None:
    """Lengths and mean rate are the same; behind a long prompt is not before it."""
    rows = convoys()
    end_s = rows[-1][0]
    backwards = [(end_s - at_s, prompt, output) for at_s, prompt, output in reversed(rows)]
    one, other = (only(Order(recording=as_trace(each))) for each in (rows, backwards))
    assert one.rate_per_s == pytest.approx(other.rate_per_s)
    p99 = [scene.latency_s["ttft"]["p99"].value for scene in (one, other)]
    assert p99[0] > 1.5 * p99[1]


@pytest.mark.skipif(not TRACES.is_dir(), reason="INFERC_TRACES names no folder of traces")
@pytest.mark.parametrize(
    "name", ["AzureLLMInferenceTrace_code.csv", "mooncake_conversation_trace.jsonl"]
)
def test_published_traces_are_replayed_and_backwards_they_are_others(name: str) -> None:
    def lines() -> Iterable[str]:
        with (TRACES / name).open(encoding="utf-8") as file:
            yield from file

    trace = survey(name, lines())
    assert isinstance(trace, Trace)
    recording = Recording(trace=trace, lines=lines)
    rows = [
        (item.at_s, item.prompt_tok, item.output_tok)
        for item in islice(recording.requests(0), trace.requests)
    ]
    end_s = rows[-1][0]
    backwards = as_trace(
        [(end_s - at_s, prompt, output) for at_s, prompt, output in reversed(rows)]
    )
    one, other = (only(Order(recording=each, rate_per_s=2.0)) for each in (recording, backwards))
    assert one.requests == other.requests == trace.requests
    p99 = [scene.latency_s["ttft"]["p99"].value for scene in (one, other)]
    assert abs(p99[0] - p99[1]) > 0.005 * min(p99)


def test_prompts_that_begin_alike_are_found_in_the_cache() -> None:
    """Of two blocks the first is always the same: after the first request half of each is there."""
    rows = (
        f'{{"timestamp": {500 * place}, "input_length": 1024, "output_length": 20, '
        f'"hash_ids": [0, {place + 1}]}}\n'
        for place in range(80)
    )
    cached = only(Order(recording=recorded("".join(rows))))
    assert cached.prefix_share == pytest.approx(0.5, abs=0.03)
    computed = only(Order(recording=trace_of(80, 0.5, prompt=1024, output=20)))
    assert computed.prefix_share == 0.0
    means = [scene.latency_s["ttft"]["mean"].value for scene in (cached, computed)]
    assert means[0] < 0.8 * means[1]


def test_lengths_without_times_come_as_the_design_says() -> None:
    recording = recorded("input_length,output_length\n200,10\n400,30\n")
    stated, _ = build(plan_of(), Order(requests=200, seeds=2, recording=recording)).scenes
    assert stated.kind is SceneKind.STATED
    answers = stated.output_tok_per_s * stated.lasts_s / 200
    assert answers == pytest.approx(20.0, rel=0.1)


# ---- what comes out ------------------------------------------------------------------------------


def test_the_same_order_gives_the_same_figures() -> None:
    first, second = (build(plan_of(), QUICK) for _ in range(2))
    assert first == second


def test_figures_are_in_order() -> None:
    for scene in build(plan_of(), QUICK).scenes:
        for metric in METRICS:
            figures = scene.latency_s[metric]
            values = [figures[name].value for name in ("p50", "p90", "p95", "p99")]
            assert values == sorted(values)
            assert min(values) > 0.0
            assert all((figure.plus_minus or 0.0) >= 0.0 for figure in figures.values())
            shares, times = zip(*scene.curve_s[metric], strict=True)
            assert list(shares) == sorted(shares)
            assert list(times) == sorted(times)
        assert scene.latency_s["e2e"]["mean"].value > scene.latency_s["ttft"]["mean"].value


def test_throughput_is_what_was_asked_for() -> None:
    scene = only(Order(requests=2_000, seeds=2))
    assert scene.output_tok_per_s == pytest.approx(4.0 * 120.0, rel=0.1)
    assert scene.total_tok_per_s == pytest.approx(4.0 * 420.0, rel=0.1)
    # Little: requests present are rate times time
    present = scene.running + scene.waiting
    assert present == pytest.approx(4.0 * scene.latency_s["e2e"]["mean"].value, rel=0.1)


def test_the_closed_form_agrees_at_its_own_traffic() -> None:
    """The plan reckons with Poisson arrivals at the peak; the simulation plays just that."""
    plan = plan_of()
    _, peak = build(plan, Order(requests=1_500, seeds=4)).scenes
    for name in ("mean", "p95"):
        found = peak.latency_s["ttft"][name].value
        assert found == pytest.approx(plan.estimate.ttft_s[name], rel=0.3)
    assert peak.latency_s["tpot"]["mean"].value == pytest.approx(plan.estimate.tpot_s, rel=0.15)


def test_clumps_wait_longer_than_independent_requests() -> None:
    """The same requests, in clumps: what is beyond the time of an idle replica grows manifold."""
    alone = only(Order(requests=400, seeds=2, rate_per_s=0.01)).latency_s["ttft"]["mean"].value
    order = Order(requests=2_000, seeds=3, rate_per_s=7.0)
    poisson = only(order).latency_s["ttft"]["mean"].value
    clumps = (
        only(Order(requests=2_000, seeds=3, rate_per_s=7.0, variation=3.0))
        .latency_s["ttft"]["mean"]
        .value
    )
    assert clumps - alone > 2.0 * (poisson - alone) > 0.0


@pytest.mark.parametrize(("limit", "met"), [("2s", True), ("20ms", False)])
def test_lines_of_the_sla_are_judged_by_the_simulation(limit: str, met: bool) -> None:
    plan = plan_of("rate = 4 req/s; shape = steady", f"p95 ttft <= 2s; prefer p95 e2e <= {limit}")
    (scene,) = build(plan, QUICK).scenes
    hard, wanted = scene.lines
    assert (hard.objective.hard, hard.met, hard.sure) == (True, True, True)
    assert (wanted.objective.hard, wanted.met) == (False, wanted.figure.value <= 2.0 and met)
    assert wanted.figure == scene.latency_s["e2e"]["p95"]


def test_too_much_traffic_is_seen_as_a_queue_that_grows() -> None:
    assert not only(QUICK).growing
    flooded = only(Order(requests=3_000, seeds=2, rate_per_s=400.0))
    assert flooded.growing
    assert max(moment.waiting for moment in flooded.queue) > 500


def test_requests_beyond_the_longest_context_are_refused_and_answers_cut() -> None:
    plan = plan_of("rate = 4 req/s; shape = steady")
    longest = plan.max_model_len
    rows = [(300, 100), (longest, 10), (longest - 10, 5_000), (300, 100)]
    text = "".join(f"{place},{prompt},{output}\n" for place, (prompt, output) in enumerate(rows))
    (scene,) = build(plan, Order(recording=recorded("at_s,prompt,output\n" + text))).scenes
    assert scene.refused == 1
    answers = scene.output_tok_per_s * scene.lasts_s
    assert answers == pytest.approx(100 + 10 + 100)


def test_what_was_not_measured_is_not_said() -> None:
    """Answers of one token have no time between tokens, and refused requests none at all."""
    plan = plan_of(FLOW, "p95 ttft <= 2s; p95 itl <= 1s")
    (scene,) = build(plan, Order(recording=trace_of(9, 1.0, output=1))).scenes
    assert list(scene.latency_s) == list(scene.curve_s) == ["ttft", "e2e"]
    assert [line.objective.metric for line in scene.lines] == ["ttft"]
    (scene,) = build(plan, Order(recording=trace_of(9, 1.0, prompt=10**6))).scenes
    assert scene.refused == 9
    assert scene.latency_s == {}
    assert scene.lines == ()


def test_the_queue_is_that_of_all_replicas() -> None:
    scene = only(Order(requests=400, seeds=2))
    times = [moment.at_s for moment in scene.queue]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(scene.lasts_s, rel=0.2)
    mean = sum(moment.running for moment in scene.queue) / len(scene.queue)
    assert mean == pytest.approx(scene.running, rel=0.25)


def test_progress_rises_to_the_end() -> None:
    told: list[float] = []
    build(plan_of(), Order(requests=1_200, seeds=2), told.append)
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == 1.0


# ---- what if -------------------------------------------------------------------------------------


def under(what_if: WhatIf | None, **changes: int) -> Scene:
    """Return two replicas under a steady load for 500 s, with what may happen to them."""
    order = Order(requests=2_000, seeds=2, what_if=what_if, **changes)  # type: ignore[arg-type]
    (scene,) = build(plan_of(FLOW), order).scenes
    return scene


def test_nothing_happens_to_replicas_unasked() -> None:
    scene = under(None)
    assert {item.at_s for item in scene.ready} == {0.0}
    assert scene.resent == 0
    assert scene.replica_s == pytest.approx(2 * scene.lasts_s)


def test_a_lost_replica_is_missed_until_another_has_started() -> None:
    plan = plan_of(FLOW)
    calm, lost = under(None), under(WhatIf.LOSE_REPLICA)
    changes = [(item.at_s, item.replicas) for item in lost.ready if item.at_s > 0.0]
    at_s = 500.0 / 3.0
    assert changes == [(at_s, 1), (at_s + plan.load_time_s, 2)]
    assert lost.resent > 0
    assert lost.replica_s == pytest.approx(calm.replica_s - plan.load_time_s, rel=0.02)
    for name in ("mean", "p99"):
        assert lost.latency_s["ttft"][name].value > calm.latency_s["ttft"][name].value


def test_a_run_goes_on_after_a_replica_is_back() -> None:
    (scene,) = build(plan_of(FLOW), Order(seeds=1, what_if=WhatIf.LOSE_REPLICA)).scenes
    assert scene.requests >= 6_000
    assert scene.ready[-1].replicas == 2
    assert scene.ready[-1].at_s < 0.7 * scene.lasts_s
    assert not scene.growing


def test_replicas_come_as_the_scaler_says() -> None:
    scene = under(WhatIf.AUTOSCALE, replicas=1)
    assert scene.ready[0].replicas == 1
    assert max(item.replicas for item in scene.ready) <= plan_of(FLOW).autoscale.max_replicas


def test_more_replicas_answer_sooner() -> None:
    slow, quick = (
        only(Order(requests=800, seeds=2, rate_per_s=8.0, replicas=replicas)) for replicas in (1, 2)
    )
    assert quick.latency_s["ttft"]["mean"].value < slow.latency_s["ttft"]["mean"].value


@pytest.mark.parametrize("routing", ["random", "least_outstanding", "power_of_two"])
def test_every_router_serves_all_requests(routing: Routing) -> None:
    scene = only(Order(requests=600, seeds=2, routing=routing))
    assert scene.output_tok_per_s == pytest.approx(480.0, rel=0.15)


def test_only_what_the_plan_was_made_for_is_compared_with_it() -> None:
    quick = Order(requests=60, seeds=1)
    stated, peak = (trial := build(plan_of(), quick)).scenes
    assert [trial.is_planned(scene) for scene in (stated, peak)] == [False, True]
    others = (
        replace(quick, replicas=3),
        replace(quick, rate_per_s=5.0),
        replace(quick, variation=2.0),
        replace(quick, what_if=WhatIf.LOSE_REPLICA),
    )
    for order in others:
        trial = build(plan_of(), order)
        assert not any(trial.is_planned(scene) for scene in trial.scenes)


# ---- which service -------------------------------------------------------------------------------


def test_an_unknown_service_is_named_with_the_nearest() -> None:
    from support.trials import text_of

    from inferc import api
    from inferc.dsl import SourceFile

    planned = api.plan(SourceFile("desk.infer", text_of()))
    found, diagnostics = chosen(planned.plans, "chta")
    assert found == ()
    (diagnostic,) = diagnostics
    assert diagnostic.code == "INF745"
    assert diagnostic.help == "did you mean `chat`?"
    assert [item.service.name for _, item in chosen(planned.plans, "chat")[0]] == ["chat"]
    assert [item.service.name for _, item in chosen(planned.plans, "")[0]] == ["chat"]
