"""How the number of replicas follows the load, and how a service sleeps and wakes."""

from collections.abc import Mapping

from inferc.compiler.schema.build import (
    BOOL,
    TEXT,
    amount,
    count,
    field,
    kind,
    later,
    part,
    positive,
    uncertain,
    words,
)
from inferc.compiler.schema.spec import Field, Kind
from inferc.compiler.units import NUMBER, RATE, REQ, TIME

SIGNALS: Mapping[str, str] = {
    "queue_depth": "waiting",
    "running": "running",
    "kv_usage": "kv_usage",
    "rate": "rate",
}
"""What replicas are scaled by: the words of the language, and what engines call it."""

KEPT = ("weights_in_gpu", "weights_on_disk")
"""What of a replica a warm pool keeps."""

CONDITIONS = ("warm", "cold", "peak")
"""When a line of the SLA holds: a replica is there, or must be started first, or all the time."""

COLD_START = field(
    "cold_start",
    uncertain(positive(TIME)),
    "From nothing to the first answer; absent: worked out from weights and engine.",
)

SCALED: tuple[Field, ...] = (
    field("signal", words(*SIGNALS), "What replicas are scaled by.", owner="planner"),
    field(
        "target",
        amount(NUMBER) + amount(REQ) + positive(RATE),
        "Of the signal, for each replica.",
        owner="planner",
    ),
    field("idle", positive(TIME), "How long the load must be low before a replica goes."),
    *later("engine", "metric", "cooldown"),
)
"""Fields of `autoscale` beside `replicas`."""

SCALE = kind(
    "scale",
    "How a service sleeps and wakes.",
    field("to_zero", BOOL, "Whether it may run nowhere while nobody asks."),
    field("idle", positive(TIME), "How long nobody must ask before it sleeps."),
    part("warm_pool"),
    label="none",
)

WARM_POOL = kind(
    "warm_pool",
    "Replicas that wait for work.",
    field("instances", count(), "How many.", required=True),
    field("window", TEXT, 'When they wait: `"07:45-19:00 Europe/Berlin"`; absent: always.'),
    field("days", TEXT, "On which days: `Mon-Fri`; absent: every day."),
    field("keep", words(*KEPT), "What is kept: `weights_in_gpu` answers at once."),
    label="none",
)

SCALING_KINDS: tuple[Kind, ...] = (SCALE, WARM_POOL)
