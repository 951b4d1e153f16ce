"""One configuration under one load: latencies, throughput, memory, and how far to trust them."""

from inferc.compiler.estimation.build import Estimator, Outcome, estimate
from inferc.compiler.estimation.values import (
    Breakdown,
    Familiarity,
    Figures,
    Fit,
    Kind,
    Load,
    Setup,
)

__all__ = [
    "Breakdown",
    "Estimator",
    "Familiarity",
    "Figures",
    "Fit",
    "Kind",
    "Load",
    "Outcome",
    "Setup",
    "estimate",
]
