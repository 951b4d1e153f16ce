"""One configuration under one load: latencies, throughput, memory, and how far to trust them."""

from inferc.compiler.calibration.values import Basis
from inferc.compiler.estimation.build import Estimator, Outcome, estimate
from inferc.compiler.estimation.choices import (
    Wanted,
    default_engine,
    default_item_engine,
    engine_named,
    format_in_name,
    setup_of,
)
from inferc.compiler.estimation.diagnostics import unknown_name
from inferc.compiler.estimation.names import Match, find
from inferc.compiler.estimation.networks import ItemOutcome, estimate_network
from inferc.compiler.estimation.values import (
    Breakdown,
    Figures,
    Fit,
    Kind,
    Load,
    Setup,
)

__all__ = [
    "Basis",
    "Breakdown",
    "Estimator",
    "Figures",
    "Fit",
    "ItemOutcome",
    "Kind",
    "Load",
    "Match",
    "Outcome",
    "Setup",
    "Wanted",
    "default_engine",
    "default_item_engine",
    "engine_named",
    "estimate",
    "estimate_network",
    "find",
    "format_in_name",
    "setup_of",
    "unknown_name",
]
