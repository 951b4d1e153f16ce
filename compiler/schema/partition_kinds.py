"""The kinds of facts about parts of accelerators: which parts there are, and how they go together.

A table of one GPU is an entry of the catalog, ``mig.a100_80gb``; a user's file may hold one too.
"""

from inferc.compiler.schema.build import TEXT, amount, count, field, kind, listed, part, positive
from inferc.compiler.schema.spec import Kind
from inferc.compiler.units import BYTE, NUMBER

PARTITION_KINDS: tuple[Kind, ...] = (
    kind(
        "mig",
        "The parts that a GPU can be cut into, each with memory and processors of its own.",
        field("title", TEXT, "What people call it.", required=True),
        field("accelerators", listed(TEXT), "Paths of its GPUs in the catalog.", required=True),
        field("memory_slices", count(), "Parts of the memory and its bandwidth.", required=True),
        field("processors", count(), "Multiprocessors of the whole, or sevenths.", required=True),
        part("profile", many=True, required=True),
    ),
    kind(
        "profile",
        "One size of such a part.",
        field("memory", positive(BYTE), "What the driver offers; absent: its part of the whole."),
        field("memory_slices", count(), "Parts of the memory that it takes.", required=True),
        field("processors", count(), "Those of them that it has.", required=True),
        field(
            "starts",
            listed(amount(NUMBER)),
            "At which parts of the memory it may begin.",
            required=True,
        ),
        label="text",
    ),
)
