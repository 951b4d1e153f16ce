"""What a picture says of an SLA: the numbers in the units of their lines."""

from dataclasses import replace

import pytest
from support import topologies
from support.problems import line

from inferc.compiler.plan import Margin
from inferc.targets.diagram.words import sla_lines


@pytest.mark.parametrize(
    ("metric", "counts", "predicted", "limit", "shown"),
    [
        ("ttft", "", 0.41, 0.5, ("p95 ttft", "410 ms", "<= 500 ms")),
        ("throughput", "tok", 120.0, 100.0, ("p95 throughput", "120 tok/s", "<= 100 tok/s")),
        ("throughput", "req", 12.0, 10.0, ("p95 throughput", "12 req/s", "<= 10 req/s")),
        ("cost", "", 0.001, 0.002, ("p95 cost", "$2,628/mo", "<= $5,256/mo")),
    ],
)
def test_a_line_is_shown_in_what_it_counts(
    metric: str, counts: str, predicted: float, limit: float, shown: tuple[str, str, str]
) -> None:
    plan = topologies.support_chat().services[0]
    margin = Margin(
        objective=replace(line(metric, limit), counts=counts), predicted=predicted, ratio=0.5
    )
    (said,) = sla_lines(replace(plan, margins=(margin,)))
    assert (said.name, said.value, said.limit.replace("≤", "<=")) == shown
