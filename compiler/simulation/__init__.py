"""The simulator: replicas under load, from event to event."""

from inferc.compiler.simulation.events import Autoscaler, Loss, Spot, Transfer
from inferc.compiler.simulation.fleet import (
    FleetOutcome,
    FleetSetup,
    Ready,
    fleet_closed_loop,
    fleet_open_loop,
)
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
    "Autoscaler",
    "FleetOutcome",
    "FleetSetup",
    "Latency",
    "Loss",
    "Moment",
    "Outcome",
    "Ready",
    "Recorder",
    "ReplicaSetup",
    "Request",
    "Run",
    "Speculation",
    "Spot",
    "StepClock",
    "Transfer",
    "burst",
    "closed_loop",
    "fleet_closed_loop",
    "fleet_open_loop",
    "open_loop",
    "static_batch",
]
