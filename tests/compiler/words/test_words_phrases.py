"""Phrase by phrase: what people write, and the lines of the file that it becomes."""

import pytest
from support.words import read, statements

from inferc import api
from inferc.dsl import SourceFile

LLAMA = "source = cat.models.meta.llama_3_1_8b_instruct"

MODELS = """
Meta Llama 3.1 8B Instruct in BF16 => source = cat.models.meta.llama_3_1_8b_instruct; precision = bf16
meta-llama/Llama-3.1-8B-Instruct => source = cat.models.meta.llama_3_1_8b_instruct
70B Llama 3 => source = cat.models.meta.llama_3_70b_instruct
Llama-3 70B chat model, half precision => source = cat.models.meta.llama_3_70b_instruct; precision = fp16
Llama-3.3-70B-Instruct-FP8 => source = cat.models.meta.llama_3_3_70b_instruct; precision = fp8
RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16 => source = cat.models.meta.llama_3_1_8b_instruct; precision = int4
Llama 70B => source = cat.models.meta.llama_3_3_70b_instruct
Qwen2.5-72B => source = cat.models.qwen.qwen2_5_72b_instruct
Qwen 2.5 72B Instruct AWQ => source = cat.models.qwen.qwen2_5_72b_instruct; precision = int4
Qwen3 32B => source = cat.models.qwen.qwen3_32b
DeepSeek-R1 => source = cat.models.deepseek.deepseek_r1
DeepSeek V3 in FP8 => source = cat.models.deepseek.deepseek_v3; precision = fp8
gpt-oss-120b => source = cat.models.openai.gpt_oss_120b; precision = mxfp4
Mixtral-8x7B MoE => source = cat.models.mistral.mixtral_8x7b_instruct
Mistral 7B => source = cat.models.mistral.mistral_7b_v0_1
Gemma 2 9B => source = cat.models.google.gemma_2_9b_it
Phi-3 mini => source = cat.models.microsoft.phi_3_mini_128k_instruct
a 13B parameter model => source = cat.models.meta.llama_13b
a 70-billion-parameter LLM => source = cat.models.meta.llama_3_1_70b_instruct
ResNet-50 image classification => source = cat.networks.microsoft.resnet_50
BGE-M3 embeddings => source = cat.networks.baai.bge_m3
Whisper large v3 => source = cat.networks.openai.whisper_large_v3
Llama 3.1 8B, INT8 => precision = int8
Llama 3.1 8B in bfloat16 => precision = bf16
Llama 3.1 8B with 4-bit weights => precision = int4
Llama 3.1 8B, 8-bit => precision = int8
Llama 3.1 8B, GPTQ INT8 => precision = w8a16
Llama 3.1 8B, GPTQ => precision = int4
Llama 3.1 8B, INT4 AWQ => precision = int4
Llama 3.1 8B, w8a8 => precision = int8
Llama 3.1 8B, NVFP4 => precision = nvfp4
Llama 3.1 8B, int8 or fp8 => precision in [fp8, int8]
Llama 3.1 8B, quantized => precision in [fp8, int8, w8a16, int4]
Llama 3.1 8B, unquantized => precision in [bf16, fp16]
Llama 3.1 8B without quantization => precision in [bf16, fp16]
Llama 3.1 8B, no FP8 => precision in [bf16, fp16]
Llama 3.1 8B, 8K context window => max_model_len = 8192 tok
Llama 3.1 8B, 128k context => max_model_len = 131_072 tok
Llama 3.1 8B, context length of 10,000 tokens => max_model_len = 10000 tok
Llama 3.1 8B, FP8 KV cache => kv_precision = fp8
"""

