"""What the names in a configuration mean, by `model_type`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias

from inferc.compiler.huggingface import mixers
from inferc.compiler.huggingface.config import Config, Mistake
from inferc.compiler.huggingface.draft import EXPERTS, HIDDEN, Draft

Kinds: TypeAlias = Callable[[Config, int], Iterable[str]]
Part: TypeAlias = Callable[[Draft], None]

FULL: Final = "full_attention"
SLIDING: Final = "sliding_attention"
PATTERN: Final = ("sliding_window_pattern", "_sliding_window_pattern")


def nowhere(_config: Config, layers: int) -> Iterable[str]:
    """Every layer looks at the whole context."""
    return (FULL,) * layers


def everywhere(_config: Config, layers: int) -> Iterable[str]:
    """Every layer has the window, where there is one."""
    return (SLIDING,) * layers


def one_in(period: int, config: Config, layers: int) -> Iterable[str]:
    """One layer of each ``period`` looks at the whole context."""
    return mixers.pattern(layers, config.count_or(period, *PATTERN) or period)


def from_some_layer(config: Config, layers: int) -> Iterable[str]:
    """Layers from `max_window_layers` on have the window, if `use_sliding_window` says so."""
    if not config.flag("use_sliding_window"):
        return (FULL,) * layers
    return mixers.upper(layers, config.count_or(0, "max_window_layers"))


def chunked(config: Config, layers: int) -> Iterable[str]:
    """Layers with rotary positions look back within a chunk, the others at everything."""
    rotary = config.counts("no_rope_layers")
    if rotary:
        return tuple(SLIDING if flag else FULL for flag in rotary)
    return mixers.pattern(layers, config.count_or(4, "no_rope_layer_interval") or 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How a family of models writes its configuration, and what it leaves unsaid."""

    tied: bool = False
    """Whether embeddings are tied where nothing is said."""
    plain: bool = False
    """Whether the MLP has two matrices."""
    defaults: Mapping[str, int] = field(default_factory=dict[str, int])
    """What the family's configuration class holds where the file is silent."""
    kinds: Kinds = nowhere
    """The kind of each layer where no `layer_types` say so."""
    mixer: Part | None = None
    """What mixes tokens, where it is no grouped attention alone."""
    mlp: Part | None = None
    """What writes the MLP, where it is not dense."""

    def describe(self, draft: Draft) -> None:
        """Write all that the configuration says."""
        draft.sizes(tied=self.tied)
        if self.mixer is None:
            draft.heads()
            kinds = draft.config.texts("layer_types")
            draft.windows(tuple(kinds or self.kinds(draft.config, draft.layers)))
        else:
            self.mixer(draft)
        if self.mlp is None:
            draft.mlp(plain=self.plain)
        else:
            self.mlp(draft)
        predicted = ("num_nextn_predict_layers", "mtp_num_hidden_layers")
        draft.put("prediction_layers", draft.config.count_or(0, *predicted), *predicted)


# ---- mixers ------------------------------------------------------------------------------------


def latent(draft: Draft) -> None:
    """Write multi-head latent attention."""
    draft.latent()


def gated_delta(draft: Draft) -> None:
    """Write gated attention in one layer of a few, a gated delta net in the others."""
    config = draft.config
    draft.heads()
    draft.put("attention_gate", config.flag("attn_output_gate", default=True), "attn_output_gate")
    kinds = config.texts("layer_types")
    period = config.count_or(4, "full_attention_interval") or 4
    linear = sum(kind in mixers.LINEAR for kind in kinds)
    if not kinds:
        linear = draft.layers - draft.layers // period
    draft.state(linear, mixers.delta_net(config, draft.hidden), "layer_types")


def lightning(draft: Draft) -> None:
    """Write softmax attention in some layers, lightning attention in the others."""
    config = draft.config
    draft.heads()
    kinds = config.texts("layer_types")
    linear = sum(kind in mixers.LINEAR for kind in kinds)
    if not kinds:
        listed = config.members.values.get("attn_type_list")
        if not isinstance(listed, tuple):
            config.missing["layer_types"] = None
            return
        linear = sum(item == 0 for item in listed)
    draft.state(linear, mixers.lightning(config, draft.hidden), "layer_types", "attn_type_list")


