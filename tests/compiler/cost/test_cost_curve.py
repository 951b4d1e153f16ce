"""Costs at loads that vary: against arithmetic by hand, and properties that hold at any."""

from dataclasses import replace
from math import inf, isclose, isinf

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inferc.compiler.cost import Curve, cost_per_item, price_per_request, split_by_time
from inferc.compiler.cost.curve import over_time, whole

HOUR = 3600.0

FLAT = Curve(
    carried_per_s=10.0,
    spare=0,
    floor=1,
    ceiling=4,
    rate_per_s=40.0,
    peak=1.0,
    stretches=((1.0, 1.0),),
    lead_s=0.0,
    hold_s=0.0,
    follows=True,
    per_node=1,
    unit_accelerators=1,
    least_units=0,
    usd_per_s=1.0,
)
"""40 requests a second on replicas of 10, one accelerator each, a dollar a second."""

DAY = replace(
    FLAT,
    floor=1,
    ceiling=12,
    peak=3.0,
    stretches=((18.0 * HOUR, 0.4), (4.0 * HOUR, 3.0), (2.0 * HOUR, 0.4)),
    lead_s=60.0,
    hold_s=540.0,
)
"""Four hours at three times the mean: 12 replicas; 16 requests a second else: 2 replicas."""


# ---- by hand -----------------------------------------------------------------------------------


def test_an_even_load_costs_its_replicas() -> None:
    assert FLAT.cost_usd_per_s(40.0) == 4.0
    assert FLAT.cost_usd_per_s(41.0) == 5.0
    assert FLAT.cost_usd_per_s(1.0) == 1.0


def test_a_day_costs_its_busy_hours_with_start_and_cooling() -> None:
    busy_s = 4.0 * HOUR + 60.0 + 540.0
    quiet_s = 24.0 * HOUR - busy_s
    assert DAY.cost_usd_per_s(40.0) == pytest.approx(
        (12 * busy_s + 2 * quiet_s) / (24.0 * HOUR), rel=1e-12
    )
    assert DAY.paid(40.0).most == 12


def test_hardware_that_stands_there_costs_the_peak_all_the_time() -> None:
    owned = replace(DAY, follows=False)
    assert owned.cost_usd_per_s(40.0) == 12.0


def test_whole_nodes_are_paid_for() -> None:
    nodes = replace(FLAT, per_node=4, unit_accelerators=8, least_units=1)
    assert nodes.price_usd_per_s(1) == 8.0
    assert nodes.price_usd_per_s(4) == 8.0
    assert nodes.price_usd_per_s(5) == 16.0


def test_what_the_autoscaler_keeps_is_paid_for_at_night_too() -> None:
    kept = replace(DAY, floor=6)
    busy_s = 4.0 * HOUR + 600.0
    expected = (12 * busy_s + 6 * (24.0 * HOUR - busy_s)) / (24.0 * HOUR)
    assert kept.cost_usd_per_s(40.0) == pytest.approx(expected, rel=1e-12)


def test_spare_replicas_are_there_at_any_load() -> None:
    spared = replace(FLAT, spare=1, ceiling=5)
    assert spared.cost_usd_per_s(40.0) == 5.0
    assert spared.cost_usd_per_s(5.0) == 2.0


@pytest.mark.parametrize(
    ("running", "lead_s", "hold_s", "expected"),
    [
        (((10.0, 3.0),), 1.0, 1.0, {3.0: 1.0}),
        (((6.0, 1.0), (4.0, 2.0)), 0.0, 0.0, {1.0: 0.6, 2.0: 0.4}),
        (((6.0, 1.0), (4.0, 2.0)), 1.0, 2.0, {1.0: 0.3, 2.0: 0.7}),
        (((6.0, 1.0), (4.0, 2.0)), 4.0, 7.0, {2.0: 1.0}),
        (((2.0, 5.0), (8.0, 1.0)), 1.0, 0.0, {1.0: 0.7, 5.0: 0.3}),
    ],
)
def test_starting_and_cooling_take_their_share(
    running: tuple[tuple[float, float], ...],
    lead_s: float,
    hold_s: float,
    expected: dict[float, float],
) -> None:
    assert over_time(running, lead_s, hold_s) == pytest.approx(expected)


def test_a_break_even_by_hand() -> None:
    # Four replicas carry 40 a second for 4 dollars; at 25 cents a request 16 a second cost as much
    # as ... each step of n dollars is cheaper from 4 n on, and begins at 10 (n - 1): n = 1 decides.
    assert FLAT.break_even_per_s(0.25) == pytest.approx(4.0)
    # At 15 cents n dollars are cheaper from 6.67 n on: 6.67, 13.3, and the third step begins at 20.
    assert FLAT.break_even_per_s(0.15) == pytest.approx(2 / 0.15)


def test_more_load_does_not_help_where_each_request_costs_more_than_elsewhere() -> None:
    assert FLAT.slope_usd() == pytest.approx(0.1)
    assert isinf(FLAT.break_even_per_s(0.1))
    assert isinf(FLAT.break_even_per_s(0.05))


def test_the_slope_of_hardware_for_the_peak() -> None:
    assert replace(DAY, follows=False).slope_usd() == pytest.approx(0.3)
    busy = (4.0 * HOUR + 600.0) / (24.0 * HOUR)
    assert DAY.slope_usd() == pytest.approx((3.0 * busy + 0.4 * (1.0 - busy)) / 10.0)