WORKLOADS = """
1000 requests per minute => rate = 1000 req/min
1,000,000 requests per second => rate = 1_000_000 req/s
10k rpm => rate = 10000 req/min
50 RPS => rate = 50 req/s
120 QPS => rate = 120 req/s
1000/min => rate = 1000 req/min
2M requests a day => rate = 2_000_000 req/d
half a million requests per day => rate = 500_000 req/d
fifty thousand requests an hour => rate = 50000 req/h
2.5 req/s => rate = 2.5 req/s
100-200 requests per second => rate = between(low = 100 req/s, high = 200 req/s, typical = 150 req/s)
average 100 rps, peak of 500 rps => rate = 100 req/s; peak = 5x
peak of 500 rps => rate = 500 req/s; peak = 1x
40 requests per second, highly spiky => rate = 40 req/s; shape = spiky
bursty traffic of 40 rps => rate = 40 req/s; shape = spiky
steady traffic, 10 rps => rate = 10 req/s; shape = steady
10 rps, not spiky => shape = steady
10 rps with no bursts => shape = steady
10 rps, spikes up to 5x => peak = 5x
10 rps, 3x peak => peak = 3x
10 rps, peak-to-average ratio of 4 => peak = 4x
10 rps, 500ms time-to-first-token SLA => p95 ttft <= 500ms
10 rps, TTFT under 500ms at p99 => p99 ttft <= 500ms
10 rps, 99th percentile TTFT of 1s => p99 ttft <= 1s
10 rps, sub-second TTFT => p95 ttft <= 1s
10 rps, median time to first token below 300 milliseconds => p50 ttft <= 300ms
10 rps, 10 ms p99 => p99 e2e <= 10ms
10 rps, p99 latency under 2 seconds => p99 e2e <= 2s
10 rps, must respond within 2 seconds => p95 e2e <= 2s
10 rps, 1.5 seconds end-to-end latency at p90 => p90 e2e <= 1.5s
10 rps, inter-token latency of 30ms => p95 itl <= 30ms
10 rps, 50 ms per output token => p95 tpot <= 50ms
10 rps, 50 tokens/s per user => p95 tpot <= 20ms
10 rps, p95 TTFT < 500 ms and ITL < 50 ms => p95 ttft <= 500ms; p95 itl <= 50ms
10 rps, 10,000 tokens per second => throughput >= 10000 tok/s
10 rps, average input 500 tokens, average output 1500 tokens => prompt_tokens = 500 tok; output_tokens = 1500 tok
10 rps, prompts of 500 tokens and responses of 1500 tokens => prompt_tokens = 500 tok; output_tokens = 1500 tok
10 rps, 500 input tokens and 200 output tokens => prompt_tokens = 500 tok; output_tokens = 200 tok
10 rps, 1000/200 in/out => prompt_tokens = 1000 tok; output_tokens = 200 tok
10 rps, ISL/OSL 1024/128 => prompt_tokens = 1024 tok; output_tokens = 128 tok
10 rps, input 1K tokens, output 300 tokens => prompt_tokens = 1000 tok; output_tokens = 300 tok
10 rps, average input 500 tokens, inputs up to 4000 tokens => prompt_tokens = dist(mean = 500 tok, p95 = 4000 tok)
10 rps, prompts of 300 words => prompt_tokens = 400 tok
10 rps, chatbot => api = openai_chat; workload = conversation
10 rps, code completion => workload = code_completion
10 rps, RAG => workload = question_answering
10 rps, summarization of long documents => workload = long_context
maximum total throughput => goal = throughput
high token generation throughput => goal = throughput
batch processing pipeline => goal = throughput
10 rps, as cheap as possible => goal = cost
10 rps, lowest cost => goal = cost
10 rps, low latency => goal = latency
10 rps, at least 2 replicas => replicas >= 2
10 rps, 3 replicas => replicas = 3
10 rps, highly available => survives = replica
10 rps, N+1 => survives = node
10 rps, no chat => api = openai_completions
"""

