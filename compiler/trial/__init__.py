"""A plan under simulated traffic: does the SLA hold where requests really queue?"""

from inferc.compiler.trial.build import build, chosen
from inferc.compiler.trial.values import (
    METRICS,
    STATISTICS,
    Figure,
    Line,
    Order,
    Recording,
    Scene,
    SceneKind,
    Trial,
    WhatIf,
    measured,
)

__all__ = [
    "METRICS",
    "STATISTICS",
    "Figure",
    "Line",
    "Order",
    "Recording",
    "Scene",
    "SceneKind",
    "Trial",
    "WhatIf",
    "build",
    "chosen",
    "measured",
]
