"""The simulator: replicas under load, from event to event."""

from inferc.compiler.simulation.replica import burst, closed_loop, open_loop, static_batch
from inferc.compiler.simulation.values import (
    Latency,
    Moment,
    Outcome,
    Recorder,
    ReplicaSetup,
    Request,
    Run,
    Speculation,
    StepClock,
)

__all__ = [
    "Latency",
    "Moment",
    "Outcome",
    "Recorder",
    "ReplicaSetup",
    "Request",
    "Run",
    "Speculation",
    "StepClock",
    "burst",
    "closed_loop",
    "open_loop",
    "static_batch",
]