HARDWARE = """
8x NVIDIA A100 80GB GPUs total => nodes = 1; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm
8xA100-80GB => nodes = 1; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm
4 H100 PCIe cards => nodes = 1; gpu = 4 * cat.gpu.nvidia.h100_80gb_pcie
one A100 40GB => nodes = 1; gpu = 1 * cat.gpu.nvidia.a100_40gb_sxm
H200 x 4 => nodes = 1; gpu = 4 * cat.gpu.nvidia.h200_141gb_sxm
16x H100 SXM total => nodes = 2; gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm
12 L40S => nodes = 3; gpu = 4 * cat.gpu.nvidia.l40s
two nodes with 8 A100 80GB each => nodes = 2; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm
2 nodes, 8 A100s each, 80GB => nodes = 2; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm
L4 GPUs, three servers, 4 GPUs per server => nodes = 3; gpu = 4 * cat.gpu.nvidia.l4
4x DGX H100 => nodes = 4; gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm
8 H100 nodes => nodes = 8; gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm
8x H100 80GB SXM5 nodes connected via NVSwitch => gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm; !nodes
A100 80GB PCIe nodes => gpu = 8 * cat.gpu.nvidia.a100_80gb_pcie; !nodes
NVIDIA L4 => gpu = 8 * cat.gpu.nvidia.l4; !nodes
AMD MI300X, 8 per node => gpu = 8 * cat.gpu.amd.mi300x; !nodes
one 8-GPU node of A100 80GB SXM4 => gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm
A100 80GB without NVLink => gpu = 8 * cat.gpu.nvidia.a100_80gb_pcie
TPU v5e => gpu = 8 * cat.accelerator.google.tpu_v5e
Gaudi 3 => gpu = 8 * cat.accelerator.intel.gaudi_3
2x RTX 4090 => nodes = 1; gpu = 2 * cat.gpu.nvidia.rtx_4090
80GB A100s => gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm
no more than 8 A100 80GB => nodes = 1; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm
Single Raspberry Pi with 4GB RAM => hardware = cat.board.raspberry_pi_5_4gb; count = 1
Raspberry Pi 4 Model B with 4 GB => hardware = cat.board.raspberry_pi_4b_4gb; count = 1
three Raspberry Pi 5 with 8GB => hardware = cat.board.raspberry_pi_5_8gb; count = 3
4GB Raspberry Pi 5 with 8GB => hardware = cat.board.raspberry_pi_5_4gb
8x H100, standard 100GbE networking => network = cat.link.ethernet_100g
8x H100, 10 Gbps network => network = cat.link.ethernet_10g
8x H100 connected by InfiniBand NDR => network = cat.link.infiniband_400g
8x H100, 200G InfiniBand between nodes => network = cat.link.infiniband_200g
8x H100, RoCE 100 Gbps => network = cat.link.roce_100g
8x H100, no InfiniBand => !network
either A100 80GB or H100 => on in [site.gpu_1, site.gpu_2]; gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm
A100 80GB, H100 or L40S => on in [site.gpu_1, site.gpu_2, site.gpu_3]
H100, not A100 => gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm; on = site.gpu
8x H100 with vLLM => engine = vllm
8x H100, vLLM or SGLang => engine in [sglang, vllm]
8x H100, not vLLM => engine not in [vllm]
8x H100, TensorRT-LLM => engine = tensorrt_llm
8x H100, TP=4 => tensor_parallel = 4
8x H100, no pipeline parallelism => pipeline_parallel = 1
8x H100 on-premises => platform = kubernetes
8x H100 on AWS => instances = aws.p5_48xlarge; on = aws
8x H100 on AWS spot instances => instances = aws.p5_48xlarge; market = spot
"""


def _rows(part: str, table: str) -> list[tuple[str, str, list[str]]]:
    split = (line.split(" => ") for line in table.strip().splitlines())
    return [(part, phrase, expected.split("; ")) for phrase, expected in split]


PHRASES = [
    *_rows("model", MODELS),
    *_rows("workload", WORKLOADS),
    *_rows("hardware", HARDWARE),
]


@pytest.mark.parametrize(("part", "phrase", "expected"), PHRASES, ids=[row[1] for row in PHRASES])
def test_a_phrase_becomes_these_lines(part: str, phrase: str, expected: list[str]) -> None:
    words = read(**{part: phrase})

    lines = statements(words.text)
    for statement in expected:
        if statement.startswith("!"):
            assert not [line for line in lines if line.startswith(statement[1:])]
        else:
            assert statement in lines
    assert not words.not_understood


def test_there_are_enough_phrases_to_mean_something() -> None:
    assert len(PHRASES) >= 120


@pytest.mark.parametrize("part", ["model", "workload", "hardware"])
def test_every_file_is_one_that_the_compiler_takes(part: str) -> None:
    texts = {read(**{where: phrase}).text for where, phrase, _ in PHRASES if where == part}
    wrong = {}
    for text in sorted(texts):
        checked = api.check(SourceFile("design.infer", text))
        if not checked.ok:
            wrong[text] = [item.message for item in checked.diagnostics]
    assert not wrong