def jamba(draft: Draft) -> None:
    """Write attention in one layer of a few, Mamba in the others."""
    config = draft.config
    draft.heads()
    period, offset = config.count("attn_layer_period"), config.count_or(0, "attn_layer_offset")
    attention = sum(mixers.every(draft.layers, period, offset))
    state = mixers.mamba_1(config, draft.hidden)
    draft.state(draft.layers - attention, state, "attn_layer_period")


STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {"mamba": "M", "attention": "*", "mlp": "-", "moe": "E"}
)


def single_purpose(draft: Draft) -> None:
    """Write layers that each are one thing: Mamba-2, attention, an MLP or a mixture of experts."""
    config = draft.config
    draft.heads()
    named = [STEPS.get(kind, "?") for kind in config.texts("layers_block_type")]
    steps = config.text("hybrid_override_pattern") or "".join(named)
    name = "hybrid_override_pattern"
    if not steps:
        config.missing[name] = None
        return
    mamba = steps.count("M")
    if mamba:
        draft.state(mamba, mixers.mamba_2(config, draft.hidden), name, "layers_block_type")
    draft.put("mlp_layers", steps.count("-") + steps.count("E"), name, "layers_block_type")
    draft.put("mlp", "plain", "mlp_hidden_act")
    if "E" in steps:
        draft.mixture(
            steps.count("E"), widths=("moe_intermediate_size",), dense="intermediate_size"
        )
        shared = "moe_shared_expert_intermediate_size"
        draft.put("shared_intermediate", config.count_or(0, shared), shared)
    else:
        draft.put("intermediate", config.count("intermediate_size"), "intermediate_size")


