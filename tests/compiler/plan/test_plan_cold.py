"""Cold starts: who waits for one, when a service may sleep, and what stays warm."""

from dataclasses import replace
from math import exp, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cold import Week, designs_text, plan_of, simulated_share

from inferc import api
from inferc.compiler.plan.cold import asleep, cold_share
from inferc.dsl import SourceFile

RATES = st.floats(1e-5, 1.0)
TIMES = st.floats(1.0, 3_600.0)

# ---- the share of requests -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate_per_s", "sleep_s", "start_s"),
    [(1 / 600, 300.0, 20.0), (1 / 1800, 900.0, 120.0), (1 / 120, 60.0, 15.0), (1 / 30, 60.0, 60.0)],
)
def test_the_share_is_what_a_simulation_finds(
    rate_per_s: float, sleep_s: float, start_s: float
) -> None:
    week = Week(((1e12, rate_per_s),))
    found = simulated_share(week, sleep_s, start_s, requests=60_000)
    assert cold_share(rate_per_s, sleep_s, start_s) == pytest.approx(found, rel=0.03)


def test_the_share_by_hand() -> None:
    """One request in e waits, and nobody else where a start takes no time."""
    assert cold_share(1.0, 1.0, 0.0) == pytest.approx(exp(-1.0))
    assert cold_share(0.0, 1.0, 1.0) == 0.0
    assert cold_share(1.0, 1e6, 1.0) == pytest.approx(0.0)
    assert asleep(0.0, 1.0, 1.0) == 1.0


@settings(deadline=None)
@given(rate=RATES, sleep=TIMES, start=TIMES, more=st.floats(1.0, 10.0))
def test_longer_starts_and_shorter_patience_are_never_easier(
    rate: float, sleep: float, start: float, more: float
) -> None:
    here = cold_share(rate, sleep, start)
    assert 0.0 <= here <= 1.0
    assert cold_share(rate, sleep, start * more) >= here * (1.0 - 1e-12)
    assert cold_share(rate, sleep * more, start) <= here * (1.0 + 1e-12)


def test_office_hours_wake_up_each_morning() -> None:
    """By the hour of a week: what is simulated agrees, mornings included."""
    from inferc.compiler.plan.cold import share_of_week

    load = plan_of(shape=OFFICE).service.load
    assert load.profile is not None
    rate = load.rate_per_s.value
    hours = tuple((seconds, rate * factor) for seconds, factor in load.profile.stretches)
    for sleep_s in (600.0, 1_800.0):
        found = simulated_share(Week(hours), sleep_s, 60.0, requests=120_000)
        assert share_of_week(load, sleep_s, 60.0, None) == pytest.approx(found, rel=0.15)


# ---- whether a service sleeps --------------------------------------------------------------------

OFFICE = 'office_hours(peak = 20x, window = "08:00-19:00 Europe/Berlin", days = "Mon-Fri")'


@pytest.mark.parametrize(
    ("sla", "sleeps", "said"),
    [
        ("p95 ttft <= 30s at cold", True, "sleeps after 15 min"),
        ("p95 ttft <= 12s at cold", False, "ttft comes to"),
        ("prefer p95 ttft <= 12s at cold", True, "sleeps after"),
        ("cold_share <= 45% over 7d", True, "sleeps after"),
        ("cold_share <= 2% over 7d", False, "of the requests meet one"),
        ("", True, "sleeps after"),
    ],
)
def test_it_sleeps_where_no_line_forbids_it(sla: str, sleeps: bool, said: str) -> None:
    plan = plan_of(sla=sla)
    assert plan.cold is not None
    assert plan.cold.sleeps is sleeps
    assert said in plan.cold.reason
    assert plan.cold.reason in plan.autoscale.reason
    assert plan.autoscale.min_replicas == (0 if sleeps else plan.cold.warm)


def test_nobody_sleeps_where_nothing_is_said() -> None:
    plan = plan_of(scale="")
    assert plan.cold is not None
    assert not plan.cold.sleeps
    assert plan.autoscale.min_replicas >= 1


def test_margins_of_cold_lines_have_the_ends_of_the_start() -> None:
    plan = plan_of(sla="p95 ttft <= 30s at cold; cold_share <= 50% over 7d")
    warm, cold, share = plan.margins
    assert cold.low == pytest.approx(warm.predicted + 9.0)
    assert cold.high == pytest.approx(warm.predicted + 20.0)
    assert share.predicted == pytest.approx(plan.cold.share if plan.cold else inf)
    assert cold.sure
    (assumption,) = [a for a in plan.assumptions if a.unknown.path == "run.cold_start"]
    assert assumption.holds_up_to == pytest.approx(30.0 - warm.predicted, rel=2e-3)


def test_a_warm_pool_spares_its_window() -> None:
    pool = 'warm_pool { instances = 1; window = "07:45-19:00"; days = "Mon-Fri" }'
    without, within = plan_of(), plan_of(pool=pool)
    assert without.cold is not None
    assert within.cold is not None
    assert within.cold.share < without.cold.share
    always = plan_of(pool="warm_pool { instances = 2 }")
    assert always.cold is not None
    assert (always.cold.share, always.cold.warm) == (0.0, 2)


ORDERED = ("1s..2s", "9s..20s", "20s..60s", "60s..600s")


def test_a_longer_start_never_keeps_fewer_warm() -> None:
    sla = "p95 ttft <= 30s at cold; cold_share <= 60% over 7d"
    kept = [plan_of(sla=sla, start=start).autoscale.min_replicas for start in ORDERED]
    assert kept == sorted(kept)
    assert kept[0] < kept[-1]


def test_a_looser_cold_line_never_keeps_more_warm() -> None:
    limits = ("1s", "10s", "25s", "60s")
    plans = [plan_of(sla=f"p95 ttft <= {limit} at cold") for limit in limits]
    kept = [plan.autoscale.min_replicas for plan in plans]
    assert kept == sorted(kept, reverse=True)
    assert [plan.verdict for plan in plans] == [plans[0].verdict] * len(plans)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("p95 ttft <= 12s at night", "INF177"),
        ("p95 itl <= 1s at cold", "INF177"),
        ("cold_share <= 2% at cold", "INF177"),
        ("p95 ttft <= 12s over 7d", "INF190"),
    ],
)
def test_conditions_that_mean_nothing_are_named(line: str, code: str) -> None:
    found = api.check(SourceFile("notes.infer", designs_text(sla=line))).diagnostics
    assert [item.code for item in found] == [code]


@pytest.mark.parametrize(
    ("pool", "bad"),
    [
        ('warm_pool { instances = 1; window = "office" }', 'window = "office"'),
        (
            'warm_pool { instances = 1; window = "08:00-19:00"; days = "Someday" }',
            'days = "Someday"',
        ),
    ],
)
def test_windows_that_cannot_be_read_are_named(pool: str, bad: str) -> None:
    (found,) = api.check(SourceFile("notes.infer", designs_text(pool=pool))).diagnostics
    assert found.code == "INF176"
    assert found.span is not None
    assert found.span.text == bad


def test_cold_figures_are_those_of_the_place_where_nobody_says() -> None:
    stated, worked_out = plan_of(), plan_of(start="")
    assert stated.cold is not None
    assert worked_out.cold is not None
    assert dict(stated.cold.parts) == {"start": 14.5}
    assert set(dict(worked_out.cold.parts)) >= {"weights", "engine"}
    cold = worked_out.cold
    assert cold.low_s < cold.start_s < cold.high_s
    assert replace(cold, parts=()) != replace(stated.cold, parts=())
