"""The fields of a language model: the facts of the kind `llm`."""

from inferc.compiler.schema.build import BOOL, TEXT, amount, count, field, listed, positive, words
from inferc.compiler.schema.spec import Field
from inferc.compiler.units import TOK

PUBLISHED = ("fp32", "fp16", "bf16", "fp8", "int8", "w8a16", "int4", "nvfp4", "mxfp4")
"""Formats that weights are published in."""

_NAMES = (
    field("title", TEXT, "What its maker calls it.", required=True),
    field("family", TEXT, "The family it belongs to."),
    field("repository", TEXT, "Where its weights are: `meta-llama/Meta-Llama-3-70B`."),
    field("revision", TEXT, "The commit of that repository."),
    field(
        "aliases",
        listed(TEXT),
        "Other names of it, and repositories of the same architecture: tuned, or quantised.",
    ),
)

_SIZES = (
    field("parameters", positive(), "How many weights it has, `70.6B`; absent: what layers hold."),
    field(
        "other_parameters",
        amount(),
        "How many of them are no part of the language model: a vision tower.",
    ),
    field("layers", count(), "Layers, of whatever kind.", required=True),
    field("hidden", count(), "Width of the residual stream.", required=True),
    field("vocabulary", count(), "Entries of the vocabulary.", required=True),
    field("context", count(TOK), "The longest context.", required=True),
    field("tied_embeddings", BOOL, "Whether input and output embeddings are one matrix."),
    field("dtype", words(*PUBLISHED), "Format of the published weights."),
)

_ATTENTION = (
    field("heads", count(), "Query heads.", required=True),
    field("kv_heads", count(), "Key-value heads.", required=True),
    field("head_dim", count(), "Width of one head; absent: hidden / heads."),
    field("attention_gate", BOOL, "Whether a gate as wide as the queries scales their output."),
    field("window_layers", count(low=0), "Layers whose attention sees the last `window` only."),
    field("window", count(TOK), "How far those layers look back."),
    field("kv_lora_rank", count(low=0), "Latent attention: width of compressed keys and values."),
    field("q_lora_rank", count(low=0), "Latent attention: width of compressed queries, if any."),
    field("qk_nope_head_dim", count(low=0), "Latent attention: width of a head without positions."),
    field("qk_rope_head_dim", count(low=0), "Latent attention: width of a key's rotary part."),
    field("v_head_dim", count(low=0), "Latent attention: width of one head's values."),
)

_MLP = (
    field("intermediate", count(), "Width of the MLP, or of one expert.", required=True),
    field("mlp", words("gated", "plain"), "Three matrices (gate, up, down) or two; absent: gated."),
    field("mlp_layers", count(low=0), "Layers that have an MLP; absent: all."),
    field("experts", count(low=0), "Experts of each layer; 0 for a dense model."),
    field("experts_per_token", count(low=0), "Experts that a token visits."),
    field("dense_layers", count(low=0), "Layers of a mixture of experts with a dense MLP."),
    field("dense_intermediate", count(low=0), "Width of that dense MLP."),
    field(
        "shared_intermediate",
        count(low=0),
        "Width of the experts that every token visits, all of a layer together.",
    ),
)

_STATE = (
    field(
        "state_layers",
        count(low=0),
        "Layers with a state of constant size: linear attention, state-space models.",
    ),
    field("state_parameters", count(low=0), "Weights of the matrices of one such layer's mixer."),
    field("state_elements", count(low=0), "Numbers that one such layer keeps of a sequence."),
    field("prediction_layers", count(low=0), "Modules that predict several tokens at once."),
)

LANGUAGE_MODEL: tuple[Field, ...] = (*_NAMES, *_SIZES, *_ATTENTION, *_MLP, *_STATE)
