"""What sources of measurements publish about how they measure: one rule for each, with where.

A rule is keyed on the source's name, never on a row: what it says holds for all rows of that source
under the conditions that it names.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from inferc.compiler.calibration.measurements import Conditions

Setting = str | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is known of a source's method; None or empty where it is not."""

    url: str = ""
    weights: str = ""
    """Format of the weights, where the source's tables print another one than it ran with."""
    engine_version: str = ""
    """What was current when it measured, where it publishes no version."""
    arrivals: str = ""
    requests: int | None = None
    realised_requests: int | None = None
    """How many were really sent, where a column says otherwise."""
    rounds: int | None = None
    """Requests for each one in flight."""
    warm_up: bool | None = None
    steady: bool = False
    equal_lengths: bool = False
    """Whether all prompts, and all answers, are as long as stated."""
    prompt_tok: float | None = None
    output_tok: float | None = None
    prompt_variation: float | None = None
    output_variation: float | None = None
    template_tok: float = 0.0
    reused_share: float | None = 0.0
    distinct_prompts: int | None = None
    """How many prompts there are that are sent again and again."""
    client: str = ""
    tpot_of: str = "request"
    ttft_of: str = "request"
    tensor_parallel: int | None = None
    smallest_that_fits: bool = False
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])


def source_of(row: Conditions) -> Source:
    """Return what is known of the method of a row's source."""
    name = row.source.lower()
    for pattern, rule in _RULES:
        if re.search(pattern, name):
            return rule(row)
    return _MLPERF if row.load.startswith("mlperf") else Source(reused_share=None)


# ---- InferenceX ------------------------------------------------------------------------------

_INFERENCEX = Source(
    url="https://github.com/SemiAnalysisAI/InferenceX, benchmarks/*.sh",
    rounds=10,
    warm_up=False,
    client="http",
)
"""``benchmark_serving.py --random-range-ratio 0.8 --num-prompts 10 x concurrency --request-rate inf
--ignore-eos``, prefix caching off in every server script."""


def _inferencex(row: Conditions) -> Source:
    engines = {"vllm": _inferencex_vllm, "trtllm": _inferencex_trtllm, "sglang": _inferencex_sglang}
    settings: dict[str, Setting] = {"prefix_caching": False}
    if row.engine in engines:
        settings |= engines[row.engine](row)
    version = _INFERENCEX_VERSIONS.get(row.engine, "")
    return replace(_INFERENCEX, settings=settings, engine_version=version)


_INFERENCEX_VERSIONS = {"vllm": "0.10", "trtllm": "1.0", "sglang": "0.5"}
"""Of its first months, autumn 2025."""


def _inferencex_vllm(row: Conditions) -> Mapping[str, Setting]:
    """Return the flags of ``70b_fp{4,8}_{b200,h100}_docker.sh``."""
    settings: dict[str, Setting] = {
        "max_num_batched_tokens": 8192.0,
        "memory_share": 0.9,
        "async_scheduling": True,
    }
    if row.gpu.startswith("h100"):
        return settings | {"max_num_seqs": float(row.concurrency or 512)}
    return settings | {"max_num_seqs": 512.0, "kv_cache": "fp8"}


def _inferencex_trtllm(row: Conditions) -> Mapping[str, Setting]:
    """Return the settings of ``70b_fp*_b200_trt_*.sh`` and ``dsr1_fp*_trt_slurm.sh``."""
    settings: dict[str, Setting] = {"kv_cache": "fp8", "stream_interval": 10.0}
    if "deepseek" in row.model.lower():
        # --max_num_tokens $(( (CONC + ISL + 64 + 63) / 64 * 64 )), KV in three quarters of memory
        tokens = ((row.concurrency or 0) + int(row.isl_tok or 0) + 64 + 63) // 64 * 64
        return settings | {
            "max_num_batched_tokens": float(tokens),
            "kv_memory_share": 0.75,
            "chunked_prefill": False,
        }
    settings["max_num_batched_tokens"] = 16384.0
    short = row.isl_tok == row.osl_tok == _INFERENCEX_SHORT_TOK
    if short and (row.tensor_parallel or 1) < _INFERENCEX_WAITS_BELOW_TP:
        settings |= {"batch_wait_iterations": 20.0, "batch_wait_ratio": 0.9}
    return settings


_INFERENCEX_SHORT_TOK = 1024
_INFERENCEX_WAITS_BELOW_TP = 8


def _inferencex_sglang(row: Conditions) -> Mapping[str, Setting]:
    """Return the flags of ``dsr1_fp*_{b200,mi355x,h200}_*.sh``.

    On B200 the scheduler looks for new requests every 10 steps, from 16 in flight on every 30.
    """
    if not row.gpu.startswith("b200"):
        return {}
    often = (row.concurrency or 0) >= _INFERENCEX_SELDOM_FROM
    return {
        "max_num_seqs": 128.0,
        "max_num_batched_tokens": 32768.0,
        "kv_cache": "fp8",
        "memory_share": 0.82,
        "receive_interval_steps": 30.0 if often else 10.0,
    }


