"""Other ways to have a plan: a reserved base, and replicas that are paid for by the second."""

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.cost import Curve
from inferc.compiler.plan.options import (
    busy_share,
    nodes_over_time,
    reserved_base,
    reserved_nodes,
)
from inferc.compiler.provenance import exactly

HOUR = 3600.0

DAY = Curve(
    carried_per_s=10.0,
    spare=0,
    floor=2,
    ceiling=12,
    rate_per_s=40.0,
    peak=3.0,
    stretches=((20.0 * HOUR, 0.5), (4.0 * HOUR, 3.0)),
    lead_s=0.0,
    hold_s=0.0,
    follows=True,
    per_node=2,
    unit_accelerators=2,
    least_units=0,
    usd_per_s=1.0,
)
"""Two replicas on a node for 20 hours, twelve on six nodes for four."""


def test_nodes_over_a_day_by_hand() -> None:
    assert nodes_over_time(DAY) == pytest.approx({1: 20 / 24, 6: 4 / 24})


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.1, 6), (4 / 24, 6), (0.2, 1), (0.9, 1), (1.1, 0)]
)
def test_a_node_is_reserved_where_it_is_there_for_long_enough(ratio: float, expected: int) -> None:
    assert reserved_nodes(nodes_over_time(DAY), ratio) == expected


def test_a_reserved_base_by_hand() -> None:
    # One node of two accelerators reserved at 60 cents, five more on demand for a sixth of the day.
    option = reserved_base(DAY, exactly(0.6), exactly(1.0))
    assert option.usd_per_s == pytest.approx(2 * (1 * 0.6 + 5 * (4 / 24) * 1.0))
    assert option.usd_per_s < DAY.cost_usd_per_s(40.0)


@settings(deadline=None, max_examples=50)
@given(st.floats(0.05, 0.99))
def test_no_other_base_costs_less(ratio: float) -> None:
    shares = nodes_over_time(DAY)

    def cost(kept: int) -> float:
        above = sum(max(0, count - kept) * share for count, share in shares.items())
        return kept * ratio + above

    best = cost(reserved_nodes(shares, ratio))
    assert best <= min(cost(kept) for kept in range(8)) + 1e-12


def test_a_replica_by_the_second_is_there_while_somebody_may_come() -> None:
    one = Curve(
        carried_per_s=10.0,
        spare=0,
        floor=0,
        ceiling=1,
        rate_per_s=0.01,
        peak=1.0,
        stretches=((HOUR, 1.0),),
        lead_s=50.0,
        hold_s=0.0,
        follows=True,
        per_node=1,
        unit_accelerators=1,
        least_units=0,
        usd_per_s=1.0,
    )
    idle = exp(-0.01 * (5.0 + 15.0))
    assert busy_share(0.01, one, 15.0, 5.0) == pytest.approx(1.0 - idle + 0.01 * idle * 50.0)
    assert busy_share(25.0, one, 15.0, 5.0) == 3.0
