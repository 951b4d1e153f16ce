"""How InferenceX measures: SemiAnalysis' scripts, one for each model, accelerator and engine.

Source: benchmarks/*.sh of https://github.com/SemiAnalysisAI/InferenceX, autumn 2025.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.methods.source import Setting, Source

_INFERENCEX = Source(
    url="https://github.com/SemiAnalysisAI/InferenceX, benchmarks/*.sh",
    rounds=10,
    warm_up=False,
    client="http",
)
"""``benchmark_serving.py --random-range-ratio 0.8 --num-prompts 10 x concurrency --request-rate inf
--ignore-eos``, prefix caching off in every server script."""

_VERSIONS = {"vllm": "0.10", "trtllm": "1.0", "sglang": "0.5"}
"""Of its first months."""


def inferencex(row: Conditions) -> Source:
    """Return the method of InferenceX for a row's engine, accelerator and model."""
    settings: dict[str, Setting] = {"prefix_caching": False}
    of_engine = _ENGINES.get(row.engine)
    if of_engine:
        settings |= of_engine(row)
    return replace(_INFERENCEX, settings=settings, engine_version=_VERSIONS.get(row.engine, ""))


def _is(row: Conditions, *names: str) -> bool:
    return any(name in row.model.lower() for name in names)


def _in_flight(row: Conditions, otherwise: float) -> float:
    return float(row.concurrency or otherwise)


# ---- vLLM ------------------------------------------------------------------------------------

_BLACKWELL = ("b200", "b300", "gb200", "gb300")


def _vllm(row: Conditions) -> Mapping[str, Setting]:
    """Return the flags of ``{70b,gptoss}_fp{4,8}_*_{docker,slurm}.sh``.

    The 8-bit KV cache is Llama's only, and not on H100. On Blackwell Llama's steps with prompts run
    without CUDA graphs (``FULL_DECODE_ONLY``).
    """
    settings: dict[str, Setting] = {"async_scheduling": True}
    llama = not _is(row, "gpt-oss", "gptoss")
    if llama and not row.gpu.startswith("h100"):
        settings["kv_cache"] = "fp8"
    if row.gpu.startswith("mi"):
        if llama:
            settings["max_num_batched_tokens"] = 131072.0
            four_bits = row.weights in {"fp4", "mxfp4"}
            settings["max_num_seqs"] = 1024.0 if four_bits else _in_flight(row, 1024.0)
        return settings | {"memory_share": 0.94 if llama else 0.95}
    settings |= {"max_num_batched_tokens": 8192.0, "memory_share": 0.9}
    if row.gpu.startswith(_BLACKWELL):
        eager = {"eager_prompts": True} if llama else {}
        return settings | {"max_num_seqs": 512.0} | eager
    return settings | {"max_num_seqs": _in_flight(row, 512.0)}


# ---- TensorRT-LLM ----------------------------------------------------------------------------

_SHORT_TOK = 1024
_WAITS_BELOW_TP = 8


def _trtllm(row: Conditions) -> Mapping[str, Setting]:
    """Return the settings of ``{70b,gptoss,dsr1}_fp*_trt_{docker,slurm}.sh``."""
    if _is(row, "gpt-oss", "gptoss"):
        return {
            "kv_memory_share": 0.85,
            "max_num_batched_tokens": 20000.0,
            "max_num_seqs": _in_flight(row, 512.0),
            "stream_interval": 20.0,
        }
    settings: dict[str, Setting] = {"kv_cache": "fp8", "stream_interval": 10.0}
    if _is(row, "deepseek"):
        # --max_num_tokens $(( (CONC + ISL + 64 + 63) / 64 * 64 )), KV in three quarters of memory
        tokens = ((row.concurrency or 0) + int(row.isl_tok or 0) + 64 + 63) // 64 * 64
        return settings | {
            "max_num_batched_tokens": float(tokens),
            "kv_memory_share": 0.75,
            "chunked_prefill": False,
        }
    settings["max_num_batched_tokens"] = 16384.0
    short = row.isl_tok == row.osl_tok == _SHORT_TOK
    if short and (row.tensor_parallel or 1) < _WAITS_BELOW_TP:
        settings |= {"batch_wait_iterations": 20.0, "batch_wait_ratio": 0.9}
    return settings


# ---- SGLang ----------------------------------------------------------------------------------

_SELDOM_FROM = 16


def _sglang(row: Conditions) -> Mapping[str, Setting]:
    """Return the flags of ``dsr1_fp{4,8}_{b200,h200,mi355x}_*.sh``.

    On B200 the scheduler looks for new requests every 10 steps, from 16 in flight on every 30; on
    AMD's accelerators it decodes four steps between two looks.
    """
    if row.gpu.startswith("mi"):
        return {
            "max_num_batched_tokens": 196608.0,
            "memory_share": 0.8,
            "receive_interval_steps": 4.0,
        }
    if row.gpu.startswith(("h200", "h100")):
        short = row.isl_tok == row.osl_tok == _SHORT_TOK
        return {
            "max_num_seqs": 512.0 if short else 256.0,
            "max_num_batched_tokens": 32768.0,
            "memory_share": 0.82,
        }
    seldom = (row.concurrency or 0) >= _SELDOM_FROM
    four_bits = row.weights in {"fp4", "nvfp4"}
    return {
        "max_num_seqs": 256.0 if four_bits else 128.0,
        "max_num_batched_tokens": 16384.0 if four_bits else 32768.0,
        "kv_cache": "fp8",
        "memory_share": 0.85 if four_bits else 0.82,
        "receive_interval_steps": 30.0 if seldom else 10.0,
    }


_ENGINES: Mapping[str, Callable[[Conditions], Mapping[str, Setting]]] = {
    "sglang": _sglang,
    "trtllm": _trtllm,
    "vllm": _vllm,
}
