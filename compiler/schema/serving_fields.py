"""Fields of a service that say how its replicas compute, beyond layout and limits of a step.

All are the planner's, so that a line may fix, narrow or forbid them.
"""

from inferc.compiler.schema.build import amount, count, field, ref, words
from inferc.compiler.schema.catalog_kinds import KV_PRECISIONS
from inferc.compiler.schema.spec import Field
from inferc.compiler.units import NUMBER

SPECULATION = ("none", "ngram", "draft", "eagle", "mtp")
"""Who guesses tokens: nobody, what the context says after the same words, a smaller model, a layer
trained to guess, the model's own modules for multi-token prediction."""

SERVING = ("aggregated", "disaggregated")
"""Whether replicas serve requests from their beginning to their end, or one kind computes prompts
and the other goes on with answers."""

ROUTING = ("round_robin", "least_outstanding", "prefix_aware", "weighted")
"""How requests are dealt out: in turn, to the replica with the fewest, to the one that holds most
of the prompt, by weight."""

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
    field(
        "speculation",
        words(*SPECULATION),
        "Who guesses tokens that a step then checks; absent: nobody.",
        owner="planner",
    ),
    field("speculative_tokens", count(), "Tokens guessed in each step.", owner="planner"),
    field("draft_model", ref("model", "llm"), "The smaller model that guesses."),
    field(
        "acceptance",
        amount(NUMBER, high=1),
        "Chance that a guess is right, given those before it; absent: the least published.",
    ),
    field(
        "serving",
        words(*SERVING),
        "Whether prompts and answers have replicas of their own; absent: they share them.",
        owner="planner",
    ),
    field(
        "prefill_replicas",
        count(),
        "Copies that compute prompts only, where answers have others.",
        owner="planner",
    ),
    field("routing", words(*ROUTING), "How requests are dealt out.", owner="planner"),
)
