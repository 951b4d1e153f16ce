"""How engines spell their settings on a command line, as data.

Names are written without leading dashes, in lower case, with dashes for underscores. Sources: the
argument parsers of vLLM 0.7.3 and 0.11.2 (``vllm/engine/arg_utils.py``), SGLang 0.5.5
(``srt/server_args.py``), TensorRT-LLM 1.2 (``tensorrt_llm/commands/serve.py`` and
``llmapi/llm_args.py``), text-generation-inference 3.3 (``docs/source/reference/launcher.md``),
LMDeploy 0.10.2 (``lmdeploy/messages.py``), llama.cpp (``tools/server/README.md``) and DeepSpeed
(``inference/v2/ragged/manager_configs.py``).
"""

from collections.abc import Mapping
from typing import Final

PROGRAMS: Final[Mapping[str, str]] = {
    "vllm": "vllm",
    "sglang": "sglang",
    "trtllm": "trtllm",
    "trtllm-serve": "trtllm",
    "trtllm-bench": "trtllm",
    "text-generation-launcher": "tgi",
    "lmdeploy": "lmdeploy",
    "llama-server": "llama_cpp",
    "llama-cli": "llama_cpp",
    "mii": "deepspeed",
}
"""The program behind a word of a command line."""

ENGINES: Final[Mapping[str, str]] = {
    "deepspeed_mii": "deepspeed",
    "llama.cpp": "llama_cpp",
    "mii": "deepspeed",
    "tensorrt-llm": "trtllm",
    "tensorrt_llm": "trtllm",
    "vllm_rocm": "vllm",
    "vllm_v0": "vllm",
    "tgi_v1": "tgi",
}
"""The program that an engine is, where the two have other names."""


def _table(**fields: str) -> dict[str, str]:
    return {name: field for field, names in fields.items() for name in names.split()}


VALUES: Final[Mapping[str, str]] = _table(
    tensor_parallel="tp tp-size tensor-parallel tensor-parallel-size num-shard",
    pipeline_parallel="pp pp-size pipeline-parallel pipeline-parallel-size",
    data_parallel="dp dp-size data-parallel-size replica-num",
    expert_parallel_size="ep ep-size expert-parallel-size moe-expert-parallel-size",
    max_num_seqs="max-num-seqs max-running-requests max-batch-size max-ragged-sequence-count",
    max_num_batched_tokens="max-num-batched-tokens max-num-tokens max-batch-prefill-tokens "
    "max-ragged-batch-size max-prefill-token-num",
    max_model_len="max-model-len max-seq-len context-length session-len",
    kv_cache_tok="max-batch-total-tokens",
    kv_block_tok="block-size page-size tokens-per-block cache-block-seq-len",
    memory_share="gpu-memory-utilization mem-fraction-static free-gpu-memory-fraction "
    "kv-cache-free-gpu-memory-fraction cache-max-entry-count cuda-memory-fraction",
    kv_cache_dtype="kv-cache-dtype",
    quantization="quantization quantize quantization-mode model-format",
    dtype="dtype",
    scheduler_steps="num-scheduler-steps",
    batch_wait_iterations="batch-wait-timeout-iters",
    batch_wait_ratio="batch-wait-max-tokens-ratio",
    graph_max_seqs="cuda-graph-max-bs max-cudagraph-capture-size",
    performance_mode="performance-mode",
    speculation="speculative-algorithm spec-method",
    speculation_depth="speculative-num-steps",
    speculation_tokens="speculative-num-draft-tokens",
    chain="num-speculative-tokens spec-tokens",
    draft_model="speculative-model spec-model",
)
"""By the name of a flag that takes a value: the field that it sets, in all programs.

Some are no field but set several: ``chain`` is a number of proposed tokens that are verified as
they are, ``draft_model`` says that there is one.
"""

PROGRAM_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "vllm": _table(quantization="q"),
    "sglang": _table(
        prompt_chunk_tok="chunked-prefill-size",
        kv_cache_tok="max-total-tokens",
    ),
    "trtllm": _table(kv_cache_tok="max-tokens"),
    "tgi": _table(
        max_num_seqs="max-concurrent-requests",
        max_model_len="max-total-tokens",
        ngram_tokens="speculate",
        graphs="cuda-graphs",
    ),
    "lmdeploy": _table(kv_bits="quant-policy"),
    "llama_cpp": _table(
        max_num_seqs="np parallel llama-arg-n-parallel",
        max_num_batched_tokens="b batch-size llama-arg-batch",
        micro_batch_tok="ub ubatch-size llama-arg-ubatch",
        kv_cache_tok="c ctx-size llama-arg-ctx-size",
        kv_cache_dtype="ctk cache-type-k ctv cache-type-v llama-arg-cache-type-k",
        draft_model="md model-draft spec-draft-model",
        chain="draft draft-n draft-max spec-draft-n-max",
    ),
    "deepspeed": _table(),
}
"""The same for names that mean something else in another program."""

