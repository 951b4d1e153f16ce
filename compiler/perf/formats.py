"""Number formats: what a weight or a cached key takes, and which units multiply it."""

from collections.abc import Mapping

from inferc.compiler.model import Accelerator

ACTIVATION_BYTES = 2.0
"""Of one activation: engines keep them in 16 bits."""

WIDE_BYTES = 2.0
"""Of a parameter that checkpoints leave in 16 bits: embeddings, output head, routers, norms."""

BYTES_PER_PARAMETER: Mapping[str, float] = {
    "fp32": 4.0,
    "fp16": 2.0,
    "bf16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    "w8a16": 1.0,
    "int4": 0.5 + (2.0 + 0.5) / 128.0,
    "nvfp4": 0.5 + 1.0 / 16.0,
    "mxfp4": 0.5 + 1.0 / 32.0,
}
"""Of a matrix in a layer. 8-bit formats have a scale a channel or a block of 128 x 128, too few to
count; int4 has a 16-bit scale and a 4-bit zero point for each group of 128 (Lin et al., AWQ, 2023;
Frantar et al., GPTQ, 2022); nvfp4 an 8-bit scale for 16 (NVIDIA, Blackwell architecture), mxfp4 one
for 32 (Open Compute Project, Microscaling Formats 1.0)."""

COMPUTE_DTYPES: Mapping[str, tuple[str, ...]] = {
    "fp32": ("fp32",),
    "fp16": ("fp16", "bf16", "fp32"),
    "bf16": ("bf16", "fp16", "fp32"),
    "fp8": ("fp8", "fp16", "bf16", "fp32"),
    "int8": ("int8", "fp16", "bf16", "fp32"),
    "w8a16": ("fp16", "bf16", "fp32"),
    "int4": ("fp16", "bf16", "fp32"),
    "nvfp4": ("fp4", "fp16", "bf16", "fp32"),
    "mxfp4": ("fp4", "fp16", "bf16", "fp32"),
}
"""The units that multiply weights of a format, best first: without hardware for it the weights are
widened to the next format that there is; int4 and w8a16 always are (Lin et al., AWQ, 2023)."""

EXPERTS_ONLY = frozenset({"mxfp4"})
"""Formats in which only the experts are published (OpenAI, gpt-oss model card, 2025)."""

KV_BYTES: Mapping[str, float] = {"fp32": 4.0, "fp16": 2.0, "bf16": 2.0, "fp8": 1.0, "int8": 1.0}
"""Of one entry of the KV cache."""


def compute_dtype(accelerator: Accelerator, precision: str) -> str | None:
    """Return the format in which ``accelerator`` multiplies weights of ``precision``, or None."""
    known = accelerator.flop_per_s
    return next((dtype for dtype in COMPUTE_DTYPES.get(precision, ()) if dtype in known), None)


def peak_flop_per_s(accelerator: Accelerator, precision: str) -> float:
    """Return the dense peak for weights of ``precision``; 0 where the device cannot do it."""
    dtype = compute_dtype(accelerator, precision)
    return accelerator.flop_per_s[dtype].value if dtype else 0.0
