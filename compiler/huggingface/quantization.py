"""In which format weights are published: what a quantiser wrote down about its work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from inferc.compiler.huggingface.config import Config
from inferc.compiler.huggingface.document import Members, Value
from inferc.dsl import Span

INSIDE: Final = ("quantization_config", "compression_config")
"""Where a configuration holds what its quantiser did."""

TORCH: Final[Mapping[str, str]] = MappingProxyType(
    {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16", "float8_e4m3fn": "fp8"}
)
BITS: Final[Mapping[int, str]] = MappingProxyType({4: "int4", 8: "w8a16"})
"""Weights alone are quantised: AWQ, GPTQ."""

ALGORITHMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "FP8": "fp8",
        "FP8_PB_WO": "fp8",
        "FP8_PER_CHANNEL_PER_TOKEN": "fp8",
        "INT8_SQ": "int8",
        "MXFP4": "mxfp4",
        "NVFP4": "nvfp4",
        "NVFP4_AWQ": "nvfp4",
        "W4A16": "int4",
        "W4A16_AWQ": "int4",
        "W4A16_GPTQ": "int4",
        "W4A16_NVFP4": "nvfp4",
        "W4A8_AWQ": "int4",
        "W4A8_MXFP4_FP8": "mxfp4",
        "W8A16": "w8a16",
        "W8A16_GPTQ": "w8a16",
        "W8A8_SQ_PER_CHANNEL": "int8",
    }
)
"""What NVIDIA's Model Optimizer calls them."""

MIXED: Final = "MIXED_PRECISION"
Reading: TypeAlias = Callable[[Mapping[str, Value]], str]


@dataclass(frozen=True, slots=True)
class Published:
    """A format, empty where it is not one that inferc knows, and where it is said."""

    format: str
    said: str
    """What the file says, for messages."""
    span: Span


def published(config: Config, whole: Config, beside: Config | None) -> Published | None:
    """Return the format of the weights; None where nothing says.

    What a quantiser wrote, into the configuration or into a file ``beside`` it, wins over the type
    that the model was trained in. ``config`` is that of the language model, ``whole`` that of the
    file.
    """
    for owner in (whole, config):
        for name in INSIDE:
            part = owner.part(name)
            if part is not None:
                return _of(part, owner.span(name))
    if beside is not None:
        return _of(beside.part("quantization") or beside.members, beside.whole)
    for owner in (config, whole):
        for name in ("dtype", "torch_dtype"):
            text = owner.text(name)
            if text:
                return Published(TORCH.get(text, ""), text, owner.span(name))
    return None


def _of(part: Members, span: Span) -> Published:
    """Return the format that a quantiser's own members come to."""
    values = part.values
    method = _text(values, "quant_method").lower()
    said = _text(values, "quant_algo") or method
    reading: Reading
    if said == method and "config_groups" in values:
        said, reading = method or "compressed-tensors", _compressed
    elif said != method:
        reading = _algorithm
    else:
        reading = METHODS.get(method, _weights_only if "bits" in values else _unknown)
    bits = values.get("bits")
    if reading is _weights_only and isinstance(bits, int):
        said = f"{method or 'quantised'} with {bits} bits"
    return Published(reading(values), said or "a quantiser without a name", span)


def _unknown(_values: Mapping[str, Value]) -> str:
    return ""


def _weights_only(values: Mapping[str, Value]) -> str:
    """Return the format of AWQ, GPTQ and their kin, which leave activations alone."""
    bits = values.get("bits", values.get("w_bit"))
    return BITS.get(bits, "") if isinstance(bits, int) else ""


def _bits_and_bytes(values: Mapping[str, Value]) -> str:
    narrow = values.get("load_in_4bit") is True or values.get("_load_in_4bit") is True
    return "int4" if narrow else "int8"


def _algorithm(values: Mapping[str, Value]) -> str:
    """Return the format of Model Optimizer: where matrices differ, that of most in the MLPs."""
    name = _text(values, "quant_algo").upper()
    layers = values.get("quantized_layers")
    if name != MIXED or not isinstance(layers, Members):
        return ALGORITHMS.get(name, "")
    known = {
        matrix: ALGORITHMS.get(_text(layer.values, "quant_algo").upper(), "")
        for matrix, layer in layers.values.items()
        if isinstance(layer, Members)
    }
    of_mlps = [said for matrix, said in known.items() if "mlp" in matrix or "expert" in matrix]
    formats = of_mlps or list(known.values())
    return max(sorted(set(formats)), key=formats.count, default="")


def _compressed(values: Mapping[str, Value]) -> str:
    """Return the format of compressed-tensors: that of the first group's weights."""
    groups = values.get("config_groups")
    first = next(iter(groups.values.values()), None) if isinstance(groups, Members) else None
    if not isinstance(first, Members):
        return ""
    weights = first.values.get("weights")
    if not isinstance(weights, Members):
        return ""
    bits, kind = weights.values.get("num_bits"), _text(weights.values, "type")
    if kind == "float":
        narrow = "mxfp4" if "mxfp4" in _text(values, "format") else "nvfp4"
        return {4: narrow, 8: "fp8"}.get(bits, "") if isinstance(bits, int) else ""
    both = isinstance(first.values.get("input_activations"), Members)
    narrow = BITS.get(bits, "") if isinstance(bits, int) else ""
    return "int8" if both and narrow == "w8a16" else narrow


def _quark(values: Mapping[str, Value]) -> str:
    """Return the format of AMD's Quark: that of the weights everywhere."""
    everywhere = values.get("global_quant_config")
    weight = everywhere.values.get("weight") if isinstance(everywhere, Members) else None
    dtype = _text(weight.values, "dtype") if isinstance(weight, Members) else ""
    names = {"fp8_e4m3": "fp8", "fp4": "mxfp4", "int8": "int8", "int4": "int4", "uint4": "int4"}
    return names.get(dtype, "")


METHODS: Final[Mapping[str, Reading]] = MappingProxyType(
    {
        "auto-round": _weights_only,
        "awq": _weights_only,
        "bitsandbytes": _bits_and_bytes,
        "compressed-tensors": _compressed,
        "fbgemm_fp8": lambda _values: "fp8",
        "fp8": lambda _values: "fp8",
        "gptq": _weights_only,
        "intel/auto-round": _weights_only,
        "mxfp4": lambda _values: "mxfp4",
        "quark": _quark,
    }
)
"""How what each method writes is read."""


def _text(values: Mapping[str, Value], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
