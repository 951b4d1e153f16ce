"""Flags of every engine, in its own spelling."""

import pytest
from support.command_lines import CHAIN, said

FLAGS_OF: list[tuple[str, str, dict[str, object]]] = [
    # vLLM
    ("vllm", "--max-num-batched-tokens 8192", {"max_num_batched_tokens": 8192}),
    (
        "vllm",
        "--max-num-batched-tokens 8k --max-num-seqs 1K",
        {"max_num_batched_tokens": 8000, "max_num_seqs": 1024},
    ),
    ("vllm", "--max_num_batched_tokens=8,192", {"max_num_batched_tokens": 8192}),
    ("vllm", "--enable-chunked-prefill", {"chunked_prefill": True}),
    ("vllm", "--enable-chunked-prefill False", {"chunked_prefill": False}),
    ("vllm", "--enable-chunked-prefill=false", {"chunked_prefill": False}),
    ("vllm", "--no-enable-chunked-prefill", {"chunked_prefill": False}),
    (
        "vllm",
        "--no-enable-prefix-caching --kv-cache-dtype fp8",
        {"prefix_caching": False, "kv_cache_dtype": "fp8"},
    ),
    ("vllm", "--kv-cache-dtype auto", {"kv_cache_dtype": "auto"}),
    ("vllm", "--kv-cache-dtype=fp8_e4m3 -q fp8", {"kv_cache_dtype": "fp8", "quantization": "fp8"}),
    ("vllm", "--quantization AWQ_Marlin", {"quantization": "awq_marlin"}),
    ("vllm", "-tp=2 -dp 4", {"tensor_parallel": 2, "data_parallel": 4}),
    ("vllm", "--enforce-eager --block-size 32", {"eager": True, "kv_block_tok": 32}),
    ("vllm", "-O0", {"eager": True}),
    ("vllm", "-O3", {}),
    ("vllm", "-O 0", {"eager": True}),
    ("vllm", "--compilation-config '{\"level\": 0}'", {"eager": True}),
    ("vllm", '-O \'{"cudagraph_mode": "NONE"}\'', {"eager": True}),
    ("vllm", "--compilation-config.cudagraph_mode NONE", {"eager": True}),
    (
        "vllm",
        '--compilation-config \'{"pass_config": {"enable_fusion": true}}\'',
        {"unread": ("pass-config.enable_fusion",)},
    ),
    ("vllm", "VLLM_USE_V1=0 vllm serve m", {"v1": False}),
    (
        "vllm",
        "VLLM_ATTENTION_BACKEND=FLASHINFER vllm serve m",
        {"unread": ("VLLM_ATTENTION_BACKEND=FLASHINFER",)},
    ),
    ("vllm", "CUDA_VISIBLE_DEVICES=0,1 vllm serve m", {}),
    (
        "vllm",
        "--speculative-model [ngram] --num-speculative-tokens 4",
        {"speculation": "ngram", **CHAIN},
    ),
    (
        "vllm",
        "--speculative_model some/draft --num_speculative_tokens=4",
        {"speculation": "draft", **CHAIN},
    ),
    (
        "vllm",
        '--speculative-config \'{"num_speculative_tokens": 4, "model": "a", "method": "eagle3"}\'',
        {"speculation": "eagle", **CHAIN},
    ),
    (
        "vllm",
        "--speculative-config.method ngram --speculative-config.num_speculative_tokens 4",
        {"speculation": "ngram", **CHAIN},
    ),
    ("vllm", "--max-model-len auto --max-num-seqs none", {}),
    (
        "vllm",
        "--max-num-seqs 0 --gpu-memory-utilization 1.5",
        {"unread": ("--max-num-seqs 0", "--gpu-memory-utilization 1.5")},
    ),
    ("vllm", "--tensor-parallel-size 2 --tensor-parallel-size 4", {"tensor_parallel": 4}),
    (
        "vllm",
        "vllm serve m \\\n  --max-num-seqs 64 \\\n  -tp 2",
        {"max_num_seqs": 64, "tensor_parallel": 2},
    ),
    ("vllm", "vllm serve m --chat-template 'it's' --max-num-seqs 64", {"max_num_seqs": 64}),
    ("vllm", "--cpu-offload-gb 4", {"unread": ("--cpu-offload-gb 4",)}),
    # SGLang
    (
        "sglang",
        "--chunked-prefill-size 4096 --enable-mixed-chunk",
        {"chunked_prefill": True, "max_num_batched_tokens": 4096, "mixed_chunk": True},
    ),
    ("sglang", "--chunked-prefill-size -1", {"chunked_prefill": False}),
    (
        "sglang",
        "--max-running-requests 64 --max-total-tokens 100000",
        {"max_num_seqs": 64, "kv_cache_tok": 100_000},
    ),
    (
        "sglang",
        "--dp-size 8 --enable-dp-attention --ep-size 8",
        {
            "data_parallel": 8,
            "attention_data_parallel": True,
            "expert_parallel": True,
            "expert_parallel_size": 8,
        },
    ),
    ("sglang", "--ep 1", {"expert_parallel": False, "expert_parallel_size": 1}),
    (
        "sglang",
        "--disable-cuda-graph --disable-overlap-schedule",
        {"eager": True, "async_scheduling": False},
    ),
    (
        "sglang",
        "--kv-cache-dtype fp8_e5m2 --page-size 64",
        {"kv_cache_dtype": "fp8", "kv_block_tok": 64},
    ),
    ("sglang", "--speculative-algorithm NEXTN", {"speculation": "mtp"}),
    # TensorRT-LLM
    (
        "trtllm",
        "--max_batch_size 512 --max_num_tokens 16384 --tp_size 8 --ep_size 4",
        {
            "max_num_seqs": 512,
            "max_num_batched_tokens": 16384,
            "tensor_parallel": 8,
            "expert_parallel": True,
            "expert_parallel_size": 4,
        },
    ),
    (
        "trtllm",
        "--kv_cache_free_gpu_memory_fraction 0.95 --pp_size 2",
        {"memory_share": 0.95, "pipeline_parallel": 2},
    ),
    (
        "trtllm",
        (
            'trtllm-serve m --extra_llm_api_options \'{"enable_attention_dp": true, '
            '"kv_cache_config": {"dtype": "fp8", "enable_block_reuse": false, '
            '"free_gpu_memory_fraction": 0.8}, '
            '"batch_wait_timeout_iters": 20, "batch_wait_max_tokens_ratio": 0.9, '
            '"speculative_config": {"decoding_type": "MTP", "num_nextn_predict_layers": 4}}\''
        ),
        {
            "attention_data_parallel": True,
            "kv_cache_dtype": "fp8",
            "prefix_caching": False,
            "memory_share": 0.8,
            "batch_wait_iterations": 20,
            "batch_wait_ratio": 0.9,
            "speculation": "mtp",
            **CHAIN,
        },
    ),
    ("trtllm", "batch_wait_timeout_iters: 20", {"batch_wait_iterations": 20}),
    # Text Generation Inference
    (
        "tgi",
        "--max-batch-prefill-tokens 4096 --max-batch-total-tokens 200000",
        {"max_num_batched_tokens": 4096, "kv_cache_tok": 200_000},
    ),
    (
        "tgi",
        "--max-total-tokens 8192 --num-shard 4 --quantize eetq",
        {"max_model_len": 8192, "tensor_parallel": 4, "quantization": "eetq"},
    ),
    (
        "tgi",
        "MAX_BATCH_PREFILL_TOKENS=4096 text-generation-launcher -p 80",
        {"max_num_batched_tokens": 4096, "unread": ("-p 80",)},
    ),
    ("tgi", "--speculate 4", {"speculation": "ngram", **CHAIN}),
    ("tgi", "--cuda-graphs 0", {"eager": True}),
    ("tgi", "--cuda-graphs 1,2,4,8", {"graph_max_seqs": 8}),
    # LMDeploy
    (
        "lmdeploy",
        "lmdeploy serve api_server m --cache-max-entry-count 0.8 --max-batch-size 256",
        {"memory_share": 0.8, "max_num_seqs": 256},
    ),
    (
        "lmdeploy",
        "--quant-policy 8 --session-len 8192 --model-format awq",
        {"kv_cache_dtype": "int8", "max_model_len": 8192, "quantization": "awq"},
    ),
    ("lmdeploy", "--quant-policy 0", {}),
    # llama.cpp
    (
        "llama_cpp",
        "llama-server -m m.gguf -np 8 -b 2048 -ub 512 -fa on -ctk q8_0 -c 65536",
        {
            "max_num_seqs": 8,
            "max_num_batched_tokens": 2048,
            "micro_batch_tok": 512,
            "kv_cache_dtype": "int8",
            "kv_cache_tok": 65536,
        },
    ),
    (
        "llama.cpp",
        "--no-cache-prompt -md draft.gguf --draft-max 4",
        {"prefix_caching": False, "speculation": "draft", **CHAIN},
    ),
    ("llama_cpp", "LLAMA_ARG_N_PARALLEL=8", {"max_num_seqs": 8}),
    # DeepSpeed-MII
    (
        "deepspeed_mii",
        '{"max_ragged_batch_size": 1024, "max_ragged_sequence_count": 256}',
        {"max_num_batched_tokens": 1024, "max_num_seqs": 256},
    ),
    (
        "deepspeed",
        "tensor_parallel=4 max_ragged_batch_size=1024",
        {"tensor_parallel": 4, "max_num_batched_tokens": 1024},
    ),
]


@pytest.mark.parametrize(("engine", "text", "expected"), FLAGS_OF)
def test_flags_of_every_engine_are_read(
    engine: str, text: str, expected: dict[str, object]
) -> None:
    assert said(text, engine) == expected