_INFERENCEX_SELDOM_FROM = 16


# ---- NVIDIA ----------------------------------------------------------------------------------

_AICONFIGURATOR = Source(
    url="https://github.com/ai-dynamo/aiconfigurator, src/aiconfigurator/eval",
    rounds=10,
    warm_up=True,
    equal_lengths=True,
    client="http",
)
"""AIPerf at a concurrency, ``--request-count 10 x c --warmup-request-count 2 x c``, equal lengths,
``ignore_eos``, chat endpoint."""


def _aiconfigurator(row: Conditions) -> Source:
    """Return the method of aiconfigurator's sweeps, of which there are two.

    Both start servers as its generator writes the command, with a token budget of the batch and
    one prompt: ``agg max_num_tokens = max_batch_size + isl``, later 1500 more. One has lengths of
    powers of two and data sets that are long enough. The other, with lengths in thousands, mixes
    chunks in SGLang, and leaves AIPerf at its usual data set of 100 prompts: they come again and
    again, and vLLM keeps prefixes unless told not to.
    """
    batch = float(row.facts.get("batch_size") or row.concurrency or 0)
    budget_tok = batch + (row.isl_tok or 0.0)
    known = replace(_AICONFIGURATOR, settings={"max_num_batched_tokens": budget_tok})
    if (row.isl_tok or 1.0) % _THOUSAND_TOK:
        return known
    match row.engine:
        case "sglang":
            settings: dict[str, Setting] = {"max_num_batched_tokens": 8192.0, "mixed_chunk": True}
            return replace(known, settings=settings)
        case "vllm":
            return replace(
                known,
                settings={"max_num_batched_tokens": 8192.0},
                reused_share=_aiperf_reused(row.concurrency or 1),
                distinct_prompts=_AIPERF_PROMPTS,
            )
        case _:
            settings = {"max_num_batched_tokens": budget_tok + 1500.0, "max_num_seqs": batch}
            return replace(known, settings=settings)


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


