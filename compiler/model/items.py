"""Models that answer an item in a fixed number of passes: encoders, vision, speech, diffusion."""

from dataclasses import dataclass

from inferc.compiler.provenance import Sourced
from inferc.dsl.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkModule:
    """A part of a model whose passes are alike: a text encoder, a denoiser, a decoder.

    Its FLOP are ``flop`` where they are stated. A transformer states its ``layers`` instead, of
    which attention is grouped-query and the MLP has ``mlp_matrices`` matrices.
    """

    name: str
    parameters: Sourced[float]
    """Weights that a pass reads, however many items it holds."""
    passes: float
    """Passes of an item that no step repeats."""
    passes_per_step: float
    """Passes in each of the model's steps."""
    convolution: bool
    """Whether most of its computing is convolutions."""
    flop: Sourced[float] | None
    """Of a pass over one item, a multiply-add counted as two; None where layers say."""
    attention_flop: float
    """Of that, the part of attention, which stays in 16 bits whatever the weights are."""
    activations: Sourced[float] | None
    """Numbers written in a pass over one item: by convolutions, or by the operators that stand
    between matrix products (norms, sums); None where layers say."""
    kernels: int
    """Operators launched in a pass; 0 where layers say."""
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    mlp_matrices: int
    """3 for a gated MLP, 2 for a plain one."""
    vocabulary: int
    """Entries of an output head that each token passes through; 0 for none."""
    tokens: int
    """Of a pass over one item; 0 for the tokens of the item."""
    cached_tok: float
    """Tokens of the item whose keys and values a pass reads beside its own."""
    lookups: int
    """Rows of embedding tables that an item reads; the tables are not read whole."""
    lookup_bytes: float
    """Of one such row in 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemModel:
    """A model that answers an item in a fixed number of passes through its modules."""

    id: str
    """The catalog path, or the name in the user's file."""
    title: str
    repository: str
    """The Hugging Face repository of the weights; empty where unknown."""
    revision: str
    """The commit of that repository; empty where the file does not pin one."""
    task: str
    """``embedding``, ``reranking``, ``vision``, ``speech``, ``image_generation``, …"""
    item: str
    """``sequence``, ``pair``, ``image``, ``audio`` or ``sample``."""
    parameters: Sourced[float]
    """Of all modules together."""
    published: str
    """Format of the published weights; empty where the file does not say."""
    tokens: Sourced[float] | None
    """Tokens of an item where nobody says; None where items have none."""
    context_tok: int
    """The longest item in tokens; 0 where items have none."""
    duration_s: float
    """Sound in an item; 0 where there is none."""
    steps: Sourced[float] | None
    """Repetitions of its modules: denoising steps, tokens of a transcript; None without."""
    modules: tuple[NetworkModule, ...]
    span: Span | None
