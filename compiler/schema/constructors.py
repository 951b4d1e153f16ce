"""The functions that build values: ``dist``, ``between``, ``spiky``."""

from inferc.compiler.schema.build import amount, constructor, count, field, positive, uncertain
from inferc.compiler.schema.gateway_kinds import GATEWAY_CONSTRUCTORS
from inferc.compiler.schema.item_fields import PROFILE, SHARERS
from inferc.compiler.schema.profiles import PROFILES
from inferc.compiler.schema.spec import Constructor, Types
from inferc.compiler.units import NUMBER, TIME

OWN: Types = ()
"""The amounts of the field that the call stands in: tokens in ``prompt_tokens``."""

_PEAK: Types = uncertain(amount(NUMBER, low=1))

CONSTRUCTORS: tuple[Constructor, ...] = (
    constructor(
        "dist",
        "A distribution: its mean, and how far its tail reaches.",
        field("mean", OWN, "Capacity follows it.", required=True),
        field("p95", OWN, "One in twenty is larger."),
        field("p95_over_mean", uncertain(amount(NUMBER, low=1)), "The same as a ratio."),
        at_most_one_of=("p95", "p95_over_mean"),
    ),
    constructor(
        "between",
        "An amount nobody knows exactly.",
        field("low", OWN, "The truth is not below.", required=True),
        field("high", OWN, "The truth is not above.", required=True),
        field("typical", OWN, "What to plan for.", required=True),
    ),
    constructor("steady", "Arrivals at one rate."),
    constructor(
        "spiky",
        "Short bursts far above the mean.",
        field("peak", _PEAK, "The busiest stretch over the mean.", required=True),
        field("lasting", positive(TIME), "How long a burst lasts on average."),
    ),
    constructor("mig", "A part of a GPU with memory and processors of its own.", *PROFILE),
    constructor("time_slice", "An accelerator on which several replicas take turns.", *SHARERS),
    *PROFILES,
    *GATEWAY_CONSTRUCTORS,
    constructor(
        "interval",
        "Factors from an estimate to the ends that hold 80 % of what was measured.",
        field("low", positive(), "To the lower end.", required=True),
        field("high", positive(), "To the upper end.", required=True),
        field("rows", count(), "How many measurements it rests on."),
    ),
)

LATER_CONSTRUCTORS = (
    "after",
    "oidc",
    "requeue",
    "rollback",
    "trace",
)
"""Named by the language, not acted on yet."""

FUNCTIONS = (
    "abs",
    "all_of",
    "any_of",
    "ceil",
    "floor",
    "len",
    "matches",
    "max",
    "min",
    "round",
    "sum",
)
"""Plain functions of values."""

LATER_FUNCTIONS = ("diagnostics", "feasible")
"""Functions of a plan, which asserts cannot ask for yet."""
