"""Clients that wait for their answers: Little's law, and what more of them do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.estimates import setup, stage

from inferc.compiler.perf.closed_loop import closed_loop
from inferc.compiler.perf.demand import demand_of
from inferc.compiler.perf.estimate import e2e_s
from inferc.compiler.perf.operation import operate

BUDGET_TOK = 8192
FRONTEND_S = 0.015
UNIT = stage()


@settings(deadline=None, max_examples=60)
@given(
    clients=st.floats(1.0, 300.0),
    prompt_tok=st.integers(16, 8000),
    output_tok=st.integers(2, 2000),
)
def test_so_many_requests_are_there_as_there_are_clients(
    clients: float, prompt_tok: int, output_tok: int
) -> None:
    demand = demand_of(float(prompt_tok), 1.0, float(output_tok), 1.0)
    rate, found = closed_loop(UNIT, demand, clients, BUDGET_TOK, FRONTEND_S)
    assert found.stable
    assert rate * e2e_s(found, demand, None) == pytest.approx(clients, rel=1e-3)


def test_more_clients_bring_a_higher_rate_and_longer_waits() -> None:
    demand = demand_of(1000.0, 1.0, 200.0, 1.0)
    runs = [
        closed_loop(UNIT, demand, float(clients), BUDGET_TOK, FRONTEND_S)
        for clients in (1, 2, 4, 8, 16, 32, 64, 128, 256)
    ]
    rates = [rate for rate, _ in runs]
    times = [e2e_s(found, demand, None) for _, found in runs]
    assert rates == sorted(rates)
    assert times == sorted(times)


def test_one_client_meets_nobody() -> None:
    demand = demand_of(1000.0, 1.0, 200.0, 1.0)
    rate, found = closed_loop(UNIT, demand, 1.0, BUDGET_TOK, FRONTEND_S)
    alone = operate(UNIT, demand, 1e-9, BUDGET_TOK, FRONTEND_S)
    assert e2e_s(found, demand, None) == pytest.approx(e2e_s(alone, demand, None), rel=0.1)
    assert rate == pytest.approx(1.0 / e2e_s(alone, demand, None), rel=0.1)


def test_stages_of_a_pipeline_keep_the_law() -> None:
    unit = stage(setup(tensor_parallel=2, pipeline_parallel=4))
    demand = demand_of(1000.0, 1.0, 200.0, 1.0)
    rate, found = closed_loop(unit, demand, 32.0, BUDGET_TOK, FRONTEND_S)
    assert rate * e2e_s(found, demand, None) == pytest.approx(32.0, rel=1e-3)
