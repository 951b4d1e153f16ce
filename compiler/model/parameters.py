"""How many weights the layers of a language model hold."""

from inferc.compiler.model.design import LanguageModel


def derived_parameters(model: LanguageModel) -> float:
    """Return the number of weights that the architecture holds, prediction modules apart.

    Each layer has what its mixer and its MLP need, and a norm in front of either; embedding and
    output head are hidden x vocabulary each, one where they are tied; one last norm.

    Source:
        Touvron et al., LLaMA, section 2, arXiv:2302.13971; the sources of the parts below.

    Holds for:
        Decoder-only models, but for biases and norms of single heads, which come to less than
        0.1 %, and what is no part of the language model, such as a vision tower.
    """
    embeddings = model.hidden * model.vocabulary * (1 if model.tied_embeddings else 2)
    mixers = (
        model.attention_layers * _attention(model) + model.state_layers * model.state_parameters
    )
    norms = model.attention_layers + model.state_layers + model.all_mlp_layers + 1
    return float(embeddings + mixers + _mlps(model) + norms * model.hidden)


def _attention(model: LanguageModel) -> int:
    """Return the weights of one layer's attention.

    Grouped attention holds a matrix for queries and one for the output, each hidden x heads x
    head_dim, and two for keys and values, each hidden x kv_heads x head_dim; a gate is as large as
    the queries. Latent attention compresses queries (or not) and keys with values, and expands
    them for each head; the compressed pair has a norm each.

    Source:
        Ainslie et al., GQA, arXiv:2305.13245; DeepSeek-AI, DeepSeek-V2, section 2.1,
        arXiv:2405.04434; Qiu et al., Gated Attention, arXiv:2505.06708.
    """
    if model.kv_lora_rank:
        return _latent_attention(model)
    queries = model.hidden * model.heads * model.head_dim
    gate = queries if model.attention_gate else 0
    return 2 * queries + gate + 2 * model.hidden * model.kv_heads * model.head_dim


def _latent_attention(model: LanguageModel) -> int:
    query_dim = model.heads * (model.qk_nope_head_dim + model.qk_rope_head_dim)
    rank = model.q_lora_rank
    queries = rank * (model.hidden + query_dim + 1) if rank else model.hidden * query_dim
    compress = model.hidden * (model.kv_lora_rank + model.qk_rope_head_dim) + model.kv_lora_rank
    expand = model.kv_lora_rank * model.heads * (model.qk_nope_head_dim + model.v_head_dim)
    return queries + compress + expand + model.heads * model.v_head_dim * model.hidden


def _mlps(model: LanguageModel) -> int:
    """Return the weights of all MLPs.

    A gated MLP has three matrices of hidden x intermediate, a plain one two. A mixture of experts
    has an MLP for each expert, one of the width of all shared experts, and a router of
    hidden x experts.

    Source:
        Shazeer, GLU Variants Improve Transformer, arXiv:2002.05202; Jiang et al., Mixtral of
        Experts, section 2, arXiv:2401.04088; Dai et al., DeepSeekMoE, arXiv:2401.06066.
    """
    matrix = model.mlp_matrices * model.hidden
    if not model.experts:
        return model.all_mlp_layers * matrix * model.intermediate
    experts = model.experts * (matrix * model.intermediate + model.hidden)
    mixture = experts + matrix * model.shared_intermediate
    dense = matrix * model.dense_intermediate
    return (model.all_mlp_layers - model.dense_layers) * mixture + model.dense_layers * dense
