"""What replicas are scaled by, how many stay, and how a new version takes over."""

import re

import pytest
from support.trials import plan_of as planned
from support.trials import text_of

from inferc import api
from inferc.compiler.plan import ServicePlan
from inferc.compiler.trial import SceneKind, Wanted, verify
from inferc.compiler.units import from_unit
from inferc.dsl import SourceFile

RATE = 14
"""Requests a second that one replica carries, and not twice as many."""


def scaled(lines: str, load: str = "rate = 20 req/s; peak = 2x") -> ServicePlan:
    text = text_of(load, "p95 ttft <= 2s", "").replace(
        "sla  {", f"autoscale {{ {lines} }}\n    sla  {{"
    )
    found = api.plan(SourceFile("desk.infer", text))
    assert found.ok, found.diagnostics
    return found.plans[0].services[0]


@pytest.mark.parametrize(
    ("signal", "named", "low", "high"),
    [
        ("queue_depth", "waiting", 1, 1024),
        ("running", "running", 1, 1024),
        ("kv_usage", "kv_usage", 0.01, 1.0),
        ("rate", "rate", 1.0, 40.0),
    ],
)
def test_thresholds_come_from_the_operating_point(
    signal: str, named: str, low: float, high: float
) -> None:
    scale = scaled(f"signal = {signal}").autoscale
    assert scale.signal == named
    assert low <= scale.threshold <= high


def test_a_threshold_follows_the_load() -> None:
    """Twice the rate on as many replicas: more run at once, and each takes more."""
    for signal in ("running", "kv_usage", "rate"):
        lines = f"replicas = 2; signal = {signal}"
        calm, busy = (
            scaled(lines, f"rate = {rate} req/s; shape = steady").autoscale.threshold
            for rate in (4, 8)
        )
        assert busy > calm, signal


@pytest.mark.parametrize(
    ("lines", "threshold"),
    [
        ("target = 8 req", 8.0),
        ("signal = running; target = 40 req", 40.0),
        ("signal = kv_usage; target = 70%", 0.7),
        ("signal = rate; target = 90 req/min", 1.5),
    ],
)
def test_a_target_that_is_given_is_taken(lines: str, threshold: float) -> None:
    scale = scaled(lines).autoscale
    assert scale.threshold == pytest.approx(threshold)
    assert "is given" in scale.reason


@pytest.mark.parametrize(
    "lines",
    ["target = 80%; signal = rate", "signal = kv_usage; target = 8 req", "target = 3 req/s",
     "signal = kv_usage; target = 120%"],
)  # fmt: skip
def test_a_target_of_another_signal_is_refused(lines: str) -> None:
    text = text_of().replace("sla  {", f"autoscale {{ {lines} }}\n    sla  {{")
    codes = [item.code for item in api.check(SourceFile("desk.infer", text)).diagnostics]
    assert codes == ["INF175"]


def test_idle_is_how_long_the_load_must_be_low() -> None:
    assert scaled("idle = 30min").autoscale.scale_down_stabilisation_s == 1800.0
    never_below_a_start = scaled("idle = 1s")
    start_s = never_below_a_start.load_time_s
    assert never_below_a_start.autoscale.scale_down_stabilisation_s == start_s


def test_as_many_stay_as_are_late_for_a_spike() -> None:
    """A start takes longer than a spike may miss: those of the peak are kept."""
    plan = planned(f"rate = {RATE} req/s; peak = 2x", pin="chat.tensor_parallel = 1")
    assert plan.configuration.replicas == 2
    assert plan.autoscale.min_replicas == plan.configuration.replicas
    assert "stay warm, since a start takes" in plan.autoscale.reason


def test_a_long_spike_leaves_time_to_start() -> None:
    """A spike of a day: what misses the SLA in the minutes of a start is less than it lets miss."""
    plan, warm = (
        planned(
            f"rate = {RATE} req/s; shape = spiky(peak = 2x, lasting = {lasting})",
            pin="chat.tensor_parallel = 1",
        )
        for lasting in ("24h", "60s")
    )
    assert plan.configuration.replicas == warm.configuration.replicas == 2
    assert warm.autoscale.min_replicas == 2
    assert plan.autoscale.min_replicas == 1
    assert "leave time" in plan.autoscale.reason
    kinds = {item.scene.kind for item in verify(plan, Wanted(requests=300, seeds=2)).tested}
    assert SceneKind.SCALE_UP in kinds


def test_a_rollout_says_which_replicas_are_left() -> None:
    full = planned("rate = 4 req/s; peak = 2x", pin="chat.replicas = 2")
    assert full.autoscale.rollout == "unavailable"
    assert "one at a time" in full.autoscale.rollout_reason
    alone = planned("rate = 1 req/s; shape = steady", pin="chat.replicas = 1")
    assert alone.autoscale.rollout == "surge"


LONG = "prompt_tokens = 4_000; output_tokens = 40"


def takes_s(reason: str) -> float:
    """Return how long a prompt takes, as a reason of scaling says it."""
    found = re.search(r"a prompt takes ([\d.]+) (ms|s)\b", reason)
    assert found is not None, reason
    return from_unit(float(found[1]), found[2])


def test_a_prompt_longer_than_a_step_takes_several() -> None:
    """Cut into eight, a prompt takes about as long as in one step; no step takes as long."""

    def of_steps(budget_tok: int) -> ServicePlan:
        text = text_of(
            "rate = 1 req/s; shape = steady",
            "p95 ttft <= 6s",
            f"chat.max_num_batched_tokens = {budget_tok}; chat.replicas = 2",
        ).replace("prompt_tokens = dist(mean = 300, p95 = 900); output_tokens = 120", LONG)
        found = api.plan(SourceFile("desk.infer", text))
        assert found.ok, found.diagnostics
        return found.plans[0].services[0]

    cut, whole = of_steps(512), of_steps(8192)
    whole_s = takes_s(whole.autoscale.reason)
    assert takes_s(cut.autoscale.reason) > 0.9 * whole_s
    assert cut.autoscale.threshold * 0.9 * whole_s <= 6.0


def test_without_a_limit_of_the_first_token_none_is_named() -> None:
    plan = planned("rate = 4 req/s; peak = 2x", sla="p95 e2e <= 60s")
    assert "the limit leaves" not in plan.autoscale.reason
    assert "no line limits the first token, so 1 may wait" in plan.autoscale.reason
    assert plan.autoscale.threshold == 1.0


def test_one_replica_is_left() -> None:
    plan = planned("rate = 4 req/s; peak = 2x", pin="chat.replicas = 2")
    assert plan.autoscale.rollout_reason.endswith("for which 1 is left")
