"""Which rule holds for a source."""

import re
from collections.abc import Callable

from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.methods.inferencex import inferencex
from inferc.compiler.calibration.methods.laboratories import accelmark, argonne, llm_d, splitwise
from inferc.compiler.calibration.methods.nvidia import (
    AIPERF,
    aiconfigurator,
    mlperf,
    trtllm_docs,
)
from inferc.compiler.calibration.methods.source import Setting, Source
from inferc.compiler.calibration.methods.users import (
    fmbench,
    gpustack,
    lambda_labs,
    lmdeploy,
    qwen,
    same_prompt,
    sharegpt_clients,
)


def source_of(row: Conditions) -> Source:
    """Return what is known of the method of a row's source."""
    name = row.source.lower()
    for pattern, rule in _RULES:
        if re.search(pattern, name):
            return rule(row)
    if row.load.startswith("mlperf"):
        return mlperf(row)
    return Source(reused_share=None, settings=_usual(row))


def _usual(row: Conditions) -> dict[str, Setting]:
    """Return what is usual where the source is not known.

    NVIDIA's 8- and 4-bit checkpoints, which TensorRT-LLM mostly serves, ask for an 8-bit KV cache;
    those that a model's own makers publish do not.
    """
    narrow = row.weights.lower() in {"fp8", "fp4", "nvfp4"}
    theirs = row.model.lower().startswith(("nvidia/", "llama", "meta-llama/", "mi"))
    return {"kv_cache": "fp8"} if row.engine == "trtllm" and narrow and theirs else {}


_RULES: tuple[tuple[str, Callable[[Conditions], Source]], ...] = (
    (r"inferencex|inferencemax", inferencex),
    (r"aiconfigurator", aiconfigurator),
    (r"aiperf|genai-perf", lambda _: AIPERF),
    (r"tensorrt-llm docs|trtllm-bench", trtllm_docs),
    (r"mlperf", mlperf),
    (r"argonne|llm-inference-bench \(", argonne),
    (r"splitwise", splitwise),
    (r"accelmark", accelmark),
    (r"llm-d|lmbench", llm_d),
    (r"gpustack", gpustack),
    (r"qwen[\d.]* speed benchmark", qwen),
    (r"lmdeploy docs", lmdeploy),
    (r"lambda", lambda_labs),
    (r"fmbench", fmbench),
    (r"ai-factory-ops-lab", same_prompt),
    (
        r"iog-foundation",
        sharegpt_clients("https://github.com/IOG-Foundation/llm-inference-benchmarks"),
    ),
    (
        r"sglang benchmark_vllm",
        sharegpt_clients("https://github.com/sgl-project/sglang, benchmark/benchmark_vllm_060"),
    ),
    (
        r"sgl-cookbook|sglang cookbook",
        sharegpt_clients("https://github.com/sgl-project/sgl-cookbook"),
    ),
)
"""The first pattern found in a source's name, in lower case, decides."""
