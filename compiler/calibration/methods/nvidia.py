"""How NVIDIA measures: aiconfigurator's sweeps, TensorRT-LLM's pages, MLPerf."""

import re
from dataclasses import replace

from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.methods.source import Setting, Source

AIPERF = Source(
    url="https://github.com/ai-dynamo/aiconfigurator, src/aiconfigurator/eval",
    rounds=10,
    warm_up=True,
    equal_lengths=True,
    client="http",
)
"""AIPerf at a concurrency, ``--request-count 10 x c --warmup-request-count 2 x c``, equal lengths,
``ignore_eos``, chat endpoint."""


def aiconfigurator(row: Conditions) -> Source:
    """Return the method of aiconfigurator's sweeps, of which there are two.

    Both start servers as its generator writes the command, with a token budget of the batch and
    one prompt: ``agg max_num_tokens = max_batch_size + isl``, later 1500 more. One has lengths of
    powers of two and data sets that are long enough. The other, with lengths in thousands, mixes
    chunks of about 4,096 tokens in SGLang, and leaves AIPerf at its usual data set of 100 prompts:
    they come again and again, and vLLM and TensorRT-LLM keep prefixes unless told not to. Qwen3-32B
    has an 8-bit cache there: a token takes less than its weights and a wider cache take to read at
    full bandwidth.
    """
    batch = float(row.facts.get("batch_size") or row.concurrency or 0)
    budget_tok = batch + (row.isl_tok or 0.0)
    known = replace(AIPERF, settings={"max_num_batched_tokens": budget_tok})
    if (row.isl_tok or 1.0) % _THOUSAND_TOK:
        return known
    settings: dict[str, Setting] = {"max_num_batched_tokens": 8192.0}
    if row.engine == "sglang":
        mixed: dict[str, Setting] = {"max_num_batched_tokens": 4096.0, "mixed_chunk": True}
        return replace(known, settings=mixed)
    if row.engine != "vllm":
        settings = {"max_num_batched_tokens": budget_tok + 1500.0, "max_num_seqs": batch}
    if "qwen3-32b" in row.model.lower() and row.weights == "fp8":
        settings["kv_cache"] = "fp8"
    return replace(
        known,
        settings=settings,
        reused_share=_aiperf_reused(row.concurrency or 1),
        distinct_prompts=_AIPERF_PROMPTS,
    )


def _aiperf_reused(concurrency: int) -> float:
    """Return which share of prompts the cache holds when they are counted.

    Of 100 prompts the warm-up sends ``2 c``, the first so many of ``10 c`` that count the rest.
    """
    unseen = max(0, _AIPERF_PROMPTS - 2 * concurrency)
    counted = 10 * concurrency
    return min(_AIPERF_REUSED, 1.0 - min(unseen, counted) / counted)


_AIPERF_PROMPTS = 100
"""``--num-dataset-entries`` of AIPerf and GenAI-Perf, unless said otherwise."""
_AIPERF_REUSED = 0.97
"""At most: the last block of a prompt is always worked out."""
_THOUSAND_TOK = 1000.0

_TRTLLM_REQUESTS = {
    (128, 128): 30000,
    (128, 2048): 3000,
    (128, 4096): 1500,
    (500, 2000): 3000,
    (1000, 1000): 3000,
    (1000, 2000): 1500,
    (2048, 128): 3000,
    (2048, 2048): 1500,
    (5000, 500): 1500,
    (20000, 2000): 1000,
}
"""Requests by lengths in and out, as the page lists them."""


_TRTLLM_ONLINE_REQUESTS = 500


def trtllm_docs(row: Conditions) -> Source:
    """Return the method of TensorRT-LLM's performance overview.

    Throughput: ``trtllm-bench``, all requests in rapid succession, equal lengths, KV memory kept
    for the whole answer, chunks of prompts mixed with answers, a KV cache of 8 bits with weights
    of 8 bits. Online serving: 500 requests to Triton at a rate, or all at once.
    """
    url = "https://nvidia.github.io/TensorRT-LLM/performance/perf-overview.html"
    settings: dict[str, Setting] = {"prefix_caching": False}
    if row.load == "open_loop":
        return Source(
            url=url,
            arrivals="poisson",
            requests=_TRTLLM_ONLINE_REQUESTS,
            equal_lengths=True,
            client="triton",
            tpot_of="token",
            settings=settings,
        )
    if row.load != "offline":
        return Source(url=url, client="native", settings=settings)
    settings |= {
        "chunked_prefill": True,
        "kv_memory_share": 0.95,
        "max_num_batched_tokens": 8192.0,
        "max_num_seqs": 4096.0,
    }
    if row.weights.startswith("fp8"):
        settings["kv_cache"] = "fp8"
    return Source(
        url=url,
        requests=_TRTLLM_REQUESTS.get((int(row.isl_tok or 0), int(row.osl_tok or 0))),
        equal_lengths=True,
        client="native",
        settings=settings,
    )


_MLPERF_URL = "https://github.com/mlcommons/inference_policies"
MLPERF = Source(
    url=_MLPERF_URL,
    arrivals="poisson",
    client="native",
    prompt_variation=0.77,
    output_variation=0.79,
    smallest_that_fits=True,
    steady=True,
    settings={"prefix_caching": False},
)
"""LoadGen: Poisson arrivals in the server scenario, all samples at once in the offline one. Spread
of lengths: OpenOrca's, from openshift-psap/performance-dashboard."""


def mlperf(row: Conditions) -> Source:
    """Return the method of MLPerf, whose tables give the format of the published weights.

    Submissions of language models compute in 8 bits where the accelerator can: H100 delivers more
    than its 16-bit peak would allow.
    """
    weights = "fp8" if row.weights in {"", "bf16", "fp16"} and not _OLD.search(row.gpu) else ""
    settings = {**MLPERF.settings, **({"kv_cache": "fp8"} if weights else {})}
    version = _MLPERF_4_1_VERSIONS.get(row.engine, "")
    return replace(MLPERF, engine_version=version, weights=weights, settings=settings)


_OLD = re.compile(r"^(a100|a10|a30|a40|t4|v100|mi2|mi210|mi250)")
"""Accelerators without units for 8-bit floats."""


_MLPERF_4_1_VERSIONS = {"trtllm": "0.11", "vllm": "0.5"}
"""Current when round 4.1 was submitted, July 2024."""
