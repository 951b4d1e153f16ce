"""How laboratories measure: Argonne, Splitwise, AccelMark, llm-d."""

import re

from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.methods.source import Setting, Source


def argonne(row: Conditions) -> Source:
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


def splitwise(_: Conditions) -> Source:
    """Return the method of Splitwise's profiles: vLLM of 2023, which had no CUDA graphs yet."""
    return Source(
        url="https://github.com/Mutinifni/splitwise-sim, data/perf_model.csv",
        engine_version="0.2",
        client="in_process",
        settings={"eager": True, "prefix_caching": False},
    )


def accelmark(row: Conditions) -> Source:
    """Return the method of AccelMark: the engine's Python class in the benchmark's own process.

    Serial runs send one request after the other; sustained ones keep eight in flight for a quarter
    of an hour or longer, counted after warming up. Prompts go through the chat template. Before
    Ampere the engine runs without CUDA graphs, and so do compressed weights on vLLM's second
    engine, where a token takes 17 to 20 ms with one sequence and with forty. Every run sends the
    same prompts again: where the engine keeps prefixes by default, as vLLM's does from 0.8 on, all
    runs but the first find them.
    """
    settings: dict[str, Setting] = {}
    if row.facts.get("eager") or (_keeps_prefixes(row) and "quantized" in row.model.lower()):
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


def llm_d(row: Conditions) -> Source:
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
