"""The fields of an `llm` block while they are drawn from a configuration."""

from collections.abc import Sequence

from inferc.compiler.huggingface import mixers
from inferc.compiler.huggingface.config import MOST_LAYERS, Config, Fact, Plain

LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
HIDDEN = ("hidden_size", "n_embd", "d_model", "n_embed")
HEADS = ("num_attention_heads", "n_head", "n_heads")
KV_HEADS = ("num_key_value_heads", "multi_query_group_num")
INTERMEDIATE = ("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size")
CONTEXT = (
    "max_position_embeddings",
    "n_positions",
    "seq_length",
    "n_ctx",
    "max_seq_len",
    "model_max_length",
)
VOCABULARY = ("vocab_size", "padded_vocab_size")
EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts")
PER_TOKEN = ("num_experts_per_tok", "experts_per_token")


class Draft:
    """Facts by field; what is zero, false or empty says nothing and is left out."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.facts: dict[str, Fact] = {}
        self.layers = config.count(*LAYERS, high=MOST_LAYERS)
        self.hidden = config.count(*HIDDEN)
        self.context = config.count(*CONTEXT)

    def put(self, field: str, value: Plain, *names: str) -> None:
        """Write a field, which the first of ``names`` that is there says."""
        if value:
            name = self.config.named(*names) if names else "model_type"
            self.facts[field] = Fact(value, self.config.span(name))

    def sizes(self, *, tied: bool) -> None:
        """Write what every model has; ``tied`` is what its family does where nothing is said."""
        self.put("layers", self.layers, *LAYERS)
        self.put("hidden", self.hidden, *HIDDEN)
        self.put("context", self.context, *CONTEXT)
        self.put("vocabulary", self.config.count(*VOCABULARY), *VOCABULARY)
        tie = "tie_word_embeddings"
        self.put("tied_embeddings", self.config.flag(tie, default=tied), tie)

    def heads(self) -> None:
        """Write the heads of grouped attention; as many for keys where nothing else is said."""
        config = self.config
        heads = config.count(*HEADS)
        per_layer = [count for count in config.counts("num_key_value_heads_per_layer") if count]
        kv_heads = config.count_or(heads, *KV_HEADS) or heads
        if per_layer:
            kv_heads = max(1, round(sum(per_layer) / len(per_layer)))
        dims = ("head_dim", "attention_head_dim", "kv_channels")
        self.put("heads", heads, *HEADS)
        self.put("kv_heads", kv_heads, "num_key_value_heads_per_layer", *KV_HEADS)
        width = config.count_or(self.hidden // heads, *dims)
        self.put("head_dim", max(1, width), *dims, *HIDDEN)

    def latent(self) -> None:
        """Write the ranks and widths of latent attention."""
        config = self.config
        heads = config.count(*HEADS)
        self.put("heads", heads, *HEADS)
        self.put("kv_heads", heads, *HEADS)
        self.put("head_dim", config.count("v_head_dim"), "v_head_dim")
        for name in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"):
            self.put(name, config.count(name), name)
        self.put("q_lora_rank", config.count_or(0, "q_lora_rank"), "q_lora_rank")

    def windows(self, kinds: Sequence[str]) -> None:
        """Write the layers with a window, and how far they look."""
        found = mixers.windows(self.config, kinds, self.layers, self.context)
        self.put("window_layers", found.layers, "layer_types", *found.names)
        self.put("window", found.width, *found.names)

    def state(self, layers: int, state: mixers.State, *names: str) -> None:
        """Write the layers with a state."""
        if layers:
            self.put("state_layers", layers, *names)
            self.put("state_parameters", state.parameters)
            self.put("state_elements", state.elements)

    def mlp(self, *, plain: bool, times: int = 4) -> None:
        """Write the MLP of a dense model, ``times`` as wide as the model where nothing is said."""
        if any(self.config.has(name) for name in INTERMEDIATE) or not plain:
            width = self.config.count(*INTERMEDIATE)
        else:
            width = times * self.hidden
        self.put("intermediate", width, *INTERMEDIATE)
        self.put("mlp", "plain" if plain else "", "hidden_act", "activation_function")

    def mixture(self, mixed: int, *, widths: Sequence[str], dense: str) -> None:
        """Write a mixture of experts in ``mixed`` of the layers that have an MLP.

        ``widths`` are the names that an expert's width may have, ``dense`` that of a dense MLP's.
        """
        config = self.config
        self.put("experts", config.count(*EXPERTS), *EXPERTS)
        self.put("experts_per_token", config.count(*PER_TOKEN), *PER_TOKEN)
        self.put("intermediate", config.count(*widths), *widths)
        with_mlp = self.facts.get("mlp_layers")
        others = (self.layers if with_mlp is None else int(with_mlp.value)) - mixed
        if others > 0:
            self.put("dense_layers", others, "first_k_dense_replace", "mlp_only_layers")
            self.put("dense_intermediate", config.count(dense), dense)
