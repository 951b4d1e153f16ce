"""What a model weighs, computes and caches, broken down to the numbers of its architecture.

The same counts as in :mod:`inferc.compiler.perf.architecture`, which explains them; a test holds
the two together.
"""

from functools import cached_property

from inferc.compiler.model import LanguageModel
from inferc.compiler.perf.architecture import (
    FLOP_PER_MULTIPLY_ADD,
    dense_mlp_layers,
    expert_layers,
    full_attention_layers,
)
from inferc.compiler.perf.formats import (
    BYTES_PER_PARAMETER,
    EXPERTS_ONLY,
    KV_BYTES,
    WIDE_BYTES,
)
from inferc.compiler.plan.bounds.amounts import (
    Amount,
    Whence,
    defined,
    least,
    let,
    looked_up,
    most,
    stated,
)
from inferc.compiler.provenance import Origin

ATTENTION = "Vaswani et al. (2017); Ainslie et al., GQA (2023)"
LATENT = "DeepSeek-AI, DeepSeek-V2 (2024), section 2.1"
GATED = "Shazeer, GLU Variants Improve Transformer (2020)"
MIXTURE = "Jiang et al., Mixtral of Experts (2024)"
WINDOWS = "Beltagy et al., Longformer (2020)"
FORMATS = "what the format stores of a matrix, scales included (Lin et al., AWQ, 2023; OCP MX 1.0)"

STATE_BYTES = 2.0
"""Of a number in a state: 16 bits."""


