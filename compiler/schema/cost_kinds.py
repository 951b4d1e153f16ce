"""Kinds and fields about money: hardware of one's own, offers of others, budgets."""

from inferc.compiler.schema.build import (
    TEXT,
    amount,
    count,
    field,
    kind,
    listed,
    positive,
    ref,
)
from inferc.compiler.schema.spec import Field, Kind
from inferc.compiler.units import BYTE, COST_RATE, ENERGY, NUMBER, POWER, TIME, TOK, USD

_REST: tuple[Field, ...] = (
    field("lifetime", positive(TIME), "How long it is used, written off in a straight line."),
    field("pue", amount(NUMBER, low=1), "Energy of the data centre over that of its computers."),
    field("electricity", amount(USD / ENERGY), "Price of electricity: `$0.12/kWh`."),
    field("upkeep", amount(NUMBER), "Maintenance in a year, as a share of the capital."),
)

OWNERSHIP: tuple[Field, ...] = (
    field("capital", positive(USD), "What one node cost, where it is bought: `$250k`."),
    field("power", positive(POWER), "Power of one node at full load, accelerators included."),
    *_REST,
)
"""Fields of a pool or a device, from which the price of an accelerator follows."""

COST_KINDS: tuple[Kind, ...] = (
    kind(
        "ownership",
        "What hardware of one's own costs beside its purchase.",
        *_REST,
        field("host_power", amount(NUMBER, low=1), "Power of a node over its accelerators'."),
    ),
    kind(
        "managed_api",
        "A model that a provider serves for a price by the token.",
        field("title", TEXT, "What people call it.", required=True),
        field("model", ref("llm", "model"), "The model; absent: the folder of the catalog says."),
        field("input", amount(USD / TOK), "Price of a token of a prompt.", required=True),
        field("output", amount(USD / TOK), "Price of a token of an answer.", required=True),
    ),
    kind(
        "serverless_gpu",
        "Accelerators that are paid for by the second while they work.",
        field("title", TEXT, "What people call it.", required=True),
        field(
            "gpu",
            ref("gpu", "accelerator"),
            "The accelerator; absent: the folder of the catalog says.",
        ),
        field("region", TEXT, "Where the price holds; absent: everywhere."),
        field("price", positive(COST_RATE), "Of one accelerator.", required=True),
        field("cpu", amount(COST_RATE), "Of one virtual processor, where it is charged apart."),
        field("min_cpus", count(), "Virtual processors that come with an accelerator at least."),
        field("memory", amount(COST_RATE / BYTE), "Of memory, where it is charged apart."),
        field("min_memory", positive(BYTE), "Memory that comes with an accelerator at least."),
        field("idle", amount(TIME), "How long an instance is paid for after its last request."),
    ),
)

BUDGET_KINDS: tuple[Kind, ...] = (
    kind(
        "budget",
        "What all services of the topology together may cost.",
        field("alert", listed(amount(NUMBER)), "When to tell whom.", status="later"),
        metrics=True,
    ),
)
