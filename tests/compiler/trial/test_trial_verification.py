"""Verified plans: which scenes there are, what they show, and what is planned instead."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.trials import plan_of, text_of

from inferc import api
from inferc.compiler.plan import ServicePlan
from inferc.compiler.trial import SceneKind
from inferc.compiler.trial.verification import SEEDS, Wanted, verify
from inferc.compiler.trial.verified import Held, Played, Verification
from inferc.dsl import SourceFile

QUICK = Wanted(requests=600, seeds=6)
FLOW = "rate = 4 req/s; shape = steady"


def scene(found: Verification, kind: SceneKind) -> Played:
    return next(item for item in found.tested if item.scene.kind is kind)


def verified(load: str, sla: str, pin: str = "") -> api.Planned:
    file = SourceFile("desk.infer", text_of(load, sla, pin))
    return api.verify(file, api.Check(requests=600, seeds=6))


def ttft_p95(tested: Played) -> float:
    return tested.scene.latency_s["ttft"]["p95"].value


# ---- scenes --------------------------------------------------------------------------------------


def test_each_scene_is_played() -> None:
    found = verify(plan_of(), QUICK)
    kinds = [item.scene.kind for item in found.tested]
    assert kinds == [SceneKind.STATED, SceneKind.PEAK, SceneKind.LOST]
    assert [item.replicas for item in found.tested] == [2, 2, 1]


def test_steady_load_has_no_peak_and_no_spike() -> None:
    kinds = {item.scene.kind for item in verify(plan_of(FLOW), QUICK).tested}
    assert kinds == {SceneKind.STATED, SceneKind.LOST}


def test_the_same_plan_gives_the_same_figures() -> None:
    one, other = verify(plan_of(), QUICK), verify(plan_of(), QUICK)
    assert one == other


def test_a_seed_more_gives_other_figures() -> None:
    one = verify(plan_of(), QUICK)
    other = verify(plan_of(), Wanted(requests=600, seeds=7))
    assert ttft_p95(one.tested[0]) != ttft_p95(other.tested[0])


def test_a_lost_replica_shows() -> None:
    """With one of two replicas gone, TTFT is longer; with the only one gone, as long as a start."""
    load = "rate = 12 req/s; shape = steady"
    whole, lost = verify(plan_of(load), QUICK).tested
    assert lost.scene.resent > 0
    assert ttft_p95(lost) > 1.1 * ttft_p95(whole)
    alone = plan_of(FLOW, pin="chat.replicas = 1")
    gone = scene(verify(alone, QUICK), SceneKind.LOST)
    assert gone.replicas == 0
    assert gone.scene.latency_s["ttft"]["p95"].value > 0.5 * alone.load_time_s
    assert [item.held for item in gone.judgements] == [Held.MISSED]


def test_a_loss_is_measured_from_its_beginning_to_its_end() -> None:
    plan = plan_of(FLOW)
    lost = scene(verify(plan, Wanted(seeds=6)), SceneKind.LOST)
    assert lost.lasts_s == plan.load_time_s
    assert lost.measured_s == pytest.approx(plan.load_time_s)
    short = scene(verify(plan, Wanted(seeds=6, requests=100)), SceneKind.LOST)
    assert short.measured_s == pytest.approx(25.0)
    assert short.lasts_s == plan.load_time_s


def test_few_requests_take_more_runs() -> None:
    slow = plan_of("rate = 1 req/min; shape = steady")
    lost = scene(verify(slow), SceneKind.LOST)
    assert lost.scene.runs > SEEDS


# ---- lines ---------------------------------------------------------------------------------------


def test_lines_have_both_numbers_and_the_tightest_is_named() -> None:
    plan = plan_of("rate = 4 req/s; peak = 2x", "p95 ttft <= 2s; p95 tpot <= 30ms")
    found = verify(plan, QUICK)
    predicted = {item.objective.metric: item.predicted for item in plan.margins}
    for tested in found.tested:
        for item in tested.judgements:
            assert item.predicted == predicted[item.objective.metric]
    assert found.tightest is not None
    tested, line = found.tightest
    assert line.objective.metric == "tpot"
    assert tested.promised
    promised = [item for each in found.tested if each.promised for item in each.judgements]
    assert line.ratio == max(item.ratio for item in promised)


def test_a_loss_is_no_promise_unless_asked_for() -> None:
    lost = scene(verify(plan_of(), QUICK), SceneKind.LOST)
    assert not lost.promised


@pytest.mark.parametrize(
    ("limit", "held"), [("60s", Held.MET), ("10ms", Held.MISSED)], ids=["met", "missed"]
)
def test_limits_far_off_are_sure(limit: str, held: Held) -> None:
    plan = plan_of("rate = 4 req/s; peak = 2x", f"p95 ttft <= 2s; prefer p95 ttft <= {limit}")
    for tested in verify(plan, QUICK).tested[:2]:
        assert tested.judgements[1].held is held


def test_a_limit_in_the_interval_is_unsure() -> None:
    plan = plan_of()
    found = scene(verify(plan, QUICK), SceneKind.STATED)
    here = found.scene.latency_s["ttft"]["p95"].value
    near = plan_of("rate = 4 req/s; peak = 2x", f"p95 ttft <= 2s; prefer p95 ttft <= {here:.4f}s")
    tested = scene(verify(near, QUICK), SceneKind.STATED)
    assert tested.judgements[1].held is Held.UNSURE


# ---- the walk ------------------------------------------------------------------------------------

TIGHT = ("rate = 3 req/s; peak = 2x", "p95 ttft <= 2s; p95 tpot <= 26ms")


def test_a_plan_that_does_not_stand_gives_way() -> None:
    """The closed form reckons with a shorter TPOT than comes of it at this peak."""
    file = SourceFile("desk.infer", text_of(*TIGHT, ""))
    first = api.plan(file)
    planned = api.verify(file)
    (before,), (after,) = first.plans[0].services, planned.plans[0].services
    (found,) = planned.verifications
    assert found.plan is after
    assert found.rejected
    assert found.rejected[0].configuration == before.configuration
    assert before.configuration != after.configuration
    assert "INF526" in {item.code for item in planned.diagnostics}
    peak = scene(found, SceneKind.PEAK)
    assert not any(item.contradicts for item in peak.judgements)
    assert all(margin.ratio <= 1.0 for margin in after.margins if margin.objective.hard)


@pytest.mark.slow
def test_what_is_planned_instead_keeps_networks_and_budgets() -> None:
    """Planned anew is the whole topology: its networks stay, and so does what it may cost."""
    network = """service embed {
    model = cat.networks.baai.bge_m3
    on = dc.gpu
    load { rate = 5 req/s; input_tokens = 300 tok; shape = steady }
    sla { p95 latency <= 1s }
  }
  budget all { cost <= BUDGET }
  pin {"""
    base = text_of(*TIGHT, "").replace("2 * cat.gpu", "6 * cat.gpu")
    base = base.replace("nodes = 1;", "nodes = 1; price = $1/gpu/h;").replace("pin {", network)
    wide = api.verify(SourceFile("desk.infer", base.replace("BUDGET", "$6/h")))
    assert "INF526" in {item.code for item in wide.diagnostics}
    assert [item.service.name for item in wide.plans[0].networks] == ["embed"]
    (first,) = api.plan(SourceFile("desk.infer", base.replace("BUDGET", "$6/h"))).plans
    enough = sum(item.price_usd_per_s or 0.0 for item in first.planned) * 3600.0
    tight = base.replace("BUDGET", f"${enough:.2f}/h")
    (kept,) = api.verify(SourceFile("desk.infer", tight)).plans
    spent = sum(item.price_usd_per_s or 0.0 for item in kept.planned) * 3600.0
    assert spent <= enough + 1e-9


def test_where_nothing_stands_the_first_plan_is_kept() -> None:
    pin = (
        "chat.replicas = 1; chat.tensor_parallel = 1; chat.engine = vllm; "
        "chat.max_num_batched_tokens = 2048; chat.precision = bf16; chat.pipeline_parallel = 1"
    )
    load, sla = "rate = 3 req/s; peak = 2x", "p95 tpot <= {limit}ms"
    limit = 1e3 * next(
        item.predicted
        for item in plan_of(load, sla.format(limit=200), pin).margins
        if item.objective.metric == "tpot"
    )
    planned = verified(load, sla.format(limit=round(1.01 * limit, 3)), pin)
    codes = [item.code for item in planned.diagnostics]
    assert "INF527" in codes
    assert planned.ok
    assert planned.verifications[0].rejected


# ---- the closed form and the simulation ----------------------------------------------------------


BANDS = {"ttft": (0.5, 1.45), "tpot": (0.7, 1.5)}
"""What the closed form says over what was simulated at the peak, in the mean.

The closed form leaves out that steps come in whole, and that answers slow each other down in turn.
"""


def mean_ratios(plan: ServicePlan) -> dict[str, float]:
    only = Wanted(requests=2_000, seeds=3, only=(SceneKind.STATED,))
    (tested,) = verify(plan, only).tested
    simulated = {name: found["mean"].value for name, found in tested.scene.latency_s.items()}
    closed = {"ttft": plan.estimate.ttft_s["mean"], "tpot": plan.estimate.tpot_s}
    return {name: value / simulated[name] for name, value in closed.items()}


@pytest.mark.parametrize("rate", ["0.2", "2", "8", "16"])
@pytest.mark.parametrize("replicas", [1, 2])
def test_the_closed_form_agrees_with_the_simulation(rate: str, replicas: int) -> None:
    pin = f"chat.replicas = {replicas}"
    plan = plan_of(f"rate = {rate} req/s; shape = steady", "p95 ttft <= 5s", pin)
    for metric, ratio in mean_ratios(plan).items():
        low, high = BANDS[metric]
        assert low <= ratio <= high, (metric, ratio)


@settings(max_examples=6, deadline=None)
@given(rate=st.sampled_from(["1", "3", "6"]), seconds=st.sampled_from(["1", "2", "5"]))
def test_a_looser_limit_is_never_missed_where_a_tighter_one_is_met(rate: str, seconds: str) -> None:
    load = f"rate = {rate} req/s; shape = steady"
    line = f"p95 ttft <= {seconds}s; prefer p95 ttft <= 20s"
    plan = plan_of(load, line)
    for tested in verify(plan, Wanted(requests=300, seeds=6)).tested:
        tight, loose = tested.judgements
        assert loose.ratio <= tight.ratio
        assert not (tight.held is Held.MET and loose.held is not Held.MET)


# ---- what the autoscaler looks at ----------------------------------------------------------------


@pytest.mark.parametrize("signal", ["waiting", "running", "kv_usage", "rate"])
def test_a_spike_is_scaled_by_the_signal_of_the_plan(signal: str) -> None:
    """A start of a second, and a threshold that the spike passes: more replicas come in it."""
    plan = plan_of("rate = 4 req/s; peak = 2x")
    thresholds = {"waiting": 1.0, "running": 4.0, "kv_usage": 0.02, "rate": 4.0}
    scale = replace(
        plan.autoscale,
        min_replicas=1,
        max_replicas=4,
        signal=signal,
        threshold=thresholds[signal],
    )
    quick = replace(plan, autoscale=scale, load_time_s=1.0)
    spike = scene(verify(quick, Wanted(seeds=2, only=(SceneKind.SCALE_UP,))), SceneKind.SCALE_UP)
    assert spike.replicas >= 1
    assert spike.measured_s == pytest.approx(60.0)
    most = max(item.replicas for item in spike.scene.ready)
    assert most > 1 or signal == "waiting"
