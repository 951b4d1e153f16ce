"""The fields of a service of a network, and of services that share accelerators."""

from inferc.compiler.schema.build import (
    TEXT,
    amount,
    call,
    count,
    field,
    positive,
    uncertain,
    words,
)
from inferc.compiler.schema.catalog_kinds import LENGTHS
from inferc.compiler.schema.spec import Field
from inferc.compiler.units import IMG, NUMBER, REQ, TIME, TOK

PARTITIONS = ("mig",)

BATCHING: tuple[Field, ...] = (
    field("max_batch_size", count(), "Most items that are answered together.", owner="planner"),
    field(
        "max_queue_delay",
        amount(TIME),
        "How long items are held until there are enough for a batch.",
        owner="planner",
    ),
)
"""The planner's fields of a service whose model is a network."""

SHARE = field(
    "share",
    call("mig", "time_slice"),
    "The part of an accelerator that a replica gets; absent: a whole one.",
    owner="planner",
)

PARTITION = field(
    "partition", words(*PARTITIONS), "How its accelerators are cut; absent: they are whole."
)

ITEM_LOAD: tuple[Field, ...] = (
    field("items", positive(), "Items of a request, of a service of a network; absent: one."),
    field("images", positive(IMG / REQ), "The same where the items are images."),
    field("input_tokens", LENGTHS + uncertain(positive(TOK)), "Tokens of an item."),
    field("steps", uncertain(positive(NUMBER)), "Denoising steps, or tokens of a transcript."),
)

PROFILE = (field("profile", TEXT, "Its name: `2g.20gb`.", required=True),)
SHARERS = (field("sharers", count(), "Replicas that take turns on one.", required=True),)
