"""How vendors and users of engines measure."""

import re
from collections.abc import Callable

from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.methods.source import Setting, Source


def gpustack(row: Conditions) -> Source:
    """Return the method of the Performance Lab: ``vllm bench serve``, or GuideLLM at a rate.

    Its page on quantisation shows a thousand sequences at work at once on A100 too, where vLLM's
    usual limit is 256: 20 requests a second of 60 s each.
    """
    settings: dict[str, Setting] = {}
    if "quantization" in row.source.lower():
        settings = {"max_num_seqs": 1024.0, "max_num_batched_tokens": 8192.0}
    return Source(
        settings=settings,
        url="https://github.com/gpustack/gpustack, docs/performance-lab",
        arrivals="even",
        client="http",
        warm_up=False,
        reused_share=0.0,
        prompt_tok=_SHAREGPT_PROMPT_TOK,
        output_tok=_SHAREGPT_OUTPUT_TOK,
    )


_SHAREGPT_PROMPT_TOK, _SHAREGPT_OUTPUT_TOK = 217.4, 201.4
"""Realised means of 1,000 ShareGPT prompts with Qwen's tokenizer, from the same pages."""


def qwen(row: Conditions) -> Source:
    """Return the method of Qwen's speed pages: one request, 2,048 tokens generated.

    The scripts for vLLM sample with repetition, presence and frequency penalties, which old engines
    work out anew from all tokens so far in each step.
    """
    settings: dict[str, Setting] = {"penalties": row.engine == "vllm"}
    if row.engine == "sglang":
        settings |= {"memory_share": 0.85, "mixed_chunk": True}
    return Source(
        url="https://github.com/QwenLM/Qwen3, docs/source/getting_started/speed_benchmark.md",
        requests=1,
        client="in_process",
        settings=settings,
    )


def lmdeploy(row: Conditions) -> Source:
    """Return the method of LMDeploy's pages: threads, each sending six requests in turn."""
    return Source(
        url="https://github.com/InternLM/lmdeploy, docs/en/benchmark/a100_fp16.md",
        rounds=6,
        client="in_process",
        prompt_tok=_lmdeploy_prompt_tok(row.length_note),
    )


def _lmdeploy_prompt_tok(note: str) -> float | None:
    found = re.search(r"isl mean = \S+ = (\d+(?:\.\d+)?)", note)
    return float(found[1]) if found else None


def lambda_labs(row: Conditions) -> Source:
    """Return the method of Lambda's pages: ``benchmark_serving`` of vLLM.

    Before 0.6 the engine and its HTTP server share one Python process, and wait for each other.
    """
    old = re.match(r"0\.[0-5]\.", row.engine_version)
    return Source(
        url="https://github.com/LambdaLabsML/vllm-benchmark",
        client="http",
        warm_up=False,
        prompt_tok=227.0,
        output_tok=200.0,
        output_variation=1.0,
        settings={"single_process": True} if old else {},
    )


def fmbench(row: Conditions) -> Source:
    """Return the method of FMBench: a few rounds of so many requests at a time, over SageMaker.

    Its TGI container splits a model over all GPUs of the instance.
    """
    return Source(
        url="https://github.com/aws-samples/foundation-model-benchmarking-tool",
        rounds=3,
        client="http",
        prompt_variation=0.15,
        tensor_parallel=row.gpus,
    )


def sharegpt_clients(url: str, arrivals: str = "poisson") -> Callable[[Conditions], Source]:
    """Return the rule for users of ``bench_serving`` of vLLM or SGLang with ShareGPT."""
    return lambda _: Source(
        url=url, arrivals=arrivals, client="http", prompt_tok=222.0, output_tok=195.0
    )


def same_prompt(_: Conditions) -> Source:
    """Return the method of a load generator that repeats one short prompt: answers are alike."""
    return Source(
        url="https://ld-singh.github.io/ai-factory-ops-lab",
        client="http",
        reused_share=0.9,
        prompt_tok=40.0,
        output_variation=0.1,
    )
