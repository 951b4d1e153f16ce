"""What tables of measurements call models, accelerators, engines and formats, in our words."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.methods import source_of
from inferc.compiler.model import find_model

# ---- weights and caches ----------------------------------------------------------------------

_FORMATS: Mapping[str, str] = {
    "auto": "",
    "awq": "int4",
    "awq_int4": "int4",
    "bf16": "bf16",
    "bfloat16": "bf16",
    "bnb": "int4",
    "fp16": "fp16",
    "float16": "fp16",
    "half": "fp16",
    "fp32": "fp32",
    "fp4": "fp4",
    "fp8": "fp8",
    "fp8_block": "fp8",
    "fp8_e4m3": "fp8",
    "fp8_e5m2": "fp8",
    "gptq_int4": "int4",
    "gptq_int8": "w8a16",
    "int4": "int4",
    "int8": "int8",
    "mxfp4": "mxfp4",
    "nf4": "int4",
    "nvfp4": "nvfp4",
    "w4a16": "int4",
    "w8a16": "w8a16",
    "w8a16_int8": "w8a16",
    "w8a8": "int8",
    "w8a8_int8": "int8",
}
"""Formats by what tables call them. GPTQ's and bitsandbytes' weights are widened for the multiply,
so eight bits of GPTQ are ``w8a16``; a bare ``int8`` is both weights and activations."""

_IN_NAMES: tuple[tuple[str, str], ...] = (
    (r"nvfp4", "nvfp4"),
    (r"mxfp4|gpt-oss", "mxfp4"),
    (r"w4a16|gptq-int4|awq|int4|4bit", "int4"),
    (r"w8a16|gptq-int8", "w8a16"),
    (r"w8a8|int8|8bit", "int8"),
    (r"fp4", "fp4"),
    (r"fp8", "fp8"),
    (r"bf16", "bf16"),
    (r"fp16", "fp16"),
)
"""What a model's name says of its weights; the first that is found decides."""


class Format(NamedTuple):
    """A number format, and whether somebody says so."""

    name: str
    """Empty where nobody says: the checkpoint's own."""
    stated: bool


def weights_format(row: Conditions) -> Format:
    """Return the format of the weights: what the row says, else the model's name.

    Where the source is known to print another format than it ran with, the one it ran with.
    """
    known = source_of(row).weights
    if known:
        return Format(known, stated=False)
    written = row.weights.lower().strip()
    stated = _FORMATS.get(written.removesuffix("?"), "")
    if stated:
        return Format(_narrowed(stated, row), not written.endswith("?"))
    name = row.model.lower()
    found = next((kind for pattern, kind in _IN_NAMES if re.search(pattern, name)), "")
    return Format(_narrowed(found, row), bool(found))


def _narrowed(kind: str, row: Conditions) -> str:
    """Return which four-bit float ``fp4`` is: NVIDIA's own, or the open one everywhere else."""
    if kind != "fp4":
        return kind
    if row.matrix_format in {"nvfp4", "mxfp4"}:
        return row.matrix_format
    return "mxfp4" if row.gpu.lower().startswith("mi") else "nvfp4"


def cache_format(row: Conditions) -> Format:
    """Return the format of the KV cache; empty where it is the engine's default."""
    name = _FORMATS.get(row.kv_cache.lower().strip(), "")
    return Format(name, bool(name))


# ---- engines ---------------------------------------------------------------------------------


class EngineName(NamedTuple):
    """An engine of the catalog, and whether it is the one that the row names."""

    id: str
    same: bool


_ENGINES: Mapping[str, str] = {
    "deepspeed": "deepspeed_mii",
    "deepspeedmii": "deepspeed_mii",
    "mii": "deepspeed_mii",
    "huggingfacetgi": "tgi",
    "llamacpp": "llama_cpp",
    "lmdeploy": "lmdeploy",
    "sglang": "sglang",
    "tensorrtllm": "tensorrt_llm",
    "textgenerationinference": "tgi",
    "tgi": "tgi",
    "trt": "tensorrt_llm",
    "trtllm": "tensorrt_llm",
    "turbomind": "lmdeploy",
    "vllm": "vllm",
    "vllmrocm": "vllm",
}
USUAL_ENGINE = "vllm"
"""The most usual engine, for one that is unknown or that the catalog lacks."""


