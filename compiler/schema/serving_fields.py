"""Fields of a service that say how its replicas compute, beyond layout and limits of a step.

All are the planner's, so that a line may fix, narrow or forbid them.
"""

from inferc.compiler.schema.build import count, field, words
from inferc.compiler.schema.catalog_kinds import KV_PRECISIONS
from inferc.compiler.schema.spec import Field

SERVING_FIELDS: tuple[Field, ...] = (
    field("kv_precision", words(*KV_PRECISIONS), "Format of the KV cache.", owner="planner"),
    field(
        "expert_parallel",
        count(),
        "Accelerators of a stage that experts are dealt out over whole; 1: each is cut.",
        owner="planner",
    ),
    field(
        "attention_data_parallel",
        count(),
        "Groups of a stage that each attend to sequences of their own.",
        owner="planner",
    ),
)