def searched(draft: Draft) -> None:
    """Write layers that a search chose, each with or without attention and MLP, of many widths.

    They are counted as layers of one purpose; the width of the MLP is the mean of all.
    """
    config = draft.config
    blocks = config.members.values.get("block_configs")
    if not isinstance(blocks, tuple):
        config.missing["block_configs"] = None
        return
    name = "block_configs"
    heads = config.count("num_attention_heads")
    groups = mixers.group_sizes(blocks)
    widths = mixers.mlp_widths(blocks, draft.hidden)
    if not groups or not widths:
        config.mistakes.append(
            Mistake(name, "a list of layers with `attention` and `ffn`", config.span(name))
        )
        return
    kv_heads = heads * sum(1 / group for group in groups) / len(groups)
    even = (count for count in range(1, heads + 1) if heads % count == 0)
    draft.put("layers", len(groups) + len(widths), name)
    draft.put("mlp_layers", len(widths), name)
    draft.put("intermediate", round(sum(widths) / len(widths)), name)
    draft.put("heads", heads, "num_attention_heads")
    draft.put("kv_heads", min(even, key=lambda count: abs(count - kv_heads)), name)
    draft.put("head_dim", max(1, draft.hidden // heads), *HIDDEN)


def already(_draft: Draft) -> None:
    """Leave the MLP as the mixer wrote it."""


def one_kv_head(draft: Draft) -> None:
    """Write the heads of Falcon: one key-value head, unless its configuration is a later one."""
    config = draft.config
    heads = config.count("num_attention_heads", "n_head")
    kv_heads = heads
    if config.flag("new_decoder_architecture"):
        kv_heads = config.count_or(heads, "num_kv_heads", "n_head_kv") or heads
    elif config.flag("multi_query", default=True):
        kv_heads = 1
    draft.put("heads", heads, "num_attention_heads", "n_head")
    draft.put("kv_heads", kv_heads, "num_kv_heads", "n_head_kv", "multi_query")
    draft.put("head_dim", max(1, draft.hidden // heads), *HIDDEN)


# ---- mixtures of experts -----------------------------------------------------------------------


def routed(
    draft: Draft,
    *,
    widths: tuple[str, ...] = ("moe_intermediate_size", "intermediate_size"),
    dense: str = "intermediate_size",
) -> None:
    """Write routed experts, those that all tokens visit, and the layers that have neither."""
    config = draft.config
    if not any(config.has(name) for name in EXPERTS):
        config.missing[EXPERTS[0]] = None
        return
    draft.mixture(_mixed_layers(config, draft.layers), widths=widths, dense=dense)
    names = ("shared_expert_intermediate_size", "shared_intermediate_size")
    shared = config.count_or(0, *names)
    if config.has("n_shared_experts"):
        shared = config.count_or(0, "n_shared_experts") * config.count(*widths)
    draft.put("shared_intermediate", shared, "n_shared_experts", *names)


def halves(draft: Draft) -> None:
    """Write the MLP of the first Qwen, whose width is that of gate and input together."""
    width = draft.config.count("intermediate_size")
    draft.put("intermediate", max(1, width // 2), "intermediate_size")


def one_shared(draft: Draft) -> None:
    """Write the mixture of Llama 4, with one shared expert as wide as the routed ones."""
    routed(draft, widths=("intermediate_size",), dense="intermediate_size_mlp")
    width = draft.config.count("intermediate_size")
    draft.put("shared_intermediate", width, "intermediate_size")


def _mixed_layers(config: Config, layers: int) -> int:
    """Return how many layers have experts, by whatever way the configuration says so."""
    listed = [layer for layer in config.counts("moe_layers") if layer < layers]
    if listed:
        return len(listed)
    flags = config.counts("moe_layer_freq")
    if flags:
        return sum(flag > 0 for flag in flags[:layers])
    dense = set(config.counts("mlp_only_layers"))
    dense.update(range(min(layers, config.count_or(0, "first_k_dense_replace"))))
    step = config.count_or(1, "decoder_sparse_step", "interleave_moe_layer_step")
    period = config.count_or(1, "expert_layer_period", "moe_layer_freq")
    steps = mixers.every(layers, step, step - 1)
    periods = mixers.every(layers, period, config.count_or(0, "expert_layer_offset"))
    chosen = zip(range(layers), steps, periods, strict=True)
    return sum(by_step and by_period and layer not in dense for layer, by_step, by_period in chosen)


# ---- the families ------------------------------------------------------------------------------

_DENSE = Family()
_TIED = Family(tied=True)
_PLAIN = Family(plain=True)
_PLAIN_TIED = Family(plain=True, tied=True)
_MIXTURE = Family(mlp=routed)
_LATENT = Family(mixer=latent, mlp=routed)
_WIDE: Final = MappingProxyType({"head_dim": 256})
_NARROW: Final = MappingProxyType({"head_dim": 128})
_GEMMA_3: Final = MappingProxyType(
    {
        "head_dim": 256,
        "max_position_embeddings": 131072,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "vocab_size": 262208,
    }
)

FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        "apertus": _PLAIN,
        "aquila": _DENSE,
        "arcee": _PLAIN,
        "baichuan": _DENSE,
        "bloom": _PLAIN_TIED,
        "chatglm": _DENSE,
        "cohere": _TIED,
        "cohere2": Family(tied=True, kinds=partial(one_in, 4)),
        "deci": _DENSE,
        "deepseek": Family(mlp=routed),
        "deepseek_v2": _LATENT,
        "deepseek_v3": _LATENT,
        "deepseek_v32": _LATENT,
        "ernie4_5": _TIED,
        "exaone4": Family(kinds=partial(one_in, 4)),
        "falcon": Family(plain=True, tied=True, mixer=one_kv_head),
        "gemma": Family(tied=True, defaults=_WIDE),
        "gemma2": Family(tied=True, defaults=_WIDE, kinds=partial(one_in, 2)),
        "gemma3_text": Family(tied=True, defaults=_GEMMA_3, kinds=partial(one_in, 6)),
        "glm": _DENSE,
        "glm4": _DENSE,
        "glm4v_text": _DENSE,
        "glm4_moe": _MIXTURE,
        "glm4_moe_lite": _LATENT,
        "glm_moe_dsa": _LATENT,
        "gpt2": _PLAIN_TIED,
        "gpt_bigcode": Family(plain=True, tied=True, mixer=one_kv_head),
        "gpt_neox": _PLAIN,
        "gpt_oss": Family(mlp=routed, kinds=partial(one_in, 2)),
        "gptj": _PLAIN,
        "granite": _DENSE,
        "granitemoe": _MIXTURE,
        "internlm": _DENSE,
        "internlm2": _DENSE,
        "internlm3": _DENSE,
        "jamba": Family(mixer=jamba, mlp=partial(routed, widths=("intermediate_size",))),
        "kimi_k2": _LATENT,
        "llama": _DENSE,
        "llama4_text": Family(kinds=chunked, mlp=one_shared),
        "mimo": Family(kinds=from_some_layer),
        "minimax": Family(mixer=lightning, mlp=partial(routed, widths=("intermediate_size",))),
        "minimax_m1": Family(mixer=lightning, mlp=partial(routed, widths=("intermediate_size",))),
        "minimax_m2": _MIXTURE,
        "minimax_m3": Family(mlp=partial(routed, dense="dense_intermediate_size")),
        "minimax_text_01": Family(
            mixer=lightning, mlp=partial(routed, widths=("intermediate_size",))
        ),
        "ministral": Family(kinds=everywhere),
        "ministral3": Family(kinds=everywhere),
        "mistral": Family(kinds=everywhere),
        "mixtral": Family(kinds=everywhere, mlp=routed),
        "mpt": _PLAIN_TIED,
        "nemotron": _PLAIN,
        "nemotron-nas": Family(mixer=searched, mlp=already),
        "nemotron_h": Family(mixer=single_purpose, mlp=already),
        "olmo": _DENSE,
        "olmo2": _DENSE,
        "olmo3": Family(kinds=partial(one_in, 4)),
        "olmoe": _MIXTURE,
        "opt": _PLAIN_TIED,
        "phi": _PLAIN,
        "phi3": Family(kinds=everywhere),
        "phimoe": Family(kinds=everywhere, mlp=routed),
        "qwen": Family(mlp=halves),
        "qwen2": Family(kinds=from_some_layer),
        "qwen2_5_vl": Family(kinds=from_some_layer),
        "qwen2_5_vl_text": Family(kinds=from_some_layer),
        "qwen2_moe": Family(kinds=from_some_layer, mlp=routed),
        "qwen2_vl": Family(kinds=from_some_layer),
        "qwen2_vl_text": Family(kinds=from_some_layer),
        "qwen3": Family(defaults=_NARROW, kinds=from_some_layer),
        "qwen3_5_moe_text": Family(defaults=_WIDE, mixer=gated_delta, mlp=routed),
        "qwen3_5_text": Family(defaults=_WIDE, mixer=gated_delta),
        "qwen3_moe": Family(defaults=_NARROW, kinds=from_some_layer, mlp=routed),
        "qwen3_next": Family(defaults=_WIDE, mixer=gated_delta, mlp=routed),
        "qwen3_vl_moe_text": Family(defaults=_NARROW, mlp=routed),
        "qwen3_vl_text": Family(defaults=_NARROW),
        "seed_oss": _DENSE,
        "smollm3": _DENSE,
        "stablelm": _DENSE,
        "starcoder2": Family(plain=True, tied=True, kinds=everywhere),
        "step3p7": _MIXTURE,
        "yi": _DENSE,
    }
)
"""How each `model_type` is read.

Source: the configuration classes of Hugging Face transformers and of the models' repositories.
"""

NOT_DECODERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "albert": "an encoder",
        "bart": "an encoder with a decoder",
        "bert": "an encoder",
        "clip": "an encoder of pictures and texts",
        "deberta": "an encoder",
        "deberta-v2": "an encoder",
        "distilbert": "an encoder",
        "electra": "an encoder",
        "modernbert": "an encoder",
        "mpnet": "an encoder",
        "nomic_bert": "an encoder",
        "roberta": "an encoder",
        "siglip": "an encoder of pictures and texts",
        "t5": "an encoder with a decoder",
        "vit": "an encoder of pictures",
        "wav2vec2": "an encoder of speech",
        "whisper": "an encoder of speech with a decoder",
        "xlm-roberta": "an encoder",
    }
)
"""Other networks that have a `config.json`."""

UNEXPRESSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "moe_latent_size": "experts in a space of their own",
    }
)
"""Members that change what a layer is in a way that the fields of `llm` cannot say."""
