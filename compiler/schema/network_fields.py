"""The fields of a network: a model that answers an item in a fixed number of passes."""

from inferc.compiler.schema.build import (
    TEXT,
    amount,
    count,
    field,
    listed,
    part,
    positive,
    uncertain,
    words,
)
from inferc.compiler.schema.spec import Field, Part
from inferc.compiler.units import BYTE, FLOP, NUMBER, TIME, TOK

TASKS = (
    "embedding",
    "reranking",
    "language",
    "vision",
    "detection",
    "speech",
    "image_generation",
    "recommendation",
)
ITEMS = ("sequence", "pair", "image", "audio", "sample")

NETWORK: tuple[Field | Part, ...] = (
    field("title", TEXT, "What its maker calls it.", required=True),
    field("family", TEXT, "The family it belongs to."),
    field("repository", TEXT, "Where its weights are: `BAAI/bge-large-en-v1.5`."),
    field("revision", TEXT, "The commit of that repository."),
    field("aliases", listed(TEXT), "Other names of it, and repositories of the same architecture."),
    field("task", words(*TASKS), "What it is for.", required=True),
    field("item", words(*ITEMS), "What one request holds one or several of.", required=True),
    field("parameters", positive(), "How many weights it has, all modules.", required=True),
    field("dtype", words("fp32", "fp16", "bf16", "fp8", "int8"), "Format of published weights."),
    field("tokens", uncertain(positive(TOK)), "Tokens of an item where nobody says."),
    field("context", count(TOK), "The longest item."),
    field("duration", positive(TIME), "Sound in an item."),
    field(
        "steps",
        uncertain(positive(NUMBER)),
        "Repetitions of its modules for one item: denoising steps, tokens of a transcript.",
    ),
    part("module", many=True, required=True),
)

MODULE: tuple[Field, ...] = (
    field("parameters", positive(), "Weights that a pass reads.", required=True),
    field("passes", positive(NUMBER), "Passes of an item; absent: one."),
    field("passes_per_step", positive(NUMBER), "Passes in each of the network's steps."),
    field(
        "operators",
        words("matrix", "convolution"),
        "What most of its computing is; absent: matrix products.",
    ),
    field("flop", positive(FLOP), "Computing of a pass over one item; absent: of its layers."),
    field("attention", amount(FLOP), "Of that, the part of attention, which stays in 16 bits."),
    field(
        "activations",
        positive(NUMBER),
        "Numbers written in a pass: by convolutions, or between matrix products (norms, sums).",
    ),
    field("kernels", count(), "Operators launched in a pass; absent: of its layers."),
    field("layers", count(), "Transformer layers."),
    field("hidden", count(), "Width of the residual stream."),
    field("intermediate", count(), "Width of the MLP."),
    field("heads", count(), "Query heads."),
    field("kv_heads", count(), "Key-value heads; absent: as many as heads."),
    field("head_dim", count(), "Width of one head; absent: hidden / heads."),
    field("mlp", words("gated", "plain"), "Three matrices or two; absent: plain."),
    field("vocabulary", count(), "Entries of an output head that each token passes through."),
    field("tokens", count(TOK), "Tokens of a pass; absent: those of the item."),
    field("cached_tokens", count(TOK), "Tokens of the item whose keys and values a pass reads."),
    field("lookups", count(), "Rows of embedding tables that an item reads."),
    field("lookup", amount(BYTE), "Bytes of such a row, in 16 bits."),
)
