"""How sure a plan is: intervals of its figures, and plans from their upper ends."""

from itertools import pairwise
from math import isfinite

import pytest
from support.trials import plan_of, text_of

from inferc import api
from inferc.compiler.model.calibrated import published
from inferc.compiler.model.trust import Basis, latency_intervals
from inferc.compiler.plan import ServicePlan
from inferc.dsl import SourceFile

OPEN = "open_loop"


def planned(lines: str, *, load: str = "rate = 6 req/s; peak = 2x", sla: str) -> api.Planned:
    text = text_of(load, sla, "").replace("on    = dc.gpu", f"on    = dc.gpu\n    {lines}")
    return api.plan(SourceFile("desk.infer", text))


def service(found: api.Planned) -> ServicePlan:
    assert found.ok, found.diagnostics
    return found.plans[0].services[0]


@pytest.mark.parametrize("line", ["p95 ttft <= 2s", "p95 tpot <= 60ms", "p95 e2e <= 30s"])
def test_each_latency_has_its_interval(line: str) -> None:
    plan = plan_of("rate = 4 req/s; peak = 2x", line, "chat.replicas = 2")
    (margin,) = plan.margins
    low, high = latency_intervals(published(), OPEN, Basis(plan.basis))[margin.objective.metric]
    assert margin.low == pytest.approx(margin.predicted * low)
    assert margin.high == pytest.approx(margin.predicted * high)
    assert margin.low <= margin.predicted <= margin.high


def test_a_line_is_sure_where_it_holds_at_the_upper_end() -> None:
    loose = plan_of("rate = 4 req/s; peak = 2x", "p95 ttft <= 20s").margins[0]
    assert loose.sure
    tight = plan_of("rate = 4 req/s; peak = 2x", f"p95 ttft <= {loose.predicted * 1.2:.4f}s")
    assert tight.margins[0].ratio <= 1.0
    assert not tight.margins[0].sure


def test_high_confidence_holds_at_the_upper_end() -> None:
    sla = "p95 tpot <= 60ms; p95 ttft <= 2s"
    load = "rate = 2 req/s; peak = 2x"
    usual, high = (
        service(planned(lines, load=load, sla=sla)) for lines in ("", "confidence = high")
    )
    assert all(margin.sure for margin in high.margins)
    assert high.configuration.accelerators > usual.configuration.accelerators
    assert not all(margin.sure for margin in usual.margins)


def test_high_confidence_refuses_what_only_the_prediction_keeps() -> None:
    """One accelerator, one layout: a limit just above the prediction is not enough."""
    pin = "chat.tensor_parallel = 1; chat.replicas = 1"
    predicted = plan_of("rate = 2 req/s; shape = steady", "p95 tpot <= 1s", pin).margins[0]
    sla = f"p95 tpot <= {predicted.predicted * 1.05:.4f}s"
    lines = "tensor_parallel = 1; replicas = 1"
    usual = planned(lines, load="rate = 2 req/s; shape = steady", sla=sla)
    assert service(usual).margins[0].ratio <= 1.0
    lines += "; confidence = high"
    strict = planned(lines, load="rate = 2 req/s; shape = steady", sla=sla)
    assert strict.refused


@pytest.mark.parametrize("rate", ["1", "4", "8"])
def test_high_confidence_never_takes_less(rate: str) -> None:
    sla = "p95 ttft <= 3s; p95 tpot <= 80ms"
    load = f"rate = {rate} req/s; peak = 2x"
    usual, high = (
        service(planned(lines, load=load, sla=sla)) for lines in ("", "confidence = high")
    )
    assert isfinite(high.estimate.utilisation)
    assert high.configuration.accelerators >= usual.configuration.accelerators


def test_less_known_is_never_surer() -> None:
    known = [latency_intervals(published(), OPEN, basis) for basis in Basis]
    for surer, less in pairwise(known):
        for metric, (low, high) in surer.items():
            assert less[metric][0] <= low
            assert less[metric][1] >= high