FLAGS: Final[Mapping[str, tuple[str, bool]]] = {
    "async-scheduling": ("async_scheduling", True),
    "cache-prompt": ("prefix_caching", True),
    "chunked-prefill": ("chunked_prefill", True),
    "disable-cuda-graph": ("eager", True),
    "disable-overlap-schedule": ("async_scheduling", False),
    "disable-radix-cache": ("prefix_caching", False),
    "enable-attention-dp": ("attention_data_parallel", True),
    "enable-block-reuse": ("prefix_caching", True),
    "enable-chunked-context": ("chunked_prefill", True),
    "enable-chunked-prefill": ("chunked_prefill", True),
    "enable-dp-attention": ("attention_data_parallel", True),
    "enable-ep-moe": ("expert_parallel", True),
    "enable-expert-parallel": ("expert_parallel", True),
    "enable-mixed-chunk": ("mixed_chunk", True),
    "enable-prefix-caching": ("prefix_caching", True),
    "enforce-eager": ("eager", True),
    "prefix-caching": ("prefix_caching", True),
    "use-prefix-caching": ("prefix_caching", True),
    "vllm-use-v1": ("v1", True),
}
"""By the name of a flag that stands alone, or before a truth value: the field, and what it is."""

OBJECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "speculative-config": _table(
        speculation="method decoding-type",
        chain="num-nextn-predict-layers num-speculative-tokens max-draft-len",
        draft_model="model speculative-model-dir speculative-model",
    ),
    "compilation-config": _table(
        compilation="level mode",
        graph_mode="cudagraph-mode",
        graph_max_seqs="max-cudagraph-capture-size",
    ),
    "kv-cache-config": _table(
        kv_cache_dtype="dtype",
        memory_share="free-gpu-memory-fraction",
        kv_cache_tok="max-tokens",
        kv_block_tok="tokens-per-block",
    ),
    "cuda-graph-config": _table(graph_max_seqs="max-batch-size"),
    "quant-config": _table(quantization="quant-algo", kv_cache_dtype="kv-cache-quant-algo"),
}
"""Names inside of objects, by the flag or key that holds the object."""

SAME_OBJECT: Final[Mapping[str, str]] = {"O": "compilation-config", "sc": "speculative-config"}
"""Short flags whose value is an object."""

IGNORED: Final = frozenset(
    {
        "a",
        "alias",
        "api-key",
        "backend",
        "cb",
        "chat-template",
        "config-format",
        "cont-batching",
        "cuda-visible-devices",
        "device",
        "disable-frontend",
        "disable-log-requests",
        "disable-log-stats",
        "disable-uvicorn-access-log",
        "dist-init-addr",
        "distributed-executor-backend",
        "download-dir",
        "enable-auto-tool-choice",
        "enable-cache-report",
        "enable-log-requests",
        "enable-metrics",
        "fa",
        "flash-attn",
        "generation-config",
        "gpu-layers",
        "guided-decoding-backend",
        "hf",
        "hf-repo",
        "host",
        "hostname",
        "language-model-only",
        "limit-mm-per-prompt",
        "load-format",
        "log-level",
        "log-level-http",
        "log-requests",
        "m",
        "metrics",
        "model",
        "model-id",
        "model-path",
        "n-gpu-layers",
        "ngl",
        "nnodes",
        "no-enable-log-requests",
        "node-rank",
        "nproc-per-node",
        "omp-num-threads",
        "override-generation-config",
        "port",
        "reasoning-parser",
        "revision",
        "seed",
        "served-model-name",
        "sharded",
        "skip-server-warmup",
        "speculative-draft-model-path",
        "speculative-eagle-topk",
        "t",
        "tensorboard",
        "threads",
        "token",
        "tokenizer",
        "tokenizer-mode",
        "tokenizer-path",
        "tool-call-parser",
        "trust-remote-code",
        "usage-stats",
        "uvicorn-log-level",
        "watchdog-timeout",
    }
)
"""Flags that change neither steps nor memory, or say only what other columns say better."""

KV_FORMATS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("f16", "fp16", "float16", "half"), "fp16"),
    **dict.fromkeys(("bf16", "bfloat16"), "bf16"),
    **dict.fromkeys(
        ("fp8", "fp8-e4m3", "fp8-e5m2", "fp8-e4m3fn", "fp8-e4m3fnuz", "fp8-inc", "fp8-ds-mla"),
        "fp8",
    ),
    **dict.fromkeys(("int8", "q8-0"), "int8"),
    **dict.fromkeys(("int4", "q4-0", "q4-1", "iq4-nl"), "int4"),
    **dict.fromkeys(("nvfp4", "fp4-e2m1"), "nvfp4"),
}
"""Formats of the KV cache, by the names that engines have for them."""

SPECULATION: Final[Mapping[str, str]] = {
    **dict.fromkeys(("draft", "draft-model", "draft-target", "drafttarget", "standalone"), "draft"),
    **dict.fromkeys(("eagle", "eagle2", "eagle3", "medusa", "mlp-speculator"), "eagle"),
    **dict.fromkeys(("[ngram]", "lookahead", "ngram", "suffix"), "ngram"),
    **dict.fromkeys(("mtp", "nextn", "deepseek-mtp"), "mtp"),
    **dict.fromkeys(("none", "off", "disabled"), "none"),
}
"""Kinds of speculative decoding, by the names that engines have for them."""
