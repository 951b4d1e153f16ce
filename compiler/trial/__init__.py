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
from inferc.compiler.trial.verification import Wanted, verify
from inferc.compiler.trial.verified import Held, Judgement, Played, Rejected, Verification
from inferc.compiler.trial.walk import Contest, stand, stand_all

__all__ = [
    "METRICS",
    "STATISTICS",
    "Contest",
    "Figure",
    "Held",
    "Judgement",
    "Line",
    "Order",
    "Played",
    "Recording",
    "Rejected",
    "Scene",
    "SceneKind",
    "Trial",
    "Verification",
    "Wanted",
    "WhatIf",
    "build",
    "chosen",
    "measured",
    "stand",
    "stand_all",
    "verify",
]