def _trtllm_docs(row: Conditions) -> Source:
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
_MLPERF = Source(
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


def _mlperf(row: Conditions) -> Source:
    """Return the method of MLPerf, whose tables give the format of the published weights.

    Submissions of language models compute in 8 bits where the accelerator can: H100 delivers more
    than its 16-bit peak would allow.
    """
    weights = "fp8" if row.weights in {"", "bf16", "fp16"} and not _OLD.search(row.gpu) else ""
    settings = {**_MLPERF.settings, **({"kv_cache": "fp8"} if weights else {})}
    version = _MLPERF_4_1_VERSIONS.get(row.engine, "")
    return replace(_MLPERF, engine_version=version, weights=weights, settings=settings)


_OLD = re.compile(r"^(a100|a10|a30|a40|t4|v100|mi2|mi210|mi250)")
"""Accelerators without units for 8-bit floats."""


_MLPERF_4_1_VERSIONS = {"trtllm": "0.11", "vllm": "0.5"}
"""Current when round 4.1 was submitted, July 2024."""


# ---- laboratories ----------------------------------------------------------------------------


def _argonne(row: Conditions) -> Source:
    """Return the method of LLM-Inference-Bench: one batch of random prompts, run to the end.

    What it calls time to first token is the time of the batch with one token each. Its
    DeepSpeed-MII script repeats one word, does not warm up and lets answers end early.
    """
    return Source(
        url="https://github.com/argonne-lcf/LLM-Inference-Bench",
        engine_version={"vllm": "0.5", "trtllm": "0.10"}.get(row.engine, ""),
        warm_up=row.engine != "deepspeed",
        ttft_of="last",
        client="in_process",
        settings={"prefix_caching": False},
    )


def _splitwise(_: Conditions) -> Source:
    """Return the method of Splitwise's profiles: vLLM of 2023, which had no CUDA graphs yet."""
    return Source(
        url="https://github.com/Mutinifni/splitwise-sim, data/perf_model.csv",
        engine_version="0.2",
        client="in_process",
        settings={"eager": True, "prefix_caching": False},
    )


def _accelmark(row: Conditions) -> Source:
    """Return the method of AccelMark: the engine's Python class in the benchmark's own process.

    Serial runs send one request after the other; sustained ones keep eight in flight for a quarter
    of an hour or longer, counted after warming up. Prompts go through the chat template. Before
    Ampere the engine runs without CUDA graphs. Every run sends the same prompts again: where the
    engine keeps prefixes by default, as vLLM's does from 0.8 on, all runs but the first find them.
    """
    settings: dict[str, Setting] = {}
    if row.facts.get("eager"):
        settings["eager"] = True
    if row.facts.get("max_model_len", "").isdigit():
        settings["max_model_len"] = float(row.facts["max_model_len"])
    if not _keeps_prefixes(row) and row.load != "offline":
        # AsyncLLMEngine of vLLM's first engine schedules, samples and streams in one process.
        settings["single_process"] = True
    sustained = row.load == "closed_loop" and (row.concurrency or 1) > 1
    return Source(
        url="https://github.com/FreedomIntelligence/AccelMark, suites/README.md",
        arrivals="poisson",
        requests=30 * (row.concurrency or 1) if sustained else None,
        realised_requests=_ACCELMARK_LONG_PROMPTS if _long(row) and row.rate_per_s else None,
        warm_up=row.load == "offline",
        steady=sustained,
        template_tok=_LLAMA_TEMPLATE_TOK,
        reused_share=_accelmark_reused(row),
        distinct_prompts=row.num_prompts,
        client="in_process",
        settings=settings,
    )


def _accelmark_reused(row: Conditions) -> float:
    """Return what of a prompt the cache holds from the run before, in whole blocks of 16.

    Long prompts push each other out before they come again.
    """
    if _long(row) or not _keeps_prefixes(row):
        return 0.0
    return 1.0 - 8.0 / ((row.isl_tok or 0.0) + _LLAMA_TEMPLATE_TOK)


def _keeps_prefixes(row: Conditions) -> bool:
    version = re.match(r"0\.(\d+)", row.engine_version)
    return version is not None and int(version[1]) >= _PREFIXES_KEPT_SINCE


def _long(row: Conditions) -> bool:
    return (row.isl_tok or 0.0) > _ACCELMARK_LONG_TOK


_ACCELMARK_LONG_PROMPTS = 100
"""Its long data set has so many, whatever the suite asks for: at 0.5 a second a run takes 204 s."""


_PREFIXES_KEPT_SINCE = 8
"""Minor version of vLLM since which prefixes are kept unless told otherwise."""
_ACCELMARK_LONG_TOK = 8192.0
_LLAMA_TEMPLATE_TOK = 30.0
"""Header, date lines and role markers of the chat templates of Llama 3 and Qwen2.5."""


def _llm_d(row: Conditions) -> Source:
    """Return the method of LMBench: users in several rounds, each sending the talk so far."""
    return Source(
        url="https://github.com/llm-d/llm-d-benchmark, data/openshift",
        arrivals="even",
        reused_share=0.3 if (row.isl_tok or 0.0) > _LMBENCH_SHORT_TOK else 0.0,
        client="http",
        tensor_parallel=2,
        settings={"prefix_caching": True, "memory_share": 0.95},
    )


_LMBENCH_SHORT_TOK = 500.0


# ---- vendors and users -----------------------------------------------------------------------


def _gpustack(_: Conditions) -> Source:
    """Return the method of the Performance Lab: ``vllm bench serve``, or GuideLLM at a rate."""
    return Source(
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


def _qwen(row: Conditions) -> Source:
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


def _lmdeploy(row: Conditions) -> Source:
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


def _lambda(row: Conditions) -> Source:
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


def _fmbench(row: Conditions) -> Source:
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


def _sharegpt_clients(url: str, arrivals: str = "poisson") -> Callable[[Conditions], Source]:
    """Return the rule for users of ``bench_serving`` of vLLM or SGLang with ShareGPT."""
    return lambda _: Source(
        url=url, arrivals=arrivals, client="http", prompt_tok=222.0, output_tok=195.0
    )


def _same_prompt(_: Conditions) -> Source:
    return Source(
        url="https://ld-singh.github.io/ai-factory-ops-lab",
        client="http",
        reused_share=0.9,
        prompt_tok=40.0,
    )


_RULES: tuple[tuple[str, Callable[[Conditions], Source]], ...] = (
    (r"inferencex|inferencemax", _inferencex),
    (r"aiconfigurator", _aiconfigurator),
    (r"aiperf|genai-perf", lambda _: _AICONFIGURATOR),
    (r"tensorrt-llm docs|trtllm-bench", _trtllm_docs),
    (r"mlperf", _mlperf),
    (r"argonne|llm-inference-bench \(", _argonne),
    (r"splitwise", _splitwise),
    (r"accelmark", _accelmark),
    (r"llm-d|lmbench", _llm_d),
    (r"gpustack", _gpustack),
    (r"qwen[\d.]* speed benchmark", _qwen),
    (r"lmdeploy docs", _lmdeploy),
    (r"lambda", _lambda),
    (r"fmbench", _fmbench),
    (r"ai-factory-ops-lab", _same_prompt),
    (
        r"iog-foundation",
        _sharegpt_clients("https://github.com/IOG-Foundation/llm-inference-benchmarks"),
    ),
    (
        r"sglang benchmark_vllm",
        _sharegpt_clients("https://github.com/sgl-project/sglang, benchmark/benchmark_vllm_060"),
    ),
    (
        r"sgl-cookbook|sglang cookbook",
        _sharegpt_clients("https://github.com/sgl-project/sgl-cookbook"),
    ),
)
"""The first pattern found in a source's name, in lower case, decides."""