class Counts:
    """The counts of one model, each worked out once."""

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self._facts: dict[str, Amount] = {}

    def fact(self, symbol: str, words: str, value: float | None = None, unit: str = "") -> Amount:
        """Return a number of the model's configuration, by the name of its field."""
        known = self._facts.get(symbol)
        if known is None:
            number = float(getattr(self.model, symbol)) if value is None else value
            known = stated(symbol, number, unit, words, self._whence)
            self._facts[symbol] = known
        return known

    @cached_property
    def _whence(self) -> Whence:
        facts = self.model.parameters
        origin = Origin.CATALOG if facts.origin is Origin.CATALOG else Origin.GIVEN
        return Whence(origin, looked_up(facts).source, self.model.span or facts.span)

    # ---- parameters ----------------------------------------------------------------------------

    @cached_property
    def hidden(self) -> Amount:
        """Return the width of the residual stream."""
        return self.fact("hidden", "width of the residual stream")

    @cached_property
    def heads(self) -> Amount:
        """Return the query heads."""
        return self.fact("heads", "query heads")

    @cached_property
    def matrices(self) -> Amount:
        """Return the matrices of an MLP."""
        return self.fact("mlp_matrices", "matrices of an MLP: gate, up and down, or two")

    @cached_property
    def attention(self) -> Amount:
        """Return the parameters of the attention of a layer."""
        if self.model.kv_lora_rank:
            return self._latent_attention
        query = self.hidden * self.heads * self.head_dim
        cached = 2.0 * self.hidden * self.kv_heads * self.head_dim
        gated = self.model.attention_gate
        count, parts = (3.0, "queries, output and gate") if gated else (2.0, "queries and output")
        words = f"of the attention of a layer: {parts}, keys and values"
        return let("attention_parameters", count * query + cached, "", words, ATTENTION)

    @cached_property
    def head_dim(self) -> Amount:
        """Return the width of a head."""
        return self.fact("head_dim", "width of a head")

    @cached_property
    def kv_heads(self) -> Amount:
        """Return the key-value heads."""
        return self.fact("kv_heads", "key-value heads")

    @cached_property
    def _latent_attention(self) -> Amount:
        rank = self.fact("kv_lora_rank", "width of the compressed keys and values")
        nope = self.fact("qk_nope_head_dim", "width of a head without positions")
        rope = self.fact("qk_rope_head_dim", "width of a key's rotary part")
        wide = self.fact("v_head_dim", "width of a head's values")
        queries = let("query_dim", self.heads * (nope + rope), "", "width of all queries", LATENT)
        if self.model.q_lora_rank:
            compressed = self.fact("q_lora_rank", "width of the compressed queries")
            query = compressed * (self.hidden + queries)
        else:
            query = self.hidden * queries
        query = let("query_parameters", query, "", "of the projections of queries", LATENT)
        down = let(
            "compress_parameters", self.hidden * (rank + rope), "", "of the compression", LATENT
        )
        expand = rank * self.heads * (nope + wide)
        up = let("expand_parameters", expand, "", "of the expansion to keys and values", LATENT)
        output = self.heads * wide * self.hidden
        words = "of the latent attention of a layer, its output included"
        return let("attention_parameters", query + down + up + output, "", words, LATENT)

    @cached_property
    def expert(self) -> Amount:
        """Return the parameters of a routed expert."""
        width = self.fact("intermediate", "width of an expert")
        words = "of one expert of a layer"
        return let("expert_parameters", self.matrices * self.hidden * width, "", words, GATED)

    @cached_property
    def expert_layers(self) -> Amount:
        """Return the layers with a mixture of experts."""
        words = "layers with a mixture of experts"
        return self.fact("expert_layers", words, float(expert_layers(self.model)))

    @cached_property
    def always(self) -> Amount:
        """Return the parameters in layers that every token passes through."""
        model = self.model
        kinds = self.fact("attention_layers", "layers with attention") * self.attention
        if model.state_layers:
            layers = self.fact("state_layers", "layers with a state")
            each = self.fact("state_parameters", "of the mixer of a layer with a state")
            kinds = kinds + layers * each
        if dense_mlp_layers(model):
            layers = self.fact(
                "mlp_layers", "layers with a dense MLP", float(dense_mlp_layers(model))
            )
            kinds = kinds + layers * self._mlp
        if expert_layers(model):
            kinds = kinds + self.expert_layers * self._shared
        return let("always_parameters", kinds, "", "in layers, that every token passes through")

    @cached_property
    def _mlp(self) -> Amount:
        width = (
            self.fact("dense_intermediate", "width of a dense MLP")
            if self.model.experts
            else self.fact("intermediate", "width of an MLP")
        )
        words = "of the MLP of a layer"
        return let("mlp_parameters", self.matrices * self.hidden * width, "", words, GATED)

    @cached_property
    def _shared(self) -> Amount:
        width = self.fact("shared_intermediate", "width of the experts that every token visits")
        experts = self.fact("experts", "experts of a layer")
        shared = self.matrices * self.hidden * width + self.hidden * experts
        words = "of shared experts and router of a layer"
        return let("shared_parameters", shared, "", words, MIXTURE)

    @cached_property
    def routed(self) -> Amount | None:
        """Return the parameters of all routed experts; None without experts."""
        if not expert_layers(self.model):
            return None
        each = self.expert_layers * self.fact("experts", "experts of a layer") * self.expert
        return let("routed_parameters", each, "", "of all experts of all layers", MIXTURE)

    @cached_property
    def visited(self) -> Amount | None:
        """Return the parameters of the routed experts that one token visits."""
        if not expert_layers(self.model):
            return None
        count = self.fact("experts_per_token", "experts of a layer that a token visits")
        each = self.expert_layers * count * self.expert
        return let("visited_parameters", each, "", "of the experts that one token visits", MIXTURE)

    @cached_property
    def head(self) -> Amount:
        """Return the parameters of the output head."""
        vocabulary = self.fact("vocabulary", "entries of the vocabulary")
        return let("head_parameters", vocabulary * self.hidden, "", "of the output head")

    @cached_property
    def rest(self) -> Amount:
        """Return the parameters outside of layers: embeddings, and what else the total holds."""
        tables = 1.0 if self.model.tied_embeddings else 2.0
        words = "of the input embedding and the output head"
        if self.model.tied_embeddings:
            words += ", which are one"
        embeddings = let("embedding_parameters", tables * self.head, "", words)
        layers = self.always if self.routed is None else self.always + self.routed
        layers = let("layer_parameters", layers, "", "of all layers")
        total = self.fact("parameters", "of the model, as published", self.model.parameters.value)
        other = let(
            "other_parameters",
            most(0.0, total - (layers + embeddings)),
            "",
            "beside layers and embeddings: norms, a vision tower",
        )
        return let("rest_parameters", embeddings + other, "", "outside of layers")

    # ---- bytes ---------------------------------------------------------------------------------

    def _width(self, precision: str) -> tuple[Amount, Amount]:
        """Return bytes of a parameter of a layer's matrix, and of the others."""
        narrow = BYTES_PER_PARAMETER[precision]
        words = f"of a parameter of a matrix in {precision}"
        each = defined(f"{precision}_parameter_bytes", narrow, "B", words, FORMATS)
        words = "of a parameter that is left in 16 bits or more: embeddings, head, norms"
        wide = defined("wide_parameter_bytes", max(narrow, WIDE_BYTES), "B", words, FORMATS)
        return each, wide

    def weights(self, precision: str) -> Amount:
        """Return the size of the whole model."""
        each, wide = self._width(precision)
        routed = self.routed
        if precision in EXPERTS_ONLY:
            narrow = None if routed is None else routed * each
            layers = self.always * wide if narrow is None else narrow + self.always * wide
        else:
            layers = (self.always if routed is None else self.always + routed) * each
        words = f"all weights in {precision}"
        return let("weights_bytes", layers + self.rest * wide, "B", words)

    def read_once(self, precision: str) -> Amount:
        """Return the bytes of weights that one token needs: no idle expert, no embedding."""
        each, wide = self._width(precision)
        visited = self.visited
        if precision in EXPERTS_ONLY:
            layers = self.always * wide if visited is None else visited * each + self.always * wide
        else:
            layers = (self.always if visited is None else self.always + visited) * each
        words = f"weights in {precision} that one token needs: layers, visited experts, output head"
        return let("read_bytes", layers + self.head * wide, "B", words)

    def cached_per_tok(self, kv_precision: str) -> Amount:
        """Return the bytes that one layer of attention keeps of a token."""
        words = f"of one number of the KV cache in {kv_precision}"
        each = defined("kv_entry_bytes", KV_BYTES[kv_precision], "B", words, "definition")
        if self.model.kv_lora_rank:
            rank = self.fact("kv_lora_rank", "width of the compressed keys and values")
            rope = self.fact("qk_rope_head_dim", "width of a key's rotary part")
            words = "that a layer keeps of a token: the compressed pair and the rotary key"
            return let("kv_layer_bytes", (rank + rope) * each, "B", words, LATENT)
        pair = 2.0 * self.kv_heads * self.head_dim
        words = "that a layer keeps of a token: a key and a value for each KV head"
        return let("kv_layer_bytes", pair * each, "B", words, ATTENTION)

    def kv(
        self, symbol: str, context: Amount, kv_precision: str, words: str, *, spread: bool = False
    ) -> Amount:
        """Return the KV cache and states of a sequence.

        With ``spread`` the context is a mean over sequences of different lengths, whose windows
        hold less than the window of the mean does. At least the share ``window / longest`` of it:
        a minimum lies above its chord.
        """
        model, each = self.model, self.cached_per_tok(kv_precision)
        tokens = self.full_layers * context
        if model.window_layers:
            tokens = tokens + self._windowed * self._in_window(context, spread=spread)
        total = tokens * each
        if model.state_layers:
            layers = self.fact("state_layers", "layers with a state")
            numbers = self.fact("state_elements", "numbers that such a layer keeps of a sequence")
            width = defined(
                "state_entry_bytes", STATE_BYTES, "B", "of a number of a state", "16 bits"
            )
            total = total + layers * numbers * width
        return let(symbol, total, "B", words, WINDOWS if model.window_layers else "")

    @cached_property
    def full_layers(self) -> Amount:
        """Return the layers that look at the whole context."""
        words = "layers that look at the whole context"
        return self.fact("full_layers", words, float(full_attention_layers(self.model)))

    @cached_property
    def _windowed(self) -> Amount:
        return self.fact("window_layers", "layers that look back at a window only")

    @cached_property
    def _window(self) -> Amount:
        return self.fact("window_tok", "length of that window", unit="tok")

    def _in_window(self, context: Amount, *, spread: bool) -> Amount:
        """Return the tokens of a context that a windowed layer keeps."""
        if not spread:
            return least(context, self._window)
        longest = self.context
        return context * least(1.0, self._window / longest)

    @cached_property
    def context(self) -> Amount:
        """Return the longest sequence."""
        return self.fact("context", "the longest context of the model", unit="tok")

    # ---- FLOP ----------------------------------------------------------------------------------

    @cached_property
    def matrix_flop(self) -> Amount:
        """Return the FLOP of one token in the matrices of all layers."""
        active = self.always if self.visited is None else self.always + self.visited
        words = "of one token in all layers: a multiply and an add for each parameter it meets"
        return let("matrix_flop_per_tok", FLOP_PER_MULTIPLY_ADD * active, "FLOP/tok", words)

    @cached_property
    def head_flop(self) -> Amount:
        """Return the FLOP of the output head for one token."""
        words = "of the output head for one token"
        return let("head_flop", FLOP_PER_MULTIPLY_ADD * self.head, "FLOP", words)

    @cached_property
    def pair_flop(self) -> Amount:
        """Return the FLOP of one layer for a prompt token that looks at one earlier token."""
        words = "of one layer for a token that looks at one earlier token: score, weighted sum"
        if self.model.kv_lora_rank:
            nope = self.fact("qk_nope_head_dim", "width of a head without positions")
            rope = self.fact("qk_rope_head_dim", "width of a key's rotary part")
            wide = self.fact("v_head_dim", "width of a head's values")
            pair = FLOP_PER_MULTIPLY_ADD * self.heads * (nope + rope + wide)
            return let("pair_flop", pair, "FLOP", words, LATENT)
        pair = 2.0 * FLOP_PER_MULTIPLY_ADD * self.heads * self.head_dim
        return let("pair_flop", pair, "FLOP", words, ATTENTION)

    @cached_property
    def answer_pair_flop(self) -> Amount:
        """Return the same for a token of an answer, which may stay in the latent space."""
        if not self.model.kv_lora_rank:
            return self.pair_flop
        rank = self.fact("kv_lora_rank", "width of the compressed keys and values")
        rope = self.fact("qk_rope_head_dim", "width of a key's rotary part")
        inside = FLOP_PER_MULTIPLY_ADD * self.heads * (2.0 * rank + rope)
        words = "the same for a token of an answer, in the latent space or out of it"
        return let("answer_pair_flop", least(inside, self.pair_flop), "FLOP", words, LATENT)

    def prefill(self, symbol: str, prompt: Amount, words: str) -> Amount:
        """Return the FLOP between a prompt and its first token.

        Convex in the prompt, windows included, so that a mean prompt stands for its requests.
        """
        pairs = self.full_layers * (prompt * prompt / 2.0)
        if self.model.window_layers:
            seen = let(
                f"{symbol.removesuffix('_flop')}_window_tok",
                least(prompt, self._window),
                "tok",
                "of the prompt inside the window",
            )
            windowed = seen * seen / 2.0 + (prompt - seen) * self._window
            pairs = pairs + self._windowed * windowed
        pairs = let(
            f"{symbol.removesuffix('_flop')}_pairs",
            pairs,
            "",
            "tokens that look at earlier ones, over all layers: half of the square of the prompt",
            WINDOWS if self.model.window_layers else ATTENTION,
        )
        total = prompt * self.matrix_flop + pairs * self.pair_flop + self.head_flop
        return let(symbol, total, "FLOP", words)

    def decode(self, context: Amount) -> Amount:
        """Return the FLOP of a token of an answer that looks at ``context`` on average."""
        seen = self.full_layers * context
        if self.model.window_layers:
            seen = seen + self._windowed * self._in_window(context, spread=True)
        total = self.matrix_flop + seen * self.answer_pair_flop + self.head_flop
        return let("answer_tok_flop", total, "FLOP", "of one token of an answer, on average")