def test_what_sleeps_pays_for_no_node_even_where_there_is_one_at_least() -> None:
    """Three quarters of the time asleep: a quarter of the one node that is there when awake."""
    sleeper = replace(FLAT, floor=0, least_units=1, rate_per_s=0.5, asleep=lambda _: 0.75)
    assert sleeper.paid(0.5).shares == ((0, 0.75), (1, 0.25))
    assert sleeper.cost_usd_per_s(0.5) == pytest.approx(0.25)


def test_what_sleeps_is_paid_for_while_it_is_awake() -> None:
    sleeper = replace(DAY, floor=0, asleep=lambda rate_per_s: 0.75 if rate_per_s < 1.0 else 0.0)
    # One request a second on average: 0.4 outside the busy hours, in which it sleeps 3/4 of it.
    awake = 1.0 - 0.75 * 20.0 / 24.0
    assert sleeper.cost_usd_per_s(1.0) == pytest.approx(awake)
    assert sleeper.cost_usd_per_s(40.0) == pytest.approx(DAY.cost_usd_per_s(40.0))


# ---- tokens and items --------------------------------------------------------------------------


def test_a_request_costs_what_its_tokens_cost() -> None:
    by_input, by_output = split_by_time(0.003, 1000.0, 250.0, 0.4)
    assert by_input == pytest.approx(1.2e-6)
    assert by_output == pytest.approx(7.2e-6)
    assert price_per_request(by_input, by_output, 1000.0, 250.0) == pytest.approx(0.003)


def test_an_item_costs_its_share_of_a_second() -> None:
    assert cost_per_item(0.5, 200.0) == 0.0025
    assert cost_per_item(0.0, 0.0) == 0.0
    assert cost_per_item(0.5, 0.0) == inf


@pytest.mark.parametrize(("count", "expected"), [(3.0, 3), (3.0 + 1e-12, 3), (3.01, 4), (0.0, 0)])
def test_rounding_of_floats_buys_no_replica(count: float, expected: int) -> None:
    assert whole(count) == expected


# ---- whatever the numbers ----------------------------------------------------------------------

FACTORS = st.lists(st.floats(0.0, 4.0), min_size=1, max_size=6)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Return a curve of any shape."""
    factors = [*draw(FACTORS), draw(st.floats(0.5, 4.0))]
    carried = draw(st.floats(0.5, 50.0))
    per_node = draw(st.integers(1, 4))
    spare = draw(st.integers(0, 2))
    rate = draw(st.floats(0.5, 100.0))
    peak = max(factors)
    ceiling = whole(rate * peak / carried) + spare
    return Curve(
        carried_per_s=carried,
        spare=spare,
        floor=min(ceiling, draw(st.integers(1, 3))),
        ceiling=max(1, ceiling),
        rate_per_s=rate,
        peak=peak,
        stretches=tuple((draw(st.floats(60.0, 50_000.0)), factor) for factor in factors),
        lead_s=draw(st.floats(0.0, 600.0)),
        hold_s=draw(st.floats(0.0, 900.0)),
        follows=draw(st.booleans()),
        per_node=per_node,
        unit_accelerators=per_node * draw(st.sampled_from([1, 2, 4])),
        least_units=draw(st.integers(0, 2)),
        usd_per_s=draw(st.floats(1e-4, 1e-2)),
    )


@settings(deadline=None, max_examples=60)
@given(curves(), st.floats(0.1, 200.0), st.floats(1.0, 3.0))
def test_cost_never_falls_with_the_rate(curve: Curve, rate: float, more: float) -> None:
    assume(curve.rate_per_s not in {rate, rate * more})
    assert curve.cost_usd_per_s(rate * more) >= curve.cost_usd_per_s(rate) * (1.0 - 1e-9)


@settings(deadline=None, max_examples=60)
@given(curves(), st.floats(0.1, 200.0), st.floats(1.0, 5.0))
def test_cost_grows_with_the_price(curve: Curve, rate: float, more: float) -> None:
    dearer = curve.at_price(curve.usd_per_s * more)
    assert isclose(dearer.cost_usd_per_s(rate), curve.cost_usd_per_s(rate) * more, rel_tol=1e-9)


@settings(deadline=None, max_examples=60)
@given(curves(), st.floats(0.1, 300.0))
def test_rounding_is_bounded(curve: Curve, rate: float) -> None:
    assume(rate != curve.rate_per_s)
    least = curve.slope_usd() * rate
    cost = curve.cost_usd_per_s(rate)
    assert cost <= (least + curve.most_rounding_usd_per_s()) * (1.0 + 1e-9)


@settings(deadline=None, max_examples=60)
@given(curves(), st.floats(1.05, 20.0))
def test_just_below_the_break_even_the_other_is_cheaper_and_just_above_the_plan(
    curve: Curve, dearer: float
) -> None:
    asked = curve.slope_usd() * dearer
    point = curve.break_even_per_s(asked)
    assume(0.0 < point < inf)
    below, above = point * (1.0 - 1e-12), point * (1.0 + 1e-9)
    assume(curve.rate_per_s not in {below, above})
    assert curve.cost_usd_per_s(below) >= asked * below * (1.0 - 1e-6)
    assert curve.cost_usd_per_s(above) <= asked * above * (1.0 + 1e-6)


@settings(deadline=None, max_examples=40)
@given(curves(), st.floats(1.05, 5.0), st.floats(1.0, 50.0))
def test_beyond_the_break_even_the_plan_stays_cheaper(
    curve: Curve, dearer: float, further: float
) -> None:
    asked = curve.slope_usd() * dearer
    point = curve.break_even_per_s(asked)
    assume(point < inf)
    rate = max(point, 1e-3) * further * (1.0 + 1e-6)
    assume(rate != curve.rate_per_s)
    assert curve.cost_usd_per_s(rate) <= asked * rate * (1.0 + 1e-6)
