"""What a plan promises, as data of a document that a program or a person reads."""

import math
from collections.abc import Mapping

from inferc.compiler.plan import Estimate, Margin
from inferc.targets.base import Data


def predicted(estimate: Estimate) -> Mapping[str, Data]:
    """Return the predicted times of a language model at the peak."""
    return {
        "ttft_s": times(estimate.ttft_s),
        "itl_s": times(estimate.itl_s),
        "e2e_s": finite(estimate.e2e_s),
    }


def times(times_s: Mapping[str, float]) -> Mapping[str, Data]:
    """Return times by the name of their percentile."""
    return {name: finite(value) for name, value in sorted(times_s.items())}


def sla_line(margin: Margin) -> Mapping[str, Data]:
    """Return a line of an SLA with what is predicted of it."""
    objective = margin.objective
    return {
        "metric": objective.metric,
        "percentile": objective.percentile,
        "operator": objective.operator,
        "limit": finite(objective.limit.value),
        "predicted": finite(margin.predicted),
        "hard": objective.hard,
    }


def finite(value: float) -> float | None:
    """Return ``value``; None where it is without end, which JSON has no word for."""
    return value if math.isfinite(value) else None