def engine_name(row: Conditions) -> EngineName:
    """Return the engine of a row, or the usual one where it is unknown."""
    plain = re.sub(r"[^a-z]", "", row.engine.lower())
    if plain in _ENGINES:
        return EngineName(_ENGINES[plain], same=True)
    return EngineName(USUAL_ENGINE, same=False)


def version_of(text: str) -> tuple[int, int] | None:
    """Return major and minor number of the first version in ``text``, or None.

    ``lmsysorg/sglang:v0.5.9-cu130`` is (0, 5), ``1.0.0rc3`` is (1, 0). The version of TensorRT says
    nothing about TensorRT-LLM's.
    """
    found = re.search(r"(?<![\d.])v?(\d+)\.(\d+)", re.sub(r"(?i)tensorrt [\d.]+", "", text))
    return (int(found[1]), int(found[2])) if found else None


class _Rewrite(NamedTuple):
    """A version since which an engine works in another way."""

    version: tuple[int, int]
    month: str
    """When it came out."""
    before: str
    """What the engine is called before it."""


_REWRITES: Mapping[str, _Rewrite] = {
    "vllm": _Rewrite((0, 8), "2025-03", "vllm_v0"),
    "tensorrt_llm": _Rewrite((0, 19), "2025-05", "tensorrt_llm_cpp"),
    "tgi": _Rewrite((2, 0), "2024-04", "tgi_v1"),
}
"""vLLM's V1 engine became the default with 0.8.0 (release notes). TensorRT-LLM's figures are taken
with its PyTorch backend since 0.19 (performance overview), before that with engines that TensorRT
compiled."""


def generation(row: Conditions, usual_version: str) -> str:
    """Return the engine's name with its generation, where it was rewritten in between.

    The row's own version decides, then ``usual_version``, what the source is known to have used,
    then the date. Without any of them the engine is taken as it is now.
    """
    engine = engine_name(row).id
    rewrite = _REWRITES.get(engine)
    if rewrite is None:
        return engine
    version = version_of(row.engine_version) or version_of(usual_version)
    older = version < rewrite.version if version else _older(row.date, rewrite.month)
    return rewrite.before if older else engine


def _older(date: str, month: str) -> bool:
    """Return whether ``date``, as long as it is given, lies before ``month``."""
    if not re.match(r"\d{4}(-\d\d)?", date):
        return False
    return date[: len(month)] < month[: len(date)]


# ---- models and accelerators -----------------------------------------------------------------


def model_path(row: Conditions) -> str | None:
    """Return the catalog path of the row's model, or None where the catalog lacks it."""
    return find_model(row.model) if row.model.strip() else None


_UNSPECIFIED: Mapping[str, str] = {
    "a100": "a100_80gb_sxm",
    "h100": "h100_sxm",
    "h200": "h200_sxm",
    "b200": "b200_sxm",
    "l40": "l40s",
}
"""The usual variant of an accelerator of which the source says only the family."""
_ARGONNE_A100 = "a100_40gb_sxm"
"""Polaris has A100 with 40 GB on SXM boards (https://docs.alcf.anl.gov/polaris)."""


class AcceleratorName(NamedTuple):
    """An accelerator, and whether the row says which variant it is."""

    name: str
    stated: bool


def accelerator_name(row: Conditions) -> AcceleratorName:
    """Return which accelerator a row ran on, as benchmarks write it; empty where unknown."""
    written = row.gpu.lower().strip()
    family = re.sub(r"_?(unspecified|unknown)$", "", written)
    if not family:
        return AcceleratorName("", stated=False)
    if family == written:
        return AcceleratorName(written, stated=True)
    if family == "a100" and "argonne" in row.source.lower():
        return AcceleratorName(_ARGONNE_A100, stated=False)
    return AcceleratorName(_UNSPECIFIED.get(family, family), stated=False)
